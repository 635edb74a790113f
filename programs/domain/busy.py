"""When somebody is busy according to a calendar from elsewhere: iCalendar in, times out. Nothing else is looked at.

A stranger wrote the file, so it is read in a process of its own (`python -m programs.domain.busy`) that ends when it
takes too long or too much memory; programs/services/external.py starts it. Times without a zone are Japanese.
"""

import datetime as dt
import json
import sys
import warnings
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from typing import Any
from zoneinfo import ZoneInfo

from dateutil.rrule import rrulestr
from icalendar import Calendar

from programs.enums import ReadProblem

# What icalendar makes of the parts of a file; a property may be of any kind there, so only reading tells.
Component = Any

TOKYO = ZoneInfo("Asia/Tokyo")
DAY = dt.timedelta(days=1)
# Occurrences within the window; and steps of all rules together, most of which lie before it.
MOST = 5_000
MOST_STEPS = 200_000
CPU_SECONDS = 8
MEMORY = 1 << 30
# What dateutil knows of a rule. UNTIL is put in by hand.
RULE_PARTS = (
    *("FREQ", "INTERVAL", "COUNT", "WKST", "BYDAY", "BYMONTH", "BYMONTHDAY", "BYYEARDAY", "BYWEEKNO", "BYSETPOS"),
    *("BYHOUR", "BYMINUTE", "BYSECOND"),
)
# What a property that makes no sense may raise, here or inside the libraries.
NONSENSE = (AttributeError, IndexError, KeyError, OverflowError, TypeError, ValueError)


@dataclass(frozen=True, slots=True, order=True)
class Span:
    """From `start` up to `end`, both aware, in UTC."""

    start: dt.datetime
    end: dt.datetime

    @property
    def all_day(self) -> bool:
        """Whole Japanese days."""
        return all(moment.astimezone(TOKYO).time() == dt.time() for moment in (self.start, self.end))


class _TooMany(Exception):  # noqa: N818 - says what was found
    pass


@dataclass(frozen=True, slots=True)
class _Start:
    """A start as the calendar writes it: the time on the wall, the wall's zone, and whether it is a mere date."""

    wall: dt.datetime
    zone: dt.tzinfo
    is_date: bool

    @classmethod
    def of(cls, value: dt.date) -> "_Start":
        if not isinstance(value, dt.datetime):
            return cls(dt.datetime.combine(value, dt.time()), TOKYO, is_date=True)
        return cls(value.replace(tzinfo=None), value.tzinfo or TOKYO, is_date=False)

    def at(self, wall: dt.datetime) -> dt.datetime:
        return wall.replace(tzinfo=self.zone).astimezone(dt.UTC)

    @property
    def moment(self) -> dt.datetime:
        return self.at(self.wall)


@dataclass(slots=True)
class _Left:
    """Starts that do not take place: as moments, and as whole days where only a date is named."""

    moments: set[dt.datetime] = field(default_factory=set)
    days: set[dt.date] = field(default_factory=set)

    def add(self, value: dt.date) -> None:
        start = _Start.of(value)
        if start.is_date:
            self.days.add(start.wall.date())
        else:
            self.moments.add(start.moment)

    def has(self, start: _Start, wall: dt.datetime) -> bool:
        if wall.date() in self.days or start.at(wall) in self.moments:
            return True
        # A whole day may be left out by any moment of it.
        return start.is_date and any(moment.astimezone(TOKYO).date() == wall.date() for moment in self.moments)


@dataclass(slots=True)
class _Reader:
    first: dt.datetime
    last: dt.datetime
    found: list[Span] = field(default_factory=list)
    steps: int = 0

    def keep(self, start: dt.datetime, end: dt.datetime) -> None:
        start, end = max(start, self.first), min(end, self.last)
        if start < end:
            self.found.append(Span(start, end))
        if len(self.found) > MOST:
            raise _TooMany

    def event(self, event: Component, replaced: _Left) -> None:
        """All occurrences of one event but for those that others replace."""
        start, length = _Start.of(event["DTSTART"].dt), _length(event)
        left = _Left(set(replaced.moments), set(replaced.days))
        for value in _dates(event, "EXDATE"):
            left.add(value)
        for wall in self._walls(event, start, length):
            if not left.has(start, wall):
                self.keep(start.at(wall), start.at(wall) + length)
        for value in _dates(event, "RDATE"):
            self._extra(value, length, left)

    def once(self, event: Component) -> None:
        """One occurrence that stands for itself, whatever rule it carries along."""
        start = _Start.of(event["DTSTART"].dt).moment
        self.keep(start, start + _length(event))

    def free_busy(self, component: Component) -> None:
        for value in _listed(component, "FREEBUSY"):
            for period in value if isinstance(value, list) else [value]:
                if str(period.params.get("FBTYPE", "BUSY")).upper() != "FREE":
                    start, end = _Start.of(period.start).moment, _Start.of(period.end).moment
                    self.keep(start, end)

    def _walls(self, event: Component, start: _Start, length: dt.timedelta) -> Iterator[dt.datetime]:
        """The times on the wall from the window on, in order for each rule. Zones differ by a day at most."""
        begin = self.first.replace(tzinfo=None) - length - DAY
        end = self.last.replace(tzinfo=None) + DAY
        seen = {start.wall}
        if begin <= start.wall < end:
            yield start.wall
        for value in _listed(event, "RRULE"):
            for wall in _rule(value, start):
                self._step()
                if wall >= end:
                    break
                if wall >= begin and wall not in seen:
                    seen.add(wall)
                    yield wall

    def _extra(self, value: Any, length: dt.timedelta, left: _Left) -> None:
        """A further date, or a period with a length of its own."""
        until = None
        if isinstance(value, tuple):
            value, until = value
        start = _Start.of(value)
        if left.has(start, start.wall):
            return
        if isinstance(until, dt.timedelta):
            length = until
        elif until is not None:
            length = _Start.of(until).moment - start.moment
        self.keep(start.moment, start.moment + length)

    def _step(self) -> None:
        self.steps += 1
        if self.steps > MOST_STEPS:
            raise _TooMany


