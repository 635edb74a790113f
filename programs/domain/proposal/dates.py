"""The first model of a proposal: on which dates somebody goes out."""

import datetime as dt
from collections import defaultdict
from collections.abc import Mapping, Sequence

from ortools.sat.python import cp_model

from programs.domain.proposal.spots import WORK, Spot, levels, solver
from programs.domain.proposal.terms import AVOID, LENGTHS, Question, caps_of_unit, is_holiday


def choose(question: Question, spots: Mapping[int, Sequence[Spot]], seconds: float) -> tuple[list[int], bool] | None:
    """The dates, as ordinals, and whether no better ones exist; None if there are none."""
    return _Dates(question, spots).solve(seconds) if spots else None


class _Dates:
    def __init__(self, question: Question, spots: Mapping[int, Sequence[Spot]]) -> None:
        self.question = question
        self.model = cp_model.CpModel()
        self.days = sorted(spots)
        self.on = {day: self.model.new_bool_var("") for day in self.days}
        self.gain: list[cp_model.LinearExprT] = []
        self._distances()
        self._caps()
        self._months()
        self._like()
        # A date on which there is time for more is worth a little more.
        self.gain += [2 * len(spots[day]) * self.on[day] for day in self.days]

    def solve(self, seconds: float) -> tuple[list[int], bool] | None:
        self.model.add_bool_or(self.on.values())
        self.model.maximize(sum(self.gain))
        made = solver(seconds, WORK)
        status = made.solve(self.model)
        if status not in (cp_model.OPTIMAL, cp_model.FEASIBLE):
            return None
        return [day for day in self.days if made.boolean_value(self.on[day])], status == cp_model.OPTIMAL

    def _distances(self) -> None:
        wanted = self.question.wanted
        for n, day in enumerate(self.days):
            close = [other for other in self.days[n : n + wanted.gap + 1] if other - day <= wanted.gap]
            if len(close) > 1:
                self.model.add_at_most_one(self.on[other] for other in close)
        weeks: dict[int, list[int]] = defaultdict(list)
        for day in self.days:
            weeks[(day - 1) // 7].append(day)
        kept = [kept.first.toordinal() for kept in self.question.kept if kept.own]
        for week, days in weeks.items():
            left = wanted.per_week - sum((day - 1) // 7 == week for day in kept)
            self.model.add(sum(self.on[day] for day in days) <= max(0, left))

    def _caps(self) -> None:
        shortest = LENGTHS[levels(self.question).start]
        for cap, by_minutes in caps_of_unit(self.question.caps):
            inside = [var for day, var in self.on.items() if dt.date.fromordinal(day) in cap.period]
            if inside:
                self.model.add(sum(inside) <= cap.left // (shortest if by_minutes else 1))

    def _months(self) -> None:
        question = self.question
        for month in question.months():
            inside = [var for day, var in self.on.items() if dt.date.fromordinal(day) in month]
            needed = question.at_least_in(month)
            room = max(0, question.wanted.per_month - question.kept_in_month(month), needed)
            if inside:
                self.model.add(sum(inside) <= room)
                self.gain.append(100 * sum(inside))
            if needed:
                self.model.add(sum(inside) >= needed)

    def _like(self) -> None:
        """One weekday of one's own, no holiday where they are to be avoided, and the early days of a tie."""
        usual = [self.model.new_bool_var("") for _ in range(7)]
        self.model.add_exactly_one(usual)
        for day in self.days:
            same = self.model.new_bool_var("")
            self.model.add_implication(same, self.on[day])
            self.model.add_implication(same, usual[(day - 1) % 7])
            self.gain.append(6 * same)
            if self.question.wanted.holidays == AVOID and is_holiday(dt.date.fromordinal(day)):
                self.gain.append(-30 * self.on[day])
