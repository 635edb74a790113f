"""Sessions through the API: asked for, answered, taken place; and who sees what of them."""

import datetime as dt
from uuid import uuid4

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from programs.enums import Enforcement, ProgramKind
from programs.models import Override, RoomNight, Session
from programs.services import sessions
from tests import factories
from tests.personas import member
from tests.programs.pages import at, confirmed, in_progress, person_of, request
from transition.models import AuditEvent, IdempotencyKey

pytestmark = pytest.mark.django_db

SESSIONS = "/api/v1/sessions/"
STEPS = ("confirm", "decline", "cancel", "override", "check-in", "check-out", "cut-short", "no-show")
BODIES = {"decline": {"decline_reason": "DATES"}, "override": {"reason": "確かめた"}}


def stay(world, **changes):
    return {
        "kind": "STAY",
        "person": str(world.person.public_id),
        "program": str(world.program.public_id),
        "slot": str(world.slot.public_id),
        "check_in": "2026-12-04",
        "check_out": "2026-12-06",
    } | changes


def post(client, url, body=None, **headers):
    return client.post(url, body or {}, format="json", headers=headers)


def url_of(session, step=""):
    return f"{SESSIONS}{session.public_id}/{step + '/' if step else ''}"


@pytest.fixture
def worker(world, caller):
    return caller(world.worker)


@pytest.fixture
def home(world, caller):
    return caller(world.home_staff)


def test_a_stay_from_the_request_to_the_check_out(world, worker, home, frozen_time):
    asked = post(worker, SESSIONS, stay(world, note="夜は静かな部屋がよいです。"))
    assert asked.status_code == 201
    body = asked.json()
    assert (body["state"], body["nights"], body["guest"]["name"]) == ("REQUESTED", 2, world.person.name)
    assert body["actions"] == ["CANCEL"]
    assert body["person"] == str(world.person.public_id)
    url = f"{SESSIONS}{body['id']}/"
    assert asked["ETag"] == worker.get(url)["ETag"]

    assert home.get(url).json()["actions"] == ["CONFIRM", "DECLINE"]
    assert post(home, f"{url}confirm/").json()["state"] == "CONFIRMED"
    frozen_time.move_to(at("2026-12-04", "15:10"))
    assert post(home, f"{url}check-in/").json()["actual_starts_at"] == "2026-12-04T15:10:00+09:00"
    frozen_time.move_to(at("2026-12-06", "10:00"))
    out = post(home, f"{url}check-out/", {"at": "2026-12-06T09:30:00+09:00"})
    assert (out.status_code, out.json()["state"]) == (200, "COMPLETED")
    assert [event["action"] for event in out.json()["events"]] == ["REQUEST", "CONFIRM", "CHECK_IN", "CHECK_OUT"]
    assert out.json()["events"][0]["by"] == world.worker.name
    assert AuditEvent.objects.filter(action="session.confirm").count() == 1


def test_a_home_learns_the_name_with_its_yes_and_no_sooner(world, worker, home):
    session = request(world, "2026-12-04", "2026-12-06")
    before = home.get(url_of(session))
    for told in (world.person.name, world.person.kana, world.person.called, str(world.person.public_id)):
        assert told not in before.content.decode()
    assert before.json()["guest"]["level"]
    assert before.json()["person"] is None
    listed = home.get(SESSIONS)
    assert world.person.name not in listed.content.decode()
    sessions.confirm(session=session, by=world.home_staff)
    after = home.get(url_of(session)).json()
    assert (after["guest"]["name"], after["person"]) == (world.person.name, None)


def test_a_home_cannot_ask_whose_request_it_is(world, worker, home):
    request(world, "2026-12-04", "2026-12-06")
    asked = {"person": str(world.person.public_id)}
    assert len(worker.get(SESSIONS, asked).json()["results"]) == 1
    assert home.get(SESSIONS, asked).json()["results"] == []


def test_strangers_find_nothing(world, caller):
    session = request(world, "2026-12-04", "2026-12-06")
    for user in (world.stranger, world.other_home_staff):
        client = caller(user)
        assert client.get(SESSIONS).json()["results"] == []
        missing = client.get(f"{SESSIONS}{uuid4()}/")
        foreign = client.get(url_of(session))
        assert (foreign.status_code, foreign.content) == (404, missing.content)
        for step in STEPS:
            foreign = post(client, url_of(session, step), BODIES.get(step))
            assert (foreign.status_code, foreign.content) == (404, missing.content), step
        assert client.patch(url_of(session), {"place": "x"}, format="json").status_code == 404
    assert Session.objects.get().state == "REQUESTED"


def test_who_may_look_may_not_do_everything(world, worker, home):
    session = request(world, "2026-12-04", "2026-12-06")
    for client, steps in ((worker, ("confirm", "decline")), (home, ("override",))):
        for step in steps:
            answer = post(client, url_of(session, step), BODIES.get(step))
            assert (answer.status_code, answer.json()["code"]) == (403, "permission_denied"), step
    for step in ("move", "copy", "repeat"):
        assert post(worker, url_of(session, step), {"starts_at": "2026-12-12T10:00:00+09:00"}).status_code == 403
    assert worker.patch(url_of(session), {"place": "x"}, format="json").status_code == 403


