"""What a feed carries today. Asked at every fetch: an address never shows more than its owner may see now."""

import hashlib
from typing import cast

from django.db.models import QuerySet, Value

from calendars.domain.levels import variant_of
from calendars.enums import Audience, Variant
from calendars.models import CalendarFeed, FeedEntry
from programs.models import Escort, Home
from transition import clock
from transition.enums import HOSTING_KINDS
from transition.models import Organization, Person, SupportLink


def variant(feed: CalendarFeed) -> Variant:
    """In which stored words this feed speaks."""
    return variant_of(feed.audience, feed.detail, hosting=_is_hosting(feed))


def entries(feed: CalendarFeed) -> QuerySet[FeedEntry]:
    """Every entry in sight, whatever its date. None once a feed is emptied, a consent or a membership has ended."""
    found = FeedEntry.objects.filter(variant=variant(feed))
    if feed.is_emptied:
        return found.none()
    match feed.audience:
        case Audience.PERSON:
            return found.filter(person=feed.person_id)
        case Audience.FAMILY:
            return found.filter(person=feed.person_id) if feed.agreed else found.none()
        case Audience.HOME:
            return found.filter(home=feed.home_id)
        case Audience.ORGANIZATION:
            if _is_hosting(feed):
                return found.filter(home__in=_homes(feed).values("pk"))
            return found.filter(person__in=_people(feed).values("pk"))
        case _:
            own = found.filter(person__in=_people(feed).values("pk"))
            escorted = found.filter(session__in=_escorted(feed).values("session"))
            return own | escorted


def fingerprint(feed: CalendarFeed) -> str:
    """Names what is in sight, so that a feed moves when somebody comes or goes. At most one query."""
    if feed.is_emptied:
        return "emptied"
    match feed.audience:
        case Audience.PERSON | Audience.HOME:
            return ""
        case Audience.FAMILY:
            return "" if feed.agreed else "withdrawn"
        case Audience.ORGANIZATION:
            rows = _homes(feed) if _is_hosting(feed) else _people(feed)
            return _digest(rows.order_by("pk").values_list("pk", flat=True))
        case _:
            people = _people(feed).order_by().annotate(kind=Value("p")).values_list("kind", "pk")
            sessions = _escorted(feed).order_by().annotate(kind=Value("s")).values_list("kind", "session")
            return _digest(sorted(people.union(sessions)))


def _is_hosting(feed: CalendarFeed) -> bool:
    return feed.organization is not None and feed.organization.kind in HOSTING_KINDS


def _homes(feed: CalendarFeed) -> QuerySet[Home]:
    return Home.objects.filter(organization=feed.organization_id)


def _people(feed: CalendarFeed) -> QuerySet[Person]:
    """Of an organization all it supports; of a worker, while still a member there, those led by the worker."""
    organization = cast(Organization, feed.organization)
    supported = Person.objects.supported_by(organization)
    if feed.audience == Audience.ORGANIZATION:
        return supported
    led = SupportLink.objects.on(clock.today()).filter(organization=organization, lead=feed.user_id)
    return supported.filter(pk__in=led.values("person")) if feed.is_member else supported.none()


def _escorted(feed: CalendarFeed) -> QuerySet[Escort]:
    """Where the worker goes along, of people the organization still supports."""
    if not feed.is_member:
        return Escort.objects.none()
    supported = Person.objects.supported_by(cast(Organization, feed.organization))
    return Escort.objects.filter(user=feed.user_id, session__person__in=supported.values("pk"))


def _digest(ids: "QuerySet | list") -> str:
    return hashlib.sha256(repr(list(ids)).encode()).hexdigest()
