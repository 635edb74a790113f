"""What limits do that no vector of domain.md names: windows' edges, validity, free dates, allowances."""

import datetime as dt
import time
from dataclasses import replace

import pytest

from programs.domain import limits, spans
from programs.enums import Certainty, Enforcement, SessionKind, Unit, Window

from .builders import (
    GRANT_50,
    NOTHING,
    OSAKA,
    STAY_30,
    YEAR_50,
    Context,
    GrantPeriod,
    Period,
    at,
    day,
    outing,
    program,
    rule,
    stay,
    visit,
)

TODAY = day("2026-10-01")


def check(rules, uses, requested, context=NOTHING, today=TODAY):
    return limits.check(rules, uses, requested, context, today)


def test_every_breach_is_told_at_once():
    uses = [stay("2026-04-01", "2026-04-30"), stay("2026-05-10", "2026-05-28")]
    found = check(program(STAY_30, YEAR_50), uses, stay("2026-05-29", "2026-06-20"))
    assert [p.code for p in found] == ["gh.consecutive", "gh.year"]


def test_a_session_checked_again_does_not_count_itself():
    uses = [outing("2026-10-03T00:00", "2026-10-03T23:00"), outing("2026-10-24T10:00", "2026-10-24T11:00", key=7)]
    longer = outing("2026-10-24T10:00", "2026-10-24T11:30", key=7)
    (problem,) = check(program(OSAKA), uses, longer)
    assert (problem.used, problem.over_by) == (1380, 30)


def test_what_is_already_over_does_not_stop_what_adds_nothing():
    uses = [stay("2026-04-01", "2026-05-25")]
    assert not check(program(YEAR_50), uses, stay("2026-05-20", "2026-05-25"))
    (left,) = limits.allowances(program(YEAR_50), uses, NOTHING, TODAY)
    assert (left.used, left.remaining, left.over_by, left.note) == (55, 0, 5, "上限を5日こえています。")


def test_rolling_year_looks_at_every_twelve_months_the_request_lies_in():
    rolling = rule(Unit.DAYS, 50, Window.ROLLING_12_MONTHS)
    uses = [stay("2026-01-01", "2026-01-30"), stay("2026-11-01", "2026-11-18")]
    assert not check(program(rolling), uses, stay("2026-12-01", "2026-12-02"))
    (problem,) = check(program(rolling), uses, stay("2026-12-01", "2026-12-04"))
    assert (problem.used, problem.requested, problem.over_by, problem.largest_request) == (48, 4, 2, 2)
    # The old days fall out one by one from 1 January, as fast as the new ones come in.
    assert problem.frees_up_on == day("2027-01-01")
    assert not check(program(rolling), uses, stay("2027-01-01", "2027-01-04"))
    assert check(program(rolling), uses, stay("2026-12-29", "2027-01-01"))
    assert problem.message.startswith("1月1日から12月31日までの上限50日を2日こえます")


def test_rolling_year_has_twelve_months_to_the_day():
    once = rule(Unit.DAYS, 1, Window.ROLLING_12_MONTHS)
    uses = [visit(day("2026-01-01"))]
    assert check(program(once), uses, visit(day("2026-12-31")))
    assert not check(program(once), uses, visit(day("2027-01-01")))
    assert check(program(once), uses, visit(day("2025-01-02")))
    assert not check(program(once), uses, visit(day("2025-01-01")))


def test_rolling_year_does_not_stop_at_a_window_that_is_just_full():
    rolling = rule(Unit.DAYS, 4, Window.ROLLING_12_MONTHS)
    uses = [visit(day(text)) for text in ("2026-01-01", "2026-11-01", "2027-02-01", "2027-02-02")]
    (problem,) = check(program(rolling), uses, stay("2026-12-01", "2026-12-03"))
    assert problem.largest_request == 1


