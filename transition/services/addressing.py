"""Which notifications are to go out, and how: what their readers have chosen, and who they are today."""

import datetime as dt
from collections.abc import Mapping

from django.db.models import BooleanField, Case, CharField, Exists, OuterRef, Q, QuerySet, Subquery, Value, When
from django.db.models.functions import Coalesce

from transition.domain.quiet import Waits, may_go
from transition.enums import Delivery, NotificationKind, NotificationState
from transition.models import Membership, Notification, NotificationChoice
from transition.notifications import Notice, Semantics, registry

# The bundle is made and told here; to its reader, a second one is better than none.
DIGEST = Notice(
    kind=NotificationKind.DIGEST,
    tell=lambda rows: {},
    semantics=Semantics.AT_LEAST_ONCE,
    waits=Waits.NIGHT,
    may_be_off=False,
)


def notices() -> Mapping[str, Notice]:
    return {**registry.notices, NotificationKind.DIGEST: DIGEST}


def waiting(now: dt.datetime) -> QuerySet[Notification]:
    """Those due and not yet sent, with `delivery` as the reader chose it, else as the kind has it, and `reachable`:
    whether the reader still works here. A kind that nobody has registered waits until somebody has."""
    known = notices()
    chosen = NotificationChoice.objects.filter(user=OuterRef("user"), kind=OuterRef("kind"))
    for kind, notice in known.items():
        if not notice.may_be_off:
            chosen = chosen.exclude(kind=kind, delivery=Delivery.OFF)
    defaults = [When(kind=kind, then=Value(str(notice.default))) for kind, notice in known.items()]
    working = Membership.objects.current().filter(user=OuterRef("user"))
    member = Exists(working.filter(organization=OuterRef("organization"))) | Q(
        Exists(working), organization__isnull=True
    )
    return Notification.objects.filter(state=NotificationState.NEW, due_at__lte=now, kind__in=list(known)).annotate(
        delivery=Coalesce(
            Subquery(chosen.values("delivery")[:1]),
            Case(*defaults, default=Value(str(Delivery.MAIL)), output_field=CharField()),
        ),
        reachable=Case(
            When(Q(user__is_active=True) & (Q(user__is_superuser=True) | member), then=Value(True)),
            default=Value(False),
            output_field=BooleanField(),
        ),
    )


def awake(now: dt.datetime) -> list[str]:
    """The kinds that may go by mail at this moment."""
    return [kind for kind, notice in notices().items() if may_go(now, notice.waits)]
