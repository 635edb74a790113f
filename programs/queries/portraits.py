"""Whose face somebody may see: of colleagues, and of those who go along with a person."""

from uuid import UUID

from django.db.models import Q

from programs.enums import COUNTING_STATES
from programs.models import Escort, Portrait
from transition.models import Membership, Person, User


def for_user(user: User, public_id: UUID) -> Portrait | None:
    """One's own, and those of whoever works in the same organization today. One query."""
    mine = Membership.objects.current().filter(user=user).values("organization")
    colleagues = Membership.objects.current().filter(organization__in=mine).values("user")
    return Portrait.objects.filter(Q(user=user) | Q(user__in=colleagues), public_id=public_id).first()


def for_person(person: Person, public_id: UUID) -> Portrait | None:
    """Of somebody who goes along with the person, or went. One query."""
    escorts = Escort.objects.filter(session__person=person, session__state__in=COUNTING_STATES).values("user")
    return Portrait.objects.filter(user__in=escorts, public_id=public_id).first()
