"""Tasks of the fault runs."""

import os
import signal

from transition.services import pulses
from transition.tasks import job


@job
def poison() -> None:
    """Brings its worker down, every time."""
    pulses.count("poison")
    os.kill(os.getpid(), signal.SIGKILL)


@job
def quick() -> None:
    """Leaves a sign that it was done."""
    pulses.count("quick")
