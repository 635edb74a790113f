"""Writing down what happened in a session. What really happened is recorded, also beyond a cap.

Saving completes a session that is over, by the same steps as its buttons. `based_on` is the version the writer
saw: when somebody saved meanwhile nothing is written, and the writer is shown both. Each saving is kept as a
`RecordVersion`; what is typed meanwhile as a `RecordDraft` of one's own.
"""

import datetime as dt
import json
from collections.abc import Iterable, Mapping

from django.core.exceptions import ValidationError

from programs.domain.problems import Problem, Refused
from programs.domain.records import Content
from programs.enums import HELD_STATES, SessionAction, SessionKind, SessionState
from programs.models import RecordDraft, RecordVersion, Room, Session, SessionRecord, SessionWish
from programs.queries import records as queries
from programs.services import holding, scores
from programs.services.settling import change
from transition import clock
from transition.models import Goal, Person, User, WishItem
from transition.services import audit
from transition.services.transactions import RequestKey, lock, writing

OUTDATED = "record.outdated"
LONGEST_DRAFT = 40_000
ONE_DAY = dt.timedelta(days=1)


@writing
def save(
    *,
    session: Session,
    based_on: int,
    actual_starts_at: dt.datetime,
    actual_ends_at: dt.datetime,
    place: str = "",
    companions: str = "",
    wishes: Iterable[WishItem] | None = None,
    shown: str = "",
    incident: str = "",
    helped: str = "",
    family_note: str = "",
    next_step: str = "",
    next_note: str = "",
    scores: Mapping[Goal, tuple[int, str]] | None = None,
    by: User,
    key: RequestKey | None = None,
) -> SessionRecord:
    """Write the record, or its next version. Raises Refused; code OUTDATED when somebody else saved meanwhile.

    `wishes` None leaves them as they are (a home does not see them). Saving what stands there already writes nothing.
    """
    session = _locked(session)
    record = SessionRecord.objects.filter(session=session).first()
    if based_on != (record.version if record else 0):
        raise Refused([Problem(OUTDATED, "書いているあいだに、ほかの人が先に保存しました。")])
    changed = _hold(session, actual_starts_at, actual_ends_at, by=by)
    texts = {
        "place": place,
        "companions": companions,
        "shown": shown,
        "incident": incident,
        "helped": helped,
        "family_note": family_note,
        "next_step": next_step,
        "next_note": next_note,
    }
    record = record or SessionRecord(session=session, version=0)
    changed |= record.version == 0 or any(getattr(record, name) != text for name, text in texts.items())
    changed |= wishes is not None and _follow(session, wishes)
    changed |= _score(session, scores or {}, by=by)
    RecordDraft.objects.filter(session=session, user=by).delete()
    if not changed:
        return record
    for name, text in texts.items():
        setattr(record, name, text)
    record.version, record.by, record.at = record.version + 1, by, clock.now()
    _check(record)
    record.save()
    content = queries.content_of(session, record, queries.goal_lines(session), queries.wish_lines(session))
    RecordVersion.objects.create(record=record, version=record.version, content=content, by=by, at=record.at)
    audit.record("record.save", session, by=by, version=record.version, minutes=queries.minutes_of(session))
    return record


@writing
def save_draft(
    *, session: Session, content: Content, based_on: int, by: User, key: RequestKey | None = None
) -> RecordDraft:
    """Keep what is being typed; the latest holds. No evidence of its own: nobody else ever sees it."""
    lock(Person, [session.person_id])
    session = Session.objects.get(pk=session.pk)
    if problem := not_recordable(session):
        raise Refused([problem])
    if len(json.dumps(content, ensure_ascii=False)) > LONGEST_DRAFT:
        raise Refused([Problem("draft.long", "長すぎて、下書きにできません。保存してから続けてください。")])
    draft, _ = RecordDraft.objects.update_or_create(
        session=session, user=by, defaults={"content": content, "based_on": based_on, "saved_at": clock.now()}
    )
    return draft


@writing
def discard_draft(*, session: Session, by: User, key: RequestKey | None = None) -> Session:
    """Forget one's own draft; again changes nothing."""
    lock(Person, [session.person_id])
    RecordDraft.objects.filter(session=session, user=by).delete()
    return session


