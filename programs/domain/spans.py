"""Calendar arithmetic: nights, days, minutes by day, months, and the windows that limits count in.

Dates are Japanese calendar dates. Moments are aware datetimes in any zone and are read as Japanese wall-clock
time. A naive datetime is a mistake of the caller and raises ValueError.

Sources: `domain.md` 9 (vectors A3 to A6, B1), `design.md` 4.1 and 4.2.
"""

import calendar
import datetime as dt
from collections.abc import Iterable
from dataclasses import dataclass
from zoneinfo import ZoneInfo

from programs.enums import Window

TOKYO = ZoneInfo("Asia/Tokyo")
DAY = dt.timedelta(days=1)
MINUTE = dt.timedelta(minutes=1)
_MINUTE_MICROSECONDS = 60_000_000
_DAY_MICROSECONDS = 1440 * _MINUTE_MICROSECONDS


@dataclass(frozen=True, slots=True, order=True)
class Period:
    """Dates from `start` to `end`, both included. `end` may be `date.max` for a period without an end."""

    start: dt.date
    end: dt.date

    def __contains__(self, day: dt.date) -> bool:
        return self.start <= day <= self.end

    @property
    def days(self) -> int:
        """Number of dates in the period."""
        return (self.end - self.start).days + 1


@dataclass(frozen=True, slots=True)
class GrantPeriod:
    """支給決定: first and last day on the certificate and the days it grants (None: it names no amount)."""

    start: dt.date
    end: dt.date
    days: int | None = None

    @property
    def period(self) -> Period:
        return Period(self.start, self.end)


@dataclass(frozen=True, slots=True)
class Context:
    """What the windows of one person in one program hang on.

    `enrollment.start` is the day whose 応当日 begins each anniversary month. `first_use_on` is the first day of
    use where it is known otherwise than from the sessions; the earlier of the two counts.
    """

    enrollment: Period | None = None
    grant: GrantPeriod | None = None
    first_use_on: dt.date | None = None


def local(moment: dt.datetime) -> dt.datetime:
    """The same moment on a Japanese clock. ValueError for a naive datetime."""
    if moment.tzinfo is None:
        raise ValueError("a naive datetime has no place in a rule")
    return moment.astimezone(TOKYO)


def midnight(day: dt.date) -> dt.datetime:
    """The first moment of a Japanese date."""
    return dt.datetime.combine(day, dt.time(), tzinfo=TOKYO)


def nights(check_in: dt.date, check_out: dt.date) -> list[dt.date]:
    """Nights of the half-open stay [check_in, check_out): the night of a date is its evening. Empty if none."""
    return [check_in + n * DAY for n in range((check_out - check_in).days)]


def days(check_in: dt.date, check_out: dt.date) -> list[dt.date]:
    """Days of a stay, both ends included: two nights are three days."""
    return [check_in + n * DAY for n in range((check_out - check_in).days + 1)]


def touched(start: dt.datetime, end: dt.datetime) -> tuple[dt.date, dt.date]:
    """First and last Japanese date of the half-open span [start, end).

    An end exactly at midnight does not touch the new day. An empty span touches the date of its start.
    """
    first, last = local(start), local(end)
    if last <= first:
        return first.date(), first.date()
    return first.date(), (last - dt.timedelta.resolution).date()


def minutes_by_day(start: dt.datetime, end: dt.datetime) -> dict[dt.date, int]:
    """Whole minutes of [start, end) by Japanese date, in order of date, days without a minute left out.

    The total is the floor of the whole span, and the part up to each midnight is the floor of what has elapsed
    by then. So the parts always add up to the total, whatever the seconds, and a shorter span from the same
    start never has more minutes on any day. An empty or reversed span has none.
    """
    return {dt.date.fromordinal(day): minutes for day, minutes in minutes_by_ordinal(start, end).items()}


def minutes_by_ordinal(start: dt.datetime, end: dt.datetime) -> dict[int, int]:
    """`minutes_by_day` with days as ordinals, in whole numbers throughout: the inner loop of every limit."""
    first = local(start)
    span = local(end) - first
    total = span.days * 1440 + span.seconds // 60
    if total <= 0:
        return {}
    # Microseconds from the start's midnight, so that the k-th midnight after it is k days less that.
    gone = ((first.hour * 60 + first.minute) * 60 + first.second) * 1_000_000 + first.microsecond
    day, before, elapsed = first.toordinal(), 0, (_DAY_MICROSECONDS - gone) // _MINUTE_MICROSECONDS
    parts: dict[int, int] = {}
    while before < total:
        reached = min(elapsed, total)
        if reached > before:
            parts[day] = reached - before
        before, elapsed, day = reached, elapsed + 1440, day + 1
    return parts


