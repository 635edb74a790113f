"""Why there is no plan: which rules stand in each other's way, and which one, loosened alone, would give a plan.

The smallest plan that would do (every outing as short as allowed) is asked for with every rule switched on by an
assumption. The solver names assumptions that cannot hold together; each of them is then taken away by itself.
"""

import datetime as dt
from collections import defaultdict
from collections.abc import Mapping

from ortools.sat.python import cp_model

from programs.domain import wording
from programs.domain.proposal import spots
from programs.domain.proposal.terms import (
    LENGTHS,
    NEVER,
    Free,
    Loosen,
    Question,
    caps_of_unit,
    is_holiday,
)

WEEKDAYS, TIMES, HOLIDAYS, ESCORTS = "weekdays", "times", "holidays", "escorts"
GAP, PER_WEEK, PER_MONTH, AT_LEAST, CAP = "gap", "per_week", "per_month", "at_least", "cap"
# In the order in which loosening is offered: first what costs the person least.
RULES = (WEEKDAYS, TIMES, HOLIDAYS, GAP, PER_WEEK, AT_LEAST, ESCORTS, CAP)
WIDE_EARLIEST, WIDE_LATEST = 8 * 60, 20 * 60
SECONDS, WORK = 0.4, 0.2


def reasons(question: Question) -> list[Loosen]:
    """What to loosen, best first. Never empty."""
    core = _core(question, frozenset())
    alone = [rule for rule in RULES if rule in core and not _core(question, frozenset({rule}))]
    named = alone or [rule for rule in RULES if rule in core] or [ESCORTS]
    found = [_loosen(question, rule) for rule in named]
    if not alone and len(found) > 1:
        names = "、".join(_NAMES[rule] for rule in named)
        found.insert(0, Loosen("together", f"1つだけゆるめても計画できません。{names}を合わせて見直してください。"))
    return found


def _core(question: Question, without: frozenset[str]) -> set[str]:
    """Rules that cannot hold together; empty if there is a plan."""
    model = cp_model.CpModel()
    holds = {rule: model.new_bool_var(rule) for rule in RULES}
    options = _options(question)
    taken: dict[tuple[int, frozenset[str]], cp_model.IntVar] = {}
    for day, kinds in options.items():
        for broken in kinds:
            taken[day, broken] = model.new_bool_var("")
            for rule in broken:
                model.add_implication(holds[rule], ~taken[day, broken])
        model.add_at_most_one(taken[day, broken] for broken in kinds)
    on = {day: sum(taken[day, broken] for broken in kinds) for day, kinds in options.items()}
    _tie(model, holds, question, on)
    # Something has to stand, whatever is loosened.
    model.add(sum(on.values()) >= 1)
    model.add_assumptions([holds[rule] for rule in RULES if rule not in without])
    made = spots.solver(SECONDS, WORK)
    if made.solve(model) != cp_model.INFEASIBLE:
        return set()
    names = {holds[rule].index: rule for rule in RULES}
    return {names[index] for index in made.sufficient_assumptions_for_infeasibility() if index in names} or set(RULES)


