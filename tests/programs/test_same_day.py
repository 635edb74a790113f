"""One stay ends and another begins on the same day: the nights are apart, and the hours must be as well."""

import datetime as dt

import pytest

from programs.domain.problems import Refused
from programs.models import Session
from programs.queries import stays
from tests import factories
from tests.personas import make_world
from tests.programs.pages import confirmed, person_of, request

pytestmark = pytest.mark.django_db

NOON, FIVE = dt.time(12), dt.time(17)


def refused(act) -> list[tuple[str, str]]:
    with pytest.raises(Refused) as caught:
        act()
    return [(problem.code, problem.message) for problem in caught.value.problems]


def test_nobody_is_in_two_homes_on_the_day_between():
    world = make_world(check_out_time=FIVE)
    early = factories.SlotFactory(check_in_time=NOON)
    confirmed(world, "2026-12-05", "2026-12-07")
    told = refused(lambda: request(world, "2026-12-07", "2026-12-09", slot=early))
    assert told == [("person.busy", "同じ時間にお泊まり（12月5日）があります。")]
    late = factories.SlotFactory(check_in_time=FIVE)
    assert request(world, "2026-12-07", "2026-12-09", slot=late)


def test_nobody_is_in_two_homes_when_the_earlier_one_is_asked_for_last():
    world = make_world(check_out_time=FIVE)
    early = factories.SlotFactory(check_in_time=NOON)
    request(world, "2026-12-07", "2026-12-09", slot=early)
    assert [code for code, _ in refused(lambda: request(world, "2026-12-05", "2026-12-07"))] == ["person.busy"]


@pytest.mark.parametrize("first", [("2026-12-05", "2026-12-07"), ("2026-12-07", "2026-12-09")])
def test_no_bed_has_two_guests_on_the_day_between(first):
    world = make_world(check_in_time=NOON, check_out_time=FIVE)
    both = [("2026-12-05", "2026-12-07"), ("2026-12-07", "2026-12-09")]
    request(world, *first)
    [second] = [dates for dates in both if dates != first]
    wanted = person_of(world)
    told = refused(lambda: request(world, *second, person=wanted))
    assert told == [("room.taken", "この居室は、12月7日に、ほかの方のいる時間と重なります。")]
    # The page says so before anything is sent.
    dates = map(dt.date.fromisoformat, second)
    shown = stays.all_problems(wanted, world.program, world.slot, *dates)
    assert [(problem.code, problem.message) for problem in shown] == told
    assert Session.objects.count() == 1


def test_who_leaves_before_the_next_comes_is_in_nobodys_way():
    world = make_world()
    request(world, "2026-12-05", "2026-12-07")
    assert request(world, "2026-12-07", "2026-12-09", person=person_of(world))
