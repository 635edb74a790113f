"""Keeps the stored text of feeds true to the sessions. Called inside the transaction of the change itself."""

import datetime as dt
import uuid
from collections.abc import Iterable, Sequence
from typing import Any, NamedTuple

from django.conf import settings
from django.db import transaction
from django.db.models import Min, Q, QuerySet
from django.urls import reverse

from calendars import scopes
from calendars.domain.entries import CANCELLED_FOR, Facts, content_of, variants_of
from calendars.domain.ical import Content, Stamps, Status, fragment
from calendars.enums import OF_A_PERSON, Audience, Variant
from calendars.models import CalendarFeed, FeedEntry
from programs.enums import SessionKind, SessionState
from programs.models import Escort, Home, Session
from transition import clock
from transition.enums import COORDINATING_KINDS
from transition.models import Organization, Person, SupportLink
from transition.services.transactions import lock, writing

# What changes in an entry when its session does.
FIELDS = ("home", "sequence", "changed_at", "starts_at", "ends_at", "cancelled_at", "body")


class Touched(NamedTuple):
    """Which calendars carry an entry depends on these."""

    session: int
    person: int
    home: int | None
    variant: str

    @classmethod
    def by(cls, entry: FeedEntry) -> "Touched":
        return cls(entry.session_id, entry.person_id, entry.home_id, entry.variant)


def refresh(sessions: QuerySet[Session]) -> int:
    """Rewrite the entries of these sessions and move the feeds that carry them. Returns how many changed.

    An entry whose bytes stay the same keeps its stamps. The caller holds the lock on the persons.
    """
    now = clock.now()
    added, changed = rewritten(sessions, now)
    with transaction.atomic(savepoint=False):
        FeedEntry.objects.bulk_create(added)
        _store(changed, FIELDS)
        move(feeds_of(map(Touched.by, [*added, *changed])), now)
    return len(added) + len(changed)


def rewritten(sessions: QuerySet[Session], now: dt.datetime) -> tuple[list[FeedEntry], list[FeedEntry]]:
    """The entries there are none of yet, and those that have to say something else. Nothing is saved."""
    rows = list(sessions.select_related("person", "room__home").order_by("pk"))
    stored: dict[tuple[int, str], FeedEntry] = {
        (entry.session_id, entry.variant): entry for entry in FeedEntry.objects.filter(session__in=rows)
    }
    uids = {session_id: entry.uid for (session_id, _), entry in stored.items()}
    added: list[FeedEntry] = []
    changed: list[FeedEntry] = []
    for session in rows:
        facts = _facts(session)
        uid = uids.get(session.pk) or _uid(session)
        for variant in variants_of(facts.kind):
            content = content_of(facts, variant)
            entry = stored.get((session.pk, variant))
            if entry is None:
                added.append(_added(session, variant, uid, content))
            elif _body(session, entry, content) != entry.body:
                changed.append(_changed(session, entry, content, now))
    return added, changed


def refresh_for(sessions: QuerySet[Session]) -> int:
    """The same for sessions that show something else that has changed: a home's name, a person's."""
    with transaction.atomic():
        lock(Person, sessions.order_by().values_list("person", flat=True))
        return refresh(sessions)


@writing
def catch_up(*, feed: CalendarFeed, scope: str) -> CalendarFeed:
    """Move a feed out of which a cancelled event has dropped, or whose `scope` is another than when it was last read.

    Returns it fresh.
    """
    now = clock.now()
    due = Q(next_change_at__lte=now) | ~Q(scope=scope)
    if CalendarFeed.objects.filter(due, pk=feed.pk).update(scope=scope):
        move(CalendarFeed.objects.filter(pk=feed.pk), now)
    fresh = CalendarFeed.objects.select_related("organization").get(pk=feed.pk)
    fresh.agreed, fresh.is_member = feed.agreed, feed.is_member
    if fresh.audience not in OF_A_PERSON:
        fresh.next_change_at = next_change_of(fresh, now)
        fresh.save(update_fields=["next_change_at"])
    return fresh


def move(feeds: QuerySet[CalendarFeed], now: dt.datetime) -> None:
    """Tell subscribers of these feeds that the bytes have changed, and note when they next do so by themselves.

    For feeds of many people that moment is only brought forward here, and found exactly when it has come.
    """
    rows = list(feeds.select_for_update(of=("self",), no_key=True).order_by("pk"))
    if not rows:
        return
    next_changes = _next_changes({feed.person_id for feed in rows if feed.person_id}, now)
    for feed in rows:
        feed.revision += 1
        feed.changed_at = max(now, feed.changed_at + dt.timedelta(seconds=1))
        if feed.person_id:
            feed.next_change_at = next_changes.get((feed.person_id, feed.detail))
        elif feed.next_change_at is None or feed.next_change_at <= now:
            feed.next_change_at = now + CANCELLED_FOR
    _store(rows, ["revision", "changed_at", "next_change_at"])


