"""What one person can still use."""

import pytest

from programs.enums import Certainty, ProgramKind, Unit, Window
from programs.models import Program
from tests import factories
from tests.api.alike import NOBODY, PEOPLE, fields, of, queries_of, same
from tests.programs.pages import confirmed, request
from transition.enums import GrantService, Residence

pytestmark = pytest.mark.django_db


def limits(answer) -> dict:
    assert answer.status_code == 200, answer.content
    (use,) = answer.json()["programs"]
    return {row["code"]: row for row in use["allowances"]}


def year(world, **changes):
    return factories.LimitFactory(program=world.program, code="year", **changes)


def test_every_limit_with_its_numbers(world, caller):
    year(world)
    confirmed(world, "2026-12-05", "2026-12-07")
    request(world, "2026-12-20", "2026-12-21")
    found = limits(caller(world.worker).get(of(world.person, "allowances/")))
    assert found["year"] == {
        "code": "year",
        "name": "年間の日数",
        "unit": "DAYS",
        "window": "FISCAL_YEAR",
        "starts_on": "2026-04-01",
        "ends_on": "2027-03-31",
        "cap": 50,
        "used": 5,
        "held": 0,
        "confirmed": 3,
        "waiting": 2,
        "remaining": 45,
        "over_by": 0,
        "usable_until": "2027-03-31",
        "renews_on": "2027-04-01",
        "enforcement": "ASK",
        "certainty": "VERIFIED",
        "source": "試験用",
        "note": "令和9年3月31日まで、あと45日使えます。",
    }


def test_an_assumed_limit_says_to_ask(world, caller):
    year(world, certainty=Certainty.ASSUMED)
    found = limits(caller(world.worker).get(of(world.person, "allowances/")))["year"]
    assert (found["certainty"], found["enforcement"]) == ("ASSUMED", "ASK")
    assert found["note"].endswith("市町村に確認してください")


def test_when_something_comes_back(world, caller):
    Program.objects.filter(pk=world.program.pk).update(needs_grant=GrantService.GROUP_HOME_TRIAL)
    year(world, window=Window.ROLLING_12_MONTHS)
    factories.LimitFactory(program=world.program, code="stay", window=Window.STAY, amount=30)
    factories.LimitFactory(program=world.program, code="grant", window=Window.GRANT, unit=Unit.NIGHTS)
    factories.LimitFactory(program=world.program, code="month", window=Window.CALENDAR_MONTH, unit=Unit.NIGHTS)
    confirmed(world, "2026-12-05", "2026-12-07")
    client = caller(world.worker)
    found = limits(client.get(of(world.person, "allowances/?on=2026-12-06")))
    assert {code: row["renews_on"] for code, row in found.items()} == {
        "year": "2027-12-05",
        "stay": "2026-12-09",
        "grant": None,
        "month": "2027-01-01",
    }
    assert found["stay"]["used"] == 3
    # No stay, nothing to come back.
    assert limits(client.get(of(world.person, "allowances/")))["stay"]["renews_on"] is None


def test_on_another_day_another_window_counts(world, caller):
    year(world)
    confirmed(world, "2026-12-05", "2026-12-07")
    factories.GrantFactory(person=world.person, starts_on="2027-04-01", ends_on="2028-03-31")
    found = limits(caller(world.worker).get(of(world.person, "allowances/?on=2027-04-10")))["year"]
    assert (found["starts_on"], found["used"]) == ("2027-04-01", 0)


def test_programs_that_are_not_open_are_shown_when_asked_for(world, caller):
    closed = factories.ProgramFactory(
        code="hospital", name="病院から", kind=ProgramKind.OUTING, residences=[Residence.HOSPITAL]
    )
    client, url = caller(world.worker), of(world.person, "allowances/")

    def codes(query):
        return {use["program"]["code"]: use["is_open"] for use in client.get(url + query).json()["programs"]}

    assert codes("") == {"group-home-trial": True}
    assert codes("?include_closed=true") == {"group-home-trial": True, "hospital": False}
    assert codes(f"?program={closed.public_id}") == {"hospital": False}
    (use,) = client.get(f"{url}?program={closed.public_id}").json()["programs"]
    assert use["obstacles"][0]["message"]
    assert "limit_id" not in use["obstacles"][0]


def test_the_citys_own_copy_stands_for_the_general_program(world, caller):
    own = factories.ProgramFactory(code=world.program.code, municipality=world.municipality)
    foreign = factories.ProgramFactory(code="elsewhere", municipality=factories.MunicipalityFactory())
    client, url = caller(world.worker), of(world.person, "allowances/")
    for program in (own, world.program):
        (use,) = client.get(f"{url}?program={program.public_id}").json()["programs"]
        assert use["program"]["id"] == str(own.public_id)
    same(client.get(f"{url}?program={foreign.public_id}"), client.get(f"{url}?program={NOBODY}"))
    assert fields(client.get(f"{url}?program={NOBODY}")) == ["program"]


@pytest.mark.parametrize(("query", "field"), [("on=x", "on"), ("on=1999-01-01", "on"), ("program=x", "program")])
def test_what_makes_no_sense_is_named(world, caller, query, field):
    assert fields(caller(world.worker).get(of(world.person, f"allowances/?{query}"))) == [field]


def test_whose_business_it_is(world, caller):
    for user in (world.stranger, world.home_staff, world.other_home_staff):
        client = caller(user)
        same(client.get(of(world.person, "allowances/")), client.get(f"{PEOPLE}{NOBODY}/allowances/"))
    assert caller(world.coordinator).get(of(world.person, "allowances/")).status_code == 200
    assert caller(world.worker, scopes=["SESSIONS_READ"]).get(of(world.person, "allowances/")).status_code == 403


def test_as_many_queries_whatever_there_is(world, caller):
    year(world)
    client, url = caller(world.worker), of(world.person, "allowances/")
    one = queries_of(client, url)
    for number, day in enumerate(("2026-12-05", "2026-12-15", "2026-12-25")):
        request(world, day, str(day[:-1] + "6"))
        factories.LimitFactory(program=world.program, code=f"more-{number}")
    assert queries_of(client, url) == one
