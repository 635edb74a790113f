"""Records and drafts of sessions through the API: written, written anew, never over another's writing."""

import datetime as dt

import pytest

from programs.models import GoalScore, RecordDraft, RecordVersion, Session
from tests import factories
from tests.api.story import NOBODYS, ROOT, codes, fields, is_as_missing
from tests.personas import make_world
from tests.programs.pages import client_of, confirmed, in_progress, queries_of
from tests.programs.stories import outing, outing_world
from transition import clock
from transition.models import AuditEvent, WishItem

pytestmark = pytest.mark.django_db

START, END = "2026-11-20T10:00:00+09:00", "2026-11-20T12:30:00+09:00"


@pytest.fixture
def world(db):
    return outing_world()


@pytest.fixture
def client(world, caller):
    return caller(world.worker)


@pytest.fixture
def session(world):
    return outing(world, "2026-11-20", place="架空モール")


def url(session, tail=""):
    return f"{ROOT}sessions/{session.public_id}/record/{tail}"


def save(client, session, key="", match="", **changes):
    sent = {"based_on": 0, "starts_at": START, "ends_at": END, "shown": "わらった", "next_step": "AGAIN"} | changes
    headers = ({"Idempotency-Key": key} if key else {}) | ({"If-Match": match} if match else {})
    return client.put(url(session), sent, format="json", headers=headers)


def item(name="ごはん"):
    return WishItem.objects.create(code=f"item-{name.encode().hex()}"[:40], name=name)


def test_opens_with_the_plan_and_is_written_and_written_anew(world, client, session):
    goal, wish = factories.GoalFactory(person=world.person), item()
    before = client.get(url(session)).json()
    assert (before["version"], before["place"], before["minutes"], before["by"]) == (0, "架空モール", None, None)
    given = [{"goal": str(goal.public_id), "score": 1, "note": "えらべた"}]
    answer = save(client, session, wishes=[str(wish.public_id)], scores=given)
    assert answer.status_code == 200, answer.content
    record = answer.json()
    assert (record["version"], record["minutes"], record["shown"]) == (1, 150, "わらった")
    assert (record["scores"], record["wishes"], record["by"]) == (given, [str(wish.public_id)], world.worker.name)
    session.refresh_from_db()
    assert session.state == "COMPLETED"
    anew = save(client, session, based_on=1, starts_at=record["starts_at"], ends_at=record["ends_at"], shown="ねた")
    assert (anew.json()["version"], anew.json()["wishes"], anew.json()["scores"]) == (2, record["wishes"], given)
    assert client.get(url(session)).json() == anew.json()
    assert [one.content["shown"] for one in RecordVersion.objects.all()] == ["わらった", "ねた"]
    assert AuditEvent.objects.filter(action="record.save").count() == 2


def test_never_over_anothers_writing(world, client, session):
    fresh = client.get(url(session))["ETag"]
    assert save(client, session, match='"older"').status_code == 412
    first, again = (save(client, session, "k") for _ in range(2))
    assert (first.status_code, again.content) == (200, first.content)
    assert save(client, session, match=fresh).status_code == 412
    late = save(client, session)
    assert (late.status_code, codes(late)) == (409, ["record.outdated"])
    assert RecordVersion.objects.count() == 1


def test_a_rule_refuses_with_its_reasons(world, client, session):
    answer = save(client, session, ends_at="2026-11-19T12:30:00+09:00")
    assert (answer.status_code, set(fields(answer))) == (409, {"ends_at"})
    tomorrow = outing(world, "2026-11-30")
    assert client.get(url(tomorrow)).status_code == 404
    assert codes(save(client, tomorrow)) == ["record.too_early"]
    off = outing(world, "2026-11-10", state="CANCELLED")
    assert client.get(url(off)).status_code == 404
    assert codes(save(client, off)) == ["record.state"]


