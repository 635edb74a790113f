"""What can only be otherwise by a fault: calendars that say something else than the sessions, or go on for somebody
who left."""

import datetime as dt
from collections.abc import Sequence

from django.db.models import Exists, OuterRef, Q

from calendars.enums import Audience
from calendars.models import EMPTY_FOR, CalendarFeed, FeedRefresh
from calendars.services import fragments
from programs.models import Session
from transition import clock
from transition.models import Membership
from transition.nightly import Invariant

# Sessions that changed in the last days, and of them so many.
LOOKED_BACK = dt.timedelta(days=2)
MOST_SESSIONS = 1_000


def entries_unlike_the_session(most: int) -> Sequence[str]:
    """Sessions of the last days of which a calendar says something else. Not while a rewriting is under way."""
    if FeedRefresh.objects.pending().exists():
        return []
    changed = Session.objects.filter(changed_at__gt=clock.now() - LOOKED_BACK).order_by("-changed_at")
    ids = list(changed.values_list("pk", flat=True)[:MOST_SESSIONS])
    added, rewritten = fragments.rewritten(Session.objects.filter(pk__in=ids), clock.now())
    broken = {entry.session_id for entry in (*added, *rewritten)}
    found = Session.objects.filter(pk__in=broken).order_by("pk").values_list("public_id", flat=True)
    return [str(one) for one in found[:most]]


def feeds_of_former_members(most: int) -> Sequence[str]:
    """Calendars of workers who left longer ago than an emptied calendar stays, and a day."""
    mine = Membership.objects.filter(user=OuterRef("user"), organization=OuterRef("organization"))
    lately = mine.filter(Q(ended_at=None) | Q(ended_at__gt=clock.now() - EMPTY_FOR - dt.timedelta(days=1)))
    feeds = CalendarFeed.objects.filter(~Exists(lately), audience=Audience.WORKER, revoked_at=None)
    return [str(one) for one in feeds.order_by("pk").values_list("public_id", flat=True)[:most]]


INVARIANTS = (
    Invariant("feeds.entries", "予定表の内容が、体験と合いません。", entries_unlike_the_session),
    Invariant("feeds.left", "やめた職員の予定表が、まだ配信されています。", feeds_of_former_members),
)
