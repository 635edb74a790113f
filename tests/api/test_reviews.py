"""Reviews through the API: listed, held once, with the scores of the person's goals."""

import pytest

from programs.models import GoalScore, Review
from tests import factories
from tests.api.story import NOBODYS, ROOT, codes, fields, ids, is_as_missing, queries_of
from tests.personas import member
from tests.programs.stories import enrolled, outing_world, resident

pytestmark = pytest.mark.django_db

REVIEWS = f"{ROOT}reviews/"
TEXTS = {"held_on": "2026-11-01", "present": "本人、母", "person_said": "わらった", "decision": "続ける"}


@pytest.fixture
def world(db):
    return outing_world()


@pytest.fixture
def review(world):
    return enrolled(world).reviews.get(month=1)


@pytest.fixture
def client(world, caller):
    return caller(world.worker)


def hold(client, review, key="", match="", **changes):
    headers = ({"Idempotency-Key": key} if key else {}) | ({"If-Match": match} if match else {})
    return client.post(f"{REVIEWS}{review.public_id}/hold/", TEXTS | changes, format="json", headers=headers)


def test_held_with_scores(world, client, review):
    goal = factories.GoalFactory(person=world.person)
    given = [{"goal": str(goal.public_id), "score": 1, "note": "のりものがすき"}]
    answer = hold(client, review, goal_scores=given)
    assert answer.status_code == 200, answer.content
    held = answer.json()
    assert (held["scores"], held["by"], held["month"]) == (given, world.worker.name, 1)
    assert client.get(f"{REVIEWS}{review.public_id}/").json() == held
    assert codes(hold(client, review)) == ["review.held"]
    scores = client.get(f"{ROOT}goals/{goal.public_id}/scores/").json()["results"]
    assert [(one["score"], one["review"], one["session"]) for one in scores] == [(1, str(review.public_id), None)]


def test_nobody_else_finds_it(world, client, caller, review):
    foreign = factories.ReviewFactory()
    assert str(foreign.public_id) not in ids(client.get(REVIEWS))
    assert is_as_missing(client, f"{REVIEWS}{foreign.public_id}/", foreign.public_id)
    assert is_as_missing(client, f"{REVIEWS}{foreign.public_id}/hold/", foreign.public_id, "post")
    for user in (world.home_staff, world.stranger, world.other_home_staff):
        assert caller(user).get(REVIEWS).json()["results"] == []


def test_who_may_look_may_not_hold(world, caller, review):
    other = factories.OrganizationFactory()
    factories.SupportLinkFactory(person=world.person, organization=other)
    client = caller(member(other))
    assert client.get(f"{REVIEWS}{review.public_id}/").status_code == 200
    assert hold(client, review).status_code == 403
    assert hold(caller(world.worker, scopes=["SESSIONS_READ"]), review).json()["code"] == "scope_missing"


@pytest.mark.parametrize(
    ("wrong", "field"),
    [
        ({"held_on": "x"}, "held_on"),
        ({"decision": " "}, "decision"),
        ({"present": "あ" * 301}, "present"),
        ({"goal_scores": [{"goal": str(NOBODYS), "score": 1}]}, "goal_scores.0.goal"),
    ],
)
def test_what_makes_no_sense_is_named(client, review, wrong, field):
    answer = hold(client, review, **wrong)
    assert (answer.status_code, fields(answer)) == (400, [field])


def test_scores_of_foreign_closed_and_impossible_kinds(world, client, review):
    goal, closed = factories.GoalFactory(person=world.person), factories.GoalFactory(person=world.person)
    type(closed).objects.filter(pk=closed.pk).update(state="ACHIEVED")
    for unknown in (factories.GoalFactory(), closed):
        answer = hold(client, review, goal_scores=[{"goal": str(unknown.public_id), "score": 1}])
        missing = hold(client, review, goal_scores=[{"goal": str(NOBODYS), "score": 1}])
        assert (answer.status_code, answer.content) == (400, missing.content)
    one = {"goal": str(goal.public_id), "score": 3}
    assert fields(hold(client, review, goal_scores=[one])) == ["goal_scores.0.score"]
    assert fields(hold(client, review, goal_scores=[one | {"score": 1}] * 2)) == ["goal_scores"]
    others = factories.GoalFactory(person=resident(world))
    assert codes(hold(client, review, goal_scores=[{"goal": str(others.public_id), "score": 1}])) == ["score.person"]
    assert not GoalScore.objects.exists()
    assert not Review.objects.exclude(held_on=None).exists()


def test_a_rule_refuses_with_its_reasons(client, review):
    answer = hold(client, review, held_on="2027-01-01")
    assert (answer.status_code, codes(answer), fields(answer)) == (409, ["review.future"], ["held_on"])


def test_once_and_never_over_anothers_writing(world, client, review):
    goal = factories.GoalFactory(person=world.person)
    scores = [{"goal": str(goal.public_id), "score": 0}]
    assert hold(client, review, match='"older"', goal_scores=scores).status_code == 412
    first, again = (hold(client, review, "k", goal_scores=scores) for _ in range(2))
    assert (first.status_code, again.content) == (200, first.content)
    assert GoalScore.objects.count() == 1


def test_filters(world, client, review):
    hold(client, review)
    assert [one["month"] for one in client.get(f"{REVIEWS}?held=false").json()["results"]] == [3, 6]
    assert ids(client.get(f"{REVIEWS}?held=true")) == [str(review.public_id)]
    assert ids(client.get(f"{REVIEWS}?due_before=2026-11-22&person={world.person.public_id}")) == [
        str(review.public_id)
    ]
    assert fields(client.get(f"{REVIEWS}?due_before=soon")) == ["due_before"]


def test_a_longer_list_asks_no_more(world, client, review):
    def held(one):
        goal = factories.GoalFactory(person=one.enrollment.person)
        hold(client, one, goal_scores=[{"goal": str(goal.public_id), "score": 1}])

    held(review)
    client.get(REVIEWS)
    one = queries_of(client, REVIEWS)
    for _ in range(2):
        held(enrolled(world, person=resident(world)).reviews.get(month=1))
    assert queries_of(client, REVIEWS) == one
