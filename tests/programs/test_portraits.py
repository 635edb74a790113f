"""The face of whoever goes along: who puts it in, and who sees it."""

from io import BytesIO

import pytest
from django.core.files.storage import default_storage
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.urls import reverse
from PIL import Image

from programs.domain.problems import Refused
from programs.enums import SessionState
from programs.models import Escort, Portrait
from programs.services import portraits
from tests import factories
from tests.personas import make_world, member
from tests.programs.easy import client_of_person
from tests.programs.pages import client_of, field_error, queries_of, soup
from transition import clock
from transition.models import AuditEvent, Membership
from transition.services.transactions import RequestKey

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("media")]

EDIT = "/portrait/"


@pytest.fixture
def world():
    return make_world()


def face(color="#fb8") -> bytes:
    file = BytesIO()
    Image.new("RGB", (800, 600), color).save(file, "PNG")
    return file.getvalue()


def stored(media) -> int:
    return len([path for path in media.rglob("*") if path.is_file()])


def address(portrait, size="small") -> str:
    return reverse("programs:portrait", args=[portrait.public_id, size])


def going(person, user, state=SessionState.CONFIRMED):
    return Escort.objects.create(session=factories.SessionFactory(person=person, state=state), user=user)


def statuses(portrait, *clients) -> list[int]:
    return [client.get(address(portrait)).status_code for client in clients]


def test_a_new_face_takes_the_place_and_the_address_of_the_old_one(world, media, django_capture_on_commit_callbacks):
    first = portraits.put(data=face(), by=world.worker)
    with django_capture_on_commit_callbacks(execute=True):
        second = portraits.put(data=face("#8bf"), by=world.worker)
    assert Portrait.objects.get().public_id == second.public_id != first.public_id
    assert stored(media) == 2
    assert (second.width, second.height) == (800, 600)
    assert default_storage.exists(second.large)
    assert default_storage.exists(second.small)


def test_a_resent_form_keeps_one_face(world, media):
    key = RequestKey.of(world.worker.pk, "k", {})
    assert portraits.put(data=face(), by=world.worker, key=key) == portraits.put(data=face(), by=world.worker, key=key)
    assert (Portrait.objects.count(), stored(media)) == (1, 2)
    assert AuditEvent.objects.filter(action="portrait.put").count() == 1


def test_a_form_resent_after_the_face_was_taken_out_says_so(world):
    client = client_of(world.worker)

    def send():
        return client.post(EDIT, {"photos": SimpleUploadedFile("x.png", face()), "idempotency_key": "k"})

    assert send().status_code == 302
    portraits.remove(by=world.worker)
    again = send()
    assert (again.status_code, "古くなっています" in again.content.decode()) == (422, True)


def test_what_is_no_photo_is_refused_and_the_old_face_stays(world, media):
    kept = portraits.put(data=face(), by=world.worker)
    with pytest.raises(Refused):
        portraits.put(data=b"not a photo", by=world.worker)
    assert (Portrait.objects.get(), stored(media)) == (kept, 2)


def test_removing_takes_the_files_too_and_again_changes_nothing(world, media, django_capture_on_commit_callbacks):
    portraits.put(data=face(), by=world.worker)
    with django_capture_on_commit_callbacks(execute=True):
        portraits.remove(by=world.worker)
        portraits.remove(by=world.worker)
    assert (Portrait.objects.count(), stored(media)) == (0, 0)
    assert AuditEvent.objects.filter(action="portrait.remove").count() == 1


def test_the_page(world):
    client = client_of(world.worker)
    assert not soup(client.get(EDIT)).select("main img")
    nothing = client.post(EDIT)
    assert (nothing.status_code, bool(field_error(nothing, "photos"))) == (422, True)
    wrong = client.post(EDIT, {"photos": SimpleUploadedFile("x.jpg", b"not a photo")})
    assert (wrong.status_code, bool(field_error(wrong, "photos"))) == (422, True)
    assert client.post(EDIT, {"photos": SimpleUploadedFile("x.png", face())})["Location"] == EDIT
    assert soup(client.get(EDIT)).select_one("main img")["src"] == address(Portrait.objects.get())
    assert queries_of(client, EDIT) <= 12
    assert client.post(EDIT, {"remove": "1"})["Location"] == EDIT
    assert not Portrait.objects.exists()


def test_colleagues_see_it_and_others_do_not(world):
    portrait = portraits.put(data=face(), by=world.worker)
    colleague, former = member(world.office), member(world.office)
    Membership.objects.filter(user=former).update(ended_at=clock.now())
    inside = (world.worker, colleague)
    outside = (former, world.coordinator, world.home_staff, world.stranger)
    assert statuses(portrait, *map(client_of, inside)) == [200, 200]
    assert statuses(portrait, *map(client_of, outside)) == [404] * 4
    assert statuses(portrait, Client()) == [404]
    Membership.objects.filter(user=world.worker).update(ended_at=clock.now())
    assert statuses(portrait, client_of(colleague), client_of(world.worker)) == [404, 200]


def test_one_who_works_nowhere_sees_only_their_own():
    one, other = factories.UserFactory(), factories.UserFactory()
    mine = portraits.put(data=face(), by=one)
    assert statuses(mine, client_of(one), client_of(other)) == [200, 404]


def test_the_person_with_whom_they_go_sees_it(world):
    portrait = portraits.put(data=face(), by=world.worker)
    other = factories.PersonFactory()
    person, stranger = client_of_person(world.person), client_of_person(other)
    assert statuses(portrait, person, stranger) == [404, 404]
    escort = going(world.person, world.worker)
    going(other, world.stranger)
    assert statuses(portrait, person, stranger) == [200, 404]
    escort.session.state = SessionState.CANCELLED
    escort.session.save()
    assert statuses(portrait, person) == [404]


def test_a_person_who_signs_in_sees_it(world):
    portrait = portraits.put(data=face(), by=world.worker)
    world.person.user = factories.UserFactory()
    world.person.save()
    going(world.person, world.worker)
    assert statuses(portrait, client_of(world.person.user)) == [200]


def test_it_is_served_as_a_picture_and_nothing_else(world):
    portrait = portraits.put(data=face(), by=world.worker)
    client = client_of(world.worker)
    answer = client.get(address(portrait, "large"))
    assert (answer["Content-Type"], answer["Cache-Control"]) == ("image/jpeg", "private, no-store")
    assert "sandbox" in answer["Content-Security-Policy"]
    assert client.get(address(portrait, "huge")).status_code == 404
    assert client.head(address(portrait)).status_code == 200
    assert client.post(address(portrait)).status_code == 405
