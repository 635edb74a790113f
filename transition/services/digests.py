"""1日1通のまとめ: what readers want to hear of once a day goes into one mail at eight in the morning."""

import datetime as dt

from django.db.models import Q, QuerySet

from transition import clock
from transition.domain.quiet import Waits, may_go
from transition.enums import Delivery, NotificationKind, NotificationState
from transition.models import Notification
from transition.notifications import Told, registry
from transition.services import addressing
from transition.services.transactions import writing

AT = dt.time(8)


def bundle(now: dt.datetime) -> int:
    """Make this morning's bundles, once for each reader; how many. May be repeated at any time."""
    local = now.astimezone(clock.TOKYO)
    if local.time() < AT or not may_go(now, Waits.NIGHT):
        return 0
    morning = clock.at(local.date(), AT)
    readers = _waiting(now, morning).order_by("user").values_list("user", flat=True).distinct()
    return sum(_bundle(user_id=pk, now=now, morning=morning) for pk in list(readers))


def told(digest: Notification) -> list[Told]:
    """What of it still holds; the rest is obsolete from now on."""
    rows = list(digest.bundled.order_by("due_at", "pk"))
    words = registry.tell(rows)
    gone = [row.pk for row in rows if row.pk not in words]
    Notification.objects.filter(pk__in=gone).update(state=NotificationState.OBSOLETE, bundle=None)
    return [words[row.pk] for row in rows if row.pk in words]


def _waiting(now: dt.datetime, morning: dt.datetime) -> QuerySet[Notification]:
    awake = addressing.awake(now)
    return addressing.waiting(now).filter(
        Q(delivery=Delivery.DIGEST, reachable=True), due_at__lte=morning, kind__in=awake
    )


@writing
def _bundle(*, user_id: int, now: dt.datetime, morning: dt.datetime) -> bool:
    reason = f"{NotificationKind.DIGEST}:digest:{morning.date()}:{user_id}"
    if Notification.objects.filter(reason_key=reason).exists():
        return False
    digest = Notification.objects.create(
        kind=NotificationKind.DIGEST, reason_key=reason, user_id=user_id, due_at=morning
    )
    rows = _waiting(now, morning).filter(user=user_id)
    Notification.objects.filter(pk__in=list(rows.values_list("pk", flat=True))).update(
        state=NotificationState.BUNDLED, bundle=digest
    )
    return True
