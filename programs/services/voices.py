"""やめたい: the person says it, a worker listens and writes down what came of it. 家族の声: a worry before a session or
a remark after it, which supporters and the home read. None of it changes the session.
"""

import datetime as dt
from uuid import UUID

from programs.domain.problems import Problem, Refused
from programs.enums import PLANNED_STATES, SessionState
from programs.models import FamilyRemark, Session, StopRequest
from programs.notifications import events
from programs.queries.disclosure import NAMED_STATES, is_named
from programs.rules import hosts_session, supports_person
from transition import clock
from transition.domain import text as words
from transition.models import Person, User
from transition.services import audit
from transition.services.transactions import RequestKey, lock, writing

LONGEST_REMARK = 500
REMARKS_A_DAY = 10
# How long after a session a family may still say something about it.
REMARK_DAYS = 30


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
    events.stop_asked(stop, session)
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


@writing
def leave_remark(*, session: Session, sender: UUID, who: str, text: str, key: RequestKey | None = None) -> FamilyRemark:
    """Keep what a family has written through their address; no account, so nobody is named as the actor.

    `sender` is the address's public id, `who` its label. Raises Refused.
    """
    lock(Person, [session.person_id])
    session = Session.objects.get(pk=session.pk)
    text = words.clean_text(text)
    if problem := _remark_problem(session, sender, text):
        raise Refused([problem])
    remark = FamilyRemark(session=session, sender=sender, who=who, text=text)
    remark.full_clean()
    remark.save()
    audit.record("remark.leave", remark, by=None, session=session.pk)
    events.remark_left(remark, session)
    return remark


@writing
def see_remark(*, remark: FamilyRemark, by: User, key: RequestKey | None = None) -> FamilyRemark:
    """Note that it was read: for those who support the person, for the home, or for both. A second time changes
    nothing."""
    lock(Person, [remark.session.person_id])
    remark = FamilyRemark.objects.select_related("session__person", "session__room__home").get(pk=remark.pk)
    is_new = False
    if remark.seen_at is None and supports_person(by, remark.session.person):
        remark.seen_at, remark.seen_by, is_new = clock.now(), by, True
    if remark.home_seen_at is None and is_named(remark.session, clock.today()) and hosts_session(by, remark.session):
        remark.home_seen_at, remark.home_seen_by, is_new = clock.now(), by, True
    if is_new:
        remark.save()
        audit.record("remark.see", remark, by=by, session=remark.session_id)
    return remark


def takes_remarks(session: Session, now: dt.datetime) -> bool:
    """What is planned or goes on, and what ended not long ago."""
    if session.state in PLANNED_STATES:
        return True
    return session.state in NAMED_STATES and now < session.ends_at + dt.timedelta(days=REMARK_DAYS)


def _remark_problem(session: Session, sender: UUID, text: str) -> Problem | None:
    if not text:
        return Problem("remark.empty", "伝えたいことを書いてください。", field="text")
    if words.graphemes(text) > LONGEST_REMARK:
        return Problem("remark.long", f"{LONGEST_REMARK}文字以内で書いてください。", field="text")
    if not takes_remarks(session, clock.now()):
        message = "この予定には、もう書けません。急ぎのことは電話で伝えてください。"
        return Problem("remark.over", message, field="session")
    midnight = clock.at(clock.today(), dt.time.min)
    if FamilyRemark.objects.filter(sender=sender, at__gte=midnight).count() >= REMARKS_A_DAY:
        message = f"書けるのは1日に{REMARKS_A_DAY}回までです。急ぎのことは電話で伝えてください。"
        return Problem("remark.many", message, field="text")
    return None
