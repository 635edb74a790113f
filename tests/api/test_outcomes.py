"""What came of an enrollment, through the API."""

from types import SimpleNamespace

import pytest

from programs.models import FollowUp, Outcome
from tests import factories
from tests.api.story import NOBODYS, ROOT, codes, fields, ids, is_as_missing, keyed, queries_of
from tests.personas import member
from tests.programs.stories import enrolled, outing_world, resident

pytestmark = pytest.mark.django_db

OUTCOMES = f"{ROOT}outcomes/"
MOVED = {"code": "MOVED_FLAT", "decided_on": "2026-11-20", "moved_on": "2026-11-01"}
VISITED = {"kind": "VISIT_30_DAYS", "done_on": "2026-11-20", "still_there": True, "note": "店を覚えた"}


@pytest.fixture
def world(db):
    return outing_world()


@pytest.fixture
def enrollment(world):
    return enrolled(world)


@pytest.fixture
def client(world, caller):
    return caller(world.worker)


def decide(client, enrollment, key="", **changes):
    sent = MOVED | {"enrollment": str(enrollment.public_id)} | changes
    return client.post(OUTCOMES, sent, format="json", **(keyed(key) if key else {}))


def follow(client, outcome, key="", **changes):
    more = keyed(key) if key else {}
    return client.post(f"{OUTCOMES}{outcome['id']}/follow-up/", VISITED | changes, format="json", **more)


def test_a_move_and_the_looks_after_it(world, client, enrollment):
    answer = decide(client, enrollment)
    assert answer.status_code == 201, answer.content
    outcome = answer.json()
    assert [(one["kind"], one["due_on"]) for one in outcome["follow_ups"]] == [
        ("VISIT_30_DAYS", "2026-12-01"),
        ("SIX_MONTHS", "2027-05-01"),
    ]
    said = client.put(f"{OUTCOMES}{outcome['id']}/", MOVED | {"note": "近くに店がある"}, format="json")
    assert (said.status_code, said.json()["note"]) == (200, "近くに店がある")
    looked = follow(client, outcome)
    assert looked.status_code == 200, looked.content
    assert looked.json()["follow_ups"][0]["still_there"] is True
    assert client.get(f"{OUTCOMES}{outcome['id']}/").json() == looked.json()
    assert client.get(f"{ROOT}enrollments/{enrollment.public_id}/").json()["outcome"] == outcome["id"]


def test_nobody_else_finds_it(world, client, caller, enrollment):
    foreign = factories.OutcomeFactory()
    mine = decide(client, enrollment).json()
    assert ids(client.get(OUTCOMES)) == [mine["id"]]
    assert is_as_missing(client, f"{OUTCOMES}{foreign.public_id}/", foreign.public_id)
    assert is_as_missing(client, f"{OUTCOMES}{foreign.public_id}/", foreign.public_id, "put", MOVED)
    assert is_as_missing(client, f"{OUTCOMES}{foreign.public_id}/follow-up/", foreign.public_id, "post", VISITED)
    theirs = decide(client, foreign.enrollment)
    assert (theirs.status_code, fields(theirs)) == (400, ["enrollment"])
    assert theirs.content == decide(client, SimpleNamespace(public_id=NOBODYS)).content
    for user in (world.home_staff, world.stranger, world.other_home_staff):
        assert caller(user).get(OUTCOMES).json()["results"] == []


def test_who_may_look_may_not_write(world, client, caller, enrollment):
    outcome = decide(client, enrollment).json()
    other = factories.OrganizationFactory()
    factories.SupportLinkFactory(person=world.person, organization=other)
    looking = caller(member(other))
    assert looking.get(f"{OUTCOMES}{outcome['id']}/").status_code == 200
    assert decide(looking, enrollment).status_code == 403
    assert looking.put(f"{OUTCOMES}{outcome['id']}/", MOVED, format="json").status_code == 403
    assert follow(looking, outcome).status_code == 403
    assert decide(caller(world.worker, scopes=["SESSIONS_READ"]), enrollment).json()["code"] == "scope_missing"


def test_what_makes_no_sense_is_named(client, enrollment):
    for wrong in ({"code": "RICH"}, {"decided_on": "x"}, {"next_service": "X"}, {"note": "あ" * 1001}):
        answer = decide(client, enrollment, **wrong)
        assert (answer.status_code, fields(answer)) == (400, list(wrong))
    outcome = decide(client, enrollment).json()
    assert fields(follow(client, outcome, kind="NEVER")) == ["kind"]
    assert fields(follow(client, outcome, still_there="maybe")) == ["still_there"]


def test_a_rule_refuses_with_its_reasons(client, enrollment):
    answer = decide(client, enrollment, decided_on="2027-01-01", moved_on=None)
    assert (answer.status_code, codes(answer)) == (409, ["outcome.decided_on", "outcome.moved_on"])
    stays = decide(client, enrollment, code="STAYS_BY_CHOICE", moved_on=None).json()
    assert follow(client, stays).status_code == 404
    moved = decide(client, enrollment).json()
    assert codes(follow(client, moved, done_on="2027-01-01")) == ["follow_up.future"]


def test_once_and_never_over_anothers_writing(client, enrollment):
    first, again = (decide(client, enrollment, "k") for _ in range(2))
    assert (first.status_code, again.content) == (201, first.content)
    here = f"{OUTCOMES}{first.json()['id']}/"
    for method, url, sent in (("put", here, MOVED), ("post", f"{here}follow-up/", VISITED)):
        stale = getattr(client, method)(url, sent, format="json", headers={"If-Match": '"older"'})
        assert stale.status_code == 412
    assert FollowUp.objects.filter(done_on=None).count() == 2
    looked = [follow(client, first.json(), "k2") for _ in range(2)]
    assert (looked[0].status_code, looked[1].content) == (200, looked[0].content)
    assert Outcome.objects.count() == 1


def test_filters_and_a_longer_list_asks_no_more(world, client, enrollment):
    mine = decide(client, enrollment).json()
    client.get(OUTCOMES)
    one = queries_of(client, OUTCOMES)
    for _ in range(2):
        decide(client, enrolled(world, person=resident(world)))
    assert queries_of(client, OUTCOMES) == one
    assert ids(client.get(f"{OUTCOMES}?person={world.person.public_id}")) == [mine["id"]]
    assert ids(client.get(f"{OUTCOMES}?enrollment={enrollment.public_id}&code=MOVED_FLAT")) == [mine["id"]]
    assert fields(client.get(f"{OUTCOMES}?code=RICH")) == ["code"]
