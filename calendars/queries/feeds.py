"""Reads of the calendar feeds."""

import datetime as dt
import functools
from typing import Any

from django.core.exceptions import EmptyResultSet
from django.db import connection
from django.db.backends.base.base import BaseDatabaseWrapper
from django.db.models import BinaryField, Exists, F, Func, OuterRef, Q, QuerySet
from django.db.models.sql.compiler import SQLCompiler

from calendars import scopes
from calendars.domain.entries import CANCELLED_FOR
from calendars.domain.ical import assemble
from calendars.domain.window import window_on
from calendars.enums import OF_A_PERSON
from calendars.models import EMPTY_FOR, CalendarFeed
from calendars.prepared import Prepared
from transition import clock
from transition.domain.tokens import hash_of
from transition.enums import ConsentKind
from transition.models import Consent, Membership, Organization

# What an answer needs to know of a feed; everything else is fetched when asked for.
POLLED = (
    "public_id",
    "person",
    "home",
    "organization",
    "user",
    "audience",
    "detail",
    "emptied_at",
    "scope",
    "expires_on",
    "revoked_at",
    "revision",
    "changed_at",
    "next_change_at",
    "last_fetched_at",
)

_HASH = "@hash"
_ORGANIZATION_COLUMNS = ("id", "kind", "municipality_id")

# Written out, because composing it for each answer took longer than running it.
_ENTRIES = """
    SELECT {body} FROM calendars_feedentry
    WHERE person_id = %s AND variant = %s AND starts_at < %s AND ends_at > %s
        AND (cancelled_at IS NULL OR cancelled_at > %s)
    ORDER BY starts_at, id
"""


def feed_rows(found: QuerySet[CalendarFeed]) -> list[CalendarFeed]:
    """These addresses, the newest first, without those that have been empty for long enough. One query."""
    now = clock.now()
    kept = found.filter(Q(emptied_at=None) | Q(emptied_at__gt=now - EMPTY_FOR))
    return list(kept.select_related("created_by"))


def live_feed(token: str, *, now: dt.datetime) -> CalendarFeed | None:
    """The feed behind an address, with what its owner may do today. One query.

    Unknown, malformed, revoked and run out are the same: None.
    """
    token_hash = hash_of(token)
    if token_hash is None:
        return None
    prepared = _feed_by_hash()
    rows = prepared.rows(clock.local_date(now), {_HASH: token_hash})
    if not rows:
        return None
    *values, agreed, is_member, kind, municipality = prepared.converted(rows[0])
    feed = CalendarFeed.from_db(connection.alias, _polled_columns(), values)
    if not feed.is_live(now):
        return None
    feed.agreed, feed.is_member = agreed, is_member
    if feed.organization_id:
        known = (feed.organization_id, kind, municipality)
        feed.organization = Organization.from_db(connection.alias, _ORGANIZATION_COLUMNS, known)
    return feed


def calendar_of(feed: CalendarFeed, *, today: dt.date, now: dt.datetime) -> bytes:
    """The calendar itself, put together from stored text. One query, whatever the number of events.

    Everything that touches a day of the window, without what was cancelled so long ago that it has dropped out.
    """
    start, end = (clock.at(date, dt.time.min) for date in window_on(today))
    if feed.audience not in OF_A_PERSON or feed.is_emptied or not feed.agreed:
        seen = scopes.entries(feed).filter(starts_at__lt=end, ends_at__gt=start)
        seen = seen.filter(Q(cancelled_at=None) | Q(cancelled_at__gt=now - CANCELLED_FOR))
        try:
            bodies = seen.order_by("starts_at", "session_id", "pk").values_list(AsStored("body"))
            return _calendar(*bodies.query.sql_with_params())
        except EmptyResultSet:
            return assemble([])
    moments = [connection.ops.adapt_datetimefield_value(moment) for moment in (end, start, now - CANCELLED_FOR)]
    return _calendar(_entries_sql(), (feed.person_id, feed.detail, *moments))


class AsStored(Func):
    """A text as SQLite holds it, in bytes: a thousand events are not decoded only to be encoded again.

    PostgreSQL sends its own bytes spelled out in hexadecimal, which takes longer, so there it stays a text.
    """

    output_field = BinaryField()
    template = "%(expressions)s"

    def as_sqlite(self, compiler: SQLCompiler, connection: BaseDatabaseWrapper, **more: Any) -> tuple[str, Any]:
        return self.as_sql(compiler, connection, template="CAST(%(expressions)s AS BLOB)", **more)


def _calendar(sql: str, params: tuple) -> bytes:
    """Texts are encoded one at a time, so that no fetch holds a whole calendar in wide characters."""
    with connection.cursor() as cursor:
        cursor.execute(sql, params)
        if connection.vendor == "sqlite":
            return assemble(body for (body,) in cursor)
        return assemble(body.encode() for (body,) in cursor)


@functools.cache
def _entries_sql() -> str:
    return _ENTRIES.format(body="CAST(body AS BLOB)" if connection.vendor == "sqlite" else "body")


@functools.cache
def _polled_columns() -> list[str]:
    """In the order in which they are asked for."""
    fields = CalendarFeed._meta.concrete_fields
    return [field.attname for field in fields if field.primary_key or field.name in POLLED]


@functools.cache
def _feed_by_hash() -> Prepared:
    def compose() -> QuerySet[CalendarFeed]:
        agreed = Consent.objects.given(ConsentKind.CALENDAR, clock.today()).filter(person=OuterRef("person"))
        member = Membership.objects.current().filter(user=OuterRef("user"), organization=OuterRef("organization"))
        found = CalendarFeed.objects.order_by().filter(token_hash=_HASH).only(*POLLED)
        return found.annotate(
            has_agreed=Exists(agreed),
            belongs=Exists(member),
            kind=F("organization__kind"),
            municipality=F("organization__municipality"),
        )

    return Prepared(compose, marks=[_HASH])
