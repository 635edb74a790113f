"""Every kind of consent × every door it opens: open while it is given, closed at once when it is withdrawn, not yet
given, or past its end; and no other consent opens it.

Taken out once to see these fail: the question for the consent at each door.
"""

import datetime as dt
from collections.abc import Callable
from dataclasses import dataclass

import pytest
from django.core.files.base import ContentFile
from django.core.files.storage import default_storage
from django.test import Client
from django.urls import reverse

from calendars.enums import Detail
from calendars.models import CalendarFeed, FeedEntry
from calendars.services import feeds, fragments
from programs.enums import Face, SessionState
from programs.models import Photo, Rating, Session, SessionRecord
from programs.services import sessions
from tests import factories
from tests.personas import World, make_world
from tests.programs.pages import client_of, request
from transition import clock
from transition.enums import ConsentKind, ConsentMeans, Expression
from transition.models import Consent
from transition.services import consents

pytestmark = pytest.mark.django_db

SAID = "カレーをおかわりしました"


@dataclass
class Scene:
    world: World
    coming: Session
    past: Session
    photo: Photo
    feed: CalendarFeed
    enrollment_id: str

    def page(self, user: str, name: str, *arguments: object) -> str:
        """What the page says; empty when it does not open."""
        answer = client_of(getattr(self.world, user)).get(reverse(name, args=arguments))
        return answer.content.decode(errors="replace") if answer.status_code == 200 else ""

    def api(self, user: str, path: str) -> str:
        answer = client_of(getattr(self.world, user)).get(f"/api/v1/{path}")
        return answer.content.decode(errors="replace") if answer.status_code == 200 else ""

    def outside(self, name: str, *arguments: object) -> str:
        """Through the secret address, without an account."""
        answer = Client().get(reverse(name, args=[self.feed.token, *arguments]))
        return answer.content.decode(errors="replace") if answer.status_code == 200 else ""


@pytest.fixture
def scene(settings, tmp_path) -> Scene:
    settings.MEDIA_ROOT = tmp_path
    world = make_world()
    Consent.objects.all().delete()
    coming = request(world, "2026-12-05", "2026-12-07")
    sessions.confirm(session=coming, by=world.home_staff)
    enrollment = factories.EnrollmentFactory(person=world.person, organization=world.office)
    past = factories.SessionFactory(
        person=world.person,
        organization=world.office,
        enrollment=enrollment,
        program=enrollment.program,
        state=SessionState.COMPLETED,
        starts_at=clock.at(dt.date(2026, 11, 10), dt.time(10)),
    )
    SessionRecord.objects.create(session=past, family_note=SAID, by=world.worker)
    Rating.objects.create(session=past, face=Face.GOOD, expression=Expression.WORD, by=world.worker)
    for session in (coming, past):
        added, _ = fragments.rewritten(Session.objects.filter(pk=session.pk), clock.now())
        FeedEntry.objects.bulk_create(added)
    name = default_storage.save("photos/a.jpg", ContentFile(b"PHOTO OF THE PERSON"))
    photo = Photo.objects.create(session=past, large=name, small=name, width=4, height=3, by=world.worker)
    factories.PersonCardFactory(person=world.person, by=world.worker)
    feed = feeds.issue(person=world.person, label="母", detail=Detail.NAMES, by=world.worker, means=ConsentMeans.WORD)
    Consent.objects.all().delete()
    return Scene(world, coming, past, photo, feed, str(enrollment.public_id))


def has(text: str) -> Callable[[str], bool]:
    return lambda page: text in page


CARD_WORDS = has("よるは でんきを つけて")
A_PHOTO = has("PHOTO OF THE PERSON")
PICTURED = has("/photos/")