def not_recordable(session: Session) -> Problem | None:
    """Only what was agreed and has begun can be recorded."""
    if session.state not in queries.RECORDABLE_STATES:
        return Problem("record.state", f"この体験は「{session.state_word}」なので、記録を書けません。")
    if session.state == SessionState.CONFIRMED and clock.now() < session.starts_at:
        return Problem("record.too_early", "まだ始まっていないので、記録を書けません。")
    return None


def _locked(session: Session) -> Session:
    lock(Person, [session.person_id])
    if session.room_id:
        lock(Room, [session.room_id])
    return Session.objects.select_related("person", "program", "room__home").get(pk=session.pk)


def _hold(session: Session, start: dt.datetime, end: dt.datetime, *, by: User) -> bool:
    """Bring the session to its end, or put the times of one that ended right. Says whether that changed anything."""
    if session.state not in queries.RECORDABLE_STATES:
        raise Refused([Problem("record.state", f"この体験は「{session.state_word}」なので、記録を書けません。")])
    start, end = _same_minute(session.actual_starts_at, start), _same_minute(session.actual_ends_at, end)
    if problems := _time_problems(session, start, end):
        raise Refused(problems)
    if session.state in HELD_STATES:
        return _correct(session, start, end, by=by)
    if session.state == SessionState.CONFIRMED:
        holding.arrive(session, at=start, by=by)
    session.actual_starts_at = start
    holding.leave(session, SessionAction.CHECK_OUT, at=end, by=by)
    return True


def _correct(session: Session, start: dt.datetime, end: dt.datetime, *, by: User) -> bool:
    """Other times for what is over. Nights that were given up are not taken back: they may be another guest's."""
    before = session.actual_starts_at or session.starts_at, session.actual_ends_at or session.ends_at
    if before == (start, end) and session.actual_starts_at and session.actual_ends_at:
        return False
    session.actual_starts_at, session.actual_ends_at = start, end
    holding.free_nights_from(session, clock.local_date(end))
    reason = f"時刻を直しました：{queries.span_text(*before)} → {queries.span_text(start, end)}"
    change(session, SessionState(session.state), SessionAction.CHANGE, by=by, reason=reason)
    return True


def _time_problems(session: Session, start: dt.datetime, end: dt.datetime) -> list[Problem]:
    problems = holding.arrival_problems(session, start, field="start_at")
    problems += holding.departure_problems(start, end, field="end_at")
    if start == end:
        problems.append(Problem("session.order", "終了は開始よりあとにしてください。", field="end_at"))
    if session.kind != SessionKind.STAY and end - start > ONE_DAY:
        problems.append(Problem("record.long", "24時間をこえています。日にちを確かめてください。", field="end_on"))
    return problems


def _same_minute(known: dt.datetime | None, given: dt.datetime) -> dt.datetime:
    """A form knows no seconds: the same minute is the moment that was kept."""
    return known if known is not None and known.replace(second=0, microsecond=0) == given else given


def _follow(session: Session, wishes: Iterable[WishItem]) -> bool:
    """The session follows exactly these wishes from now on."""
    wanted = {item.pk for item in wishes}
    present = set(SessionWish.objects.filter(session=session).values_list("item", flat=True))
    SessionWish.objects.filter(session=session, item__in=present - wanted).delete()
    SessionWish.objects.bulk_create(SessionWish(session=session, item_id=pk) for pk in sorted(wanted - present))
    return wanted != present


def _score(session: Session, given: Mapping[Goal, tuple[int, str]], *, by: User) -> bool:
    before = {row.goal_id: row.pk for row in session.goal_scores.order_by("pk")}
    for goal, (number, note) in given.items():
        scores.score(goal=goal, session=session, score=number, note=note, by=by)
    return before != {row.goal_id: row.pk for row in session.goal_scores.order_by("pk")}


def _check(record: SessionRecord) -> None:
    """What the columns cannot hold, beside its field."""
    try:
        record.full_clean(validate_unique=False, validate_constraints=False)
    except ValidationError as error:
        raise Refused(
            Problem("record.field", message, field=field)
            for field, messages in error.message_dict.items()
            for message in messages
        ) from error
