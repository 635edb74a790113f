"""Issues, renews and revokes the secret addresses of feeds."""

import datetime as dt
import hashlib
import re
import secrets
from contextlib import suppress

from django.db import OperationalError

from calendars.domain.agents import agent_of
from calendars.enums import Audience, Detail
from calendars.models import CalendarFeed, default_expiry
from calendars.services import fragments
from transition import clock
from transition.models import Person, User
from transition.services import audit
from transition.services.transactions import RequestKey, lock, writing

TOKEN_BYTES = 32
NOTED_EVERY = dt.timedelta(hours=1)
_TOKEN = re.compile(r"[A-Za-z0-9_-]{43}")


@writing
def issue(
    *,
    person: Person,
    label: str,
    by: User,
    detail: str = Detail.NEUTRAL,
    audience: str = Audience.FAMILY,
    key: RequestKey | None = None,
) -> CalendarFeed:
    """A new address. `feed.token` holds the secret this one time; it is empty when `key` was used before."""
    lock(Person, [person.pk])
    now = clock.now()
    feed = CalendarFeed(person=person, audience=audience, detail=detail, label=label, created_by=by)
    feed.next_change_at = fragments.next_change_of(person, detail, now)
    feed.token = _give_token(feed)
    feed.save()
    audit.record("feed.issue", feed, by=by, person=person.pk, audience=audience, detail=detail)
    return feed


@writing
def rotate(*, feed: CalendarFeed, by: User, key: RequestKey | None = None) -> CalendarFeed:
    """Another address for the same reader; the old one is dead at once. `feed.token` as with `issue`."""
    (feed,) = lock(CalendarFeed, [feed.pk])
    if feed.revoked_at is not None:
        return feed
    feed.token = _give_token(feed)
    feed.expires_on = default_expiry()
    feed.last_fetched_at, feed.last_agent = None, ""
    feed.save()
    # It may have run out meanwhile, and then nobody has moved it along with the entries.
    fragments.move(CalendarFeed.objects.filter(pk=feed.pk), clock.now())
    audit.record("feed.rotate", feed, by=by)
    return feed


@writing
def revoke(*, feed: CalendarFeed, by: User) -> CalendarFeed:
    """The address is dead at once, as if it had never been. What was fetched before cannot be called back."""
    (feed,) = lock(CalendarFeed, [feed.pk])
    if feed.revoked_at is None:
        feed.revoked_at, feed.revoked_by = clock.now(), by
        feed.save()
        audit.record("feed.revoke", feed, by=by)
    return feed


def note_fetch(*, feed: CalendarFeed, user_agent: str) -> None:
    """Remember, once an hour at most, that a program has read the feed.

    A single statement outside any transaction; a database too busy for it must not cost anybody the calendar.
    """
    now = clock.now()
    if feed.last_fetched_at is None or now - feed.last_fetched_at >= NOTED_EVERY:
        with suppress(OperationalError):
            CalendarFeed.objects.filter(pk=feed.pk).update(last_fetched_at=now, last_agent=agent_of(user_agent))


def hash_of(token: str) -> str | None:
    """What is stored of a token; None for what cannot be one."""
    return hashlib.sha256(token.encode()).hexdigest() if _TOKEN.fullmatch(token) else None


def _give_token(feed: CalendarFeed) -> str:
    token = secrets.token_urlsafe(TOKEN_BYTES)
    feed.token_hash = hashlib.sha256(token.encode()).hexdigest()
    return token
