"""One document per enrollment, for the review meeting and for the city: everything in order, with its sums."""

import datetime as dt
from collections import defaultdict
from dataclasses import dataclass

from django.db.models import Exists, Q

from programs.domain import voices, wording
from programs.domain.allowances import Allowance
from programs.domain.limits import Account
from programs.domain.score_chart import signed
from programs.domain.spans import periods_between
from programs.domain.uses import amounts_of
from programs.enums import COUNTING_STATES, HELD_STATES, Counting, SessionState, Unit, Window
from programs.models import Enrollment, FollowUp, GoalScore, Photo, Rating, Review, Session, SessionRecord
from programs.queries.limits import LimitBook, use_of
from programs.queries.story import Score, latest_ratings, what, where
from transition import clock
from transition.enums import ConsentKind, GoalState, WishChoice
from transition.exports import Cell
from transition.models import Consent, Goal, Person, Wish

# Windows with dates of their own, so that a sum can stand under each.
_DATED = (
    Window.CALENDAR_MONTH,
    Window.ANNIVERSARY_MONTH,
    Window.FISCAL_YEAR,
    Window.CALENDAR_YEAR,
    Window.GRANT,
    Window.ENROLLMENT,
)
_NOT_HELD = (SessionState.CANCELLED, SessionState.NO_SHOW)
# As many faces as fit across a page.
_DRAWN = 11

CSV_HEADER = (
    "日にち",
    "開始",
    "終了",
    "分",
    "状態",
    "種類",
    "したこと",
    "場所",
    "行きかた",
    "交通費（円）",
    "付き添い",
    "かなえた希望",
    "本人の顔",
    "本人のことば",
    "だれが表したか",
    "目標の点",
    "本人が見せたようす",
    "役に立ったこと",
    "困ったこと・事故",
    "次は",
)


@dataclass(frozen=True, slots=True)
class Outing:
    """One session with what was planned, or what really happened once it is over."""

    session: Session
    starts_at: dt.datetime
    ends_at: dt.datetime
    minutes: int
    place: str
    what: str
    escorts: str
    wishes: str
    record: SessionRecord | None
    rating: Rating | None
    scores: list[Score]
    photos: list[Photo]

    @property
    def on(self) -> dt.date:
        return clock.local_date(self.starts_at)

    @property
    def is_held(self) -> bool:
        return self.session.state in HELD_STATES

    @property
    def length(self) -> str:
        return wording.hours(self.minutes)

    @property
    def ends_on_same_day(self) -> bool:
        return clock.local_date(self.ends_at) == self.on

    @property
    def voice(self) -> str:
        """Who showed it, and how."""
        if self.rating is None:
            return ""
        how = self.rating.get_expression_display()
        return f"本人（{how}）" if self.rating.by_person else f"支援者が読み取った（{how}：{self.rating.basis}）"


@dataclass(frozen=True, slots=True)
class Sum:
    """One limit in one of its periods: what was used of it, in words."""

    allowance: Allowance
    today: dt.date

    @property
    def period(self) -> str:
        period = self.allowance.period
        if period is None:
            return ""
        if self.allowance.rule.window == Window.CALENDAR_MONTH:
            return f"{wording.year(period.start)}{period.start.month}月"
        return f"{wording.date(period.start)}から{wording.date(period.end)}まで"

    @property
    def cap(self) -> str:
        return self._text(self.allowance.cap)

    @property
    def held(self) -> str:
        return self._text(self.allowance.held)

    @property
    def planned(self) -> str:
        return self._text(self.allowance.planned)

    @property
    def left(self) -> str:
        return f"{self._text(self.allowance.over_by)}こえた" if self.over else self._text(self.allowance.remaining)

    @property
    def over(self) -> bool:
        return self.allowance.over_by > 0

    def _text(self, number: int) -> str:
        if self.allowance.unit == Unit.MINUTES:
            return wording.hours(number, full=True)
        return wording.amount(self.allowance.unit, number)


@dataclass(frozen=True, slots=True)
class Given:
    """One score of a goal in its order of time; `at` says where it was given."""

    on: dt.date
    text: str
    at: str
    note: str


@dataclass(frozen=True, slots=True)
class GoalStory:
    letter: str
    goal: Goal
    given: list[Given]


