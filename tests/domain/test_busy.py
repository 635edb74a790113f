"""Busy times out of the calendars of others: files shaped like those of real programs, every name fictional."""

import datetime as dt
import itertools
import subprocess
import sys
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from programs.domain import busy
from programs.domain.busy import Span, merged, read
from programs.enums import ReadProblem

FIRST = dt.datetime(2026, 10, 22, tzinfo=busy.TOKYO)
LAST = dt.datetime(2027, 12, 22, tzinfo=busy.TOKYO)

GOOGLE = """
BEGIN:VCALENDAR
PRODID:-//Google Inc//Google Calendar 70.9054//EN
VERSION:2.0
CALSCALE:GREGORIAN
METHOD:PUBLISH
X-WR-CALNAME:架空ホーム
X-WR-TIMEZONE:Asia/Tokyo
BEGIN:VTIMEZONE
TZID:Asia/Tokyo
X-LIC-LOCATION:Asia/Tokyo
BEGIN:STANDARD
TZOFFSETFROM:+0900
TZOFFSETTO:+0900
TZNAME:JST
DTSTART:19700101T000000
END:STANDARD
END:VTIMEZONE
BEGIN:VEVENT
DTSTART;TZID=Asia/Tokyo:20261201T100000
DTEND;TZID=Asia/Tokyo:20261201T110000
RRULE:FREQ=WEEKLY;WKST=SU;UNTIL=20261222T145959Z;BYDAY=TU
EXDATE;TZID=Asia/Tokyo:20261208T100000
DTSTAMP:20261122T000000Z
UID:weekly@google.example
STATUS:CONFIRMED
SUMMARY:架空の会議
TRANSP:OPAQUE
END:VEVENT
BEGIN:VEVENT
DTSTART;TZID=Asia/Tokyo:20261215T140000
DTEND;TZID=Asia/Tokyo:20261215T150000
DTSTAMP:20261122T000000Z
UID:weekly@google.example
RECURRENCE-ID;TZID=Asia/Tokyo:20261215T100000
STATUS:CONFIRMED
SUMMARY:架空の会議（時刻変更）
END:VEVENT
BEGIN:VEVENT
DTSTART;VALUE=DATE:20261229
DTEND;VALUE=DATE:20270104
DTSTAMP:20261122T000000Z
UID:newyear@google.example
SUMMARY:年末年始のお休み
TRANSP:OPAQUE
END:VEVENT
BEGIN:VEVENT
DTSTART:20261205T010000Z
DTEND:20261205T020000Z
DTSTAMP:20261122T000000Z
UID:free@google.example
TRANSP:TRANSPARENT
END:VEVENT
BEGIN:VEVENT
DTSTART:20261206T010000Z
DTEND:20261206T020000Z
DTSTAMP:20261122T000000Z
UID:gone@google.example
STATUS:CANCELLED
END:VEVENT
END:VCALENDAR
"""

OUTLOOK = """
BEGIN:VCALENDAR
METHOD:PUBLISH
PRODID:Microsoft Exchange Server 2010
VERSION:2.0
X-WR-CALNAME:予定表
BEGIN:VTIMEZONE
TZID:Tokyo Standard Time
BEGIN:STANDARD
DTSTART:16010101T000000
TZOFFSETFROM:+0900
TZOFFSETTO:+0900
END:STANDARD
BEGIN:DAYLIGHT
DTSTART:16010101T000000
TZOFFSETFROM:+0900
TZOFFSETTO:+0900
END:DAYLIGHT
END:VTIMEZONE
BEGIN:VTIMEZONE
TZID:Customized Time Zone
BEGIN:STANDARD
DTSTART:16010101T000000
TZOFFSETFROM:+0800
TZOFFSETTO:+0800
END:STANDARD
END:VTIMEZONE
BEGIN:VEVENT
UID:040000008200E00074C5B7101A82E008
SUMMARY:予定あり
DTSTART;TZID=Tokyo Standard Time:20261202T130000
DTEND;TZID=Tokyo Standard Time:20261202T143000
CLASS:PUBLIC
DTSTAMP:20261122T000000Z
TRANSP:OPAQUE
STATUS:CONFIRMED
X-MICROSOFT-CDO-BUSYSTATUS:BUSY
END:VEVENT
BEGIN:VEVENT
UID:040000008200E00074C5B7101A82E009
DTSTART;TZID=Customized Time Zone:20261203T080000
DTEND;TZID=Customized Time Zone:20261203T090000
DTSTAMP:20261122T000000Z
X-MICROSOFT-CDO-BUSYSTATUS:TENTATIVE
END:VEVENT
BEGIN:VEVENT
UID:040000008200E00074C5B7101A82E010
DTSTART;VALUE=DATE:20261204
DTEND;VALUE=DATE:20261205
DTSTAMP:20261122T000000Z
X-MICROSOFT-CDO-BUSYSTATUS:FREE
END:VEVENT
END:VCALENDAR
"""

