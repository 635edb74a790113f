"""事前情報シート: versions, writing, and what the home of a stay may see."""

import datetime as dt

import pytest

from tests import factories
from tests.api.alike import NOBODY, PEOPLE, fields, of, queries_of, same
from tests.programs.pages import confirmed, request
from transition.enums import ConsentKind
from transition.models import AuditEvent, Consent, PersonCard
from transition.services import consents

pytestmark = pytest.mark.django_db
CONTENT = {"voice": "よるは でんきを つけて", "allergy": "たまご"}


def put(client, person, content, based_on, **headers):
    body = {"content": content, "based_on": based_on}
    return client.put(of(person, "card/"), body, format="json", headers=headers)


def stay_with_card(world, *, agrees=True):
    factories.PersonCardFactory(person=world.person, by=world.worker)
    factories.ContactFactory(person=world.person, note="ひみつのメモ")
    if agrees:
        factories.ConsentFactory(person=world.person, kind=ConsentKind.CARD)
    return confirmed(world, "2026-12-05", "2026-12-07")


def card_of(session):
    return f"/api/v1/sessions/{session.public_id}/card/"


def looks():
    return AuditEvent.objects.filter(action="card.view").count()


def test_written_in_versions(world, caller):
    client = caller(world.worker)
    nothing = client.get(of(world.person, "card/"))
    assert (nothing.json()["version"], nothing.json()["content"]) == (0, {})
    first = put(client, world.person, CONTENT, 0)
    assert (first.status_code, first.json()["version"], first.json()["content"]) == (200, 1, CONTENT)
    assert client.get(of(world.person, "card/")).json() == first.json()
    # The same again is no new version; what is not sent is gone.
    assert put(client, world.person, CONTENT, 1).json()["version"] == 1
    second = put(client, world.person, {"voice": "いやな ときは いう"}, 1).json()
    assert (second["version"], second["content"]) == (2, {"voice": "いやな ときは いう"})
    listed = client.get(of(world.person, "card-versions/")).json()["results"]
    assert [row["version"] for row in listed] == [2, 1]
    assert "content" not in listed[0]
    old = client.get(of(world.person, "card-versions/1/")).json()
    assert (old["version"], old["newest"], old["content"]) == (1, 2, CONTENT)
    for version in ("3", "99999999999999999999"):
        assert client.get(of(world.person, f"card-versions/{version}/")).status_code == 404


def test_nobody_overwrites_what_they_have_not_read(world, caller):
    client = caller(world.worker)
    empty = client.get(of(world.person, "card/"))["ETag"]
    assert put(client, world.person, CONTENT, 0, **{"If-Match": empty}).status_code == 200
    late = put(client, world.person, {"voice": "別"}, 0)
    assert (late.status_code, late.json()["code"]) == (412, "precondition_failed")
    assert put(client, world.person, {"voice": "別"}, 1, **{"If-Match": empty}).status_code == 412
    assert PersonCard.objects.get().content == CONTENT


def test_sent_twice_there_is_one_version(world, caller):
    client = caller(world.worker)
    first, again = (put(client, world.person, CONTENT, 0, **{"Idempotency-Key": "k"}) for _ in range(2))
    assert (first.status_code, again.content) == (200, first.content)
    assert PersonCard.objects.count() == 1


@pytest.mark.parametrize(
    ("content", "field"),
    [
        ({"voice": "あ" * 61}, "content.voice"),
        ({"secret": "x"}, "content.secret"),
        ({"voice": ["x"]}, "content.voice"),
        ({}, ""),
        ("x", "content"),
    ],
)
def test_what_makes_no_sense_is_named(world, caller, content, field):
    assert fields(put(caller(world.worker), world.person, content, 0)) == [field]
    assert not PersonCard.objects.exists()


def test_a_stranger_cannot_tell_it_from_nothing(world, caller):
    factories.PersonCardFactory(person=world.person)
    for user in (world.stranger, world.home_staff):
        client = caller(user)
        for tail in ("card/", "card-versions/", "card-versions/1/"):
            same(client.get(of(world.person, tail)), client.get(f"{PEOPLE}{NOBODY}/{tail}"))
        assert put(client, world.person, CONTENT, 1).status_code == 404
    reader = caller(world.worker, scopes=["PEOPLE_READ"])
    assert put(reader, world.person, CONTENT, 1).json()["code"] == "scope_missing"


def test_the_home_sees_it_from_its_yes_on_and_leaves_a_trace(world, caller):
    session = stay_with_card(world)
    answer = caller(world.home_staff).get(card_of(session))
    assert answer.status_code == 200
    card = answer.json()
    assert (card["version"], card["person"]["name"]) == (1, world.person.name)
    assert card["content"]["allergy"] == "たまご"
    assert set(card["contacts"][0]) == {"name", "relation", "phone", "hours"}
    assert card["keep_until"] == "2026-12-21"
    assert looks() == 1
    # Whoever supports the person sees what the home would see; that is no look of a home.
    assert caller(world.worker).get(card_of(session)).json() == card
    assert looks() == 1


def test_what_a_home_does_not_see(world, caller, frozen_time):
    waiting = request(world, "2026-12-20", "2026-12-22")
    session = stay_with_card(world, agrees=False)
    client = caller(world.home_staff)
    nothing = client.get(f"/api/v1/sessions/{NOBODY}/card/")
    for stay in (waiting, session):
        same(client.get(card_of(stay)), nothing)
    factories.ConsentFactory(person=world.person, kind=ConsentKind.CARD)
    same(client.get(card_of(waiting)), nothing)
    assert client.get(card_of(session)).status_code == 200
    for user in (world.stranger, world.other_home_staff):
        same(caller(user).get(card_of(session)), nothing)
    consents.withdraw(consent=Consent.objects.get(kind=ConsentKind.CARD), by=world.worker)
    same(client.get(card_of(session)), nothing)
    factories.ConsentFactory(person=world.person, kind=ConsentKind.CARD)
    frozen_time.move_to(session.ends_at + dt.timedelta(days=15))
    same(caller(world.home_staff).get(card_of(session)), nothing)
    assert looks() == 1


def test_as_many_queries_for_three_versions_as_for_one(world, caller):
    client, url = caller(world.worker), of(world.person, "card-versions/")
    factories.PersonCardFactory(person=world.person)
    one = queries_of(client, url)
    for version in (2, 3):
        factories.PersonCardFactory(person=world.person, version=version)
    assert queries_of(client, url) == one
