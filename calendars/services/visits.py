"""How often a family's page is opened: counted in the database, so that all processes count together.

No address of a reader is kept: what is counted is named by a keyed hash, and old counts go.
"""

import datetime as dt
import hashlib
import hmac
import ipaddress
import math
from collections.abc import Mapping
from contextlib import suppress

from django.conf import settings
from django.db import OperationalError, connection
from django.db.models import F, Q

from calendars.models import CalendarFeed, VisitCount
from transition import clock

STRETCH = dt.timedelta(minutes=10)
KEPT_FOR = dt.timedelta(hours=1)
# One visit is one visit, however often the page is loaded again meanwhile.
VISIT = dt.timedelta(minutes=10)
# In one stretch. A house, an office or a mobile network behind one address has many readers.
PAGES, PHOTOS, SENDINGS = "page", "photo", "send"
MOST: Mapping[str, int] = {PAGES: 60, PHOTOS: 600, SENDINGS: 20}
NETWORK_FACTOR = 10

_COUNT = """
    INSERT INTO calendars_visitcount (key, since, count) VALUES (%s, %s, 1), (%s, %s, 1)
    ON CONFLICT (key, since) DO UPDATE SET count = calendars_visitcount.count + 1
    RETURNING key, count
"""


def wait_for(*, feed: CalendarFeed, kind: str, network: str) -> int:
    """Count one request; seconds to wait when there were too many through this address or from this network, else 0.

    One statement outside any transaction. A database too busy for it must not cost anybody the page.
    """
    now = clock.now()
    since = now - dt.timedelta(seconds=now.timestamp() % STRETCH.total_seconds())
    by_feed, by_network = _key(kind, "feed", str(feed.public_id)), _key(kind, "network", network)
    moment = connection.ops.adapt_datetimefield_value(since)
    counts = {by_feed: 1, by_network: 1}
    with suppress(OperationalError), connection.cursor() as cursor:
        cursor.execute(_COUNT, [by_feed, moment, by_network, moment])
        counts = dict(cursor.fetchall())
        if counts[by_feed] == 1:
            VisitCount.objects.filter(since__lt=now - KEPT_FOR).delete()
    most = MOST[kind]
    if counts[by_feed] <= most and counts[by_network] <= most * NETWORK_FACTOR:
        return 0
    return math.ceil((since + STRETCH - now).total_seconds()) or 1


def note_look(*, feed: CalendarFeed) -> None:
    """Begin a visit, unless one goes on: `page_before_at` is when the one before began. Changes `feed` as well."""
    now = clock.now()
    if feed.page_seen_at is not None and now - feed.page_seen_at < VISIT:
        return
    ended = Q(page_seen_at=None) | Q(page_seen_at__lte=now - VISIT)
    with suppress(OperationalError):
        CalendarFeed.objects.filter(ended, pk=feed.pk).update(page_before_at=F("page_seen_at"), page_seen_at=now)
        feed.page_before_at, feed.page_seen_at = feed.page_seen_at, now


def network_of(remote: str, forwarded: str) -> str:
    """Who asks: an IPv4 address, or the network of an IPv6 one, which has a new address every day.

    Behind our own web server `remote` is this machine, and the last hop it has written down is the reader.
    """
    hop = forwarded.rpartition(",")[2].strip()
    for written in (remote, hop):
        with suppress(ValueError):
            address = ipaddress.ip_address(written)
            if written == remote and address.is_loopback and hop:
                continue
            if isinstance(address, ipaddress.IPv6Address) and address.ipv4_mapped is None:
                return str(ipaddress.ip_network((address, 64), strict=False))
            return str(address)
    return "unknown"


def _key(*parts: str) -> str:
    return hmac.new(settings.SECRET_KEY.encode(), "|".join(parts).encode(), hashlib.sha256).hexdigest()
