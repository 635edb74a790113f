"""The one table of what can become of a session (`design.md` 4.3). Screens ask it which buttons to show."""

from programs.enums import SessionAction, SessionState

# What a request turns into; there is no state before it.
FIRST_STATE = SessionState.REQUESTED

TRANSITIONS: dict[SessionState, dict[SessionAction, SessionState]] = {
    SessionState.REQUESTED: {
        SessionAction.CONFIRM: SessionState.CONFIRMED,
        SessionAction.DECLINE: SessionState.DECLINED,
        SessionAction.EXPIRE: SessionState.EXPIRED,
        SessionAction.CANCEL: SessionState.CANCELLED,
    },
    SessionState.CONFIRMED: {
        SessionAction.CHECK_IN: SessionState.IN_PROGRESS,
        SessionAction.CANCEL: SessionState.CANCELLED,
        SessionAction.NO_SHOW: SessionState.NO_SHOW,
    },
    SessionState.IN_PROGRESS: {
        SessionAction.CHECK_OUT: SessionState.COMPLETED,
        SessionAction.CUT_SHORT: SessionState.CUT_SHORT,
    },
    SessionState.COMPLETED: {},
    SessionState.CUT_SHORT: {},
    SessionState.DECLINED: {},
    SessionState.EXPIRED: {},
    SessionState.CANCELLED: {},
    SessionState.NO_SHOW: {},
}


# As long as it has not begun, day, time and content can change without a new answer.
CHANGEABLE_STATES = (SessionState.REQUESTED, SessionState.CONFIRMED)


def next_state(state: SessionState | str | None, action: SessionAction | str) -> SessionState | None:
    """The state that `action` leads to, or None if it is not possible from `state`.

    `state` None is a session that does not exist yet: only REQUEST leads anywhere. Plain strings from the
    database are as good as members; an unknown word leads nowhere.
    """
    if state is None:
        return FIRST_STATE if action == SessionAction.REQUEST else None
    return next((target for possible, target in _row(state).items() if possible == action), None)


def actions_from(state: SessionState | str | None) -> list[SessionAction]:
    """What can be done with a session in `state`, in the order in which buttons stand."""
    return [SessionAction.REQUEST] if state is None else list(_row(state))


def _row(state: SessionState | str) -> dict[SessionAction, SessionState]:
    return TRANSITIONS[SessionState(state)] if state in SessionState.values else {}
