"""Writes down many reasons to tell somebody something at once, each for the organization in which the reader works.

`notify` is for one reason and any users; here the number of queries does not grow with the number of reasons.
"""

import datetime as dt
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any

from django.db import models, transaction

from transition.enums import NotificationKind
from transition.models import Membership, Notification, Person
from transition.services.waking import wake_for


@dataclass(frozen=True, slots=True)
class Occasion:
    """One reason to tell these members something, each of them for the organization in which they work.

    `reason` names it without the reader and without personal text, as with `notify`.
    """

    kind: NotificationKind
    reason: str
    members: Sequence[Membership]
    subject: models.Model
    person: Person | None = None
    data: dict[str, Any] = field(default_factory=dict)

    def rows(self, now: dt.datetime) -> list[Notification]:
        """One for each user, also for one who works in two of the organizations."""
        organizations = {member.user_id: member.organization_id for member in reversed(self.members)}
        return [
            Notification(
                kind=self.kind,
                reason_key=f"{self.kind}:{self.reason}:{user_id}",
                user_id=user_id,
                organization_id=organization_id,
                person=self.person,
                subject_type=self.subject._meta.label_lower,
                subject_id=str(getattr(self.subject, "public_id", self.subject.pk)),
                data=self.data,
                due_at=now,
                created_at=now,
            )
            for user_id, organization_id in organizations.items()
        ]


def unwritten(occasions: Iterable[Occasion], now: dt.datetime) -> list[Notification]:
    """What these occasions give to tell and nobody has been told; one query, none for no occasion."""
    rows = [row for occasion in occasions for row in occasion.rows(now)]
    if not rows:
        return []
    keys = [row.reason_key for row in rows]
    told = set(Notification.objects.filter(reason_key__in=keys).values_list("reason_key", flat=True))
    return [row for row in rows if row.reason_key not in told]


def write(rows: Sequence[Notification]) -> None:
    """Whoever was told meanwhile is not told again. Inside the caller's transaction, like `notify`."""
    if not transaction.get_connection().in_atomic_block:
        raise RuntimeError("a notification belongs into the transaction of what causes it")
    if rows:
        Notification.objects.bulk_create(rows, ignore_conflicts=True)
        wake_for(min(row.due_at for row in rows))
