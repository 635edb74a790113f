"""Nights, days, minutes and months, and the moments around midnight where they go wrong."""

import datetime as dt
from itertools import pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from programs.domain import spans
from programs.domain.limits import Use, check
from programs.domain.tallies import year_end
from programs.domain.uses import amounts_of
from programs.enums import Counting, SessionKind, Unit, Window

from .builders import NOTHING, TOKYO, ZONES, Context, GrantPeriod, Period, at, day, program, rule

DATES = st.dates(dt.date(2015, 1, 1), dt.date(2060, 12, 31))
MIDNIGHTS = {
    "plain day": "2026-10-15",
    "month end": "2026-11-01",
    "into leap day": "2028-02-29",
    "out of February": "2027-03-01",
    "fiscal year end": "2027-04-01",
    "year end": "2027-01-01",
    "era's first year end": "2020-01-01",
}


@pytest.mark.parametrize("zone", ZONES.values(), ids=ZONES)
@pytest.mark.parametrize("microseconds", [-1, 0, 1])
@pytest.mark.parametrize("midnight", MIDNIGHTS.values(), ids=MIDNIGHTS)
def test_clock_around_midnight(midnight, microseconds, zone):
    """63 moments (reliability.md 1.5): whose day it is, and in which windows it counts."""
    new = day(midnight)
    old = new - spans.DAY
    moment = (at(f"{midnight}T00:00") + dt.timedelta(microseconds=microseconds)).astimezone(zone)
    hour = dt.timedelta(hours=1)
    first = old if microseconds < 0 else new
    last = new if microseconds > 0 else old
    assert spans.local(moment).date() == first
    # A span that begins at the moment belongs to its day; one that ends there touches the new day only past 0:00.
    assert spans.touched(moment, moment + hour) == (first, new)
    assert spans.touched(moment - hour, moment) == (old, last)
    starting = Use(SessionKind.OUTING, moment, moment + hour)
    ending = Use(SessionKind.OUTING, moment - hour, moment)
    assert list(amounts_of(starting, Unit.TIMES, Counting.SPAN)) == [first.toordinal()]
    assert list(amounts_of(ending, Unit.TIMES, Counting.SPAN)) == [old.toordinal()]
    assert len(amounts_of(starting, Unit.DAYS, Counting.INCLUSIVE)) == (2 if microseconds < 0 else 1)
    assert len(amounts_of(ending, Unit.DAYS, Counting.INCLUSIVE)) == (2 if microseconds > 0 else 1)
    assert spans.minutes_by_day(moment, moment + hour) == {new: 60}
    across = spans.minutes_by_day(moment - hour, moment + hour)
    assert sum(across.values()) == 120
    assert (
        across
        == {
            -1: {old: 60, new: 60},
            0: {old: 60, new: 60},
            1: {old: 59, new: 61},
        }[microseconds]
    )


@pytest.mark.parametrize("zone", ZONES.values(), ids=ZONES)
@pytest.mark.parametrize("microseconds", [-1, 0, 1])
@pytest.mark.parametrize("midnight", MIDNIGHTS.values(), ids=MIDNIGHTS)
@pytest.mark.parametrize("unit", [Unit.TIMES, Unit.DAYS, Unit.MINUTES])
def test_clock_in_every_window(midnight, microseconds, zone, unit):
    """The same 63 moments in every limit: what happens there uses up the window of its own day and no other."""
    new = day(midnight)
    old = new - spans.DAY
    context = Context(Period(old, old), GrantPeriod(new, new + 400 * spans.DAY))
    moment = (at(f"{midnight}T00:00") + dt.timedelta(microseconds=microseconds)).astimezone(zone)
    date = old if microseconds < 0 else new
    # 61 seconds from just before midnight are one minute, and that minute is the new day's.
    held = Use(SessionKind.OUTING, moment, moment + dt.timedelta(seconds=0 if unit == Unit.DAYS else 61))
    date = new if unit == Unit.MINUTES else date
    for window in (w for w in Window if w not in (Window.STAY, Window.FROM_FIRST_DAY, Window.ROLLING_12_MONTHS)):
        once = program(rule(unit, 1, window))
        for noon in (at(f"{old}T12:00"), at(f"{new}T12:00")):
            requested = Use(SessionKind.OUTING, noon, noon + dt.timedelta(minutes=1))
            if unit == Unit.DAYS and noon.date() == date:
                continue
            found = [p.code for p in check(once, [held], requested, context, new) if p.code == "cap"]
            periods = {spans.period_of(window, day, context) for day in (date, noon.date())}
            assert bool(found) is (len(periods) == 1 and None not in periods), (window, noon)