def test_rolling_year_sees_sessions_planned_later():
    rolling = rule(Unit.DAYS, 10, Window.ROLLING_12_MONTHS)
    uses = [stay("2027-08-01", "2027-08-10")]
    assert check(program(rolling), uses, visit(day("2026-08-11")))
    assert not check(program(rolling), uses, visit(day("2026-08-01") - spans.DAY))


@pytest.mark.parametrize(
    ("window", "first", "last"),
    [
        (Window.CALENDAR_MONTH, "2026-10-01", "2026-10-31"),
        (Window.FISCAL_YEAR, "2026-04-01", "2027-03-31"),
        (Window.CALENDAR_YEAR, "2026-01-01", "2026-12-31"),
        (Window.ANNIVERSARY_MONTH, "2026-09-15", "2026-10-14"),
        (Window.GRANT, "2026-09-01", "2026-11-30"),
        (Window.ENROLLMENT, "2026-08-15", "2027-02-14"),
    ],
)
@pytest.mark.parametrize("unit", [Unit.MINUTES, Unit.DAYS, Unit.TIMES, Unit.NIGHTS])
def test_a_window_counts_its_first_and_last_day_and_no_other(window, first, last, unit):
    """One unit of room: taken by a session on either edge, not by one just outside."""
    context = Context(
        enrollment=Period(day("2026-08-15"), day("2027-02-14")),
        grant=GrantPeriod(day("2026-09-01"), day("2026-11-30")),
    )
    (rules,) = {program(rule(unit, 1, window))}

    def one(on):
        if unit == Unit.NIGHTS:
            return stay(on, on + spans.DAY)
        moment = dt.datetime.combine(on, dt.time(12), tzinfo=spans.TOKYO)
        return limits.Use(SessionKind.OUTING, moment, moment + spans.MINUTE)

    middle = one(day("2026-10-10"))
    for on, blocked in [
        (day(first), True),
        (day(last), True),
        (day(first) - spans.DAY, False),
        (day(last) + spans.DAY, False),
    ]:
        codes = [p.code for p in limits.check(rules, [one(on)], middle, context, TODAY)]
        assert ("cap" in codes) is blocked, on


@pytest.mark.parametrize(
    ("valid_from", "valid_to", "applies"),
    [
        ("2026-10-24", "2026-10-24", True),
        ("2026-10-25", None, False),
        (None, "2026-10-23", False),
        (None, None, True),
    ],
)
def test_a_limit_applies_while_it_is_valid(valid_from, valid_to, applies):
    dated = replace(OSAKA, valid_from=valid_from and day(valid_from), valid_to=valid_to and day(valid_to), amount=60)
    found = check(program(dated), [], outing("2026-10-24T10:00", "2026-10-24T12:00"))
    assert bool(found) is applies
    assert len(limits.allowances(program(dated), [], NOTHING, day("2026-10-24"))) == applies


def test_an_assumed_limit_never_refuses():
    for enforcement in Enforcement:
        assumed = replace(OSAKA, enforcement=enforcement, certainty=Certainty.ASSUMED, amount=1)
        wanted = Enforcement.ASK if enforcement == Enforcement.REFUSE else enforcement
        assert assumed.effective_enforcement == wanted
        (problem,) = check(program(assumed), [], outing("2026-10-24T10:00", "2026-10-24T12:00"))
        assert problem.enforcement == wanted
        assert problem.message.endswith("市町村に確認してください")


@pytest.mark.parametrize("window", Window.values)
@pytest.mark.parametrize("certainty", Certainty.values)
def test_no_message_calls_anything_unlawful_or_impossible(window, certainty):
    tight = rule(Unit.DAYS, 1, window, certainty=certainty)
    context = Context(grant=GrantPeriod(day("2026-10-01"), day("2027-03-31")), enrollment=None)
    (problem,) = check(program(tight), [], stay("2026-10-02", "2026-10-04"), context)
    assert problem.over_by == 2
    for word in ("違法", "できません"):
        assert word not in problem.message


