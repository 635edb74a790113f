"""What a feed carries today. Asked at every fetch: an address never shows more than its owner may see now."""

import functools
import hashlib
from typing import cast

from django.db.models import F, QuerySet

from calendars.domain.levels import variant_of
from calendars.enums import Audience, Variant
from calendars.models import CalendarFeed, FeedEntry
from calendars.prepared import Prepared
from programs.models import Escort, Home
from transition import clock
from transition.enums import COORDINATING_KINDS, HOSTING_KINDS, SUPPORTING_KINDS
from transition.models import Organization, Person, SupportLink

# Stand for the ids of one feed in the prepared SQL of all.
_ORGANIZATION, _CITY, _USER = -1_000_001, -1_000_002, -1_000_003


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
            return found.filter(person__in=_people(feed))
        case _:
            own = found.filter(person__in=_people(feed))
            escorted = found.filter(session__in=_escorted(feed).values("session"))
            return own | escorted


def fingerprint(feed: CalendarFeed) -> str:
    """Names what is in sight, so that a feed moves when somebody comes or goes. At most one query.

    Of many people: their ids, and those of the sessions where the worker goes along.
    """
    if feed.is_emptied:
        return "emptied"
    match feed.audience:
        case Audience.PERSON | Audience.HOME:
            return ""
        case Audience.FAMILY:
            return "" if feed.agreed else "withdrawn"
    if feed.audience == Audience.WORKER and not feed.is_member:
        return "ended"
    organization = cast(Organization, feed.organization)
    values = {_ORGANIZATION: organization.pk, _CITY: organization.municipality_id, _USER: feed.user_id}
    found = _in_sight(feed.audience, organization.kind).rows(clock.today(), values)
    return hashlib.sha256(repr(found).encode()).hexdigest()


@functools.cache
def _in_sight(audience: str, kind: str) -> Prepared:
    """What a fingerprint is made of: ids of homes or people; those of sessions with a minus."""
    organization = Organization(_ORGANIZATION, kind=kind, municipality_id=_CITY)
    feed = CalendarFeed(audience=audience, organization=organization, user_id=_USER)

    def compose() -> QuerySet:
        if audience == Audience.ORGANIZATION:
            return _homes(feed).order_by().values(known=F("pk")) if _is_hosting(feed) else _people(feed).order_by()
        escorts = _escorted(feed).order_by().values(known=-F("session"))
        return _people(feed).order_by().union(escorts, all=True)

    return Prepared(compose, marks=[_ORGANIZATION, _CITY, _USER], joined=True)


def _is_hosting(feed: CalendarFeed) -> bool:
    return feed.organization is not None and feed.organization.kind in HOSTING_KINDS


def _homes(feed: CalendarFeed) -> QuerySet[Home]:
    return Home.objects.filter(organization=feed.organization_id)


def _people(feed: CalendarFeed) -> QuerySet:
    """Ids: of an organization all it supports; of a worker, while still a member there, those led by the worker."""
    organization = cast(Organization, feed.organization)
    if feed.audience == Audience.ORGANIZATION:
        return people_supported_by(organization)
    if not feed.is_member:
        return SupportLink.objects.none().values(known=F("person"))
    led = _led(feed)
    if _is_linked(organization):
        return led.values(known=F("person"))
    return Person.objects.supported_by(organization).filter(pk__in=led.values("person")).values(known=F("pk"))


def _led(feed: CalendarFeed) -> QuerySet[SupportLink]:
    return SupportLink.objects.on(clock.today()).filter(organization=feed.organization_id, lead=feed.user_id)


def _escorted(feed: CalendarFeed) -> QuerySet[Escort]:
    """Where the worker goes along, of people the organization still supports."""
    if not feed.is_member:
        return Escort.objects.none()
    supported = people_supported_by(cast(Organization, feed.organization))
    return Escort.objects.filter(user=feed.user_id, session__person__in=supported)


def people_supported_by(organization: Organization) -> QuerySet:
    """The ids of `Person.objects.supported_by`, read off the links alone where links are what decides."""
    if not _is_linked(organization):
        return Person.objects.supported_by(organization).values(known=F("pk"))
    return SupportLink.objects.on(clock.today()).filter(organization=organization).values(known=F("person"))


def _is_linked(organization: Organization) -> bool:
    return organization.kind in SUPPORTING_KINDS and organization.kind not in COORDINATING_KINDS
