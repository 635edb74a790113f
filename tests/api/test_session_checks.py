"""POST /sessions/check/: every problem with its numbers, the nearest that would pass, and nothing done."""

import datetime as dt

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from programs.enums import Enforcement, NightUse, SexPolicy, Unit
from programs.models import RoomNight, Session
from programs.services import nights, sessions
from tests import factories
from tests.api.test_sessions import SESSIONS, post, stay
from tests.personas import member
from tests.programs.outings import make_outdoors, plan
from tests.programs.pages import at, confirmed, person_of, request

pytestmark = pytest.mark.django_db

CHECK = f"{SESSIONS}check/"


@pytest.fixture
def worker(world, caller):
    return caller(world.worker)


def kinds(body, kind):
    return [one for one in body["alternatives"] if one["kind"] == kind]


def dates(alternatives):
    return [(one["check_in"][5:], one["check_out"][5:]) for one in alternatives]


def test_what_passes_needs_no_alternative(world, worker):
    answer = post(worker, CHECK, stay(world))
    assert answer.status_code == 200
    assert answer.json() == {"possible": True, "needs_reason": False, "problems": [], "alternatives": []}
    assert not Session.objects.exists()
    assert not RoomNight.objects.exists()


def test_a_taken_night_has_a_shorter_stay_other_dates_and_other_rooms(world, worker):
    other = factories.SlotFactory()
    confirmed(world, "2026-12-07", "2026-12-08", person=person_of(world))
    body = post(worker, CHECK, stay(world, check_in="2026-12-05", check_out="2026-12-08")).json()
    assert (body["possible"], [one["code"] for one in body["problems"]]) == (False, ["room.taken"])
    assert dates(kinds(body, "SHORTER")) == [("12-05", "12-07")]
    assert dates(kinds(body, "OTHER_DATES")) == [("12-04", "12-07"), ("12-03", "12-06"), ("12-02", "12-05")]
    [room] = kinds(body, "OTHER_SLOT")
    assert (room["slot"], room["place"]) == (str(other.public_id), f"{other.room.home.name} {other.room.name}")
    assert dates([room]) == [("12-05", "12-08")]


def test_every_alternative_can_really_be_asked_for(world, worker):
    factories.SlotFactory()
    factories.LimitFactory(program=world.program, amount=6, enforcement=Enforcement.ASK)
    request(world, "2026-12-20", "2026-12-22")
    confirmed(world, "2026-12-09", "2026-12-10", person=person_of(world))
    body = post(worker, CHECK, stay(world, check_in="2026-12-08", check_out="2026-12-12")).json()
    assert {one["code"] for one in body["problems"]} >= {"room.taken"}
    assert body["alternatives"]
    for one in body["alternatives"]:
        asked = stay(world, **{name: one[name] for name in ("slot", "check_in", "check_out")})
        made = post(worker, SESSIONS, asked)
        assert made.status_code == 201, made.json()
        sessions.cancel(session=Session.objects.get(public_id=made.json()["id"]), by=world.worker)


def test_a_limit_leaves_a_shorter_stay(world, worker):
    limit = factories.LimitFactory(program=world.program, amount=3, enforcement=Enforcement.ASK)
    body = post(worker, CHECK, stay(world, check_out="2026-12-08")).json()
    assert (body["possible"], body["needs_reason"]) == (True, True)
    [problem] = body["problems"]
    assert (problem["code"], problem["largest_request"], problem["over_by"]) == (limit.code, 3, 2)
    assert dates(kinds(body, "SHORTER")) == [("12-04", "12-06")]
    assert kinds(body, "OTHER_DATES") == []


def test_what_stands_on_every_date_stands_on_an_alternative_too(world, worker):
    world.slot.level_max = 3
    world.slot.save()
    nights.close(chosen={world.room.pk: [dt.date(2026, 12, 5)]}, use=NightUse.CLEANING, by=world.home_staff)
    body = post(worker, CHECK, stay(world)).json()
    assert [one["code"] for one in body["problems"]] == ["fit.level", "room.taken"]
    assert {one["needs_reason"] for one in kinds(body, "OTHER_DATES")} == {True}


def test_a_room_for_others_has_no_other_dates(world, worker):
    world.slot.sex = SexPolicy.MALE
    world.slot.save()
    other = factories.SlotFactory()
    body = post(worker, CHECK, stay(world)).json()
    assert not body["possible"]
    assert [one["slot"] for one in body["alternatives"]] == [str(other.public_id)]


def test_who_may_pass_what_refuses(world, worker, caller):
    factories.LimitFactory(program=world.program, amount=2, enforcement=Enforcement.REFUSE)
    assert post(worker, CHECK, stay(world)).json()["possible"] is False
    told = post(caller(world.coordinator), CHECK, stay(world)).json()
    assert (told["possible"], told["needs_reason"]) == (True, True)


