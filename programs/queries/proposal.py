"""What a proposal for one enrollment hangs on, and how it stands beside the present plan."""

import datetime as dt
from collections import defaultdict
from collections.abc import Callable, Collection, Iterable
from dataclasses import dataclass
from typing import Any

from django.db.models import Count, OuterRef, Subquery

from programs.domain import wording
from programs.domain.limit_rules import ProgramRules
from programs.domain.limits import Account
from programs.domain.proposal import (
    Activity,
    Aim,
    Cap,
    Free,
    Kept,
    NoPlan,
    Proposal,
    ProposedOuting,
    Question,
    Wanted,
    propose,
)
from programs.domain.proposal.activities import HOME_PAGES, activity_of
from programs.domain.spans import DAY, Context, Period, calendar_month, periods_between, touched
from programs.enums import HELD_STATES, PLANNED_STATES, SessionKind, SessionState, Step, Unit, Window
from programs.models import Enrollment, Escort, EscortDay, Session, SessionWish
from programs.queries import outings
from programs.queries.enrollments import effective_program
from programs.queries.limits import rule_of, use_of
from transition import clock
from transition.domain.holidays import day_mark
from transition.enums import GoalState, WishChoice
from transition.models import Goal, Organization, Wish

# Windows that an outing on some date falls into by the calendar alone.
_DATED = (
    Window.CALENDAR_MONTH,
    Window.ANNIVERSARY_MONTH,
    Window.FISCAL_YEAR,
    Window.CALENDAR_YEAR,
    Window.ROLLING_12_MONTHS,
    Window.GRANT,
    Window.ENROLLMENT,
)
_MONTHLY = (Window.CALENDAR_MONTH, Window.ANNIVERSARY_MONTH)


@dataclass(frozen=True, slots=True)
class Piece:
    """One proposed outing as the page shows it. `token` brings it back when it is accepted."""

    outing: ProposedOuting
    escort: str
    token: str

    @property
    def times(self) -> str:
        return f"{_clock(self.outing.start)}〜{_clock(self.outing.end)}"

    @property
    def length(self) -> str:
        return wording.hours(self.outing.minutes)

    @property
    def step(self) -> str:
        return Step(self.outing.step).label


@dataclass(frozen=True, slots=True)
class Row:
    """One date: what stands there now, and what is proposed."""

    date: dt.date
    present: list[Session]
    proposed: list[Piece]

    @property
    def mark(self) -> str:
        return day_mark(self.date)


@dataclass(frozen=True, slots=True)
class Month:
    """One window of the monthly cap with its dates; sums in minutes, None where there is no cap."""

    period: Period
    title: str
    rows: list[Row]
    used: int
    more: int
    cap: int | None

    @property
    def used_text(self) -> str:
        return wording.hours(self.used)

    @property
    def total_text(self) -> str:
        return wording.hours(self.used + self.more)

    @property
    def cap_text(self) -> str:
        return wording.hours(self.cap or 0)

    @property
    def left_text(self) -> str:
        return wording.hours(max(0, (self.cap or 0) - self.used - self.more))


@dataclass(frozen=True, slots=True)
class Page:
    answer: Proposal | NoPlan
    months: list[Month]
    replaced: list[Session]

    @property
    def plan(self) -> Proposal | None:
        return self.answer if isinstance(self.answer, Proposal) else None

    @property
    def refusal(self) -> NoPlan | None:
        return self.answer if isinstance(self.answer, NoPlan) else None