@dataclass(frozen=True, slots=True)
class Pack:
    enrollment: Enrollment
    today: dt.date
    age: int | None
    outings: list[Outing]
    sums: list[Sum]
    goals: list[GoalStory]
    drawing: voices.Drawing | None
    wishes: list[tuple[Wish, bool]]
    reviews: list[Review]
    follow_ups: list[FollowUp]
    not_held: int

    @property
    def person(self) -> Person:
        return self.enrollment.person

    @property
    def held(self) -> list[Outing]:
        return [outing for outing in self.outings if outing.is_held]

    @property
    def to_come(self) -> list[Outing]:
        return [outing for outing in self.outings if not outing.is_held]

    @property
    def photos(self) -> list[Photo]:
        return [photo for outing in self.outings for photo in outing.photos]

    @property
    def held_text(self) -> str:
        return f"{len(self.held)}回・{wording.hours(sum(outing.minutes for outing in self.held))}"

    @property
    def assumed(self) -> bool:
        return any(row.allowance.rule.assumed for row in self.sums)


def pack(enrollment: Enrollment) -> Pack:
    """The whole document in a fixed number of queries; `for_pack` reads the enrollment itself."""
    today, person = clock.today(), enrollment.person
    sessions = list(_sessions(enrollment))
    goals = _goals(enrollment)
    letters = {goal.pk: voices.letter(place) for place, goal in enumerate(goals)}
    given = list(
        GoalScore.objects.filter(goal__in=goals).select_related("goal", "review").order_by("scored_on", "at", "pk")
    )
    told = outings_of([row for row in sessions if row.state in COUNTING_STATES], person, given, letters)
    in_pack = {row.pk for row in sessions}
    account = LimitBook([person]).account(person, enrollment.program, enrollment.starts_on)
    return Pack(
        enrollment=enrollment,
        today=today,
        age=person.age_on(today),
        outings=told,
        sums=_sums(account, enrollment, today),
        goals=[GoalStory(letters[goal.pk], goal, _given(goal, given, in_pack, enrollment)) for goal in goals],
        drawing=_drawing(told, goals),
        wishes=_wishes(enrollment),
        reviews=[review for review in enrollment.reviews.all() if review.held_on],
        follow_ups=list(enrollment.outcome.follow_ups.all()) if hasattr(enrollment, "outcome") else [],
        not_held=sum(row.state in _NOT_HELD for row in sessions),
    )


def outings_of(
    sessions: list[Session], person: Person, given: list[GoalScore], letters: dict[int, str]
) -> list[Outing]:
    """Sessions read by `with_details` as they are told; photos only while the person agrees to them."""
    ratings = latest_ratings(person)
    scores: dict[int, dict[int, Score]] = defaultdict(dict)
    for row in sorted(given, key=lambda row: (row.at, row.pk)):
        if row.session_id is not None:
            scores[row.session_id][row.goal_id] = Score(row.goal, row.score, row.note, letters.get(row.goal_id, ""))
    agreed = Consent.objects.filter(person=person).given(ConsentKind.PHOTO, clock.today())
    photos: dict[int, list[Photo]] = defaultdict(list)
    for photo in Photo.objects.filter(Exists(agreed), session__in=[row.pk for row in sessions]):
        photos[photo.session_id].append(photo)
    found = []
    for session in sessions:
        use = use_of(session)
        found.append(
            Outing(
                session=session,
                starts_at=use.start,
                ends_at=use.end,
                minutes=sum(amounts_of(use, Unit.MINUTES, Counting.SPAN).values()),
                place=where(session),
                what=what(session),
                escorts="、".join(escort.user.name for escort in session.escorts.all()),
                wishes="、".join(row.item.name for row in session.session_wishes.all()),
                record=getattr(session, "record", None),
                rating=ratings.get(session.pk),
                scores=[by_goal for by_goal in scores.get(session.pk, {}).values()],
                photos=photos.get(session.pk, []),
            )
        )
    return sorted(found, key=lambda outing: (outing.starts_at, outing.session.pk))


def csv_rows(outings: list[Outing]) -> list[list[Cell]]:
    return [_row(outing) for outing in outings]


def _row(outing: Outing) -> list[Cell]:
    session, record, rating = outing.session, outing.record, outing.rating
    return [
        outing.on,
        outing.starts_at.astimezone(clock.TOKYO).time(),
        outing.ends_at.astimezone(clock.TOKYO).time() if outing.ends_on_same_day else outing.ends_at,
        outing.minutes,
        session.state_word,
        session.get_kind_display(),
        outing.what,
        outing.place,
        session.get_transport_display(),
        session.transport_cost,
        outing.escorts,
        outing.wishes,
        rating.get_face_display() if rating else "",
        rating.word if rating else "",
        outing.voice,
        "、".join(f"{score.goal.words}：{score.text}" for score in outing.scores),
        record.shown if record else "",
        record.helped if record else "",
        record.incident if record else "",
        "、".join(filter(None, [record.get_next_step_display(), record.next_note])) if record else "",
    ]


