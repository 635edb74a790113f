"""意向確認: the register of a facility."""

import datetime as dt

import pytest

from tests import factories
from tests.api.alike import fields, of, queries_of, send
from tests.personas import member
from transition.enums import OrganizationKind, Residence
from transition.models import AuditEvent

pytestmark = pytest.mark.django_db
REGISTER = "/api/v1/intentions/"


@pytest.fixture
def facility(world):
    return factories.OrganizationFactory(kind=OrganizationKind.FACILITY, municipality=world.municipality)


@pytest.fixture
def resident(world, facility):
    return make_resident(world, facility)


def make_resident(world, facility):
    person = factories.PersonFactory(municipality=world.municipality, residence=Residence.FACILITY)
    factories.SupportLinkFactory(person=person, organization=facility)
    return person


def asking(**changes):
    return {
        "asked_on": "2026-11-20",
        "asker": "職員 見本",
        "method": "写真を見せて、ことばで",
        "answer": "GROUP_HOME",
        "wants": ["MEAL", "VISIT"],
        "expression": "WORD",
        **changes,
    }


def test_who_has_been_asked(world, facility, resident, caller):
    client = caller(member(facility))
    (line,) = client.get(REGISTER).json()["results"]
    assert (line["id"], line["name"], line["facility"]) == (str(resident.public_id), resident.name, facility.name)
    assert (line["state"], line["last"]) == ("NEVER", None)
    assert client.get(f"{REGISTER}figures/").json()["unasked"] == 1
    made = send(client, of(resident, "intentions/"), asking())
    assert made.status_code == 201
    assert made.json()["wants"] == ["VISIT", "MEAL"]
    (line,) = client.get(REGISTER).json()["results"]
    assert (line["state"], line["last"]) == ("ASKED", made.json())
    figures = client.get(f"{REGISTER}figures/").json()
    assert (figures["residents"], figures["asked"], figures["unasked"]) == (1, 1, 0)
    assert AuditEvent.objects.get(action="intention.record").subject_id == made.json()["id"]


def test_shown_are_those_asked_for(world, facility, resident, caller):
    client = caller(member(facility))
    send(client, of(resident, "intentions/"), asking())
    other = make_resident(world, facility)

    def shown(show):
        return [row["id"] for row in client.get(f"{REGISTER}?show={show}").json()["results"]]

    assert shown("UNASKED") == shown("DUE") == [str(other.public_id)]
    assert len(shown("ALL")) == 2
    assert fields(client.get(f"{REGISTER}?show=none")) == ["show"]


def test_whose_register_it_is(world, facility, resident, caller):
    assert len(caller(world.coordinator).get(REGISTER).json()["results"]) == 1
    for user in (world.worker, world.stranger, world.home_staff):
        for url in (REGISTER, f"{REGISTER}figures/"):
            assert caller(user).get(url).status_code == 403
    elsewhere = factories.OrganizationFactory(kind=OrganizationKind.FACILITY)
    client = caller(member(elsewhere))
    assert client.get(REGISTER).json()["results"] == []
    assert client.get(of(resident, "intentions/")).status_code == 404
    assert caller(member(facility), scopes=["SESSIONS_READ"]).get(REGISTER).json()["code"] == "scope_missing"


def test_no_answer_yet_is_an_answer(facility, resident, caller):
    client = caller(member(facility))
    made = send(client, of(resident, "intentions/"), asking(answer="NO_ANSWER", expression="", next_on="2026-12-20"))
    assert (made.json()["answer"], made.json()["next_on"]) == ("NO_ANSWER", "2026-12-20")
    again = send(client, of(resident, "intentions/"), asking(next_on="2026-11-20"))
    assert fields(again) == ["next_on"]


def test_the_history_begins_with_the_latest(facility, resident, caller):
    client = caller(member(facility))
    for day in ("2026-11-01", "2026-11-20", "2026-11-10"):
        send(client, of(resident, "intentions/"), asking(asked_on=day))
    rows = client.get(of(resident, "intentions/")).json()["results"]
    days = [dt.date.fromisoformat(row["asked_on"]).day for row in rows]
    assert days == [20, 10, 1]
    assert send(client, of(resident, f"intentions/{rows[0]['id']}/"), asking(), method="patch").status_code == 405


def test_as_many_queries_for_three_as_for_one(world, facility, resident, caller):
    client = caller(member(facility))
    send(client, of(resident, "intentions/"), asking())
    one = queries_of(client, REGISTER)
    for _ in range(2):
        send(client, of(make_resident(world, facility), "intentions/"), asking())
    assert queries_of(client, REGISTER) == one
