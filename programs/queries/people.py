"""A worker's people: what each can still use, what comes next, which certificate ends soon."""

import datetime as dt
from dataclasses import dataclass

from django.core.paginator import Page, Paginator
from django.db.models import Exists, OuterRef

from programs.domain import wording
from programs.domain.allowances import Allowance
from programs.domain.problems import Problem
from programs.domain.spans import Period
from programs.enums import PLANNED_STATES, ROOM_KINDS, Window
from programs.models import Program, Session, StopRequest
from programs.queries import cards, stays
from programs.queries.cards import Door
from programs.queries.limits import LimitBook
from transition import clock
from transition.domain import card as card_fields
from transition.domain.text import search_key
from transition.enums import ConsentKind, GrantService
from transition.models import Consent, Grant, Organization, Person, PersonCard

PER_PAGE = 20
# A certificate's renewal takes the municipality weeks.
WARN_DAYS = 60
SESSIONS_READ = 200


@dataclass(frozen=True, slots=True)
class Meter:
    """One limit as a bar with its numbers; `held`, `confirmed`, `waiting` add up to what is used."""

    allowance: Allowance
    confirmed: int
    waiting: int

    @property
    def name(self) -> str:
        return self.allowance.rule.name

    @property
    def cap_text(self) -> str:
        return self._text(self.allowance.cap)

    @property
    def used_text(self) -> str:
        return self._text(self.allowance.held)

    @property
    def confirmed_text(self) -> str:
        return self._text(self.confirmed)

    @property
    def waiting_text(self) -> str:
        return self._text(self.waiting)

    @property
    def free_text(self) -> str:
        return self._text(self.allowance.remaining)

    @property
    def period_text(self) -> str:
        """令和8年11月1日から11月30日まで; empty for a window that no dates bound."""
        period = self.allowance.period
        if period is None or period.end == dt.date.max:
            return ""
        return f"{wording.date(period.start)}から{wording.date(period.end)}まで"

    def _text(self, number: int) -> str:
        if number == 0 and self.allowance.unit == "MINUTES":
            return "0時間"
        return wording.amount(self.allowance.unit, number)


@dataclass(frozen=True, slots=True)
class ProgramUse:
    """One program as one person can use it today. `obstacles` say why not; empty when it is open."""

    program: Program
    obstacles: list[Problem]
    meters: list[Meter]
    grant_ends_on: dt.date | None
    enrollment: Period | None
    relevant: bool
    today: dt.date

    @property
    def has_rooms(self) -> bool:
        return self.program.kind in ROOM_KINDS

    @property
    def days_left(self) -> int | None:
        """Days until the certificate ends; None when it has not begun to matter."""
        if self.grant_ends_on is None:
            return None
        left = (self.grant_ends_on - self.today).days
        return left if left <= WARN_DAYS else None

    @property
    def is_ended(self) -> bool:
        return self.grant_ends_on is not None and self.grant_ends_on < self.today

    @property
    def tightest(self) -> list[Meter]:
        """For a list: limits that have begun to count, or else all but those of a single stay."""
        lasting = [meter for meter in self.meters if meter.allowance.rule.window != Window.STAY]
        return lasting or self.meters


@dataclass(frozen=True, slots=True)
class Line:
    person: Person
    next_session: Session | None
    uses: list[ProgramUse]


def people_page(organization: Organization | None, words: str, number: str | int) -> Page:
    """One page of the organization's people whose names hold `words`, as Lines. Eight queries, however many."""
    found = Person.objects.supported_by(organization) if organization else Person.objects.none()
    if key := search_key(words):
        found = found.filter(search_key__contains=key)
    page = Paginator(found, PER_PAGE).get_page(number)
    people = list(page.object_list)
    today = clock.today()
    book = LimitBook(people)
    upcoming = _next_sessions(people)
    page.object_list = [
        Line(
            person=person,
            next_session=upcoming.get(person.pk),
            uses=[use for use in program_uses(book, person, today) if use.relevant],
        )
        for person in people
    ]
    return page


def program_uses(book: LimitBook, person: Person, today: dt.date) -> list[ProgramUse]:
    """Every program of the person's municipality, those open to the person first."""
    uses = [_program_use(book, person, program, today) for program in book.programs(person)]
    return sorted(uses, key=lambda use: (bool(use.obstacles), not use.relevant))


