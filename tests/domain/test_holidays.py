import datetime as dt

import pytest

from transition.domain.holidays import day_mark, holiday_name, is_weekend


@pytest.mark.parametrize(
    ("date", "name", "mark"),
    [
        ("2026-01-01", "元日", "祝"),
        ("2026-02-23", "天皇誕生日", "祝"),
        ("2026-05-03", "憲法記念日", "祝"),  # a Sunday
        ("2026-05-06", "振替休日", "祝"),  # for that Sunday, after two more holidays
        ("2026-07-20", "海の日", "祝"),
        ("2026-09-22", "国民の休日", "祝"),  # between two holidays
        ("2026-11-23", "勤労感謝の日", "祝"),
        ("2024-02-12", "振替休日", "祝"),
        ("2026-11-21", None, "土"),
        ("2026-11-22", None, "日"),
        ("2026-11-24", None, ""),
        ("2026-12-31", None, ""),
    ],
)
def test_holidays(date, name, mark):
    day = dt.date.fromisoformat(date)
    assert holiday_name(day) == name
    assert day_mark(day) == mark


def test_weekend():
    assert [is_weekend(dt.date(2026, 11, 16) + dt.timedelta(days=n)) for n in range(7)] == [False] * 5 + [True] * 2


def test_years_without_a_law_have_no_holidays():
    assert holiday_name(dt.date(1900, 1, 1)) is None