# (kinds that must be given, door, who it opens for, what is then seen)
DOORS: dict[str, tuple[tuple[ConsentKind, ...], Callable[[Scene], str], Callable[[str], bool]]] = {
    "card on the home's screen": (
        (ConsentKind.CARD,),
        lambda scene: scene.page("home_staff", "programs:session-card", scene.coming.public_id),
        CARD_WORDS,
    ),
    "card in the home's API": (
        (ConsentKind.CARD,),
        lambda scene: scene.api("home_staff", f"sessions/{scene.coming.public_id}/card/"),
        CARD_WORDS,
    ),
    "photo on the screen": (
        (ConsentKind.PHOTO,),
        lambda scene: scene.page("worker", "programs:photo", scene.photo.public_id, "large"),
        A_PHOTO,
    ),
    "photos of the session": (
        (ConsentKind.PHOTO,),
        lambda scene: scene.page("worker", "programs:photo-list", scene.past.public_id),
        PICTURED,
    ),
    "photo in the API": (
        (ConsentKind.PHOTO,),
        lambda scene: scene.api("worker", f"sessions/{scene.past.public_id}/photos/{scene.photo.public_id}/large/"),
        A_PHOTO,
    ),
    "list of photos in the API": (
        (ConsentKind.PHOTO,),
        lambda scene: scene.api("worker", f"sessions/{scene.past.public_id}/photos/"),
        has('"width":4'),
    ),
    "pack": (
        (ConsentKind.PHOTO,),
        lambda scene: scene.page("worker", "programs:pack", scene.enrollment_id),
        PICTURED,
    ),
    "month sheet": (
        (ConsentKind.PHOTO,),
        lambda scene: scene.page("worker", "programs:month-sheet", scene.world.person.public_id, "2026-11"),
        PICTURED,
    ),
    "feed": ((ConsentKind.CALENDAR,), lambda scene: scene.outside("calendars:feed"), has("BEGIN:VEVENT")),
    "family page": ((ConsentKind.CALENDAR,), lambda scene: scene.outside("calendars:family-page"), has("お泊まり")),
    "report on the family page": (
        (ConsentKind.CALENDAR, ConsentKind.REPORT),
        lambda scene: scene.outside("calendars:family-page"),
        has(SAID),
    ),
    "photo on the family page": (
        (ConsentKind.CALENDAR, ConsentKind.REPORT, ConsentKind.PHOTO),
        lambda scene: scene.outside("calendars:family-photo", scene.photo.public_id, "small"),
        A_PHOTO,
    ),
}

TODAY = dt.date(2026, 11, 22)


def give(scene: Scene, *kinds: ConsentKind, **dates) -> None:
    for kind in kinds:
        factories.ConsentFactory(person=scene.world.person, kind=kind, by=scene.world.worker, **dates)


def is_open(scene: Scene, door: str) -> bool:
    _, look, seen = DOORS[door]
    return seen(look(scene))


CASES = [(door, kind) for door, (kinds, _, _) in DOORS.items() for kind in kinds]


@pytest.mark.parametrize(("door", "kind"), CASES)
def test_withdrawn_is_closed_at_once(scene, door, kind):
    give(scene, *DOORS[door][0])
    assert is_open(scene, door)
    consents.withdraw(consent=Consent.objects.get(kind=kind), by=scene.world.worker)
    assert not is_open(scene, door)


@pytest.mark.parametrize(("door", "kind"), CASES)
def test_past_its_end_is_closed(scene, door, kind):
    give(scene, *(other for other in DOORS[door][0] if other != kind))
    give(scene, kind, ends_on=TODAY)
    assert is_open(scene, door)
    Consent.objects.filter(kind=kind).update(ends_on=TODAY - dt.timedelta(days=1))
    assert not is_open(scene, door)


@pytest.mark.parametrize(("door", "kind"), CASES)
def test_from_another_day_on_is_closed(scene, door, kind):
    give(scene, *(other for other in DOORS[door][0] if other != kind))
    give(scene, kind, given_on=TODAY + dt.timedelta(days=1))
    assert not is_open(scene, door)


@pytest.mark.parametrize(("door", "kind"), CASES)
def test_all_other_consents_together_do_not_open_it(scene, door, kind):
    give(scene, *(other for other in ConsentKind if other != kind))
    assert not is_open(scene, door)


@pytest.mark.parametrize("door", list(DOORS))
def test_somebody_elses_consent_opens_nothing(scene, door):
    for kind in ConsentKind:
        factories.ConsentFactory(kind=kind)
    assert not is_open(scene, door)


def test_every_kind_that_opens_anything_is_in_the_table():
    """The consent to take part opens no door: its withdrawal is talked about, and ends nothing by itself."""
    assert set(ConsentKind) - {kind for kinds, _, _ in DOORS.values() for kind in kinds} == {ConsentKind.PROGRAM}
