"""Enrollments as their pages show them: the stages, what is left this month, what comes next."""

import datetime as dt
from dataclasses import dataclass

from django.db.models import Exists, OuterRef, Prefetch, Q, QuerySet

from programs import rules
from programs.domain.limit_rules import ProgramRules
from programs.domain.limits import Account
from programs.domain.problems import Problem
from programs.domain.spans import Context, GrantPeriod, Period
from programs.enums import COUNTING_STATES, HELD_STATES, ProgramKind, SessionState
from programs.models import Enrollment, EnrollmentChange, FollowUp, Program, Review, Session
from programs.queries.goals import GoalLine, goal_lines
from programs.queries.limits import rule_of, use_of
from programs.queries.people import Meter
from programs.services.enrollments import residence_problems
from transition import clock
from transition.models import Grant, Person, User

# Programs that a person takes part in from–to; the others are used stay by stay.
ENROLLED_KINDS = (ProgramKind.OUTING, ProgramKind.SOLO_LIVING_TRIAL, ProgramKind.DAY_TRIAL)
SOON = dt.timedelta(days=14)


@dataclass(frozen=True, slots=True)
class Choice:
    """A program the person could take part in; `obstacles` say why not here."""

    program: Program
    obstacles: list[Problem]


@dataclass(frozen=True, slots=True)
class ReviewLine:
    """One review: held, due, or late."""

    review: Review
    today: dt.date

    @property
    def is_late(self) -> bool:
        return self.review.held_on is None and self.review.due_on < self.today

    @property
    def is_soon(self) -> bool:
        return self.review.held_on is None and self.today <= self.review.due_on <= self.today + SOON


@dataclass(frozen=True, slots=True)
class Stage:
    name: str
    starts_on: dt.date | None
    is_done: bool
    is_current: bool


@dataclass(frozen=True, slots=True)
class FollowUpLine:
    follow_up: FollowUp
    today: dt.date

    @property
    def is_late(self) -> bool:
        """Missed, or done after its day."""
        return (self.follow_up.done_on or self.today) > self.follow_up.due_on


@dataclass(frozen=True, slots=True)
class Line:
    """One enrollment in a person's list."""

    enrollment: Enrollment
    next_review: Review | None
    state: str


@dataclass(frozen=True, slots=True)
class Page:
    enrollment: Enrollment
    state: str
    stages: list[Stage]
    meters: list[Meter]
    goals: list[GoalLine]
    reviews: list[ReviewLine]
    changes: list[EnrollmentChange]
    follow_ups: list[FollowUpLine]

    @property
    def is_over(self) -> bool:
        return self.state == ENDED

    @property
    def wants_outcome(self) -> bool:
        return self.is_over and not hasattr(self.enrollment, "outcome")


LATER, RUNNING, ENDED = "これから", "利用中", "終了"


def for_reader(user: User) -> QuerySet[Enrollment]:
    """The enrollments the user may see, with what every page of one needs; `may_change` for those who keep them."""
    kept = rules.enrollments_kept_by(user).filter(pk=OuterRef("pk"))
    visible: QuerySet[Enrollment] = Enrollment.objects.visible_to(user)
    return visible.annotate(may_change=Exists(kept)).select_related(
        "person", "program", "organization", "facility", "lead", "consent", "outcome"
    )


def choices(person: Person) -> list[Choice]:
    """Programs with a period that the person's municipality has, in their order, each with what stands against it."""
    own_or_general = Q(municipality=None) | Q(municipality=person.municipality_id)
    rows = list(Program.objects.filter(own_or_general).order_by("order", "pk"))
    own = {row.code for row in rows if row.municipality_id is not None}
    return [
        Choice(program, residence_problems(person, program))
        for program in rows
        if (program.municipality_id is not None or program.code not in own)
        and (program.months is not None or program.kind in ENROLLED_KINDS)
    ]


def lines(person: Person) -> list[Line]:
    """A person's enrollments, the latest first. Two queries."""
    today = clock.today()
    rows = Enrollment.objects.filter(person=person).select_related("program", "lead", "outcome")
    pending = Prefetch("reviews", Review.objects.filter(held_on=None).order_by("due_on"), to_attr="pending")
    return [
        Line(row, row.pending[0] if row.pending else None, state_of(row, today))
        for row in rows.prefetch_related(pending).order_by("-starts_on", "-pk")
    ]


