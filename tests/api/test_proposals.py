"""A proposed plan through the API: looked at, taken over whole or piece by piece."""

from uuid import uuid4

import pytest

from programs.models import Session
from tests.api.alike import fields, same, send
from tests.programs.test_proposal import world  # noqa: F401 - a person with wishes, an escort with free days

pytestmark = pytest.mark.django_db


def url_of(place, tail="proposal/"):
    return f"/api/v1/enrollments/{place.enrollment.public_id}/{tail}"


@pytest.fixture
def worker(world, caller):  # noqa: F811
    return caller(world.worker)


def proposed(client, place, **wanted):
    answer = send(client, url_of(place), wanted)
    assert answer.status_code == 200, answer.content
    return answer.json()


def test_looked_at_taken_over_and_sent_again(world, worker):  # noqa: F811
    told = proposed(worker, world, per_month=2)
    assert told["possible"]
    assert told["reasons"] == []
    assert any("上限24時間" in rule for rule in told["rules"])
    first, *others = told["outings"]
    assert first["escort"] == {"id": str(world.escort.public_id), "name": world.escort.name}
    assert not Session.objects.exists()
    body = {"pieces": [first["token"], others[0]["token"]]}
    made, again = (send(worker, url_of(world, "proposal/adopt/"), body, key="p") for _ in range(2))
    assert (made.status_code, again.content) == (201, made.content)
    assert (made.json()["refused"], made.json()["cancelled"]) == ([], [])
    rows = {str(row.public_id): row for row in Session.objects.all()}
    assert set(made.json()["accepted"]) == set(rows)
    assert [row.escorts.get().user for row in rows.values()] == [world.escort] * 2
    other = send(worker, url_of(world, "proposal/adopt/"), {"pieces": [first["token"]]}, key="p")
    assert (other.status_code, other.json()["code"]) == (409, "key_reused")


def test_what_others_did_meanwhile_refuses_a_piece(world, worker):  # noqa: F811
    told = proposed(worker, world, per_month=2)["outings"]
    body = {"pieces": [told[0]["token"]]}
    assert send(worker, url_of(world, "proposal/adopt/"), body).status_code == 201
    late = send(worker, url_of(world, "proposal/adopt/"), body)
    assert (late.status_code, late.json()["code"]) == (409, "refused")
    assert "person.busy" in [one["code"] for one in late.json()["problems"]]
    part = send(worker, url_of(world, "proposal/adopt/"), {"pieces": [told[0]["token"], told[1]["token"]]})
    assert part.status_code == 201
    assert len(part.json()["accepted"]) == 1
    [refused] = part.json()["refused"]
    assert (refused["starts_at"], refused["activity"]) == (told[0]["starts_at"], told[0]["activity"])


def test_planned_anew_in_place_of_the_old(world, worker):  # noqa: F811
    [first, *_] = proposed(worker, world, per_month=1)["outings"]
    old = send(worker, url_of(world, "proposal/adopt/"), {"pieces": [first["token"]]}).json()["accepted"]
    anew = proposed(worker, world, per_month=1, anew=True)
    assert anew["replaced"] == old
    body = {"pieces": [anew["outings"][0]["token"]], "replace": anew["replaced"]}
    told = send(worker, url_of(world, "proposal/adopt/"), body).json()
    assert (told["cancelled"], len(told["accepted"])) == (old, 1)


def test_no_plan_says_why(world, worker):  # noqa: F811
    told = proposed(worker, world, earliest=0, latest=30)
    assert (told["possible"], told["outings"]) == (False, [])
    assert told["reasons"]


@pytest.mark.parametrize(
    ("wanted", "field"),
    [
        ({"per_month": 13}, "per_month"),
        ({"per_month": 1, "at_least": 2}, "at_least"),
        ({"latest": 600, "earliest": 600}, "latest"),
        ({"weekdays": []}, "weekdays"),
        ({"weekdays": [7]}, "weekdays.0"),
        ({"holidays": "often"}, "holidays"),
        ({"budget": 1}, "budget"),
    ],
)
def test_what_cannot_be_read_is_named(world, worker, wanted, field):  # noqa: F811
    assert fields(send(worker, url_of(world), wanted)) == [field]


def test_only_what_was_given_out_to_this_reader_comes_back(world, worker, caller):  # noqa: F811
    [first, *_] = proposed(caller(world.coordinator), world, per_month=1)["outings"]
    adopt = url_of(world, "proposal/adopt/")
    for token in (first["token"], "x:y", "あ"):
        assert fields(send(worker, adopt, {"pieces": [token]})) == ["pieces.0"]
    assert fields(send(worker, adopt, {"pieces": []})) == ["pieces"]
    [own, *_] = proposed(worker, world, per_month=1)["outings"]
    assert fields(send(worker, adopt, {"pieces": [own["token"]], "replace": [str(uuid4())]})) == ["replace.0"]
    assert not Session.objects.exists()


def test_a_stranger_finds_no_enrollment(world, caller):  # noqa: F811
    for user in (world.stranger, world.home_staff):
        client = caller(user)
        for tail in ("proposal/", "proposal/adopt/"):
            nowhere = f"/api/v1/enrollments/{uuid4()}/{tail}"
            same(send(client, url_of(world, tail), {"pieces": ["x"]}), send(client, nowhere, {"pieces": ["x"]}))


def test_looking_needs_less_than_taking_over(world, caller):  # noqa: F811
    reader = caller(world.worker, scopes=["SESSIONS_READ"])
    told = proposed(reader, world, per_month=1)
    body = {"pieces": [told["outings"][0]["token"]]}
    assert send(reader, url_of(world, "proposal/adopt/"), body).json()["code"] == "scope_missing"
