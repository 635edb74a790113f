"""Limits as values: what a program allows, in what unit, counted over which window, on whose authority.

Sources: `design.md` 4.1, `domain.md` 2 to 4, 9 and 14.
"""

import datetime as dt
from collections.abc import Iterator
from dataclasses import dataclass, replace

from programs.domain.limit_help import LimitHelp, explain
from programs.domain.spans import Context, Period, period_of
from programs.enums import Certainty, Counting, Enforcement, Unit, Window

GRANT_DAYS = "grant.days"
# Windows of about a year, for which a certificate can grant fewer days than the general amount.
_YEARLY = (Window.GRANT, Window.FISCAL_YEAR, Window.CALENDAR_YEAR, Window.ROLLING_12_MONTHS)


@dataclass(frozen=True, slots=True)
class LimitRule:
    """One cap. `amount` is in minutes for MINUTES, else whole days, nights or times.

    `valid_from` and `valid_to` are both included, None is open. `tiers` are (last day, label) for windows counted
    from the first day of use. `counting` matters to DAYS only; minutes are always the span from leaving to
    returning, nights are nights.
    """

    id: int | None
    code: str
    name: str
    unit: str
    amount: int
    window: str
    enforcement: str
    certainty: str
    valid_from: dt.date | None = None
    valid_to: dt.date | None = None
    source: str = ""
    tiers: tuple[tuple[int, str], ...] = ()
    counting: str = Counting.INCLUSIVE
    note: str = ""

    @property
    def help(self) -> LimitHelp:
        return explain(self)

    @property
    def assumed(self) -> bool:
        return self.certainty == Certainty.ASSUMED

    @property
    def effective_enforcement(self) -> str:
        """The enforcement, but never worse than ASK on the strength of an assumption."""
        return Enforcement.ASK if self.assumed and self.enforcement == Enforcement.REFUSE else self.enforcement

    def valid_on(self, day: dt.date) -> bool:
        return (self.valid_from is None or self.valid_from <= day) and (self.valid_to is None or day <= self.valid_to)


@dataclass(frozen=True, slots=True)
class ProgramRules:
    """The limits of one program, and whether it takes a certificate or an enrollment to use it."""

    rules: tuple[LimitRule, ...] = ()
    needs_grant: bool = False
    needs_enrollment: bool = False


def in_context(rules: tuple[LimitRule, ...], context: Context) -> tuple[LimitRule, ...]:
    """The rules as they apply to one person.

    * GRANT without a certificate falls back to FISCAL_YEAR, ANNIVERSARY_MONTH without an enrollment to
      CALENDAR_MONTH; ENROLLMENT without one counts everything. All three become ASSUMED.
    * A certificate that grants fewer days than a yearly cap in DAYS wins: over a GRANT cap it takes its place,
      beside a cap over another year it stands as a second one, counted within the certificate's own dates.
      Its code is "grant.days"; identity, enforcement and certainty are those of the cap it tightens.
    """
    found: list[LimitRule] = []
    granted: set[str] = set()
    for rule in rules:
        cap = _granted(rule, context)
        if cap is None or rule.window != Window.GRANT:
            found.append(_with_fallback(rule, context))
        if cap is not None and rule.counting not in granted:
            granted.add(rule.counting)
            found.append(cap)
    return tuple(found)


def _with_fallback(rule: LimitRule, context: Context) -> LimitRule:
    if rule.window == Window.GRANT and context.grant is None:
        return replace(rule, window=Window.FISCAL_YEAR, certainty=Certainty.ASSUMED)
    if rule.window == Window.ANNIVERSARY_MONTH and context.enrollment is None:
        return replace(rule, window=Window.CALENDAR_MONTH, certainty=Certainty.ASSUMED)
    if rule.window == Window.ENROLLMENT and context.enrollment is None:
        return replace(rule, certainty=Certainty.ASSUMED)
    return rule


def _granted(rule: LimitRule, context: Context) -> LimitRule | None:
    days = context.grant.days if context.grant else None
    if days is None or days >= rule.amount or rule.unit != Unit.DAYS or rule.window not in _YEARLY:
        return None
    if rule.counting == Counting.INTERIOR:
        return None
    source = f"受給者証の支給日数（{rule.source}）" if rule.source else "受給者証の支給日数"
    return replace(rule, code=GRANT_DAYS, name="受給者証の支給日数", amount=days, window=Window.GRANT, source=source)


def bucket_of(rule: LimitRule, day: dt.date, context: Context) -> Period | None:
    """The period of the rule's window which holds `day`; everything for ENROLLMENT without an enrollment."""
    if rule.window == Window.ENROLLMENT and context.enrollment is None:
        return Period(dt.date.min, dt.date.max)
    return period_of(rule.window, day, context)


def later_buckets(rule: LimitRule, day: dt.date, context: Context, count: int) -> Iterator[Period]:
    """Up to `count` periods after the one which holds `day`. None follows GRANT or ENROLLMENT."""
    if rule.window in (Window.GRANT, Window.ENROLLMENT):
        return
    period = bucket_of(rule, day, context)
    for _ in range(count):
        period = period and bucket_of(rule, period.end + dt.timedelta(days=1), context)
        if period is None:
            return
        yield period


def tier_on(rule: LimitRule, first_use_on: dt.date | None, day: dt.date) -> str | None:
    """The tier of `day`, counted in calendar days from the first day of use; None after the last, or before.

    Without a first use yet, `day` would be it. Source: vector D1, (Ⅰ) days 1 to 5, (Ⅱ) days 6 to 15.
    """
    ordinal = (day - first_use_on).days + 1 if first_use_on is not None else 1
    if ordinal < 1:
        return None
    return next((label for last, label in sorted(rule.tiers) if ordinal <= last), None)
