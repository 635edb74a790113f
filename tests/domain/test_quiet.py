"""When a mail may go out: at the borders of days, months and years."""

import datetime as dt

import pytest
from hypothesis import given
from hypothesis import strategies as st

from transition.clock import TOKYO
from transition.domain.holidays import holiday_name
from transition.domain.quiet import Waits, next_moment

moments = st.datetimes(min_value=dt.datetime(2025, 1, 1), max_value=dt.datetime(2028, 12, 31), timezones=st.just(TOKYO))
near_borders = st.builds(
    lambda date, seconds: dt.datetime.combine(date, dt.time(), tzinfo=TOKYO) + dt.timedelta(seconds=seconds),
    st.sampled_from([dt.date(2026, month, 1) for month in range(1, 13)] + [dt.date(2027, 1, 1), dt.date(2028, 3, 1)]),
    st.integers(min_value=-5 * 3600, max_value=8 * 3600),
)


def japan(text: str) -> dt.datetime:
    return dt.datetime.fromisoformat(text).replace(tzinfo=TOKYO)


@pytest.mark.parametrize(
    ("now", "waits", "then"),
    [
        ("2026-11-20 19:59:59", Waits.NIGHT, "2026-11-20 19:59:59"),
        ("2026-11-20 20:00", Waits.NIGHT, "2026-11-21 07:00"),
        ("2026-11-20 20:00", Waits.NEVER, "2026-11-20 20:00"),
        ("2026-11-21 06:59:59", Waits.NIGHT, "2026-11-21 07:00"),
        ("2026-11-21 07:00", Waits.NIGHT, "2026-11-21 07:00"),
        # Saturday evening; Sunday; Monday is 勤労感謝の日.
        ("2026-11-21 20:30", Waits.HOLIDAYS, "2026-11-24 07:00"),
        ("2026-11-22 10:00", Waits.HOLIDAYS, "2026-11-24 07:00"),
        ("2026-11-22 10:00", Waits.NIGHT, "2026-11-22 10:00"),
        ("2026-11-23 12:00", Waits.HOLIDAYS, "2026-11-24 07:00"),
        # New Year's Eve; 2 January 2027 is a Saturday.
        ("2026-12-31 23:59", Waits.HOLIDAYS, "2027-01-02 07:00"),
        ("2026-12-31 23:59", Waits.NIGHT, "2027-01-01 07:00"),
        # Golden Week 2026: 3 to 6 May.
        ("2026-05-02 21:00", Waits.HOLIDAYS, "2026-05-07 07:00"),
    ],
)
def test_the_next_moment(now, waits, then):
    assert next_moment(japan(now), waits) == japan(then)


@given(moments | near_borders, st.sampled_from(Waits))
def test_what_is_found_is_allowed_and_the_first(now, waits):
    then = next_moment(now, waits)
    local = then.astimezone(TOKYO)
    assert then >= now
    assert next_moment(then, waits) == then
    if waits != Waits.NEVER:
        assert dt.time(7) <= local.time() < dt.time(20)
    if waits == Waits.HOLIDAYS:
        assert local.weekday() != 6
        assert holiday_name(local.date()) is None
    if then != now:
        assert local.time() == dt.time(7)
        assert next_moment(then - dt.timedelta(microseconds=1), waits) == then


@given(near_borders)
def test_the_zone_of_the_question_does_not_matter(now):
    assert next_moment(now.astimezone(dt.UTC), Waits.HOLIDAYS) == next_moment(now, Waits.HOLIDAYS)
