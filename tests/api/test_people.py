"""People: found, registered, changed."""

import pytest

from tests import factories
from tests.api.alike import NOBODY, PEOPLE, fields, of, queries_of, same, send
from tests.programs.pages import person_of
from transition.enums import Residence
from transition.models import AuditEvent, Person

pytestmark = pytest.mark.django_db


def details(world, **changes):
    return {
        "family_name": "見本",
        "given_name": "太郎",
        "family_kana": "ミホン",
        "given_kana": "ﾀﾛｳ",
        "residence": "FAMILY",
        "municipality": str(world.municipality.public_id),
        **changes,
    }


def names(answer) -> list[str]:
    assert answer.status_code == 200, answer.content
    return [row["given_name"] for row in answer.json()["results"]]


def test_registered_found_changed(world, caller):
    client = caller(world.worker)
    made = send(client, PEOPLE, details(world))
    assert made.status_code == 201
    assert (made.json()["family_kana"], made.json()["given_kana"]) == ("みほん", "たろう")
    assert made.json()["municipality"] == str(world.municipality.public_id)
    url = f"{PEOPLE}{made.json()['id']}/"
    seen = client.get(url)
    assert seen.json() == made.json()
    changed = send(client, url, {"called": "たろさん", "support_level": 3}, method="patch")
    assert changed.json() == seen.json() | {"called": "たろさん", "support_level": 3}
    assert names(client.get(f"{PEOPLE}?q=タロサン")) == ["太郎"]
    assert "id" not in str(AuditEvent.objects.filter(action="person.update").values("data"))
    evidence = AuditEvent.objects.get(action="person.update")
    assert evidence.data == {"person": Person.objects.get(called="たろさん").pk, "fields": ["called", "support_level"]}


def test_no_number_of_the_database_goes_out(world, caller):
    row = caller(world.worker).get(PEOPLE).json()["results"][0]
    assert row["id"] == str(world.person.public_id)
    assert "pk" not in row
    assert "search_key" not in row


def test_whom_one_sees(world, caller):
    for user in (world.worker, world.coordinator):
        assert [row["id"] for row in caller(user).get(PEOPLE).json()["results"]] == [str(world.person.public_id)]
    for user in (world.stranger, world.home_staff, world.other_home_staff):
        client = caller(user)
        assert client.get(PEOPLE).json()["results"] == []
        same(client.get(of(world.person)), client.get(f"{PEOPLE}{NOBODY}/"))
        same(
            send(client, of(world.person), {"called": "x"}, method="patch"),
            send(client, f"{PEOPLE}{NOBODY}/", {"called": "x"}, method="patch"),
        )
    assert client.get(of(world.person)).status_code == 404


def test_the_list_is_of_the_organization_of_the_token(world, caller):
    second = factories.OrganizationFactory(name="もう1つの相談室")
    factories.MembershipFactory(user=world.worker, organization=second)
    client = caller(world.worker, second)
    assert client.get(PEOPLE).json()["results"] == []
    assert client.get(of(world.person)).status_code == 200


def test_who_may_not_register(world, caller):
    assert send(caller(world.home_staff), PEOPLE, details(world)).status_code == 403
    reader = caller(world.worker, scopes=["PEOPLE_READ"])
    assert reader.get(PEOPLE).status_code == 200
    refused = send(reader, PEOPLE, details(world))
    assert (refused.status_code, refused.json()["code"]) == (403, "scope_missing")
    other = caller(world.worker, scopes=["SESSIONS_WRITE"])
    assert other.get(PEOPLE).status_code == 403
    assert Person.objects.count() == 1


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"family_name": ""}, "family_name"),
        ({"family_name": "\u200b"}, "family_name"),
        ({"family_kana": "見本"}, "family_kana"),
        ({"birth_date": "2999-01-01"}, "birth_date"),
        ({"birth_date": "2027-01-01"}, "birth_date"),
        ({"residence": "MOON"}, "residence"),
        ({"support_level": 7}, "support_level"),
        ({"disability_kinds": ["FLYING"]}, "disability_kinds.0"),
        ({"certificate_number": "12"}, "certificate_number"),
        ({"municipality": NOBODY}, "municipality"),
        ({"nickname": "x"}, "nickname"),
        ({"called": "x" * 41}, "called"),
    ],
)
def test_what_makes_no_sense_is_named(world, caller, change, field):
    answer = send(caller(world.worker), PEOPLE, details(world, **change))
    assert fields(answer) == [field]
    assert Person.objects.count() == 1


