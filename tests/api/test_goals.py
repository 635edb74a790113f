"""Goals through the API: set, put in other words, closed, with their scores."""

import pytest

from programs.services import scores
from tests import factories
from tests.api.story import NOBODYS, ROOT, codes, fields, ids, is_as_missing, keyed, queries_of
from tests.programs.stories import outing
from transition.models import Goal

pytestmark = pytest.mark.django_db

GOALS = f"{ROOT}goals/"
LEVELS = {f"level_{name}": f"様子 {name}" for name in ("minus_2", "minus_1", "0", "plus_1", "plus_2")}


@pytest.fixture
def client(world, caller):
    return caller(world.worker)


def add(client, world, key="", **changes):
    sent = {"person": str(world.person.public_id), "words": "でかけたい", "area": "ENJOY", "target_on": "2027-01-31"}
    return client.post(GOALS, sent | LEVELS | changes, format="json", **(keyed(key) if key else {}))


def change(client, goal, **changes):
    return client.patch(f"{GOALS}{goal['id']}/", changes, format="json")


def close(client, goal, **changes):
    sent = {"state": "ACHIEVED", "reason": "月に2回出かけている"} | changes
    return client.post(f"{GOALS}{goal['id']}/close/", sent, format="json")


def test_set_changed_and_closed(world, client):
    long = add(client, world, horizon="LONG").json()
    answer = add(client, world, parent=long["id"])
    assert answer.status_code == 201, answer.content
    goal = answer.json()
    assert (goal["state"], goal["horizon"], goal["parent"], goal["score"]) == ("ACTIVE", "SHORT", long["id"], None)
    changed = change(client, goal, words="そとで たべたい")
    assert (changed.status_code, changed.json()["words"]) == (200, "そとで たべたい")
    closed = close(client, goal)
    assert (closed.status_code, closed.json()["state"]) == (200, "ACHIEVED")
    assert client.get(f"{GOALS}{goal['id']}/").json() == closed.json()
    assert change(client, goal, words="もう").status_code == 400


def test_nobody_else_finds_it(world, client, caller):
    foreign = factories.GoalFactory()
    mine = add(client, world).json()
    assert ids(client.get(GOALS)) == [mine["id"]]
    for tail, method in (("", "get"), ("", "patch"), ("close/", "post"), ("scores/", "get")):
        assert is_as_missing(client, f"{GOALS}{foreign.public_id}/{tail}", foreign.public_id, method)
    for user in (world.home_staff, world.stranger, world.other_home_staff):
        assert caller(user).get(GOALS).json()["results"] == []
        assert caller(user).get(f"{GOALS}{mine['id']}/").status_code == 404
    for field in ("person", "parent"):
        row = foreign.person if field == "person" else foreign
        answer = add(client, world, **{field: str(row.public_id)})
        assert (answer.status_code, fields(answer)) == (400, [field])
        assert answer.content == add(client, world, **{field: str(NOBODYS)}).content


def test_a_token_needs_the_scope(world, caller):
    reader = caller(world.worker, scopes=["PEOPLE_READ"])
    assert reader.get(GOALS).status_code == 200
    assert add(reader, world).json()["code"] == "scope_missing"
    assert caller(world.worker, scopes=["SESSIONS_WRITE"]).get(GOALS).status_code == 403


def test_what_makes_no_sense_is_named(world, client):
    for wrong in ({"words": ""}, {"words": "あ" * 201}, {"area": "X"}, {"target_on": "x"}, {"level_0": " "}):
        answer = add(client, world, **wrong)
        assert (answer.status_code, fields(answer)) == (400, list(wrong))
    assert fields(add(client, world, target_on="2026-01-01")) == ["target_on"]
    goal = add(client, world).json()
    assert fields(close(client, goal, state="ACTIVE")) == ["state"]
    assert fields(change(client, goal, person=str(world.person.public_id))) == ["person"]


def test_a_parent_is_a_long_goal_in_work_of_the_person(world, client):
    short, long = add(client, world).json(), add(client, world, horizon="LONG").json()
    step = add(client, world, parent=long["id"]).json()
    close(client, long)
    assert fields(add(client, world, parent=short["id"])) == ["parent"]
    assert fields(add(client, world, parent=long["id"])) == ["parent"]
    assert change(client, step, parent=long["id"], words="そのまま").status_code == 200


def test_levels_stay_once_a_score_was_given(world, client):
    goal = add(client, world).json()
    assert change(client, goal, level_0="もっと楽しむ").status_code == 200
    row = Goal.objects.get()
    scores.score(goal=row, session=outing(world, "2026-11-10", state="COMPLETED"), score=1, by=world.worker)
    answer = change(client, goal, level_0="べつ", words="でかける")
    assert (answer.status_code, codes(answer), fields(answer)) == (409, ["goal.scored"], ["level_0"])
    assert change(client, goal, level_0="もっと楽しむ", words="でかける").status_code == 200


def test_of_each_session_the_latest_score(world, client):
    goal = factories.GoalFactory(person=world.person)
    first, second = (outing(world, day, state="COMPLETED") for day in ("2026-11-10", "2026-11-20"))
    for session, number in ((second, 2), (first, -1), (first, 0)):
        scores.score(goal=goal, session=session, score=number, by=world.worker)
    rows = client.get(f"{GOALS}{goal.public_id}/scores/").json()["results"]
    assert [(one["score"], one["session"], one["scored_on"]) for one in rows] == [
        (0, str(first.public_id), "2026-11-10"),
        (2, str(second.public_id), "2026-11-20"),
    ]
    assert client.get(f"{GOALS}{goal.public_id}/").json()["score"] == 2


def test_once_and_never_over_anothers_writing(world, client):
    first, again = (add(client, world, "k") for _ in range(2))
    assert (first.status_code, again.content) == (201, first.content)
    assert Goal.objects.count() == 1
    here = f"{GOALS}{first.json()['id']}/"
    stale = {"headers": {"If-Match": '"older"'}, "format": "json"}
    assert client.patch(here, {"words": "別"}, **stale).status_code == 412
    assert client.post(f"{here}close/", {"state": "STOPPED", "reason": "x"}, **stale).status_code == 412
    assert client.get(here).json() == first.json()


def test_filters_and_a_longer_list_asks_no_more(world, client):
    goal = add(client, world).json()
    client.get(GOALS)
    one = queries_of(client, GOALS)
    long = add(client, world, horizon="LONG", area="MONEY").json()
    step = add(client, world, parent=long["id"]).json()
    assert queries_of(client, GOALS) == one
    assert ids(client.get(f"{GOALS}?parent={long['id']}")) == [step["id"]]
    assert ids(client.get(f"{GOALS}?area=MONEY&horizon=LONG&state=ACTIVE")) == [long["id"]]
    assert len(ids(client.get(f"{GOALS}?person={world.person.public_id}"))) == 3
    assert fields(client.get(f"{GOALS}?state=X")) == ["state"]
    close(client, goal)
    assert ids(client.get(f"{GOALS}?state=ACHIEVED")) == [goal["id"]]
