"""When the time of somebody's records is over, only numbers remain: what transition/data/retention.yaml says, and
nothing that is written here.

Each person is one transaction, so that it may be stopped and begun again at any time. Nobody is touched of whom
anything goes on; that is asked again under the lock.
"""

import time
from collections.abc import Callable
from typing import Any, TypeAlias, cast
from uuid import uuid4

from django.apps import apps
from django.core.files.storage import default_storage
from django.db import connection, models, transaction
from django.db.models import Case, DateField, EmailField, JSONField, Model, QuerySet, TextField, Value, When
from django.db.models.functions import TruncYear

from transition import append_only, clock, guard
from transition.domain.retention import AFTER, ERASED, RECORD, Act, Work, plan
from transition.models import Person
from transition.queries import retention
from transition.services import audit
from transition.services.transactions import lock, writing

Field: TypeAlias = "models.Field[Any, Any]"

# Within one night; the rest waits for the next.
MOST = 500
PATIENCE_SECONDS = 20


def run() -> int:
    """Anonymize whose records have been kept long enough. Returns how many people."""
    return _each(retention.due(RECORD), anonymize)


def let_go() -> int:
    """Take out what goes before the records do: photos, wishes, contacts, addresses. Returns of how many people."""
    return _each(retention.due(AFTER), forget)


@writing
def anonymize(*, person_id: int) -> bool:
    """Only numbers remain. False when anything of the person goes on, or it has been done."""
    [person] = lock(Person, [person_id], also_anonymous=True)
    if not _is_due(person, RECORD):
        return False
    Person.objects.filter(pk=person.pk).update(anonymized_at=clock.now())
    with append_only.erasing():
        rows = _carry_out(person, plan().work(AFTER, RECORD))
    audit.record("person.anonymize", person, by=None, rows=rows)
    return True


@writing
def forget(*, person_id: int) -> bool:
    """What goes a year after the end. False when anything of the person goes on, or there is nothing."""
    [person] = lock(Person, [person_id], also_anonymous=True)
    if not _is_due(person, AFTER):
        return False
    rows = _carry_out(person, plan().work(AFTER))
    audit.record("person.forget", person, by=None, rows=rows)
    return True


def _is_due(person: Person, code: str) -> bool:
    return retention.due(code, Person.objects.filter(pk=person.pk)) == [person.pk]


def _each(ids: list[int], act: Callable[..., bool]) -> int:
    until, done = time.monotonic() + PATIENCE_SECONDS, 0
    if ids and connection.vendor == "sqlite":
        # What is overwritten is gone from the file too, and from every backup made of it.
        with connection.cursor() as cursor:
            cursor.execute("PRAGMA secure_delete = ON")
    for person_id in ids[:MOST]:
        if time.monotonic() > until or guard.is_stopping():
            break
        done += act(person_id=person_id)
    return done


def _carry_out(person: Person, works: list[Work]) -> dict[str, int]:
    """Model → how many rows. The person's own row comes last: others are found through it."""
    found: dict[str, int] = {}
    for work in sorted(works, key=lambda one: one.model == Person._meta.label):
        if not retention.is_there(work.model):
            continue
        rows = retention.rows_of(work.model, [person.pk])
        count = _delete(work.model, rows) if work.is_deleted else _blank(work, rows)
        if count:
            found[work.model] = count
    return found


def _delete(label: str, rows: QuerySet[Model]) -> int:
    files = plan().files.get(label, ())
    names = [name for row in rows.values_list(*files) for name in row] if files else []
    count = rows.count()
    # Past the manager: rows that are written once go as well when their time is over.
    QuerySet(rows.model).filter(pk__in=list(rows.values_list("pk", flat=True))).delete()
    if names:
        transaction.on_commit(lambda: _delete_files(names), robust=True)
    return count


def _delete_files(names: list[str]) -> None:
    for name in names:
        if name:
            default_storage.delete(name)


def _blank(work: Work, rows: QuerySet[Model]) -> int:
    model = apps.get_model(work.model)
    values = {name: _value(_field(model, name), act) for name, act in work.acts.items()}
    ids = list(rows.values_list("pk", flat=True))
    return QuerySet(model).filter(pk__in=ids).update(**values)


def _field(model: type[Model], name: str) -> Field:
    return cast("Field", model._meta.get_field(name))


def _value(field: Field, act: Act) -> object:
    """What stands in the field from now on."""
    if act is Act.MASK:
        # Where nothing stood, nothing has to be hidden; and often a constraint wants it so.
        return Case(When(**{field.name: ""}, then=Value("")), default=Value(ERASED), output_field=TextField())
    if act is Act.YEAR:
        return TruncYear(field.name, output_field=DateField())
    if act is Act.CLOSE:
        return False
    if act is Act.RANDOM:
        # No password has this for its hash, and no mail arrives there.
        return f"{uuid4().hex}@anonymous.invalid" if isinstance(field, EmailField) else f"!{uuid4().hex}"
    if field.null:
        return None
    return {} if isinstance(field, JSONField) else ""
