"""Everything that speaks for or against one outing or day visit. Screens show it before saving; services ask again
under the locks of the person and of those who go along."""

import dataclasses
import datetime as dt
from collections.abc import Iterable
from dataclasses import dataclass

from django.db.models import Prefetch, Q, QuerySet

from programs.domain import wording
from programs.domain.limits import Account
from programs.domain.problems import Problem
from programs.domain.spans import Period, calendar_month
from programs.domain.tallies import tallies
from programs.domain.uses import Use
from programs.enums import OUTING_STEPS, PLANNED_STATES, Enforcement, SessionKind, Step
from programs.models import Enrollment, Escort, EscortDay, Program, Session
from programs.queries import external
from programs.queries.limits import LimitBook
from programs.queries.requests import Effect
from transition import clock
from transition.enums import SUPPORTING_KINDS, GoalState
from transition.models import Goal, Membership, Organization, Person, SupportLink, User, WishItem


@dataclass(frozen=True, slots=True)
class Wanted:
    """An outing as it is wished for. `session` is the one that it changes, left out of sums and clashes."""

    person: Person
    program: Program
    enrollment: Enrollment | None
    step: str
    starts_at: dt.datetime
    ends_at: dt.datetime
    escorts: tuple[User, ...] = ()
    session: Session | None = None

    @property
    def kind(self) -> str:
        return kind_of(self.step)

    @property
    def use(self) -> Use:
        key = self.session.pk if self.session else None
        return Use(kind=self.kind, start=self.starts_at, end=self.ends_at, key=key)

    @property
    def on(self) -> dt.date:
        return clock.local_date(self.starts_at)


@dataclass(frozen=True, slots=True)
class Preview:
    minutes: int
    effects: list[Effect]
    problems: list[Problem]

    @property
    def length(self) -> str:
        return wording.hours(self.minutes)


def kind_of(step: str) -> str:
    """A day spent somewhere is a day visit; going out, looking and eating there are outings."""
    return SessionKind.DAY_VISIT if step == Step.DAY else SessionKind.OUTING


def wanted_again(session: Session) -> Wanted:
    """A session as it stands, to be judged again."""
    return Wanted(
        person=session.person,
        program=session.program,
        enrollment=session.enrollment,
        step=session.step,
        starts_at=session.starts_at,
        ends_at=session.ends_at,
        escorts=tuple(escorts_of(session)),
        session=session,
    )


def escorts_of(session: Session) -> list[User]:
    return [row.user for row in session.escorts.select_related("user").order_by("user__name", "user")]


def problems(wanted: Wanted, *, book: LimitBook | None = None) -> list[Problem]:
    """All at once: facts about the time, the enrollment and its limits, clashes of the person and of escorts."""
    if wanted.ends_at <= wanted.starts_at:
        return [Problem("outing.order", "終わりは始まりよりあとにしてください。", field="ends")]
    book = book or LimitBook([wanted.person])
    found = [*_past(wanted), *_step_problems(wanted), *_stage_notes(wanted)]
    found += _account(wanted, book).check(wanted.use, clock.today())
    found += _person_clashes(wanted, book.sessions(wanted.person))
    if wanted.escorts:
        found += escort_clashes(wanted)
        found += _escort_notes(wanted)
        found += external.escort_notes(wanted.escorts, wanted.starts_at, wanted.ends_at)
    return found


def preview(wanted: Wanted, book: LimitBook) -> Preview:
    """What the outing would mean: its length, the limits before and after, its problems."""
    if wanted.ends_at <= wanted.starts_at:
        return Preview(0, [], problems(wanted, book=book))
    account = _account(wanted, book)
    uses = account.uses.without(wanted.use.key)
    return Preview(
        minutes=int((wanted.ends_at - wanted.starts_at).total_seconds()) // 60,
        effects=[
            Effect(rule, tally) for rule in account.rules for tally in tallies(rule, uses, wanted.use, account.context)
        ],
        problems=problems(wanted, book=book),
    )


def account_of(
    book: LimitBook, person: Person, program: Program, enrollment: Enrollment | None, on: dt.date
) -> Account:
    """The person's account, held against this enrollment whatever other ones there are."""
    account = book.account(person, program, on)
    if enrollment is None:
        return account
    period = Period(enrollment.starts_on, enrollment.ends_on)
    return Account(account.program, account.uses.all, dataclasses.replace(account.context, enrollment=period))


def companions(person: Person, enrollment: Enrollment | None, organization: Organization | None) -> QuerySet[User]:
    """Who may go along: the staff of those who support the person, and of the organization that plans."""
    links = SupportLink.objects.on(clock.today()).filter(person=person, organization__kind__in=SUPPORTING_KINDS)
    around = Q(organization__in=links.values("organization"))
    named = [organization.pk if organization else None]
    if enrollment is not None:
        named += [enrollment.organization_id, enrollment.facility_id]
    around |= Q(organization__in=[pk for pk in named if pk])
    members = Membership.objects.current().filter(around)
    return User.objects.filter(pk__in=members.values("user"), is_active=True).order_by("name", "pk")


