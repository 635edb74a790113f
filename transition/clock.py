"""The only place that asks for the time, so that tests and rules can hold it still."""

import datetime as dt
from zoneinfo import ZoneInfo

from django.utils import timezone

TOKYO = ZoneInfo("Asia/Tokyo")


def now() -> dt.datetime:
    """This moment, aware, in UTC."""
    return timezone.now()


def today() -> dt.date:
    """Today's date in Japan."""
    return local_date(now())


def at(date: dt.date, time: dt.time) -> dt.datetime:
    """The aware moment of a Japanese wall-clock date and time."""
    return dt.datetime.combine(date, time, tzinfo=TOKYO)


def local_date(moment: dt.datetime) -> dt.date:
    """The Japanese calendar date of an aware moment."""
    return moment.astimezone(TOKYO).date()
