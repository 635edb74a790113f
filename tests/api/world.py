"""Which thing of the world an address or a field of the API speaks of."""

import datetime as dt
from collections.abc import Callable, Mapping
from typing import Any

from programs.models import ExternalCalendar, FamilyRemark, HomePhoto, Portrait
from tests import factories
from tests.access import Place
from transition import clock
from transition.enums import IntentionAnswer, NotificationKind
from transition.models import ApiToken, IntentionCheck, Notification


def token_of(place: Place) -> ApiToken:
    """The worker's."""
    owner = {"user": place.world.worker, "organization": place.world.office}
    return ApiToken.objects.filter(**owner).first() or factories.ApiTokenFactory(**owner)


def intention_of(place: Place) -> IntentionCheck:
    found = place.world.person.intention_checks.first()
    return found or IntentionCheck.objects.create(
        person=place.world.person,
        organization=place.world.office,
        asked_on=clock.today(),
        asker="支援員",
        method="ことば",
        answer=IntentionAnswer.values[0],
        next_on=clock.today() + dt.timedelta(days=180),
        by=place.world.worker,
    )


def notification_of(place: Place) -> Notification:
    """The worker's."""
    user = place.world.worker
    return Notification.objects.filter(user=user).first() or factories.NotificationFactory(user=user)


def portrait_of(place: Place) -> Portrait:
    """The worker's."""
    picture = {
        "large": place.photo.large,
        "small": place.photo.small,
        "width": 1,
        "height": 1,
        "by": place.world.worker,
    }
    return Portrait.objects.get_or_create(user=place.world.worker, defaults=picture)[0]


# The last noun before the id in an address, or the name of a field in a body.
BY_NAME: Mapping[str, Callable[[Place], Any]] = {
    "people": lambda place: place.world.person,
    "person": lambda place: place.world.person,
    "homes": lambda place: place.world.room.home,
    "home": lambda place: place.world.room.home,
    "home-photos": lambda place: HomePhoto.objects.filter(home=place.world.room.home)[0],
    "external-calendars": lambda place: ExternalCalendar.objects.filter(home=place.world.room.home)[0],
    "rooms": lambda place: place.world.room,
    "room": lambda place: place.world.room,
    "slots": lambda place: place.world.slot,
    "slot": lambda place: place.world.slot,
    "sessions": lambda place: place.session,
    "session": lambda place: place.session,
    "programs": lambda place: place.own_program,
    "program": lambda place: place.world.program,
    "enrollments": lambda place: place.enrollment,
    "enrollment": lambda place: place.enrollment,
    "goals": lambda place: place.goal,
    "goal": lambda place: place.goal,
    "consents": lambda place: place.consent,
    "photos": lambda place: place.photo,
    "feeds": lambda place: place.feed,
    "links": lambda place: place.link,
    "stop-requests": lambda place: place.stop,
    "remarks": lambda place: FamilyRemark.objects.earliest("pk"),
    "organizations": lambda place: place.world.office,
    "organization": lambda place: place.world.office,
    "municipality": lambda place: place.world.municipality,
    "reviews": lambda place: place.enrollment.reviews.get(),
    "outcomes": lambda place: place.enrollment.outcome,
    "wish-pages": lambda place: place.wish_item,
    "portraits": portrait_of,
    "tokens": token_of,
    "disclosures": lambda place: place.world.person.disclosures.earliest("pk"),
    "grants": lambda place: place.world.person.grants.earliest("pk"),
    "contacts": lambda place: place.world.person.contacts.earliest("pk"),
    "intentions": intention_of,
    "notifications": notification_of,
    # Named by a code and a number instead of an id.
    "notification-choices": lambda place: NotificationKind.STAY_TOMORROW,
    "card-versions": lambda place: 1,
    "months": lambda place: "2026-11",
    "webhooks": lambda place: place.world.municipality.webhooks.earliest("pk"),
    "invitations": lambda place: place.world.municipality.invitations.earliest("pk"),
}


def object_of(place: Place, path: str, name: str) -> Any:
    """What `name`, a field or the part of `path` in braces, stands for; None when nobody knows."""
    noun = name.removesuffix("_id")
    if path:
        before, found, _ = path.partition("{" + name + "}")
        noun = before.rstrip("/").rpartition("/")[2] if found else noun
    return BY_NAME[noun](place) if noun in BY_NAME else None
