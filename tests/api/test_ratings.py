"""The person's own rating through the API."""

import pytest

from programs.models import Rating
from tests import factories
from tests.api.story import ROOT, codes, fields, is_as_missing, keyed, queries_of
from tests.programs.stories import outing

pytestmark = pytest.mark.django_db

GOOD = {"face": "GOOD", "word": "また いきたい", "expression": "FACE", "by_person": True}


@pytest.fixture
def client(world, caller):
    return caller(world.worker)


@pytest.fixture
def session(world):
    return outing(world, "2026-11-20", state="COMPLETED")


def url(session):
    return f"{ROOT}sessions/{session.public_id}/ratings/"


def rate(client, session, key="", **changes):
    return client.post(url(session), GOOD | changes, format="json", **(keyed(key) if key else {}))


def test_given_and_given_anew_the_latest_first(client, session, frozen_time):
    answer = rate(client, session)
    assert answer.status_code == 201, answer.content
    assert answer.json() == GOOD | {"basis": "", "at": "2026-11-22T10:00:00+09:00"}
    noted = {"face": "BAD", "by_person": False, "basis": "帰りたがった", "expression": "BEHAVIOR", "word": ""}
    rate(client, session, **noted)
    assert [one["face"] for one in client.get(url(session)).json()["results"]] == ["BAD", "GOOD"]


def test_nobody_else_finds_it(world, client, caller, session):
    foreign = factories.SessionFactory()
    assert is_as_missing(client, url(foreign), foreign.public_id)
    assert is_as_missing(client, url(foreign), foreign.public_id, "post", GOOD)
    for user in (world.home_staff, world.stranger, world.other_home_staff):
        assert caller(user).get(url(session)).status_code == 404
    assert rate(caller(world.worker, scopes=["SESSIONS_READ"]), session).json()["code"] == "scope_missing"


def test_what_makes_no_sense_is_named(client, session):
    for wrong in ({"face": "X"}, {"expression": "X"}, {"word": "あ" * 201}, {"by_person": "maybe"}, {"at": "now"}):
        answer = rate(client, session, **wrong)
        assert (answer.status_code, fields(answer)) == (400, list(wrong))


def test_a_rule_refuses_with_its_reasons(world, client):
    answer = rate(client, outing(world, "2026-11-30"), by_person=False)
    assert (answer.status_code, codes(answer)) == (409, ["rating.too_early", "rating.basis"])
    assert fields(answer) == ["", "basis"]


def test_once(client, session):
    first, again = (rate(client, session, "k") for _ in range(2))
    assert (first.status_code, again.content) == (201, first.content)
    assert Rating.objects.count() == 1
    assert rate(client, session, "k", face="BAD").json()["code"] == "key_reused"


def test_a_longer_list_asks_no_more(client, session):
    rate(client, session)
    client.get(url(session))
    one = queries_of(client, url(session))
    rate(client, session)
    rate(client, session)
    assert queries_of(client, url(session)) == one
