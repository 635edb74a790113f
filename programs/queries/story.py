"""あゆみ: the ladder, the faces beside the scores, and everything that happened to one person in one timeline."""

import datetime as dt
from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field

from django.core.paginator import Page, Paginator

from programs.domain import voices, wording
from programs.domain.ladder import Climb, Ladder, ladder
from programs.domain.score_chart import signed
from programs.enums import HELD_STATES, SessionState
from programs.models import Enrollment, GoalScore, Rating, Session
from transition import clock
from transition.enums import GoalState, WishChoice
from transition.models import Goal, Person, Wish

PER_PAGE = 30
# What one person's timeline reads at most, so that its size has an end.
SESSIONS_READ = 400
WISHES_READ = 400
# The latest sessions with a face or a score, as many as a drawing can hold.
DRAWN = 16
# Told as what happened; a request that came to nothing is no part of the story.
_TOLD = (SessionState.REQUESTED, SessionState.CONFIRMED, SessionState.IN_PROGRESS, *HELD_STATES)


@dataclass(frozen=True, slots=True)
class Score:
    """A goal's score in one session; `letter` is how the drawing names the goal."""

    goal: Goal
    score: int
    note: str
    letter: str = ""

    @property
    def text(self) -> str:
        return signed(self.score)

    @property
    def level(self) -> str:
        """What had been written beforehand for this score."""
        return dict(self.goal.levels)[self.score]


@dataclass(frozen=True, slots=True)
class Entry:
    """One thing in the timeline. `kind` chooses its sign; a session brings its face and scores."""

    on: dt.date
    kind: str
    word: str
    title: str
    text: str = ""
    session: Session | None = None
    rating: Rating | None = None
    scores: list[Score] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class Story:
    person: Person
    ladder: Ladder
    drawing: voices.Drawing | None
    drawn: list[Entry]
    goals: list[tuple[str, Goal]]
    page: Page
    enrollments: list[Enrollment]
    today: dt.date

    @property
    def month(self) -> str:
        return f"{self.today:%Y-%m}"


def story(person: Person, number: str | int) -> Story:
    """Seven queries, however long the story."""
    today = clock.today()
    sessions = list(
        Session.objects.filter(person=person, state__in=_TOLD)
        .select_related("program", "room__home", "record")
        .order_by("-starts_at", "-pk")[:SESSIONS_READ]
    )
    goals = list(Goal.objects.filter(person=person))
    letters = {goal.pk: voices.letter(place) for place, goal in enumerate(goals)}
    ratings, scores = latest_ratings(person), latest_scores(person, letters)
    enrollments = list(
        Enrollment.objects.filter(person=person).select_related("program", "outcome").prefetch_related("reviews")
    )
    told = [_session_entry(row, ratings.get(row.pk), scores.get(row.pk, [])) for row in sessions]
    heard = [entry for entry in told if entry.rating or entry.scores][:DRAWN][::-1]
    wishes = Wish.objects.filter(person=person).select_related("item")[:WISHES_READ]
    entries = [
        *told,
        *_wish_entries(wishes),
        *(entry for goal in goals for entry in _goal_entries(goal)),
        *(entry for enrollment in enrollments for entry in _enrollment_entries(enrollment, today)),
    ]
    entries.sort(key=lambda entry: entry.on, reverse=True)
    return Story(
        person=person,
        ladder=ladder(map(climb_of, sessions), moved_on(enrollments), today),
        drawing=_drawing(heard, goals),
        drawn=heard,
        goals=[(letters[goal.pk], goal) for goal in goals if any(s.goal == goal for e in heard for s in e.scores)],
        page=Paginator(entries, PER_PAGE).get_page(number),
        enrollments=enrollments[::-1],
        today=today,
    )


def climb_of(session: Session) -> Climb:
    """Actual days once held, planned ones before."""
    held = session.state in HELD_STATES
    start = (held and session.actual_starts_at) or session.starts_at
    end = (held and session.actual_ends_at) or session.ends_at
    return Climb(session.kind, session.step, session.state, clock.local_date(start), clock.local_date(end))


def moved_on(enrollments: Iterable[Enrollment]) -> dt.date | None:
    days = [row.outcome.moved_on for row in enrollments if hasattr(row, "outcome") and row.outcome.moved_on]
    return max(days, default=None)


