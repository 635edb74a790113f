"""The life of a session. Locks go person → room → nights in date order; the unique keys have the last word.

Every verb raises `Refused` with all problems at once and changes nothing then. `reason` is what lets a
worker pass an ASK problem, and a coordinator of the person's municipality a REFUSE one; each is kept as an
`Override`. `by` None means the software itself. `key` names one sending of a form: a second press changes nothing
and gets the same answer.
"""

import datetime as dt

from programs.domain import session_flow
from programs.domain.problems import Problem, Refused, needing_reason, refusing
from programs.domain.spans import nights
from programs.enums import (
    DeclineReason,
    NightUse,
    SessionAction,
    SessionKind,
    SessionState,
)
from programs.models import Program, Room, RoomNight, Session, Slot
from programs.queries import standing, stays
from programs.services import holding
from programs.services.settling import change, settle, tell, write_overrides
from transition import clock
from transition.models import Organization, Person, User
from transition.services.transactions import ConstraintBroken, RequestKey, lock, writing

# How long a home has to answer; never longer than until the stay begins.
ANSWER_DAYS = 7


def request_stay(
    *,
    person: Person,
    program: Program,
    slot: Slot,
    check_in: dt.date,
    check_out: dt.date,
    organization: Organization,
    by: User,
    note: str = "",
    reason: str = "",
    key: RequestKey | None = None,
) -> Session:
    """Ask for the nights [check_in, check_out) in a slot; they are held until the home answers or the deadline."""
    try:
        return _request_stay(
            person=person,
            program=program,
            slot=slot,
            check_in=check_in,
            check_out=check_out,
            organization=organization,
            by=by,
            note=note,
            reason=reason,
            key=key,
        )
    except ConstraintBroken as broken:
        lost = refusing(stays.occupancy_problems(person, slot, check_in, check_out), coordinator=False)
        raced = Problem("room.raced", "ほんの少し前に、ほかの申込が入りました。もう一度お確かめください。")
        raise Refused(lost or [raced]) from broken


@writing
def _request_stay(
    *,
    person: Person,
    program: Program,
    slot: Slot,
    check_in: dt.date,
    check_out: dt.date,
    organization: Organization,
    by: User,
    note: str,
    reason: str,
    key: RequestKey | None,
) -> Session:
    [person] = lock(Person, [person.pk])
    [room] = lock(Room, [slot.room_id])
    slot = Slot.objects.get(pk=slot.pk)
    problems = stays.offer_problems(slot, room, check_in, check_out)
    # Dates that make no sense have no meaning for limits.
    if check_out > check_in:
        problems += stays.rule_problems(person, program, slot, check_in, check_out)
        problems += stays.handover_problems(slot, check_in, check_out)
    overcome = settle(problems, person=person, by=by, reason=reason)
    now = clock.now()
    starts_at, ends_at = stays.moments(slot, check_in, check_out)
    session = Session(
        kind=SessionKind.STAY,
        person=person,
        program=program,
        slot=slot,
        room=room,
        check_in=check_in,
        check_out=check_out,
        starts_at=starts_at,
        ends_at=ends_at,
        note=note,
        organization=organization,
        requested_by=by,
        expires_at=min(now + dt.timedelta(days=ANSWER_DAYS), starts_at),
        created_at=now,
    )
    # The rows it points to were read a moment ago; the database checks the keys.
    pointing = [field.name for field in Session._meta.fields if field.is_relation]
    session.full_clean(exclude=pointing, validate_unique=False, validate_constraints=False)
    session.save()
    # No look before the leap: the unique keys decide who gets a night.
    RoomNight.objects.bulk_create(
        [
            RoomNight(room=room, date=night, use=NightUse.STAY, session=session, person=person)
            for night in nights(check_in, check_out)
        ]
    )
    write_overrides(session, overcome, reason=reason, by=by)
    tell(session, SessionAction.REQUEST, by=by, reason=reason if overcome else "")
    return session


@writing
def confirm(*, session: Session, by: User, key: RequestKey | None = None) -> Session:
    """The home says yes. Everything is checked again; what was overridden before stays overridden."""
    session = _locked(session)
    target = holding.next_state(session, SessionAction.CONFIRM)
    if session.expires_at is not None and session.expires_at <= clock.now():
        message = "おでかけの時刻がすぎています。日時を変えてから、確定してください。"
        if session.kind == SessionKind.STAY:
            message = "返事の期限がすぎています。もう一度申し込んでもらってください。"
        raise Refused([Problem("session.expired", message)])
    problems = standing.open_problems(session)
    if refusing(problems, coordinator=False) or needing_reason(problems, coordinator=False):
        raise Refused(problems)
    return change(session, target, SessionAction.CONFIRM, by=by)


