"""The months of one enrollment side by side: what is done, confirmed, planned and free in each, and every outing."""

import datetime as dt
from dataclasses import dataclass

from django.db.models import Q, QuerySet

from programs.domain import session_flow, wording
from programs.domain.limit_rules import LimitRule
from programs.domain.limits import Account
from programs.domain.spans import DAY, Period, calendar_month, periods_between
from programs.enums import COUNTING_STATES, HELD_STATES, SessionKind, SessionState, Unit, Window
from programs.models import Enrollment, Session
from programs.queries import outings
from programs.queries.limits import LimitBook
from programs.queries.people import Meter
from transition import clock
from transition.domain.holidays import day_mark, holiday_name

MONTHS = (Window.CALENDAR_MONTH, Window.ANNIVERSARY_MONTH)
# The same shapes as on a home's board.
SIGNS = {SessionState.REQUESTED: "△", SessionState.CONFIRMED: "●", SessionState.IN_PROGRESS: "▶"}


@dataclass(frozen=True, slots=True)
class Entry:
    """One session of the person. Of another program it only takes up time here."""

    session: Session
    is_own: bool
    is_movable: bool

    @property
    def sign(self) -> str:
        return "✓" if self.session.state in HELD_STATES else SIGNS.get(SessionState(self.session.state), "・")

    @property
    def title(self) -> str:
        return self.session.activity or self.session.get_kind_display()

    @property
    def date(self) -> dt.date:
        return clock.local_date(self.session.starts_at)

    @property
    def day_mark(self) -> str:
        return day_mark(self.date)

    @property
    def holiday(self) -> str:
        return holiday_name(self.date) or ""

    @property
    def length(self) -> str:
        """What counts: the actual time once it is known."""
        held = self.session.state in HELD_STATES
        start = (held and self.session.actual_starts_at) or self.session.starts_at
        end = (held and self.session.actual_ends_at) or self.session.ends_at
        return wording.hours(int((end - start).total_seconds()) // 60)


@dataclass(frozen=True, slots=True)
class Day:
    date: dt.date
    entries: list[Entry]
    is_today: bool
    is_past: bool

    @property
    def mark(self) -> str:
        """祝, 土 or 日; "" on a working day."""
        return day_mark(self.date)

    @property
    def holiday(self) -> str:
        return holiday_name(self.date) or ""


@dataclass(frozen=True, slots=True)
class Month:
    """One window of the program's monthly limit, as far as the enrollment reaches into it."""

    number: int
    period: Period
    title: str
    meters: list[Meter]
    lost: str
    days: list[Day]
    entries: list[Entry]
    is_current: bool

    @property
    def cost(self) -> int:
        return sum(entry.session.transport_cost for entry in self.entries)

    @property
    def outings(self) -> list[Entry]:
        return [entry for entry in self.entries if entry.is_own]


@dataclass(frozen=True, slots=True)
class Planner:
    enrollment: Enrollment
    months: list[Month]
    others: list[Meter]
    gone: list[Entry]
    limit: LimitRule | None
    is_running: bool


def planner(enrollment: Enrollment) -> Planner:
    """Seven queries, however many outings. `enrollment` comes with person and program."""
    today, now = clock.today(), clock.now()
    person, program = enrollment.person, enrollment.program
    book = LimitBook([person])
    account = outings.account_of(book, person, program, enrollment, today)
    waiting = {row.pk for row in book.sessions(person) if row.state == SessionState.REQUESTED}
    answered = Account(account.program, [use for use in account.uses.all if use.key not in waiting], account.context)
    limit = next((rule for rule in account.rules if rule.unit == Unit.MINUTES and rule.window in MONTHS), None)
    everything = _entries(enrollment, now)
    entries = [entry for entry in everything if entry.session.state in COUNTING_STATES]
    own = [entry.date for entry in entries if entry.session.enrollment_id == enrollment.pk]
    first, last = min([enrollment.starts_on, *own]), max([enrollment.ends_on, *own])
    window = limit.window if limit else Window.CALENDAR_MONTH
    months = []
    for number, period in enumerate(periods_between(window, first, last, account.context), start=1):
        shown = Period(max(period.start, first), min(period.end, last))
        inside = [entry for entry in entries if entry.date in shown]
        # The figures of a month are those of a day in it: today, or the one nearest to today.
        day = max(period.start, min(today, period.end))
        meters = [meter for meter in _meters(account, answered, day) if meter.allowance.rule.window == window]
        months.append(
            Month(
                number=number,
                period=shown,
                title=_title(period, number),
                meters=meters,
                lost=_lost(meters[0], period, today) if meters else "",
                days=_days(shown, inside, today),
                entries=inside,
                is_current=today in period,
            )
        )
    return Planner(
        enrollment=enrollment,
        months=months,
        others=[meter for meter in _meters(account, answered, today) if meter.allowance.rule.window != window],
        gone=[entry for entry in everything if entry.session.state not in COUNTING_STATES and entry.is_own],
        limit=limit,
        is_running=enrollment.ends_on >= today,
    )


def for_change(sessions: QuerySet[Session]) -> QuerySet[Session]:
    """Sessions with what their forms and services ask for."""
    return sessions.filter(room=None).select_related("person", "program", "enrollment", "organization")


def _entries(enrollment: Enrollment, now: dt.datetime) -> list[Entry]:
    """Two queries: sessions, and who goes along."""
    start = clock.at(enrollment.starts_on, dt.time())
    end = clock.at(enrollment.ends_on + DAY, dt.time())
    rows = Session.objects.filter(
        Q(enrollment=enrollment) | Q(starts_at__lt=end, ends_at__gt=start), person=enrollment.person_id
    ).select_related("program", "room__home")
    return [
        Entry(
            session=row,
            is_own=row.program.code == enrollment.program.code and row.kind != SessionKind.STAY,
            is_movable=row.state in session_flow.CHANGEABLE_STATES
            and row.kind != SessionKind.STAY
            and row.program.code == enrollment.program.code
            and row.starts_at > now,
        )
        for row in outings.with_company(rows).order_by("starts_at", "pk")
    ]


def _meters(account: Account, answered: Account, day: dt.date) -> list[Meter]:
    before = {allowance.rule: allowance.used for allowance in answered.allowances(day)}
    meters = []
    for allowance in account.allowances(day):
        waiting = max(0, min(allowance.planned, allowance.used - before.get(allowance.rule, allowance.used)))
        meters.append(Meter(allowance, confirmed=allowance.planned - waiting, waiting=waiting))
    return meters


def _title(period: Period, number: int) -> str:
    """令和8年12月; a month that runs between two dates has no name but its number."""
    if period == calendar_month(period.start):
        return f"{wording.year(period.start)}{period.start.month}月"
    return f"{number}か月目"


def _lost(meter: Meter, period: Period, today: dt.date) -> str:
    allowance = meter.allowance
    text = wording.unused(
        period,
        allowance.unit,
        allowance.remaining,
        over=allowance.over_by,
        today=today,
        whole_month=period == calendar_month(period.start),
    )
    return f"{text}{wording.ASK_MUNICIPALITY}" if allowance.over_by and allowance.rule.assumed else text


def _days(period: Period, entries: list[Entry], today: dt.date) -> list[Day]:
    """A stay stands on every day that it touches."""
    on: dict[dt.date, list[Entry]] = {}
    for entry in entries:
        last = entry.session.check_out or entry.date
        for number in range((last - entry.date).days + 1):
            on.setdefault(entry.date + number * DAY, []).append(entry)
    dates = (period.start + number * DAY for number in range(period.days))
    return [Day(date, on.get(date, []), is_today=date == today, is_past=date < today) for date in dates]