def latest_ratings(person: Person) -> dict[int, Rating]:
    """By session; of several the latest holds."""
    return {row.session_id: row for row in Rating.objects.filter(session__person=person).order_by("at", "pk")}


def latest_scores(person: Person, letters: dict[int, str]) -> dict[int, list[Score]]:
    """By session, one for each goal: of several the latest holds."""
    rows = GoalScore.objects.filter(session__person=person).select_related("goal").order_by("at", "pk")
    found: dict[int, dict[int, Score]] = defaultdict(dict)
    for row in rows:
        if row.session_id is not None:
            found[row.session_id][row.goal_id] = Score(row.goal, row.score, row.note, letters.get(row.goal_id, ""))
    order = {pk: place for place, pk in enumerate(letters)}
    return {
        session: [by_goal[pk] for pk in sorted(by_goal, key=lambda pk: order.get(pk, pk))]
        for session, by_goal in found.items()
    }


def where(session: Session) -> str:
    """The home of a stay, the place of anything else; what was recorded before what was planned."""
    if session.room is not None:
        return f"{session.room.home.name} {session.room.name}"
    record = getattr(session, "record", None)
    return (record.place if record else "") or session.place


def what(session: Session) -> str:
    """2泊 of a stay, カフェでお茶 of an outing; else its kind."""
    if session.nights:
        return f"お泊まり（{session.nights}泊）"
    return session.activity or (session.get_step_display() if session.step else session.get_kind_display())


def _session_entry(session: Session, rating: Rating | None, scores: list[Score]) -> Entry:
    return Entry(
        on=clock.local_date(session.starts_at),
        kind="stay" if session.nights else "outing",
        word=str(session.get_kind_display()),
        title=what(session),
        text=where(session),
        session=session,
        rating=rating,
        scores=scores,
    )


def _wish_entries(wishes: Iterable[Wish]) -> Iterator[Entry]:
    """The answers of one day are one entry."""
    days: dict[dt.date, dict[str, list[str]]] = defaultdict(lambda: defaultdict(list))
    for wish in wishes:
        days[clock.local_date(wish.at)][wish.choice].append(wish.item.name)
    for day, answers in days.items():
        lines = [f"{choice.label}：{'、'.join(answers[choice])}" for choice in WishChoice if answers[choice]]
        yield Entry(on=day, kind="wish", word="希望", title="やってみたいことを聞いた", text="\n".join(lines))


def _goal_entries(goal: Goal) -> Iterator[Entry]:
    yield Entry(clock.local_date(goal.created_at), "goal", "目標", f"目標ができた：{goal.words}", goal.wording)
    if goal.state != GoalState.ACTIVE:
        title = f"目標が「{goal.get_state_display()}」になった：{goal.words}"
        yield Entry(clock.local_date(goal.state_changed_at), "goal", "目標", title, goal.state_reason)


def _enrollment_entries(enrollment: Enrollment, today: dt.date) -> Iterator[Entry]:
    name = enrollment.program.name
    until = f"{wording.date(enrollment.ends_on, today)}まで"
    yield Entry(enrollment.starts_on, "program", "利用", f"「{name}」を始めた", until)
    for review in enrollment.reviews.all():
        if review.held_on:
            yield Entry(review.held_on, "review", "振り返り", f"{review.month}か月目の振り返り", review.decision)
    if hasattr(enrollment, "outcome"):
        outcome = enrollment.outcome
        more = [f"引っこした日：{wording.date(outcome.moved_on, today)}"] if outcome.moved_on else []
        if outcome.next_service:
            more.append(f"次の支援：{outcome.get_next_service_display()}")
        if outcome.note:
            more.append(outcome.note)
        yield Entry(outcome.decided_on, "outcome", "結果", str(outcome.get_code_display()), "\n".join(more))


def _drawing(heard: list[Entry], goals: list[Goal]) -> voices.Drawing | None:
    if not heard:
        return None
    place = {goal.pk: number for number, goal in enumerate(goals)}
    return voices.drawing(
        [
            voices.Voice(
                on=entry.on,
                face=entry.rating.face if entry.rating else "",
                scores=tuple((place[score.goal.pk], score.score) for score in entry.scores if score.goal.pk in place),
            )
            for entry in heard
        ]
    )
