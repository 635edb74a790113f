"""Reads of what a person has said, やめたい, and what became of it; and of what families have written."""

from django.db.models import Q

from programs.models import FamilyRemark, Home, Session, StopRequest
from programs.models.voices import FamilyRemarkQuerySet, StopRequestQuerySet
from programs.queries.disclosure import NAMED_STATES
from transition.models import Person, User


def remarks_for(user: User) -> FamilyRemarkQuerySet:
    """Of the people whom the user supports, and of stays in the user's homes once they are confirmed."""
    people = Person.objects.visible_to(user).values("pk")
    homes = Home.objects.run_by(user).values("pk")
    return FamilyRemark.objects.filter(
        Q(session__person__in=people) | Q(session__room__home__in=homes, session__state__in=NAMED_STATES)
    ).select_related("session__person", "session__room__home")


def remarks_of(session: Session) -> list[FamilyRemark]:
    """All of one session, the newest first. One query."""
    return list(session.family_remarks.select_related("seen_by", "home_seen_by"))


def stops_for(user: User) -> StopRequestQuerySet:
    """Of the people whom the user supports, with their sessions."""
    people = Person.objects.visible_to(user).values("pk")
    return StopRequest.objects.filter(session__person__in=people).select_related(
        "session__person", "session__room__home", "handled_by"
    )


def open_stops(person: Person) -> list[StopRequest]:
    """Nobody has talked with the person yet; the oldest first. One query."""
    return list(
        StopRequest.objects.open()
        .filter(session__person=person)
        .select_related("session__person", "session__room__home")
        .order_by("at", "pk")
    )


def stops_of(session: Session) -> list[StopRequest]:
    """All of one session, the newest first. One query."""
    return list(session.stop_requests.select_related("handled_by"))
