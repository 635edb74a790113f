"""監査記録: one's own acts; for those who coordinate, what was done to their people and organizations."""

import pytest

from tests import factories
from tests.api.alike import NOBODY, fields, of, queries_of, send
from tests.personas import member
from tests.programs.pages import confirmed
from transition.enums import MembershipRole, OrganizationKind
from transition.models import AuditEvent
from transition.services import contacts, people

pytestmark = pytest.mark.django_db
EVENTS = "/api/v1/audit-events/"


def actions(client, query="") -> list[str]:
    answer = client.get(EVENTS + query)
    assert answer.status_code == 200, answer.content
    found = [row["action"] for row in answer.json()["results"]]
    return [action for action in found if not action.startswith("api_token")]


def add_contact(world, person=None, by=None):
    contacts.add(person=person or world.person, by=by or world.worker, name="見本 花江", relation="母")


def test_who_did_what_on_which_row(world, caller):
    add_contact(world)
    (event,) = caller(world.worker).get(f"{EVENTS}?action=contact.add").json()["results"]
    assert event["actor"] == {"id": str(world.worker.public_id), "name": world.worker.name}
    assert (event["subject_type"], event["person"]) == ("contact", str(world.person.public_id))
    assert event["data"] == {"on_card": False}
    assert "見本" not in str(event)


def test_everybody_sees_their_own_acts_and_no_others(world, caller):
    add_contact(world)
    for user in (world.stranger, world.home_staff, member(world.office), member(world.municipality)):
        assert actions(caller(user)) == []
    assert actions(caller(world.worker)) == ["contact.add"]


def test_a_coordinator_sees_what_was_done_to_the_citys_people_and_organizations(world, caller):
    add_contact(world)
    people.update(person=world.person, by=world.worker, called="はな")
    confirmed(world, "2026-12-05", "2026-12-07")
    elsewhere = factories.PersonFactory()
    add_contact(world, person=elsewhere, by=world.stranger)
    people.update(person=elsewhere, by=world.stranger, called="よそ")
    center = factories.OrganizationFactory(kind=OrganizationKind.CORE_CENTER, municipality=world.municipality)
    manager = member(world.municipality, MembershipRole.MANAGER)
    for user in (world.coordinator, manager):
        assert actions(caller(user), "?ordering=at") == [
            "contact.add",
            "person.update",
            "session.request",
            "session.confirm",
        ]
    # Their core center coordinates the people; it does not oversee everybody.
    assert actions(caller(member(center, MembershipRole.COORDINATOR))) == []


def test_the_citys_own_offices_and_no_others(world, caller):
    world.home_office.municipality = world.municipality
    world.home_office.save()
    slot = f"/api/v1/slots/{world.slot.public_id}/"
    assert caller(world.home_staff).get(slot).status_code == 200
    AuditEvent.objects.create(
        actor=world.home_staff.pk,
        action="slot.publish",
        subject_type="slot",
        subject_id=str(world.slot.public_id),
        data={"room": world.room.pk, "starts_on": "2026-12-01"},
    )
    other = factories.SlotFactory()
    AuditEvent.objects.create(action="slot.publish", subject_type="slot", subject_id=str(other.public_id))
    (event,) = caller(world.coordinator).get(f"{EVENTS}?action=slot.publish").json()["results"]
    assert event["subject_id"] == str(world.slot.public_id)
    # Serial numbers stay inside.
    assert event["data"] == {"starts_on": "2026-12-01"}


def test_filters(world, caller, frozen_time):
    add_contact(world)
    frozen_time.shift(3 * 24 * 60 * 60)
    people.update(person=world.person, by=world.worker, called="はな")
    client = caller(world.worker)
    assert actions(client) == ["person.update", "contact.add"]
    assert actions(client, "?until=2026-11-22") == ["contact.add"]
    assert actions(client, "?since=2026-11-23") == ["person.update"]
    assert actions(client, f"?subject={world.person.public_id}") == ["person.update"]
    assert actions(client, f"?subject={NOBODY}") == []
    assert actions(client, "?subject_type=contact") == ["contact.add"]
    assert fields(client.get(f"{EVENTS}?since=9999-12-31")) == ["since"]
    assert fields(client.get(f"{EVENTS}?subject=x")) == ["subject"]


def test_it_is_read_only_and_takes_its_own_scope(world, caller):
    # There is no scope to write it.
    assert send(caller(world.worker), EVENTS).json()["code"] == "scope_missing"
    assert send(caller(world.worker), EVENTS, method="delete").status_code == 403
    assert caller(world.worker, scopes=["PEOPLE_WRITE"]).get(EVENTS).json()["code"] == "scope_missing"
    assert caller(world.worker, scopes=["AUDIT_READ"]).get(EVENTS).status_code == 200


def test_what_the_api_does_leaves_the_same_trace(world, caller):
    client = caller(world.worker)
    send(client, of(world.person), {"called": "はなさま"}, method="patch")
    (event,) = client.get(f"{EVENTS}?action=person.update").json()["results"]
    assert event["data"] == {"fields": ["called"]}


def test_as_many_queries_for_three_as_for_one(world, caller):
    client = caller(world.coordinator)
    add_contact(world)
    one = queries_of(client, EVENTS)
    for _ in range(2):
        person = factories.PersonFactory(municipality=world.municipality)
        add_contact(world, person=person, by=member(world.office))
    assert queries_of(client, EVENTS) == one