def _tie(
    model: cp_model.CpModel,
    holds: dict[str, cp_model.IntVar],
    question: Question,
    on: Mapping[int, cp_model.LinearExprT],
) -> None:
    """The rules that tie dates together: distance, week, month, cap."""
    wanted, days = question.wanted, sorted(on)
    for n, day in enumerate(days):
        close = [on[other] for other in days[n : n + wanted.gap + 1] if other - day <= wanted.gap]
        if len(close) > 1:
            model.add(sum(close) <= 1).only_enforce_if(holds[GAP])
    near = {date.toordinal() + n for date in question.occupied() for n in range(-wanted.gap, wanted.gap + 1)}
    for day in near & set(days):
        model.add(on[day] == 0).only_enforce_if(holds[GAP])
    weeks: dict[int, list[int]] = defaultdict(list)
    for day in days:
        weeks[(day - 1) // 7].append(day)
    for week, inside in weeks.items():
        kept = sum(kept.own and (kept.first.toordinal() - 1) // 7 == week for kept in question.kept)
        model.add(sum(on[day] for day in inside) <= max(0, wanted.per_week - kept)).only_enforce_if(holds[PER_WEEK])
    shortest = LENGTHS[spots.levels(question).start]
    for cap, by_minutes in caps_of_unit(question.caps):
        inside = [day for day in days if dt.date.fromordinal(day) in cap.period]
        one = shortest if by_minutes else 1
        model.add(one * sum(on[day] for day in inside) <= cap.left).only_enforce_if(holds[CAP])
    for month in question.months():
        inside = [day for day in days if dt.date.fromordinal(day) in month]
        model.add(sum(on[day] for day in inside) >= question.at_least_in(month)).only_enforce_if(holds[AT_LEAST])


def _options(question: Question) -> dict[int, list[frozenset[str]]]:
    """For each date the least sets of rules that an outing there would break; an empty set if none."""
    wanted = question.wanted
    shortest = LENGTHS[spots.levels(question).start]
    by_date: dict[dt.date, list[Free]] = defaultdict(list)
    for free in question.free:
        by_date[free.date].append(free)
    occupied = question.occupied()
    found = {}
    for date in question.days():
        if date in occupied:
            continue
        broken = {WEEKDAYS} if date.weekday() not in wanted.weekdays else set()
        if wanted.holidays == NEVER and is_holiday(date):
            broken.add(HOLIDAYS)
        spans = by_date[date]
        kinds = [frozenset(broken | {ESCORTS})]
        if any(_room(span, WIDE_EARLIEST, WIDE_LATEST) >= shortest for span in spans):
            kinds.append(frozenset(broken | {TIMES}))
        if spots.spot_on(question, spans, shortest):
            kinds = [frozenset(broken)]
        found[date.toordinal()] = kinds
    return found


def _room(span: Free, earliest: int, latest: int) -> int:
    return min(span.end, latest) - max(span.start, earliest)


_NAMES = {
    WEEKDAYS: "曜日",
    TIMES: "時間帯",
    HOLIDAYS: "祝日",
    GAP: "あける日数",
    PER_WEEK: "週の回数",
    AT_LEAST: "月の最低の回数",
    ESCORTS: "付き添える日",
    CAP: "上限",
}


def _loosen(question: Question, rule: str) -> Loosen:
    wanted = question.wanted
    if rule == WEEKDAYS:
        return Loosen(
            rule, "えらんだ曜日に、付き添える日が足りません。ほかの曜日も使ってください。", {"weekdays": range(7)}
        )
    if rule == TIMES:
        change = {"earliest": "8:00", "latest": "20:00"}
        return Loosen(rule, "えらんだ時間帯に、付き添える時間が足りません。時間帯を広げてください。", change)
    if rule == HOLIDAYS:
        return Loosen(rule, "祝日しかあいていない月があります。祝日も使ってください。", {"holidays": "avoid"})
    if rule == GAP:
        text = f"あいだを{wanted.gap}日あけると、月に{wanted.at_least}回は入りません。あける日数を減らしてください。"
        return Loosen(rule, text, {"gap": wanted.gap // 2})
    if rule == PER_WEEK:
        text = f"週に{wanted.per_week}回までだと入りきりません。週の回数をふやしてください。"
        return Loosen(rule, text, {"per_week": wanted.per_week + 1})
    if rule == AT_LEAST:
        text = f"どの月にも{wanted.at_least}回は入れられません。月の最低の回数を減らしてください。"
        return Loosen(rule, text, {"at_least": max(0, wanted.at_least - 1)})
    if rule == CAP:
        text = f"上限まで、いまある予定で使っています。予定を短くするか、{wording.ASK_MUNICIPALITY}。"
        return Loosen(rule, text)
    return Loosen(ESCORTS, "付き添える日が足りません。付き添う人のあいている日と時間を登録してください。")
