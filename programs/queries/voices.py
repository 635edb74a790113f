"""Reads of what a person has said: やめたい, and what became of it."""

from programs.models import Session, StopRequest
from programs.models.voices import StopRequestQuerySet
from transition.models import Person, User


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
