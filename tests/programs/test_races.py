"""Twelve threads, each with its own connection, released at once. The legal number wins, nobody gets an error.

Each guard was taken out once to see these fail: the unique key (room, date), the unique key (person, date),
the person's lock (on SQLite: the IMMEDIATE transaction).
"""

import datetime as dt
import threading
from collections import Counter
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

import pytest
from django.db import connection, connections

from programs.domain.problems import Refused
from programs.enums import SessionState
from programs.models import RoomNight, Session
from programs.services import sessions
from tests import factories
from tests.personas import World, make_world
from transition.services.transactions import RequestKey

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.race]

THREADS = 12


def dec(day: int) -> dt.date:
    return dt.date(2026, 12, day)


def race(acts: list[Callable[[], object]]) -> Counter[str]:
    """Run every act in its own thread from one barrier; count "won", refusal codes, or the error's name."""
    barrier = threading.Barrier(len(acts))

    def run(act: Callable[[], object]) -> str:
        connection.ensure_connection()
        barrier.wait(timeout=30)
        try:
            act()
        except Refused as refused:
            return refused.problems[0].code
        except Exception as error:
            return type(error).__name__
        else:
            return "won"
        finally:
            connections.close_all()

    with ThreadPoolExecutor(len(acts)) as pool:
        return Counter(pool.map(run, acts))


def asking(world: World, **changes) -> Callable:
    values = {
        "person": world.person,
        "program": world.program,
        "slot": world.slot,
        "organization": world.office,
        "by": world.worker,
        "check_in": dec(4),
        "check_out": dec(6),
    } | changes
    return lambda: sessions.request_stay(**values)


def assert_no_night_twice() -> None:
    nights = RoomNight.objects.values_list("room", "date")
    people = RoomNight.objects.values_list("person", "date")
    assert len(set(nights)) == len(nights)
    assert len(set(people)) == len(people)
    for session in Session.objects.filter(state=SessionState.REQUESTED):
        assert session.room_nights.count() == session.nights


@pytest.mark.parametrize("round_number", range(3))
def test_twelve_people_want_one_room(round_number):
    world = make_world()
    people = factories.PersonFactory.create_batch(THREADS, municipality=world.municipality)
    outcome = race([asking(world, person=person) for person in people])
    assert outcome == {"won": 1, "room.taken": THREADS - 1}
    assert_no_night_twice()


def test_stays_that_overlap_by_one_night():
    world = make_world()
    people = factories.PersonFactory.create_batch(THREADS, municipality=world.municipality)
    acts = [
        asking(world, person=person, check_in=dec(4 + n % 3), check_out=dec(7 + n % 3))
        for n, person in enumerate(people)
    ]
    assert race(acts) == {"won": 1, "room.taken": THREADS - 1}
    assert_no_night_twice()


@pytest.mark.parametrize("round_number", range(3))
def test_one_person_in_twelve_rooms(round_number):
    world = make_world()
    slots = factories.SlotFactory.create_batch(THREADS)
    outcome = race([asking(world, slot=slot) for slot in slots])
    assert outcome == {"won": 1, "person.taken": THREADS - 1}
    assert_no_night_twice()


@pytest.mark.parametrize("round_number", range(3))
def test_one_person_at_a_limit(round_number):
    """Three stays of two days fit into six days; twelve are asked for, in different weeks and rooms."""
    world = make_world()
    limit = factories.LimitFactory(program=world.program, amount=6)
    slots = factories.SlotFactory.create_batch(THREADS)
    acts = [asking(world, slot=slot, check_in=dec(1 + 2 * n), check_out=dec(2 + 2 * n)) for n, slot in enumerate(slots)]
    assert race(acts) == {"won": 3, limit.code: THREADS - 3}
    assert_no_night_twice()


def test_the_home_confirms_while_the_worker_cancels():
    world = make_world()
    session = asking(world)()
    half = THREADS // 2
    acts = [lambda: sessions.confirm(session=session, by=world.home_staff)] * half
    acts += [lambda: sessions.cancel(session=session, by=world.worker, reason="都合が変わった")] * half
    outcome = race(acts)
    assert set(outcome) <= {"won", "session.state"}
    session.refresh_from_db()
    # A confirmation may come first, the cancellation always has the last word.
    assert session.state == SessionState.CANCELLED
    assert not RoomNight.objects.exists()
    assert session.events.count() == 1 + outcome["won"]


def test_one_form_sent_twelve_times_has_one_effect():
    world = make_world()
    key = RequestKey.of(world.worker.pk, "form-1", {"a": "b"})
    assert race([asking(world, key=key)] * THREADS) == {"won": THREADS}
    assert Session.objects.count() == 1
