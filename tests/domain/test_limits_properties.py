"""What must hold of limits whatever the sessions: checked against a count made the long way round."""

import datetime as dt
from dataclasses import replace

from hypothesis import assume, event, given, settings
from hypothesis import strategies as st

from programs.domain import limits, spans
from programs.domain.limits import Context, GrantPeriod, Period, ProgramRules, Use
from programs.domain.uses import amounts_of, days_of, moved, shortened
from programs.enums import Counting, Enforcement, SessionKind, Unit, Window

from .builders import NEW_YORK, TOKYO, program, rule

EPOCH = dt.date(2026, 1, 20)
TODAY = dt.date(2026, 2, 25)
CONTEXTS = [
    Context(),
    Context(
        enrollment=Period(dt.date(2026, 1, 31), dt.date(2027, 1, 30)),
        grant=GrantPeriod(dt.date(2026, 1, 25), dt.date(2026, 3, 31), 9),
    ),
    Context(
        enrollment=Period(dt.date(2026, 2, 10), dt.date(2026, 5, 9)), grant=GrantPeriod(EPOCH, dt.date(2028, 3, 31))
    ),
]
COUNTED = [window for window in Window if window != Window.FROM_FIRST_DAY]


@st.composite
def stays(draw):
    check_in = EPOCH + draw(st.integers(0, 420)) * spans.DAY
    check_out = check_in + draw(st.integers(1, 12)) * spans.DAY
    return Use(
        SessionKind.STAY,
        dt.datetime.combine(check_in, dt.time(15), tzinfo=TOKYO),
        dt.datetime.combine(check_out, dt.time(10), tzinfo=TOKYO),
        check_in,
        check_out,
    )


@st.composite
def outings(draw):
    start = dt.datetime.combine(EPOCH, dt.time(), tzinfo=TOKYO) + draw(st.integers(0, 420 * 96)) * 15 * spans.MINUTE
    return Use(
        draw(st.sampled_from([SessionKind.OUTING, SessionKind.DAY_VISIT])),
        start,
        start + draw(st.integers(1, 40 * 60)) * spans.MINUTE,
    )


