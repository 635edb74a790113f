"""How a session that was agreed becomes one that took place: arrival, departure, and what may be said of them.

Parts of a caller's transaction; the session comes fresh from under the person's lock. Checking in and out, and
writing the record, go through here alike.
"""

import datetime as dt

from programs.domain import session_flow, wording
from programs.domain.problems import Problem, Refused
from programs.enums import SessionAction, SessionKind, SessionState
from programs.models import RoomNight, Session
from programs.services.settling import change
from transition import clock
from transition.models import User


def next_state(session: Session, action: SessionAction) -> SessionState:
    """Raises Refused where the action leads nowhere from the session's state."""
    target = session_flow.next_state(session.state, action)
    if target is None:
        raise Refused([wrong_state(session, action)])
    return target


def wrong_state(session: Session, action: SessionAction) -> Problem:
    state, wanted = session.state_word, wording.action(session.kind, action)
    return Problem("session.state", f"この体験はいま「{state}」なので、「{wanted}」にできません。")


def arrival_problems(session: Session, at: dt.datetime, *, field: str = "at") -> list[Problem]:
    """Nothing begins in the future, nor before the day it was agreed for."""
    problems = _future(at, field)
    if clock.local_date(at) < clock.local_date(session.starts_at):
        day = "チェックイン" if session.kind == SessionKind.STAY else "おでかけ"
        problems.append(Problem("session.too_early", f"まだ{day}の日になっていません。", field=field))
    return problems


def departure_problems(started: dt.datetime | None, at: dt.datetime, *, field: str = "at") -> list[Problem]:
    problems = _future(at, field)
    if started and at < started:
        problems.append(Problem("session.order", "終了は開始よりあとにしてください。", field=field))
    return problems


def arrive(session: Session, *, at: dt.datetime, by: User) -> Session:
    target = next_state(session, SessionAction.CHECK_IN)
    session.actual_starts_at = at
    return change(session, target, SessionAction.CHECK_IN, by=by)


def leave(session: Session, action: SessionAction, *, at: dt.datetime, by: User, reason: str = "") -> Session:
    """As planned, earlier or later: what really happened is recorded, never refused."""
    target = next_state(session, action)
    session.actual_ends_at = at
    free_nights_from(session, clock.local_date(at))
    return change(session, target, action, by=by, reason=reason)


def free_nights_from(session: Session, day: dt.date) -> None:
    RoomNight.objects.filter(session=session, date__gte=day).delete()


def _future(at: dt.datetime, field: str) -> list[Problem]:
    return [Problem("session.future", "これから先の時刻は記録できません。", field=field)] if at > clock.now() else []
