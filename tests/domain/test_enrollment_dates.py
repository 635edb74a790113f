"""Vectors A3 to A5 of domain.md, and dates for which a month has no such day."""

import datetime as dt

import pytest
from hypothesis import given
from hypothesis import strategies as st

from programs.domain.enrollment_dates import REVIEW_MONTHS, follow_up_dates, review_dates, reviews_after_change
from programs.domain.spans import period_end
from programs.enums import FollowUpKind

starts = st.dates(dt.date(2000, 1, 1), dt.date(2100, 1, 1))


def day(text):
    return dt.date.fromisoformat(text)


@pytest.mark.parametrize(
    ("starts_on", "ends_on", "first", "third", "sixth"),
    [
        ("2026-07-10", "2027-01-09", "2026-08-09", "2026-10-09", "2027-01-09"),  # A3
        ("2026-08-31", "2027-02-28", "2026-09-30", "2026-11-30", "2027-02-28"),  # A4
        ("2026-04-01", "2026-09-30", "2026-04-30", "2026-06-30", "2026-09-30"),  # A5
        ("2026-01-31", "2026-07-30", "2026-02-28", "2026-04-30", "2026-07-30"),
        ("2028-01-30", "2028-07-29", "2028-02-29", "2028-04-29", "2028-07-29"),
    ],
)
def test_reviews_are_due_on_the_last_day_of_their_month(starts_on, ends_on, first, third, sixth):
    assert period_end(day(starts_on), 6) == day(ends_on)
    assert review_dates(day(starts_on), day(ends_on)) == {1: day(first), 3: day(third), 6: day(sixth)}


def test_reviews_beyond_the_end_are_left_out():
    assert review_dates(day("2026-07-10"), day("2026-10-08")) == {1: day("2026-08-09")}
    assert review_dates(day("2026-07-10"), day("2026-07-20")) == {}


@pytest.mark.parametrize(
    ("ends_on", "held", "left"),
    [
        ("2026-09-20", {1}, {3: "2026-09-20"}),  # between two reviews: the next closes it
        ("2026-09-20", set(), {1: "2026-08-09", 3: "2026-09-20"}),
        ("2026-10-09", {1}, {3: "2026-10-09"}),  # on the day of one: that one closes it
        ("2026-10-09", {1, 3}, {}),
        ("2026-12-01", {1, 3}, {6: "2026-12-01"}),
        ("2026-12-01", {1, 3, 6}, {}),
        ("2027-04-09", {1}, {3: "2026-10-09", 6: "2027-01-09"}),  # an extension adds none
        ("2026-07-15", set(), {1: "2026-07-15"}),
    ],
)
def test_reviews_follow_the_end(ends_on, held, left):
    found = reviews_after_change(day("2026-07-10"), day(ends_on), held)
    assert found == {month: day(date) for month, date in left.items()}


@given(starts, st.integers(0, 400), st.sets(st.sampled_from(REVIEW_MONTHS)))
def test_no_review_is_due_outside_the_enrollment(starts_on, length, held):
    ends_on = starts_on + dt.timedelta(days=length)
    left = reviews_after_change(starts_on, ends_on, held)
    assert all(starts_on <= date <= ends_on for date in left.values())
    assert not held & set(left)
    assert list(left.values()) == sorted(left.values())


@pytest.mark.parametrize(
    ("moved_on", "visit", "still_there"),
    [
        ("2026-11-22", "2026-12-22", "2027-05-22"),
        ("2026-08-31", "2026-09-30", "2027-02-28"),
        ("2027-08-31", "2027-09-30", "2028-02-29"),
        ("2026-12-31", "2027-01-30", "2027-06-30"),
    ],
)
def test_follow_ups_hang_on_the_move(moved_on, visit, still_there):
    assert follow_up_dates(day(moved_on)) == {
        FollowUpKind.VISIT_30_DAYS: day(visit),
        FollowUpKind.SIX_MONTHS: day(still_there),
    }
