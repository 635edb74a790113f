"""やめたい and 家族の声 through the API, and what a person who signs in does with their own sessions."""

import datetime as dt
from uuid import uuid4

import pytest
from rest_framework.test import APIClient

from programs.models import DoneMark, StopRequest
from programs.services import voices
from tests import factories
from tests.api.alike import fields, queries_of, same, send
from tests.personas import make_world, member
from tests.programs.pages import at, confirmed, person_of, request
from transition.models import AuditEvent

pytestmark = pytest.mark.django_db

STOPS, REMARKS, OWN = "/api/v1/stop-requests/", "/api/v1/remarks/", "/api/v1/me/sessions/"


def stop_of(world, day=4):
    session = confirmed(world, f"2026-12-{day:02}", f"2026-12-{day + 1:02}")
    return voices.ask_to_stop(session=session, by=None)


def found(client, url, **asked):
    return [row["id"] for row in client.get(url, asked).json()["results"]]


@pytest.fixture
def worker(world, caller):
    return caller(world.worker)


@pytest.fixture
def home(world, caller):
    return caller(world.home_staff)


@pytest.fixture
def herself(world):
    """The person, signed in."""
    world.person.user = factories.UserFactory(name=world.person.name)
    world.person.save()
    client = APIClient()
    client.force_login(world.person.user)
    return client


def test_a_worker_listens_and_writes_what_was_heard(world, worker):
    stop = stop_of(world)
    assert found(worker, STOPS, open="true") == [str(stop.public_id)]
    url = f"{STOPS}{stop.public_id}/answer/"
    assert fields(send(worker, url, {"answer": "  "})) == ["answer"]
    assert fields(send(worker, url, {"answer": "あ" * 301})) == ["answer"]
    first = send(worker, url, {"answer": "夜の音がこわかった。"}, key="a")
    again = send(worker, url, {"answer": "夜の音がこわかった。"}, key="a")
    assert (first.status_code, first.json()["handled_by"]) == (200, world.worker.name)
    assert again.content == first.content
    late = send(worker, url, {"answer": "ほかのこと"})
    assert (late.status_code, late.json()["problems"][0]["code"]) == (409, "stop.answered")
    assert found(worker, STOPS, open="true") == []
    assert found(worker, STOPS, open="false", person=str(world.person.public_id)) == [str(stop.public_id)]
    assert AuditEvent.objects.filter(action="stop.answer").count() == 1


def test_nobody_else_hears_it(world, home, caller):
    stop = stop_of(world)
    for client in (home, caller(world.stranger)):
        assert found(client, STOPS) == []
        for tail in ("", "answer/"):
            urls = [f"{STOPS}{one}/{tail}" for one in (stop.public_id, uuid4())]
            method = "post" if tail else "get"
            same(*(send(client, url, {"answer": "x"}, method=method) for url in urls))
    # The home that hosts the guest is told that it was said, as on its page.
    assert home.get(f"/api/v1/sessions/{stop.session.public_id}/").json()["wants_to_stop"] is True


def test_an_answer_upon_what_has_changed(world, worker):
    stop = stop_of(world)
    url = f"{STOPS}{stop.public_id}/"
    known = worker.get(url)["ETag"]
    voices.answer_stop(stop=stop, answer="話した", by=world.worker)
    stale = worker.post(f"{url}answer/", {"answer": "x"}, format="json", headers={"If-Match": known})
    assert stale.status_code == 412


def test_family_remarks_are_read_on_each_side(world, worker, home):
    session = confirmed(world, "2026-12-04", "2026-12-05")
    remark = factories.FamilyRemarkFactory(session=session)
    url = f"{REMARKS}{remark.public_id}/"
    for client, mine in ((worker, "seen_by"), (home, "home_seen_by")):
        assert client.get(url).json()["is_seen"] is False
        told = send(client, f"{url}seen/", key="s").json()
        assert (told["is_seen"], bool(told[mine])) == (True, True)
    assert worker.get(f"/api/v1/sessions/{session.public_id}/").json()["unread_remarks"] == 0
    assert AuditEvent.objects.filter(action="remark.see").count() == 2


