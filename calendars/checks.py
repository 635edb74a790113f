"""What `manage.py check` says about the settings of this app."""

import re
from typing import Any

from django.conf import settings
from django.core.checks import Error, Warning, register
from django.urls import reverse

from calendars.queries.agenda import WEEK_STARTS
from calendars.services.feeds import LONGEST_ADDRESS
from transition.domain import tokens

_SITE_ADDRESS = re.compile(r"https?://[A-Za-z0-9.\-\[\]:]+")


@register
def week_starts(**kwargs: Any) -> list[Error]:
    """A word that is none would be noticed by the first reader of a calendar; now it is before that."""
    if settings.CALENDAR_WEEK_STARTS in WEEK_STARTS:
        return []
    said = f"CALENDAR_WEEK_STARTS is {settings.CALENDAR_WEEK_STARTS!r}; there are SUNDAY and MONDAY."
    return [Error(said, id="calendars.E001")]


@register
def site_address(**kwargs: Any) -> list[Error]:
    """It stands in the calendars of staff as it is here."""
    if not settings.SITE_ADDRESS or _SITE_ADDRESS.fullmatch(settings.SITE_ADDRESS):
        return []
    said = f"SITE_ADDRESS is {settings.SITE_ADDRESS!r}; it looks like https://taiken.example.jp, without a slash."
    return [Error(said, id="calendars.E002")]


@register
def long_host(**kwargs: Any) -> list[Warning]:
    """Google fails without a word on a calendar whose address is longer than 256 characters."""
    path = reverse("calendars:feed", args=["x" * tokens.LENGTH])
    longest = LONGEST_ADDRESS - len(f"https://{path}")
    return [
        Warning(f"ALLOWED_HOSTS: {host} is too long for Google; {longest} letters at most.", id="calendars.W001")
        for host in settings.ALLOWED_HOSTS
        if len(host.lstrip(".")) > longest
    ]
