"""A person's goals with how far each has come."""

from dataclasses import dataclass

from django.db.models import Count, OuterRef, Q, QuerySet, Subquery

from programs.domain.score_chart import signed
from programs.models import GoalScore
from transition.enums import GoalState
from transition.models import Goal, Person, User


@dataclass(frozen=True, slots=True)
class GoalLine:
    """One goal of a list; `score` is its latest, `sessions` are those that work toward it."""

    goal: Goal
    score: int | None
    sessions: int

    @property
    def is_active(self) -> bool:
        return self.goal.state == GoalState.ACTIVE

    @property
    def score_text(self) -> str:
        return "" if self.score is None else signed(self.score)

    @property
    def level_text(self) -> str:
        return "" if self.score is None else dict(self.goal.levels)[self.score]


@dataclass(frozen=True, slots=True)
class GoalTree:
    """Long goals with the short ones under them, and short ones of their own."""

    long: list[tuple[GoalLine, list[GoalLine]]]
    short: list[GoalLine]
    closed: list[GoalLine]

    @property
    def is_empty(self) -> bool:
        return not (self.long or self.short or self.closed)


def visible_to(user: User) -> QuerySet[Goal]:
    """The goals of people the user may see."""
    people = Person.objects.visible_to(user)
    return Goal.objects.filter(person__in=people.values("pk")).select_related("person", "parent")


def goal_lines(person: Person) -> list[GoalLine]:
    """All goals, those worked at first. One query."""
    latest = GoalScore.objects.filter(goal=OuterRef("pk")).order_by("-scored_on", "-pk").values("score")[:1]
    rows = Goal.objects.filter(person=person).annotate(
        latest=Subquery(latest), planned=Count("session_goals", filter=~Q(session_goals__session__state="CANCELLED"))
    )
    found = [GoalLine(row, row.latest, row.planned) for row in rows.order_by("horizon", "target_on", "pk")]
    return sorted(found, key=lambda line: not line.is_active)


def goal_tree(person: Person) -> GoalTree:
    lines = goal_lines(person)
    active = [line for line in lines if line.is_active]
    long = [line for line in active if line.goal.horizon == "LONG"]
    tops = {line.goal.pk for line in long}
    under = {top: [line for line in active if line.goal.parent_id == top] for top in tops}
    return GoalTree(
        long=[(line, under[line.goal.pk]) for line in long],
        short=[line for line in active if line.goal.horizon == "SHORT" and line.goal.parent_id not in tops],
        closed=[line for line in lines if not line.is_active],
    )


def is_scored(goal: Goal) -> bool:
    return GoalScore.objects.filter(goal=goal).exists()