def test_a_token_needs_the_scope(world, caller):
    reader, other = (caller(world.worker, scopes=[scope]) for scope in ("SESSIONS_READ", "HOMES_WRITE"))
    assert other.get(SESSIONS).json()["code"] == "scope_missing"
    assert post(reader, SESSIONS, stay(world)).json()["code"] == "scope_missing"
    assert post(reader, f"{SESSIONS}check/", stay(world)).status_code == 200
    session = request(world, "2026-12-04", "2026-12-06")
    assert post(reader, url_of(session, "cancel")).status_code == 403


@pytest.mark.parametrize("name", ["person", "program", "slot"])
def test_a_strangers_id_is_as_unknown_as_none(world, worker, name):
    foreign = {
        "person": factories.PersonFactory(),
        "program": factories.ProgramFactory(municipality=factories.MunicipalityFactory()),
        "slot": None,
    }[name]
    nowhere = post(worker, SESSIONS, stay(world, **{name: str(uuid4())}))
    assert nowhere.status_code == 400
    [problem] = nowhere.json()["problems"]
    assert (problem["field"], problem["code"]) == (name, "does_not_exist")
    if foreign:
        assert post(worker, SESSIONS, stay(world, **{name: str(foreign.public_id)})).content == nowhere.content


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"kind": "NIGHT"}, "kind"),
        ({"kind": None}, "kind"),
        ({"kind": ["STAY"]}, "kind"),
        ({"check_in": "2026-13-01"}, "check_in"),
        ({"check_in": "1999-12-31"}, "check_in"),
        ({"check_out": "2026-12-04"}, "check_out"),
        ({"person": 7}, "person"),
        ({"note": "あ" * 1001}, "note"),
        ({"nigths": 2}, "nigths"),
    ],
)
def test_what_cannot_be_read_is_named(world, worker, changes, field):
    answer = post(worker, SESSIONS, stay(world, **changes))
    assert answer.status_code == 400
    assert [problem["field"] for problem in answer.json()["problems"]] == [field]
    assert not Session.objects.exists()


def test_a_limit_refuses_with_its_numbers_until_there_is_a_reason(world, worker):
    factories.LimitFactory(program=world.program, amount=2, enforcement=Enforcement.ASK)
    refused = post(worker, SESSIONS, stay(world))
    assert (refused.status_code, refused.json()["code"]) == (409, "refused")
    [problem] = refused.json()["problems"]
    numbers = {name: problem[name] for name in ("unit", "cap", "used", "requested", "over_by", "largest_request")}
    assert numbers == {"unit": "DAYS", "cap": 2, "used": 0, "requested": 3, "over_by": 1, "largest_request": 2}
    assert problem["frees_up_on"] == "2027-04-01"
    assert "limit_id" not in problem
    checked = post(worker, f"{SESSIONS}check/", stay(world)).json()
    assert checked["problems"] == refused.json()["problems"]
    assert not RoomNight.objects.exists()
    passed = post(worker, SESSIONS, stay(world, reason="市町村に確かめました。"))
    assert passed.status_code == 201
    assert [row["reason"] for row in passed.json()["overrides"]] == ["市町村に確かめました。"]
    assert Override.objects.count() == 1


def test_a_coordinator_overrides_what_refuses(world, worker, home, caller):
    request(world, "2026-12-10", "2026-12-12")
    session = request(world, "2026-12-04", "2026-12-06")
    factories.LimitFactory(program=world.program, amount=5, enforcement=Enforcement.REFUSE)
    stopped = post(home, url_of(session, "confirm"))
    assert (stopped.status_code, stopped.json()["problems"][0]["enforcement"]) == (409, "REFUSE")
    assert post(worker, url_of(session, "override"), BODIES["override"]).status_code == 409
    assert post(worker, url_of(session, "override")).json()["problems"][0]["field"] == "reason"
    coordinator = caller(world.coordinator)
    assert post(coordinator, url_of(session, "override"), BODIES["override"]).status_code == 200
    assert post(home, url_of(session, "confirm")).status_code == 200


@pytest.mark.parametrize("step", ["check-in", "check-out", "cut-short", "no-show"])
def test_a_step_out_of_turn_is_refused(world, home, step):
    session = request(world, "2026-12-04", "2026-12-06")
    refused = post(home, url_of(session, step))
    assert (refused.status_code, refused.json()["problems"][0]["code"]) == (409, "session.state")


