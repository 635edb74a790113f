"""Notes who read what about whom. Costs a page one insert; nobody waits long for it."""

import datetime as dt
import json
import logging
from collections.abc import Callable, Collection, Iterator
from contextlib import contextmanager
from typing import Any

from django.conf import settings
from django.db import DatabaseError, connection
from django.db.models import (
    BigIntegerField,
    Case,
    CharField,
    DateTimeField,
    Exists,
    F,
    JSONField,
    OuterRef,
    Q,
    Value,
    When,
)

from transition import clock
from transition.enums import COORDINATING_KINDS, ViewedBy
from transition.models import Organization, Person, SupportLink, ViewLog

logger = logging.getLogger(__name__)

# The same reader, the same person, the same thing: one row in this time.
ONCE = dt.timedelta(minutes=10)
# Where another writer holds the database for longer, the page goes out and the note into the log.
PATIENCE_MS = 250
COLUMNS = ("at", "actor", "organization", "person", "what", "door", "data")

# Who belongs to a daily circle besides those who support the person: (organization, today) → a condition on Person.
circles: list[Callable[[int, dt.date], Exists]] = []


def note(
    *,
    people: Collection[int],
    what: str,
    by: int,
    organization: Organization | None,
    door: str = ViewedBy.SCREEN,
    token: int | None = None,
    as_list: bool = False,
) -> None:
    """One row for each person; `as_list`: one row for all of them, with their number and ids.

    What cannot be written at once is lost to the table and stands in the log, by ids.
    """
    if not people:
        return
    extra = {"token": token} if token else {}
    insert = _list if as_list else _each
    try:
        sql, params = insert(sorted(people), what, by, organization, door, extra)
        with _impatient(), connection.cursor() as cursor:
            cursor.execute(sql, params)
    except DatabaseError as error:
        shown = ",".join(map(str, sorted(people)))
        logger.warning("view lost (%s): actor %s, people %s, what %s", type(error).__name__, by, shown, what)


def _each(
    people: list[int], what: str, by: int, organization: Organization | None, door: str, extra: dict[str, Any]
) -> tuple[str, Any]:
    now = clock.now()
    lately = ViewLog.objects.filter(person=OuterRef("pk"), actor=by, what=what, at__gt=now - ONCE)
    rows = Person.objects.filter(~Exists(lately), pk__in=people).order_by()
    data: Any = Value(extra | {"outside": True}, JSONField())
    if organization:
        data = Case(When(_inside(organization, by), then=Value(extra, JSONField())), default=data)
    pk = organization.pk if organization else None
    values = {
        "at": Value(now, DateTimeField()),
        "actor": Value(by, BigIntegerField()),
        "organization": Value(pk, BigIntegerField()),
        "person": F("pk"),
        "what": Value(what, CharField()),
        "door": Value(str(door), CharField()),
        "data": data,
    }
    named = rows.annotate(**{f"view_{name}": value for name, value in values.items()})
    sql, params = named.values_list(*(f"view_{name}" for name in COLUMNS)).query.sql_with_params()
    return f"{_insert()} {sql}", params


def _inside(organization: Organization, by: int) -> Q:
    """Supports the person every day: a current link; of who coordinates a municipality, only the person's lead."""
    today = clock.today()
    links = SupportLink.objects.on(today).filter(person=OuterRef("pk"), organization=organization.pk)
    if organization.kind in COORDINATING_KINDS:
        links = links.filter(lead=by)
    found = Q(Exists(links))
    for circle in circles:
        found |= Q(circle(organization.pk, today))
    return found


def _list(
    people: list[int], what: str, by: int, organization: Organization | None, door: str, extra: dict[str, Any]
) -> tuple[str, Any]:
    now = connection.ops.adapt_datetimefield_value(clock.now())
    since = connection.ops.adapt_datetimefield_value(clock.now() - ONCE)
    data = json.dumps({"count": len(people), "people": people, **extra})
    as_json = "%s::jsonb" if connection.vendor == "postgresql" else "%s"
    # Our own names only.
    there = f"SELECT 1 FROM {_table()} WHERE actor = %s AND at > %s AND person IS NULL"  # noqa: S608
    there += f" AND what = %s AND data = {as_json}"
    sql = f"{_insert()} SELECT %s, %s, %s, NULL, %s, %s, {as_json} WHERE NOT EXISTS ({there})"
    pk = organization.pk if organization else None
    return sql, [now, by, pk, what, str(door), data, by, since, what, data]


def _table() -> str:
    return connection.ops.quote_name(ViewLog._meta.db_table)


def _insert() -> str:
    return f"INSERT INTO {_table()} ({', '.join(COLUMNS)})"


@contextmanager
def _impatient() -> Iterator[None]:
    """SQLite waits for a writer up to the connection's timeout, which is right for an act and wrong for a note."""
    if connection.vendor != "sqlite":
        yield
        return
    connection.ensure_connection()
    usual = int(settings.DATABASES["default"].get("OPTIONS", {}).get("timeout", 5) * 1000)
    connection.connection.execute(f"PRAGMA busy_timeout = {PATIENCE_MS}")
    try:
        yield
    finally:
        connection.connection.execute(f"PRAGMA busy_timeout = {usual}")