def wishes_for(person: Person, organization: Organization | None) -> QuerySet[WishItem]:
    """The pages of everybody's wish book and of the organization's own."""
    own = Q(organization=organization) if organization else Q()
    return WishItem.objects.filter(Q(organization=None) | own, retired_at=None)


def goals_for(person: Person) -> QuerySet[Goal]:
    return Goal.objects.filter(person=person, state=GoalState.ACTIVE)


def with_company(sessions: QuerySet[Session]) -> QuerySet[Session]:
    """Sessions with those who go along, in one query more."""
    escorts = Escort.objects.select_related("user").order_by("user__name", "user")
    return sessions.prefetch_related(Prefetch("escorts", queryset=escorts))


def escort_clashes(wanted: Wanted) -> list[Problem]:
    """Nobody is on two outings at once. Whose outing the other one is, is not said."""
    rows = Escort.objects.filter(
        user__in=[user.pk for user in wanted.escorts],
        session__state__in=PLANNED_STATES,
        session__starts_at__lt=wanted.ends_at,
        session__ends_at__gt=wanted.starts_at,
    ).exclude(session=wanted.session.pk if wanted.session else None)
    return [
        Problem(
            "escort.busy",
            f"{row.user.name}さんは、{span_text(row.session.starts_at, row.session.ends_at)}に別の付き添いがあります。",
            field="escorts",
        )
        for row in rows.select_related("user", "session").order_by("session__starts_at", "user")
    ]


def span_text(starts_at: dt.datetime, ends_at: dt.datetime) -> str:
    """12月5日10:00〜12:00, with the second date only where it is another."""
    first, last = starts_at.astimezone(clock.TOKYO), ends_at.astimezone(clock.TOKYO)
    until = f"{last.month}月{last.day}日" if last.date() != first.date() else ""
    return f"{first.month}月{first.day}日{first.hour}:{first.minute:02}〜{until}{last.hour}:{last.minute:02}"


def _account(wanted: Wanted, book: LimitBook) -> Account:
    return account_of(book, wanted.person, wanted.program, wanted.enrollment, wanted.on)


def _past(wanted: Wanted) -> list[Problem]:
    unmoved = wanted.session is not None and wanted.session.starts_at == wanted.starts_at
    if unmoved or wanted.starts_at > clock.now():
        return []
    return [Problem("outing.past", "すぎた日時には計画できません。", field="on")]


def _step_problems(wanted: Wanted) -> list[Problem]:
    if wanted.step in OUTING_STEPS or not wanted.step:
        return []
    return [Problem("outing.step", "お泊まりは、部屋をさがして申し込んでください。", field="step")]


def _stage_notes(wanted: Wanted) -> list[Problem]:
    """An outing before or after the stage of support is unusual, and no more than that."""
    enrollment = wanted.enrollment
    if enrollment is None or not enrollment.starts_on <= wanted.on <= enrollment.ends_on:
        return []
    today = clock.today()
    if enrollment.support_from and wanted.on < enrollment.support_from:
        message = f"外出支援の開始日（{wording.date(enrollment.support_from, today)}）より前です。"
        return [Problem("enrollment.before_support", message, enforcement=Enforcement.INFORM)]
    if enrollment.review_on and wanted.on >= enrollment.review_on:
        message = f"振り返りの期間（{wording.date(enrollment.review_on, today)}から）に入っています。"
        return [Problem("enrollment.in_review", message, enforcement=Enforcement.INFORM)]
    return []


def _person_clashes(wanted: Wanted, sessions: Iterable[Session]) -> list[Problem]:
    own = wanted.session.pk if wanted.session else None
    return [
        Problem(
            "person.busy",
            f"本人には、{span_text(other.starts_at, other.ends_at)}に「{other.activity or other.get_kind_display()}」"
            "があります。",
            field="on",
        )
        for other in sessions
        if other.pk != own
        and other.state in PLANNED_STATES
        and other.starts_at < wanted.ends_at
        and other.ends_at > wanted.starts_at
    ]


def _escort_notes(wanted: Wanted) -> list[Problem]:
    """Told to those whose escort keeps a list of free days for this month, and is not free by it."""
    month = calendar_month(wanted.on)
    free: dict[int, list[EscortDay]] = {user.pk: [] for user in wanted.escorts}
    for day in EscortDay.objects.filter(user__in=list(free), date__range=(month.start, month.end)):
        free[day.user_id].append(day)
    first, last = wanted.starts_at.astimezone(clock.TOKYO), wanted.ends_at.astimezone(clock.TOKYO)
    return [
        Problem(
            "escort.not_free",
            f"{user.name}さんの「付き添える日」に、この時間は入っていません。",
            enforcement=Enforcement.INFORM,
        )
        for user in wanted.escorts
        if free[user.pk]
        and not any(
            day.date == first.date() == last.date() and day.starts <= first.time() and last.time() <= day.ends
            for day in free[user.pk]
        )
    ]
