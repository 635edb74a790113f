"""What `manage.py check` says about the settings of this app."""

from typing import Any

from django.conf import settings
from django.core.checks import Error, register

from calendars.queries.agenda import WEEK_STARTS


@register
def week_starts(**kwargs: Any) -> list[Error]:
    """A word that is none would be noticed by the first reader of a calendar; now it is before that."""
    if settings.CALENDAR_WEEK_STARTS in WEEK_STARTS:
        return []
    said = f"CALENDAR_WEEK_STARTS is {settings.CALENDAR_WEEK_STARTS!r}; there are SUNDAY and MONDAY."
    return [Error(said, id="calendars.E001")]
