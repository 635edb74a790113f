"""Reads of the calendar feeds."""

import datetime as dt
import functools

from calendars.domain.ical import assemble
from calendars.domain.window import window_on
from calendars.models import CalendarFeed, FeedEntry
from calendars.services.feeds import hash_of
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
    """The calendar itself, put together from stored text. One query, whatever the number of events."""
    entries = FeedEntry.objects.filter(person=feed.person_id, detail=feed.detail)
    return assemble(entries.within(window_on(today)).shown_at(now).values_list("body", flat=True))


@functools.cache
def _feed_by_hash() -> str:
    """The SQL of the one query of a poll. Programs poll all day; making it anew cost more than all the rest."""
    sql, _ = CalendarFeed.objects.order_by().filter(token_hash="").only(*POLLED).query.sql_with_params()
    return sql