def _month(day: dt.date, months: int) -> tuple[int, int, int]:
    """Year, month and length in days of the calendar month `months` after that of `day`."""
    year, index = divmod(day.year * 12 + day.month - 1 + months, 12)
    return year, index + 1, calendar.monthrange(year, index + 1)[1]


def period_end(start_on: dt.date, months: int) -> dt.date:
    """Last day of a period of whole months: the day before its 応当日, or the month's end if there is none.

    2026-07-10 and 6 months end on 2027-01-09, 2026-08-31 and 6 months on 2027-02-28 (vectors A3, A4).
    """
    year, month, length = _month(start_on, months)
    if start_on.day > length:
        return dt.date(year, month, length)
    return dt.date(year, month, start_on.day) - DAY


def calendar_month(day: dt.date) -> Period:
    return Period(day.replace(day=1), day.replace(day=_month(day, 0)[2]))


def anniversary_month(start_on: dt.date, day: dt.date) -> Period:
    """The month of `day` when months are counted from `start_on`.

    Month n ends on `period_end(start_on, n)`, always reckoned from the original start: from 31 January the months
    end on 28 February, 30 March, 30 April, so a short month never pulls the later ones forward, and a period of n
    months has exactly n of them. Days before the start fall into months reckoned backward.
    """
    n = (day.year - start_on.year) * 12 + day.month - start_on.month
    if day > period_end(start_on, n):
        n += 1
    return Period(period_end(start_on, n - 1) + DAY, period_end(start_on, n))


def fiscal_year(day: dt.date) -> Period:
    """年度: 1 April to 31 March."""
    year = day.year if day.month >= 4 else day.year - 1
    return Period(dt.date(year, 4, 1), dt.date(year + 1, 3, 31))


def calendar_year(day: dt.date) -> Period:
    return Period(dt.date(day.year, 1, 1), dt.date(day.year, 12, 31))


def rolling_year(day: dt.date) -> Period:
    """The 12 months that end on `day`: from the day after the same date a year before."""
    year, month, length = _month(day, -12)
    return Period(dt.date(year, month, min(day.day, length)) + DAY, day)


def period_of(window: str, day: dt.date, context: Context) -> Period | None:
    """The period of a window which holds `day`, or None where there is none.

    STAY and FROM_FIRST_DAY depend on the sessions, not on the calendar, and have none here; neither have GRANT and
    ENROLLMENT outside their dates or without an entry, nor ANNIVERSARY_MONTH without an enrollment.
    """
    enrollment, grant = context.enrollment, context.grant
    if window == Window.CALENDAR_MONTH:
        return calendar_month(day)
    if window == Window.FISCAL_YEAR:
        return fiscal_year(day)
    if window == Window.CALENDAR_YEAR:
        return calendar_year(day)
    if window == Window.ROLLING_12_MONTHS:
        return rolling_year(day)
    if window == Window.ANNIVERSARY_MONTH and enrollment is not None:
        return anniversary_month(enrollment.start, day)
    if window == Window.GRANT and grant is not None and day in grant.period:
        return grant.period
    if window == Window.ENROLLMENT and enrollment is not None and day in enrollment:
        return enrollment
    return None


def periods_between(window: str, first: dt.date, last: dt.date, context: Context) -> list[Period]:
    """Every period of a window which touches `first` to `last`, in order. Whole periods, not cut at the edges.

    ROLLING_12_MONTHS has one that ends on every day.
    """
    found: list[Period] = []
    day = first
    while day <= last:
        period = period_of(window, day, context)
        if period is not None:
            found.append(period)
        end = day if period is None or window == Window.ROLLING_12_MONTHS else period.end
        if end == dt.date.max:
            break
        day = end + DAY
    return found


def runs(dates: Iterable[dt.date]) -> list[tuple[dt.date, dt.date]]:
    """First and last day of every run of consecutive days, in order.

    Given the days of stays (both ends), a run ends when one whole calendar day without stay lies between: a stay
    that leaves on the 3rd and one that enters on the 4th are one run, entering on the 5th begins another.
    """
    found: list[tuple[dt.date, dt.date]] = []
    for day in sorted(set(dates)):
        if found and day - found[-1][1] == DAY:
            found[-1] = (found[-1][0], day)
        else:
            found.append((day, day))
    return found
