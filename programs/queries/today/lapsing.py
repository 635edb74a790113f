"""What people can still use and will lose: at the end of the month, the enrollment or the certificate."""

import datetime as dt
from collections.abc import Iterable

from django.urls import reverse
from django.utils.http import urlencode

from programs.domain import wording
from programs.domain.allowances import Allowance
from programs.enums import ROOM_KINDS, Enforcement, Window
from programs.models import Program
from programs.queries import stays
from programs.queries.limits import LimitBook
from programs.queries.people import WARN_DAYS
from programs.queries.today.parts import Action, Item, person_url
from transition.models import Grant, Person

MONTHS = (Window.CALENDAR_MONTH, Window.ANNIVERSARY_MONTH)
# The last days of a month, while an outing can still be planned in it.
MONTH_DAYS = 14


def items(people: Iterable[tuple[Person, list[Grant]]], book: LimitBook, today: dt.date) -> list[Item]:
    """One for each person and program, the nearest end first. Reads nothing that the book does not hold."""
    found = []
    for person, grants in people:
        granted = {grant.service for grant in grants if grant.starts_on <= today <= grant.ends_on}
        for program in book.programs(person):
            if not _is_open(book, person, program, granted, today):
                continue
            if lapsing := _lapsing(book, person, program, today):
                found.append((lapsing[0].expires_on or today, _item(person, program, lapsing, book, today)))
    return [item for _, item in sorted(found, key=lambda row: (row[0], row[1].title))]


def _is_open(book: LimitBook, person: Person, program: Program, granted: set[str], today: dt.date) -> bool:
    """Whether the person can use the program today: by certificate or enrollment, and by where they live."""
    if program.needs_grant:
        is_entered = program.needs_grant in granted
    else:
        enrollment = book.enrollment(person, program, today)
        is_entered = enrollment is not None and enrollment.starts_on <= today <= enrollment.ends_on
    return is_entered and not stays.program_problems(person, program)


def _lapsing(book: LimitBook, person: Person, program: Program, today: dt.date) -> list[Allowance]:
    """Limits with something left that ends soon; nothing where another limit is full, as nothing can be used then."""
    # How long one stay may be says nothing about what is left.
    account = book.account(person, program, today)
    allowances = [row for row in account.allowances(today) if row.rule.window != Window.STAY]
    if any(row.remaining == 0 for row in allowances if row.rule.enforcement != Enforcement.INFORM):
        return []
    soon = [row for row in allowances if row.remaining and _is_soon(row, today)]
    return sorted(soon, key=lambda row: (row.expires_on or today, row.remaining))


def _is_soon(allowance: Allowance, today: dt.date) -> bool:
    if allowance.expires_on is None or allowance.rule.window == Window.FROM_FIRST_DAY:
        return False
    days = MONTH_DAYS if allowance.rule.window in MONTHS else WARN_DAYS
    return 0 <= (allowance.expires_on - today).days <= days


def _item(person: Person, program: Program, lapsing: list[Allowance], book: LimitBook, today: dt.date) -> Item:
    said = [
        f"{wording.date(row.expires_on, today)}まで、あと{wording.amount(row.unit, row.remaining)}"
        for row in lapsing
        if row.expires_on
    ]
    if any(row.rule.assumed for row in lapsing):
        said.append(wording.ASK_MUNICIPALITY)
    return Item(
        title=f"{person.name}さん {program.name}",
        meta="・".join(dict.fromkeys(said)),
        url=person_url(person),
        actions=tuple(_actions(person, program, book, today)),
    )


def _actions(person: Person, program: Program, book: LimitBook, today: dt.date) -> list[Action]:
    if program.kind in ROOM_KINDS:
        query = urlencode({"program": program.code})
        return [Action("部屋をさがす", f"{person_url(person, 'slot-search')}?{query}")]
    enrollment = book.enrollment(person, program, today)
    if enrollment is not None:
        return [Action("計画する", reverse("programs:planner", args=[enrollment.public_id]))]
    return []