def test_a_coordinator_enters_the_own_citys_people_only(world, caller):
    elsewhere = factories.MunicipalityFactory()
    client = caller(world.coordinator)
    foreign = send(client, PEOPLE, details(world, municipality=str(elsewhere.public_id)))
    same(foreign, send(client, PEOPLE, details(world, municipality=NOBODY)))
    assert fields(foreign) == ["municipality"]
    # A home's organization is no municipality at all.
    assert fields(send(client, PEOPLE, details(world, municipality=str(world.home_office.public_id)))) == [
        "municipality"
    ]
    assert send(client, PEOPLE, details(world)).status_code == 201


def test_sent_twice_there_is_one(world, caller):
    client = caller(world.worker)
    first, again = (send(client, PEOPLE, details(world), key="k1") for _ in range(2))
    assert (first.status_code, again.content) == (201, first.content)
    assert Person.objects.count() == 2
    assert send(client, PEOPLE, details(world, called="別"), key="k1").json()["code"] == "key_reused"


def test_a_number_that_is_taken(world, caller):
    client = caller(world.worker)
    assert send(client, PEOPLE, details(world, certificate_number="０１２３４５６７８９")).status_code == 201
    again = send(client, PEOPLE, details(world, certificate_number="0123456789"))
    assert "すでに登録されています" in again.json()["problems"][0]["message"]


def test_a_change_that_somebody_overtook(world, caller):
    client = caller(world.worker)
    known = client.get(of(world.person))["ETag"]
    url, body = of(world.person), {"called": "はな"}
    assert client.patch(url, body, format="json", headers={"If-Match": known}).status_code == 200
    late = client.patch(url, {"called": "はなこ"}, format="json", headers={"If-Match": known})
    assert (late.status_code, late.json()["code"]) == (412, "precondition_failed")
    assert Person.objects.get().called == "はな"


def test_found_by_what_is_asked(world, caller):
    person_of(world, given_name="次郎", residence=Residence.HOSPITAL, wheelchair=True, support_level=6)
    client = caller(world.worker)
    assert names(client.get(f"{PEOPLE}?residence=HOSPITAL")) == ["次郎"]
    assert names(client.get(f"{PEOPLE}?wheelchair=true&support_level=6")) == ["次郎"]
    assert names(client.get(f"{PEOPLE}?q=じろう")) == []
    assert len(names(client.get(f"{PEOPLE}?ordering=-created_at"))) == 2
    assert fields(client.get(f"{PEOPLE}?residence=MOON")) == ["residence"]
    assert fields(client.get(f"{PEOPLE}?ordering=secret")) == ["ordering"]
    assert fields(client.get(f"{PEOPLE}?q={'x' * 101}")) == ["q"]


def test_pages_hold_everybody_once(world, caller):
    for _ in range(4):
        person_of(world)
    client, url, seen = caller(world.worker), f"{PEOPLE}?page_size=2", []
    while url:
        page = client.get(url).json()
        seen += [row["id"] for row in page["results"]]
        url = page["next"]
    assert len(seen) == len(set(seen)) == 5


@pytest.mark.parametrize("cursor", ["x", "cD1hYmM=", "bz05OTk5OTk5OTk5", "cD0lMDA="])
def test_a_made_up_mark_finds_nothing(world, caller, cursor):
    assert caller(world.worker).get(f"{PEOPLE}?cursor={cursor}").status_code in (200, 404)


def test_as_many_queries_for_three_as_for_one(world, caller):
    client = caller(world.worker)
    one = queries_of(client, PEOPLE)
    for _ in range(2):
        person_of(world)
    assert queries_of(client, PEOPLE) == one