def test_a_home_reads_them_from_its_yes_until_two_weeks_after(world, worker, home, frozen_time):
    waiting = factories.FamilyRemarkFactory(session=request(world, "2026-12-10", "2026-12-11"))
    certain = factories.FamilyRemarkFactory(session=confirmed(world, "2026-12-04", "2026-12-05"))
    assert found(home, REMARKS) == [str(certain.public_id)]
    assert home.get(f"{REMARKS}{waiting.public_id}/").status_code == 404
    assert len(found(worker, REMARKS)) == 2
    assert found(worker, REMARKS, session=str(waiting.session.public_id)) == [str(waiting.public_id)]
    frozen_time.move_to(at("2026-12-19", "23:59"))
    assert found(home, REMARKS) == [str(certain.public_id)]
    frozen_time.move_to(at("2026-12-20", "00:00"))
    assert found(home, REMARKS) == []
    assert send(home, f"{REMARKS}{certain.public_id}/seen/").status_code == 404
    assert len(found(worker, REMARKS)) == 2


def test_strangers_read_no_remark(world, caller):
    remark = factories.FamilyRemarkFactory(session=confirmed(world, "2026-12-04", "2026-12-05"))
    for user in (world.stranger, world.other_home_staff):
        client = caller(user)
        assert found(client, REMARKS) == []
        same(client.get(f"{REMARKS}{remark.public_id}/"), client.get(f"{REMARKS}{uuid4()}/"))
        assert send(client, f"{REMARKS}{remark.public_id}/seen/").status_code == 404


@pytest.mark.parametrize("url", [STOPS, REMARKS])
def test_lists_cost_the_same_with_one_row_and_with_three(caller, url):
    world = make_world()
    client = caller(world.worker)

    def another(number):
        person = person_of(world)
        session = confirmed(world, f"2026-12-{number + 4:02}", f"2026-12-{number + 5:02}", person=person)
        factories.FamilyRemarkFactory(session=session)
        stop = voices.ask_to_stop(session=session, by=None)
        voices.answer_stop(stop=stop, answer="話した", by=member(world.office))

    another(0)
    one = queries_of(client, url)
    another(2)
    another(4)
    assert queries_of(client, url) == one


@pytest.mark.parametrize("url", [STOPS, REMARKS, OWN])
def test_a_token_needs_the_scope(world, caller, url):
    client = caller(world.worker, scopes=["PEOPLE_WRITE"])
    assert client.get(url).json()["code"] == "scope_missing"


def test_the_person_marks_a_day_takes_it_back_and_asks_to_stop(world, herself, frozen_time):
    session = confirmed(world, "2026-12-04", "2026-12-06")
    request(world, "2026-12-10", "2026-12-11")
    assert found(herself, OWN) == [str(session.public_id)]
    url = f"{OWN}{session.public_id}/"
    early = send(herself, f"{url}mark-done/")
    assert (early.status_code, early.json()["problems"][0]["code"]) == (409, "done_mark.day")
    frozen_time.move_to(at("2026-12-05", "12:00"))
    herself.force_login(world.person.user)
    first, again = (send(herself, f"{url}mark-done/", key="m") for _ in range(2))
    assert (first.status_code, first.json()["done_on"]) == (200, ["2026-12-05"])
    assert again.content == first.content
    assert send(herself, f"{url}mark-done/", {"date": "2026-12-04"}).json()["done_on"] == ["2026-12-04", "2026-12-05"]
    assert send(herself, f"{url}unmark-done/", {"date": "2026-12-05"}).json()["done_on"] == ["2026-12-04"]
    assert DoneMark.objects.get().date == dt.date(2026, 12, 4)
    told = send(herself, f"{url}ask-to-stop/")
    assert (told.status_code, told.json()["is_stopping"]) == (201, True)
    assert send(herself, f"{url}ask-to-stop/").status_code == 201
    assert StopRequest.objects.get().by == world.person.user


def test_nobody_marks_and_asks_for_the_person(world, worker, home):
    session = confirmed(world, "2026-12-04", "2026-12-06")
    for client in (worker, home):
        assert found(client, OWN) == []
        for tail in ("mark-done", "unmark-done", "ask-to-stop"):
            same(*(send(client, f"{OWN}{one}/{tail}/") for one in (session.public_id, uuid4())))
    assert not StopRequest.objects.exists()


def test_the_persons_list_costs_the_same_with_one_row_and_with_three(world, herself):
    confirmed(world, "2026-12-04", "2026-12-06")
    one = queries_of(herself, OWN)
    for day in (10, 14):
        confirmed(world, f"2026-12-{day}", f"2026-12-{day + 1}")
    assert queries_of(herself, OWN) == one
