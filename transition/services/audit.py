"""Evidence. Written by services inside the transaction of the act itself; ids and numbers, no personal text."""

from operator import attrgetter
from typing import Any

from django.db import models

from transition.domain.retention import plan
from transition.models import AuditEvent, User


def record(action: str, subject: models.Model, *, by: User | None, **data: Any) -> AuditEvent:
    """Add one event. `action` reads noun.verb; `by` None: the software itself, or the person through their link.

    What is done to a row of a person names that person, also when the row itself will be gone.
    """
    person = _person_of(subject)
    if person is not None:
        data = {"person": person} | data
    return AuditEvent.objects.create(
        action=action,
        subject_type=subject._meta.model_name or "",
        subject_id=str(getattr(subject, "public_id", subject.pk)),
        actor=by.pk if by else None,
        data=data,
    )


def _person_of(subject: models.Model) -> int | None:
    """Whose row it is, along the way that retention.yaml names. Of a sign-in: nobody."""
    owner = plan().people.get(subject._meta.label)
    if owner is None or owner.only:
        return None
    way = owner.path.replace("__", ".")
    found: int | None = attrgetter(way if way == "pk" else f"{way}_id")(subject)
    return found