# Crowded into a few weeks as often as not, so that windows fill and edges are met.
def crowded(use):
    return moved(use, -((use.first_day - EPOCH).days // 45) * 45)


SESSIONS = st.one_of(stays(), outings(), stays().map(crowded), outings().map(crowded))


@st.composite
def rules(draw):
    unit = draw(st.sampled_from(Unit.values))
    most = {Unit.MINUTES: 3000, Unit.TIMES: 6}.get(unit, 40)
    return rule(
        unit,
        draw(st.integers(1, most)),
        draw(st.sampled_from(COUNTED)),
        counting=draw(st.sampled_from([Counting.INCLUSIVE, Counting.EXCLUDE_LAST, Counting.INTERIOR])),
    )


def breaches(limit, uses, requested, context):
    found = limits.check(program(limit), uses, requested, context, TODAY)
    return [problem for problem in found if problem.limit_id == limit.id]


def window_totals(limit, uses, context):
    """Every window's total, counted from single dates without any of the code under test but `period_of`."""
    amounts = {}
    for use in uses:
        for day, amount in amounts_of(use, limit.unit, limit.counting).items():
            together = amounts.get(day, 0) + amount
            amounts[day] = together if limit.unit in (Unit.MINUTES, Unit.TIMES) else 1
    dates = {dt.date.fromordinal(day): amount for day, amount in amounts.items()}
    if limit.window == Window.STAY:
        stay_dates = [date for use in uses if use.is_stay for date in spans.days(use.check_in, use.check_out)]
        return [sum(dates.get(d, 0) for d in spans.days(*run)) for run in spans.runs(stay_dates)]
    if limit.window == Window.ROLLING_12_MONTHS:
        ends = {date: spans.period_end(date, 12) for date in dates}
        return [sum(n for d, n in dates.items() if first <= d <= last) for first, last in ends.items()]
    if limit.window == Window.ENROLLMENT and context.enrollment is None:
        return [sum(dates.values())]
    window = limit.window
    if window == Window.GRANT and context.grant is None:
        window = Window.FISCAL_YEAR
    if window == Window.ANNIVERSARY_MONTH and context.enrollment is None:
        window = Window.CALENDAR_MONTH
    totals = {}
    for date, amount in dates.items():
        period = spans.period_of(window, date, context)
        if period is not None:
            totals[period] = totals.get(period, 0) + amount
    return list(totals.values())


@settings(max_examples=200, deadline=None)
@given(rules(), st.lists(SESSIONS, max_size=12), st.sampled_from(CONTEXTS))
def test_accepting_what_passes_never_fills_a_window_above_its_cap(limit, wanted, context):
    if limit.window == Window.STAY:
        wanted = [use for use in wanted if use.is_stay]
    taken = []
    for use in wanted:
        if not breaches(limit, taken, use, context):
            taken.append(use)
        elif not any(problem.code == "grant.days" for problem in breaches(limit, taken, use, context)):
            assert max(window_totals(limit, [*taken, use], context)) > limit.amount, "refused without need"
    assert max(window_totals(limit, taken, context), default=0) <= limit.amount
    granted = context.grant and context.grant.days
    if granted and limit.unit == Unit.DAYS and limit.window in (Window.GRANT, Window.FISCAL_YEAR):
        inside = {d for use in taken for d in days_of(use, limit.counting)}
        first, last = context.grant.start.toordinal(), context.grant.end.toordinal()
        if limit.counting != Counting.INTERIOR and granted < limit.amount:
            assert sum(first <= d <= last for d in inside) <= granted


@settings(max_examples=200, deadline=None)
@given(rules(), st.lists(SESSIONS, max_size=12), SESSIONS, st.sampled_from(CONTEXTS))
def test_the_largest_request_passes_and_one_more_does_not(limit, uses, requested, context):
    for problem in breaches(limit, uses, requested, context):
        assert problem.largest_request >= 0
        if limit.unit == Unit.TIMES:
            assert problem.largest_request == 0
            continue

        # Judged by the limit as it stood in the problem: the certificate's days or the general amount.
        def codes(use, code=problem.code):
            return [found.code for found in breaches(limit, uses, use, context) if found.code == code]

        event(f"{limit.window} {limit.unit}")
        if problem.largest_request:
            assert not codes(shortened(requested, limit.unit, limit.counting, problem.largest_request))
        assert codes(shortened(requested, limit.unit, limit.counting, problem.largest_request + 1))


@settings(max_examples=200, deadline=None)
@given(rules(), st.lists(SESSIONS, max_size=12), SESSIONS, st.sampled_from(CONTEXTS))
def test_numbers_of_a_breach_agree_with_each_other(limit, uses, requested, context):
    for problem in breaches(limit, uses, requested, context):
        shared = problem.numbers.get("shared", 0)
        assert problem.used + problem.requested - shared - problem.cap == problem.over_by > 0
        assert problem.remaining == max(0, problem.cap - problem.used)
        assert problem.enforcement in (Enforcement.REFUSE, Enforcement.ASK)
        free = problem.frees_up_on
        if free is not None:
            whole = sum(amounts_of(requested, limit.unit, limit.counting).values()) <= problem.cap
            again = requested if whole else shortened(requested, limit.unit, limit.counting, 1)
            later = moved(again, (free - requested.first_day).days)
            assert free > requested.first_day
            assert free >= TODAY
            assert later.first_day == free
            assert problem.code not in [found.code for found in breaches(limit, uses, later, context)]


@settings(deadline=None)
@given(rules(), st.lists(SESSIONS, max_size=10), SESSIONS, st.sampled_from(CONTEXTS), st.randoms())
def test_the_order_of_sessions_does_not_matter(limit, uses, requested, context, random):
    shuffled = random.sample(uses, len(uses))
    assert breaches(limit, uses, requested, context) == breaches(limit, shuffled, requested, context)
    rules_ = program(limit)
    assert limits.allowances(rules_, uses, context, TODAY) == limits.allowances(rules_, shuffled, context, TODAY)


@settings(deadline=None)
@given(rules(), st.lists(SESSIONS, max_size=10), SESSIONS, st.sampled_from(CONTEXTS))
def test_a_cancelled_session_leaves_no_trace(limit, uses, requested, context):
    """Asked with its own key among the sessions, or after it is gone: the same answer."""
    named = replace(requested, key="mine")
    assert breaches(limit, [*uses, named], named, context) == breaches(limit, uses, requested, context)


@settings(deadline=None)
@given(rules(), st.lists(SESSIONS, max_size=8), SESSIONS, st.sampled_from([dt.UTC, NEW_YORK]))
def test_the_zone_of_the_input_does_not_matter(limit, uses, requested, zone):
    def elsewhere(use):
        return replace(use, start=use.start.astimezone(zone), end=use.end.astimezone(zone))

    ours = breaches(limit, uses, requested, CONTEXTS[1])
    assert breaches(limit, [elsewhere(use) for use in uses], elsewhere(requested), CONTEXTS[1]) == ours


@settings(deadline=None)
@given(
    st.sampled_from([Window.CALENDAR_MONTH, Window.ANNIVERSARY_MONTH, Window.FISCAL_YEAR, Window.CALENDAR_YEAR]),
    st.integers(1, 2000),
    st.integers(1, 4000),
    st.integers(-4000, 4000),
)
def test_minutes_are_conserved_over_the_edge_of_a_window(window, cap, length, before):
    """With no room at all, what each window is asked for adds up to the whole."""
    context = CONTEXTS[1]
    edge = spans.midnight(spans.period_of(window, dt.date(2026, 3, 15), context).end + spans.DAY)
    requested = Use(SessionKind.OUTING, edge + before * spans.MINUTE, edge + (before + length) * spans.MINUTE)
    full = rule(Unit.MINUTES, cap, window)
    filler = [Use(SessionKind.OUTING, edge + n * spans.DAY, edge + (n + 3) * spans.DAY) for n in (-9, -6, 0, 3)]
    found = breaches(full, filler, requested, context)
    assert sum(problem.requested for problem in found) == length
    assert [problem.requested for problem in found] == [
        minutes for minutes in (min(length, max(0, -before)), min(length, max(0, length + before))) if minutes
    ]


@settings(deadline=None)
@given(
    st.sampled_from([Unit.MINUTES, Unit.DAYS, Unit.NIGHTS]),
    st.sampled_from([window for window in COUNTED if window != Window.STAY]),
    st.integers(1, 13),
    st.lists(SESSIONS, max_size=8),
    st.sampled_from(CONTEXTS),
)
def test_exactly_what_is_left_passes_and_one_more_does_not(unit, window, cap, uses, context):
    """The rest of the current window, asked for from today, where no other session is met."""
    today = dt.date(2026, 3, 2)
    limit = rule(unit, cap * 100 if unit == Unit.MINUTES else cap, window)
    uses = [use for use in uses if use.last_day < today]
    left = limits.allowances(program(limit), uses, context, today)[-1]
    assume(left.remaining > 0)
    assume(left.rule.window != Window.GRANT or left.rule.amount == limit.amount or left.rule.code == "grant.days")
    start = dt.datetime.combine(today, dt.time(), tzinfo=TOKYO)
    whole = Use(SessionKind.STAY, start, start + spans.DAY, today, today)
    exact = shortened(whole, unit, limit.counting, left.remaining)
    more = shortened(whole, unit, limit.counting, left.remaining + 1)

    def codes(use):
        return [problem.code for problem in limits.check(program(limit), uses, use, context, today)]

    assert left.rule.code not in codes(exact)
    inside = left.expires_on is None or more.last_day <= left.expires_on
    if inside and window != Window.ROLLING_12_MONTHS:
        assert left.rule.code in codes(more)


@settings(deadline=None)
@given(st.integers(1, 40), st.lists(stays(), max_size=6).map(lambda uses: [crowded(use) for use in uses]))
def test_what_is_left_of_a_run_passes_and_one_more_does_not(cap, uses):
    today = dt.date(2026, 2, 20)
    uses = [use for use in uses if use.last_day <= today]
    limit = rule(Unit.DAYS, cap, Window.STAY)
    (left,) = limits.allowances(program(limit), uses, Context(), today)
    assume(left.remaining > 0)
    first = (
        today + spans.DAY if today in {d for use in uses for d in spans.days(use.check_in, use.check_out)} else today
    )
    start = dt.datetime.combine(first, dt.time(15), tzinfo=TOKYO)
    one = Use(SessionKind.STAY, start, start, first, first)
    assert not breaches(limit, uses, shortened(one, Unit.DAYS, limit.counting, left.remaining), Context())
    assert breaches(limit, uses, shortened(one, Unit.DAYS, limit.counting, left.remaining + 1), Context())


@settings(deadline=None)
@given(st.lists(SESSIONS, max_size=12), st.sampled_from(CONTEXTS), st.lists(rules(), max_size=4))
def test_what_is_used_is_held_and_planned_together(uses, context, several):
    half = [replace(use, held=n % 2 == 0) for n, use in enumerate(uses)]
    for left in limits.allowances(ProgramRules(tuple(several)), half, context, TODAY):
        assert left.used == left.held + left.planned
        assert left.held >= 0
        assert left.planned >= 0
        assert 0 <= left.remaining <= max(0, left.cap - left.used)
