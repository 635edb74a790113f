"""The address of a calendar comes to its end: whoever hands it out is told while it still works."""

import datetime as dt
from collections.abc import Mapping, Sequence

from django.db.models import Exists, OuterRef
from django.urls import reverse

from calendars.enums import OF_A_PERSON, Audience
from calendars.models import CalendarFeed
from programs.notifications import words
from programs.notifications.planners import LATE, each_morning
from programs.notifications.recipients import Circle, Members, Readers
from transition import clock
from transition.enums import ConsentKind, Delivery
from transition.enums import NotificationKind as Kind
from transition.models import Consent, Notification
from transition.notifications import Notice, Told, registry
from transition.services.occasions import Occasion

DAYS_BEFORE = dt.timedelta(days=14)


@each_morning
def ending(now: dt.datetime, today: dt.date) -> list[Occasion]:
    """Addresses that stop working in two weeks. Three queries for any number."""
    last = today + DAYS_BEFORE
    feeds = CalendarFeed.objects.live(today).filter(emptied_at=None, expires_on__gt=last - LATE, expires_on__lte=last)
    found = list(feeds.select_related("person", "home"))
    if not found:
        return []
    owners = {pk for feed in found if (pk := _owner(feed)) is not None}
    circle = Circle((feed.person_id for feed in found if feed.person_id), today, organizations=owners)
    return [
        Occasion(
            Kind.FEED_ENDING,
            f"feed:{feed.public_id}:{feed.expires_on}",
            _keepers(feed, circle),
            feed,
            feed.person,
            {"on": feed.expires_on.isoformat()},
        )
        for feed in found
    ]


def tell(rows: Sequence[Notification]) -> Mapping[int, Told]:
    """Three queries. An address of a family is dead as soon as the person does not agree any more."""
    readers, today = Readers(rows), clock.today()
    agreed = Consent.objects.filter(person=OuterRef("person")).given(ConsentKind.CALENDAR, today)
    live = CalendarFeed.objects.live(today).filter(public_id__in={row.subject_id for row in rows}, emptied_at=None)
    feeds = {
        str(feed.public_id): feed
        for feed in live.annotate(is_agreed=Exists(agreed)).select_related("person", "home", "organization")
    }
    told = {}
    for row in rows:
        feed = feeds.get(row.subject_id)
        if feed is not None and row.data.get("on") == feed.expires_on.isoformat() and _keeps(row, feed, readers):
            told[row.pk] = _told(feed)
    return told


def register() -> None:
    """Once, when the app is ready."""
    registry.register(Notice(Kind.FEED_ENDING, tell, default=Delivery.DIGEST))
    registry.plan_with(ending)


def _owner(feed: CalendarFeed) -> int | None:
    """The organization of a feed that is not a person's."""
    return feed.home.organization_id if feed.home is not None else feed.organization_id


def _keepers(feed: CalendarFeed, circle: Circle) -> Members:
    """The supporters of the person; else whose it is, or who has handed it out, or everybody in the organization."""
    if feed.person_id is not None:
        return circle.of_person(feed.person_id)
    organization_id = _owner(feed) or 0
    if feed.audience == Audience.WORKER:
        own = circle.member(organization_id, feed.user_id)
        return [own] if own else []
    issuer = circle.member(organization_id, feed.created_by_id)
    return [issuer] if issuer else circle.staff[organization_id]


def _keeps(row: Notification, feed: CalendarFeed, readers: Readers) -> bool:
    if feed.person is not None:
        is_open: bool = feed.audience != Audience.FAMILY or feed.is_agreed  # type: ignore[attr-defined]
        return is_open and readers.sees(row.user_id, feed.person)
    if feed.audience == Audience.WORKER and feed.user_id != row.user_id:
        return False
    return readers.works_for(row.user_id, _owner(feed) or 0)


def _told(feed: CalendarFeed) -> Told:
    whose = f"{feed.person.name}さん・" if feed.audience in OF_A_PERSON and feed.person is not None else ""
    return Told(
        subject="予定表のアドレスの期限が近づいています",
        summary=f"{words.day(feed.expires_on)}をすぎると読めなくなります。続けるときは、新しいアドレスを渡してください。",
        url=reverse("calendars:feed-rotate", args=[feed.public_id]),
        action="新しいアドレスにする",
        detail=f"{whose}{feed.label}",
    )
