"""What has served its purpose goes, some at a time. Never records of people: those have terms of their own."""

import datetime as dt
from importlib import import_module

from django.conf import settings
from django.db.models import QuerySet
from django_q.models import Task

from transition import clock
from transition.enums import NotificationState
from transition.models import IdempotencyKey, JobRun, Notification, Pulse, RateCount
from transition.services.rates import KEPT_FOR
from transition.services.transactions import writing

KEYS = dt.timedelta(hours=48)
TASKS = dt.timedelta(days=30)
READ_NOTIFICATIONS = dt.timedelta(days=180)
RUNS = dt.timedelta(days=400)
TRIES = dt.timedelta(days=2)
# So many in one transaction, and so many of them in one night.
BATCH = 1_000
MOST_BATCHES = 50
# What a person may still have to decide about stays.
_SETTLED = (
    NotificationState.SENT,
    NotificationState.UNMAILED,
    NotificationState.OBSOLETE,
    NotificationState.BUNDLED,
)


def purge() -> int:
    """Of everything that is kept for a while only, what is older than that. Returns how many rows."""
    now = clock.now()
    old = [
        # The stored answers of the API are in these rows. Those of the demo say what has been seeded.
        IdempotencyKey.objects.filter(created_at__lt=now - KEYS).exclude(user__is_demo=True),
        RateCount.objects.filter(since__lt=now - KEPT_FOR),
        Task.objects.filter(stopped__lt=now - TASKS),
        Notification.objects.filter(read_at__lt=now - READ_NOTIFICATIONS, state__in=_SETTLED, bundled=None),
        JobRun.objects.filter(on__lt=clock.local_date(now - RUNS)),
        Pulse.objects.filter(name__startswith="task:", at__lt=now - TRIES),
    ]
    import_module(settings.SESSION_ENGINE).SessionStore.clear_expired()
    return sum(remove(rows) for rows in old)


def remove(rows: QuerySet) -> int:  # type: ignore[type-arg]
    """Some at a time, so that nobody waits for long."""
    total = 0
    for _ in range(MOST_BATCHES):
        count = _remove_some(rows=rows)
        total += count
        if count < BATCH:
            break
    return total


@writing
def _remove_some(*, rows: QuerySet) -> int:  # type: ignore[type-arg]
    ids = list(rows.order_by("pk").values_list("pk", flat=True)[:BATCH])
    rows.model._default_manager.filter(pk__in=ids).delete()
    return len(ids)
