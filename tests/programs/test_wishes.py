from io import BytesIO

import pytest
from bs4 import BeautifulSoup
from django.contrib.staticfiles import finders
from django.core.files.storage import default_storage
from django.core.files.uploadedfile import SimpleUploadedFile
from django.core.management import call_command
from PIL import Image

from programs.enums import SessionState
from programs.models import Rating
from tests import factories
from tests.personas import make_world
from transition.models import AuditEvent, Wish, WishItem

pytestmark = pytest.mark.django_db


@pytest.fixture
def world():
    call_command("load_wishes", verbosity=0)
    return make_world()


@pytest.fixture
def worker(client, world):
    client.force_login(world.worker)
    return client


def url(world, item=None) -> str:
    return f"/people/{world.person.public_id}/wishes/" + (f"{item.public_id}/" if item else "")


def item(code="cinema") -> WishItem:
    return WishItem.objects.get(code=code, organization=None)


def text(response) -> str:
    return BeautifulSoup(response.content, "html.parser").get_text(" ", strip=True)


def test_the_book_is_loaded_once_and_each_page_has_its_drawing(world):
    before = list(WishItem.objects.values_list("pk", "name"))
    call_command("load_wishes", verbosity=0)
    assert list(WishItem.objects.values_list("pk", "name")) == before
    for page in WishItem.objects.all():
        assert finders.find(f"transition/wishes/{page.drawing}"), page.drawing


def test_one_press_answers_and_turns_the_page(worker, world):
    response = worker.post(url(world, item()), {"choice": "UNKNOWN", "expression": "WORD"})
    pages = list(WishItem.objects.all())
    following = pages[pages.index(item()) + 1]
    assert response.status_code == 302
    assert response.url == url(world, following)
    wish = Wish.objects.get()
    assert (wish.item, wish.choice, wish.by) == (item(), "UNKNOWN", world.worker)
    assert AuditEvent.objects.get(action="wish.answer").data["choice"] == "UNKNOWN"


def test_answers_are_kept_over_time_and_the_latest_holds(worker, world, frozen_time):
    worker.post(url(world, item()), {"choice": "UNKNOWN", "expression": "WORD"})
    frozen_time.shift(20 * 60)
    answer = {"choice": "WANT", "expression": "GESTURE", "inferred": "on", "basis": "写真を指さした", "present": "母"}
    worker.post(url(world, item()), answer)
    assert Wish.objects.count() == 2
    page = BeautifulSoup(worker.get(url(world)).content, "html.parser")
    wanted = page.find(id="wishes-1").parent
    assert "えいが" in wanted.get_text()
    history = BeautifulSoup(worker.get(url(world, item())).content, "html.parser").select("#said ~ ul li")
    assert [row.select_one(".list-title").get_text() for row in history] == ["やってみたい", "わからない"]
    assert "写真を指さした" in history[0].get_text()


def test_what_was_read_from_the_person_needs_a_basis_and_keeps_what_was_typed(worker, world):
    response = worker.post(
        url(world, item()), {"choice": "WANT", "expression": "FACE", "inferred": "on", "present": "職員のみほん"}
    )
    assert response.status_code == 422
    assert "何から読み取ったか" in text(response)
    assert "職員のみほん" in response.content.decode()
    assert not Wish.objects.exists()


def test_an_unknown_answer_is_refused(worker, world):
    assert worker.post(url(world, item()), {"choice": "MAYBE", "expression": "WORD"}).status_code == 422
    assert not Wish.objects.exists()


def test_sent_twice_is_one_answer(worker, world):
    for _ in range(2):
        worker.post(url(world, item()), {"choice": "WANT", "expression": "WORD", "idempotency_key": "k1"})
    assert Wish.objects.count() == 1


def test_an_offices_own_page_takes_the_place_of_the_general_one(worker, world):
    own = WishItem.objects.create(
        code="cinema", name="みほん座の えいが", organization=world.office, drawing="cinema.svg"
    )
    WishItem.objects.create(code="bath", name="よその おふろ", organization=factories.OrganizationFactory())
    shown = text(worker.get(url(world)))
    assert own.name in shown
    assert "よその おふろ" not in shown


def test_the_book_takes_the_same_queries_with_one_answer_and_with_many(worker, world, django_assert_num_queries):
    # The page that shows a message takes it out of the session, which costs a write.
    worker.post(url(world, item()), {"choice": "WANT", "expression": "WORD"}, follow=True)
    with django_assert_num_queries(7):
        worker.get(url(world))
    for code in ("bath", "train", "park"):
        worker.post(url(world, item(code)), {"choice": "NOT_NOW", "expression": "WORD"}, follow=True)
    with django_assert_num_queries(7):
        worker.get(url(world))