def test_what_makes_no_sense_is_named(world, client, session):
    goal = factories.GoalFactory(person=world.person)
    one = {"goal": str(goal.public_id), "score": 1}
    cases = [
        ({"based_on": -1}, "based_on"),
        ({"starts_at": "2026-11-20T10:00"}, "starts_at"),
        ({"shown": "あ" * 2001}, "shown"),
        ({"next_step": "X"}, "next_step"),
        ({"wishes": [str(NOBODYS)]}, "wishes"),
        ({"wishes": "x"}, "wishes"),
        ({"scores": [one | {"goal": str(NOBODYS)}]}, "scores"),
        ({"scores": [one, one]}, "scores"),
        ({"scores": [one | {"score": 3}]}, "scores.0.score"),
    ]
    for wrong, field in cases:
        answer = save(client, session, **wrong)
        assert (answer.status_code, fields(answer)) == (400, [field]), wrong
    foreign = save(client, session, scores=[one | {"goal": str(factories.GoalFactory().public_id)}])
    assert foreign.content == save(client, session, scores=[one | {"goal": str(NOBODYS)}]).content
    theirs = WishItem.objects.create(code="theirs", name="よそ", organization=factories.OrganizationFactory())
    assert fields(save(client, session, wishes=[str(theirs.public_id)])) == ["wishes"]
    assert not GoalScore.objects.exists()


def test_nobody_else_finds_it(world, client, caller, session):
    foreign = factories.SessionFactory()
    for tail, methods in (("", ("get", "put")), ("hours/", ("get",)), ("draft/", ("get", "put", "delete"))):
        for method in methods:
            assert is_as_missing(client, url(foreign, tail), foreign.public_id, method)
    for user in (world.home_staff, world.stranger, world.other_home_staff):
        assert caller(user).get(url(session)).status_code == 404
    reader = caller(world.worker, scopes=["SESSIONS_READ"])
    assert reader.get(url(session)).status_code == 200
    assert save(reader, session).json()["code"] == "scope_missing"


class TestAHome:
    """Hosts a stay: sees what the person's record says, never goals and wishes, and only while it knows its guest."""

    @pytest.fixture
    def world(self, db):
        return make_world()

    @pytest.fixture
    def home(self, world, caller):
        return caller(world.home_staff)

    def test_before_its_yes_and_long_after_it_is_told_nothing(self, world, home, frozen_time):
        from tests.programs.pages import request

        asked = request(world, "2026-12-05", "2026-12-06")
        for tail in ("", "draft/", "hours/"):
            assert home.get(url(asked, tail)).status_code == 403
        stay = in_progress(world, "2026-12-08", "2026-12-09")
        frozen_time.move_to(stay.ends_at)
        written = save(home, stay, starts_at=f"{stay.starts_at.isoformat()}", ends_at=f"{stay.ends_at.isoformat()}")
        assert written.status_code == 200, written.content
        frozen_time.move_to(stay.ends_at + dt.timedelta(days=16))
        assert home.get(url(stay)).status_code == 403
        assert save(home, stay, based_on=1).status_code == 403

    def test_goals_and_wishes_are_not_its_to_see_or_to_write(self, world, home, caller, frozen_time):
        goal, wish = factories.GoalFactory(person=world.person), item()
        stay = in_progress(world, "2026-12-08", "2026-12-09")
        frozen_time.move_to(stay.ends_at)
        times = {"starts_at": stay.starts_at.isoformat(), "ends_at": stay.ends_at.isoformat()}
        given = [{"goal": str(goal.public_id), "score": 1, "note": ""}]
        assert fields(save(home, stay, scores=given, **times)) == ["scores"]
        assert fields(save(home, stay, wishes=[str(wish.public_id)], **times)) == ["wishes"]
        worker = caller(world.worker)
        assert save(worker, stay, scores=given, wishes=[str(wish.public_id)], **times).json()["scores"] == given
        seen = home.get(url(stay)).json()
        assert (seen["scores"], seen["wishes"]) == (None, None)
        assert save(home, stay, based_on=1, **times).status_code == 200
        assert worker.get(url(stay)).json()["scores"] == given
        assert home.get(url(stay, "hours/")).json()["meters"] == []

    def test_a_stay_to_come_has_no_record(self, world, home):
        stay = confirmed(world, "2026-12-05", "2026-12-06")
        assert home.get(url(stay)).status_code == 404


