"""Reads of what a person has said, やめたい, and what became of it; and of what families have written."""

import datetime as dt

from django.db.models import Exists, OuterRef, Q
from django.db.models.functions import Coalesce

from programs.enums import SessionState
from programs.models import FamilyRemark, Home, Session, StopRequest
from programs.models.voices import FamilyRemarkQuerySet, StopRequestQuerySet
from programs.queries.disclosure import DAYS_AFTER, NAMED_STATES
from transition import clock
from transition.models import Person, User


def remarks_for(user: User) -> FamilyRemarkQuerySet:
    """Of the people whom the user supports, and of stays in the user's homes once they are confirmed."""
    people = Person.objects.visible_to(user).values("pk")
    homes = Home.objects.run_by(user).values("pk")
    return FamilyRemark.objects.filter(
        Q(session__person__in=people) | Q(session__room__home__in=homes, session__state__in=NAMED_STATES)
    ).select_related("session__person", "session__room__home")


def readable_remarks(user: User) -> FamilyRemarkQuerySet:
    """Those of `remarks_for` that a session's page shows: a home reads no longer than it may know who it was.

    `sees_person`: the user reads as one who supports the person.
    """
    earliest = clock.at(clock.today() - dt.timedelta(days=DAYS_AFTER), dt.time())
    known = Q(session__state=SessionState.IN_PROGRESS) | Q(left_at__gte=earliest)
    rows = remarks_for(user).annotate(
        sees_person=Exists(Person.objects.visible_to(user).filter(pk=OuterRef("session__person"))),
        left_at=Coalesce("session__actual_ends_at", "session__ends_at"),
    )
    return rows.filter(known | Q(sees_person=True)).select_related("seen_by", "home_seen_by")


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
