"""The checker sees what it must: for every invariant a state or a history that breaks it, made by hand, and a whole one
in which it finds nothing.
"""

import datetime as dt
from copy import deepcopy

import pytest

from tests.soak import limits, past
from tests.soak.broken_by_hand import (
    BROKEN,
    gone,
    outside_enrollment,
    outside_grant,
    too_many_in_a_row,
    too_many_minutes,
    too_many_of_the_grant,
    too_many_overnights,
)
from tests.soak.by_hand import COORDINATOR, FIRST, GRANT, HOST, MONTH, NOW, RUN, WORKER, YEAR, World
from tests.soak.check import CHECKS
from tests.soak.history import Operation, put
from tests.soak.state import READ, State, _value


def test_a_state_has_all_that_is_read():
    assert len(State.__dataclass_fields__) == len(READ)


def test_nothing_is_found_where_nothing_is_wrong():
    world = World()
    world.stay(days=2)
    world.stay(days=2, room=2, person=2)
    world.outing()
    assert {name: said for name, said in world.found().items() if said} == {}


@pytest.mark.parametrize(("name", "breaks"), BROKEN, ids=[f"{name} {breaks.__name__}" for name, breaks in BROKEN])
def test_what_is_broken_is_found(name, breaks):
    world = World()
    breaks(world)
    assert world.found()[name]


def test_every_check_is_broken_here():
    assert {name for name, _ in BROKEN} == set(CHECKS)


@pytest.mark.parametrize(
    ("limit", "code", "breaks", "by"),
    [
        (RUN, "consecutive", too_many_in_a_row, COORDINATOR),
        (YEAR, "year", too_many_of_the_grant, WORKER),
        (GRANT, "grant", too_many_overnights, WORKER),
        (MONTH, "month", too_many_minutes, WORKER),
        (None, "grant.period", outside_grant, WORKER),
        (None, "enrollment.period", outside_enrollment, WORKER),
    ],
)
def test_what_was_decided_is_not_broken(limit, code, breaks, by):
    world = World()
    breaks(world)
    for row in world.state.sessions:
        world.override(row, code, limit, by=by)
    for one in world.history:
        one.answer["overrides"] = [{"code": code}]
    assert {name: said for name, said in world.found().items() if said} == {}


def test_what_nobody_heard_of_may_have_happened_or_not():
    world = World()
    row = world.stay()
    world.send("CONFIRM", row, user=HOST)
    without = deepcopy(world)
    row["state"] = "CONFIRMED"
    world.happen("CONFIRM", row, HOST)
    for one in (world, without):
        assert {name: said for name, said in one.found().items() if said} == {}


def test_an_attempt_may_come_after_the_no_to_the_next():
    world = World()
    row = world.stay()
    one = world.send("CONFIRM", row, user=HOST)
    one.attempts.append(world.clock + 1)
    one.ended, one.status = world.clock + 2, 409
    world.clock += 3
    row["state"] = "CONFIRMED"
    world.happen("CONFIRM", row, HOST)
    assert not world.found()["H1"]


def test_one_after_the_other_is_no_clash():
    world = World()
    one = world.stay()
    world.ask("CANCEL", one, user=WORKER)
    gone(world, one, "CANCELLED")
    world.stay(person=2)
    assert {name: said for name, said in world.found().items() if said} == {}


def test_minutes_are_cut_at_midnight_in_japan():
    starts = dt.datetime(2027, 3, 31, 14, 0, tzinfo=dt.UTC)
    parts = list(limits.month_parts(starts, starts + dt.timedelta(hours=3)))
    assert parts == [((2027, 3), 60), ((2027, 4), 120)]


def test_a_move_ends_what_was_known():
    world = World()
    row = world.outing()
    world.send("MOVE", row, user=WORKER)
    [stretch] = past.stretches(world.history)
    assert (stretch.since, stretch.until) == (world.history[0].ended, world.history[1].sent)


def test_what_was_written_down_is_read_back():
    found: dict[str, Operation] = {}
    about = {"user": 1, "action": "CANCEL", "key": "k", "session": "s", "body": {}}
    for line in (
        {"what": "sent", "n": "1-1", "at": 1.0, **about},
        {"what": "attempt", "n": "1-1", "at": 1.1},
        {"what": "fault", "n": "1-1", "at": 1.2, "status": 503},
        {"what": "attempt", "n": "1-1", "at": 1.3},
        {"what": "ended", "n": "1-1", "at": 1.4, "status": 200, "answer": {"id": "s"}, "digest": "d"},
        {"what": "replay", "n": "1-1", "at": 1.5, "status": 200, "digest": "d"},
    ):
        put(found, line)
    one = found["1-1"]
    assert (one.attempts, one.faults, one.accepted, one.ended) == ([1.1, 1.3], [503], True, 1.4)
    assert one.replays == [(1.5, 200, "d")]


@pytest.mark.parametrize(
    ("name", "raw", "value"),
    [
        ("public_id", "ed0da46d72e44d6da358e03b6582cbad", "ed0da46d-72e4-4d6d-a358-e03b6582cbad"),
        ("check_in", "2026-12-05", FIRST),
        ("at", "2026-11-22 01:00:00", NOW),
        ("at", NOW, NOW),
        ("answer", '{"pk": 1}', {"pk": 1}),
        ("answer", {"pk": 1}, {"pk": 1}),
        ("check_in", None, None),
    ],
)
def test_both_databases_say_the_same(name, raw, value):
    assert _value(name, raw) == value