APPLE = """
BEGIN:VCALENDAR
CALSCALE:GREGORIAN
PRODID:-//Apple Inc.//macOS 15.0//EN
VERSION:2.0
X-APPLE-CALENDAR-COLOR:#1BADF8
BEGIN:VEVENT
CREATED:20261101T000000Z
DTEND;TZID=Asia/Tokyo:20261203T120000
DTSTAMP:20261101T000000Z
DTSTART;TZID=Asia/Tokyo:20261203T110000
LAST-MODIFIED:20261101T000000Z
RRULE:FREQ=DAILY;COUNT=3
SEQUENCE:1
SUMMARY:架空
UID:0000-APPLE
BEGIN:VALARM
ACTION:DISPLAY
TRIGGER:-PT15M
X-WR-ALARMUID:0000-ALARM
END:VALARM
END:VEVENT
BEGIN:VEVENT
DTSTAMP:20261101T000000Z
DTSTART;TZID=Asia/Tokyo:20261204T110000
DTEND;TZID=Asia/Tokyo:20261204T120000
RECURRENCE-ID;TZID=Asia/Tokyo:20261204T110000
STATUS:CANCELLED
UID:0000-APPLE
END:VEVENT
END:VCALENDAR
"""


def crlf(text: str) -> bytes:
    return text.strip().replace("\n", "\r\n").encode()


def calendar(*events: str, kind: str = "VEVENT") -> bytes:
    parts = "\n".join(f"BEGIN:{kind}\nUID:{number}@example\n{event}\nEND:{kind}" for number, event in enumerate(events))
    return crlf(f"BEGIN:VCALENDAR\nVERSION:2.0\nPRODID:test\n{parts}\nEND:VCALENDAR")


def times(data: bytes, first=FIRST, last=LAST) -> list[str]:
    """What is read, in Japanese time; whole days as dates."""
    found = read(data, first, last)
    assert isinstance(found, list), found
    written = []
    for span in found:
        start, end = span.start.astimezone(busy.TOKYO), span.end.astimezone(busy.TOKYO)
        form = "%m-%d" if span.all_day else "%m-%dT%H:%M"
        written.append(f"{start:{form}}/{end:{form}}")
    return written


def test_google():
    assert times(crlf(GOOGLE)) == [
        "12-01T10:00/12-01T11:00",
        "12-15T14:00/12-15T15:00",
        "12-22T10:00/12-22T11:00",
        "12-29/01-04",
    ]


def test_outlook_with_the_zones_of_windows():
    assert times(crlf(OUTLOOK)) == ["12-02T13:00/12-02T14:30", "12-03T09:00/12-03T10:00"]


def test_apple():
    assert times(crlf(APPLE)) == ["12-03T11:00/12-03T12:00", "12-05T11:00/12-05T12:00"]


