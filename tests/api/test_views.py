"""閲覧記録 for programs: of one person, and of everybody for those who coordinate."""

import pytest

from tests import factories
from tests.api.alike import fields, of, queries_of
from tests.personas import member
from transition.models import ViewLog
from transition.services import contacts

pytestmark = pytest.mark.django_db
VIEWS = "/api/v1/views/"


def looked(world, **values) -> ViewLog:
    known = {"actor": world.worker.pk, "organization": world.office.pk, "person": world.person.pk, "what": "card"}
    return ViewLog.objects.create(**(known | values))


def test_who_looked_at_this_person(world, caller):
    looked(world, data={"outside": True, "token": 3})
    looked(world, person=world.person.pk + 1)
    (row,) = caller(world.worker).get(of(world.person, "views/")).json()["results"]
    assert row == {
        "at": "2026-11-22T10:00:00+09:00",
        "actor": {"id": str(world.worker.public_id), "name": world.worker.name},
        "organization": str(world.office.public_id),
        "person": str(world.person.public_id),
        "what": "card",
        "words": "事前情報シート",
        "door": "SCREEN",
        "outside": True,
        "count": None,
    }
    assert caller(world.stranger).get(of(world.person, "views/")).status_code == 404


def test_of_everybody_for_those_who_coordinate(world, caller):
    looked(world)
    looked(world, person=None, what="people", data={"count": 7, "people": [1]})
    looked(world, person=None, organization=world.municipality.pk, what="people", data={"count": 3, "people": [1]})
    looked(world, person=factories.PersonFactory().pk)
    found = caller(world.coordinator).get(VIEWS).json()["results"]
    assert [(row["what"], row["count"]) for row in found] == [("people", 3), ("people", 7), ("card", None)]
    for user in (world.worker, world.stranger, member(world.municipality)):
        assert caller(user).get(VIEWS).json()["results"] == []


def test_filters(world, caller, frozen_time):
    looked(world)
    frozen_time.shift(3 * 24 * 60 * 60)
    looked(world, actor=world.coordinator.pk, what="person")
    client = caller(world.coordinator)

    def whats(query: str) -> list[str]:
        return [row["what"] for row in client.get(VIEWS + query).json()["results"] if row["what"] != "evidence"]

    assert whats("?ordering=at") == ["card", "person"]
    assert whats("?until=2026-11-22") == ["card"]
    assert whats("?since=2026-11-23") == ["person"]
    assert whats("?what=card") == ["card"]
    assert whats(f"?actor={world.worker.public_id}") == ["card"]
    assert fields(client.get(f"{VIEWS}?actor=x")) == ["actor"]


def test_events_by_actor_and_person(world, caller):
    contacts.add(person=world.person, by=world.worker, name="見本 花江", relation="母")
    client = caller(world.coordinator)
    events = "/api/v1/audit-events/"
    (event,) = client.get(f"{events}?person={world.person.public_id}").json()["results"]
    assert (event["action"], event["words"]) == ("contact.add", "連絡先を加えた")
    assert client.get(f"{events}?person={factories.PersonFactory().public_id}").json()["results"] == []
    (event,) = client.get(f"{events}?actor={world.worker.public_id}").json()["results"]
    assert event["action"] == "contact.add"
    # Of somebody's people, only for who supports them.
    assert caller(world.stranger).get(f"{events}?person={world.person.public_id}").json()["results"] == []


def test_as_many_queries_for_three_as_for_one(world, caller):
    client = caller(world.coordinator)
    looked(world)
    one = queries_of(client, VIEWS), queries_of(client, of(world.person, "views/"))
    for _ in range(2):
        person = factories.PersonFactory(municipality=world.municipality)
        looked(world, person=person.pk, actor=member(world.office).pk)
        looked(world, actor=member(world.office).pk)
    assert (queries_of(client, VIEWS), queries_of(client, of(world.person, "views/"))) == one