def test_nights_are_half_open_and_days_are_not():
    assert spans.nights(day("2026-10-02"), day("2026-10-04")) == [day("2026-10-02"), day("2026-10-03")]
    assert spans.days(day("2026-10-02"), day("2026-10-04"))[-1] == day("2026-10-04")
    assert len(spans.days(day("2026-10-02"), day("2026-10-04"))) == 3
    assert spans.nights(day("2026-10-02"), day("2026-10-02")) == []
    assert spans.nights(day("2026-10-04"), day("2026-10-02")) == []


def test_nothing_comes_of_an_empty_or_reversed_span():
    start = at("2026-10-02T10:00")
    assert spans.minutes_by_day(start, start) == {}
    assert spans.minutes_by_day(start, start - dt.timedelta(days=2)) == {}
    assert spans.touched(start, start) == (day("2026-10-02"), day("2026-10-02"))


def test_seconds_are_dropped_from_the_whole_not_from_each_day():
    assert spans.minutes_by_day(at("2026-10-31T23:59:30"), at("2026-11-01T00:00:30")) == {day("2026-11-01"): 1}
    assert spans.minutes_by_day(at("2026-10-31T23:59:30"), at("2026-11-01T00:00:29")) == {}


@settings(deadline=None)
@given(st.datetimes(dt.datetime(2026, 1, 1), dt.datetime(2029, 1, 1)), st.timedeltas(dt.timedelta(), dt.timedelta(9)))
def test_minutes_are_conserved_and_a_shorter_span_never_has_more(start, length):
    start = start.replace(tzinfo=TOKYO)
    parts = spans.minutes_by_day(start, start + length)
    assert sum(parts.values()) == length // spans.MINUTE
    assert list(parts) == sorted(parts)
    assert all(0 < minutes <= 1440 for minutes in parts.values())
    shorter = spans.minutes_by_day(start, start + length * 0.6)
    assert all(minutes <= parts[date] for date, minutes in shorter.items())


@pytest.mark.parametrize(
    ("start", "months", "end"),
    [
        ("2026-07-10", 6, "2027-01-09"),
        ("2026-08-31", 6, "2027-02-28"),
        ("2026-04-01", 6, "2026-09-30"),
        ("2027-08-31", 6, "2028-02-29"),
        ("2027-08-30", 6, "2028-02-29"),
        ("2027-08-29", 6, "2028-02-28"),
        ("2028-02-29", 12, "2029-02-28"),
        ("2026-01-31", 1, "2026-02-28"),
        ("2026-12-31", 2, "2027-02-28"),
        ("2026-03-31", 1, "2026-04-30"),
        ("2026-10-15", 12, "2027-10-14"),
    ],
)
def test_period_end(start, months, end):
    assert spans.period_end(day(start), months) == day(end)


def test_anniversary_months_do_not_drift_after_a_short_month():
    months = spans.periods_between(
        Window.ANNIVERSARY_MONTH,
        day("2027-01-31"),
        day("2027-05-30"),
        Context(enrollment=Period(day("2027-01-31"), day("2027-07-30"))),
    )
    assert months == [
        Period(day("2027-01-31"), day("2027-02-28")),
        Period(day("2027-03-01"), day("2027-03-30")),
        Period(day("2027-03-31"), day("2027-04-30")),
        Period(day("2027-05-01"), day("2027-05-30")),
    ]


@settings(deadline=None)
@given(DATES, st.integers(1, 24))
def test_a_period_of_months_is_exactly_that_many_anniversary_months(start, months):
    end = spans.period_end(start, months)
    found = spans.periods_between(Window.ANNIVERSARY_MONTH, start, end, Context(enrollment=Period(start, end)))
    assert len(found) == months
    assert (found[0].start, found[-1].end) == (start, end)
    assert all(b.start - a.end == spans.DAY for a, b in pairwise(found))


