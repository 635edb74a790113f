"""Short ways to write sessions and limits, in Japanese wall-clock time."""

import datetime as dt
from zoneinfo import ZoneInfo

from programs.domain.limits import Context, GrantPeriod, LimitRule, Period, ProgramRules, Use
from programs.enums import Certainty, Counting, Enforcement, SessionKind, Unit, Window

TOKYO = ZoneInfo("Asia/Tokyo")
NEW_YORK = ZoneInfo("America/New_York")
ZONES = {"UTC": dt.UTC, "Asia/Tokyo": TOKYO, "America/New_York": NEW_YORK}
NOTHING = Context()


def day(text: str) -> dt.date:
    return dt.date.fromisoformat(text)


def at(text: str) -> dt.datetime:
    """2026-10-02T10:00 on a Japanese clock."""
    return dt.datetime.fromisoformat(text).replace(tzinfo=TOKYO)


def outing(start: str, end: str, **more: object) -> Use:
    return Use(SessionKind.OUTING, at(start), at(end), **more)


def visit(on: dt.date, **more: object) -> Use:
    start = dt.datetime.combine(on, dt.time(10), tzinfo=TOKYO)
    return Use(SessionKind.DAY_VISIT, start, start + dt.timedelta(hours=5), **more)


def stay(check_in: dt.date | str, check_out: dt.date | str, **more: object) -> Use:
    first = day(check_in) if isinstance(check_in, str) else check_in
    last = day(check_out) if isinstance(check_out, str) else check_out
    return Use(
        SessionKind.STAY,
        dt.datetime.combine(first, dt.time(15), tzinfo=TOKYO),
        dt.datetime.combine(last, dt.time(10 if last > first else 18), tzinfo=TOKYO),
        first,
        last,
        **more,
    )


def rule(unit: str, amount: int, window: str, **more: object) -> LimitRule:
    return LimitRule(
        **{
            "id": 1,
            "code": "cap",
            "name": "上限",
            "unit": unit,
            "amount": amount,
            "window": window,
            "enforcement": Enforcement.REFUSE,
            "certainty": Certainty.VERIFIED,
            "source": "domain.md",
            **more,
        }
    )


def program(*rules: LimitRule, **more: bool) -> ProgramRules:
    return ProgramRules(rules, **more)


OSAKA = rule(Unit.MINUTES, 24 * 60, Window.CALENDAR_MONTH, enforcement=Enforcement.ASK, counting=Counting.SPAN)
STAY_30 = rule(Unit.DAYS, 30, Window.STAY, id=30, code="gh.consecutive")
YEAR_50 = rule(Unit.DAYS, 50, Window.FISCAL_YEAR, id=50, code="gh.year")
GRANT_50 = rule(Unit.DAYS, 50, Window.GRANT, id=50, code="gh.year")
OVERNIGHT_15 = rule(Unit.DAYS, 15, Window.GRANT, id=15, code="overnight.days")
VISITS_3 = rule(Unit.TIMES, 3, Window.CALENDAR_MONTH, id=3, code="visits.month", enforcement=Enforcement.INFORM)
TRIAL_USE = rule(
    Unit.DAYS,
    15,
    Window.FROM_FIRST_DAY,
    id=16,
    code="trial_use.days",
    enforcement=Enforcement.INFORM,
    tiers=((5, "(Ⅰ)"), (15, "(Ⅱ)")),
)

__all__ = [
    "GRANT_50",
    "NEW_YORK",
    "NOTHING",
    "OSAKA",
    "OVERNIGHT_15",
    "STAY_30",
    "TOKYO",
    "TRIAL_USE",
    "VISITS_3",
    "YEAR_50",
    "ZONES",
    "Context",
    "GrantPeriod",
    "Period",
    "at",
    "day",
    "outing",
    "program",
    "rule",
    "stay",
    "visit",
]
