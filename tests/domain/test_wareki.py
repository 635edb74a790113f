"""Every way to write a date in Japan, and messages that say what is wrong."""

import datetime as dt

import pytest
from hypothesis import given
from hypothesis import strategies as st

from transition.domain.wareki import (
    END_OF_DAY,
    format_short,
    format_wareki,
    moment_of,
    parse_date,
    parse_time,
    weekday_of,
)

SUNDAY = dt.date(2026, 11, 22)
EXAMPLE = "例: 令和8年11月22日、2026-11-22"
RANGE = "西暦1900年から2100年までの日付を入力してください。"


@pytest.mark.parametrize(
    "written",
    [
        "2026-11-22",
        "2026/11/22",
        "2026.11.22",
        "2026年11月22日",
        "20261122",
        "２０２６１１２２",
        "２０２６－１１－２２",
        "２０２６ー１１ー２２",
        "２０２６／１１／２２",
        "2026−11−22",
        "令和8年11月22日",
        "令和８年１１月２２日",
        "令和08年11月22日",
        "令和 8 年 11 月 22 日",
        "　令和8年11月22日　",
        "㋿8年11月22日",
        "令8.11.22",
        "R8.11.22",
        "R8-11-22",
        "r8/11/22",
        "Ｒ８．１１．２２",
        "ｒ８／１１／２２",
        "R8年11月22日",
        "令和8年11月22日（日）",
        "令和8年11月22日(日)",
        "令和8年11月22日（日曜日）",
        "令和8年11月22日 日曜",
        "2026/11/22 (日)",
        "2026-11-22\u200b",
    ],
)
def test_one_sunday_in_many_spellings(written):
    assert parse_date(written) == SUNDAY


@pytest.mark.parametrize(
    ("written", "date"),
    [
        ("令和元年5月1日", dt.date(2019, 5, 1)),
        ("令和1年5月1日", dt.date(2019, 5, 1)),
        ("R元.5.1", dt.date(2019, 5, 1)),
        ("H31.4.30", dt.date(2019, 4, 30)),
        ("平成元年1月8日", dt.date(1989, 1, 8)),
        ("S64.1.7", dt.date(1989, 1, 7)),
        ("昭和元年12月25日", dt.date(1926, 12, 25)),
        ("大正15年12月25日", dt.date(1926, 12, 25)),
        ("T1.7.30", dt.date(1912, 7, 30)),
        ("明治45年7月30日", dt.date(1912, 7, 30)),
        ("M33.1.1", dt.date(1900, 1, 1)),
        ("令和10年2月29日", dt.date(2028, 2, 29)),
        ("2100-12-31", dt.date(2100, 12, 31)),
        ("令和82年12月31日", dt.date(2100, 12, 31)),
    ],
)
def test_edges_of_eras(written, date):
    assert parse_date(written) == date


@pytest.mark.parametrize(
    ("written", "message"),
    [
        ("", f"日付として読めません。{EXAMPLE}"),
        ("あした", f"日付として読めません。{EXAMPLE}"),
        ("令和八年十一月二十二日", f"日付として読めません。{EXAMPLE}"),
        ("2026-11/22", f"日付として読めません。{EXAMPLE}"),
        ("2026 11 22", f"日付として読めません。{EXAMPLE}"),
        ("2026-11-22T00:00", f"日付として読めません。{EXAMPLE}"),
        ("٢٠٢٦-١١-٢٢", f"日付として読めません。{EXAMPLE}"),
        ("2026-1²-1", f"日付として読めません。{EXAMPLE}"),
        ("2" * 100_000, f"日付として読めません。{EXAMPLE}"),
        ("2026-11-22" + " " * 100_000, f"日付として読めません。{EXAMPLE}"),
        ("11/22", f"年から入力してください。{EXAMPLE}"),
        ("11月22日（日）", f"年から入力してください。{EXAMPLE}"),
        ("26/11/22", f"年は西暦4桁か、元号をつけて入力してください。{EXAMPLE}"),
        ("元年5月1日", f"年は西暦4桁か、元号をつけて入力してください。{EXAMPLE}"),
        ("2026-02-31", "2月31日はありません。"),
        ("令和8年2月31日", "2月31日はありません。"),
        ("2027/2/29", "2027年2月29日はありません。"),
        ("R9.2.29", "2027年2月29日はありません。"),
        ("2026-13-01", "13月はありません。"),
        ("20261301", "13月はありません。"),
        ("2026-00-01", "0月はありません。"),
        ("2026-01-00", "1月0日はありません。"),
        ("平成40年1月1日", "平成は31年4月30日までです。"),
        ("H31.5.1", "平成は31年4月30日までです。"),
        ("平成2019年1月1日", "平成は31年4月30日までです。"),
        ("昭和64年1月8日", "昭和は64年1月7日までです。"),
        ("令和元年4月30日", "令和は元年5月1日からです。"),
        ("令和0年5月1日", "令和0年はありません。令和は元年からです。"),
        ("1899-12-31", RANGE),
        ("2101-01-01", RANGE),
        ("0001-01-01", RANGE),
        ("9999-12-31", RANGE),
        ("明治32年12月31日", RANGE),
        ("令和83年1月1日", RANGE),
        ("令和8年11月22日（月）", "令和8年11月22日は日曜日です。日付か曜日を直してください。"),
    ],
)
def test_a_refusal_says_what_is_wrong(written, message):
    with pytest.raises(ValueError) as refused:  # noqa: PT011 - the whole message is compared below
        parse_date(written)
    assert str(refused.value) == message


