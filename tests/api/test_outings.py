"""Outings through the API: planned, changed, moved, copied, repeated."""

from uuid import uuid4

import pytest

from programs.models import Session
from tests import factories
from tests.api.test_session_checks import outing
from tests.api.test_sessions import SESSIONS, post, url_of
from tests.personas import member
from tests.programs.outings import make_outdoors, plan
from tests.programs.pages import person_of
from transition.models import WishItem

pytestmark = pytest.mark.django_db


@pytest.fixture
def outdoors(db):
    return make_outdoors()


@pytest.fixture
def planner(outdoors, caller):
    return caller(outdoors.world.worker)


def test_planned_with_company_and_confirmed(outdoors, planner):
    goal = factories.GoalFactory(person=outdoors.world.person)
    item = WishItem.objects.create(code="shopping", name="かいもの", organization=None)
    companions = planner.get(f"/api/v1/enrollments/{outdoors.enrollment.public_id}/companions/").json()["companions"]
    assert {"id": str(outdoors.escort.public_id), "name": outdoors.escort.name} in companions
    body = outing(
        outdoors,
        place="駅前",
        transport="TRAIN",
        transport_cost=480,
        escorts=[str(outdoors.escort.public_id)],
        wishes=[str(item.public_id)],
        goals=[str(goal.public_id)],
    )
    made = post(planner, SESSIONS, body)
    assert made.status_code == 201
    told = made.json()
    assert (told["kind"], told["state"], told["enrollment"]) == ("OUTING", "REQUESTED", body["enrollment"])
    assert told["escorts"] == [{"id": str(outdoors.escort.public_id), "name": outdoors.escort.name}]
    assert (told["wishes"][0]["name"], told["goals"][0]["words"]) == ("かいもの", goal.words)
    assert told["actions"] == ["CONFIRM", "CANCEL", "MOVE", "CHANGE"]
    assert post(planner, f"{SESSIONS}{told['id']}/confirm/").json()["state"] == "CONFIRMED"
    day = outing(outdoors, "2026-12-08T10:00:00+09:00", "2026-12-08T15:00:00+09:00", step="DAY", confirm=True)
    certain = post(planner, SESSIONS, day).json()
    assert (certain["kind"], certain["state"]) == ("DAY_VISIT", "CONFIRMED")


def test_a_change_touches_what_is_named_and_nothing_else(outdoors, planner):
    session = plan(outdoors, "2026-12-05", "10:00", "12:00", place="公園", note="くつ", escorts=[outdoors.escort])
    known = planner.get(url_of(session))["ETag"]
    changed = planner.patch(url_of(session), {"place": "図書館"}, format="json", headers={"If-Match": known})
    assert changed.status_code == 200
    told = changed.json()
    assert (told["place"], told["note"], told["activity"]) == ("図書館", "くつ", "買い物")
    assert [one["name"] for one in told["escorts"]] == [outdoors.escort.name]
    assert told["events"][-1]["action"] == "CHANGE"
    stale = planner.patch(url_of(session), {"place": "駅"}, format="json", headers={"If-Match": known})
    assert stale.status_code == 412
    assert planner.patch(url_of(session), {"escorts": []}, format="json").json()["escorts"] == []
    backwards = planner.patch(url_of(session), {"ends_at": "2026-12-05T09:00:00+09:00"}, format="json")
    assert (backwards.status_code, backwards.json()["problems"][0]["field"]) == (409, "ends_at")


def test_moved_copied_and_repeated(outdoors, planner):
    session = plan(outdoors, "2026-12-05", "10:00", "12:00")
    moved = post(planner, url_of(session, "move"), {"starts_at": "2026-12-06T13:00:00+09:00"})
    assert (moved.status_code, moved.json()["ends_at"]) == (200, "2026-12-06T15:00:00+09:00")
    copied = post(planner, url_of(session, "copy"), {"starts_at": "2026-12-08T10:00:00+09:00"})
    assert copied.status_code == 201
    assert copied.json()["id"] != str(session.public_id)
    repeated = post(planner, url_of(session, "repeat"), {"times": 2})
    assert repeated.status_code == 201
    rows = planner.get(SESSIONS, {"enrollment": str(outdoors.enrollment.public_id)}).json()["results"]
    assert [row["starts_at"][:10] for row in rows] == ["2026-12-06", "2026-12-08", "2026-12-13", "2026-12-20"]