@pytest.mark.parametrize(
    ("event", "found"),
    [
        # zones
        ("DTSTART:20261201T100000\nDTEND:20261201T110000", ["12-01T10:00/12-01T11:00"]),
        ("DTSTART:20261201T010000Z\nDTEND:20261201T020000Z", ["12-01T10:00/12-01T11:00"]),
        (
            "DTSTART;TZID=Europe/Berlin:20261201T100000\nDTEND;TZID=Europe/Berlin:20261201T110000",
            ["12-01T18:00/12-01T19:00"],
        ),
        ("DTSTART;TZID=Nowhere/Land:20261201T100000\nDURATION:PT1H", ["12-01T10:00/12-01T11:00"]),
        ("DTSTART;TZID=/example.org/Asia/Tokyo:20261201T100000\nDURATION:PT1H", ["12-01T10:00/12-01T11:00"]),
        # lengths
        ("DTSTART;VALUE=DATE:20261201\nDTEND;VALUE=DATE:20261203", ["12-01/12-03"]),
        ("DTSTART;VALUE=DATE:20261201\nDTEND;VALUE=DATE:20261201", ["12-01/12-02"]),
        ("DTSTART;VALUE=DATE:20261201", ["12-01/12-02"]),
        ("DTSTART;VALUE=DATE:20261201\nDURATION:P2D", ["12-01/12-03"]),
        ("DTSTART:20261201T100000\nDURATION:PT90M", ["12-01T10:00/12-01T11:30"]),
        ("DTSTART:20261201T100000", []),
        ("DTSTART:20261201T100000\nDTEND:20261201T090000", []),
        ("DTSTART:20261201T100000\nDURATION:-PT1H", []),
        # the window cuts
        ("DTSTART;VALUE=DATE:20200101\nDTEND;VALUE=DATE:20261023", ["10-22/10-23"]),
        ("DTSTART:20260101T100000\nDURATION:PT1H", []),
        ("DTSTART:20280101T100000\nDURATION:PT1H", []),
        # repeats
        ("DTSTART;VALUE=DATE:20261201\nRRULE:FREQ=DAILY;UNTIL=20261202", ["12-01/12-03"]),
        (
            "DTSTART:20261201T100000\nDURATION:PT1H\nRRULE:FREQ=DAILY;UNTIL=20261202",
            ["12-01T10:00/12-01T11:00", "12-02T10:00/12-02T11:00"],
        ),
        (
            "DTSTART;TZID=Asia/Tokyo:20261201T080000\nDURATION:PT1H\nRRULE:FREQ=DAILY;UNTIL=20261201T230000Z",
            ["12-01T08:00/12-01T09:00", "12-02T08:00/12-02T09:00"],
        ),
        (
            "DTSTART;TZID=Asia/Tokyo:20261201T080000\nDURATION:PT1H\nRRULE:FREQ=DAILY;UNTIL=20261201T225959Z",
            ["12-01T08:00/12-01T09:00"],
        ),
        (
            "DTSTART:20261201T100000\nDURATION:PT1H\nRDATE:20261203T100000,20261204T100000\nEXDATE:20261204T100000",
            ["12-01T10:00/12-01T11:00", "12-03T10:00/12-03T11:00"],
        ),
        (
            "DTSTART:20261201T100000\nDURATION:PT1H\nRDATE;VALUE=PERIOD:20261203T100000/PT2H,"
            "20261204T100000/20261204T103000",
            ["12-01T10:00/12-01T11:00", "12-03T10:00/12-03T12:00", "12-04T10:00/12-04T10:30"],
        ),
        (
            "DTSTART:20261201T100000\nDURATION:PT1H\nRRULE:FREQ=DAILY;COUNT=3\nEXDATE;VALUE=DATE:20261202",
            ["12-01T10:00/12-01T11:00", "12-03T10:00/12-03T11:00"],
        ),
        ("DTSTART:20261201T100000\nDURATION:PT1H\nEXDATE:20261201T100000", []),
        # A start outside of its own rule takes place all the same.
        (
            "DTSTART:20261201T100000\nDURATION:PT1H\nRRULE:FREQ=WEEKLY;BYDAY=WE;COUNT=1",
            ["12-01T10:00/12-01T11:00", "12-02T10:00/12-02T11:00"],
        ),
        # Summer time: ten o'clock in Berlin is another hour here.
        (
            "DTSTART;TZID=Europe/Berlin:20270327T100000\nDURATION:PT1H\nRRULE:FREQ=DAILY;COUNT=2",
            ["03-27T18:00/03-27T19:00", "03-28T17:00/03-28T18:00"],
        ),
        # Old rules reach into the window.
        (
            "DTSTART:19990101T100000\nDURATION:PT1H\nRRULE:FREQ=YEARLY;BYMONTH=12;BYMONTHDAY=1",
            ["12-01T10:00/12-01T11:00", "12-01T10:00/12-01T11:00"],
        ),
        # What overlaps or touches is one.
        ("DTSTART:20261201T100000\nDURATION:PT2H\nRDATE:20261201T110000,20261201T130000", ["12-01T10:00/12-01T15:00"]),
    ],
)
def test_one_event(event, found):
    assert times(calendar(event)) == found


