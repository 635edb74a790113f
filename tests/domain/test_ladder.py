"""The ladder: which rung a session is, where the person stands, what could come next."""

import datetime as dt

import pytest
from hypothesis import given
from hypothesis import strategies as st

from programs.domain.ladder import RUNGS, Climb, ladder, rung_of
from programs.domain.voices import Voice, drawing
from programs.enums import SessionKind, SessionState, Step

TODAY = dt.date(2026, 11, 22)


def climb(step="", day="2026-11-01", kind=SessionKind.OUTING, state=SessionState.COMPLETED, nights=0):
    first = dt.date.fromisoformat(day)
    return Climb(kind, step, state, first, first + dt.timedelta(days=nights))


def stay(nights, day="2026-11-01", **more):
    return climb(day=day, kind=SessionKind.STAY, nights=nights, **more)


@pytest.mark.parametrize(
    ("session", "step"),
    [
        (climb(), Step.OUTING),
        (climb("VISIT"), Step.VISIT),
        (climb("MEAL"), Step.MEAL),
        (climb("DAY", kind=SessionKind.DAY_VISIT), Step.DAY),
        (climb(kind=SessionKind.DAY_VISIT), Step.DAY),
        (stay(0), Step.DAY),
        (stay(1), Step.ONE_NIGHT),
        (stay(2), Step.SEVERAL_NIGHTS),
        (stay(30), Step.SEVERAL_NIGHTS),
    ],
)
def test_rung_of_a_session(session, step):
    assert rung_of(session) == step


def test_nothing_done_begins_at_the_foot():
    found = ladder([], None, TODAY)
    assert found.current is None
    assert found.days == 0
    assert [rung.step for rung in found.could] == [Step.OUTING]
    assert [rung.step for rung in found.rungs] == list(Step)


def test_stands_on_the_highest_rung_since_its_first_time():
    found = ladder(
        [climb("MEAL", "2026-11-13"), climb("OUTING", "2026-11-20"), climb("MEAL", "2026-11-15")], None, TODAY
    )
    assert (found.current.step, found.current.done) == (Step.MEAL, 2)
    assert (found.current.first, found.current.last) == (dt.date(2026, 11, 13), dt.date(2026, 11, 15))
    assert found.days == 10
    assert [rung.step for rung in found.could] == [Step.DAY, Step.VISIT]


def test_what_is_planned_is_not_done():
    found = ladder(
        [
            climb("OUTING", "2026-11-20"),
            stay(1, "2026-12-12", state=SessionState.CONFIRMED),
            stay(1, "2026-12-05", state=SessionState.REQUESTED),
            climb("MEAL", "2026-11-10", state=SessionState.CONFIRMED),
        ],
        None,
        TODAY,
    )
    assert found.current.step == Step.OUTING
    planned = {rung.step: rung.planned for rung in found.rungs if rung.planned}
    assert planned == {Step.ONE_NIGHT: dt.date(2026, 12, 5)}


@pytest.mark.parametrize("state", ["DECLINED", "EXPIRED", "CANCELLED", "NO_SHOW"])
def test_what_did_not_happen_counts_nowhere(state):
    assert ladder([climb(state=state)], None, TODAY).current is None


@pytest.mark.parametrize("state", ["COMPLETED", "CUT_SHORT", "IN_PROGRESS"])
def test_what_has_begun_counts(state):
    assert ladder([climb(state=state)], None, TODAY).current.step == Step.OUTING


def test_a_move_is_the_top():
    found = ladder([stay(3)], dt.date(2026, 11, 20), TODAY)
    assert (found.current.step, found.days, found.could) == (Step.MOVE, 3, ())


def test_a_move_to_come_is_planned():
    found = ladder([stay(3)], dt.date(2026, 12, 20), TODAY)
    assert found.current.step == Step.SEVERAL_NIGHTS
    assert found.could[0].planned == dt.date(2026, 12, 20)


CLIMBS = st.lists(
    st.builds(
        lambda kind, step, state, day, nights: Climb(kind, step, state, day, day + dt.timedelta(days=nights)),
        st.sampled_from(SessionKind.values),
        st.sampled_from(["", *Step.values]),
        st.sampled_from(SessionState.values),
        st.dates(dt.date(2025, 1, 1), TODAY),
        st.integers(0, 5),
    ),
    max_size=12,
)


@given(CLIMBS, st.one_of(st.none(), st.dates(dt.date(2025, 1, 1), TODAY)))
def test_never_stands_below_what_was_done(climbs, moved_on):
    found = ladder(climbs, moved_on, TODAY)
    done = [place for place, rung in enumerate(found.rungs) if rung.done]
    assert [rung.is_current for rung in found.rungs].count(True) == (1 if done else 0)
    if done:
        assert found.current is found.rungs[max(done)]
        assert found.days >= 1
    held = sum(climb.state in ("COMPLETED", "CUT_SHORT", "IN_PROGRESS") for climb in climbs)
    assert sum(rung.done for rung in found.rungs) == held + (moved_on is not None)
    assert not any(rung.is_done for rung in found.could)
    assert (found.could == ()) == (bool(done) and RUNGS[max(done)] == Step.MOVE)


def test_marks_of_one_session_never_lie_on_each_other():
    voices = [Voice(TODAY, "GOOD", ((0, 1), (1, 1), (2, 1), (3, -2))), Voice(TODAY, "", ())]
    found = drawing(voices)
    marks = found.columns[0].marks
    assert [mark.letter for mark in marks] == ["D", "A", "B", "C"]
    assert len({(mark.x, mark.y) for mark in marks}) == 4
    assert marks[0].y == found.lines[-1].y
    assert [line.label for line in found.lines] == ["＋2", "＋1", "0", "−1", "−2"]
    assert found.columns[1].x - found.columns[0].x == 56
