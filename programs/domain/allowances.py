"""What a person can still use: one line for each limit, for screens.

Agrees with `limits.check`: a request of exactly `remaining` in the current window passes, one unit more does not
(for ROLLING_12_MONTHS and STAY: a request that begins today and meets no later session).
"""

import datetime as dt
from dataclasses import dataclass

from programs.domain import wording
from programs.domain.limit_rules import LimitRule, bucket_of
from programs.domain.spans import Context, Period
from programs.domain.tallies import first_use, fullest_year, run_around
from programs.domain.uses import Uses
from programs.enums import Window


@dataclass(frozen=True, slots=True)
class Allowance:
    """What is left of one limit. Numbers in the limit's unit; `used` is `held` and `planned` together.

    `period` is the current window, None where nothing has begun to count. `used` may exceed `cap`, as what really
    happened is always recorded; `remaining` then is 0. `expires_on` is the last day on which `remaining` can be
    used, None where no date ends it.
    """

    rule: LimitRule
    period: Period | None
    cap: int
    used: int
    remaining: int
    held: int
    planned: int
    note: str
    expires_on: dt.date | None

    @property
    def unit(self) -> str:
        return self.rule.unit

    @property
    def over_by(self) -> int:
        return max(0, self.used - self.cap)


def allowance_of(rule: LimitRule, uses: Uses, context: Context, today: dt.date) -> Allowance:
    """The state of one limit today. GRANT and ENROLLMENT show their own dates also before and after them.

    STAY shows the run that a stay today is part of or would join, before and behind it.
    """
    if rule.window == Window.FROM_FIRST_DAY:
        return _from_first_day(rule, uses, context, today)
    ledger = uses.ledger(rule.unit, rule.counting)
    period = _current(rule, uses, context, today)
    if period is None:
        used = held = 0
    else:
        first, last = period.start.toordinal(), period.end.toordinal()
        used = ledger.between(first, last)
        held = uses.ledger(rule.unit, rule.counting, held=True).between(first, last)
    lasting = period is None or rule.window in (Window.STAY, Window.ROLLING_12_MONTHS) or period.end == dt.date.max
    expires_on = None if lasting or period is None else period.end
    ended = expires_on is not None and expires_on < today
    remaining = 0 if ended else max(0, rule.amount - used)
    return Allowance(
        rule=rule,
        period=period,
        cap=rule.amount,
        used=used,
        remaining=remaining,
        held=held,
        planned=used - held,
        note=_note(rule, used, remaining, expires_on, today),
        expires_on=expires_on,
    )


def _current(rule: LimitRule, uses: Uses, context: Context, today: dt.date) -> Period | None:
    day = today.toordinal()
    if rule.window == Window.STAY:
        first, last = run_around(uses.stay_days, day, day)
        if first == last and day not in uses.stay_days:
            return None
        return Period(dt.date.fromordinal(first), dt.date.fromordinal(last))
    if rule.window == Window.ROLLING_12_MONTHS:
        return fullest_year(uses.ledger(rule.unit, rule.counting), {day: 0}).period
    if rule.window == Window.GRANT and context.grant is not None:
        return context.grant.period
    if rule.window == Window.ENROLLMENT and context.enrollment is not None:
        return context.enrollment
    return bucket_of(rule, today, context)


def _note(rule: LimitRule, used: int, remaining: int, expires_on: dt.date | None, today: dt.date) -> str:
    if expires_on is not None and expires_on < today:
        text = f"期間は{wording.date(expires_on, today)}に終わりました。"
    elif used > rule.amount:
        text = f"上限を{wording.amount(rule.unit, used - rule.amount)}こえています。"
    elif remaining == 0:
        text = "上限まで使っています。"
    else:
        until = f"{wording.date(expires_on, today)}まで、" if expires_on else ""
        text = f"{until}あと{wording.amount(rule.unit, remaining)}使えます。"
    return text + (wording.ASK_MUNICIPALITY if rule.assumed else "")


def _from_first_day(rule: LimitRule, uses: Uses, context: Context, today: dt.date) -> Allowance:
    """Calendar days gone by since the first day of use count as used and held; nothing is ever planned."""
    first = first_use(uses, context)
    period = Period(first, first + dt.timedelta(days=max(rule.amount, 1) - 1)) if first else None
    gone = min(max((today - first).days, 0), rule.amount) if first else 0
    remaining = rule.amount - gone
    if first is None:
        note = f"使い始めた日から{rule.amount}日です。"
    elif rule.tiers:
        ends = (f"{label}{wording.date(first + dt.timedelta(days=end - 1), today)}まで" for end, label in rule.tiers)
        note = "、".join(ends) + "。"
    else:
        note = _note(rule, gone, remaining, period.end if period else None, today)
    if rule.assumed and not note.endswith(wording.ASK_MUNICIPALITY):
        note += wording.ASK_MUNICIPALITY
    return Allowance(
        rule=rule,
        period=period,
        cap=rule.amount,
        used=gone,
        remaining=remaining,
        held=gone,
        planned=0,
        note=note,
        expires_on=period.end if period else None,
    )
