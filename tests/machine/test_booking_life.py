"""The life of bookings, played by Hypothesis against tests/machine/life.py.

`BOOKING_LIFE=deep` plays 2,000 lives of 50 acts, each time others; `BOOKING_LIVES` says how many instead.
`BOOKING_LIFE_SHRINK=no` stops at the first failure without looking for a shorter one.
"""

import os

import pytest
from hypothesis import HealthCheck, Phase, settings
from hypothesis.stateful import run_state_machine_as_test

from tests.machine.life import TALLY, BookingLife

DEEP = os.environ.get("BOOKING_LIFE") == "deep"
LIVES, ACTS = (2000, 50) if DEEP else (20, 30)
# What must have been done at least once, or it has not been tried: in few lives not everything comes about.
CORE = {
    *("publish", "withdraw", "close", "request", "plan", "confirm", "cancel", "arrive", "leave", "record", "grant"),
    *("extend", "end", "sent_twice", "sweep", "overrides"),
}
EVERY_ACT = CORE | {"reopen", "move", "repeat", "override", "decline", "no_show"}

play = settings(
    max_examples=int(os.environ.get("BOOKING_LIVES", LIVES)),
    stateful_step_count=ACTS,
    derandomize=not DEEP,
    deadline=None,
    database=None,
    print_blob=True,
    phases=[Phase.generate] if os.environ.get("BOOKING_LIFE_SHRINK") == "no" else [Phase.generate, Phase.shrink],
    suppress_health_check=list(HealthCheck),
)


@pytest.mark.slow
@pytest.mark.real_time
@pytest.mark.django_db(transaction=True)
def test_bookings_hold_together_whatever_happens():
    """Each life takes place in a transaction of its own, and is undone."""
    TALLY.clear()
    try:
        run_state_machine_as_test(BookingLife, settings=play)
    finally:
        # Shown when it fails, or with -s.
        print(f"{TALLY['life', 'begun']} lives, {sum(TALLY.values())} answers: {dict(TALLY)}")  # noqa: T201
    done = {name for name, what in TALLY if what == "done" and TALLY[name, what]}
    if "BOOKING_LIVES" not in os.environ:
        assert (EVERY_ACT if DEEP else CORE) - done == set()
