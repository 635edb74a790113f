"""Limits once more, from the rows and in the simplest way there is: day by day, window by window.

Written from the rules (`docs/adr`, the vectors of the field), not from programs/domain: what both say alike is
probably right. Slow, and only as much of it as the machine's limits need.
"""

import calendar
import datetime as dt
from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from zoneinfo import ZoneInfo

from programs.models import Enrollment, Limit, Program, Session
from transition.models import Grant, Person

JAPAN = ZoneInfo("Asia/Tokyo")
DAY = dt.timedelta(days=1)
HELD = {"COMPLETED", "CUT_SHORT"}
PLANNED = {"REQUESTED", "CONFIRMED", "IN_PROGRESS"}
YEARLY = {"GRANT", "FISCAL_YEAR", "CALENDAR_YEAR", "ROLLING_12_MONTHS"}

Days = dict[dt.date, int]


@dataclass(frozen=True)
class Use:
    """One session: planned times while planned, actual ones once held. `nights` is (check-in, check-out) of a stay."""

    key: int | None
    start: dt.datetime
    end: dt.datetime
    nights: tuple[dt.date, dt.date] | None = None

    @property
    def touched(self) -> list[dt.date]:
        if self.nights:
            first, last = self.nights
        else:
            first, last = day_of(self.start), day_of(self.end - dt.timedelta(microseconds=1))
        return [first + n * DAY for n in range((last - first).days + 1)]


@dataclass(frozen=True)
class Breach:
    code: str
    limit: int | None
    enforcement: str


def day_of(moment: dt.datetime) -> dt.date:
    return moment.astimezone(JAPAN).date()


def use_of(row: Session) -> Use:
    if row.state in HELD:
        start, end = row.actual_starts_at or row.starts_at, row.actual_ends_at or row.ends_at
        return Use(row.pk, start, end, (day_of(start), day_of(end)) if row.check_in else None)
    return Use(row.pk, row.starts_at, row.ends_at, (row.check_in, row.check_out) if row.check_in else None)


def counting(person: Person, program: Program, *, but: int | None = None) -> list[Use]:
    rows = Session.objects.filter(person=person, program=program, state__in=HELD | PLANNED).exclude(pk=but)
    return [use_of(row) for row in rows]


def nth_end(start: dt.date, months: int) -> dt.date:
    """The last day of so many months that begin on `start`."""
    years, month = divmod(start.month - 1 + months, 12)
    year, month = start.year + years, month + 1
    length = calendar.monthrange(year, month)[1]
    return dt.date(year, month, length) if start.day > length else dt.date(year, month, start.day) - DAY


def bucket(limit: Limit, day: dt.date, grant: Grant | None, enrollment: Enrollment | None) -> tuple | None:
    """The first and last day of the window in which a day lies."""
    match limit.window:
        case "CALENDAR_MONTH":
            return day.replace(day=1), nth_end(day.replace(day=1), 1)
        case "FISCAL_YEAR":
            year = day.year - (day.month < 4)
            return dt.date(year, 4, 1), dt.date(year + 1, 3, 31)
        case "CALENDAR_YEAR":
            return dt.date(day.year, 1, 1), dt.date(day.year, 12, 31)
        case "GRANT":
            return (grant.starts_on, grant.ends_on) if grant and grant.starts_on <= day <= grant.ends_on else None
        case "ENROLLMENT":
            inside = enrollment and enrollment.starts_on <= day <= enrollment.ends_on
            return (enrollment.starts_on, enrollment.ends_on) if enrollment and inside else None
        case "ANNIVERSARY_MONTH":
            assert enrollment is not None
            months = ((nth_end(enrollment.starts_on, n - 1) + DAY, nth_end(enrollment.starts_on, n)) for n in RANGE)
            return next(month for month in months if month[0] <= day <= month[1])
    raise AssertionError(limit.window)


RANGE = range(-40, 60)


def amounts(use: Use, limit: Limit) -> Days:
    """What one session uses up, day by day."""
    if limit.unit == "TIMES":
        return {use.touched[0]: 1}
    if limit.unit == "MINUTES":
        return minutes(use.start, use.end)
    if limit.unit == "NIGHTS":
        return dict.fromkeys(use.touched[:-1], 1) if use.nights else {}
    if limit.counting == "EXCLUDE_LAST" and use.nights:
        return dict.fromkeys(use.touched[:-1] or use.touched, 1)
    return dict.fromkeys(use.touched, 1)


