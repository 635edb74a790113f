"""What every change of a session ends with: problems passed with a reason, history, evidence, word to listeners.

Called inside the transaction of the change itself, under the person's lock.
"""

from collections.abc import Iterable

from programs import rules
from programs.domain.problems import Problem, Refused, needing_reason, refusing
from programs.enums import Enforcement, SessionAction, SessionState
from programs.models import Override, Session, SessionEvent
from programs.notifications import events
from programs.signals import session_changed
from transition import clock
from transition.models import Person, User
from transition.services import audit


def settle(problems: list[Problem], *, person: Person, by: User, reason: str) -> list[Problem]:
    """The problems this actor passes with this reason. Raises Refused with all of them when one stands."""
    # Only a REFUSE problem makes it worth asking who this is.
    refused = any(problem.enforcement == Enforcement.REFUSE for problem in problems)
    coordinator = refused and rules.coordinates(by, person)
    overcome = needing_reason(problems, coordinator=coordinator)
    if refusing(problems, coordinator=coordinator) or (overcome and not reason.strip()):
        raise Refused(problems)
    return overcome


def write_overrides(session: Session, overcome: Iterable[Problem], *, reason: str, by: User) -> None:
    for problem in overcome:
        Override.objects.create(
            session=session,
            problem_code=problem.code,
            limit_id=problem.limit_id,
            message=problem.message,
            reason=reason,
            by=by,
        )
        audit.record("session.override", session, by=by, problem=problem.code, limit=problem.limit_id)


def change(
    session: Session, target: SessionState, action: SessionAction, *, by: User | None, reason: str = ""
) -> Session:
    """Save the session in its new state and tell."""
    session.state = target
    session.changed_at = clock.now()
    session.save()
    tell(session, action, by=by, reason=reason)
    return session


def tell(session: Session, action: SessionAction, *, by: User | None, reason: str) -> None:
    """History, evidence, and word to whoever listens, all in the transaction of the change."""
    SessionEvent.objects.create(
        session=session, action=action, state=session.state, by=by, at=clock.now(), reason=reason
    )
    audit.record(f"session.{action.lower()}", session, by=by, state=str(session.state))
    events.session_changed(session, action, by=by)
    session_changed.send(sender=Session, session=session)
