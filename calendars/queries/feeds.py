"""Reads of the calendar feeds."""

import datetime as dt
import functools

from django.db import connection

from calendars.domain.entries import CANCELLED_FOR
from calendars.domain.ical import assemble
from calendars.domain.window import window_on
from calendars.models import CalendarFeed
from calendars.services.feeds import hash_of
from transition import clock
from transition.models import Person

# What an answer needs to know of a feed; everything else is fetched when asked for.
POLLED = (
    "public_id",
    "person",
    "detail",
    "expires_on",
    "revoked_at",
    "revision",
    "changed_at",
    "next_change_at",
    "last_fetched_at",
)

# Written out, because composing it for each answer took longer than running it.
_ENTRIES = """
    SELECT body FROM calendars_feedentry
    WHERE person_id = %s AND detail = %s AND starts_at < %s AND ends_at > %s
        AND (cancelled_at IS NULL OR cancelled_at > %s)
    ORDER BY starts_at, id
"""


def feed_rows(person: Person) -> list[CalendarFeed]:
    """The addresses nobody has stopped, the newest first; some may have run out. One query."""
    return list(CalendarFeed.objects.filter(person=person, revoked_at=None).select_related("created_by"))


def live_feed(token: str, *, today: dt.date) -> CalendarFeed | None:
    """The feed behind an address. Unknown, malformed, revoked and run out are the same: None. One query."""
    token_hash = hash_of(token)
    if token_hash is None:
        return None
    feed = next(iter(CalendarFeed.objects.raw(_feed_by_hash(), [token_hash])), None)
    return feed if feed is not None and feed.is_live(today) else None


def calendar_of(feed: CalendarFeed, *, today: dt.date, now: dt.datetime) -> bytes:
    """The calendar itself, put together from stored text. One query, whatever the number of events.

    Everything that touches a day of the window, without what was cancelled so long ago that it has dropped out.
    """
    start, end = (clock.at(date, dt.time.min) for date in window_on(today))
    moments = [connection.ops.adapt_datetimefield_value(moment) for moment in (end, start, now - CANCELLED_FOR)]
    with connection.cursor() as cursor:
        cursor.execute(_ENTRIES, [feed.person_id, feed.detail, *moments])
        return assemble(body for (body,) in cursor.fetchall())


@functools.cache
def _feed_by_hash() -> str:
    """The SQL of the one query of a poll. Programs poll all day; making it anew cost more than all the rest."""
    sql, _ = CalendarFeed.objects.order_by().filter(token_hash="").only(*POLLED).query.sql_with_params()
    return sql