def test_nobody_tries_it_for_a_stranger(world, caller):
    for user in (world.stranger, world.home_staff):
        answer = post(caller(user), CHECK, stay(world))
        assert (answer.status_code, answer.json()["problems"][0]["field"]) == (400, "person")


def test_its_cost_does_not_grow(world, worker):
    def cost():
        with CaptureQueriesContext(connection) as queries:
            assert post(worker, CHECK, stay(world, check_out="2026-12-09")).status_code == 200
        return len(queries)

    confirmed(world, "2026-12-07", "2026-12-08", person=person_of(world))
    cost()
    few = cost()
    factories.SlotFactory.create_batch(5)
    for day in range(10, 20, 2):
        confirmed(world, f"2026-12-{day}", f"2026-12-{day + 1}", person=person_of(world))
    assert cost() == few
    assert few <= 18


def test_a_very_long_stay_is_answered(world, worker):
    body = post(worker, CHECK, stay(world, check_in="2026-12-04", check_out="2100-12-31")).json()
    assert body["possible"] is False


# Outings


@pytest.fixture
def outdoors(db):
    return make_outdoors()


@pytest.fixture
def planner(outdoors, caller):
    return caller(outdoors.world.worker)


def outing(outdoors, starts="2026-12-05T10:00:00+09:00", ends="2026-12-05T12:00:00+09:00", **changes):
    return {
        "kind": "OUTING",
        "enrollment": str(outdoors.enrollment.public_id),
        "activity": "買い物",
        "starts_at": starts,
        "ends_at": ends,
    } | changes


def test_an_outing_over_the_month_says_how_long_and_from_when(outdoors, planner):
    plan(outdoors, "2026-12-01", "00:00", "23:00")
    body = post(planner, CHECK, outing(outdoors)).json()
    assert (body["possible"], body["needs_reason"]) == (True, True)
    [problem] = body["problems"]
    assert (problem["unit"], problem["remaining"], problem["frees_up_on"]) == (Unit.MINUTES, 60, "2027-01-01")
    assert problem["message"].endswith("市町村に確認してください")
    [shorter] = kinds(body, "SHORTER")
    assert (shorter["minutes"], shorter["ends_at"]) == (60, "2026-12-05T11:00:00+09:00")
    later = [one["starts_at"] for one in kinds(body, "OTHER_DATES")]
    assert later == [f"2027-01-0{day}T10:00:00+09:00" for day in (1, 2, 3)]
    assert Session.objects.count() == 1


def test_a_clash_leaves_the_time_before_it_and_other_days(outdoors, planner):
    plan(outdoors, "2026-12-05", "11:00", "13:00")
    plan(outdoors, "2026-12-06", "11:00", "13:00")
    body = post(planner, CHECK, outing(outdoors)).json()
    assert body["possible"] is False
    assert [(one["code"], one["field"]) for one in body["problems"]] == [("person.busy", "starts_at")]
    assert [one["minutes"] for one in kinds(body, "SHORTER")] == [60]
    assert [one["starts_at"][:10] for one in kinds(body, "OTHER_DATES")] == ["2026-12-07", "2026-12-08", "2026-12-09"]


def test_nobody_is_on_two_outings_at_once(outdoors, planner):
    other = person_of(outdoors.world)
    enrollment = factories.EnrollmentFactory(person=other, program=outdoors.program, organization=outdoors.world.office)
    plan(outdoors, "2026-12-05", "11:00", "13:00", enrollment=enrollment, escorts=[outdoors.escort])
    body = post(planner, CHECK, outing(outdoors, escorts=[str(outdoors.escort.public_id)])).json()
    assert [one["code"] for one in body["problems"]] == ["escort.busy"]
    assert [one["minutes"] for one in kinds(body, "SHORTER")] == [60]
    assert kinds(body, "OTHER_DATES")[0]["starts_at"][:10] == "2026-12-06"


def test_an_outing_outside_its_enrollment_finds_no_other_day(outdoors, planner):
    body = post(planner, CHECK, outing(outdoors, "2027-05-05T10:00:00+09:00", "2027-05-05T12:00:00+09:00")).json()
    assert [one["code"] for one in body["problems"]] == ["enrollment.period"]
    assert body["alternatives"] == []


def test_a_stranger_cannot_name_the_enrollment(outdoors, caller):
    answer = post(caller(member(factories.OrganizationFactory())), CHECK, outing(outdoors))
    assert (answer.status_code, answer.json()["problems"][0]["field"]) == (400, "enrollment")


def test_the_past_is_refused(outdoors, planner):
    past = at("2026-11-20", "10:00")
    body = post(planner, CHECK, outing(outdoors, past.isoformat(), (past + dt.timedelta(hours=2)).isoformat())).json()
    assert (body["possible"], body["problems"][0]["code"]) == (False, "outing.past")
    assert kinds(body, "SHORTER") == []
    assert kinds(body, "OTHER_DATES")[0]["starts_at"][:10] == "2026-11-23"
