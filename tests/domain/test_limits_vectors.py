"""The test vectors of domain.md 9.2, by their names, and what each limit says in numbers and words."""

import datetime as dt
from dataclasses import replace

import pytest

from programs.domain import limits, spans
from programs.domain.uses import amounts_of
from programs.enums import Certainty, Counting, Enforcement, Unit, Window

from .builders import (
    GRANT_50,
    NOTHING,
    OSAKA,
    OVERNIGHT_15,
    STAY_30,
    TRIAL_USE,
    VISITS_3,
    YEAR_50,
    Context,
    GrantPeriod,
    Period,
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


def test_a1_minutes_of_a_month_add_up():
    uses = [
        outing("2026-10-03T10:00", "2026-10-03T15:30"),
        outing("2026-10-10T09:45", "2026-10-10T16:00"),
        outing("2026-10-17T13:00", "2026-10-17T17:45"),
    ]
    (left,) = limits.allowances(program(OSAKA), uses, NOTHING, TODAY)
    assert (left.used, left.remaining, left.period) == (990, 450, Period(day("2026-10-01"), day("2026-10-31")))
    assert left.expires_on == day("2026-10-31")
    assert left.note == "10月31日まで、あと7時間30分使えます。"


def test_a2_over_by_half_an_hour():
    uses = [outing("2026-10-03T00:00", "2026-10-03T23:00")]
    requested = outing("2026-10-24T10:00", "2026-10-24T11:30")
    (problem,) = check(program(OSAKA), uses, requested)
    assert (problem.used, problem.requested, problem.remaining, problem.over_by) == (1380, 90, 60, 30)
    assert (problem.cap, problem.unit, problem.limit_id, problem.code) == (1440, Unit.MINUTES, 1, "cap")
    assert problem.largest_request == 60
    assert problem.frees_up_on == day("2026-11-01")
    assert problem.enforcement == Enforcement.ASK
    assert problem.message == "今月の上限24時間を30分こえます（利用済み23時間00分、今回1時間30分、残り1時間00分）。"
    assert not check(program(OSAKA), uses, outing("2026-10-24T10:00", "2026-10-24T11:00"))


def test_a3_the_two_kinds_of_month_differ_by_a_whole_cap():
    start = day("2026-07-10")
    end = spans.period_end(start, 6)
    context = Context(enrollment=Period(start, end))
    assert end == day("2027-01-09")
    assert len(spans.periods_between(Window.CALENDAR_MONTH, start, end, context)) == 7
    months = spans.periods_between(Window.ANNIVERSARY_MONTH, start, end, context)
    assert len(months) == 6
    assert (months[0].start, months[-1].end) == (start, end)
    # 24 hours before the 10th and 24 hours after it: two anniversary months, one calendar month.
    uses = [outing("2026-08-01T00:00", "2026-08-02T00:00")]
    requested = outing("2026-08-12T00:00", "2026-08-13T00:00")
    assert [p.over_by for p in check(program(OSAKA), uses, requested, context)] == [1440]
    assert not check(program(replace(OSAKA, window=Window.ANNIVERSARY_MONTH)), uses, requested, context)


def test_a4_a_period_ends_with_a_month_too_short_for_its_day():
    start = day("2026-08-31")
    end = spans.period_end(start, 6)
    assert end == day("2027-02-28")
    assert len(spans.periods_between(Window.ANNIVERSARY_MONTH, start, end, Context(Period(start, end)))) == 6


def test_a5_from_the_first_of_a_month_both_kinds_agree():
    start = day("2026-04-01")
    end = spans.period_end(start, 6)
    context = Context(Period(start, end))
    assert end == day("2026-09-30")
    calendar = spans.periods_between(Window.CALENDAR_MONTH, start, end, context)
    assert calendar == spans.periods_between(Window.ANNIVERSARY_MONTH, start, end, context)
    assert len(calendar) == 6


def test_a6_an_outing_over_the_end_of_a_month_counts_in_both():
    requested = outing("2026-10-31T22:00", "2026-11-01T01:00")
    uses = [outing("2026-10-10T00:00", "2026-10-10T22:30"), outing("2026-11-10T00:00", "2026-11-10T23:30")]
    assert spans.minutes_by_day(requested.start, requested.end) == {day("2026-10-31"): 120, day("2026-11-01"): 60}
    october, november = check(program(OSAKA), uses, requested)
    assert (october.used, october.requested, october.over_by) == (1350, 120, 30)
    assert (november.used, november.requested, november.over_by) == (1410, 60, 30)
    assert "今月の上限" in october.message
    assert "11月の上限" in november.message
    assert {october.largest_request, november.largest_request} == {90}
    assert {october.frees_up_on, november.frees_up_on} == {day("2026-12-01")}


def test_b1_two_nights_are_three_days_and_one_day_of_absence():
    weekend = stay("2026-10-02", "2026-10-04")
    assert spans.nights(weekend.check_in, weekend.check_out) == [day("2026-10-02"), day("2026-10-03")]
    assert len(spans.days(weekend.check_in, weekend.check_out)) == 3
    assert len(amounts_of(weekend, Unit.NIGHTS, Counting.INCLUSIVE)) == 2
    assert len(amounts_of(weekend, Unit.DAYS, Counting.INCLUSIVE)) == 3
    assert list(amounts_of(weekend, Unit.DAYS, Counting.INTERIOR)) == [day("2026-10-03").toordinal()]


def test_b2_thirty_days_running_and_not_thirty_one():
    assert not check(program(STAY_30), [], stay("2026-06-01", "2026-06-30"))
    (problem,) = check(program(STAY_30), [], stay("2026-06-01", "2026-07-01"))
    assert (problem.requested, problem.over_by, problem.largest_request) == (31, 1, 30)
    assert problem.enforcement == Enforcement.REFUSE


@pytest.mark.parametrize(
    ("check_in", "check_out", "over"),
    [
        ("2026-06-21", "2026-06-30", 0),  # the 21st joins a stay that left on the 20th: 30 days
        ("2026-06-21", "2026-07-01", 1),
        ("2026-06-22", "2026-07-21", 0),  # a whole day, the 21st, lies between: a new run of 30
        ("2026-05-22", "2026-05-31", 0),  # joined from before
        ("2026-05-21", "2026-05-31", 1),
    ],
)
def test_b2_a_stay_joins_the_run_before_and_behind_it(check_in, check_out, over):
    uses = [stay("2026-06-01", "2026-06-10"), stay("2026-06-10", "2026-06-20")]
    found = check(program(STAY_30), uses, stay(check_in, check_out))
    assert [p.over_by for p in found] == [over] * bool(over)


def test_b2_a_run_frees_up_after_one_whole_day_without_a_stay():
    uses = [stay("2026-06-01", "2026-06-30")]
    (problem,) = check(program(STAY_30), uses, stay("2026-07-01", "2026-07-03"), today=day("2026-06-01"))
    assert (problem.used, problem.requested, problem.over_by, problem.largest_request) == (30, 3, 3, 0)
    assert problem.frees_up_on == day("2026-07-02")
    assert not check(program(STAY_30), uses, stay("2026-07-02", "2026-07-04"))


def test_b2_a_run_before_the_request_frees_nothing():
    uses = [stay("2026-06-01", "2026-06-30"), stay("2026-08-01", "2026-08-30")]
    (problem,) = check(program(STAY_30), uses, stay("2026-08-31", "2026-09-02"), today=day("2026-06-01"))
    assert problem.frees_up_on == day("2026-09-01")


def test_b2_an_outing_between_two_stays_joins_nothing():
    uses = [stay("2026-06-01", "2026-06-20"), outing("2026-06-21T10:00", "2026-06-21T15:00")]
    assert not check(program(STAY_30), uses, stay("2026-06-22", "2026-07-21"))


def sixteen_weekends():
    """48 days: 16 stays of two nights, a week apart, within one fiscal year."""
    return [stay(day("2026-04-03") + n * 7 * spans.DAY, day("2026-04-05") + n * 7 * spans.DAY) for n in range(16)]


def test_b3_fifty_days_a_year_and_not_fifty_one():
    uses = sixteen_weekends()
    (problem,) = check(program(YEAR_50), uses, stay("2026-10-02", "2026-10-04"))
    assert (problem.used, problem.requested, problem.remaining, problem.over_by) == (48, 3, 2, 1)
    assert problem.message == "年度の上限50日を1日こえます（利用済み48日、今回3日、残り2日）。"
    assert (problem.largest_request, problem.frees_up_on) == (2, day("2027-04-01"))
    assert not check(program(YEAR_50), uses, stay("2026-10-02", "2026-10-03"))


def test_b3_a_day_of_two_stays_counts_once():
    uses = [*sixteen_weekends(), stay("2026-10-02", "2026-10-03")]
    assert not check(program(YEAR_50), uses, stay("2026-10-03", "2026-10-03"))
    (problem,) = check(program(YEAR_50), uses, stay("2026-10-03", "2026-10-04"))
    assert (problem.used, problem.requested, problem.over_by, problem.numbers) == (50, 2, 1, {"shared": 1})
    assert "今回2日（うち1日は数えずみ）" in problem.message


def test_b4_same_site_leaves_out_the_leaving_day():
    weekend = stay("2026-10-02", "2026-10-04")
    days = [dt.date.fromordinal(n) for n in amounts_of(weekend, Unit.DAYS, Counting.EXCLUDE_LAST)]
    assert days == [day("2026-10-02"), day("2026-10-03")]
    assert not check(program(rule(Unit.DAYS, 2, Window.CALENDAR_MONTH, counting=Counting.EXCLUDE_LAST)), [], weekend)


@pytest.mark.parametrize("general", [GRANT_50, YEAR_50], ids=["grant", "year"])
def test_b5_the_certificate_wins_when_it_grants_less(general):
    context = Context(grant=GrantPeriod(day("2026-10-01"), day("2027-03-31"), days=20))
    before = stay("2026-09-01", "2026-09-20")  # another certificate: not counted against this one
    uses = [before, stay("2026-10-02", "2026-10-19")]
    assert not check(program(general), uses, stay("2026-10-21", "2026-10-22"), context)
    (problem,) = check(program(general), uses, stay("2026-10-21", "2026-10-23"), context)
    assert (problem.code, problem.limit_id, problem.cap, problem.used, problem.over_by) == ("grant.days", 50, 20, 18, 1)
    assert problem.message.startswith("受給者証の上限20日を1日こえます")
    assert problem.frees_up_on is None


@pytest.mark.parametrize("days", [50, 60, None])
def test_b5_a_certificate_that_grants_no_less_changes_nothing(days):
    context = Context(grant=GrantPeriod(day("2026-04-01"), day("2027-03-31"), days))
    (problem,) = check(program(GRANT_50), sixteen_weekends(), stay("2026-10-02", "2026-10-04"), context)
    assert (problem.code, problem.cap) == ("gh.year", 50)


def test_b5_both_the_year_and_the_certificate_can_be_breached():
    context = Context(grant=GrantPeriod(day("2026-10-01"), day("2027-03-31"), days=2))
    found = check(program(YEAR_50), sixteen_weekends(), stay("2026-10-02", "2026-10-04"), context)
    assert [(p.code, p.cap, p.used) for p in found] == [("gh.year", 50, 48), ("grant.days", 2, 0)]


def test_b6_the_certificate_ends_during_the_stay():
    context = Context(grant=GrantPeriod(day("2026-04-01"), day("2026-10-03"), days=None))
    (problem,) = check(program(GRANT_50, needs_grant=True), [], stay("2026-10-02", "2026-10-04"), context)
    assert (problem.code, problem.enforcement, problem.field) == ("grant.period", Enforcement.ASK, "check_out")
    assert problem.message == (
        "受給者証の期間は10月3日までです。今回は1日が期間の外になります。更新について市町村に確認してください"
    )
    assert not check(program(GRANT_50, needs_grant=True), [], stay("2026-10-02", "2026-10-03"), context)


def test_b6_before_the_certificate_begins():
    context = Context(grant=GrantPeriod(day("2026-10-03"), day("2027-03-31")))
    (problem,) = check(program(GRANT_50), [], stay("2026-10-01", "2026-10-04"), context)
    assert (problem.field, problem.numbers) == ("check_in", {"outside_days": 2})
    assert problem.message.startswith("受給者証の期間は10月3日からです。")


def test_a_missing_certificate_and_enrollment_are_asked_about():
    rules = program(GRANT_50, needs_grant=True, needs_enrollment=True)
    found = check(rules, [], stay("2026-10-02", "2026-10-04"))
    assert [(p.code, p.enforcement) for p in found] == [
        ("grant.missing", Enforcement.ASK),
        ("enrollment.missing", Enforcement.ASK),
    ]


def test_a_session_outside_its_enrollment():
    context = Context(enrollment=Period(day("2026-07-10"), day("2027-01-09")))
    (problem,) = check(program(OSAKA), [], outing("2027-01-10T10:00", "2027-01-10T11:00"), context)
    assert (problem.code, problem.field) == ("enrollment.period", "")
    assert problem.message.startswith("利用期間は令和9年1月9日までです。")
    assert not check(program(OSAKA), [], outing("2027-01-09T22:00", "2027-01-10T00:00"), context)


def test_without_a_certificate_the_year_is_assumed():
    (problem,) = check(program(GRANT_50), sixteen_weekends(), stay("2026-10-02", "2026-10-04"))
    assert (problem.certainty, problem.enforcement) == (Certainty.ASSUMED, Enforcement.ASK)
    assert (problem.used, problem.frees_up_on) == (48, day("2027-04-01"))
    assert problem.message == (
        "年度の上限50日を1日こえる可能性があります（利用済み48日、今回3日、残り2日）。市町村に確認してください"
    )


def test_c1_monday_to_friday_is_five_of_fifteen():
    context = Context(grant=GrantPeriod(day("2026-10-01"), day("2027-03-31")))
    uses = [stay("2026-10-05", "2026-10-09")]
    (left,) = limits.allowances(program(OVERNIGHT_15), uses, context, TODAY)
    assert (left.used, left.remaining, left.cap, left.planned, left.held) == (5, 10, 15, 5, 0)


def test_c1_a_renewed_certificate_counts_again():
    uses = [stay("2026-09-01", "2026-09-15")]
    old = Context(grant=GrantPeriod(day("2026-04-01"), day("2026-09-30")))
    new = Context(grant=GrantPeriod(day("2026-10-01"), day("2027-03-31")))
    assert check(program(OVERNIGHT_15), uses, stay("2026-09-20", "2026-09-21"), old)
    assert not check(program(OVERNIGHT_15), uses, stay("2026-10-05", "2026-10-19"), new)


def test_d1_tiers_of_calendar_days_from_the_first_day_of_use():
    first = day("2026-09-01")
    tiers = {n: limits.tier_on(TRIAL_USE, first, day(f"2026-09-{n:02d}")) for n in range(1, 17)}
    assert tiers == {n: "(Ⅰ)" if n <= 5 else "(Ⅱ)" if n <= 15 else None for n in range(1, 17)}
    assert limits.tier_on(TRIAL_USE, None, first) == "(Ⅰ)"
    assert limits.tier_on(TRIAL_USE, first, day("2026-08-31")) is None


def test_d1_a_visit_on_the_sixteenth_day_is_told():
    uses = [visit(day("2026-09-01")), visit(day("2026-09-08"))]
    assert not check(program(TRIAL_USE), uses, visit(day("2026-09-15")))
    (problem,) = check(program(TRIAL_USE), uses, visit(day("2026-09-16")))
    assert (problem.enforcement, problem.cap, problem.used, problem.over_by) == (Enforcement.INFORM, 15, 15, 1)
    assert (problem.largest_request, problem.frees_up_on) == (0, None)
    assert problem.message == (
        "使い始めた日（9月1日）から15日目の9月15日までが対象です。9月16日は16日目で、1日こえます。"
    )


def test_d1_an_earlier_visit_moves_the_first_day():
    uses = [visit(day("2026-09-01")), visit(day("2026-09-15"))]
    (problem,) = check(program(TRIAL_USE), uses, visit(day("2026-08-31")))
    assert problem.over_by == 1
    (problem,) = check(program(TRIAL_USE), [], visit(day("2026-09-16")), Context(first_use_on=day("2026-09-01")))
    assert problem.over_by == 1


def test_d1_days_left_go_by_with_the_calendar():
    uses = [visit(day("2026-09-01"))]
    (left,) = limits.allowances(program(TRIAL_USE), uses, NOTHING, day("2026-09-08"))
    assert (left.used, left.remaining, left.expires_on) == (7, 8, day("2026-09-15"))
    assert left.note == "(Ⅰ)9月5日まで、(Ⅱ)9月15日まで。"
    (left,) = limits.allowances(program(TRIAL_USE), [], NOTHING, day("2026-09-08"))
    assert (left.used, left.remaining, left.period) == (0, 15, None)


def test_e1_a_fourth_visit_in_a_month_is_told():
    uses = [visit(day(f"2026-10-{n:02d}")) for n in (3, 10, 17)]
    (problem,) = check(program(VISITS_3), uses, visit(day("2026-10-24")))
    assert problem.message == "今月の上限3回を1回こえます（利用済み3回、今回1回、残り0回）。"
    assert (problem.enforcement, problem.largest_request) == (Enforcement.INFORM, 0)
    assert problem.frees_up_on == day("2026-11-01")
    assert not check(program(VISITS_3), uses, visit(day("2026-11-01")))
