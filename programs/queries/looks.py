"""Who read what: of one person, for those who support the person; of a municipality, for who answers for it."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from django.db.models import Q, QuerySet

from programs.queries.audit import overseen_by
from transition.domain import acts, looks
from transition.models import AuditEvent, Organization, Person, User, ViewLog

PER_PAGE = 50
# Nobody counts further: who finds more narrows the search. A file holds so many rows.
MOST = 10_000
# Digits of a key.
LONGEST = 18


@dataclass(frozen=True, slots=True)
class Line:
    """One row in words. `actor`: empty for the software, the person and families; `person`: empty where none is
    meant, or none whom the reader may see; `count`: of a list."""

    at: Any
    actor: str
    organization: str
    what: str
    person: Person | None = None
    door: str = ""
    outside: bool = False
    count: int = 0


@dataclass(frozen=True, slots=True)
class Stretch:
    """Some lines of many. `newer`, `older`: the keys to go on from, None at the ends; `count`: of all of them, as far
    as MOST + 1."""

    lines: list[Line]
    count: int
    newer: int | None
    older: int | None

    @property
    def is_more(self) -> bool:
        return self.count > MOST

    @property
    def words(self) -> str:
        return f"{MOST:,}件より多い" if self.is_more else f"{self.count:,}件"


def of_person(person: Person) -> QuerySet[ViewLog]:
    return ViewLog.objects.filter(person=person.pk).order_by("-pk")


def visible_to(user: User) -> QuerySet[ViewLog]:
    """What was read of the municipality's people, by anybody, and the lists that its own offices read."""
    overseen = overseen_by(user)
    people = Person.objects.filter(municipality__in=overseen).order_by().values("pk")
    offices = Organization.objects.filter(Q(pk__in=overseen) | Q(municipality__in=overseen)).order_by()
    found = Q(person__in=people) | Q(person=None, organization__in=offices.values("pk"))
    return ViewLog.objects.filter(found).order_by("-pk")


def stretch(rows: QuerySet[Any], asked: Mapping[str, str], lines: Callable[[list[Any]], list[Line]]) -> Stretch:
    """From `rows`, newest first: what follows the row `before`, or what stands above the row `after`. By the key of
    the rows, so that page 400 costs what page 1 does, and no row is missed or shown twice while others are written."""
    before, after = _place(asked.get("before")), _place(asked.get("after"))
    if after is not None:
        found = list(rows.filter(pk__gt=after).order_by("pk")[: PER_PAGE + 1])
        further = len(found) > PER_PAGE
        found = found[:PER_PAGE][::-1]
        newer, older = (found[0].pk if further else None), (found[-1].pk if found else None)
    else:
        found = list((rows if before is None else rows.filter(pk__lt=before))[: PER_PAGE + 1])
        further = len(found) > PER_PAGE
        found = found[:PER_PAGE]
        newer, older = (before and found[0].pk if found else None), (found[-1].pk if further else None)
    return Stretch(lines(found), rows.order_by()[: MOST + 1].count(), newer, older)


def _place(written: str | None) -> int | None:
    """A key that somebody changed means the beginning."""
    return int(written) if written and written.isascii() and written.isdecimal() and len(written) <= LONGEST else None


def view_lines(rows: Iterable[ViewLog], people: QuerySet[Person] | None = None) -> list[Line]:
    """`people`: those whom the reader may see named."""
    rows = list(rows)
    users, offices = _names(User, (row.actor for row in rows)), _names(Organization, (row.organization for row in rows))
    named = people.in_bulk({row.person for row in rows if row.person}) if people is not None else {}
    return [
        Line(
            at=row.at,
            actor=users.get(row.actor, ""),
            organization=offices.get(row.organization, ""),
            what=looks.label(row.what),
            person=named.get(row.person),
            door=row.get_door_display(),
            outside=bool(row.data.get("outside")),
            count=row.data.get("count", 0),
        )
        for row in rows
    ]


def event_lines(rows: Iterable[AuditEvent], people: QuerySet[Person]) -> list[Line]:
    rows = list(rows)
    users = _names(User, (row.actor for row in rows))
    offices = _names(Organization, (_number(row, "organization") for row in rows))
    named = people.in_bulk({pk for row in rows if (pk := _number(row, "person"))})
    return [
        Line(
            at=row.at,
            actor=users.get(row.actor, ""),
            organization=offices.get(_number(row, "organization"), ""),
            what=acts.label(row.action),
            person=named.get(_number(row, "person")),
        )
        for row in rows
    ]


def _number(row: AuditEvent, name: str) -> int | None:
    value = row.data.get(name)
    return value if isinstance(value, int) else None


def _names(model: Any, ids: Iterable[int | None]) -> dict[int | None, str]:
    return dict(model.objects.filter(pk__in={pk for pk in ids if pk}).values_list("pk", "name"))
