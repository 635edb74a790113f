"""A session's record: what the form begins with, what another person changed meanwhile, what the page shows."""

import dataclasses
import datetime as dt
from dataclasses import dataclass

from django.db.models import Exists, OuterRef, Q, Subquery

from programs.domain import records, wording
from programs.domain.problems import Problem
from programs.domain.records import Content, Difference
from programs.domain.score_chart import signed
from programs.enums import HELD_STATES, Enforcement, NextStep, SessionState, Unit
from programs.models import GoalScore, Photo, RecordDraft, RecordVersion, Session, SessionGoal, SessionRecord
from programs.models import SessionWish as FollowedWish
from programs.queries.disclosure import is_named
from programs.queries.limits import LimitBook, use_of
from programs.queries.people import Meter
from transition import clock
from transition.domain.wareki import format_short
from transition.enums import ConsentKind, GoalState, WishChoice
from transition.models import Consent, Goal, Person, User, Wish, WishItem

RECORDABLE_STATES = (SessionState.CONFIRMED, SessionState.IN_PROGRESS, *HELD_STATES)


@dataclass(frozen=True, slots=True)
class GoalLine:
    """A goal as the form asks for it: its latest score from this session, and whether the session works toward it."""

    goal: Goal
    linked: bool
    score: int | None
    note: str

    @property
    def key(self) -> str:
        return self.goal.public_id.hex


@dataclass(frozen=True, slots=True)
class WishLine:
    item: WishItem
    followed: bool
    wanted: bool


@dataclass(frozen=True, slots=True)
class Opened:
    """What somebody who opens the form finds. `sees_person` False: a home, which sees neither goals nor wishes."""

    session: Session
    record: SessionRecord | None
    draft: RecordDraft | None
    sees_person: bool
    goals: list[GoalLine]
    wishes: list[WishLine]
    saved: Content

    @property
    def version(self) -> int:
        return self.record.version if self.record else 0


def opened(session: Session, user: User, *, sees_person: bool) -> Opened:
    record = record_of(session)
    draft = RecordDraft.objects.filter(session=session, user=user).first()
    goals = goal_lines(session) if sees_person else []
    wishes = wish_lines(session) if sees_person else []
    saved = content_of(session, record, goals, wishes) if record else _begun(session, goals, wishes)
    return Opened(session, record, draft, sees_person, goals, wishes, saved)


def record_of(session: Session) -> SessionRecord | None:
    return getattr(session, "record", None)


def goal_lines(session: Session) -> list[GoalLine]:
    """The person's goals in work, and those scored or meant in this session whatever became of them."""
    scores = GoalScore.objects.filter(goal=OuterRef("pk"), session=session).order_by("-pk")
    linked = SessionGoal.objects.filter(goal=OuterRef("pk"), session=session)
    goals = (
        Goal.objects.filter(person=session.person_id)
        .annotate(
            linked=Exists(linked), score=Subquery(scores.values("score")[:1]), note=Subquery(scores.values("note")[:1])
        )
        .filter(Q(state=GoalState.ACTIVE) | Q(linked=True) | Q(score__isnull=False))
    )
    lines = [GoalLine(goal, goal.linked, goal.score, goal.note or "") for goal in goals]
    return sorted(lines, key=lambda line: not (line.linked or line.score is not None))


def wish_lines(session: Session) -> list[WishLine]:
    """The pages of the wish book: followed first, then what the person wants, then the rest."""
    latest = Wish.objects.filter(item=OuterRef("pk"), person=session.person_id).order_by("-at", "-pk")
    followed = FollowedWish.objects.filter(item=OuterRef("pk"), session=session)
    items = (
        WishItem.objects.annotate(followed=Exists(followed), choice=Subquery(latest.values("choice")[:1]))
        .filter(Q(organization=None) | Q(organization=session.organization_id) | Q(followed=True))
        .filter(Q(retired_at=None) | Q(followed=True))
    )
    lines = [WishLine(item, item.followed, item.choice == WishChoice.WANT) for item in items]
    return sorted(lines, key=lambda line: (not line.followed, not line.wanted))


def planned_content(session: Session) -> Content:
    """What a record says before anybody wrote it: the plan."""
    names = session.escorts.order_by("pk").values_list("user__name", flat=True)
    place = session.place or (session.room.home.name if session.room else "")
    return {**_times(session.starts_at, session.ends_at), "place": place, "companions": "、".join(names)}


def content_of(session: Session, record: SessionRecord, goals: list[GoalLine], wishes: list[WishLine]) -> Content:
    content: Content = {
        **_times(session.actual_starts_at or session.starts_at, session.actual_ends_at or session.ends_at),
        "place": record.place,
        "companions": record.companions,
        "shown": record.shown,
        "helped": record.helped,
        "incident": record.incident,
        "family_note": record.family_note,
        "next_step": record.next_step,
        "next_note": record.next_note,
    }
    return content | _of_person(goals, wishes)


def base_content(opened: Opened, version: int) -> Content:
    """What a form based on `version` began with."""
    if version == 0:
        return planned_content(opened.session)
    row = RecordVersion.objects.filter(record=opened.record, version=version).first()
    return dict(row.content) if row else {}


def merged(opened: Opened, mine: Content, based_on: int) -> tuple[Content, list[Difference]]:
    """`mine`, made from version `based_on`, brought together with what was saved since."""
    if based_on == opened.version:
        return opened.saved | mine, []
    return records.merge(base_content(opened, based_on), opened.saved, mine)


