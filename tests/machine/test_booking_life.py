"""The life of bookings, played by Hypothesis against tests/machine/life.py.

`BOOKING_LIFE=deep` plays 2,000 lives of 50 acts, each time others; `BOOKING_LIVES` says how many instead.
`BOOKING_LIFE_SHRINK=no` stops at the first failure without looking for a shorter one.
"""

import datetime as dt
import os

import pytest
from hypothesis import HealthCheck, Phase, settings
from hypothesis.stateful import run_state_machine_as_test

from tests.machine.life import RIGHT, STARTS, TALLY, BookingLife

DEEP = os.environ.get("BOOKING_LIFE") == "deep"
LIVES, ACTS = (2000, 50) if DEEP else (20, 30)
# What must have been done, or it has not been tried.
EVERY_ACT = {
    *("publish", "withdraw", "close", "reopen", "request", "plan", "move", "repeat", "confirm", "override", "decline"),
    *("cancel", "arrive", "leave", "no_show", "record", "grant", "extend", "end", "sent_twice", "sweep", "overrides"),
}

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
    if DEEP and "BOOKING_LIVES" not in os.environ:
        assert EVERY_ACT - done() == set()


@pytest.mark.real_time
@pytest.mark.django_db(transaction=True)
def test_one_life_in_which_everything_comes_about():
    """By hand, because a few lives by chance leave something out; looked at in the same way after each act."""
    TALLY.clear()
    life = BookingLife()
    try:
        play_by_hand(life)
    finally:
        life.teardown()
    assert EVERY_ACT - done() == set()


def play_by_hand(life: BookingLife) -> None:
    def act(name: str, **values) -> None:
        getattr(life, name)(**{"actor": RIGHT, "later": False} | values)
        life.holds_together()

    def wait(**by) -> None:
        life.later(by=dt.timedelta(**by))
        life.holds_together()

    # Limits: five days in a row, three outings a year; both may be passed with a reason.
    life.begin(start=STARTS[0], grant_ends=200, grant_days=50, limits={0, 10})
    stay = {"who": 0, "which": 0, "begins": 1, "length": 2, "reason": ""}
    act("publish", room=0, begins=60, length=5, most=3, hours=(15, 10))
    act("close", room=0, begins=20, length=2, use="CLEANING")
    act("reopen", room=0, begins=20, length=2)
    act("request", **stay)
    life.sent_twice(which=3)
    life.key_used_again(which=3)
    life.key_of_somebody_else(which=3, actor="colleague")
    act("confirm", which=0)
    act("request", **stay | {"begins": 5, "length": 5})
    act("request", **stay | {"begins": 5, "length": 5, "reason": "理由"})
    act("decline", which=1)
    act("request", **stay | {"begins": 10, "length": 1})
    act("cancel", which=2, reason="")
    act("request", **stay | {"who": 1, "which": 2, "begins": 2})
    act("override", which=3, reason="理由")
    act("plan", who=0, at=(8, (9, 30)), minutes=60, reason="", certain=True)
    act("move", which=4, at=(9, (9, 30)), reason="")
    act("repeat", which=4, times=2, reason="")
    act("repeat", which=4, times=1, reason="")
    act("repeat", which=4, times=2, reason="理由")
    act("grant", who=1, begins=-1, length=100, days=10)
    act("extend", who=1, days=5)
    life.takes_place(actor=RIGHT, which=0, late=-60, step="check-out")
    act("record", which=0, late=5, longer=-10, stale=False, text="わ")
    act("request", **stay | {"begins": 3, "length": 1})
    act("confirm", which=len(life.story.states) - 1)
    wait(days=4)
    act("no_show", which=len(life.story.states) - 1)
    wait(days=8)
    life.sweep()
    life.holds_together()
    act("end", who=0, days=0, together=True)
    act("withdraw", which=0)
    wait(days=35)


def done() -> set[str]:
    return {name for name, what in TALLY if what == "done" and TALLY[name, what]}
