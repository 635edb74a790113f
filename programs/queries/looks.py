"""Who read what: of one person, for those who support the person; of a municipality, for its coordinators."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from django.core.paginator import Page, Paginator
from django.db.models import Q, QuerySet

from programs.queries.audit import coordinated_by
from transition.domain import acts, looks
from transition.models import AuditEvent, Organization, Person, User, ViewLog

PER_PAGE = 50


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


def of_person(person: Person) -> QuerySet[ViewLog]:
    return ViewLog.objects.filter(person=person.pk).order_by("-pk")


def visible_to(user: User) -> QuerySet[ViewLog]:
    """What was read of the municipality's people, by anybody, and the lists that its own offices read."""
    coordinated = coordinated_by(user)
    people = Person.objects.filter(municipality__in=coordinated).order_by().values("pk")
    offices = Organization.objects.filter(Q(pk__in=coordinated) | Q(municipality__in=coordinated)).order_by()
    found = Q(person__in=people) | Q(person=None, organization__in=offices.values("pk"))
    return ViewLog.objects.filter(found).order_by("-pk")


def page_of_person(person: Person, number: str | int) -> Page:
    """Three queries and the count."""
    page = Paginator(of_person(person), PER_PAGE).get_page(number)
    page.object_list = view_lines(page.object_list)  # type: ignore[assignment]
    return page


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
    by_public_id = {str(person.public_id): person for person in named.values()}
    wanted = {row.subject_id for row in rows if row.subject_type == "person"} - set(by_public_id)
    by_public_id |= {str(person.public_id): person for person in people.filter(public_id__in=wanted)} if wanted else {}
    return [
        Line(
            at=row.at,
            actor=users.get(row.actor, ""),
            organization=offices.get(_number(row, "organization"), ""),
            what=acts.label(row.action),
            person=named.get(_number(row, "person")) or by_public_id.get(row.subject_id),
        )
        for row in rows
    ]


def _number(row: AuditEvent, name: str) -> int | None:
    value = row.data.get(name)
    return value if isinstance(value, int) else None


def _names(model: Any, ids: Iterable[int | None]) -> dict[int | None, str]:
    return dict(model.objects.filter(pk__in={pk for pk in ids if pk}).values_list("pk", "name"))
