"""What is done once a night, and what must always be true: every app adds its own.

services/nightly.py runs the jobs and services/consistency.py looks after the invariants; they know nothing of
sessions or calendars.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True)
class Invariant:
    """Something that can only be otherwise by a fault. `broken` gives the public ids of rows for which it is, at most
    as many as asked for; `sentence` says in Japanese what is wrong with them, without naming anybody."""

    code: str
    sentence: str
    broken: Callable[[int], Sequence[str]]


@dataclass(slots=True)
class Registry:
    # Name of a job → the job; it says how many rows it was about. In the order of their registration.
    jobs: dict[str, Callable[[], int]] = field(default_factory=dict)
    invariants: dict[str, Invariant] = field(default_factory=dict)

    def run(self, name: str, job: Callable[[], int]) -> None:
        """Once a night. May be stopped and begun again at any time."""
        self.jobs[name] = job

    def hold(self, *invariants: Invariant) -> None:
        for invariant in invariants:
            self.invariants[invariant.code] = invariant


registry = Registry()