def test_a_sending_repeated_copies_once(outdoors, planner):
    session = plan(outdoors, "2026-12-05", "10:00", "12:00")
    body = {"starts_at": "2026-12-08T10:00:00+09:00"}
    first, again = (post(planner, url_of(session, "copy"), body, **{"Idempotency-Key": "c"}) for _ in range(2))
    assert (first.status_code, again.content) == (201, first.content)
    assert Session.objects.count() == 2


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"activity": " "}, "activity"),
        ({"activity": "あ" * 81}, "activity"),
        ({"ends_at": "2026-12-05T10:00:00+09:00"}, "ends_at"),
        ({"starts_at": "2026-12-05T10:00:00"}, "starts_at"),
        ({"transport_cost": -1}, "transport_cost"),
        ({"transport": "ROCKET"}, "transport"),
        ({"step": "FLY"}, "step"),
        ({"escorts": ["x"]}, "escorts.0"),
        ({"goals": [str(uuid4())] * 51}, "goals"),
        ({"person": str(uuid4())}, "person"),
    ],
)
def test_what_cannot_be_read_is_named(outdoors, planner, changes, field):
    answer = post(planner, SESSIONS, outing(outdoors, **changes))
    assert (answer.status_code, answer.json()["problems"][0]["field"]) == (400, field)


def test_repeating_takes_a_number_or_a_day(outdoors, planner):
    session = plan(outdoors, "2026-12-05", "10:00", "12:00")
    for body in ({}, {"times": 2, "until": "2026-12-30"}, {"times": 31}, {"times": 0}):
        answer = post(planner, url_of(session, "repeat"), body)
        assert (answer.status_code, answer.json()["problems"][0]["field"]) == (400, "times")
    near = post(planner, url_of(session, "repeat"), {"until": "2026-12-06"})
    assert (near.status_code, near.json()["problems"][0]["code"]) == (409, "outing.times")


@pytest.mark.parametrize("name", ["escorts", "goals", "wishes"])
def test_strangers_cannot_be_named(outdoors, planner, name):
    office = factories.OrganizationFactory()
    foreign = {
        "escorts": member(office),
        "goals": factories.GoalFactory(),
        "wishes": WishItem.objects.create(code="own", name="よその", organization=office),
    }[name]
    answers = [
        post(planner, SESSIONS, outing(outdoors, **{name: [one]})) for one in (str(foreign.public_id), str(uuid4()))
    ]
    assert [answer.status_code for answer in answers] == [400, 400]
    assert answers[0].content == answers[1].content
    assert answers[0].json()["problems"][0]["field"] == f"{name}.0"


def test_a_night_is_no_outing(outdoors, planner):
    answer = post(planner, SESSIONS, outing(outdoors, step="ONE_NIGHT"))
    assert (answer.status_code, answer.json()["problems"][0]["code"]) == (409, "outing.step")


def test_what_has_begun_is_not_changed(outdoors, planner):
    session = plan(outdoors, "2026-12-05", "10:00", "12:00")
    post(planner, url_of(session, "cancel"))
    answer = planner.patch(url_of(session), {"place": "駅"}, format="json")
    assert (answer.status_code, answer.json()["problems"][0]["code"]) == (409, "session.state")


def test_an_outing_is_nobodys_but_its_supporters(outdoors, caller):
    session = plan(outdoors, "2026-12-05", "10:00", "12:00")
    world = outdoors.world
    for user in (world.home_staff, world.stranger):
        client = caller(user)
        assert client.get(SESSIONS).json()["results"] == []
        assert client.patch(url_of(session), {"place": "駅"}, format="json").status_code == 404
        assert client.get(f"/api/v1/enrollments/{outdoors.enrollment.public_id}/companions/").status_code == 404
        for step in ("move", "copy", "repeat", "confirm"):
            assert post(client, url_of(session, step)).status_code == 404


def test_somebody_elses_change_is_not_lost(outdoors, planner, monkeypatch):
    """Between reading the outing and writing it, another worker changes what this one leaves out."""
    from programs.api import session_outings

    session = plan(outdoors, "2026-12-05", "10:00", "12:00")
    company = session_outings.company

    def meanwhile(*args, **kwargs):
        Session.objects.filter(pk=session.pk).update(place="市役所", changed_at=session.starts_at)
        return company(*args, **kwargs)

    monkeypatch.setattr(session_outings, "company", meanwhile)
    answer = planner.patch(url_of(session), {"note": "くつ"}, format="json")
    assert (answer.status_code, answer.json()["code"]) == (412, "precondition_failed")
    assert Session.objects.get(pk=session.pk).place == "市役所"


def test_the_other_person_of_the_office(outdoors, planner):
    """An enrollment of a person whom the office supports can be planned by any of its staff."""
    other = person_of(outdoors.world)
    enrollment = factories.EnrollmentFactory(person=other, program=outdoors.program, organization=outdoors.world.office)
    made = post(planner, SESSIONS, outing(outdoors, enrollment=str(enrollment.public_id)))
    assert made.json()["person"] == str(other.public_id)