@settings(deadline=None)
@given(
    st.sampled_from([Window.CALENDAR_MONTH, Window.FISCAL_YEAR, Window.CALENDAR_YEAR, Window.ANNIVERSARY_MONTH]),
    DATES,
    DATES,
)
def test_periods_share_out_the_calendar(window, start, date):
    context = Context(enrollment=Period(start, dt.date.max))
    period = spans.period_of(window, date, context)
    assert date in period
    assert spans.period_of(window, period.start, context) == period == spans.period_of(window, period.end, context)
    after = spans.period_of(window, period.end + spans.DAY, context)
    assert after.start == period.end + spans.DAY


@pytest.mark.parametrize(
    ("date", "fiscal", "calendar"),
    [("2027-03-31", 2026, 2027), ("2027-04-01", 2027, 2027), ("2026-12-31", 2026, 2026), ("2027-01-01", 2026, 2027)],
)
def test_years(date, fiscal, calendar):
    year = Period(dt.date(fiscal, 4, 1), dt.date(fiscal + 1, 3, 31))
    assert spans.period_of(Window.FISCAL_YEAR, day(date), NOTHING) == year
    assert spans.period_of(Window.CALENDAR_YEAR, day(date), NOTHING).start == dt.date(calendar, 1, 1)


@pytest.mark.parametrize(
    ("end", "start"),
    [("2027-03-31", "2026-04-01"), ("2028-02-29", "2027-03-01"), ("2029-02-28", "2028-02-29"), ("2026-10-15", None)],
)
def test_rolling_year_ends_on_the_day(end, start):
    period = spans.period_of(Window.ROLLING_12_MONTHS, day(end), NOTHING)
    assert period == Period(day(start or "2025-10-16"), day(end))


@settings(deadline=None)
@given(DATES)
def test_twelve_months_from_a_day(date):
    assert dt.date.fromordinal(year_end(date.toordinal())) == spans.period_end(date, 12)
    assert (spans.period_end(date, 12) - date).days in (364, 365)


def test_windows_without_a_period():
    context = Context(Period(day("2026-07-10"), day("2027-01-09")), GrantPeriod(day("2026-10-01"), day("2027-03-31")))
    assert spans.period_of(Window.STAY, day("2026-10-01"), context) is None
    assert spans.period_of(Window.FROM_FIRST_DAY, day("2026-10-01"), context) is None
    assert spans.period_of(Window.GRANT, day("2026-09-30"), context) is None
    assert spans.period_of(Window.GRANT, day("2026-10-01"), context) == context.grant.period
    assert spans.period_of(Window.ENROLLMENT, day("2027-01-10"), context) is None
    assert spans.period_of(Window.ENROLLMENT, day("2027-01-09"), context) == context.enrollment
    for window in (Window.GRANT, Window.ENROLLMENT, Window.ANNIVERSARY_MONTH):
        assert spans.period_of(window, day("2026-10-01"), NOTHING) is None


def test_periods_between_stops_at_the_end_of_time():
    forever = Context(enrollment=Period(day("2026-04-01"), dt.date.max))
    assert len(spans.periods_between(Window.ENROLLMENT, day("2026-05-01"), day("2026-06-01"), forever)) == 1


def test_a_run_ends_with_one_whole_day_between():
    first = spans.days(day("2026-10-01"), day("2026-10-03"))
    assert spans.runs(first + spans.days(day("2026-10-04"), day("2026-10-06"))) == [
        (day("2026-10-01"), day("2026-10-06"))
    ]
    assert spans.runs(first + spans.days(day("2026-10-05"), day("2026-10-06"))) == [
        (day("2026-10-01"), day("2026-10-03")),
        (day("2026-10-05"), day("2026-10-06")),
    ]
    assert spans.runs([*first, *first]) == [(day("2026-10-01"), day("2026-10-03"))]
    assert spans.runs([]) == []


def test_a_naive_datetime_is_refused():
    with pytest.raises(ValueError, match="naive"):
        spans.local(dt.datetime(2026, 10, 1))
