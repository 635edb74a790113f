"""Evidence. Written by services inside the transaction of the act itself; ids and numbers, no personal text."""

from typing import Any

from django.db import models

from transition.models import AuditEvent, User


def record(action: str, subject: models.Model, *, by: User | None, **data: Any) -> AuditEvent:
    """Add one event. `action` reads noun.verb; `by` None: the software itself, or the person through their link."""
    return AuditEvent.objects.create(
        action=action,
        subject_type=subject._meta.model_name or "",
        subject_id=str(getattr(subject, "public_id", subject.pk)),
        actor=by.pk if by else None,
        data=data,
    )