def page(
    enrollment: Enrollment,
    organization: Organization | None,
    wanted: Wanted,
    *,
    anew: bool,
    token: Callable[[ProposedOuting], str],
) -> Page:
    """The proposal beside the present plan. `anew`: what is planned and not confirmed may be replaced.

    Seven queries, however many wishes, escorts and outings; `enrollment` comes with person and program.
    """
    today = clock.today()
    counting = Session.objects.counting().filter(person=enrollment.person_id).select_related("program")
    everything = list(counting.order_by("starts_at", "pk"))
    own = [row for row in everything if row.program.code == enrollment.program.code]
    replaced = [row for row in own if anew and _is_open(row)]
    account = _account(enrollment, [row for row in own if row not in replaced])
    sessions = [row for row in everything if _last(row) >= enrollment.starts_on]
    kept = [row for row in sessions if row not in replaced]
    period = _period(enrollment)
    first = max(period.start, today + DAY)
    free, names = _free(enrollment, organization, Period(first, max(first, period.end)), replaced)
    caps = tuple(_caps(account, first, period.end))
    question = Question(
        period=period,
        today=today,
        caps=caps,
        activities=tuple(_activities(enrollment, kept)),
        aims=tuple(_aims(enrollment)),
        free=tuple(free),
        kept=tuple(_kept(row, enrollment) for row in kept),
        wanted=wanted,
    )
    answer = propose(question)
    found = answer.outings if isinstance(answer, Proposal) else ()
    proposed = [Piece(outing, names[outing.escort], token(outing)) for outing in found]
    months = _months(account, question, [row for row in sessions if _last(row) >= first], proposed)
    return Page(answer, months, replaced)


def _period(enrollment: Enrollment) -> Period:
    """The stage of support where the stages have their dates."""
    start = enrollment.support_from or enrollment.starts_on
    review = enrollment.review_on
    return Period(start, review - DAY if review and review > start else enrollment.ends_on)


def _account(enrollment: Enrollment, sessions: Iterable[Session]) -> Account:
    """The rules of the person's municipality today, held against this enrollment. Two queries."""
    program = effective_program(enrollment)
    rules = ProgramRules(tuple(rule_of(limit) for limit in program.limits.all()), needs_enrollment=True)
    context = Context(enrollment=Period(enrollment.starts_on, enrollment.ends_on))
    return Account(rules, [use_of(row) for row in sessions], context)


def _is_open(session: Session) -> bool:
    """Planned, not confirmed, and still to come: may be replaced."""
    if session.kind == SessionKind.STAY or session.state != SessionState.REQUESTED:
        return False
    return session.starts_at > clock.now()


def _caps(account: Account, first: dt.date, last: dt.date) -> Iterable[Cap]:
    for rule in account.rules:
        if rule.window not in _DATED or rule.unit == Unit.NIGHTS or first > last:
            continue
        ledger = account.uses.ledger(rule.unit, rule.counting)
        for period in periods_between(rule.window, first, last, account.context):
            if rule.valid_on(max(period.start, first)) or rule.valid_on(min(period.end, last)):
                used = ledger.between(period.start.toordinal(), period.end.toordinal())
                yield Cap(rule.name, rule.unit, period, rule.amount, used, rule.assumed)


def _activities(enrollment: Enrollment, kept: Collection[Session]) -> Iterable[Activity]:
    """The latest answer to each page of the wish book, but 「いまは いい」; pages about homes have their ladder."""
    uses = SessionWish.objects.filter(session__in=[row.pk for row in kept], item=OuterRef("item"))
    used = uses.order_by().values("item").annotate(times=Count("pk")).values("times")
    wishes = Wish.objects.filter(person=enrollment.person_id, item__retired_at=None).annotate(used=Subquery(used))
    latest: dict[str, Any] = {}
    for wish in wishes.select_related("item").order_by("-at", "-pk"):
        latest.setdefault(wish.item.code, wish)
    for code, wish in sorted(latest.items(), key=lambda found: (found[1].item.order, found[0])):
        if wish.choice != WishChoice.NOT_NOW and code not in HOME_PAGES:
            yield activity_of(code, wish.item.name, choice=wish.choice, wish=wish.item_id, used=wish.used or 0)


def _aims(enrollment: Enrollment) -> Iterable[Aim]:
    for goal in Goal.objects.filter(person=enrollment.person_id, state=GoalState.ACTIVE):
        yield Aim(goal.pk, goal.words, goal.area)


