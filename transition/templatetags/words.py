"""Words of dates, times and money on Japanese screens; built in, so no template loads it. Nothing gives nothing."""

import datetime as dt
import uuid

from django import template
from django.utils.html import format_html
from django.utils.safestring import SafeString

from transition.clock import TOKYO
from transition.domain.wareki import format_short, format_wareki, weekday_of

register = template.Library()


@register.filter
def wareki(value: dt.date | None) -> str:
    """令和8年11月22日（日）, of a moment its date in Japan."""
    return format_wareki(_date(value)) if value else ""


@register.filter
def short_date(value: dt.date | None) -> str:
    """11/22(日)."""
    return format_short(_date(value)) if value else ""


@register.filter
def weekday(value: dt.date | None) -> str:
    """日 for a Sunday."""
    return weekday_of(_date(value)) if value else ""


@register.filter
def clock(value: dt.datetime | dt.time | None) -> str:
    """15:00, of a moment its time in Japan."""
    if value is None or value == "":
        return ""
    local = value.astimezone(TOKYO) if isinstance(value, dt.datetime) and value.tzinfo else value
    return f"{local.hour}:{local.minute:02}"


@register.filter
def yen(value: int | None) -> str:
    """1,234円."""
    return f"{value:,}円" if isinstance(value, int) else ""


@register.simple_tag
def idempotency_key() -> SafeString:
    """A hidden field that makes a second press of the same button harmless."""
    return format_html('<input type="hidden" name="idempotency_key" value="{}">', uuid.uuid4())


def _date(value: dt.date) -> dt.date:
    if isinstance(value, dt.datetime):
        return (value.astimezone(TOKYO) if value.tzinfo else value).date()
    return value
