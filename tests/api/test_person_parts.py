"""What hangs on one person: grants, contacts, consents, personal links."""

import pytest

from tests import factories
from tests.api.alike import NOBODY, PEOPLE, fields, of, queries_of, same, send
from transition import clock
from transition.enums import ConsentKind
from transition.models import AuditEvent, Consent, Contact, Grant, IdempotencyKey, PersonLink

pytestmark = pytest.mark.django_db

NOUNS = ("grants", "contacts", "consents", "links", "intentions", "card-versions")
BODIES = {
    "grants": {"service": "SHORT_STAY", "starts_on": "2026-10-01", "ends_on": "2027-09-30", "days": 10},
    "contacts": {"name": "見本 花江", "relation": "母", "phone": "０００-0000-0000", "on_card": True},
    "consents": {"kind": "PHOTO", "means": "WORD", "note": "写真を見せて説明した。"},
    "links": {"label": "へやのかべ"},
    "intentions": {
        "asked_on": "2026-11-20",
        "asker": "職員 見本",
        "method": "ことばで",
        "answer": "UNKNOWN",
        "expression": "WORD",
    },
}


@pytest.mark.parametrize("noun", BODIES)
def test_made_seen_and_listed(world, caller, noun):
    client = caller(world.worker)
    made = send(client, of(world.person, f"{noun}/"), BODIES[noun])
    assert made.status_code == 201, made.content
    one = client.get(of(world.person, f"{noun}/{made.json()['id']}/"))
    assert one.status_code == 200
    assert {**one.json(), "address": ""} == {**made.json(), "address": ""}
    assert one.json() in client.get(of(world.person, f"{noun}/")).json()["results"]


@pytest.mark.parametrize("noun", NOUNS)
def test_a_stranger_cannot_tell_it_from_nothing(world, caller, noun):
    for user in (world.stranger, world.home_staff, world.other_home_staff):
        client = caller(user)
        foreign, nobody = of(world.person, f"{noun}/"), f"{PEOPLE}{NOBODY}/{noun}/"
        same(client.get(foreign), client.get(nobody))
        assert client.get(foreign).status_code == 404
        if noun in BODIES:
            same(send(client, foreign, BODIES[noun]), send(client, nobody, BODIES[noun]))


def test_one_persons_rows_are_not_anothers(world, caller):
    other = factories.PersonFactory(municipality=world.municipality)
    factories.SupportLinkFactory(person=other, organization=world.office)
    client = caller(world.worker)
    contact = factories.ContactFactory(person=other)
    same(
        client.get(of(world.person, f"contacts/{contact.public_id}/")),
        client.get(of(world.person, f"contacts/{NOBODY}/")),
    )
    assert send(client, of(world.person, f"contacts/{contact.public_id}/retire/")).status_code == 404


@pytest.mark.parametrize("noun", BODIES)
def test_a_token_that_may_only_read(world, caller, noun):
    reader = caller(world.worker, scopes=["PEOPLE_READ"])
    assert reader.get(of(world.person, f"{noun}/")).status_code == 200
    assert send(reader, of(world.person, f"{noun}/"), BODIES[noun]).json()["code"] == "scope_missing"
    assert caller(world.worker, scopes=["HOMES_WRITE"]).get(of(world.person, f"{noun}/")).status_code == 403


@pytest.mark.parametrize("noun", BODIES)
def test_sent_twice_there_is_one(world, caller, noun):
    client = caller(world.worker)
    url = of(world.person, f"{noun}/")
    before = len(client.get(url).json()["results"])
    first, again = (send(client, url, BODIES[noun], key="k1") for _ in range(2))
    assert {first.status_code, again.status_code} == {201}
    assert first.json()["id"] == again.json()["id"]
    if noun != "links":
        assert again.content == first.content
    assert len(client.get(url).json()["results"]) == before + 1


@pytest.mark.parametrize(
    ("noun", "change", "field"),
    [
        ("grants", {"ends_on": "2026-09-30"}, "ends_on"),
        ("grants", {"days": 0}, "days"),
        ("grants", {"days": 367}, "days"),
        ("grants", {"starts_on": "1999-12-31"}, "starts_on"),
        ("grants", {"service": "MOON"}, "service"),
        ("contacts", {"name": " "}, "name"),
        ("contacts", {"phone": "いろは"}, "phone"),
        ("contacts", {"phone": ""}, "phone"),
        ("contacts", {"order": 1}, "order"),
        ("consents", {"given_on": "2026-12-31"}, "given_on"),
        ("consents", {"ends_on": "2026-01-01"}, "ends_on"),
        ("consents", {"means": "SHOUT"}, "means"),
        ("links", {"label": ""}, "label"),
        ("intentions", {"asked_on": "2026-12-31"}, "asked_on"),
        ("intentions", {"inferred": True}, "basis"),
        ("intentions", {"expression": ""}, "expression"),
        ("intentions", {"wants": ["MOON"]}, "wants.0"),
    ],
)
def test_what_makes_no_sense_is_named(world, caller, noun, change, field):
    assert fields(send(caller(world.worker), of(world.person, f"{noun}/"), BODIES[noun] | change)) == [field]


