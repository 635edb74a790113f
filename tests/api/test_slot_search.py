"""Finding open slots: for a city's page, and for one person as the worker's screen does."""

import datetime as dt

import pytest

from programs.models import RoomNight, Slot
from programs.queries import search as queries
from programs.queries.limits import LimitBook
from tests import factories
from tests.api.alike import NOBODY, fields, queries_of, same
from transition.models import Person

pytestmark = pytest.mark.django_db

ALL = "/api/v1/slots/"
DECEMBER = "from=2026-12-01&to=2026-12-31"
FIRST = dt.date(2026, 12, 1)


def another(world, name="別", area="別市", room=None, **slot):
    municipality = factories.MunicipalityFactory(name=area)
    office = factories.OrganizationFactory(kind="GROUP_HOME", municipality=municipality)
    home = factories.HomeFactory(name=name, area=area, organization=office)
    return factories.SlotFactory(room=factories.RoomFactory(home=home), **slot)


def taken(slot, *days):
    rows = [RoomNight(room=slot.room, date=FIRST + dt.timedelta(days=day - 1), use="CLOSED") for day in days]
    RoomNight.objects.bulk_create(rows)


def found(client, asked=DECEMBER):
    answer = client.get(f"{ALL}?{asked}")
    assert answer.status_code == 200, answer.content
    return [row["id"] for row in answer.json()["results"]]


def ids(*slots):
    return [str(slot.public_id) for slot in slots]


class TestForEverybody:
    def test_open_slots_with_their_free_nights(self, world, caller):
        client = caller(world.stranger)
        taken(world.slot, 1, 3)
        [shown] = client.get(f"{ALL}?from=2026-12-01&to=2026-12-05").json()["results"]
        assert shown["id"] == str(world.slot.public_id)
        assert shown["free_nights"] == ["2026-12-02", "2026-12-04"]
        assert (shown["home_name"], shown["area"], shown["fit"]) == (world.room.home.name, "架空市", None)

    def test_what_is_not_open_is_not_there(self, world, caller):
        client = caller(world.stranger)
        assert found(client) == ids(world.slot)
        taken(world.slot, *range(1, 31))
        assert found(client) == []
        RoomNight.objects.all().delete()
        world.room.use = "RENTED"
        world.room.save()
        assert found(client) == []

    def test_without_a_word_the_next_four_weeks(self, world, caller):
        later = another(world, starts_on=dt.date(2026, 12, 21), ends_on=dt.date(2026, 12, 27))
        assert found(caller(world.stranger), "") == ids(world.slot)
        assert found(caller(world.stranger), "to=2026-12-22") == ids(world.slot, later)

    def test_as_many_nights_in_a_row(self, world, caller):
        taken(world.slot, *range(3, 31, 3))
        client = caller(world.stranger)
        assert found(client, f"{DECEMBER}&nights=2") == ids(world.slot)
        assert found(client, f"{DECEMBER}&nights=3") == []
        RoomNight.objects.all().delete()
        assert found(client, f"{DECEMBER}&nights=7") == ids(world.slot)
        assert found(client, f"{DECEMBER}&nights=8") == []

    def test_narrowed(self, world, caller):
        other = another(world, price_rent=3000, level_min=3, level_max=4, wheelchair=True, medical_care=True)
        client = caller(world.worker)
        home = other.room.home
        for asked, slots in {
            "area=別市": [other],
            f"home={home.public_id}": [other],
            f"municipality={home.organization.municipality.public_id}": [other],
            "wheelchair=true": [other],
            "medical_care=true": [other],
            "wheelchair=false": [world.slot, other],
            "max_price=2999": [world.slot],
            "level=2": [world.slot],
            "level=0": [world.slot],
            "level=4": [world.slot, other],
            "ordering=price": [world.slot, other],
        }.items():
            assert found(client, f"{DECEMBER}&{asked}") == ids(*slots), asked

    def test_in_order(self, world, caller):
        early = another(world, price_rent=900, starts_on=dt.date(2026, 11, 25))
        client = caller(world.worker)
        both = "from=2026-11-24&to=2026-12-20"
        assert found(client, both) == found(client, f"{both}&ordering=date") == ids(early, world.slot)
        assert found(client, f"{both}&ordering=price") == ids(world.slot, early)

    def test_page_by_page(self, world, caller):
        slots = [world.slot, *(another(world, area=f"市{number}", price_rent=number) for number in (1, 2))]
        client = caller(world.worker)
        first = client.get(f"{ALL}?{DECEMBER}&page_size=2&ordering=price").json()
        assert first["previous"] is None
        second = client.get(first["next"]).json()
        assert [row["id"] for row in first["results"] + second["results"]] == ids(*slots)
        assert second["next"] is None
        assert client.get(second["previous"]).json()["results"] == first["results"]
        for made_up in ("x", "cGFnZT05OQ==", "cGFnZT0w", "あ"):
            assert client.get(f"{ALL}?{DECEMBER}&cursor={made_up}").status_code == 404
        assert found(client, f"{DECEMBER}&fields=id&page_size=1") == ids(world.slot)

    def test_what_makes_no_sense_is_named(self, world, caller):
        client = caller(world.worker)
        for asked, field in {
            "from=2026-11-21": "from",
            "from=yesterday": "from",
            "from=2026-12-02&to=2026-12-02": "to",
            "from=2026-12-01&to=2027-12-01": "to",
            "from=2026-12-01&to=2026-12-03&nights=3": "nights",
            "nights=0": "nights",
            "nights=61": "nights",
            "level=7": "level",
            "max_price=-1": "max_price",
            "ordering=name": "ordering",
            "ordering=fit": "ordering",
            f"program={NOBODY}": "program",
            f"home={NOBODY}": "home",
            "municipality=1": "municipality",
            f"municipality={world.office.public_id}": "municipality",
            "fields=secret": "fields",
        }.items():
            assert fields(client.get(f"{ALL}?{asked}")) == [field], asked

    def test_who_works_nowhere_finds_nothing(self, world, client):
        client.force_login(factories.UserFactory())
        assert found(client) == []
        assert client.get(f"{ALL}{world.slot.public_id}/").status_code == 404

    def test_a_longer_list_costs_no_more_queries(self, world, caller):
        client = caller(world.worker)
        client.get(ALL)
        before = queries_of(client, f"{ALL}?{DECEMBER}")
        for number in range(2):
            taken(another(world, area=f"市{number}"), 1)
        assert queries_of(client, f"{ALL}?{DECEMBER}") == before
        assert len(found(client)) == 3


