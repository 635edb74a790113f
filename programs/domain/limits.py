"""Limits: what a request would breach, and what a person can still use.

`check` returns every breach at once and raises nothing; the same function serves search, forms, planner, API and
tests. Where many requests of one person are to be judged (a search), make one `Account` and ask it.

Sources: `design.md` 4.1; the figures of every scheme in `domain.md` 1 to 4, the vectors A1 to E1 in 9.2.
"""

import datetime as dt
from collections.abc import Iterable, Iterator

from programs.domain import wording
from programs.domain.allowances import Allowance, allowance_of
from programs.domain.limit_rules import (
    GRANT_DAYS,
    LimitRule,
    ProgramRules,
    in_context,
    later_buckets,
    tier_on,
)
from programs.domain.problems import Problem
from programs.domain.spans import DAY, Context, GrantPeriod, Period
from programs.domain.tallies import Tally, tallies, year_end
from programs.domain.uses import Use, Uses, amounts_of, moved, shortened
from programs.enums import Enforcement, Unit, Window

__all__ = [
    "Account",
    "Allowance",
    "Context",
    "GrantPeriod",
    "LimitRule",
    "Period",
    "ProgramRules",
    "Use",
    "allowances",
    "check",
    "tier_on",
]

# How many months or years ahead a free date is looked for.
_HORIZON = 24


def check(
    program: ProgramRules, uses: Iterable[Use], requested: Use, context: Context, today: dt.date
) -> list[Problem]:
    """Every reason why `requested` should not be, with its numbers; an empty list if there is none.

    `uses` are the person's sessions in the program that count (planned and held); one with the key of `requested`
    is left out, so a session can be checked again in its new form. See `Account.check`.
    """
    return Account(program, uses, context).check(requested, today)


def allowances(program: ProgramRules, uses: Iterable[Use], context: Context, today: dt.date) -> list[Allowance]:
    """What the person can still use today, one for each limit in force. See `Account.allowances`."""
    return Account(program, uses, context).allowances(today)


class Account:
    """One person's use of one program: sums are made once, requests judged against them as often as needed."""

    def __init__(self, program: ProgramRules, uses: Iterable[Use], context: Context) -> None:
        self.program = program
        self.context = context
        self.rules = in_context(program.rules, context)
        self.uses = Uses(uses)

    def check(self, requested: Use, today: dt.date) -> list[Problem]:
        """Problems of certificate and enrollment first, then every breached limit, one for each window it breaches.

        A request that adds nothing to a window (all its days are counted already) breaches nothing there. Numbers
        are in the limit's unit: `used` and `requested` within the breached window, `remaining` never below 0,
        `over_by` how far the window would end above the cap. `largest_request` is the whole length of the longest
        request from the same start that passes this limit in all windows. `frees_up_on`: see `_frees_up_on`.
        """
        uses = self.uses.without(requested.key)
        found = _frame_problems(self.program, requested, self.context, today)
        for rule in self.rules:
            breached = [tally for tally in tallies(rule, uses, requested, self.context) if tally.over(rule.amount)]
            if breached:
                largest = self._largest_request(rule, uses, requested)
                free = self._frees_up_on(rule, uses, requested, today)
                found += [_breach(rule, tally, requested, today, largest, free) for tally in breached]
        return found

    def allowances(self, today: dt.date) -> list[Allowance]:
        """What is left of each limit in force today, granted days included, in the order of the limits."""
        return [allowance_of(rule, self.uses, self.context, today) for rule in self.rules if rule.valid_on(today)]

    def renews_on(self, allowance: Allowance, today: dt.date) -> dt.date | None:
        """The first day after today on which something of the limit comes back by itself: a new month or year, a day
        of use that is 12 months past, a whole free day behind the run of stays. None where nothing does."""
        if allowance.period is None:
            return None
        days = self._turning_days(allowance.rule, self.uses, today)
        return next((date for date in days if date > today), None)

    def _passes(self, rule: LimitRule, uses: Uses, request: Use) -> bool:
        found = tallies(rule, uses, request, self.context, enough=rule.amount)
        return not any(tally.over(rule.amount) for tally in found)

    def _largest_request(self, rule: LimitRule, uses: Uses, request: Use) -> int:
        """The longest request from the same start, in the rule's unit, that passes; 0 if not even one unit does.

        A longer request never uses less, so the longest is found by halving.
        """
        low, high = 0, sum(amounts_of(request, rule.unit, rule.counting).values())
        if rule.unit == Unit.TIMES:
            return 0
        while high - low > 1:
            middle = (low + high) // 2
            if self._passes(rule, uses, shortened(request, rule.unit, rule.counting, middle)):
                low = middle
            else:
                high = middle
        return low

    def _frees_up_on(self, rule: LimitRule, uses: Uses, request: Use, today: dt.date) -> dt.date | None:
        """The first date, after the request's and not before today, on which the same request would pass.

        The same request means same length and clock times, begun on that date. If it is larger than the cap by
        itself, and so will never pass, one unit of it. The dates tried are those on which something becomes free:
        the first day of a later month or year (24 of them), the day after a whole free day behind a run of stays,
        the day on which an old day of use is 12 months past. None if no such date passes, and always for GRANT,
        ENROLLMENT and FROM_FIRST_DAY, which do not renew by themselves. The limit is taken as staying in force.
        """
        if sum(amounts_of(request, rule.unit, rule.counting).values()) > rule.amount:
            request = shortened(request, rule.unit, rule.counting, 1)
        start = request.first_day
        for date in self._turning_days(rule, uses, start):
            if date > start and date >= today and self._passes(rule, uses, moved(request, (date - start).days)):
                return date
        return None

    def _turning_days(self, rule: LimitRule, uses: Uses, start: dt.date) -> Iterator[dt.date]:
        if rule.window == Window.STAY:
            days = uses.stay_days
            yield from (dt.date.fromordinal(day) + 2 * DAY for day in sorted(days) if day + 1 not in days)
        elif rule.window == Window.ROLLING_12_MONTHS:
            used = uses.ledger(rule.unit, rule.counting).days
            yield from (dt.date.fromordinal(year_end(day)) + DAY for day in used)
        elif rule.window != Window.FROM_FIRST_DAY:
            yield from (period.start for period in later_buckets(rule, start, self.context, _HORIZON))