def test_the_other_ways_a_session_ends(world, worker, home, frozen_time):
    declined = request(world, "2026-12-04", "2026-12-05")
    no = post(home, url_of(declined, "decline"), {"decline_reason": "DATES", "note": "年明けなら。"}).json()
    assert (no["state"], no["decline_reason"]) == ("DECLINED", "DATES")
    called_off = confirmed(world, "2026-12-06", "2026-12-07")
    silent = post(worker, url_of(called_off, "cancel"))
    assert (silent.status_code, silent.json()["problems"][0]["field"]) == (400, "reason")
    assert post(worker, url_of(called_off, "cancel"), {"reason": "体調"}).json()["state"] == "CANCELLED"
    absent = confirmed(world, "2026-12-08", "2026-12-09")
    stopped = in_progress(world, "2026-12-10", "2026-12-12")
    frozen_time.move_to(at("2026-12-11", "09:00"))
    assert post(home, url_of(absent, "no-show"), {"reason": "連絡なし"}).json()["state"] == "NO_SHOW"
    cut = post(home, url_of(stopped, "cut-short"), {"reason": "音がこわかった"}).json()
    assert (cut["state"], cut["events"][-1]["reason"]) == ("CUT_SHORT", "音がこわかった")
    assert list(RoomNight.objects.values_list("date", flat=True)) == [dt.date(2026, 12, 10)]


def test_sent_again_with_one_key_it_is_done_once(world, worker, home):
    key = {"Idempotency-Key": "k1"}
    first, again = (post(worker, SESSIONS, stay(world), **key) for _ in range(2))
    assert (first.status_code, again.status_code) == (201, 201)
    assert again.content == first.content
    assert Session.objects.count() == 1
    other = post(worker, SESSIONS, stay(world, check_out="2026-12-07"), **key)
    assert (other.status_code, other.json()["code"]) == (409, "key_reused")
    url = f"{SESSIONS}{first.json()['id']}/confirm/"
    yes, once_more = (post(home, url, **key) for _ in range(2))
    assert (yes.status_code, once_more.content) == (200, yes.content)
    assert IdempotencyKey.objects.count() == 2


def test_whoever_read_something_else_changes_nothing(world, worker, home):
    session = request(world, "2026-12-04", "2026-12-06")
    known = home.get(url_of(session))["ETag"]
    assert home.get(url_of(session), headers={"If-None-Match": known}).status_code == 304
    post(worker, url_of(session, "cancel"))
    stale = post(home, url_of(session, "confirm"), **{"If-Match": known})
    assert (stale.status_code, stale.json()["code"]) == (412, "precondition_failed")
    other = request(world, "2026-12-04", "2026-12-06")
    known = home.get(url_of(other))["ETag"]
    assert post(home, url_of(other, "confirm"), **{"If-Match": known}).status_code == 200


def test_the_list_costs_the_same_with_one_row_and_with_three(world, worker, home):
    def cost(client):
        with CaptureQueriesContext(connection) as queries:
            assert client.get(SESSIONS).status_code == 200
        return len(queries)

    request(world, "2026-12-04", "2026-12-06")
    # The first call of a day notes that the token was used.
    for client in (worker, home):
        client.get(SESSIONS)
    one = [cost(client) for client in (worker, home)]
    for number in range(2):
        person = person_of(world, given_name=f"次郎{number}")
        request(world, f"2026-12-{10 + 3 * number}", f"2026-12-{12 + 3 * number}", person=person)
    assert [cost(client) for client in (worker, home)] == one
    assert max(one) <= 4


def test_narrowed_and_ordered(world, worker):
    first = request(world, "2026-12-04", "2026-12-06")
    later = confirmed(world, "2026-12-10", "2026-12-12")

    def found(**asked):
        return [row["id"] for row in worker.get(SESSIONS, asked).json()["results"]]

    both = [str(first.public_id), str(later.public_id)]
    assert found() == both
    assert found(ordering="-starts_at") == both[::-1]
    assert found(state="CONFIRMED") == both[1:]
    assert found(state=["CONFIRMED", "REQUESTED"]) == both
    assert found(kind="OUTING") == []
    assert found(home=str(world.room.home.public_id), program=str(world.program.public_id)) == both
    assert found(home=str(uuid4())) == []
    assert found(**{"from": "2026-12-07"}) == both[1:]
    assert found(to="2026-12-09") == both[:1]
    for wrong in ({"from": "12/7"}, {"to": "9999-12-31"}, {"from": "0001-01-01"}, {"state": "GONE"}, {"person": "x"}):
        assert worker.get(SESSIONS, wrong).status_code == 400, wrong


def test_programs_are_those_of_the_persons_municipality(world, worker):
    own = factories.ProgramFactory(code=world.program.code, municipality=world.municipality)
    outing = factories.ProgramFactory(kind=ProgramKind.OUTING)
    for program in (world.program, outing):
        assert post(worker, SESSIONS, stay(world, program=str(program.public_id))).status_code == 400
    assert post(worker, SESSIONS, stay(world, program=str(own.public_id))).status_code == 201


def test_a_colleague_sees_what_the_office_asked_for(world, caller):
    request(world, "2026-12-04", "2026-12-06")
    assert len(caller(member(world.office)).get(SESSIONS).json()["results"]) == 1
