"""Until when people were supported, and whose records have been kept long enough."""

import datetime as dt
from collections.abc import Iterable
from dataclasses import dataclass

from django.apps import apps
from django.conf import settings
from django.db.models import Max, Model, Q, QuerySet

from transition import clock
from transition.domain.retention import AFTER, RECORD, Plan, over_on, plan
from transition.models import Person


@dataclass(frozen=True, slots=True)
class Ended:
    """When the support of somebody ended; `on` None: it goes on."""

    person_id: int
    on: dt.date | None


def rows_of(label: str, people: Iterable[int] | QuerySet[Person]) -> QuerySet[Model]:
    """The rows of a model that belong to people, past every manager: also those that are never changed otherwise."""
    owner = plan().people[label]
    only = {f"{name}__isnull" if value is None else name: value is None or value for name, value in owner.only.items()}
    return QuerySet(apps.get_model(label)).filter(Q(**{f"{owner.path}__in": people}), **only)


def is_there(label: str) -> bool:
    """Whether this installation has the model: third-party apps come and go."""
    try:
        apps.get_model(label)
    except LookupError:
        return False
    return True


def ended(people: QuerySet[Person]) -> dict[int, Ended]:
    """For each of these people who is not anonymous yet. A bounded number of queries, whatever their number."""
    waiting = people.filter(anonymized_at=None)
    last = {pk: clock.local_date(at) for pk, at in waiting.values_list("pk", "created_at")}
    alive: set[int] = set()
    for label, service in plan().service.items():
        path = plan().people[label].path
        rows = rows_of(label, waiting.order_by())
        goes_on = Q(**{service.until[0]: None})
        for name, values in service.alive.items():
            goes_on |= Q(**{f"{name}__in": values})
        alive |= set(rows.filter(goes_on).order_by().values_list(path, flat=True))
        latest = {f"last_{name}": Max(name) for name in service.until}
        for pk, *moments in rows.order_by().values_list(path).annotate(**latest):
            for moment in moments:
                if moment is not None and pk in last:
                    last[pk] = max(last[pk], _date(moment))
    return {pk: Ended(pk, None if pk in alive else on) for pk, on in last.items()}


def due(code: str, people: QuerySet[Person] | None = None) -> list[int]:
    """Whose term is over, the longest over first."""
    found = Person.objects.all() if people is None else people
    years = _years(found)
    today = clock.today()
    over = [
        (one.on, pk)
        for pk, one in ended(found).items()
        if one.on is not None and over_on(one.on, years[pk] if code == RECORD else _term(plan(), code)) <= today
    ]
    concerned = with_rows_for(AFTER) if code == AFTER and over else None
    return [pk for _, pk in sorted(over) if concerned is None or pk in concerned]


def with_rows_for(code: str) -> set[int]:
    """People of whom there still is anything that goes with this term."""
    found: set[int] = set()
    for work in plan().work(code):
        if work.is_deleted and is_there(work.model):
            path = plan().people[work.model].path
            found |= set(QuerySet(apps.get_model(work.model)).order_by().values_list(path, flat=True).distinct())
    return found - {None}


def years_of(municipality_number: str) -> int:
    """How many years records are kept: the municipality's own, or everybody's; never fewer than the law says."""
    own = settings.RETENTION_YEARS_OF.get(municipality_number)
    return max(_term(plan(), RECORD), settings.RETENTION_YEARS if own is None else own)


def _years(people: QuerySet[Person]) -> dict[int, int]:
    numbers = people.order_by().values_list("pk", "municipality__municipality_number")
    return {pk: years_of(number) for pk, number in numbers}


def _term(read: Plan, code: str) -> int:
    years = read.terms[code].years
    if years is None:
        raise ValueError(code)
    return years


def _date(moment: dt.date | dt.datetime) -> dt.date:
    return clock.local_date(moment) if isinstance(moment, dt.datetime) else moment
