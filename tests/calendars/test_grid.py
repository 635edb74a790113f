"""Where things stand in a calendar, whatever is in it."""

import datetime as dt
from itertools import combinations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from calendars.domain import grid
from calendars.domain.grid import DAY, Span
from calendars.enums import CalendarView

SUNDAY, MONDAY = 6, 0
FIRST = dt.date(2026, 11, 29)
MONTH = grid.weeks(FIRST, FIRST + 34 * DAY)


@st.composite
def spans(draw, most: int = 25):
    found = []
    for key in range(draw(st.integers(0, most))):
        first = FIRST + draw(st.integers(-10, 40)) * DAY
        last = first + draw(st.sampled_from([0, 0, 0, 1, 2, 6, 7, 13, 31])) * DAY
        starts = draw(st.integers(0, 24 * 60 - 1))
        ends = draw(st.integers(starts + 1 if first == last else 1, 24 * 60))
        found.append(Span(key, first, last, starts, ends))
    return found


def days_of(bar, days):
    return set(days[bar.column : bar.column + bar.length])


@given(spans())
def test_bars_of_one_lane_never_share_a_day(found):
    for days in MONTH:
        for one, other in combinations(grid.lanes(found, days), 2):
            assert one.lane != other.lane or not days_of(one, days) & days_of(other, days)


@given(spans())
def test_each_span_is_once_in_each_week_that_it_touches_and_covers_its_days(found):
    for days in MONTH:
        bars = grid.lanes(found, days)
        wanted = {span.key: {day for day in days if span.first <= day <= span.last} for span in found}
        assert sorted(bar.span.key for bar in bars) == sorted(key for key, touched in wanted.items() if touched)
        for bar in bars:
            assert days_of(bar, days) == wanted[bar.span.key]
            assert bar.comes_from_before == (bar.span.first < days[0])
            assert bar.goes_on_after == (bar.span.last > days[-1])


@given(spans())
def test_there_are_no_more_lanes_than_on_the_fullest_day(found):
    for days in MONTH:
        bars = grid.lanes(found, days)
        fullest = max(len([span for span in found if span.first <= day <= span.last]) for day in days)
        assert {bar.lane for bar in bars} == set(range(fullest))


@given(spans(), st.randoms(use_true_random=False))
def test_lanes_do_not_depend_on_the_order_of_the_rows(found, chance):
    mixed = list(found)
    chance.shuffle(mixed)
    for days in MONTH:
        assert grid.lanes(mixed, days) == grid.lanes(found, days)


@given(spans(), st.integers(1, 4))
def test_what_is_drawn_and_what_is_counted_is_all_there_is(found, most):
    for days in MONTH:
        for place, day in enumerate(grid.week_of_days(found, days, most)):
            touching = [span for span in found if span.first <= day.date <= span.last]
            assert len(day.bars) + day.passing + day.hidden == len(touching)
            assert all(bar.column == place and bar.lane < most for bar in day.bars)
            assert [bar.lane for bar in day.bars] == sorted(bar.lane for bar in day.bars)


@given(spans())
def test_blocks_of_one_column_never_share_a_row_and_columns_are_as_few_as_possible(found):
    today = [Span(span.key, FIRST, FIRST, min(span.starts, span.ends), max(span.starts, span.ends)) for span in found]
    blocks = grid.columns(today)
    rows = {block.span.key: set(range(block.row, block.row + block.rows)) for block in blocks}
    assert sorted(rows) == [span.key for span in today]
    for one, other in combinations(blocks, 2):
        if rows[one.span.key] & rows[other.span.key]:
            assert one.column != other.column
            assert one.of == other.of
    for block in blocks:
        assert 1 <= block.row <= block.row + block.rows - 1 <= grid.ROWS_A_DAY
        assert 1 <= block.column <= block.of
    deepest = max((len([key for key, taken in rows.items() if row in taken]) for row in range(1, 49)), default=0)
    assert max((block.of for block in blocks), default=0) == deepest


@given(spans())
def test_the_hours_hold_every_block_and_a_working_day(found):
    today = [Span(span.key, FIRST, FIRST, min(span.starts, span.ends), max(span.starts, span.ends)) for span in found]
    hours = grid.hours(today)
    assert 0 <= hours.start <= 8
    assert 18 <= hours.stop <= 24
    for block in grid.columns(today):
        assert hours.start * 2 <= block.row - 1
        assert block.row - 1 + block.rows <= hours.stop * 2


@given(st.dates(grid.EARLIEST, grid.LATEST), st.sampled_from([SUNDAY, MONDAY]))
def test_a_month_is_whole_weeks_around_all_its_days(date, week_starts):
    first, last = grid.period(CalendarView.MONTH, date, week_starts)
    weeks = grid.weeks(first, last)
    assert all(len(week) == 7 and week[0].weekday() == week_starts for week in weeks)
    assert 4 <= len(weeks) <= 6
    inside = [day for week in weeks for day in week if (day.year, day.month) == (date.year, date.month)]
    assert inside[0].day == 1
    assert (inside[-1] + DAY).day == 1


@given(st.dates(grid.EARLIEST, grid.LATEST), st.sampled_from(CalendarView.values))
def test_going_on_and_back_comes_home(date, view):
    following = grid.moved(view, date, 1)
    if following is not None:
        back = grid.moved(view, following, -1)
        assert back == (date.replace(day=1) if view == CalendarView.MONTH else date)


@pytest.mark.parametrize("view", CalendarView.values)
def test_nothing_leads_out_of_the_years_there_are(view):
    assert grid.moved(view, grid.EARLIEST, -1) is None
    assert grid.moved(view, grid.LATEST, 1) is None


@pytest.mark.parametrize(
    ("date", "starts", "first", "last"),
    [
        ("2026-12-15", SUNDAY, "2026-11-29", "2027-01-02"),
        ("2026-12-15", MONDAY, "2026-11-30", "2027-01-03"),
        ("2027-01-31", SUNDAY, "2026-12-27", "2027-02-06"),
        ("2028-02-29", SUNDAY, "2028-01-30", "2028-03-04"),
        # Four weeks exactly.
        ("2026-02-10", SUNDAY, "2026-02-01", "2026-02-28"),
    ],
)
def test_months_and_their_weeks(date, starts, first, last):
    found = grid.period(CalendarView.MONTH, dt.date.fromisoformat(date), starts)
    assert found == (dt.date.fromisoformat(first), dt.date.fromisoformat(last))


def test_a_stay_keeps_above_what_begins_later():
    stay = Span(9, FIRST - DAY, FIRST + DAY)
    outing = Span(1, FIRST, FIRST, 600, 660)
    assert [(bar.span.key, bar.lane) for bar in grid.lanes([outing, stay], MONTH[0])] == [(9, 0), (1, 1)]
