"""Where things stand in a calendar: weeks, bars in lanes, columns of what overlaps. Dates in, places out.

Days and minutes are those of the wall clock in Japan. A span says which days it touches, both included; whether it
ends in the evening or at midnight is settled before it comes here.
"""

import datetime as dt
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

from calendars.enums import CalendarView
from transition.domain.months import months_later
from transition.domain.wareki import FIRST_YEAR, LAST_YEAR

DAY = dt.timedelta(days=1)
WEEK = 7
ROW_MINUTES = 30
ROWS_A_DAY = 24 * 60 // ROW_MINUTES
# What a calendar can be asked for; the same years as every date field.
EARLIEST, LATEST = dt.date(FIRST_YEAR, 1, 1), dt.date(LAST_YEAR, 12, 31)


@dataclass(frozen=True, slots=True)
class Span:
    """What the layout needs to know of an entry: the days it touches, and when it begins and ends on them."""

    key: int
    first: dt.date
    last: dt.date
    starts: int = 0
    ends: int = 24 * 60

    @property
    def is_bar(self) -> bool:
        return self.first < self.last


@dataclass(frozen=True, slots=True)
class Bar:
    """One span in one week: from column `column` (0 to 6) over `length` days, in lane `lane` from above."""

    span: Span
    column: int
    length: int
    lane: int
    comes_from_before: bool
    goes_on_after: bool


@dataclass(slots=True)
class Day:
    """A day of a week: bars that are drawn from here on, how many others pass through, how many found no place."""

    date: dt.date
    bars: list[Bar] = field(default_factory=list)
    passing: int = 0
    hidden: int = 0


@dataclass(frozen=True, slots=True)
class Block:
    """A span in the time grid of one day: half-hour rows from 1, columns from 1 of `of` beside one another."""

    span: Span
    row: int
    rows: int
    column: int
    of: int


def period(view: str, date: dt.date, week_starts: int) -> tuple[dt.date, dt.date]:
    """First and last day of what is shown around a date; `week_starts` is a weekday as Python counts them."""
    if view == CalendarView.DAY:
        return date, date
    if view == CalendarView.WEEK:
        first = _week_of(date, week_starts)
        return first, first + 6 * DAY
    last_of_month = months_later(date.replace(day=1), 1) - DAY
    return _week_of(date.replace(day=1), week_starts), _week_of(last_of_month, week_starts) + 6 * DAY


def moved(view: str, date: dt.date, steps: int) -> dt.date | None:
    """The date that stands for the next (1) or previous (-1) month, week or day; None where calendars end."""
    if view == CalendarView.MONTH:
        moved_to = months_later(date.replace(day=1), steps)
    else:
        moved_to = date + steps * (WEEK if view == CalendarView.WEEK else 1) * DAY
    return moved_to if EARLIEST <= moved_to <= LATEST else None


def weeks(first: dt.date, last: dt.date) -> list[list[dt.date]]:
    """The days from first to last in rows of seven."""
    days = [first + number * DAY for number in range((last - first).days + 1)]
    return [days[start : start + WEEK] for start in range(0, len(days), WEEK)]


def lanes(spans: Iterable[Span], days: Sequence[dt.date]) -> list[Bar]:
    """Each span that touches these days once, in the highest lane that is free for its whole length.

    What began earlier comes first, then the longer, the earlier in the day, the smaller key: the same spans give the
    same lanes in whatever order they come, and there are never more lanes than spans on the fullest day.
    """
    first, last = days[0], days[-1]
    here = [span for span in spans if span.first <= last and span.last >= first]
    here.sort(key=lambda span: (span.first, -(span.last - span.first).days, span.starts, span.key))
    # By where they begin in this week: a greedy choice in that order needs the fewest lanes.
    here.sort(key=lambda span: max(span.first, first))
    free_from: list[dt.date] = []
    found = []
    for span in here:
        begins, ends = max(span.first, first), min(span.last, last)
        lane = next((lane for lane, free in enumerate(free_from) if free <= begins), len(free_from))
        if lane == len(free_from):
            free_from.append(begins)
        free_from[lane] = ends + DAY
        found.append(
            Bar(span, (begins - first).days, (ends - begins).days + 1, lane, span.first < first, span.last > last)
        )
    return found


def week_of_days(spans: Iterable[Span], days: Sequence[dt.date], most: int) -> list[Day]:
    """The days of a week with their bars in at most `most` lanes; what is further down is only counted."""
    found = [Day(date) for date in days]
    for bar in lanes(spans, days):
        covered = found[bar.column : bar.column + bar.length]
        if bar.lane >= most:
            for day in covered:
                day.hidden += 1
            continue
        covered[0].bars.append(bar)
        for day in covered[1:]:
            day.passing += 1
    for day in found:
        day.bars.sort(key=lambda bar: bar.lane)
    return found


def columns(spans: Iterable[Span]) -> list[Block]:
    """What happens within one day, side by side where it overlaps; as many columns as overlap at once, no more."""
    rows = {span: _rows_of(span) for span in spans}
    ordered = sorted(rows, key=lambda span: (rows[span].start, -rows[span].stop, span.starts, span.key))
    found: list[Block] = []
    cluster: list[tuple[Span, int]] = []
    free_from: list[int] = []

    def close() -> None:
        for span, column in cluster:
            here = rows[span]
            found.append(Block(span, here.start + 1, len(here), column + 1, len(free_from)))
        cluster.clear()
        free_from.clear()

    for span in ordered:
        here = rows[span]
        if free_from and here.start >= max(free_from):
            close()
        column = next((column for column, free in enumerate(free_from) if free <= here.start), len(free_from))
        if column == len(free_from):
            free_from.append(0)
        free_from[column] = here.stop
        cluster.append((span, column))
    close()
    return found


def hours(spans: Iterable[Span], *, earliest: int = 8, latest: int = 18) -> range:
    """The hours that a time grid has to show: those of a working day, and all in which something happens."""
    rows = [_rows_of(span) for span in spans]
    first = min([earliest * 2, *(row.start for row in rows)]) // 2
    last = (max([latest * 2, *(row.stop for row in rows)]) + 1) // 2
    return range(first, last)


def _rows_of(span: Span) -> range:
    """The half-hours a span takes up; never none, never past midnight."""
    start = min(span.starts // ROW_MINUTES, ROWS_A_DAY - 1)
    stop = min(-(-span.ends // ROW_MINUTES), ROWS_A_DAY)
    return range(start, max(stop, start + 1))


def _week_of(date: dt.date, week_starts: int) -> dt.date:
    return date - (date.weekday() - week_starts) % WEEK * DAY
