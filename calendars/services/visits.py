"""How often a family's page is opened, and when a visit began."""

import datetime as dt
from collections.abc import Mapping
from contextlib import suppress

from django.db.models import F, Q

from calendars.models import CalendarFeed
from transition import clock
from transition.services import rates
from transition.services.transactions import NOT_NOW

STRETCH = dt.timedelta(minutes=10)
# One visit is one visit, however often the page is loaded again meanwhile.
VISIT = dt.timedelta(minutes=10)
# In one stretch. A house, an office or a mobile network behind one address has many readers.
PAGES, PHOTOS, SENDINGS = "page", "photo", "send"
MOST: Mapping[str, int] = {PAGES: 60, PHOTOS: 600, SENDINGS: 20}
NETWORK_FACTOR = 10


def wait_for(*, feed: CalendarFeed, kind: str, network: str) -> int:
    """Count one request; seconds to wait when there were too many through this address or from this network, else 0."""
    most = MOST[kind]
    names = {f"{kind}|feed|{feed.public_id}": most, f"{kind}|network|{network}": most * NETWORK_FACTOR}
    return rates.wait_for(names, stretch=STRETCH)


def note_look(*, feed: CalendarFeed) -> None:
    """Begin a visit, unless one goes on: `page_before_at` is when the one before began. Changes `feed` as well."""
    now = clock.now()
    if feed.page_seen_at is not None and now - feed.page_seen_at < VISIT:
        return
    ended = Q(page_seen_at=None) | Q(page_seen_at__lte=now - VISIT)
    with suppress(*NOT_NOW):
        CalendarFeed.objects.filter(ended, pk=feed.pk).update(page_before_at=F("page_seen_at"), page_seen_at=now)
        feed.page_before_at, feed.page_seen_at = feed.page_seen_at, now