class TestDrafts:
    def test_kept_looked_at_and_forgotten(self, world, client, session):
        goal = factories.GoalFactory(person=world.person)
        assert client.get(url(session, "draft/")).status_code == 404
        typed = {"based_on": 0, "start_at": "10じ ", "shown": " 書きかけ", "scores": [{"goal": str(goal.public_id)}]}
        answer = client.put(url(session, "draft/"), typed, format="json")
        assert answer.status_code == 200, answer.content
        assert (answer.json()["start_at"], answer.json()["shown"], answer.json()["place"]) == ("10じ ", " 書きかけ", "")
        assert answer.json()["scores"] == [{"goal": str(goal.public_id), "score": "", "note": ""}]
        assert client.get(url(session, "draft/")).json() == answer.json()
        assert client.delete(url(session, "draft/")).status_code == 204
        assert client.delete(url(session, "draft/")).status_code == 204
        assert client.get(url(session, "draft/")).status_code == 404

    def test_the_form_goes_on_with_it(self, world, client, session):
        client.put(url(session, "draft/"), {"based_on": 0, "shown": "APIで書きかけ"}, format="json")
        page = client_of(world.worker).get(f"/sessions/{session.public_id}/record/")
        assert page.status_code == 200
        assert "APIで書きかけ" in page.content.decode()

    def test_nobody_sees_anothers(self, world, client, caller, session):
        client.put(url(session, "draft/"), {"based_on": 0, "shown": "ひみつ"}, format="json")
        assert caller(world.coordinator).get(url(session, "draft/")).status_code == 404
        assert "ひみつ" not in client.get(url(session)).content.decode()

    def test_what_makes_no_sense_is_refused(self, world, client, session):
        draft = url(session, "draft/")
        assert fields(client.put(draft, {"shown": "x"}, format="json")) == ["based_on"]
        assert fields(client.put(draft, {"based_on": 0, "wishes": [str(NOBODYS)]}, format="json")) == ["wishes"]
        assert fields(client.put(draft, {"based_on": 0, "next_step": "X"}, format="json")) == ["next_step"]
        tomorrow = outing(world, "2026-11-30")
        answer = client.put(url(tomorrow, "draft/"), {"based_on": 0}, format="json")
        assert (answer.status_code, codes(answer)) == (409, ["record.too_early"])
        long = {name: "あ" * 10_000 for name in ("shown", "helped", "incident", "family_note", "next_note")}
        assert codes(client.put(draft, {"based_on": 0} | long, format="json")) == ["draft.long"]
        assert not RecordDraft.objects.exists()


def test_hours_left_and_caps_passed(world, client, session):
    save(client, session)
    answer = client.get(url(session, "hours/"))
    [meter] = answer.json()["meters"]
    assert (meter["unit"], meter["cap"], meter["held"], meter["remaining"]) == ("MINUTES", 1440, 150, 1290)
    assert (meter["starts_on"], meter["ends_on"], answer.json()["over"]) == ("2026-11-01", "2026-11-30", [])
    long = outing(world, "2026-11-10", hours=2)
    times = {"starts_at": "2026-11-10T00:00:00+09:00", "ends_at": "2026-11-11T00:00:00+09:00"}
    assert save(client, long, **times).status_code == 200
    [over] = client.get(url(long, "hours/")).json()["over"]
    assert (over["cap"], over["over_by"], over["enforcement"]) == (1440, 150, "INFORM")


def test_a_record_with_much_in_it_asks_no_more(world, client, session):
    save(client, session, scores=[{"goal": str(factories.GoalFactory(person=world.person).public_id), "score": 0}])
    one = queries_of(client, url(session))
    goals = [factories.GoalFactory(person=world.person) for _ in range(3)]
    given = [{"goal": str(goal.public_id), "score": 1} for goal in goals]
    assert save(client, session, based_on=1, scores=given).status_code == 200
    assert queries_of(client, url(session)) == one
    assert Session.objects.get(pk=session.pk).actual_starts_at == clock.at(dt.date(2026, 11, 20), dt.time(10))