@writing
def override(*, session: Session, reason: str, by: User, key: RequestKey | None = None) -> Session:
    """Pass, with a reason, what stands against a session that waits for its answer."""
    session = _locked(session)
    if session_flow.next_state(session.state, SessionAction.CONFIRM) is None:
        raise Refused([holding.wrong_state(session, SessionAction.CONFIRM)])
    overcome = settle(standing.open_problems(session), person=session.person, by=by, reason=reason)
    write_overrides(session, overcome, reason=reason, by=by)
    return session


@writing
def decline(
    *, session: Session, decline_reason: str, by: User, note: str = "", key: RequestKey | None = None
) -> Session:
    """The home says no, with a reason from the list; the nights are free again."""
    session = _locked(session)
    target = holding.next_state(session, SessionAction.DECLINE)
    if decline_reason not in DeclineReason.values:
        raise Refused([Problem("session.decline_reason", "理由を選んでください。", field="decline_reason")])
    _free(session)
    session.decline_reason = decline_reason
    label = DeclineReason(decline_reason).label
    reason = f"{label}：{note}" if note else str(label)
    return change(session, target, SessionAction.DECLINE, by=by, reason=reason)


@writing
def cancel(*, session: Session, by: User, reason: str = "", key: RequestKey | None = None) -> Session:
    """Called off before it began; a confirmed stay needs a reason. The nights are free again."""
    session = _locked(session)
    target = holding.next_state(session, SessionAction.CANCEL)
    if session.state == SessionState.CONFIRMED and not reason.strip():
        raise Refused([Problem("session.reason", "確定した体験を取り消す理由を書いてください。", field="reason")])
    _free(session)
    return change(session, target, SessionAction.CANCEL, by=by, reason=reason)


@writing
def check_in(*, session: Session, by: User, at: dt.datetime | None = None, key: RequestKey | None = None) -> Session:
    """The person has arrived, now or at the moment given."""
    session = _locked(session)
    holding.next_state(session, SessionAction.CHECK_IN)
    at = at or clock.now()
    if problems := holding.arrival_problems(session, at):
        raise Refused(problems)
    return holding.arrive(session, at=at, by=by)


@writing
def check_out(*, session: Session, by: User, at: dt.datetime | None = None, key: RequestKey | None = None) -> Session:
    """The person has left as planned, earlier or later: what really happened is recorded, never refused."""
    return _leave(session, SessionAction.CHECK_OUT, by=by, at=at)


@writing
def cut_short(
    *, session: Session, by: User, at: dt.datetime | None = None, reason: str = "", key: RequestKey | None = None
) -> Session:
    """The person stops the stay. Nothing punishes that; nights not slept are free again."""
    return _leave(session, SessionAction.CUT_SHORT, by=by, at=at, reason=reason)


@writing
def no_show(*, session: Session, by: User, reason: str = "", key: RequestKey | None = None) -> Session:
    """The person did not come; possible once the stay should have begun."""
    session = _locked(session)
    target = holding.next_state(session, SessionAction.NO_SHOW)
    if clock.now() < session.starts_at:
        raise Refused([Problem("session.too_early", "まだ始まっていません。")])
    _free(session)
    return change(session, target, SessionAction.NO_SHOW, by=by, reason=reason)


def expire_requests() -> int:
    """Let every request past its deadline expire, each in its own transaction. Returns how many did."""
    due = Session.objects.filter(state=SessionState.REQUESTED, expires_at__lte=clock.now())
    return sum(_expire(session=session) for session in due.order_by("person", "pk"))


@writing
def _expire(*, session: Session) -> bool:
    session = _locked(session)
    target = session_flow.next_state(session.state, SessionAction.EXPIRE)
    if target is None:
        return False
    _free(session)
    change(session, target, SessionAction.EXPIRE, by=None)
    return True


def _leave(session: Session, action: SessionAction, *, by: User, at: dt.datetime | None, reason: str = "") -> Session:
    session = _locked(session)
    holding.next_state(session, action)
    at = at or clock.now()
    if problems := holding.departure_problems(session.actual_starts_at, at):
        raise Refused(problems)
    return holding.leave(session, action, at=at, by=by, reason=reason)


def _locked(session: Session) -> Session:
    lock(Person, [session.person_id])
    if session.room_id:
        lock(Room, [session.room_id])
    return Session.objects.select_related("person", "program", "slot", "room__home").get(pk=session.pk)


def _free(session: Session) -> None:
    RoomNight.objects.filter(session=session).delete()