def minutes(start: dt.datetime, end: dt.datetime) -> Days:
    """Whole minutes gone at each midnight in Japan, less those gone at the one before."""
    found: Days = {}
    gone, day = 0, day_of(start)
    while gone < (whole := int((end - start).total_seconds() // 60)):
        midnight = dt.datetime.combine(day + DAY, dt.time(), JAPAN)
        until = min(whole, int((midnight - start).total_seconds() // 60))
        if until > gone:
            found[day] = until - gone
        gone, day = until, day + DAY
    return found


def together(uses: Iterable[Use], limit: Limit) -> Days:
    """Minutes and times add up; a day or night counts once, however many sessions touch it."""
    found: Days = defaultdict(int)
    for use in uses:
        for day, amount in amounts(use, limit).items():
            found[day] = found[day] + amount if limit.unit in {"TIMES", "MINUTES"} else 1
    return dict(found)


def stay_days(uses: Iterable[Use]) -> set[dt.date]:
    return {day for use in uses if use.nights for day in use.touched}


def windows(limit: Limit, uses: list[Use], days: Iterable[dt.date], grant, enrollment) -> set[tuple]:
    """Every window in which one of these days lies."""
    if limit.window == "ROLLING_12_MONTHS":
        starts = together(uses, limit)
        years = {(start, nth_end(start, 12)) for start in starts}
        return {(first, last) for first, last in years if any(first <= day <= last for day in days)}
    if limit.window == "STAY":
        busy = stay_days(uses)
        return {run_of(day, busy) for day in days if day in busy}
    return {found for day in days if (found := bucket(limit, day, grant, enrollment))}


def run_of(day: dt.date, busy: set[dt.date]) -> tuple[dt.date, dt.date]:
    first = last = day
    while first - DAY in busy:
        first -= DAY
    while last + DAY in busy:
        last += DAY
    return first, last


def within(days: Days, window: tuple[dt.date, dt.date]) -> int:
    return sum(amount for day, amount in days.items() if window[0] <= day <= window[1])


def nearest(rows: list, on: dt.date):
    """In force on that day, the latest begun; else the latest begun; else the first to begin."""
    in_force = [row for row in rows if row.starts_on <= on <= row.ends_on]
    begun = [row for row in rows if row.starts_on <= on]
    if in_force or begun:
        return sorted(in_force or begun, key=lambda row: (row.starts_on, row.pk))[-1]
    return sorted(rows, key=lambda row: (row.starts_on, row.pk))[0] if rows else None


def breaches(
    person: Person, program: Program, wanted: Use, enrollment: Enrollment | None, others: list[Use] | None = None
) -> set[Breach]:
    """Everything that `wanted` would pass. An outing is held against its own enrollment."""
    first, last = wanted.touched[0], wanted.touched[-1]
    grants = list(Grant.objects.filter(person=person, service=program.needs_grant))
    grant = nearest(grants, first)
    enrollment = enrollment or nearest(list(Enrollment.objects.filter(person=person, program=program)), first)
    found = set()
    for name, period in (("grant.period", grant), ("enrollment.period", enrollment)):
        if period and not (period.starts_on <= first and last <= period.ends_on):
            found.add(Breach(name, None, "ASK"))
    if program.needs_grant and grant is None:
        found.add(Breach("grant.missing", None, "ASK"))
    if program.months and enrollment is None:
        found.add(Breach("enrollment.missing", None, "ASK"))
    before = counting(person, program, but=wanted.key) if others is None else others
    tightened = False
    for limit in program.limits.order_by("pk"):
        caps = [(limit.code, limit, limit.amount)]
        if grant and grant.days and grant.days < limit.amount and limit.unit == "DAYS" and limit.window in YEARLY:
            own = Limit(unit="DAYS", window="GRANT", counting=limit.counting, amount=grant.days)
            if limit.window == "GRANT":
                caps.clear()
            # The machine's limits in days all count alike, so that the first one is tightened for all.
            if not tightened:
                caps.append(("grant.days", own, grant.days))
                tightened = True
        for code, rule, cap in caps:
            if is_passed(rule, cap, before, wanted, grant, enrollment):
                found.add(Breach(code, limit.pk, limit.enforcement))
    return {breach for breach in found if breach.enforcement != "INFORM"}


def is_passed(rule: Limit, cap: int, before: list[Use], wanted: Use, grant, enrollment) -> bool:
    if rule.window == "STAY" and not wanted.nights:
        return False
    old, new = together(before, rule), together([*before, wanted], rule)
    fresh = {day for day in new if new[day] != old.get(day, 0)}
    spans = windows(rule, [*before, wanted], amounts(wanted, rule), grant, enrollment)
    # What adds nothing to a window passes nothing there.
    return any(within(new, span) > cap and any(span[0] <= day <= span[1] for day in fresh) for span in spans)


def excess(person: Person, program: Program) -> dict[tuple, int]:
    """By how much each window that is a matter of the calendar alone is passed now."""
    uses = counting(person, program)
    found: dict[tuple, int] = {}
    for limit in program.limits.all():
        if limit.window in {"GRANT", "ENROLLMENT", "ANNIVERSARY_MONTH"} or limit.enforcement == "INFORM":
            continue
        days = together(uses, limit)
        for span in windows(limit, uses, days, None, None):
            # Runs and rolling years come and go with the days they are made of.
            name = span[0] if limit.window not in {"STAY", "ROLLING_12_MONTHS"} else None
            over = within(days, span) - limit.amount
            if over > 0:
                found[limit.pk, name] = max(over, found.get((limit.pk, name), 0))
    return found
