"""The wish book through the API: its pages, what was said, a photo of the real thing."""

import pytest

from tests import factories
from tests.api.story import NOBODYS, ROOT, fields, ids, is_as_missing, keyed, queries_of
from tests.programs.test_photos import file, files_in
from transition.models import Wish, WishItem

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("media")]


@pytest.fixture
def client(world, caller):
    return caller(world.worker)


@pytest.fixture
def item(db):
    return WishItem.objects.create(code="meal", name="ごはん", order=1)


def book(person):
    return f"{ROOT}people/{person.public_id}/wish-pages/"


def wishes(person):
    return f"{ROOT}people/{person.public_id}/wishes/"


def say(client, person, item, key="", **changes):
    sent = {"page": str(item.public_id), "choice": "WANT"} | changes
    return client.post(wishes(person), sent, format="json", **(keyed(key) if key else {}))


def test_asked_and_asked_again(world, client, item):
    [page] = client.get(book(world.person)).json()["results"]
    assert (page["name"], page["choice"], page["photo"], page["organization"]) == ("ごはん", None, None, None)
    answer = say(client, world.person, item)
    assert answer.status_code == 201, answer.content
    assert (answer.json()["expression"], answer.json()["by"]) == ("WORD", world.worker.name)
    say(client, world.person, item, choice="UNKNOWN", expression="FACE", inferred=True, basis="目をそらした")
    said = client.get(wishes(world.person)).json()["results"]
    assert [(one["choice"], one["code"], one["basis"]) for one in said] == [
        ("UNKNOWN", "meal", "目をそらした"),
        ("WANT", "meal", ""),
    ]
    assert client.get(f"{book(world.person)}{page['id']}/").json()["choice"] == "UNKNOWN"
    assert [one["choice"] for one in client.get(f"{wishes(world.person)}?choice=WANT").json()["results"]] == ["WANT"]


def test_an_offices_own_page_takes_the_place_and_keeps_the_answer(world, client, item, media):
    say(client, world.person, item)
    here = f"{book(world.person)}{item.public_id}/photo/"
    assert client.get(here).status_code == 404
    answer = client.post(here, {"photo": file()}, format="multipart")
    assert answer.status_code == 201, answer.content
    own = answer.json()
    assert (own["organization"], own["choice"]) == (str(world.office.public_id), "WANT")
    assert client.get(book(world.person)).json()["results"] == [own]
    picture = client.get(own["photo"], headers={"Accept": "image/*"})
    assert (picture.status_code, picture["Content-Type"]) == (200, "image/jpeg")
    assert fields(say(client, world.person, item)) == ["page"]
    bad = client.post(own["photo"], {"photo": file(content=b"x")}, format="multipart")
    assert (bad.status_code, fields(bad)) == (409, ["photo"])
    assert len(files_in(media)) == 1


def test_a_photo_only_for_an_office_whose_pages_are_in_the_book(world, caller, item):
    here = f"{book(world.person)}{item.public_id}/photo/"
    assert caller(world.coordinator).post(here, {"photo": file()}, format="multipart").status_code == 403
    assert WishItem.objects.count() == 1


def test_nobody_else_finds_it(world, client, caller, item):
    foreign = factories.PersonFactory()
    for url in (book(foreign), wishes(foreign), f"{book(foreign)}{item.public_id}/"):
        assert is_as_missing(client, url, foreign.public_id)
    assert is_as_missing(client, wishes(foreign), foreign.public_id, "post")
    theirs = WishItem.objects.create(code="theirs", name="よそ", organization=factories.OrganizationFactory())
    assert is_as_missing(client, f"{book(world.person)}{theirs.public_id}/", theirs.public_id)
    answer = say(client, world.person, theirs)
    assert (answer.status_code, fields(answer)) == (400, ["page"])
    for user in (world.home_staff, world.stranger, world.other_home_staff):
        other = caller(user)
        assert other.get(book(world.person)).status_code == 404
        assert say(other, world.person, item).status_code == 404
    reader = caller(world.worker, scopes=["PEOPLE_READ"])
    assert reader.get(book(world.person)).status_code == 200
    assert say(reader, world.person, item).json()["code"] == "scope_missing"


def test_what_makes_no_sense_is_named(world, client, item):
    cases = ({"choice": "X"}, {"expression": "X"}, {"page": str(NOBODYS)}, {"page": "x"}, {"present": "あ" * 201})
    for wrong in cases:
        answer = say(client, world.person, item, **wrong)
        assert (answer.status_code, fields(answer)) == (400, list(wrong))
    assert fields(say(client, world.person, item, inferred=True)) == ["basis"]
    assert not Wish.objects.exists()


def test_once(world, client, item):
    first, again = (say(client, world.person, item, "k") for _ in range(2))
    assert (first.status_code, again.content) == (201, first.content)
    assert Wish.objects.count() == 1


def test_a_longer_list_asks_no_more(world, client, item):
    say(client, world.person, item)
    for url in (book(world.person), wishes(world.person)):
        client.get(url)
    before = [queries_of(client, url) for url in (book(world.person), wishes(world.person))]
    for number in range(2):
        other = WishItem.objects.create(code=f"more-{number}", name="ほか", order=0)
        say(client, world.person, other)
    assert [queries_of(client, url) for url in (book(world.person), wishes(world.person))] == before
    assert ids(client.get(book(world.person)))[-1] == str(item.public_id)
