"""やめたい: the person says it, a worker listens and writes down what came of it. Neither changes the session."""

from programs.domain.problems import Problem, Refused
from programs.enums import PLANNED_STATES, SessionState
from programs.models import Session, StopRequest
from transition import clock
from transition.models import Person, User
from transition.services import audit
from transition.services.transactions import RequestKey, lock, writing


@writing
def ask_to_stop(*, session: Session, by: User | None, key: RequestKey | None = None) -> StopRequest:
    """Tell the worker that the person wants to stop, or not to begin. Said twice, it is the same one.

    `by` None: the person, through their own link. Refused when the session is over.
    """
    lock(Person, [session.person_id])
    session = Session.objects.get(pk=session.pk)
    open_one: StopRequest | None = StopRequest.objects.open().filter(session=session).first()
    if open_one is not None:
        return open_one
    if not can_stop(session):
        message = "この たいけんは もう おわって います。いやだった ことは しえんの ひとに はなして ください。"
        raise Refused([Problem("stop.over", message)])
    stop = StopRequest.objects.create(session=session, by=by)
    audit.record("stop.ask", stop, by=by, session=session.pk)
    return stop


@writing
def answer_stop(*, stop: StopRequest, answer: str, by: User, key: RequestKey | None = None) -> StopRequest:
    """Write what was heard and decided; once. Raises Refused."""
    lock(Person, [stop.session.person_id])
    stop = StopRequest.objects.get(pk=stop.pk)
    if stop.handled_at is not None:
        raise Refused([Problem("stop.answered", "この声には、もう答えが書かれています。")])
    if not answer.strip():
        raise Refused([Problem("stop.answer", "聞いたこと・決めたことを書いてください。", field="answer")])
    stop.answer, stop.handled_by, stop.handled_at = answer, by, clock.now()
    stop.full_clean()
    stop.save()
    audit.record("stop.answer", stop, by=by, session=stop.session_id)
    return stop


def can_stop(session: Session) -> bool:
    """While it lasts, and until its end when it has not begun."""
    if session.state == SessionState.IN_PROGRESS:
        return True
    return session.state in PLANNED_STATES and clock.now() < session.ends_at