def test_a_second_grant_from_the_same_day(world, caller):
    client = caller(world.worker)
    assert send(client, of(world.person, "grants/"), BODIES["grants"]).status_code == 201
    again = send(client, of(world.person, "grants/"), BODIES["grants"])
    assert (again.status_code, again.json()["code"]) == (400, "invalid")
    assert Grant.objects.count() == 2


def test_a_contact_is_changed_and_no_longer_used(world, caller):
    client = caller(world.worker)
    contact = factories.ContactFactory(person=world.person)
    url = of(world.person, f"contacts/{contact.public_id}/")
    known = client.get(url)["ETag"]
    assert client.patch(url, {"hours": "夜"}, format="json", headers={"If-Match": known}).json()["hours"] == "夜"
    late = client.patch(url, {"hours": "朝"}, format="json", headers={"If-Match": known})
    assert late.status_code == 412
    assert send(client, f"{url}retire/").json()["retired_at"] is not None
    assert client.get(of(world.person, "contacts/")).json()["results"] == []
    assert client.get(url).status_code == 404
    # A second time changes nothing.
    assert send(client, f"{url}retire/").status_code == 200
    assert Contact.objects.get().hours == "夜"


def test_the_card_finds_room_for_four(world, caller):
    client = caller(world.worker)
    answers = [send(client, of(world.person, "contacts/"), BODIES["contacts"]) for _ in range(5)]
    assert [answer.status_code for answer in answers] == [201] * 4 + [400]
    assert fields(answers[-1]) == ["on_card"]


def test_a_withdrawn_consent_is_gone_at_once(world, caller):
    client = caller(world.worker)
    given = send(client, of(world.person, "consents/"), BODIES["consents"]).json()
    assert given["in_force"]
    url = of(world.person, f"consents/{given['id']}/withdraw/")
    first, again = send(client, url, key="w"), send(client, url, key="w")
    assert first.json()["in_force"] is False
    assert again.content == first.content
    assert send(client, url).json() == first.json()
    assert AuditEvent.objects.filter(action="consent.withdraw").count() == 1


def test_a_consent_to_the_card_ends_after_six_months(world, caller):
    given = send(caller(world.worker), of(world.person, "consents/"), {"kind": "CARD", "means": "SIGNED"}).json()
    assert given["ends_on"] == "2027-05-22"
    assert Consent.objects.given(ConsentKind.CARD, clock.today()).exists()


def test_a_links_secret_is_shown_once_and_opens(world, caller, client):
    program = caller(world.worker)
    first = send(program, of(world.person, "links/"), BODIES["links"], key="k")
    again = send(program, of(world.person, "links/"), BODIES["links"], key="k")
    address = first.json()["address"]
    secret = address.rstrip("/").rpartition("/")[2]
    assert again.json() == first.json() | {"address": ""}
    assert secret not in str(list(IdempotencyKey.objects.values()))
    assert "address" not in str(list(PersonLink.objects.values()))
    opened = client.get(address)
    assert (opened.status_code, opened["Location"]) == (302, "/me/")
    url = of(world.person, f"links/{first.json()['id']}/")
    assert program.get(url).json()["address"] == ""
    assert send(program, f"{url}revoke/").json()["revoked_at"] is not None
    assert send(program, f"{url}revoke/").status_code == 200
    assert program.get(url).status_code == 404
    assert client.get(address).status_code == 404


@pytest.mark.parametrize("noun", BODIES)
def test_as_many_queries_for_three_as_for_one(world, caller, noun):
    client, url = caller(world.worker), of(world.person, f"{noun}/")
    more = [{"starts_on": f"2026-10-0{day}"} if noun == "grants" else {} for day in (1, 2, 3)]
    send(client, url, BODIES[noun] | more[0])
    one = queries_of(client, url)
    for change in more[1:]:
        assert send(client, url, BODIES[noun] | change).status_code == 201
    assert queries_of(client, url) == one
