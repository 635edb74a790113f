"""A review as its page shows it: what was reached since the start, with scores, hours, wishes and what helped."""

import datetime as dt
from collections import defaultdict
from dataclasses import dataclass

from django.db.models import Exists, OuterRef, Q, QuerySet

from programs import rules
from programs.domain import wording
from programs.domain.limits import Account
from programs.domain.score_chart import Chart, Scored, chart, signed
from programs.domain.spans import Period, periods_between
from programs.enums import Window
from programs.models import Enrollment, GoalScore, Rating, Review, Session
from programs.queries import enrollments
from transition import clock
from transition.enums import GoalState, WishChoice
from transition.models import Goal, User, Wish

MONTHS = (Window.CALENDAR_MONTH, Window.ANNIVERSARY_MONTH)


@dataclass(frozen=True, slots=True)
class ScoreRow:
    """One line of the table beside a chart. `face` is what the person said of the same session."""

    scored: GoalScore
    source: str
    face: Rating | None

    @property
    def text(self) -> str:
        return signed(self.scored.score)


@dataclass(frozen=True, slots=True)
class GoalStory:
    goal: Goal
    chart: Chart
    rows: list[ScoreRow]

    @property
    def is_active(self) -> bool:
        return self.goal.state == GoalState.ACTIVE


@dataclass(frozen=True, slots=True)
class MonthHours:
    """One month of one limit: what was used, planned, allowed."""

    name: str
    period: Period
    held: str
    planned: str
    cap: str
    is_over: bool


@dataclass(frozen=True, slots=True)
class Page:
    review: Review
    stories: list[GoalStory]
    months: list[MonthHours]
    wishes: list[Wish]
    helped: list[Session]
    outings: int

    @property
    def goals(self) -> list[Goal]:
        """Those that can be scored now."""
        return [story.goal for story in self.stories if story.is_active]


def for_reader(user: User) -> QuerySet[Review]:
    """Reviews of the enrollments the user may see; `may_hold` for those who keep them."""
    visible = Enrollment.objects.visible_to(user)
    kept = rules.enrollments_kept_by(user).filter(pk=OuterRef("enrollment"))
    return (
        Review.objects.filter(enrollment__in=visible.values("pk"))
        .annotate(may_hold=Exists(kept))
        .select_related("by", "enrollment__person", "enrollment__program")
    )


def page(review: Review, today: dt.date) -> Page:
    """`review` comes from `for_reader`. Seven queries."""
    enrollment = review.enrollment
    until = review.held_on or today
    sessions = enrollments.sessions_of(enrollment)
    account = enrollments.account_of(enrollment, sessions)
    held = enrollments.within(enrollment, sessions)
    wishes = Wish.objects.filter(
        person=enrollment.person_id,
        choice=WishChoice.WANT,
        at__gte=clock.at(enrollment.starts_on, dt.time()),
        at__lt=clock.at(until + dt.timedelta(days=1), dt.time()),
    )
    return Page(
        review=review,
        stories=stories(enrollment, until),
        months=month_hours(account, Period(enrollment.starts_on, min(until, enrollment.ends_on))),
        wishes=first_wishes(list(wishes.select_related("item").order_by("at", "pk"))),
        helped=[session for session in held if (record := getattr(session, "record", None)) and record.helped],
        outings=len(held),
    )


def stories(enrollment: Enrollment, until: dt.date) -> list[GoalStory]:
    """Every goal worked at or scored in the enrollment, with its scores in order of time. Three queries."""
    rows = GoalScore.objects.filter(
        Q(review__enrollment=enrollment)
        | Q(session__isnull=False, scored_on__range=(enrollment.starts_on, enrollment.ends_on)),
        goal__person=enrollment.person_id,
        scored_on__lte=until,
    )
    latest: dict[tuple[int, int | None, int | None], GoalScore] = {}
    for row in rows.select_related("session", "review").order_by("pk"):
        latest[row.goal_id, row.session_id, row.review_id] = row
    by_goal: dict[int, list[GoalScore]] = defaultdict(list)
    for row in sorted(latest.values(), key=lambda row: (row.scored_on, row.pk)):
        by_goal[row.goal_id].append(row)
    scored = {row.session_id for row in latest.values() if row.session_id}
    faces = {row.session_id: row for row in Rating.objects.filter(session__in=scored).order_by("pk")}
    goals = Goal.objects.filter(person=enrollment.person_id).order_by("horizon", "target_on", "pk")
    last = min(until, enrollment.ends_on)
    return [
        GoalStory(
            goal=goal,
            chart=chart(
                [Scored(row.scored_on, row.score, row.review_id is not None) for row in by_goal[goal.pk]],
                enrollment.starts_on,
                max(last, enrollment.starts_on),
            ),
            rows=[ScoreRow(row, _source(row), faces.get(row.session_id or 0)) for row in by_goal[goal.pk]],
        )
        for goal in goals
        if goal.state == GoalState.ACTIVE or by_goal[goal.pk]
    ]


def month_hours(account: Account, period: Period) -> list[MonthHours]:
    """Every month of the period, for every limit that is counted by months."""
    found = []
    for rule in account.rules:
        if rule.window not in MONTHS or period.end < period.start:
            continue
        used = account.uses.ledger(rule.unit, rule.counting)
        held = account.uses.ledger(rule.unit, rule.counting, held=True)
        for month in periods_between(rule.window, period.start, period.end, account.context):
            if not rule.valid_on(max(month.start, period.start)):
                continue
            first, last = month.start.toordinal(), month.end.toordinal()
            total, done = used.between(first, last), held.between(first, last)
            found.append(
                MonthHours(
                    name=rule.name,
                    period=month,
                    held=wording.amount(rule.unit, done),
                    planned=wording.amount(rule.unit, total - done),
                    cap=wording.amount(rule.unit, rule.amount),
                    is_over=total > rule.amount,
                )
            )
    return found


def first_wishes(wishes: list[Wish]) -> list[Wish]:
    """Of each picture the first time it was wanted."""
    seen: dict[int, Wish] = {}
    for wish in wishes:
        seen.setdefault(wish.item_id, wish)
    return list(seen.values())


def _source(row: GoalScore) -> str:
    if row.review is not None:
        return f"{row.review.month}か月の振り返り"
    session = row.session
    return (session.activity or session.place or session.get_kind_display()) if session else ""
