"""The proposal as three small models for the CP-SAT solver, one after the other.

1. On which dates somebody goes out (`proposal_dates.py`): distance, week, month, and the caps with every outing as
   short as allowed. There is a plan at all if and only if this model has an answer.
2. How long, or which rung at a home (`proposal_ladder.py`): growth, order, and the caps with the real minutes. It
   always has an answer, since nothing has to grow.
3. What is done (`_activities`): wishes first, each once before any twice.

One model for everything took longer than anybody waits. Who goes along on a date is settled beforehand, since an
escort's other outings are known. Each model is bounded in the solver's own measure of work, which makes the answer
the same on every machine; the clock is only the last resort.
"""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

from ortools.sat.python import cp_model

from programs.domain import proposal_words
from programs.domain.activities import OFFERED
from programs.domain.proposal import (
    FALLBACK,
    HOME_LENGTHS,
    HOME_STEPS,
    LENGTHS,
    NEVER,
    Activity,
    Free,
    ProposedOuting,
    Question,
    home_rung,
    is_holiday,
)

QUARTER = 15
WANT, UNKNOWN = "WANT", "UNKNOWN"
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


def solve(question: Question, *, seconds: float) -> tuple[list[ProposedOuting], bool] | None:
    """The pieces in order of date and whether no better plan exists; None if there is no plan at all."""
    from programs.domain import proposal_dates, proposal_ladder

    possible = spots(question)
    dates = proposal_dates.choose(question, possible, seconds * 0.4)
    if dates is None:
        return None
    chosen, best = proposal_ladder.climb(question, {day: possible[day] for day in dates[0]}, seconds * 0.4)
    activities = _activities(question, [spot for spot in chosen if not spot.rung], seconds * 0.2)
    outings: list[ProposedOuting] = []
    longest = LENGTHS[base] if (base := base_level(question)) >= 0 else 0
    for spot in chosen:
        if spot.rung:
            outings.append(proposal_words.home_day(question, spot.free, spot.start, spot.minutes, spot.rung))
            continue
        activity = activities[spot]
        minutes = spot.minutes
        start = spot.start
        if activity.starts is not None:
            lowest, highest = max(spot.free.start, question.wanted.earliest), min(spot.free.end, question.wanted.latest)
            start = min(max(activity.starts, -(-lowest // QUARTER) * QUARTER), (highest - minutes) // QUARTER * QUARTER)
            start = start if start >= lowest else spot.start
        outings.append(proposal_words.outing(question, spot.free, start, minutes, activity, longest))
        longest = max(longest, minutes)
    return outings, best and dates[1]


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


def _activities(question: Question, outings: list[Spot], seconds: float) -> dict[Spot, Activity]:
    """What is done on each outing: wishes first and all of them once before any twice, never the same twice running.

    「わからない」 gets one look at most, and never as the first outing while something is wanted.
    """
    model = cp_model.CpModel()
    activities = [*question.activities, *OFFERED]
    chosen: dict[tuple[int, int], cp_model.IntVar] = {}
    gain: list[cp_model.LinearExprT] = []
    able = [_able(question, activities, spot, first=k == 0) for k, spot in enumerate(outings)]
    for k, here in enumerate(able):
        chosen |= {(k, i): model.new_bool_var("") for i in here}
        model.add_exactly_one(chosen[k, i] for i in here)
    for i, activity in enumerate(activities):
        times = [(k, var) for (k, j), var in chosen.items() if j == i]
        for (k, var), (later, other) in pairwise(times):
            if later == k + 1:
                twice = model.new_bool_var("")
                model.add_bool_or([~var, ~other, twice])
                gain.append(-40 * twice)
        # Each time more is worth less; a wish that was followed already is less urgent than a fresh one.
        worth = {WANT: 200, UNKNOWN: 60}.get(activity.choice, 8)
        most = 1 - activity.used if activity.choice == UNKNOWN else len(times)
        again = [model.new_bool_var("") for _ in range(max(0, most))]
        model.add(sum(var for _, var in times) == sum(again))
        gain += [worth // (1 + n + activity.used) ** 2 * var for n, var in enumerate(again)]
        if activity.choice == WANT:
            # Earlier is better, by so little that it never costs a wish.
            gain += [max(0, 12 - k) * var for k, var in times]
    model.maximize(sum(gain))
    made = solver(seconds, WORK)
    if made.solve(model) in (cp_model.OPTIMAL, cp_model.FEASIBLE):
        return {outings[k]: activities[i] for (k, i), var in chosen.items() if made.boolean_value(var)}
    return {spot: next(a for a in OFFERED if fits(a, spot.minutes)) for spot in outings}


def _able(question: Question, activities: Sequence[Activity], spot: Spot, *, first: bool) -> list[int]:
    """The activities that can fill an outing; the very first is near, and wanted where anything is."""
    found = [i for i, activity in enumerate(activities) if fits(activity, spot.minutes)]
    if first and base_level(question) < 0:
        found = [i for i in found if activities[i].near] or found
        found = [i for i in found if activities[i].choice == WANT] or [i for i in found if not activities[i].choice]
    return found
