"""The second model of a proposal: how long each outing is, and when the ladder at a home is climbed."""

import datetime as dt
from collections.abc import Mapping, Sequence

from ortools.sat.python import cp_model

from programs.domain.proposal.spots import WORK, Spot, base_level, fits, levels, solver
from programs.domain.proposal.terms import (
    FALLBACK,
    FIRST_AT_MOST,
    HOME_STEPS,
    HOMES_PER_MONTH,
    LENGTHS,
    OUTINGS_BEFORE_HOME,
    TIMES_PER_RUNG,
    Question,
    caps_of_unit,
    home_rung,
)
from programs.domain.spans import calendar_month


def climb(question: Question, spots: Mapping[int, Sequence[Spot]], seconds: float) -> tuple[list[Spot], bool]:
    """What stands on each of the dates, in order, and whether nothing better exists."""
    ladder = _Ladder(question, spots)
    chosen = ladder.solve(seconds)
    if chosen is not None:
        return chosen, ladder.best
    # Nothing has to grow: as short as allowed on every date is always right.
    lowest = levels(question).start
    return [next(s for s in here if not s.rung and s.level == lowest) for _, here in sorted(spots.items())], False


class _Ladder:
    def __init__(self, question: Question, spots: Mapping[int, Sequence[Spot]]) -> None:
        self.question = question
        self.model = cp_model.CpModel()
        self.spots = {day: list(here) for day, here in spots.items()}
        self.days = sorted(self.spots)
        self.best = False
        self._drop_out_of_order()
        self.taken = {(day, n): self.model.new_bool_var("") for day in self.days for n in range(len(self.spots[day]))}
        for day in self.days:
            self.model.add_exactly_one(self.taken[day, n] for n in range(len(self.spots[day])))
        self.gain: list[cp_model.LinearExprT] = []
        self._caps()
        self._homes()
        self._grow()
        self._follow()
        self._climb()

    def solve(self, seconds: float) -> list[Spot] | None:
        self.model.maximize(sum(self.gain))
        made = solver(seconds, WORK)
        status = made.solve(self.model)
        self.best = status == cp_model.OPTIMAL
        if status not in (cp_model.OPTIMAL, cp_model.FEASIBLE):
            return None
        return [self.spots[day][n] for (day, n), taken in self.taken.items() if made.boolean_value(taken)]

    def _of(self, day: int, *, level: int | None = None, rung: int | None = None) -> list[cp_model.IntVar]:
        """The variables of one day: all outings, those of one length, or those on one rung."""
        return [
            self.taken[day, n]
            for n, spot in enumerate(self.spots[day])
            if (spot.rung == rung if rung is not None else spot.rung == 0 and level in (None, spot.level))
        ]

    def _drop_out_of_order(self) -> None:
        """A kept day at a home stands on its rung: nothing lower after it, nothing higher before it."""
        homes = [(kept.first.toordinal(), home_rung(kept.step)) for kept in self.question.kept]
        homes = [(day, rung) for day, rung in homes if rung]
        for day in self.days:
            fitting = [
                spot
                for spot in self.spots[day]
                if not spot.rung or all(spot.rung >= rung if day > kept else spot.rung <= rung for kept, rung in homes)
            ]
            self.spots[day] = fitting

    def _caps(self) -> None:
        for cap, by_minutes in caps_of_unit(self.question.caps):
            first, last = cap.period.start.toordinal(), cap.period.end.toordinal()
            inside = [key for key in self.taken if first <= key[0] <= last]
            if inside:
                weights = [self.spots[day][n].minutes if by_minutes else 1 for day, n in inside]
                used = cp_model.LinearExpr.weighted_sum([self.taken[key] for key in inside], weights)
                self.model.add(used <= cap.left)

    def _homes(self) -> None:
        """Not too many days at a home in one month."""
        months = {calendar_month(dt.date.fromordinal(day)).start for day in self.days}
        for start in months:
            month = calendar_month(start)
            kept = sum(bool(home_rung(k.step)) and k.first in month for k in self.question.kept)
            inside = [day for day in self.days if dt.date.fromordinal(day) in month]
            homes = [
                var for day in inside for rung in range(1, len(HOME_STEPS) + 1) for var in self._of(day, rung=rung)
            ]
            if homes:
                self.model.add(sum(homes) <= max(0, HOMES_PER_MONTH - kept))

    def _grow(self) -> None:
        """An outing one length further only after one of the length before it; none much shorter than before."""
        used, base = levels(self.question), base_level(self.question)
        begin = base + 1 if base >= 0 else max(n for n, minutes in enumerate(LENGTHS) if minutes <= FIRST_AT_MOST)
        before: dict[int, cp_model.IntVar] = {}
        for day in self.days:
            for level in used:
                for var in self._of(day, level=level):
                    if level > max(begin, used.start):
                        self.model.add_bool_or([before[level - 1], ~var] if before else [~var])
                    for longer, reached in before.items():
                        if LENGTHS[longer] - LENGTHS[level] > FALLBACK:
                            self.model.add_implication(var, ~reached)
            here = {
                level: [var for more in used if more >= level for var in self._of(day, level=more)] for level in used
            }
            before = self._remember(before, here)
        self.gain += [20 * var for var in before.values()]

    def _follow(self) -> None:
        """As many different wishes as possible find an outing of their length."""
        served: dict[int, list[cp_model.IntVar]] = {level: [] for level in levels(self.question)}
        for activity in self.question.activities:
            once = []
            for level, inside in served.items():
                if activity.choice and not activity.used and fits(activity, LENGTHS[level]):
                    once.append(self.model.new_bool_var(""))
                    inside.append(once[-1])
            self.model.add_at_most_one(once)
            self.gain += [(40 if activity.choice == "WANT" else 10) * var for var in once]
        for level, inside in served.items():
            self.model.add(sum(inside) <= sum(var for day in self.days for var in self._of(day, level=level)))

    def _climb(self) -> None:
        """見学, 食事, 日中 in this order, each a few times, never back, and not before some outings."""
        question = self.question
        done = [home_rung(kept.step) for kept in question.kept if home_rung(kept.step)]
        base = max((home_rung(kept.step) for kept in question.kept if kept.done), default=0)
        rungs = range(1, len(HOME_STEPS) + 1)
        gone_out = sum(kept.done for kept in question.kept)
        counts: dict[int, cp_model.IntVar] = {}
        before: dict[int, cp_model.IntVar] = {}
        for day in self.days:
            kept = {home_rung(k.step) for k in question.kept if k.first.toordinal() < day}
            for rung in rungs:
                for var in self._of(day, rung=rung):
                    if rung > 1 and rung - 1 > base and not any(held >= rung - 1 for held in kept):
                        self.model.add_bool_or([before[rung - 1], ~var] if before else [~var])
                    for higher in range(rung + 1, len(HOME_STEPS) + 1):
                        if higher in before:
                            self.model.add_implication(var, ~before[higher])
                    if rung < base:
                        self.model.add(var == 0)
                    if not done and gone_out < OUTINGS_BEFORE_HOME:
                        enough = counts.get(OUTINGS_BEFORE_HOME - gone_out)
                        self.model.add_bool_or([enough, ~var] if enough is not None else [~var])
            counts = self._count(counts, self._of(day))
            here = {rung: [v for more in rungs if more >= rung for v in self._of(day, rung=more)] for rung in rungs}
            before = self._remember(before, here)
        for rung in rungs:
            times = [var for day in self.days for var in self._of(day, rung=rung)]
            if times:
                self.model.add(sum(times) <= max(0, TIMES_PER_RUNG - done.count(rung)))
        self.gain += [60 * var for var in before.values()]

    def _remember(
        self, before: dict[int, cp_model.IntVar], here: dict[int, list[cp_model.IntVar]]
    ) -> dict[int, cp_model.IntVar]:
        """Whether something as high as this had stood before, brought forward over one day."""
        found = {}
        for height, stands in here.items():
            made = self.model.new_bool_var("")
            causes = [*stands, before[height]] if before else stands
            self.model.add_bool_or([*causes, ~made])
            for cause in causes:
                self.model.add_implication(cause, made)
            found[height] = made
        return found

    def _count(self, counts: dict[int, cp_model.IntVar], stands: list[cp_model.IntVar]) -> dict[int, cp_model.IntVar]:
        """Whether there have been at least one, two, … outings, brought forward over one day; never too many."""
        found = {}
        for number in range(1, OUTINGS_BEFORE_HOME + 1):
            made = self.model.new_bool_var("")
            old, fewer = counts.get(number), counts.get(number - 1)
            self.model.add_bool_or([*stands, ~made] if old is None else [*stands, old, ~made])
            if number > 1:
                self.model.add_bool_or([~made] + [var for var in (old, fewer) if var is not None])
            found[number] = made
        return found
