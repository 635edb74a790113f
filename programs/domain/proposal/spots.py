"""Where something could stand on a date, and the solver that all three models use."""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass

from ortools.sat.python import cp_model

from programs.domain.proposal.terms import (
    FALLBACK,
    HOME_LENGTHS,
    HOME_STEPS,
    LENGTHS,
    NEVER,
    Activity,
    Free,
    Question,
    home_rung,
    is_holiday,
)

QUARTER = 15
# Work the solver may do on each model, in its own deterministic seconds.
WORK = 0.6


@dataclass(frozen=True, slots=True)
class Spot:
    """Something that could stand on a date: an outing of length `level`, or, with `rung` above 0, a day at a home."""

    free: Free
    start: int
    minutes: int
    level: int = 0
    rung: int = 0


def base_level(question: Question) -> int:
    """The length that has been reached in outings held so far: the highest level not above it."""
    held = [kept.minutes for kept in question.kept if kept.done and home_rung(kept.step) == 0]
    return max((level for level, minutes in enumerate(LENGTHS) if held and minutes <= max(held)), default=-1)


def levels(question: Question) -> range:
    """The lengths a plan may use: from what may be fallen back to, up to the longest some activity can fill."""
    base = base_level(question)
    lowest = next((n for n, minutes in enumerate(LENGTHS) if base >= 0 and minutes >= LENGTHS[base] - FALLBACK), 0)
    longest = max((activity.longest for activity in question.activities if activity.choice), default=0)
    highest = max((n for n, minutes in enumerate(LENGTHS) if minutes <= max(longest, LENGTHS[2])), default=lowest)
    return range(lowest, max(lowest, highest) + 1)


def spot_on(question: Question, spans: Sequence[Free], minutes: int) -> tuple[Free, int] | None:
    """Who goes along and from when: the widest span of the day wins, then the first escort; nearest to ten o'clock."""
    wanted = question.wanted
    for free in sorted(spans, key=lambda span: (span.start - span.end, span.escort, span.start)):
        first = -(-max(free.start, wanted.earliest) // QUARTER) * QUARTER
        last = min(free.end, wanted.latest) - minutes
        if first <= last:
            return free, min(max(first, 10 * 60), max(first, last // QUARTER * QUARTER))
    return None


def spots(question: Question) -> dict[int, list[Spot]]:
    """Everything that could stand on each date, by ordinal, before rules that tie dates together."""
    wanted, used = question.wanted, levels(question)
    by_date: dict[int, list[Free]] = defaultdict(list)
    for free in question.free:
        by_date[free.date.toordinal()].append(free)
    near = {date.toordinal() + n for date in question.occupied() for n in range(-wanted.gap, wanted.gap + 1)}
    found: dict[int, list[Spot]] = {}
    for date in question.days():
        day = date.toordinal()
        if day in near or date.weekday() not in wanted.weekdays or (wanted.holidays == NEVER and is_holiday(date)):
            continue
        here = [
            Spot(*place, LENGTHS[level], level=level)
            for level in used
            if (place := spot_on(question, by_date[day], LENGTHS[level]))
        ]
        if wanted.homes:
            for rung, step in enumerate(HOME_STEPS, 1):
                places = [(spot_on(question, by_date[day], length), length) for length in HOME_LENGTHS[step]]
                here += [Spot(*place, length, rung=rung) for place, length in places if place][:1]
        # Without room for the shortest outing there is nothing to build on.
        if any(not spot.rung and spot.level == used.start for spot in here):
            found[day] = here
    return found


def solver(seconds: float, work: float) -> cp_model.CpSolver:
    """One worker and a fixed seed: the same question has the same answer."""
    made = cp_model.CpSolver()
    made.parameters.num_workers = 1
    made.parameters.random_seed = 20261122
    made.parameters.max_deterministic_time = work
    made.parameters.max_time_in_seconds = seconds
    return made


def fits(activity: Activity, minutes: int) -> bool:
    return activity.shortest <= minutes <= activity.longest