def _kept(session: Session, enrollment: Enrollment) -> Kept:
    held = session.state in HELD_STATES
    start = (held and session.actual_starts_at) or session.starts_at
    end = (held and session.actual_ends_at) or session.ends_at
    first, last = touched(start, end)
    return Kept(
        first=first,
        last=max(last, session.check_out or last),
        minutes=int((end - start).total_seconds()) // 60,
        step=session.step or _step(session),
        done=held,
        own=session.program.code == enrollment.program.code,
    )


def _step(session: Session) -> Step:
    if session.kind == SessionKind.STAY:
        return Step.SEVERAL_NIGHTS if session.nights > 1 else Step.ONE_NIGHT
    return Step.OUTING


def _last(session: Session) -> dt.date:
    return session.check_out or touched(session.starts_at, session.ends_at)[1]


def _free(
    enrollment: Enrollment, organization: Organization | None, period: Period, replaced: Collection[Session]
) -> tuple[list[Free], dict[int, str]]:
    """When each escort can go along, without what they are already planned for; and their names. Two queries."""
    around = outings.companions(enrollment.person, enrollment, organization)
    days = EscortDay.objects.filter(user__in=around, date__range=(period.start, period.end)).select_related("user")
    busy: dict[int, list[tuple[dt.datetime, dt.datetime]]] = defaultdict(list)
    begins, ends = clock.at(period.start, dt.time()), clock.at(period.end + DAY, dt.time())
    rows = Escort.objects.filter(
        user__in=around,
        session__state__in=PLANNED_STATES,
        session__starts_at__lt=ends,
        session__ends_at__gt=begins,
    ).exclude(session__in=[row.pk for row in replaced])
    for user, start, end in rows.values_list("user", "session__starts_at", "session__ends_at"):
        busy[user].append((start, end))
    found: list[Free] = []
    names: dict[int, str] = {}
    for day in days.order_by("date", "user", "starts"):
        names[day.user_id] = day.user.name
        midnight = clock.at(day.date, dt.time())
        # A time of 23:59 and more is the end of the day.
        spans = [(_minute(day.starts), 1440 if day.ends >= dt.time(23, 59) else _minute(day.ends))]
        for start, end in busy[day.user_id]:
            low, high = (int((moment - midnight).total_seconds()) // 60 for moment in (start, end))
            spans = [
                part
                for first, last in spans
                for part in ((first, min(last, low)), (max(first, high), last))
                if part[0] < part[1]
            ]
        found += [Free(day.date, day.user_id, first, last) for first, last in dict.fromkeys(spans)]
    return found, names


def _minute(time: dt.time) -> int:
    return time.hour * 60 + time.minute


def _months(
    account: Account, question: Question, sessions: Collection[Session], proposed: Collection[Piece]
) -> list[Month]:
    """The windows of the monthly cap, or calendar months where there is none."""
    rule = next((rule for rule in account.rules if rule.unit == Unit.MINUTES and rule.window in _MONTHLY), None)
    window = rule.window if rule else Window.CALENDAR_MONTH
    if question.first > question.period.end:
        return []
    ledger = account.uses.ledger(Unit.MINUTES, rule.counting if rule else "")
    found = []
    for period in periods_between(window, question.first, question.period.end, account.context):
        here = [piece for piece in proposed if piece.outing.date in period]
        present = [row for row in sessions if clock.local_date(row.starts_at) in period]
        dates = sorted({piece.outing.date for piece in here} | {clock.local_date(row.starts_at) for row in present})
        found.append(
            Month(
                period=period,
                title=_title(period),
                rows=[
                    Row(
                        date,
                        [row for row in present if clock.local_date(row.starts_at) == date],
                        [piece for piece in here if piece.outing.date == date],
                    )
                    for date in dates
                ],
                used=ledger.between(period.start.toordinal(), period.end.toordinal()),
                more=sum(piece.outing.minutes for piece in here),
                cap=rule.amount if rule else None,
            )
        )
    return found


def _title(period: Period) -> str:
    if period == calendar_month(period.start):
        return f"{wording.year(period.start)}{period.start.month}月"
    return f"{wording.date(period.start)}から{wording.date(period.end)}まで"


def _clock(minutes: int) -> str:
    return f"{minutes // 60}:{minutes % 60:02d}"
