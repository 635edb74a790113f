"""The table of transitions, written down a second time as the lines of design.md 4.3."""

import pytest

from programs.domain.session_flow import TRANSITIONS, actions_from, next_state
from programs.enums import COUNTING_STATES, SessionAction, SessionState

A, S = SessionAction, SessionState
LINES = {
    (None, A.REQUEST): S.REQUESTED,
    (S.REQUESTED, A.CONFIRM): S.CONFIRMED,
    (S.REQUESTED, A.DECLINE): S.DECLINED,
    (S.REQUESTED, A.EXPIRE): S.EXPIRED,
    (S.REQUESTED, A.CANCEL): S.CANCELLED,
    (S.CONFIRMED, A.CHECK_IN): S.IN_PROGRESS,
    (S.CONFIRMED, A.CANCEL): S.CANCELLED,
    (S.CONFIRMED, A.NO_SHOW): S.NO_SHOW,
    (S.IN_PROGRESS, A.CHECK_OUT): S.COMPLETED,
    (S.IN_PROGRESS, A.CUT_SHORT): S.CUT_SHORT,
}


@pytest.mark.parametrize("state", [None, *S])
@pytest.mark.parametrize("action", list(A))
def test_every_pair_of_state_and_action(state, action):
    assert next_state(state, action) == LINES.get((state, action))
    assert (action in actions_from(state)) is ((state, action) in LINES)


def test_plain_words_from_the_database_do_as_well():
    assert next_state("REQUESTED", "CONFIRM") is S.CONFIRMED
    assert next_state("REQUESTED", "CHECK_OUT") is None
    assert next_state("GONE", "CONFIRM") is None
    assert actions_from("IN_PROGRESS") == [A.CHECK_OUT, A.CUT_SHORT]
    assert actions_from("GONE") == []


def test_every_state_has_a_row_and_can_be_reached():
    assert set(TRANSITIONS) == set(S)
    assert {S.REQUESTED, *(target for row in TRANSITIONS.values() for target in row.values())} == set(S)


def test_a_state_that_counts_nothing_is_never_left():
    for state in set(S) - set(COUNTING_STATES):
        assert actions_from(state) == []