def read(data: bytes, first: dt.datetime, last: dt.datetime) -> list[Span] | ReadProblem:
    """The busy spans from `first` to `last`, both aware, in order and without overlaps; or why there are none."""
    text = data.decode("utf-8-sig", errors="replace")
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            return _read(text, _Reader(first.astimezone(dt.UTC), last.astimezone(dt.UTC)))
    except _TooMany:
        return ReadProblem.TOO_MANY
    except (*NONSENSE, RecursionError):
        return ReadProblem.NOT_ICAL


def merged(spans: Iterable[Span]) -> list[Span]:
    """In order; what overlaps or touches becomes one."""
    found: list[Span] = []
    for span in sorted(spans):
        if found and span.start <= found[-1].end:
            found[-1] = Span(found[-1].start, max(span.end, found[-1].end))
        else:
            found.append(span)
    return found


def _read(text: str, reader: _Reader) -> list[Span] | ReadProblem:
    calendars = Calendar.from_ical(text, multiple=True)
    if not calendars or any(calendar.name != "VCALENDAR" for calendar in calendars):
        return ReadProblem.NOT_ICAL
    events = [event for calendar in calendars for event in calendar.walk("VEVENT")]
    replaced: dict[str, _Left] = {}
    for event in events:
        if (which := _replaces(event)) is not None:
            replaced.setdefault(str(event.get("UID", "")), _Left()).add(which)
    read, unread = 0, 0
    for event in events:
        if _is_free(event):
            continue
        try:
            if _replaces(event) is not None:
                reader.once(event)
            else:
                reader.event(event, replaced.get(str(event.get("UID", "")), _Left()))
            read += 1
        except NONSENSE:
            unread += 1
    for component in (part for calendar in calendars for part in calendar.walk("VFREEBUSY")):
        reader.free_busy(component)
    return ReadProblem.NOT_ICAL if unread and not read else merged(reader.found)


def _is_free(event: Component) -> bool:
    """Says of itself that it takes nobody's time."""
    words = {name: str(event.get(name, "")).upper() for name in ("TRANSP", "STATUS", "X-MICROSOFT-CDO-BUSYSTATUS")}
    return (
        words["TRANSP"] == "TRANSPARENT"
        or words["STATUS"] == "CANCELLED"
        or words["X-MICROSOFT-CDO-BUSYSTATUS"] == "FREE"
    )


def _replaces(event: Component) -> dt.date | None:
    """The original start of the one occurrence that this event changes. RANGE=THISANDFUTURE is taken as this one."""
    value = getattr(event.get("RECURRENCE-ID"), "dt", None)
    return value if isinstance(value, dt.date) else None


def _length(event: Component) -> dt.timedelta:
    """Zero where nothing is said of a time; a whole day for a date, also when the end repeats it."""
    start = _Start.of(event["DTSTART"].dt)
    least = DAY if start.is_date else dt.timedelta()
    if "DTEND" in event:
        end = _Start.of(event["DTEND"].dt)
        return max(end.moment - start.moment, least)
    if "DURATION" in event:
        length: dt.timedelta = event["DURATION"].dt
        return max(length, least)
    return least


def _dates(event: Component, name: str) -> Iterator[Any]:
    """The values of EXDATE or RDATE, which come in several lists."""
    for value in _listed(event, name):
        for one in value.dts:
            yield one.dt


def _listed(component: Component, name: str) -> list[Any]:
    value = component.get(name)
    if value is None:
        return []
    return value if isinstance(value, list) else [value]


def _rule(recur: Any, start: _Start) -> Iterable[dt.datetime]:
    """The rule's times on the wall of its start; the last moment is held against the same wall."""
    parts = dict(part.split("=", 1) for part in recur.to_ical().decode().split(";"))
    until = recur.get("UNTIL")
    rule = rrulestr(";".join(f"{name}={parts[name]}" for name in RULE_PARTS if name in parts), dtstart=start.wall)
    if not until:
        return rule  # type: ignore[no-any-return]
    last = _Start.of(until[0] if isinstance(until, list) else until)
    if last.is_date:
        wall = last.wall if start.is_date else last.wall + DAY - dt.timedelta(microseconds=1)
    else:
        wall = last.wall if last.zone == TOKYO else last.moment.astimezone(start.zone).replace(tzinfo=None)
    return rule.replace(until=wall)  # type: ignore[no-any-return]


def main() -> None:
    """FIRST LAST as arguments, a calendar on standard input, the answer as JSON on standard output."""
    _limit()
    first, last = (dt.datetime.fromisoformat(written) for written in sys.argv[1:3])
    found = read(sys.stdin.buffer.read(), first, last)
    if isinstance(found, ReadProblem):
        answer: dict[str, Any] = {"problem": found.value}
    else:
        answer = {"spans": [(span.start.isoformat(), span.end.isoformat()) for span in found]}
    json.dump(answer, sys.stdout)


def _limit() -> None:
    """The system ends this process when it takes more. Not every system can."""
    try:
        import resource
    except ImportError:
        return
    resource.setrlimit(resource.RLIMIT_CPU, (CPU_SECONDS, CPU_SECONDS))
    resource.setrlimit(resource.RLIMIT_AS, (MEMORY, MEMORY))


if __name__ == "__main__":
    main()