def test_frees_up_on_looks_past_a_full_month_and_past_today():
    uses = [outing("2026-10-05T00:00", "2026-10-06T00:00"), outing("2026-11-05T00:00", "2026-11-06T00:00")]
    requested = outing("2026-10-24T10:00", "2026-10-24T11:00")
    (problem,) = check(program(OSAKA), uses, requested)
    assert problem.frees_up_on == day("2026-12-01")
    (problem,) = check(program(OSAKA), uses, requested, today=day("2027-02-10"))
    assert problem.frees_up_on == day("2027-03-01")


def test_frees_up_on_of_a_request_larger_than_the_cap_is_for_one_unit():
    uses = [outing("2026-10-05T00:00", "2026-10-06T00:00")]
    (problem,) = check(program(OSAKA), uses, outing("2026-10-10T00:00", "2026-10-12T00:00"))
    assert (problem.largest_request, problem.frees_up_on) == (0, day("2026-11-01"))


def test_held_and_planned_are_told_apart():
    uses = [stay("2026-10-02", "2026-10-04", held=True), stay("2026-10-04", "2026-10-05")]
    (left,) = limits.allowances(program(YEAR_50), uses, NOTHING, TODAY)
    assert (left.used, left.held, left.planned) == (4, 3, 1)


def test_a_finished_certificate_leaves_nothing():
    context = Context(grant=GrantPeriod(day("2026-04-01"), day("2026-09-30")))
    (left,) = limits.allowances(program(GRANT_50), [], context, TODAY)
    assert (left.remaining, left.note) == (0, "期間は9月30日に終わりました。")


def test_the_current_run_is_what_a_stay_today_would_join():
    uses = [stay("2026-09-20", "2026-09-30")]
    (left,) = limits.allowances(program(STAY_30), uses, NOTHING, TODAY)
    assert (left.used, left.remaining, left.expires_on) == (11, 19, None)
    (left,) = limits.allowances(program(STAY_30), uses, NOTHING, TODAY + spans.DAY)
    assert (left.used, left.remaining, left.period) == (0, 30, None)
    uses.append(stay("2026-10-02", "2026-10-04"))
    (left,) = limits.allowances(program(STAY_30), uses, NOTHING, TODAY)
    assert (left.used, left.period) == (14, Period(day("2026-09-20"), day("2026-10-04")))


def test_a_naive_time_is_a_mistake_not_a_breach():
    with pytest.raises(ValueError, match="naive"):
        check(program(OSAKA), [], limits.Use(SessionKind.OUTING, dt.datetime(2026, 10, 1), at("2026-10-01T10:00")))


def test_all_limits_of_one_person_are_quick():
    """The budget is a millisecond (design.md 7; measured 0.4 to 0.5). Five, for slow and busy machines: it would take
    a change of order, not of degree, to fail. Best of several runs, nothing kept between them."""
    windows = [w for w in Window if w != Window.FROM_FIRST_DAY]
    units = [Unit.MINUTES, Unit.DAYS, Unit.NIGHTS, Unit.DAYS, Unit.TIMES, Unit.DAYS, Unit.DAYS, Unit.DAYS]
    rules = program(*(rule(unit, 100_000, window) for unit, window in zip(units, windows, strict=True)))
    first = day("2026-04-03")
    uses = [stay(first + n * 5 * spans.DAY, first + (n * 5 + 2) * spans.DAY, key=n) for n in range(30)]
    uses += [visit(first + (n * 5 + 3) * spans.DAY, key=100 + n) for n in range(30)]
    context = Context(Period(first, day("2027-04-02")), GrantPeriod(first, day("2027-04-02"), 200_000))

    def once():
        begun = time.perf_counter()
        assert not limits.check(rules, uses, stay("2026-10-02", "2026-10-04", key="new"), context, TODAY)
        return time.perf_counter() - begun

    assert 0 < min(once() for _ in range(30)) < 0.005