class TestForAPerson:
    @pytest.fixture
    def asked(self, world):
        return f"{DECEMBER}&person={world.person.public_id}"

    def test_as_the_workers_screen(self, world, asked, caller):
        factories.LimitFactory(program=world.program, amount=2, enforcement="REFUSE")
        men = another(world, sex="MALE")
        strict = another(world, area="南市", level_min=5)
        short = another(world, area="北市", max_nights=1)
        taken(world.slot, 2)
        results = caller(world.worker).get(f"{ALL}?{asked}&nights=2&to=2026-12-09").json()["results"]
        wanted = queries.Wanted(world.program, FIRST, dt.date(2026, 12, 9), 2)
        screen = queries.search(world.person, wanted, LimitBook([world.person]))
        assert [row["id"] for row in results] == [str(one.row.public_id) for one in screen.found]
        by_id = {row["id"]: row["fit"] for row in results}
        assert {key: (fit["verdict"], fit["reasons"]) for key, fit in by_id.items()} == {
            str(one.row.public_id): (["FITS", "ASKS", "CANNOT"][one.verdict], one.reasons) for one in screen.found
        }
        assert by_id[str(men.public_id)]["verdict"] == "CANNOT"
        assert by_id[str(short.public_id)]["reasons"] == ["この枠は1泊までです（今回2泊）。"]
        assert "区分5" in by_id[str(strict.public_id)]["reasons"][0]
        fit = by_id[str(world.slot.public_id)]
        assert [stay["check_in"] for stay in fit["stays"]] == [f"2026-12-0{day}" for day in range(3, 8)]
        problem = fit["stays"][0]["problems"][0]
        assert (problem["cap"], problem["requested"], problem["enforcement"]) == (2, 3, "REFUSE")
        assert fit["obstacles"] == []

    def test_whom_the_program_is_not_for(self, world, asked, caller):
        world.program.residences = ["HOSPITAL"]
        world.program.save()
        [row] = caller(world.worker).get(f"{ALL}?{asked}&program={world.program.public_id}").json()["results"]
        assert [problem["code"] for problem in row["fit"]["obstacles"]] == ["program.residence"]

    def test_area_price_and_order(self, world, asked, caller):
        dear = another(world, price_rent=3000)
        client = caller(world.worker)
        assert found(client, f"{asked}&area=別市") == ids(dear)
        assert found(client, f"{asked}&max_price=10") == ids(world.slot)
        assert found(client, f"{asked}&ordering=price") == ids(world.slot, dear)
        assert fields(client.get(f"{ALL}?{asked}&wheelchair=true&level=0")) == ["level", "wheelchair"]

    def test_page_by_page(self, world, asked, caller):
        another(world)
        client = caller(world.worker)
        first = client.get(f"{ALL}?{asked}&page_size=1").json()
        second = client.get(first["next"]).json()
        assert {row["id"] for row in first["results"] + second["results"]} == set(found(client, asked))
        assert (second["next"], len(second["results"])) == (None, 1)
        assert client.get(f"{ALL}?{asked}&cursor=cGFnZT05").status_code == 404

    def test_a_strangers_person_is_as_unknown_as_nobody(self, world, asked, caller):
        client = caller(world.stranger)
        assert fields(client.get(f"{ALL}?{asked}")) == ["person"]
        same(client.get(f"{ALL}?{asked}"), client.get(f"{ALL}?{DECEMBER}&person={NOBODY}"))
        assert fields(caller(world.home_staff).get(f"{ALL}?{asked}")) == ["person"]

    def test_a_program_that_is_not_the_persons(self, world, asked, caller):
        client = caller(world.worker)
        outing = factories.ProgramFactory(kind="OUTING")
        assert fields(client.get(f"{ALL}?{asked}&program={outing.public_id}")) == ["program"]
        assert fields(client.get(f"{ALL}?{asked}&program={NOBODY}")) == ["program"]

    def test_what_it_says_of_a_person_needs_the_scope_for_people(self, world, asked, caller):
        refused = caller(world.worker, scopes=["HOMES_READ"]).get(f"{ALL}?{asked}")
        assert (refused.status_code, refused.json()["code"]) == (403, "scope_missing")
        assert found(caller(world.worker, scopes=["HOMES_READ", "PEOPLE_READ"]), asked) == ids(world.slot)

    def test_a_longer_list_costs_no_more_queries(self, world, asked, caller):
        client = caller(world.worker)
        client.get(ALL)
        before = queries_of(client, f"{ALL}?{asked}")
        for number in range(2):
            taken(another(world, area=f"市{number}"), 1)
        assert queries_of(client, f"{ALL}?{asked}") == before
        assert Slot.objects.count() == 3
        assert Person.objects.count() == 1
