"""Programs and limits: read by everybody as their municipality uses them, changed there by its coordinators."""

import datetime as dt

import pytest

from programs.models import Limit, Program
from programs.services import programs
from tests import factories
from tests.api.alike import NOBODY, fields, queries_of, same, send
from transition.models import AuditEvent

pytestmark = pytest.mark.django_db

ALL = "/api/v1/programs/"
NEW = {
    "amount": 30,
    "window": "FISCAL_YEAR",
    "enforcement": "ASK",
    "valid_from": "2027-04-01",
    "source": "架空市要綱 第5条",
}


@pytest.fixture
def limit(world):
    return factories.LimitFactory(program=world.program, code="year")


def one(program, tail=""):
    return f"{ALL}{program.public_id}/{tail}"


def codes(client, asked=""):
    answer = client.get(f"{ALL}?{asked}")
    assert answer.status_code == 200, answer.content
    return {row["code"]: row["municipality"] for row in answer.json()["results"]}


def amounts(client, program, asked=""):
    shown = client.get(f"{one(program)}?{asked}").json()
    return [(limit["amount"], limit["valid_from"], limit["valid_to"]) for limit in shown["limits"]]


def adopted(world):
    return programs.adopt(program=world.program, municipality=world.municipality, by=world.coordinator)


def change(client, program, key="", code="year", **changes):
    return send(client, one(program, "change-limit/"), NEW | {"code": code} | changes, key)


class TestReading:
    def test_limits_in_words_with_their_source_and_certainty(self, world, limit, caller):
        unsure = factories.LimitFactory(program=world.program, certainty="ASSUMED", tiers=[[30, "はじめ"]])
        shown = caller(world.worker).get(one(world.program)).json()
        sure, assumed = shown["limits"]
        assert sure["words"] == "1年度（4月から3月）に50日まで"
        assert (sure["source"], sure["certainty"], sure["code"]) == ("試験用", "VERIFIED", limit.code)
        assert "市町村に確認してください" in assumed["certainty_words"]
        assert (assumed["code"], assumed["tiers"]) == (unsure.code, [{"last_day": 30, "name": "はじめ"}])

    def test_the_municipalitys_own_copy_instead_of_the_general_one(self, world, limit, caller):
        factories.ProgramFactory(code="outing", kind="OUTING")
        assert codes(caller(world.worker)) == {"group-home-trial": None, "outing": None}
        adopted(world)
        own = str(world.municipality.public_id)
        for user in (world.worker, world.coordinator):
            assert codes(caller(user)) == {"group-home-trial": own, "outing": None}
            assert codes(caller(user), f"municipality={own}&kind=OUTING") == {"outing": None}
        assert codes(caller(world.stranger)) == {"group-home-trial": None, "outing": None}

    def test_the_persons_municipalitys(self, world, limit, caller):
        elsewhere = factories.MunicipalityFactory()
        guest = factories.PersonFactory(municipality=elsewhere)
        factories.SupportLinkFactory(person=guest, organization=world.office)
        programs.adopt(program=world.program, municipality=elsewhere, by=world.coordinator)
        client = caller(world.worker)
        own = str(elsewhere.public_id)
        assert codes(client, f"person={guest.public_id}") == {"group-home-trial": own}
        assert codes(client, f"municipality={own}") == {"group-home-trial": own}
        assert codes(client) == {"group-home-trial": None}
        refused = caller(world.worker, scopes=["PROGRAMS_READ"]).get(f"{ALL}?person={guest.public_id}")
        assert refused.json()["code"] == "scope_missing"

    def test_in_force_on_a_date(self, world, limit, caller):
        own = adopted(world)
        programs.change_limit(
            limit=own.limits.get(),
            by=world.coordinator,
            **NEW | {"valid_from": dt.date(2027, 4, 1)},
        )
        client = caller(world.worker)
        before, after = (50, None, "2027-03-31"), (30, "2027-04-01", None)
        assert amounts(client, own) == [before, after]
        assert amounts(client, own, "on=2027-03-31") == [before]
        assert amounts(client, own, "on=2027-04-01") == [after]

    def test_a_strangers_copy_is_not_there(self, world, limit, caller):
        own = adopted(world)
        for user in (world.stranger, world.other_home_staff):
            client = caller(user)
            same(client.get(one(own)), client.get(f"{ALL}{NOBODY}/"))
            assert fields(client.get(f"{ALL}?municipality={world.municipality.public_id}")) == ["municipality"]
            assert fields(client.get(f"{ALL}?person={world.person.public_id}")) == ["person"]
            for tail in ("adopt/", "change-limit/"):
                same(send(client, one(own, tail)), send(client, f"{ALL}{NOBODY}/{tail}"))

    def test_nonsense_and_scope(self, world, caller):
        client = caller(world.worker)
        assert fields(client.get(f"{ALL}?kind=CASTLE&on=1999-01-01")) == ["kind", "on"]
        assert fields(client.get(f"{ALL}?municipality={NOBODY}")) == ["municipality"]
        assert caller(world.worker, scopes=["HOMES_READ"]).get(ALL).json()["code"] == "scope_missing"

    def test_a_longer_list_costs_no_more_queries(self, world, limit, caller):
        client = caller(world.worker)
        client.get(ALL)
        before = queries_of(client, ALL)
        for _ in range(2):
            factories.LimitFactory()
        assert queries_of(client, ALL) == before


