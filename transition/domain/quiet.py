"""When a mail may go out: not at night, and what can wait not on Sundays and holidays either. On Japanese clocks."""

import datetime as dt
from enum import StrEnum
from zoneinfo import ZoneInfo

from transition.domain.holidays import holiday_name

TOKYO = ZoneInfo("Asia/Tokyo")
QUIET_FROM = dt.time(20)
QUIET_UNTIL = dt.time(7)
SUNDAY = 6


class Waits(StrEnum):
    """When a mail may go out. NEVER: at once, also at night; NIGHT: not in the quiet hours; HOLIDAYS: nor on Sundays
    and holidays."""

    NEVER = "NEVER"
    NIGHT = "NIGHT"
    HOLIDAYS = "HOLIDAYS"


def next_moment(now: dt.datetime, waits: Waits) -> dt.datetime:
    """`now` itself when a mail may go out now, else the first moment when it may."""
    local = now.astimezone(TOKYO)
    date, may_go = local.date(), QUIET_UNTIL <= local.time() < QUIET_FROM
    if waits == Waits.NEVER or (may_go and not _must_rest(date, waits)):
        return now
    if local.time() >= QUIET_UNTIL:
        date += dt.timedelta(days=1)
    while _must_rest(date, waits):
        date += dt.timedelta(days=1)
    return dt.datetime.combine(date, QUIET_UNTIL, tzinfo=TOKYO)


def may_go(now: dt.datetime, waits: Waits) -> bool:
    return next_moment(now, waits) == now


def _must_rest(date: dt.date, waits: Waits) -> bool:
    return waits == Waits.HOLIDAYS and (date.weekday() == SUNDAY or holiday_name(date) is not None)
