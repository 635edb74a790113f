"""The ladder toward a move: what has been done on each rung, where the person stands, what could come next.

It is no test: rungs may be left out or climbed again, and nothing is ever failed. Source: `domain.md` 7.1, 11.1.
"""

import datetime as dt
from collections.abc import Iterable
from dataclasses import dataclass

from programs.enums import HELD_STATES, PLANNED_STATES, SessionKind, SessionState, Step

RUNGS: tuple[Step, ...] = tuple(Step)


@dataclass(frozen=True, slots=True)
class Climb:
    """One session as the ladder sees it: planned days while planned, actual ones once held."""

    kind: str
    step: str
    state: str
    first: dt.date
    last: dt.date

    @property
    def nights(self) -> int:
        return (self.last - self.first).days if self.kind == SessionKind.STAY else 0


@dataclass(frozen=True, slots=True)
class Rung:
    """One step: how often it was done, first and last, and the next time it is planned."""

    step: Step
    done: int
    first: dt.date | None
    last: dt.date | None
    planned: dt.date | None
    is_current: bool

    @property
    def label(self) -> str:
        return str(self.step.label)

    @property
    def is_done(self) -> bool:
        return self.done > 0


@dataclass(frozen=True, slots=True)
class Ladder:
    """`days` is how long the person has been on the current rung, today included; `could` what could come next,
    the next higher rung first, then those that were left out."""

    rungs: tuple[Rung, ...]
    current: Rung | None
    days: int
    could: tuple[Rung, ...]


def rung_of(climb: Climb) -> Step:
    """A stay is told by its nights, anything else by its step; a stay without a night was a day."""
    if climb.kind == SessionKind.STAY:
        return {0: Step.DAY, 1: Step.ONE_NIGHT}.get(climb.nights, Step.SEVERAL_NIGHTS)
    if climb.step in Step.values:
        return Step(climb.step)
    return Step.DAY if climb.kind == SessionKind.DAY_VISIT else Step.OUTING


def ladder(climbs: Iterable[Climb], moved_on: dt.date | None, today: dt.date) -> Ladder:
    """Where the person stands `today`. A session that has begun is done; the highest rung done is the current one."""
    done: dict[Step, list[dt.date]] = {}
    planned: dict[Step, list[dt.date]] = {}
    for climb in climbs:
        if climb.state in HELD_STATES or climb.state == SessionState.IN_PROGRESS:
            done.setdefault(rung_of(climb), []).append(climb.first)
        elif climb.state in PLANNED_STATES and climb.last >= today:
            planned.setdefault(rung_of(climb), []).append(climb.first)
    if moved_on is not None:
        (done if moved_on <= today else planned).setdefault(Step.MOVE, []).append(moved_on)
    highest = max(done, key=RUNGS.index, default=None)
    rungs = tuple(
        Rung(
            step=step,
            done=len(done.get(step, [])),
            first=min(done.get(step, []), default=None),
            last=max(done.get(step, []), default=None),
            planned=min(planned.get(step, []), default=None),
            is_current=step == highest,
        )
        for step in RUNGS
    )
    place = -1 if highest is None else RUNGS.index(highest)
    current = rungs[place] if highest is not None else None
    left_out = () if highest == Step.MOVE else tuple(rung for rung in rungs[: max(place, 0)] if not rung.is_done)
    return Ladder(
        rungs=rungs,
        current=current,
        days=(today - current.first).days + 1 if current and current.first else 0,
        could=(*rungs[place + 1 : place + 2], *left_out),
    )
