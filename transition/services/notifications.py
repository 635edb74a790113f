"""Writes down that somebody is to be told something; the pump sends it.

Called inside the transaction of what causes it.
"""

import datetime as dt
from collections.abc import Iterable
from typing import Any

from django.db import models, transaction

from transition import clock
from transition.enums import NotificationKind
from transition.models import Notification, Organization, Person, User
from transition.services.waking import wake_for


def notify(
    *,
    kind: NotificationKind,
    reason: str,
    users: Iterable[User],
    subject: models.Model | None = None,
    person: Person | None = None,
    organization: Organization | None = None,
    due_at: dt.datetime | None = None,
    data: dict[str, Any] | None = None,
) -> int:
    """One row for each user, unless that user was told for this very reason; how many are new.

    `reason` names the occasion without the reader, such as "stay:<public id>:2026-12-05"; at most 150 characters, no
    personal text. Must run inside a transaction.
    """
    if not transaction.get_connection().in_atomic_block:
        raise RuntimeError("notify() belongs into the transaction of what causes it")
    rows = [
        Notification(
            kind=kind,
            reason_key=f"{kind}:{reason}:{user.pk}",
            user=user,
            organization=organization,
            person=person,
            subject_type=subject._meta.label_lower if subject is not None else "",
            subject_id=str(getattr(subject, "public_id", subject.pk)) if subject is not None else "",
            data=data or {},
            due_at=due_at or clock.now(),
        )
        for user in users
    ]
    before = Notification.objects.filter(reason_key__in=[row.reason_key for row in rows]).count()
    Notification.objects.bulk_create(rows, ignore_conflicts=True)
    wake_for(due_at)
    return len(rows) - before