@dataclass(frozen=True, slots=True)
class PersonPage:
    """Who it is and how to talk together, what can still be used, what comes next.

    `stops`: sessions that the person wants to stop. `door`: of the next stay whose home may not read the card yet.
    """

    person: Person
    age: int | None
    card: PersonCard | None
    uses: list[ProgramUse]
    upcoming: list[Session]
    stops: list[Session]
    door: Door | None
    grants: list[tuple[Grant, bool]]

    @property
    def voice(self) -> str:
        return str(self.card.content.get(card_fields.VOICE.code, "")) if self.card else ""

    @property
    def glance(self) -> list[tuple[str, str]]:
        """How the person says yes and no, what calms: in the words of the card."""
        content = self.card.content if self.card else {}
        found = [(card_fields.BY_CODE[code].label, content.get(code, "")) for code in card_fields.AT_A_GLANCE]
        return [(label, said) for label, said in found if said]

    @property
    def unusable(self) -> list[ProgramUse]:
        return [use for use in self.uses if use.obstacles]


def person_page(person: Person) -> PersonPage:
    """Eight queries."""
    today, now = clock.today(), clock.now()
    book = LimitBook([person])
    uses = program_uses(book, person, today)
    card = cards.latest(person)
    agreed = Consent.objects.filter(person=OuterRef("person")).given(ConsentKind.CARD, today)
    stopping = StopRequest.objects.open().filter(session=OuterRef("pk"))
    sessions = (
        Session.objects.filter(person=person)
        .select_related("room__home", "program")
        .annotate(
            agrees_to_card=Exists(agreed),
            has_card=Exists(PersonCard.objects.filter(person=OuterRef("person"))),
            wants_to_stop=Exists(stopping),
        )
    )
    rows: list[Session] = list(sessions.order_by("-starts_at", "-pk")[:SESSIONS_READ])
    upcoming = [row for row in reversed(rows) if row.state in PLANNED_STATES and row.ends_at >= now]
    doors = [door for row in upcoming if (door := cards.door(row, today)) and door.coming]
    grants = sorted(book.grants(person), key=lambda grant: (grant.ends_on, grant.pk), reverse=True)
    return PersonPage(
        person=person,
        age=person.age_on(today),
        card=card,
        uses=uses,
        upcoming=upcoming,
        stops=[row for row in rows if row.wants_to_stop],  # type: ignore[attr-defined]
        door=next((door for door in doors if not door.is_open), None),
        grants=[(grant, grant.ends_on < today) for grant in grants],
    )


def _program_use(book: LimitBook, person: Person, program: Program, today: dt.date) -> ProgramUse:
    account = book.account(person, program, today)
    context = account.context
    answered = {allowance.rule: allowance.used for allowance in book.answered(person, program, today).allowances(today)}
    meters = []
    for allowance in account.allowances(today):
        waiting = max(0, min(allowance.planned, allowance.used - answered.get(allowance.rule, allowance.used)))
        meters.append(Meter(allowance, confirmed=allowance.planned - waiting, waiting=waiting))
    lives_right = not stays.program_problems(person, program)
    entered = context.grant is not None if program.needs_grant else context.enrollment is not None
    used = any(meter.allowance.used for meter in meters)
    return ProgramUse(
        program=program,
        obstacles=_obstacles(
            person, program, context.grant.period if context.grant else None, context.enrollment, today
        ),
        meters=meters,
        grant_ends_on=context.grant.end if context.grant else None,
        enrollment=context.enrollment,
        relevant=lives_right and (entered or used),
        today=today,
    )


def _obstacles(
    person: Person, program: Program, grant: Period | None, enrollment: Period | None, today: dt.date
) -> list[Problem]:
    """Why the program is not open today: residence, certificate, enrollment. Never more than a question to ask."""
    if found := stays.program_problems(person, program):
        return found
    if program.needs_grant:
        service = GrantService(program.needs_grant).label
        found += _period_obstacles("grant", f"「{service}」の支給決定", grant, today)
    if program.months is not None:
        found += _period_obstacles("enrollment", "利用期間", enrollment, today)
    return found


def _period_obstacles(code: str, what: str, period: Period | None, today: dt.date) -> list[Problem]:
    ask = wording.ASK_MUNICIPALITY
    if period is None:
        return [Problem(f"{code}.missing", f"{what}が登録されていません。{ask}", enforcement="ASK")]
    if period.end < today:
        message = f"{what}は{wording.date(period.end)}で終わっています。更新について{ask}"
        return [Problem(f"{code}.ended", message, enforcement="ASK")]
    if period.start > today:
        message = f"{what}は{wording.date(period.start)}から始まります。"
        return [Problem(f"{code}.later", message, enforcement="INFORM")]
    return []


def _next_sessions(people: list[Person]) -> dict[int, Session]:
    sessions = Session.objects.planned().filter(person__in=[person.pk for person in people], ends_at__gte=clock.now())
    found: dict[int, Session] = {}
    for session in sessions.select_related("program", "room__home").order_by("starts_at", "pk"):
        found.setdefault(session.person_id, session)
    return found
