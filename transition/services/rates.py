"""How often something is asked for: counted in the database, so that all processes count together.

No address and no token is kept: what is counted is named by a keyed hash, and old counts go.
"""

import datetime as dt
import hashlib
import hmac
import math
from collections.abc import Iterable, Mapping
from contextlib import suppress

from django.conf import settings
from django.db import connection

from transition import clock
from transition.models import RateCount
from transition.services.transactions import NOT_NOW

# Longer than any stretch.
KEPT_FOR = dt.timedelta(hours=1)


def wait_for(most: Mapping[str, int], *, stretch: dt.timedelta) -> int:
    """Count one request under each name; seconds to wait when a name had more than it may in this stretch, else 0.

    One statement outside any transaction. A database too busy for it, or one that only reads, must not cost an answer.
    """
    now = clock.now()
    since = now - dt.timedelta(seconds=now.timestamp() % stretch.total_seconds())
    keys = {_key(name): name for name in most}
    moment = connection.ops.adapt_datetimefield_value(since)
    rows = ", ".join(["(%s, %s, 1)"] * len(keys))
    counts: dict[str, int] = {}
    with suppress(*NOT_NOW), connection.cursor() as cursor:
        cursor.execute(
            # Only placeholders are put together here.
            f"INSERT INTO transition_ratecount (key, since, count) VALUES {rows} "  # noqa: S608
            "ON CONFLICT (key, since) DO UPDATE SET count = transition_ratecount.count + 1 RETURNING key, count",
            [part for key in keys for part in (key, moment)],
        )
        counts = {keys[key]: count for key, count in cursor.fetchall()}
        if 1 in counts.values():
            RateCount.objects.filter(since__lt=now - KEPT_FOR).delete()
    if all(counts.get(name, 1) <= allowed for name, allowed in most.items()):
        return 0
    return math.ceil((since + stretch - now).total_seconds()) or 1


def forget(names: Iterable[str]) -> None:
    """Begin to count anew. A database too busy for it lets the old counts run out."""
    with suppress(*NOT_NOW):
        RateCount.objects.filter(key__in=[_key(name) for name in names]).delete()


def _key(name: str) -> str:
    return hmac.new(settings.SECRET_KEY.encode(), name.encode(), hashlib.sha256).hexdigest()
