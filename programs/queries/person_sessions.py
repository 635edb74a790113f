"""Every session of one person, newest first, and the documents that come of them."""

import datetime as dt
from dataclasses import dataclass
from itertools import groupby
from typing import Any

from django.core.paginator import Page, Paginator
from django.db.models import Exists, OuterRef, QuerySet, Subquery

from programs.domain import wording
from programs.enums import COUNTING_STATES, HELD_STATES, Face, SessionState
from programs.models import Enrollment, Rating, Session, SessionRecord, StopRequest
from programs.queries import cards
from programs.queries.story import what, where
from transition import clock
from transition.domain.months import months_later
from transition.models import IntentionCheck, Person, PersonCard

PER_PAGE = 20
# Sessions whose months are told apart for the list of sheets; older sheets keep their address.
SESSIONS_READ = 1000
MONTHS_SHOWN = 24


@dataclass(frozen=True, slots=True)
class Line:
    """One session of the list; `face` is the latest the person chose, empty for none."""

    session: Session
    title: str
    place: str
    face: str
    record_missing: bool
    wants_to_stop: bool

    @property
    def face_word(self) -> str:
        return str(Face(self.face).label)


def sessions_page(person: Person, number: str | int) -> Page:
    """One page of (month, its Lines). Two queries, however many."""
    page = Paginator(_sessions(person), PER_PAGE).get_page(number)
    now = clock.now()
    lines = [_line(session, now) for session in page.object_list]
    by_month = groupby(lines, key=lambda line: clock.local_date(line.session.starts_at).replace(day=1))
    months: Any = [(f"{wording.year(month)}{month.month}月", list(rows)) for month, rows in by_month]
    page.object_list = months
    return page


def _sessions(person: Person) -> QuerySet[Session]:
    faces = Rating.objects.filter(session=OuterRef("pk")).order_by("-at", "-pk").values("face")[:1]
    return (
        Session.objects.filter(person=person)
        .select_related("program", "room__home", "record")
        .annotate(
            face=Subquery(faces),
            recorded=Exists(SessionRecord.objects.filter(session=OuterRef("pk"))),
            wants_to_stop=Exists(StopRequest.objects.open().filter(session=OuterRef("pk"))),
        )
        .order_by("-starts_at", "-pk")
    )


def _line(session: Session, now: dt.datetime) -> Line:
    over = session.state in HELD_STATES or (session.state == SessionState.CONFIRMED and session.ends_at < now)
    return Line(
        session=session,
        title=what(session),
        place=where(session),
        face=session.face or "",  # type: ignore[attr-defined]
        record_missing=over and not session.recorded,  # type: ignore[attr-defined]
        wants_to_stop=session.wants_to_stop,  # type: ignore[attr-defined]
    )


@dataclass(frozen=True, slots=True)
class Documents:
    """What can be printed about one person."""

    versions: list[PersonCard]
    months: list[tuple[str, str]]
    enrollments: list[Enrollment]
    asked: IntentionCheck | None


def documents(person: Person) -> Documents:
    """Four queries."""
    return Documents(
        versions=cards.versions(person),
        months=_months(person),
        enrollments=list(Enrollment.objects.filter(person=person).select_related("program")[::-1]),
        asked=IntentionCheck.objects.filter(person=person).first(),
    )


def _months(person: Person) -> list[tuple[str, str]]:
    """Every month into which a session fell, newest first, as its code and its name."""
    rows = Session.objects.filter(person=person, state__in=COUNTING_STATES).order_by("-starts_at")
    found: set[dt.date] = set()
    for starts_at, ends_at in rows.values_list("starts_at", "ends_at")[:SESSIONS_READ]:
        month, last = (clock.local_date(moment).replace(day=1) for moment in (starts_at, ends_at))
        while month <= last:
            found.add(month)
            month = months_later(month, 1)
    newest = sorted(found, reverse=True)[:MONTHS_SHOWN]
    return [(f"{month:%Y-%m}", f"{wording.year(month)}{month.month}月") for month in newest]
