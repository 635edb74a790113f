"""The people whom an organization supports: residents who have not been asked, and what comes due for them."""

import datetime as dt
from collections.abc import Iterable
from uuid import UUID

from django.db.models import CharField, QuerySet, Value
from django.db.models.functions import Cast
from django.urls import reverse

from programs.enums import FollowUpKind
from programs.models import FollowUp, Review
from programs.queries import intentions
from programs.queries.enrollments import SOON
from programs.queries.today.parts import Action, Item, day_of, person_url
from transition.domain.wareki import format_short
from transition.enums import Residence
from transition.models import Organization, Person

REVIEW, FOLLOW_UP = "review", "follow-up"


def is_unasked(person: Person, today: dt.date) -> bool:
    """A resident of a facility never asked, or whose next asking is past; from `intentions.with_latest`."""
    next_on = person.last_next_on  # type: ignore[attr-defined]
    return person.residence == Residence.FACILITY and (next_on is None or next_on < today)


def unasked_items(people: Iterable[Person], today: dt.date) -> list[Item]:
    """Those never asked first, then whose day is longest past."""
    rows = [person for person in people if is_unasked(person, today)]
    return [_unasked(person) for person in sorted(rows, key=lambda row: _next_on(row) or dt.date.min)]


def due_items(organization: Organization, today: dt.date) -> list[Item]:
    """Reviews and looks after a move that are late or soon, of the organization's own enrollments. One query."""
    rows = _reviews(organization, today).union(_follow_ups(organization, today), all=True)
    return [_due(row, today) for row in sorted(rows, key=lambda row: (row[-1], row))]


def _unasked(person: Person) -> Item:
    next_on = _next_on(person)
    return Item(
        title=f"{person.name}さん",
        meta=f"{format_short(next_on)}に聞く予定でした" if next_on else intentions.WORDS[intentions.NEVER],
        url=person_url(person, "intention-history"),
        actions=(Action("聞いたことを書く", person_url(person, "intention-create")),),
    )


def _next_on(person: Person) -> dt.date | None:
    return person.last_next_on  # type: ignore[attr-defined]


def _reviews(organization: Organization, today: dt.date) -> QuerySet:
    rows = Review.objects.filter(held_on=None, due_on__lte=today + SOON, enrollment__organization=organization)
    return rows.order_by().values_list(
        Value(REVIEW, output_field=CharField()),
        Cast("month", CharField()),
        "enrollment__public_id",
        "enrollment__person__family_name",
        "enrollment__person__given_name",
        "enrollment__program__name",
        "due_on",
    )


def _follow_ups(organization: Organization, today: dt.date) -> QuerySet:
    rows = FollowUp.objects.filter(
        done_on=None, due_on__lte=today + SOON, outcome__enrollment__organization=organization
    )
    return rows.order_by().values_list(
        Value(FOLLOW_UP, output_field=CharField()),
        "kind",
        "outcome__enrollment__public_id",
        "outcome__enrollment__person__family_name",
        "outcome__enrollment__person__given_name",
        "outcome__enrollment__program__name",
        "due_on",
    )


def _due(row: tuple[str, str, UUID, str, str, str, dt.date], today: dt.date) -> Item:
    source, which, enrollment, family_name, given_name, program, due_on = row
    is_review = source == REVIEW
    what = f"{which}か月の振り返り" if is_review else FollowUpKind(which).label
    name = "review-hold" if is_review else "follow-up-record"
    return Item(
        title=f"{family_name} {given_name}さん {what}",
        meta=f"{program}・{day_of(due_on, today)}まで",
        url=reverse("programs:enrollment-detail", args=[enrollment]),
        late="予定の日をすぎました" if due_on < today else "",
        actions=(
            Action("振り返る" if is_review else "記録する", reverse(f"programs:{name}", args=[enrollment, which])),
        ),
    )