class TestChanging:
    def test_adopted_once(self, world, limit, caller):
        client = caller(world.coordinator)
        first, again = (send(client, one(world.program, "adopt/"), key="a1") for _ in range(2))
        assert (first.status_code, first.content) == (201, again.content)
        assert first.json()["municipality"] == str(world.municipality.public_id)
        assert [row["code"] for row in first.json()["limits"]] == ["year"]
        own = Program.objects.get(municipality=world.municipality)
        etag = client.get(one(own))["ETag"]
        same_copy = client.post(one(own, "adopt/"), headers={"If-Match": etag})
        assert same_copy.json()["id"] == first.json()["id"]
        assert AuditEvent.objects.filter(action="program.adopt").count() == 1

    def test_a_limit_changes_once(self, world, limit, caller):
        own, client = adopted(world), caller(world.coordinator)
        first, again = (change(client, own, "l1") for _ in range(2))
        assert (first.status_code, first.content) == (201, again.content)
        assert amounts(client, own) == [(50, None, "2027-03-31"), (30, "2027-04-01", None)]
        assert first.json()["limits"][1]["certainty"] == "VERIFIED"
        assert change(client, own).status_code == 201
        assert Limit.objects.filter(program=own).count() == 2

    def test_every_reason_at_once(self, world, limit, caller):
        own, client = adopted(world), caller(world.coordinator)
        answer = change(client, own, window="GRANT")
        assert (answer.status_code, answer.json()["code"]) == (409, "refused")
        assert {problem["field"] for problem in answer.json()["problems"]} == {"window"}
        general = change(client, world.program)
        assert [problem["code"] for problem in general.json()["problems"]] == ["limit.general"]

    def test_what_does_not_fit_is_named(self, world, limit, caller):
        own, client = adopted(world), caller(world.coordinator)
        assert fields(change(client, own, amount=0)) == ["amount"]
        assert fields(change(client, own, window="NOW", enforcement="BLOCK")) == ["window", "enforcement"]
        assert fields(change(client, own, source=" ", valid_from="soon")) == ["valid_from", "source"]
        assert fields(change(client, own, code="nothing")) == ["code"]

    def test_a_lost_update_is_told(self, world, limit, caller):
        own, client = adopted(world), caller(world.coordinator)
        etag = client.get(one(own))["ETag"]
        change(client, own)
        body = NEW | {"code": "year", "amount": 40}
        late = client.post(one(own, "change-limit/"), body, format="json", headers={"If-Match": etag})
        assert (late.status_code, late.json()["code"]) == (412, "precondition_failed")

    def test_by_coordinators_only(self, world, limit, caller):
        own = adopted(world)
        for user in (world.worker, factories.MembershipFactory(organization=world.municipality).user):
            client = caller(user)
            assert send(client, one(world.program, "adopt/")).status_code == 403
            assert change(client, own).status_code == 403
        reader = caller(world.coordinator, scopes=["PROGRAMS_READ"])
        assert change(reader, own).json()["code"] == "scope_missing"

    def test_only_in_the_municipality_for_which_one_works_now(self, world, limit, caller):
        elsewhere = factories.MunicipalityFactory()
        factories.MembershipFactory(user=world.coordinator, organization=elsewhere, role="COORDINATOR")
        own = adopted(world)
        assert change(caller(world.coordinator, elsewhere), own).status_code == 403
        assert change(caller(world.coordinator, world.municipality), own).status_code == 201
