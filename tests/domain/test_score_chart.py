"""Where scores stand on their chart."""

import datetime as dt

from hypothesis import given
from hypothesis import strategies as st

from programs.domain.score_chart import BOTTOM, LEFT, RIGHT, TOP, Scored, chart, signed

FIRST, LAST = dt.date(2026, 10, 1), dt.date(2027, 3, 31)
scored = st.builds(Scored, st.dates(dt.date(2026, 1, 1), dt.date(2028, 1, 1)), st.integers(-2, 2), st.booleans())


def test_the_scale_is_named_from_the_top():
    lines = chart([], FIRST, LAST).lines
    assert [line.label for line in lines] == ["＋2", "＋1", "0", "−1", "−2"]
    assert [line.label for line in lines if line.expected] == ["0"]
    assert (lines[0].y, lines[-1].y) == (TOP, BOTTOM)


def test_better_stands_higher_and_later_to_the_right():
    marks = chart([Scored(LAST, 2, True), Scored(FIRST, -2, False)], FIRST, LAST).marks
    assert [(mark.x, mark.y, mark.at_review) for mark in marks] == [(49, BOTTOM, False), (303, TOP, True)]
    assert chart([Scored(FIRST, 0, False)], FIRST, FIRST).points == "49.0,68.0"


@given(st.lists(scored, max_size=8))
def test_every_mark_stands_inside_in_order_of_time(rows):
    marks = chart(rows, FIRST, LAST).marks
    assert len(marks) == len(rows)
    assert all(LEFT <= mark.x <= RIGHT and TOP <= mark.y <= BOTTOM for mark in marks)
    assert [mark.x for mark in marks] == sorted(mark.x for mark in marks)


def test_signs_are_said():
    assert [signed(score) for score in range(-2, 3)] == ["−2", "−1", "0", "＋1", "＋2"]