def _sessions(enrollment: Enrollment) -> "list[Session]":
    """Those of the enrollment, and those of its program within its dates that name none."""
    first, last = clock.at(enrollment.starts_on, dt.time()), clock.at(enrollment.ends_on, dt.time())
    unnamed = Q(
        enrollment=None,
        program__code=enrollment.program.code,
        starts_at__gte=first,
        starts_at__lt=last + dt.timedelta(days=1),
    )
    mine = Session.objects.filter(Q(enrollment=enrollment) | unnamed, person=enrollment.person_id)
    return with_details(mine.filter(state__in=[*COUNTING_STATES, *_NOT_HELD]))


def with_details(sessions):
    """What `outings_of` needs of sessions."""
    return sessions.select_related("program", "room__home", "record").prefetch_related(
        "escorts__user", "session_wishes__item"
    )


def _goals(enrollment: Enrollment) -> list[Goal]:
    """Worked at during the enrollment: set before its end, and not closed before its start."""
    end = clock.at(enrollment.ends_on, dt.time()) + dt.timedelta(days=1)
    open_then = Q(state=GoalState.ACTIVE) | Q(state_changed_at__gte=clock.at(enrollment.starts_on, dt.time()))
    return list(Goal.objects.filter(open_then, person=enrollment.person_id, created_at__lt=end))


def _given(goal: Goal, given: list[GoalScore], in_pack: set[int], enrollment: Enrollment) -> list[Given]:
    """The latest score of each session and review of the enrollment."""
    latest: dict[tuple[int | None, int | None], GoalScore] = {}
    for row in sorted(given, key=lambda row: (row.at, row.pk)):
        of_review = row.review is not None and row.review.enrollment_id == enrollment.pk
        if row.goal_id == goal.pk and (row.session_id in in_pack or of_review):
            latest[row.session_id, row.review_id] = row
    return [
        Given(row.scored_on, signed(row.score), f"{row.review.month}か月目の振り返り" if row.review else "", row.note)
        for row in sorted(latest.values(), key=lambda row: (row.scored_on, row.pk))
    ]


def _sums(account: Account, enrollment: Enrollment, today: dt.date) -> list[Sum]:
    """Every dated limit in every period that the enrollment touches, as the limits themselves count it."""
    found = []
    for rule in account.rules:
        if rule.window not in _DATED:
            continue
        for period in periods_between(rule.window, enrollment.starts_on, enrollment.ends_on, account.context):
            day = max(period.start, enrollment.starts_on)
            found += [Sum(row, today) for row in account.allowances(day) if row.rule == rule]
    return found


def _drawing(outings: list[Outing], goals: list[Goal]) -> voices.Drawing | None:
    heard = [outing for outing in outings if outing.rating or outing.scores][-_DRAWN:]
    place = {goal.pk: number for number, goal in enumerate(goals)}
    if not heard:
        return None
    return voices.drawing(
        [
            voices.Voice(
                on=outing.on,
                face=outing.rating.face if outing.rating else "",
                scores=tuple((place[score.goal.pk], score.score) for score in outing.scores),
            )
            for outing in heard
        ]
    )


def _wishes(enrollment: Enrollment) -> list[tuple[Wish, bool]]:
    """What the person wants to try by the end of the enrollment, and whether that appeared during it."""
    end = clock.at(enrollment.ends_on, dt.time()) + dt.timedelta(days=1)
    begin = clock.at(enrollment.starts_on, dt.time())
    before: dict[int, str] = {}
    latest: dict[int, Wish] = {}
    rows = Wish.objects.filter(person=enrollment.person_id, at__lt=end).select_related("item").order_by("at", "pk")
    for wish in rows:
        latest[wish.item_id] = wish
        if wish.at < begin:
            before[wish.item_id] = wish.choice
    wanted = [wish for wish in latest.values() if wish.choice == WishChoice.WANT]
    return [
        (wish, before.get(wish.item_id) != WishChoice.WANT) for wish in sorted(wanted, key=lambda wish: wish.item.order)
    ]