DATES = st.dates(dt.date(1900, 1, 1), dt.date(2100, 12, 31))


@given(DATES)
def test_what_is_shown_can_be_typed(date):
    assert parse_date(format_wareki(date)) == date
    assert parse_date(date.isoformat()) == date


@given(st.text(alphabet="令和平成昭大正明治RHSTM元年月日0123456789/.-()日月火 　", max_size=20))
def test_nothing_but_a_date_or_a_message(written):
    try:
        assert 1900 <= parse_date(written).year <= 2100
    except ValueError as refused:
        assert str(refused).endswith(("。", EXAMPLE))  # noqa: PT017


@pytest.mark.parametrize(
    ("date", "long", "short"),
    [
        (SUNDAY, "令和8年11月22日（日）", "11/22(日)"),
        (dt.date(2019, 5, 1), "令和元年5月1日（水）", "5/1(水)"),
        (dt.date(2019, 4, 30), "平成31年4月30日（火）", "4/30(火)"),
        (dt.date(1926, 12, 25), "昭和元年12月25日（土）", "12/25(土)"),
        (dt.date(1860, 1, 1), "1860年1月1日（日）", "1/1(日)"),
    ],
)
def test_formats(date, long, short):
    assert format_wareki(date) == long
    assert format_short(date) == short
    assert weekday_of(date) in short


@pytest.mark.parametrize(
    ("written", "time"),
    [
        ("15:00", dt.time(15)),
        ("１５：００", dt.time(15)),
        ("15:00:00", dt.time(15)),
        ("15時", dt.time(15)),
        ("15時30分", dt.time(15, 30)),
        ("15時半", dt.time(15, 30)),
        ("15時5分", dt.time(15, 5)),
        ("午後3時", dt.time(15)),
        ("午後３時３０分", dt.time(15, 30)),
        ("午後3:30", dt.time(15, 30)),
        ("午前9:05", dt.time(9, 5)),
        ("午後0時", dt.time(12)),
        ("午前0時", dt.time(0)),
        ("正午", dt.time(12)),
        ("1500", dt.time(15)),
        ("１５００", dt.time(15)),
        ("930", dt.time(9, 30)),
        ("9:05", dt.time(9, 5)),
        (" 0:00 ", dt.time(0)),
        ("23:59", dt.time(23, 59)),
    ],
)
def test_times(written, time):
    assert parse_time(written) == time


@pytest.mark.parametrize(
    ("written", "message"),
    [
        ("", "時刻として読めません。例: 15:00、午後3時30分"),
        ("15", "時刻として読めません。例: 15:00、午後3時30分"),
        ("9:5", "時刻として読めません。例: 15:00、午後3時30分"),
        ("1_500", "時刻として読めません。例: 15:00、午後3時30分"),
        ("15:00" + " " * 100_000, "時刻として読めません。例: 15:00、午後3時30分"),
        ("夕方", "時刻として読めません。例: 15:00、午後3時30分"),
        ("25:00", "25時はありません。時は0から23までです。"),
        ("24:01", "24時はありません。時は0から23までです。"),
        ("12:60", "60分はありません。分は0から59までです。"),
        ("午後13時", "午後13時はありません。午後は0時から11時までです。"),
        ("午後12時", "午後12時は昼か夜か分かりません。昼は12:00、夜中は0:00と入力してください。"),
        ("24:00", "24:00は次の日の0:00です。次の日の日付と0:00を入力してください。"),
        ("2400", "24:00は次の日の0:00です。次の日の日付と0:00を入力してください。"),
    ],
)
def test_a_refused_time_says_why(written, message):
    with pytest.raises(ValueError) as refused:  # noqa: PT011 - the whole message is compared below
        parse_time(written)
    assert str(refused.value) == message


@pytest.mark.parametrize("written", ["24:00", "24時", "２４：００", "2400"])
def test_the_end_of_the_day_on_request(written):
    end = parse_time(written, end_of_day=True)
    assert end == END_OF_DAY
    assert end > dt.time(23, 59)
    assert moment_of(dt.date(2026, 12, 31), end) == (dt.date(2027, 1, 1), dt.time(0))


def test_other_times_stay_on_their_day():
    assert moment_of(SUNDAY, dt.time(23, 59)) == (SUNDAY, dt.time(23, 59))
