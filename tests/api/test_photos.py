"""Photos of sessions and 顔写真 through the API: for those who may know, only while the person agrees."""

import datetime as dt

import pytest

from programs.models import Photo, Portrait
from tests import factories
from tests.api.story import ROOT, codes, fields, ids, is_as_missing, keyed, queries_of
from tests.personas import member
from tests.programs.pages import confirmed
from tests.programs.pages import request as asked
from tests.programs.stories import outing
from tests.programs.test_photos import agreed, file, files_in
from transition.models import AuditEvent, Consent
from transition.services import consents

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("media")]

MINE = f"{ROOT}portraits/mine/"


@pytest.fixture
def client(world, caller):
    return caller(world.worker)


@pytest.fixture
def session(world):
    agreed(world)
    return outing(world, "2026-11-20", state="COMPLETED")


def url(session):
    return f"{ROOT}sessions/{session.public_id}/photos/"


def add(client, session, key="", photo=None):
    sent = {"photo": photo or file()}
    return client.post(url(session), sent, format="multipart", **(keyed(key) if key else {}))


def test_taken_looked_at_and_removed(world, client, session, media, django_capture_on_commit_callbacks):
    answer = add(client, session)
    assert answer.status_code == 201, answer.content
    photo = answer.json()
    assert (photo["width"], photo["height"], photo["session"]) == (640, 480, str(session.public_id))
    assert client.get(url(session)).json()["results"] == [photo]
    here = f"{url(session)}{photo['id']}/"
    assert client.get(here).json() == photo
    for size in ("large", "small"):
        picture = client.get(photo[size], headers={"Accept": "image/jpeg"})
        assert (picture.status_code, picture["Content-Type"]) == (200, "image/jpeg")
        assert picture.content.startswith(b"\xff\xd8")
        assert picture["Cache-Control"] == "private, no-store"
    with django_capture_on_commit_callbacks(execute=True):
        assert client.delete(here).status_code == 204
    assert client.delete(here).status_code == 404
    assert files_in(media) == []
    assert list(AuditEvent.objects.filter(action__startswith="photo.").values_list("action", flat=True)) == [
        "photo.add",
        "photo.remove",
    ]


def test_nothing_is_there_once_the_person_no_longer_agrees(world, client, session):
    photo = add(client, session).json()
    [consent] = world.person.consents.filter(kind="PHOTO")
    consents.withdraw(consent=consent, by=world.worker)
    assert client.get(url(session)).json()["results"] == []
    assert client.get(photo["small"]).status_code == 404
    answer = add(client, session)
    assert (answer.status_code, codes(answer), fields(answer)) == (409, ["photo.consent"], ["photo"])


def test_rows_that_outlived_the_consent_are_not_shown(world, client, session, frozen_time):
    photo = add(client, session).json()
    Consent.objects.filter(kind="PHOTO").update(ends_on="2026-11-23")
    assert client.get(photo["small"]).status_code == 200
    frozen_time.shift(dt.timedelta(days=2))
    assert client.get(url(session)).json()["results"] == []
    for address in (photo["small"], photo["large"], f"{url(session)}{photo['id']}/"):
        assert client.get(address).status_code == 404
    assert client.delete(f"{url(session)}{photo['id']}/").status_code == 404


def test_nobody_else_finds_it(world, client, caller, session):
    photo = add(client, session).json()
    foreign = factories.SessionFactory()
    assert is_as_missing(client, url(foreign), foreign.public_id)
    assert is_as_missing(client, f"{url(session)}{foreign.public_id}/", foreign.public_id)
    for user in (world.home_staff, world.stranger, world.other_home_staff):
        other = caller(user)
        for address in (url(session), photo["small"], photo["large"]):
            assert other.get(address).status_code == 404
        assert add(other, session).status_code == 404
    elsewhere = outing(world, "2026-11-10", state="COMPLETED")
    assert client.get(f"{url(elsewhere)}{photo['id']}/small/").status_code == 404
    reader = caller(world.worker, scopes=["SESSIONS_READ"])
    assert reader.get(photo["small"]).status_code == 200
    assert add(reader, session).json()["code"] == "scope_missing"


