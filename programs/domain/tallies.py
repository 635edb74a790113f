"""What each window of a limit holds before a request, and what the request would add to it.

A tally never judges: `limits.py` does. Sources: `design.md` 4.1, `domain.md` 9.
"""

import datetime as dt
from bisect import bisect_left, bisect_right
from dataclasses import dataclass
from functools import lru_cache

from programs.domain.limit_rules import LimitRule, bucket_of
from programs.domain.spans import Context, Period, period_end
from programs.domain.uses import Amounts, Ledger, Use, Uses, amounts_of, touched
from programs.enums import Unit, Window


@dataclass(frozen=True, slots=True)
class Tally:
    """One window with a request, in the unit of its limit. `shared` of the `requested` are already in `used`."""

    period: Period | None
    used: int
    requested: int = 0
    shared: int = 0

    @property
    def added(self) -> int:
        return self.requested - self.shared

    def over(self, cap: int) -> int:
        """By how much the request brings the window above `cap`; 0 if it adds nothing or still fits."""
        return max(0, self.used + self.added - cap) if self.added > 0 else 0


def tallies(rule: LimitRule, uses: Uses, request: Use, context: Context, *, enough: int | None = None) -> list[Tally]:
    """One tally for every window of the rule that the request touches, in order.

    A rule applies to a window when a requested day in it lies within the rule's validity; then everything in the
    window counts, also what was used before the rule came into force. ROLLING_12_MONTHS gives the fullest window
    only, or the first found above `enough`, where it only matters that there is one. Days outside a GRANT or an
    ENROLLMENT lie in no window: that is a problem of its own.
    """
    if rule.window == Window.FROM_FIRST_DAY:
        return _from_first_day(rule, uses, request, context)
    asked = amounts_of(request, rule.unit, rule.counting)
    if not asked:
        return []
    ledger = uses.ledger(rule.unit, rule.counting)
    if rule.window == Window.STAY:
        return _run(rule, uses, ledger, request, asked)
    if rule.window == Window.ROLLING_12_MONTHS:
        return _rolling(rule, ledger, asked, enough)
    return _buckets(rule, ledger, asked, context)


def first_use(uses: Uses, context: Context) -> dt.date | None:
    """The first day of use: the earliest of what the context knows and what the sessions show."""
    known = [day for day in (context.first_use_on, uses.first_day) if day is not None]
    return min(known, default=None)


def run_around(stay_days: frozenset[int], first: int, last: int) -> tuple[int, int]:
    """The run of consecutive stay days which the days `first` to `last` belong to or join."""
    while first - 1 in stay_days:
        first -= 1
    while last + 1 in stay_days:
        last += 1
    return first, last


def fullest_year(ledger: Ledger, fresh: Amounts, enough: int | None = None) -> Tally:
    """The fullest window of 12 months with at least one day of `fresh` in it; the earliest of equals.

    Any window can slide to the right until it begins on a day of use without losing any, so only those are
    looked at. With `enough`, the first window above it will do.
    """
    added = Ledger(fresh)
    first, last = added.days[0], added.days[-1]
    best: Tally | None = None
    old = ledger.days[bisect_left(ledger.days, first - 366) : bisect_right(ledger.days, last)]
    for start in sorted(old + added.days):
        end = year_end(start)
        if end < first:
            continue
        used, more = ledger.between(start, end), added.between(start, end)
        if best is None or used + more > best.used + best.requested:
            best = Tally(_period(start, end), used, more)
            if enough is not None and used + more > enough:
                break
    assert best is not None  # noqa: S101 - a window begins on each day of `fresh`
    return best


@lru_cache(maxsize=4096)
def year_end(start: int) -> int:
    """Ordinal of the last day of the 12 months which begin on an ordinal."""
    return period_end(dt.date.fromordinal(start), 12).toordinal()


def _period(first: int, last: int) -> Period:
    return Period(dt.date.fromordinal(first), dt.date.fromordinal(last))


def _shared(rule: LimitRule, ledger: Ledger, asked: Amounts) -> int:
    """Requested days or nights that another session has already used up."""
    return sum(day in ledger.amounts for day in asked) if rule.unit in (Unit.DAYS, Unit.NIGHTS) else 0


def _valid(rule: LimitRule, asked: Amounts) -> bool:
    if rule.valid_from is None and rule.valid_to is None:
        return True
    return any(rule.valid_on(dt.date.fromordinal(day)) for day in asked)


def _buckets(rule: LimitRule, ledger: Ledger, asked: Amounts, context: Context) -> list[Tally]:
    parts: list[tuple[Period, Amounts]] = []
    for day, amount in asked.items():
        date = dt.date.fromordinal(day)
        if parts and date <= parts[-1][0].end:
            parts[-1][1][day] = amount
        elif (period := bucket_of(rule, date, context)) is not None:
            parts.append((period, {day: amount}))
    return [
        Tally(
            period,
            ledger.between(period.start.toordinal(), period.end.toordinal()),
            sum(part.values()),
            _shared(rule, ledger, part),
        )
        for period, part in parts
        if _valid(rule, part)
    ]


def _rolling(rule: LimitRule, ledger: Ledger, asked: Amounts, enough: int | None) -> list[Tally]:
    by_date = rule.unit in (Unit.DAYS, Unit.NIGHTS)
    fresh = {day: amount for day, amount in asked.items() if not (by_date and day in ledger.amounts)}
    if not fresh or not _valid(rule, fresh):
        return []
    peak = fullest_year(ledger, fresh, enough)
    if not by_date or peak.period is None:
        return [peak]
    asked_in_peak = Ledger(asked).between(peak.period.start.toordinal(), peak.period.end.toordinal())
    return [Tally(peak.period, peak.used, asked_in_peak, asked_in_peak - peak.requested)]


def _run(rule: LimitRule, uses: Uses, ledger: Ledger, request: Use, asked: Amounts) -> list[Tally]:
    if not request.is_stay or not _valid(rule, asked):
        return []
    days = touched(request)
    first, last = run_around(uses.stay_days, days[0], days[-1])
    used = sum(ledger.amounts[day] for day in range(first, last + 1) if day in ledger.amounts)
    return [Tally(_period(first, last), used, sum(asked.values()), _shared(rule, ledger, asked))]


def _from_first_day(rule: LimitRule, uses: Uses, request: Use, context: Context) -> list[Tally]:
    """Calendar days gone by count as used, whether or not anything happened on them.

    A request before the first use so far becomes the first itself, and pushes all later days along.
    """
    begins, ends = request.first_day, request.last_day
    if not (rule.valid_on(begins) or rule.valid_on(ends)):
        return []
    known = first_use(uses, context)
    if known is not None and begins < known:
        ends = max(ends, uses.last_day or ends)
    first = begins if known is None else min(known, begins)
    period = Period(first, first + dt.timedelta(days=max(rule.amount, 1) - 1))
    return [Tally(period, (begins - first).days, (ends - begins).days + 1)]
