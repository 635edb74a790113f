"""Every kind of consent × every door it opens: open while it is given, closed at once when it is withdrawn, not yet
given, or past its end; and no other consent opens it.

Taken out once to see these fail: the question for the consent at each door, the day asked in Japan, the calendar's tag
and date that move, the photos that go with their consent, the question when a mail is sent.
"""

import datetime as dt
import json
from collections.abc import Callable
from dataclasses import dataclass

import pytest
from django.core.files.base import ContentFile
from django.core.files.storage import default_storage
from django.test import Client, TestCase
from django.urls import reverse

from calendars.enums import Detail
from calendars.models import CalendarFeed, FeedEntry
from calendars.services import feeds, fragments
from programs.enums import Face, SessionState
from programs.models import Photo, Rating, Session, SessionRecord, WebhookDelivery
from programs.services import sessions
from tests import factories
from tests.personas import World, make_world
from tests.programs.pages import client_of, request
from transition import clock, notifications
from transition.enums import ConsentKind, ConsentMeans, Expression, NotificationKind
from transition.models import Consent, Notification
from transition.services import consents, pump

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
def scene(media) -> Scene:
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


# When, to the second, and what readers have kept


@pytest.mark.parametrize(("door", "kind"), CASES)
def test_the_last_day_ends_at_midnight_in_japan(scene, frozen_time, door, kind):
    give(scene, *(other for other in DOORS[door][0] if other != kind))
    give(scene, kind, ends_on=TODAY)
    midnight = clock.at(TODAY + dt.timedelta(days=1), dt.time.min)
    frozen_time.move_to(midnight - dt.timedelta(seconds=1))
    assert is_open(scene, door)
    frozen_time.move_to(midnight)
    assert not is_open(scene, door)


def again(scene: Scene, known, **headers):
    return Client().get(known.wsgi_request.path, headers=headers)


def test_a_calendar_that_was_read_is_not_called_fresh_afterwards(scene, frozen_time):
    """By its tag or by its date: withdrawn, and past its end at midnight."""
    for close in ("withdrawn", "midnight"):
        Consent.objects.all().delete()
        give(scene, ConsentKind.CALENDAR, ends_on=clock.today())
        frozen_time.shift(dt.timedelta(minutes=2))
        known = Client().get(reverse("calendars:feed", args=[scene.feed.token]))
        assert b"BEGIN:VEVENT" in known.content
        kept = {"If-None-Match": known["ETag"]}, {"If-Modified-Since": known["Last-Modified"]}
        assert [again(scene, known, **one).status_code for one in kept] == [304, 304]
        frozen_time.shift(dt.timedelta(minutes=2))
        if close == "withdrawn":
            consents.withdraw(consent=Consent.objects.get(), by=scene.world.worker)
        else:
            frozen_time.move_to(clock.at(clock.today() + dt.timedelta(days=1), dt.time.min))
        answers = [again(scene, known, **one) for one in kept]
        assert [answer.status_code for answer in answers] == [200, 200]
        assert not any(b"BEGIN:VEVENT" in answer.content for answer in answers)


def test_nothing_behind_a_consent_may_be_kept_unasked(scene):
    """No cache on the way or in the browser shows it again without asking; a calendar may be asked for by its tag."""
    give(scene, *ConsentKind)
    token, photo, past, person = scene.feed.token, scene.photo.public_id, scene.past.public_id, scene.world.person
    own = client_of(scene.world.worker)
    pages = {
        "photo": own.get(reverse("programs:photo", args=[photo, "large"])),
        "photos": own.get(reverse("programs:photo-list", args=[past])),
        "api": own.get(f"/api/v1/sessions/{past}/photos/{photo}/large/"),
        "card": own.get(reverse("programs:card", args=[person.public_id])),
        "consents": own.get(reverse("programs:consent-list", args=[person.public_id])),
        "family page": Client().get(reverse("calendars:family-page", args=[token])),
        "family photo": Client().get(reverse("calendars:family-photo", args=[token, photo, "small"])),
    }
    assert {name for name, page in pages.items() if page.status_code != 200} == set()
    assert {name for name, page in pages.items() if "no-store" not in page.headers.get("Cache-Control", "")} == set()
    assert Client().get(reverse("calendars:feed", args=[token]))["Cache-Control"] == "private, no-cache"


def test_a_photo_opened_again_is_not_there(scene):
    """Its addresses, its row and its file, though a page with them is still open."""
    give(scene, *ConsentKind)
    photo, past, own = scene.photo.public_id, scene.past.public_id, client_of(scene.world.worker)
    open_again = [
        lambda: own.get(reverse("programs:photo", args=[photo, "large"])),
        lambda: own.get(reverse("programs:photo", args=[photo, "small"])),
        lambda: own.get(f"/api/v1/sessions/{past}/photos/{photo}/large/"),
        lambda: Client().get(reverse("calendars:family-photo", args=[scene.feed.token, photo, "small"])),
    ]
    assert [get().status_code for get in open_again] == [200] * 4
    with TestCase.captureOnCommitCallbacks(execute=True):
        consents.withdraw(consent=Consent.objects.get(kind=ConsentKind.PHOTO), by=scene.world.worker)
    assert [get().status_code for get in open_again] == [404] * 4
    assert not default_storage.exists(scene.photo.large)
    # Given again, it does not come back.
    give(scene, ConsentKind.PHOTO)
    assert [get().status_code for get in open_again] == [404] * 4


def test_a_photo_whose_file_went_while_somebody_asked_is_not_there(scene):
    give(scene, *ConsentKind)
    default_storage.delete(scene.photo.large)
    assert (
        client_of(scene.world.worker).get(reverse("programs:photo", args=[scene.photo.public_id, "large"])).status_code
        == 404
    )


def test_a_mail_that_was_planned_is_not_sent_any_more(scene, frozen_time):
    """About the address of a family: the row is there, the consent is not."""
    give(scene, ConsentKind.CALENDAR)
    frozen_time.move_to(clock.at(scene.feed.expires_on - dt.timedelta(days=10), dt.time(9)))
    pump.plan()
    rows = Notification.objects.filter(kind=NotificationKind.FEED_ENDING, person=scene.world.person)
    assert rows.exists()
    assert notifications.registry.tell(list(rows))
    consents.withdraw(consent=Consent.objects.get(), by=scene.world.worker)
    assert not notifications.registry.tell(list(rows))


def test_other_systems_are_told_no_more_than_numbers(scene):
    """So that no consent has to reach them: ids, dates and states, no word about anybody."""
    factories.WebhookFactory(organization=scene.world.office, created_by=scene.world.worker)
    sessions.cancel(session=scene.coming, reason=SAID, by=scene.world.worker)
    [payload] = WebhookDelivery.objects.values_list("payload", flat=True)
    person = scene.world.person
    told = json.dumps(payload, ensure_ascii=False)
    assert not [word for word in (person.family_name, person.called, SAID, str(person.public_id)) if word in told]