class TestPhoto:
    def picture(self, kind="JPEG") -> bytes:
        data = BytesIO()
        Image.new("RGB", (900, 600), "navy").save(data, kind)
        return data.getvalue()

    def send(self, client, world, data: bytes, **more):
        file = SimpleUploadedFile("IMG_1.jpg", data)
        return client.post(url(world, item()), {"send_photo": "1", "photos": file} | more)

    def test_a_photo_takes_the_drawings_place_in_the_offices_own_book(self, worker, world):
        response = self.send(worker, world, self.picture())
        own = WishItem.objects.get(organization=world.office)
        assert response.url == url(world, own)
        page = BeautifulSoup(worker.get(url(world, own)).content, "html.parser")
        source = page.select_one("h1 img")["src"]
        shown = worker.get(source)
        assert shown["Content-Type"] == "image/jpeg"
        assert max(Image.open(BytesIO(shown.content)).size) <= 400
        assert not item().photo

    def test_another_photo_takes_its_place_and_the_file_of_the_former_goes(
        self, worker, world, django_capture_on_commit_callbacks
    ):
        self.send(worker, world, self.picture())
        former = WishItem.objects.get(organization=world.office).photo.name
        with django_capture_on_commit_callbacks(execute=True):
            own = WishItem.objects.get(organization=world.office)
            file = SimpleUploadedFile("b.png", self.picture("PNG"))
            worker.post(url(world, own), {"send_photo": "1", "photos": file})
        assert not default_storage.exists(former)
        assert WishItem.objects.filter(organization=world.office).count() == 1

    def test_what_is_no_photo_is_refused_beside_the_field(self, worker, world):
        response = self.send(worker, world, b"<svg onload='alert(1)'/>")
        assert response.status_code == 422
        assert "JPEG" in text(response)
        assert not WishItem.objects.filter(organization=world.office).exists()

    def test_no_file_is_said(self, worker, world):
        assert "写真を選んでください" in text(worker.post(url(world, item()), {"send_photo": "1"}))

    def test_strangers_do_not_see_it(self, worker, client, world):
        self.send(worker, world, self.picture())
        own = WishItem.objects.get(organization=world.office)
        client.force_login(world.stranger)
        assert client.get(url(world, own) + "photo/").status_code == 404


@pytest.mark.parametrize("who", ["stranger", "home_staff", "other_home_staff"])
def test_strangers_find_nothing(client, world, who):
    client.force_login(getattr(world, who))
    assert client.get(url(world)).status_code == 404
    assert client.post(url(world, item()), {"choice": "WANT"}).status_code == 404


class TestRating:
    @pytest.fixture
    def session(self, world):
        return factories.SessionFactory(person=world.person, state=SessionState.COMPLETED)

    def post(self, client, session, **data):
        values = {"face": "GOOD", "by_person": "1", "expression": "FACE"}
        return client.post(f"/sessions/{session.public_id}/rating/", values | data)

    def test_a_face_is_kept_with_how_it_was_shown(self, worker, session):
        assert self.post(worker, session, word="また いきたい").status_code == 302
        rating = Rating.objects.get()
        assert (rating.face, rating.word, rating.by_person, rating.expression) == (
            "GOOD",
            "また いきたい",
            True,
            "FACE",
        )

    def test_noted_by_a_supporter_it_needs_a_basis(self, worker, session):
        response = self.post(worker, session, by_person="0", word="たのしそう")
        assert response.status_code == 422
        assert "たのしそう" in response.content.decode()
        assert not Rating.objects.exists()
        assert self.post(worker, session, by_person="0", basis="何度も笑った").status_code == 302
        assert Rating.objects.get().by_person is False

    def test_not_before_it_has_begun(self, worker, session):
        session.state = SessionState.CONFIRMED
        session.save()
        response = self.post(worker, session)
        assert response.status_code == 422
        assert "始まってから" in text(response)

    def test_no_face_no_rating(self, worker, session):
        assert self.post(worker, session, face="").status_code == 422
        assert not Rating.objects.exists()

    def test_a_stranger_finds_nothing(self, client, world, session):
        client.force_login(world.stranger)
        assert self.post(client, session).status_code == 404