def test_a_moved_occurrence_of_whole_days_and_one_without_its_series():
    series = "UID:a\nDTSTART;VALUE=DATE:20261201\nRRULE:FREQ=WEEKLY;COUNT=2"
    moved = "UID:a\nDTSTART;VALUE=DATE:20261210\nRECURRENCE-ID;VALUE=DATE;RANGE=THISANDFUTURE:20261208"
    alone = "UID:b\nDTSTART:20261220T100000\nDURATION:PT1H\nRECURRENCE-ID:20261219T100000\nRRULE:FREQ=DAILY"
    text = "\n".join(f"BEGIN:VEVENT\n{event}\nEND:VEVENT" for event in (series, moved, alone))
    found = times(crlf(f"BEGIN:VCALENDAR\n{text}\nEND:VCALENDAR"))
    assert found == ["12-01/12-02", "12-10/12-11", "12-20T10:00/12-20T11:00"]


def test_free_and_busy_lists():
    listed = (
        "DTSTART:20261201T000000Z\nDTEND:20261231T000000Z\n"
        "FREEBUSY;FBTYPE=BUSY:20261201T010000Z/PT1H,20261202T010000Z/20261202T030000Z\n"
        "FREEBUSY;FBTYPE=FREE:20261203T010000Z/PT1H\n"
        "FREEBUSY:20261204T010000Z/PT1H"
    )
    assert times(calendar(listed, kind="VFREEBUSY")) == [
        "12-01T10:00/12-01T11:00",
        "12-02T10:00/12-02T12:00",
        "12-04T10:00/12-04T11:00",
    ]


def test_one_event_that_makes_no_sense_costs_only_itself():
    good = "DTSTART:20261201T100000\nDURATION:PT1H"
    for bad in (
        "DTSTART:yesterday",
        "SUMMARY:ohne Anfang",
        "DTSTART:20261201T100000\nDURATION:PT1H\nRRULE:FREQ=SOMETIMES",
        "DTSTART;VALUE=DATE:99991231\nDURATION:P400D",
        "DTSTART:00010101T000000\nDURATION:PT1H",
    ):
        assert times(calendar(bad, good))[:1] == ["12-01T10:00/12-01T11:00"], bad


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"<!DOCTYPE html><title>Sign in</title>",
        b"\x00\xff\xfe" * 100,
        b"BEGIN:VCALENDAR\r\nVERSION:2.0\r\n",
        crlf(GOOGLE)[:-30],
        crlf(GOOGLE).replace(b"END:VEVENT", b"", 1),
        b"BEGIN:VEVENT\r\nDTSTART:20261201T100000\r\nEND:VEVENT\r\nEND:VCALENDAR",
        calendar("DTSTART:yesterday"),
        b"BEGIN:X\r\n" * 50_000 + b"END:VCALENDAR",
    ],
)
def test_what_is_no_calendar(data):
    assert read(data, FIRST, LAST) == ReadProblem.NOT_ICAL


def test_an_empty_calendar_is_one():
    assert times(calendar()) == []
    assert times(b"\xef\xbb\xbf" + calendar() + b"\r\n\r\n") == []


@pytest.mark.parametrize(
    "rule",
    [
        "DTSTART:20261201T100000\nDURATION:PT1S\nRRULE:FREQ=SECONDLY",
        "DTSTART:19700101T000000\nDURATION:PT1S\nRRULE:FREQ=SECONDLY",
        "DTSTART:20261201T100000\nDURATION:PT1M\nRRULE:FREQ=MINUTELY;INTERVAL=2",
    ],
)
def test_rules_without_end_come_to_one(rule):
    assert read(calendar(rule), FIRST, LAST) == ReadProblem.TOO_MANY


