"""Each rule by itself: who may do what with rows of which they know. Pages and API ask these and nothing else."""

import pytest

from programs.models import Enrollment, FamilyRemark, Session, StopRequest
from tests.personas import make_world

pytestmark = pytest.mark.django_db

HOME, OFFICE, CITY = "home_staff", "worker", "coordinator"
SUPPORTING = {OFFICE, CITY}
EVERYBODY = (HOME, OFFICE, CITY, "stranger", "other_home_staff")


@pytest.fixture
def rows():
    world = make_world()
    stay = Session(person=world.person, room=world.room)
    outing = Session(person=world.person)
    return world, {
        "home": world.room.home,
        "room": world.room,
        "slot": world.slot,
        "stay": stay,
        "outing": outing,
        "person": world.person,
        "enrollment": Enrollment(person=world.person, organization=world.office),
        "stop": StopRequest(session=stay),
        "remark": FamilyRemark(session=stay),
        "city": world.municipality,
    }


@pytest.mark.parametrize(
    ("right", "row", "who"),
    [
        ("manage_home", "home", {HOME}),
        ("publish_slot", "room", {HOME}),
        ("manage_slot", "slot", {HOME}),
        ("answer_session", "stay", {HOME}),
        ("answer_session", "outing", set()),
        ("change_person", "person", SUPPORTING),
        ("manage_programs", "city", {CITY}),
        ("override_session", "stay", SUPPORTING),
        ("plan_outing", "enrollment", SUPPORTING),
        ("change_outing", "outing", SUPPORTING),
        ("change_outing", "stay", set()),
        ("answer_stop", "stop", SUPPORTING),
        ("see_remark", "remark", SUPPORTING | {HOME}),
        ("record_session", "stay", SUPPORTING | {HOME}),
    ],
)
def test_who_has_the_right(rows, right, row, who):
    world, known = rows
    users = {name: getattr(world, name) for name in EVERYBODY}
    assert {name for name, user in users.items() if user.has_perm(f"programs.{right}", known[row])} == who