def page(enrollment: Enrollment, today: dt.date) -> Page:
    """`enrollment` comes from `for_reader`."""
    sessions = sessions_of(enrollment)
    account = account_of(enrollment, sessions)
    waiting = {session.pk for session in sessions if session.state == SessionState.REQUESTED}
    answered = Account(account.program, [use for use in account.uses.all if use.key not in waiting], account.context)
    used = {allowance.rule: allowance.used for allowance in answered.allowances(today)}
    meters = []
    for allowance in account.allowances(today):
        asked = max(0, min(allowance.planned, allowance.used - used.get(allowance.rule, allowance.used)))
        meters.append(Meter(allowance, confirmed=allowance.planned - asked, waiting=asked))
    moved = getattr(enrollment, "outcome", None) is not None
    follow_ups = FollowUp.objects.filter(outcome__enrollment=enrollment) if moved else FollowUp.objects.none()
    return Page(
        enrollment=enrollment,
        state=state_of(enrollment, today),
        stages=stages(enrollment, today),
        meters=meters,
        goals=goal_lines(enrollment.person),
        reviews=[ReviewLine(review, today) for review in Review.objects.filter(enrollment=enrollment)],
        changes=list(EnrollmentChange.objects.filter(enrollment=enrollment).select_related("by")),
        follow_ups=[FollowUpLine(row, today) for row in follow_ups],
    )


def state_of(enrollment: Enrollment, today: dt.date) -> str:
    if today < enrollment.starts_on:
        return LATER
    return RUNNING if today <= enrollment.ends_on else ENDED


def stages(enrollment: Enrollment, today: dt.date) -> list[Stage]:
    """The three stages with where today stands among them; after the end all are done."""
    starts = (
        ("計画づくり", enrollment.starts_on),
        ("外出支援", enrollment.support_from),
        ("振り返り", enrollment.review_on),
    )
    over = today > enrollment.ends_on
    begun = [number for number, (_, starts_on) in enumerate(starts) if starts_on and starts_on <= today]
    current = max(begun, default=-1)
    return [
        Stage(name, starts_on, is_done=over or number < current, is_current=not over and number == current)
        for number, (name, starts_on) in enumerate(starts)
    ]


def account_of(enrollment: Enrollment, sessions: list[Session]) -> Account:
    """What this very enrollment counts, by the rules of the person's municipality today.

    Two queries, three for a program that needs a grant. `LimitBook` does the same for whole lists of people.
    """
    person, program = enrollment.person, effective_program(enrollment)
    grant = None
    if program.needs_grant:
        rows = Grant.objects.filter(person=person, service=program.needs_grant, starts_on__lte=enrollment.ends_on)
        grant = rows.order_by("starts_on", "pk").last()
    context = Context(
        enrollment=Period(enrollment.starts_on, enrollment.ends_on),
        grant=GrantPeriod(grant.starts_on, grant.ends_on, grant.days) if grant else None,
    )
    limits = ProgramRules(
        rules=tuple(rule_of(limit) for limit in program.limits.all()),
        needs_grant=bool(program.needs_grant),
        needs_enrollment=program.months is not None,
    )
    return Account(limits, [use_of(session) for session in sessions], context)


def effective_program(enrollment: Enrollment) -> Program:
    """The municipality's own copy of the program where it has one. Two queries."""
    municipality = enrollment.person.municipality_id
    rows = Program.objects.filter(
        Q(municipality=None) | Q(municipality=municipality), code=enrollment.program.code
    ).prefetch_related("limits")
    return max(rows, key=lambda row: row.municipality_id is not None, default=enrollment.program)


def sessions_of(enrollment: Enrollment) -> list[Session]:
    """Every session of the person that counts in the program, with its record: also those before this enrollment,
    as a month may hold both."""
    rows = Session.objects.filter(
        person=enrollment.person_id, program__code=enrollment.program.code, state__in=COUNTING_STATES
    )
    return list(rows.select_related("program", "record").order_by("starts_at", "pk"))


def within(enrollment: Enrollment, sessions: list[Session]) -> list[Session]:
    """Those held in the enrollment's own period."""
    return [
        session
        for session in sessions
        if session.state in HELD_STATES
        and enrollment.starts_on <= clock.local_date(session.starts_at) <= enrollment.ends_on
    ]
