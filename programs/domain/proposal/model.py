"""The proposal as three small models for the CP-SAT solver, one after the other.

1. On which dates somebody goes out (`dates.py`): distance, week, month, and the caps with every outing as
   short as allowed. There is a plan at all if and only if this model has an answer.
2. How long, or which rung at a home (`ladder.py`): growth, order, and the caps with the real minutes. It
   always has an answer, since nothing has to grow.
3. What is done (`_activities`): wishes first, each once before any twice.

One model for everything took longer than anybody waits. Who goes along on a date is settled beforehand, since an
escort's other outings are known. Each model is bounded in the solver's own measure of work, which makes the answer
the same on every machine; the clock is only the last resort.
"""

from collections.abc import Sequence
from itertools import pairwise

from ortools.sat.python import cp_model

from programs.domain.proposal import dates as dates_of
from programs.domain.proposal import ladder, words
from programs.domain.proposal.activities import OFFERED
from programs.domain.proposal.spots import QUARTER, WORK, Spot, base_level, fits, solver, spots
from programs.domain.proposal.terms import (
    LENGTHS,
    Activity,
    ProposedOuting,
    Question,
)

WANT, UNKNOWN = "WANT", "UNKNOWN"


def solve(question: Question, *, seconds: float) -> tuple[list[ProposedOuting], bool] | None:
    """The pieces in order of date and whether no better plan exists; None if there is no plan at all."""
    possible = spots(question)
    dates = dates_of.choose(question, possible, seconds * 0.4)
    if dates is None:
        return None
    chosen, best = ladder.climb(question, {day: possible[day] for day in dates[0]}, seconds * 0.4)
    activities = _activities(question, [spot for spot in chosen if not spot.rung], seconds * 0.2)
    outings: list[ProposedOuting] = []
    longest = LENGTHS[base] if (base := base_level(question)) >= 0 else 0
    for spot in chosen:
        if spot.rung:
            outings.append(words.home_day(question, spot.free, spot.start, spot.minutes, spot.rung))
            continue
        activity = activities[spot]
        minutes = spot.minutes
        start = spot.start
        if activity.starts is not None:
            lowest, highest = max(spot.free.start, question.wanted.earliest), min(spot.free.end, question.wanted.latest)
            start = min(max(activity.starts, -(-lowest // QUARTER) * QUARTER), (highest - minutes) // QUARTER * QUARTER)
            start = start if start >= lowest else spot.start
        outings.append(words.outing(question, spot.free, start, minutes, activity, longest))
        longest = max(longest, minutes)
    return outings, best and dates[1]


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