def test_five_thousand_are_enough():
    daily = "DTSTART:20261201T100000\nDURATION:PT1M\nRRULE:FREQ=HOURLY;COUNT={}"
    assert len(times(calendar(daily.format(5_000)), last=FIRST + dt.timedelta(days=300))) == 5_000
    assert read(calendar(daily.format(5_001)), FIRST, FIRST + dt.timedelta(days=300)) == ReadProblem.TOO_MANY


def run(data: bytes) -> subprocess.CompletedProcess:
    command = [sys.executable, "-m", "programs.domain.busy", FIRST.isoformat(), LAST.isoformat()]
    return subprocess.run(command, input=data, capture_output=True, check=False, timeout=60)


def test_as_a_process_of_its_own():
    assert b'"2026-12-03T02:00:00+00:00"' in run(crlf(APPLE)).stdout
    assert run(b"x").stdout == b'{"problem": "NOT_ICAL"}'


@pytest.mark.slow
def test_a_rule_that_never_comes_true_ends_the_process():
    spins = "DTSTART:20261201T100000\nRRULE:FREQ=SECONDLY;BYMONTH=2;BYMONTHDAY=30"
    assert run(calendar(*[spins] * 5)).returncode != 0


moments = st.integers(0, 400).map(lambda hours: FIRST + dt.timedelta(hours=hours))
spans = st.builds(lambda start, hours: Span(start, start + dt.timedelta(hours=hours)), moments, st.integers(1, 40))


@given(st.lists(spans, max_size=20))
def test_merging_covers_the_same_hours_and_leaves_gaps(found):
    def hours(some):
        return {
            (s.start + dt.timedelta(hours=n))
            for s in some
            for n in range(int((s.end - s.start).total_seconds()) // 3600)
        }

    together = merged(found)
    assert hours(together) == hours(found)
    assert all(one.end < two.start for one, two in itertools.pairwise(together))


WEEKDAYS = ["MO", "TU", "WE", "TH", "FR", "SA", "SU"]


@given(
    zone=st.sampled_from(["Asia/Tokyo", "Europe/Berlin", "America/New_York"]),
    begins=st.datetimes(dt.datetime(2025, 1, 1), dt.datetime(2027, 6, 1)).map(
        lambda d: d.replace(second=0, microsecond=0, fold=0)
    ),
    minutes=st.integers(1, 3000),
    interval=st.integers(1, 3),
    days=st.sets(st.sampled_from(WEEKDAYS), min_size=1),
    count=st.integers(1, 60),
    left_out=st.sets(st.integers(0, 59), max_size=5),
)
def test_weekly_rules_agree_with_walking_through_the_days(zone, begins, minutes, interval, days, count, left_out):
    """The naive way: look at every day, week by week from the week of the start."""
    monday = begins.date() - dt.timedelta(days=begins.weekday())
    walls, date = [], begins.date()
    while len(walls) < count:
        if (date - monday).days // 7 % interval == 0 and WEEKDAYS[date.weekday()] in days:
            walls.append(dt.datetime.combine(date, begins.time()))
        date += dt.timedelta(days=1)
    starts = list(dict.fromkeys([begins, *walls]))
    gone = {walls[number] for number in left_out if number < len(walls)}
    length = dt.timedelta(minutes=minutes)
    tz = ZoneInfo(zone)
    expected = []
    for wall in starts:
        start = wall.replace(tzinfo=tz).astimezone(dt.UTC)
        if wall not in gone and start < LAST and start + length > FIRST:
            expected.append(Span(max(start, FIRST.astimezone(dt.UTC)), min(start + length, LAST.astimezone(dt.UTC))))
    stamp = "%Y%m%dT%H%M%S"
    exdates = "".join(f"\nEXDATE;TZID={zone}:{wall:{stamp}}" for wall in sorted(gone))
    rule = f"RRULE:FREQ=WEEKLY;INTERVAL={interval};COUNT={count};WKST=MO;BYDAY={','.join(sorted(days))}"
    event = f"DTSTART;TZID={zone}:{begins:{stamp}}\nDURATION:PT{minutes}M\n{rule}{exdates}"
    assert read(calendar(event), FIRST, LAST) == merged(expected)
