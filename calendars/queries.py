"""Reads of the calendar feeds."""

import datetime as dt

from calendars.domain.ical import assemble
from calendars.domain.window import window_on
from calendars.models import CalendarFeed, FeedEntry
from calendars.services.feeds import hash_of
from transition.models import Person


def feed_rows(person: Person) -> list[CalendarFeed]:
    """The addresses nobody has stopped, the newest first; some may have run out. One query."""
    return list(CalendarFeed.objects.filter(person=person, revoked_at=None).select_related("created_by"))


def live_feed(token: str, *, today: dt.date) -> CalendarFeed | None:
    """The feed behind an address. Unknown, malformed, revoked and run out are the same: None. One query."""
    token_hash = hash_of(token)
    return CalendarFeed.objects.live(today).filter(token_hash=token_hash).first() if token_hash else None


def calendar_of(feed: CalendarFeed, *, today: dt.date, now: dt.datetime) -> bytes:
    """The calendar itself, put together from stored text. One query, whatever the number of events."""
    entries = FeedEntry.objects.filter(person=feed.person_id, detail=feed.detail)
    return assemble(entries.within(window_on(today)).shown_at(now).values_list("body", flat=True))
