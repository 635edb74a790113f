"""月の記録: every session of one person in one month, with the sums of each program."""

import datetime as dt
from dataclasses import dataclass

from programs.domain import wording
from programs.domain.spans import Period, calendar_month
from programs.enums import COUNTING_STATES, Counting, Unit, Window
from programs.models import GoalScore, Photo, Program, Session
from programs.queries.limits import LimitBook, use_of
from programs.queries.pack import Outing, Sum, outings_of, with_details
from transition import clock
from transition.domain.months import months_later
from transition.models import Person


@dataclass(frozen=True, slots=True)
class ProgramSum:
    """One program in one month, as its limits count it; `limits` are its caps by month."""

    program: Program
    times: int
    minutes: int
    nights: int
    cost: int
    limits: list[Sum]

    @property
    def length(self) -> str:
        return wording.hours(self.minutes)


@dataclass(frozen=True, slots=True)
class Sheet:
    person: Person
    period: Period
    outings: list[Outing]
    sums: list[ProgramSum]
    today: dt.date

    @property
    def title(self) -> str:
        return f"{wording.year(self.period.start)}{self.period.start.month}月"

    @property
    def code(self) -> str:
        return f"{self.period.start:%Y-%m}"

    @property
    def before(self) -> str:
        return f"{months_later(self.period.start, -1):%Y-%m}"

    @property
    def after(self) -> str:
        return f"{months_later(self.period.start, 1):%Y-%m}"

    @property
    def photos(self) -> list[Photo]:
        return [photo for outing in self.outings for photo in outing.photos]

    @property
    def cost(self) -> int:
        return sum(outing.session.transport_cost for outing in self.outings)


def sheet(person: Person, first: dt.date) -> Sheet:
    """Everything that touches the month, in a fixed number of queries."""
    period = calendar_month(first)
    start, end = clock.at(period.start, dt.time()), clock.at(months_later(period.start, 1), dt.time())
    # Really held at another time than planned: looked for around the month, told by what really happened.
    around = dt.timedelta(days=2)
    rows = with_details(
        Session.objects.filter(person=person, state__in=COUNTING_STATES).overlapping(start - around, end + around)
    )
    sessions = [row for row in rows if use_of(row).first_day <= period.end and use_of(row).last_day >= period.start]
    given = list(GoalScore.objects.filter(session__in=[row.pk for row in sessions]).select_related("goal"))
    outings = outings_of(sessions, person, given, {})
    book = LimitBook([person])
    programs = {outing.session.program.code: outing.session.program for outing in outings}
    return Sheet(
        person=person,
        period=period,
        outings=outings,
        sums=[_sum(book, person, program, period, outings) for program in programs.values()],
        today=clock.today(),
    )


def _sum(book: LimitBook, person: Person, program: Program, period: Period, outings: list[Outing]) -> ProgramSum:
    account = book.account(person, program, period.end)
    first, last = period.start.toordinal(), period.end.toordinal()
    mine = [outing for outing in outings if outing.session.program.code == program.code]
    monthly = [row for row in account.allowances(period.start) if row.rule.window == Window.CALENDAR_MONTH]
    return ProgramSum(
        program=program,
        times=account.uses.ledger(Unit.TIMES, Counting.INCLUSIVE).between(first, last),
        minutes=account.uses.ledger(Unit.MINUTES, Counting.SPAN).between(first, last),
        nights=account.uses.ledger(Unit.NIGHTS, Counting.INCLUSIVE).between(first, last),
        cost=sum(outing.session.transport_cost for outing in mine),
        limits=[Sum(row, clock.today()) for row in monthly],
    )
