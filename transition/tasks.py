"""What the queue runs. A task lost or run twice changes nothing: the truth is in our own rows."""

import functools
from collections.abc import Callable

from transition.models import Pulse
from transition.receivers import has_been_given_up
from transition.services import inbox, nightly, pulses, pump, seals, waking

CANARY = "transition.tasks.canary"


class Failed(Exception):  # noqa: N818 - reads as what happened
    """What the queue keeps of a failure: which task, and the class of the error; its text may name somebody."""


def job(task: Callable[[], object]) -> Callable[[], None]:
    """A task of ours: no arguments, no result, nothing personal in what is left of a failure."""

    @functools.wraps(task)
    def inner() -> None:
        if has_been_given_up():
            raise Failed("tried too often\nGivenUp")
        try:
            task()
        except Exception as error:
            name = f"{task.__module__}.{task.__name__}"
            pulses.failed(f"task:{name.replace('.tasks.', '.')}", error)
            raise Failed(f"{name}\n{type(error).__name__}") from None

    return inner


def each(*steps: Callable[[], object]) -> None:
    """One after the other; one that fails does not stop the others."""
    for step in steps:
        try:
            step()
        except Exception as error:
            pulses.failed(f"step:{getattr(step, '__qualname__', 'step')}", error)


@job
def canary() -> None:
    """Answers the guard. What a lost wake has left lying is found here as well."""
    pulses.beat(Pulse.CANARY)
    if pump.is_due():
        waking.wake()


@job
def send() -> None:
    """Woken where something is due at once."""
    pump.run()


@job
def tell() -> None:
    """Once a minute: see what has come due, send it, tidy the inboxes; at night, have the night's work done."""
    each(nightly.wake_if_due, seals.seal, pump.plan, inbox.tidy_if_due)
    pump.run()


@job
def night() -> None:
    """Woken by the minute while there is something left to do for today."""
    nightly.run()