def test_a_home_before_its_yes_sees_nothing(world, client, caller):
    agreed(world)
    home, stay = caller(world.home_staff), asked(world, "2026-12-05", "2026-12-06")
    Photo.objects.create(session=stay, large="x.jpg", small="x.jpg", width=1, height=1, by=world.worker)
    [photo] = client.get(url(stay)).json()["results"]
    assert home.get(url(stay)).status_code == 403
    assert home.get(photo["small"]).status_code == 404
    yes = confirmed(world, "2026-12-10", "2026-12-11")
    assert home.get(url(yes)).status_code == 200


def test_what_is_no_photo_is_refused(client, session, media):
    assert fields(client.post(url(session), {}, format="multipart")) == ["photo"]
    assert fields(client.post(url(session), {"photo": "text"}, format="multipart")) == ["photo"]
    bad = add(client, session, photo=file(content=b"<svg/>"))
    assert (bad.status_code, codes(bad), fields(bad)) == (409, ["photo.format"], ["photo"])
    assert client.post(url(session), {"photo": "x"}, format="json").status_code == 415
    assert files_in(media) == []


def test_sent_again_it_is_taken_once(client, session, media):
    first = add(client, session, "k")
    again = add(client, session, "k")
    assert (first.status_code, again.content) == (201, first.content)
    assert (Photo.objects.count(), len(files_in(media))) == (1, 2)
    other = add(client, session, "k", photo=file(content=file().read() + b"x"))
    assert other.json()["code"] == "key_reused"


def test_a_longer_list_asks_no_more(client, session):
    add(client, session)
    client.get(url(session))
    one = queries_of(client, url(session))
    add(client, session)
    add(client, session)
    assert queries_of(client, url(session)) == one
    assert len(ids(client.get(url(session)))) == 3


class TestPortraits:
    def put(self, client, key=""):
        return client.put(MINE, {"photo": file()}, format="multipart", **(keyed(key) if key else {}))

    def test_put_in_seen_and_taken_out(self, world, client, caller, media, django_capture_on_commit_callbacks):
        assert client.get(MINE).status_code == 404
        answer = self.put(client)
        assert answer.status_code == 200, answer.content
        portrait = answer.json()
        assert client.get(MINE).json() == portrait
        colleague = caller(member(world.office))
        assert client.get(portrait["large"]).content.startswith(b"\xff\xd8")
        assert colleague.get(portrait["small"]).status_code == 200
        assert colleague.get(MINE).status_code == 404
        with django_capture_on_commit_callbacks(execute=True):
            new = self.put(client).json()
        assert new["id"] != portrait["id"]
        assert client.get(portrait["small"]).status_code == 404
        with django_capture_on_commit_callbacks(execute=True):
            assert client.delete(MINE).status_code == 204
        assert (client.get(MINE).status_code, files_in(media)) == (404, [])

    def test_nobody_elsewhere_sees_it(self, world, client, caller):
        portrait = self.put(client).json()
        for user in (world.home_staff, world.stranger, world.other_home_staff):
            assert is_as_missing(caller(user), portrait["small"], portrait["id"])

    def test_guards(self, world, client, caller, media):
        reader = caller(world.worker, scopes=["OFFICE_READ"])
        assert self.put(reader).json()["code"] == "scope_missing"
        first, again = self.put(client, "k"), self.put(client, "k")
        assert again.content == first.content
        assert (Portrait.objects.count(), len(files_in(media))) == (1, 2)
        bad = client.put(MINE, {"photo": file(content=b"x")}, format="multipart")
        assert (bad.status_code, fields(bad)) == (409, ["photo"])
