"""What the limits of some people hang on, read at once: rules, sessions, certificates, enrollments."""

import datetime as dt
from collections import defaultdict
from collections.abc import Iterable
from typing import TypeVar

from django.db.models import Q

from programs.domain.limit_rules import LimitRule, ProgramRules
from programs.domain.limits import Account, Allowance
from programs.domain.spans import Context, GrantPeriod, Period, local
from programs.domain.uses import Use
from programs.enums import COUNTING_STATES, HELD_STATES, SessionState
from programs.models import Enrollment, Limit, Program, Session
from transition.models import Grant, Person

Dated = TypeVar("Dated", Grant, Enrollment)


class LimitBook:
    """Everything for these people, in five queries whatever their number."""

    def __init__(self, people: Iterable[Person]) -> None:
        self._accounts: dict[tuple[int, str, int | None, int | None], Account] = {}
        self._people = {person.pk: person for person in people}
        ids = list(self._people)
        municipalities = {person.municipality_id for person in self._people.values()}
        self._programs = _programs_by_municipality(municipalities)
        self._sessions: dict[tuple[int, str], list[Session]] = defaultdict(list)
        counting = Session.objects.filter(person__in=ids, state__in=COUNTING_STATES).select_related("program")
        for session in counting.order_by("starts_at", "pk"):
            self._sessions[session.person_id, session.program.code].append(session)
        self._grants: dict[tuple[int, str], list[Grant]] = defaultdict(list)
        for grant in Grant.objects.filter(person__in=ids):
            self._grants[grant.person_id, grant.service].append(grant)
        self._enrollments: dict[tuple[int, str], list[Enrollment]] = defaultdict(list)
        for enrollment in Enrollment.objects.filter(person__in=ids).select_related("program"):
            self._enrollments[enrollment.person_id, enrollment.program.code].append(enrollment)

    def programs(self, person: Person) -> list[Program]:
        """The person's municipality's programs, its own copy where it keeps one."""
        return self._programs[person.municipality_id]

    def program(self, person: Person, code: str) -> Program | None:
        return next((program for program in self.programs(person) if program.code == code), None)

    def account(self, person: Person, program: Program, on: dt.date) -> Account:
        """The person's account with the program, for sessions that begin `on`; ask it as often as needed.

        The rules are those of the person's municipality today, whichever copy a session was made under.
        """
        program = self.program(person, program.code) or program
        grant = _nearest(self._grants[person.pk, program.needs_grant], on)
        enrollment = _nearest(self._enrollments[person.pk, program.code], on)
        account_key = (person.pk, program.code, grant.pk if grant else None, enrollment.pk if enrollment else None)
        if account_key not in self._accounts:
            rules = ProgramRules(
                rules=tuple(rule_of(limit) for limit in program.limits.all()),
                needs_grant=bool(program.needs_grant),
                needs_enrollment=program.months is not None,
            )
            context = Context(
                enrollment=Period(enrollment.starts_on, enrollment.ends_on) if enrollment else None,
                grant=GrantPeriod(grant.starts_on, grant.ends_on, grant.days) if grant else None,
            )
            uses = [use_of(session) for session in self._sessions[person.pk, program.code]]
            self._accounts[account_key] = Account(rules, uses, context)
        return self._accounts[account_key]

    def answered(self, person: Person, program: Program, on: dt.date) -> Account:
        """The same account without requests that still wait for their answer."""
        account = self.account(person, program, on)
        waiting = {session.pk for session in self.sessions(person) if session.state == SessionState.REQUESTED}
        return Account(account.program, [use for use in account.uses.all if use.key not in waiting], account.context)

    def sessions(self, person: Person) -> list[Session]:
        """All of the person's sessions that count, in any program."""
        return [row for (owner, _), rows in self._sessions.items() if owner == person.pk for row in rows]

    def allowances(self, person: Person, program: Program, today: dt.date) -> list[Allowance]:
        """What the person can still use of the program's limits today."""
        return self.account(person, program, today).allowances(today)

    def enrollment(self, person: Person, program: Program, on: dt.date) -> Enrollment | None:
        """The one that the account of that day hangs on."""
        return _nearest(self._enrollments[person.pk, program.code], on)

    def grants(self, person: Person) -> list[Grant]:
        return [grant for (owner, _), grants in self._grants.items() if owner == person.pk for grant in grants]


def rule_of(limit: Limit) -> LimitRule:
    return LimitRule(
        id=limit.pk,
        code=limit.code,
        name=limit.name,
        unit=limit.unit,
        amount=limit.amount,
        window=limit.window,
        enforcement=limit.enforcement,
        certainty=limit.certainty,
        valid_from=limit.valid_from,
        valid_to=limit.valid_to,
        source=limit.source,
        tiers=tuple((int(last), str(label)) for last, label in limit.tiers),
        counting=limit.counting,
        note=limit.note,
    )


def use_of(session: Session) -> Use:
    """Planned times while planned, actual ones once held."""
    held = session.state in HELD_STATES
    start = (held and session.actual_starts_at) or session.starts_at
    end = (held and session.actual_ends_at) or session.ends_at
    is_stay = session.check_in is not None
    return Use(
        kind=session.kind,
        start=start,
        end=end,
        check_in=(local(start).date() if held else session.check_in) if is_stay else None,
        check_out=(local(end).date() if held else session.check_out) if is_stay else None,
        key=session.pk,
        held=held,
    )


def _programs_by_municipality(municipalities: set[int]) -> dict[int, list[Program]]:
    """One list per municipality, in two queries: general programs unless the municipality has its own copy."""
    rows = list(
        Program.objects.filter(Q(municipality=None) | Q(municipality__in=municipalities)).prefetch_related("limits")
    )
    found = {}
    for municipality in municipalities:
        own = [row for row in rows if row.municipality_id == municipality]
        codes = {row.code for row in own}
        general = [row for row in rows if row.municipality_id is None and row.code not in codes]
        found[municipality] = sorted(own + general, key=lambda row: (row.order, row.pk))
    return found


def _nearest(rows: list[Dated], on: dt.date) -> Dated | None:
    """The one in force on that day, else the latest that has begun, else the first to begin."""
    in_force = [row for row in rows if row.starts_on <= on <= row.ends_on]
    begun = [row for row in rows if row.starts_on <= on]
    if in_force or begun:
        return max(in_force or begun, key=lambda row: (row.starts_on, row.pk))
    return min(rows, key=lambda row: (row.starts_on, row.pk), default=None)