def shown_value(opened: Opened, name: str, value: records.Value) -> str:
    """A field's value in words."""
    if isinstance(value, list):
        names = {str(line.item.public_id): line.item.name for line in opened.wishes}
        return "、".join(names.get(item, "？") for item in value) or "（なし）"
    if name == "next_step" and value in NextStep.values:
        return str(NextStep(value).label)
    return value or "（空）"


def label(opened: Opened, name: str) -> str:
    for line in opened.goals:
        if name.endswith(line.key):
            return f"目標「{line.goal.words}」の{'点' if name.startswith(records.SCORE) else 'ひとこと'}"
    return records.LABELS.get(name, name)


def minute_meters(session: Session, book: LimitBook | None = None) -> list[Meter]:
    """What is left of the program's hours in the month of the session, this session included."""
    book = book or LimitBook([session.person])
    day = clock.local_date(session.actual_starts_at or session.starts_at)
    answered = {row.rule: row.used for row in book.answered(session.person, session.program, day).allowances(day)}
    meters = []
    for row in book.account(session.person, session.program, day).allowances(day):
        if row.unit == Unit.MINUTES:
            waiting = max(0, min(row.planned, row.used - answered.get(row.rule, row.used)))
            meters.append(Meter(row, confirmed=row.planned - waiting, waiting=waiting))
    return meters


def over_cap(session: Session, book: LimitBook | None = None) -> list[Problem]:
    """Caps that a session passes as it really was. It stands all the same, so this only tells."""
    if session.state not in HELD_STATES:
        return []
    person = session.person
    day = clock.local_date(session.actual_starts_at or session.starts_at)
    book = book or LimitBook([person])
    found = book.account(person, session.program, day).check(use_of(session), clock.today())
    return [
        dataclasses.replace(problem, enforcement=Enforcement.INFORM, frees_up_on=None, largest_request=None, field="")
        for problem in found
        if problem.limit_id is not None
    ]


def minutes_of(session: Session) -> int | None:
    if session.actual_starts_at is None or session.actual_ends_at is None:
        return None
    return int((session.actual_ends_at - session.actual_starts_at).total_seconds()) // 60


def time_words(minutes: int | None) -> str:
    return "" if minutes is None else wording.hours(minutes)


@dataclass(frozen=True, slots=True)
class ScoreLine:
    words: str
    level: str
    note: str


@dataclass(frozen=True, slots=True)
class Part:
    """The record as the session's page shows it; photos only while the person agrees."""

    session: Session
    record: SessionRecord | None
    scores: list[ScoreLine]
    photos: list[Photo]
    photo_consent: bool
    has_draft: bool
    sees_person: bool

    @property
    def time_text(self) -> str:
        return time_words(minutes_of(self.session))


def part(session: Session) -> Part | None:
    """Of a session from `session_page.for_reader`. None where there is nothing to show: not begun, called off.

    A home sees it as long as it may know who its guest was; whoever sees it may also write it.
    """
    sees_person: bool = session.sees_person  # type: ignore[attr-defined]
    if session.state not in RECORDABLE_STATES or not (sees_person or is_named(session, clock.today())):
        return None
    record = record_of(session)
    if record is None and session.starts_at > clock.now():
        return None
    agreed: bool = session.agrees_to_photos  # type: ignore[attr-defined]
    return Part(
        session=session,
        record=record,
        scores=_latest_scores(session) if sees_person and record else [],
        photos=list(session.photos.all()) if agreed else [],
        photo_consent=agreed,
        has_draft=session.has_draft,  # type: ignore[attr-defined]
        sees_person=sees_person,
    )


def photo_consent(person: Person) -> bool:
    """Whether the person agrees to photos today."""
    return Consent.objects.filter(person=person).given(ConsentKind.PHOTO, clock.today()).exists()


def _latest_scores(session: Session) -> list[ScoreLine]:
    rows = session.goal_scores.select_related("goal").order_by("pk")
    latest = {row.goal_id: row for row in rows}.values()
    return [
        ScoreLine(row.goal.words, f"{signed(row.score)}　{dict(row.goal.levels)[row.score]}", row.note)
        for row in latest
    ]


def _begun(session: Session, goals: list[GoalLine], wishes: list[WishLine]) -> Content:
    """The plan, with what the buttons for coming and going have told already."""
    times = _times(session.actual_starts_at or session.starts_at, session.actual_ends_at or session.ends_at)
    return planned_content(session) | times | _of_person(goals, wishes)


def _of_person(goals: list[GoalLine], wishes: list[WishLine]) -> Content:
    content: Content = {}
    if wishes:
        content[records.WISHES] = [str(line.item.public_id) for line in wishes if line.followed]
    for line in goals:
        content[records.SCORE + line.key] = "" if line.score is None else str(line.score)
        content[records.NOTE + line.key] = line.note
    return content


def _times(start: dt.datetime, end: dt.datetime) -> Content:
    first, last = start.astimezone(clock.TOKYO), end.astimezone(clock.TOKYO)
    return {
        "start_on": f"{first:%Y-%m-%d}",
        "start_at": f"{first:%H:%M}",
        "end_on": f"{last:%Y-%m-%d}",
        "end_at": f"{last:%H:%M}",
    }


def span_text(start: dt.datetime, end: dt.datetime) -> str:
    """12/5(土) 10:00〜12:30."""
    first, last = start.astimezone(clock.TOKYO), end.astimezone(clock.TOKYO)
    until = "" if first.date() == last.date() else f"{format_short(last.date())} "
    return f"{format_short(first.date())} {first:%-H:%M}〜{until}{last:%-H:%M}"
