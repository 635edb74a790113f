"""How amounts, dates and windows are said."""

import pytest

from programs.domain import spans, wording
from programs.enums import Unit, Window

from .builders import NOTHING, Context, GrantPeriod, Period, day

TODAY = day("2026-11-22")


@pytest.mark.parametrize(
    ("minutes", "short", "full"),
    [
        (0, "0分", "0時間00分"),
        (45, "45分", "0時間45分"),
        (60, "1時間", "1時間00分"),
        (65, "1時間5分", "1時間05分"),
        (990, "16時間30分", "16時間30分"),
        (1440, "24時間", "24時間00分"),
    ],
)
def test_hours(minutes, short, full):
    assert wording.hours(minutes) == short
    assert wording.hours(minutes, full=True) == full


def test_amounts():
    assert [wording.amount(unit, 30) for unit in Unit] == ["30分", "30日", "30泊", "30回"]


def test_dates_leave_out_the_year_of_today():
    assert wording.date(day("2026-11-22")) == "令和8年11月22日"
    assert wording.date(day("2026-01-02"), TODAY) == "1月2日"
    assert wording.date(day("2027-01-02"), TODAY) == "令和9年1月2日"
    assert wording.date(day("2019-04-30")) == "平成31年4月30日"


@pytest.mark.parametrize(
    ("window", "on", "said"),
    [
        (Window.CALENDAR_MONTH, "2026-11-01", "今月"),
        (Window.CALENDAR_MONTH, "2026-12-01", "12月"),
        (Window.CALENDAR_MONTH, "2027-01-01", "令和9年1月"),
        (Window.FISCAL_YEAR, "2026-04-01", "年度"),
        (Window.FISCAL_YEAR, "2027-04-01", "令和9年度"),
        (Window.CALENDAR_YEAR, "2026-04-01", "今年"),
        (Window.CALENDAR_YEAR, "2027-01-01", "令和9年"),
        (Window.ANNIVERSARY_MONTH, "2026-11-20", "11月10日から12月9日まで"),
        (Window.ROLLING_12_MONTHS, "2026-12-31", "1月1日から12月31日まで"),
        (Window.GRANT, "2026-11-20", "支給決定の期間"),
        (Window.ENROLLMENT, "2026-11-20", "利用期間"),
    ],
)
def test_windows(window, on, said):
    context = Context(Period(day("2026-07-10"), day("2027-01-09")), GrantPeriod(day("2026-10-01"), day("2027-09-30")))
    assert wording.scope(window, spans.period_of(window, day(on), context), TODAY) == said


def test_a_run_of_stays():
    assert wording.scope(Window.STAY, spans.period_of(Window.STAY, TODAY, NOTHING), TODAY) == "続けて泊まれる日数"