def _store(rows: list[Any], fields: Sequence[str]) -> None:
    """These columns of rows that exist, in one plain statement: `bulk_update` takes ten times as long to put into
    words, a CASE for each column and row."""
    if rows:
        type(rows[0]).objects.bulk_create(rows, update_conflicts=True, unique_fields=["pk"], update_fields=fields)


def next_change_of(feed: CalendarFeed, now: dt.datetime) -> dt.datetime | None:
    """When a cancelled event next drops out of this feed."""
    cancelled = scopes.entries(feed).filter(cancelled_at__gt=now - CANCELLED_FOR)
    earliest = cancelled.aggregate(Min("cancelled_at"))["cancelled_at__min"]
    return earliest + CANCELLED_FOR if earliest else None


def _next_changes(persons: set[int], now: dt.datetime) -> dict[tuple[int, str], dt.datetime]:
    cancelled = FeedEntry.objects.filter(person__in=persons, cancelled_at__gt=now - CANCELLED_FOR)
    earliest = cancelled.order_by().values_list("person", "variant").annotate(Min("cancelled_at"))
    return {(person, variant): moment + CANCELLED_FOR for person, variant, moment in earliest}


def feeds_of(entries: Iterable[Touched]) -> QuerySet[CalendarFeed]:
    """Those of a person at the level that has changed; all others in whose sight a changed session may be."""
    entries = list(entries)
    if not entries:
        return CalendarFeed.objects.none()
    found = Q(pk__in=[])
    told: dict[int, set[str]] = {}
    for entry in entries:
        told.setdefault(entry.person, set()).add(entry.variant)
    for variants in {frozenset(variants) for variants in told.values()}:
        people_told = sorted(person for person, those in told.items() if those == variants)
        found |= Q(person__in=people_told, detail__in=sorted(variants))
    sessions, people = {entry.session for entry in entries}, {entry.person for entry in entries}
    if homes := {entry.home for entry in entries if entry.home}:
        offices = Home.objects.filter(pk__in=homes).values("organization")
        found |= Q(audience=Audience.HOME, home__in=homes)
        found |= Q(audience=Audience.ORGANIZATION, organization__in=offices)
    links = SupportLink.objects.on(clock.today()).filter(person__in=people)
    cities = Person.objects.filter(pk__in=people).values("municipality")
    coordinating = Organization.objects.filter(kind__in=COORDINATING_KINDS).filter(
        Q(pk__in=cities) | Q(municipality__in=cities)
    )
    found |= Q(audience=Audience.ORGANIZATION, organization__in=links.values("organization"))
    found |= Q(audience=Audience.ORGANIZATION, organization__in=coordinating.values("pk"))
    found |= Q(audience=Audience.WORKER, user__in=links.values("lead"))
    found |= Q(audience=Audience.WORKER, user__in=Escort.objects.filter(session__in=sessions).values("user"))
    return CalendarFeed.objects.live(clock.today()).filter(found)


def _added(session: Session, variant: Variant, uid: str, content: Content) -> FeedEntry:
    entry = FeedEntry(session=session, person_id=session.person_id, variant=variant, uid=uid, sequence=0)
    entry.changed_at = session.changed_at
    entry.cancelled_at = session.changed_at if content.status is Status.CANCELLED else None
    return _filled(session, entry, content)


def _changed(session: Session, entry: FeedEntry, content: Content, now: dt.datetime) -> FeedEntry:
    entry.sequence += 1
    entry.changed_at = max(now, entry.changed_at)
    if content.status is Status.CANCELLED:
        entry.cancelled_at = entry.cancelled_at or now
    else:
        entry.cancelled_at = None
    return _filled(session, entry, content)


def _filled(session: Session, entry: FeedEntry, content: Content) -> FeedEntry:
    entry.home_id = session.room.home_id if session.room else None
    entry.starts_at, entry.ends_at = content.starts_at, content.ends_at
    entry.body = _body(session, entry, content)
    return entry


def _body(session: Session, entry: FeedEntry, content: Content) -> str:
    return fragment(content, Stamps(entry.uid, entry.sequence, session.created_at, entry.changed_at))


def _uid(session: Session) -> str:
    """Opaque, and the same again should the entries ever have to be made anew from nothing."""
    return f"{uuid.uuid5(session.public_id, 'calendar')}@{settings.CALENDAR_UID_HOST}"


def _facts(session: Session) -> Facts:
    home = session.room.home if session.room else None
    place = f"{home.name}（{home.area}）" if home and home.area else home.name if home else session.place
    return Facts(
        kind=SessionKind(session.kind),
        state=SessionState(session.state),
        starts_at=session.starts_at,
        ends_at=session.ends_at,
        ended_early_at=session.actual_ends_at,
        place=place,
        room=session.room.name if session.room else "",
        called=session.person.called,
        code=session.person.code,
        url=f"{settings.SITE_ADDRESS}{reverse('programs:session-detail', args=[session.public_id])}"
        if settings.SITE_ADDRESS
        else "",
    )
