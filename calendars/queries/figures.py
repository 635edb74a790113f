"""How the calendars are read, in numbers that name nobody."""

import datetime as dt
from collections.abc import Iterable

from django.db.models import Count, Q

from calendars.enums import Audience
from calendars.models import CalendarFeed, FeedRefresh
from transition import clock
from transition.figures import Figure

# Programs look at least once a day; whoever has not for three has perhaps lost the address.
QUIET = dt.timedelta(days=3)
REFRESH_LATE = dt.timedelta(minutes=10)


def feeds() -> Iterable[Figure]:
    """Addresses by audience, how many were read lately, and what is being written anew, in 2 queries."""
    now = clock.now()
    found = CalendarFeed.objects.live(clock.local_date(now)).aggregate(
        **{audience: Count("pk", filter=Q(audience=audience)) for audience in Audience.values},
        read=Count("pk", filter=Q(last_fetched_at__gte=now - dt.timedelta(days=1))),
        quiet=Count("pk", filter=Q(last_fetched_at__lt=now - QUIET)),
        never=Count("pk", filter=Q(last_fetched_at=None)),
    )
    for audience in Audience:
        yield Figure("feeds", f"{audience.label}のアドレス", found[audience], "件", (("audience", audience.value),))
    yield Figure("feeds_read_24h", "24時間に読まれた", found["read"], "件")
    yield Figure("feeds_quiet", "3日より長く読まれていない", found["quiet"], "件")
    yield Figure("feeds_never_read", "まだ読まれていない", found["never"], "件")
    waiting = FeedRefresh.objects.pending().aggregate(
        count=Count("pk"), late=Count("pk", filter=Q(noted_at__lt=now - REFRESH_LATE))
    )
    yield Figure("feed_refreshes", "書き直し中", waiting["count"], "件", alarm=waiting["late"] > 0)