def _breach(rule: LimitRule, tally: Tally, request: Use, today: dt.date, largest: int, free: dt.date | None) -> Problem:
    over, remaining = tally.over(rule.amount), max(0, rule.amount - tally.used)
    if rule.window == Window.FROM_FIRST_DAY and tally.period is not None:
        last = tally.period.start + (rule.amount + over - 1) * DAY
        message = wording.past_first_days(
            tally.period.start,
            last,
            cap=rule.amount,
            ordinal=rule.amount + over,
            today=today,
            assumed=rule.assumed,
        )
    else:
        message = wording.over_limit(
            "受給者証" if rule.code == GRANT_DAYS else wording.scope(rule.window, tally.period, today),
            rule.unit,
            cap=rule.amount,
            over=over,
            used=tally.used,
            requested=tally.requested,
            shared=tally.shared,
            remaining=remaining,
            assumed=rule.assumed,
        )
    return Problem(
        code=rule.code,
        message=message,
        enforcement=rule.effective_enforcement,
        limit_id=rule.id,
        certainty=rule.certainty,
        unit=rule.unit,
        cap=rule.amount,
        used=tally.used,
        requested=tally.requested,
        remaining=remaining,
        over_by=over,
        frees_up_on=free,
        largest_request=largest,
        source=rule.source,
        numbers={"shared": tally.shared} if tally.shared else {},
    )


def _frame_problems(program: ProgramRules, request: Use, context: Context, today: dt.date) -> list[Problem]:
    """Certificate and enrollment: entered where needed, and covering every day touched, check-out included.

    A certificate or enrollment that is given is held against the request even where the program needs none.
    """
    found: list[Problem] = []
    ask = wording.ASK_MUNICIPALITY
    if context.grant is not None:
        found += _outside("grant.period", "受給者証の期間", context.grant.period, request, today)
    elif program.needs_grant:
        found.append(
            Problem(
                code="grant.missing",
                message=f"この体験には支給決定が必要ですが、受給者証の期間が登録されていません。{ask}",
                enforcement=Enforcement.ASK,
            )
        )
    if context.enrollment is not None:
        found += _outside("enrollment.period", "利用期間", context.enrollment, request, today)
    elif program.needs_enrollment:
        found.append(
            Problem(
                code="enrollment.missing",
                message="この体験の利用期間がまだ登録されていません。",
                enforcement=Enforcement.ASK,
            )
        )
    return found


def _outside(code: str, what: str, period: Period, request: Use, today: dt.date) -> list[Problem]:
    first, last = request.first_day, request.last_day
    early, late = first < period.start, last > period.end
    if not (early or late):
        return []
    total = (last - first).days + 1
    outside = total - max(0, (min(last, period.end) - max(first, period.start)).days + 1)
    edge = f"{wording.date(period.end, today)}まで" if late else f"{wording.date(period.start, today)}から"
    advice = ""
    if code == "grant.period":
        advice = f"更新について{wording.ASK_MUNICIPALITY}" if late else wording.ASK_MUNICIPALITY
    field = ("check_in" if early or first > period.end else "check_out") if request.is_stay else ""
    return [
        Problem(
            code=code,
            message=f"{what}は{edge}です。今回は{outside}日が期間の外になります。{advice}",
            enforcement=Enforcement.ASK,
            field=field,
            numbers={"outside_days": outside},
        )
    ]
