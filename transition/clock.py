"""The only place that asks for the time, so that tests and rules can hold it still."""

import contextlib
import datetime as dt
from collections.abc import Iterator
from contextvars import ContextVar
from zoneinfo import ZoneInfo

from django.utils import timezone

TOKYO = ZoneInfo("Asia/Tokyo")

_pretended: ContextVar[dt.datetime | None] = ContextVar("_pretended", default=None)


def now() -> dt.datetime:
    """This moment, aware, in UTC."""
    return _pretended.get() or timezone.now()


@contextlib.contextmanager
def pretend(moment: dt.datetime) -> Iterator[None]:
    """Make it another moment for what runs inside. For demo data with a past, never for real acts."""
    token = _pretended.set(moment)
    try:
        yield
    finally:
        _pretended.reset(token)


def today() -> dt.date:
    """Today's date in Japan."""
    return local_date(now())


def at(date: dt.date, time: dt.time) -> dt.datetime:
    """The aware moment of a Japanese wall-clock date and time."""
    return dt.datetime.combine(date, time, tzinfo=TOKYO)


def local_date(moment: dt.datetime) -> dt.date:
    """The Japanese calendar date of an aware moment."""
    return moment.astimezone(TOKYO).date()
