"""National holidays of Japan (国民の祝日), substitute days included."""

import datetime as dt
import functools

import holidays


def holiday_name(date: dt.date) -> str | None:
    """The Japanese name of the holiday on that date."""
    return _holidays_of(date.year).get(date)


def is_weekend(date: dt.date) -> bool:
    return date.weekday() >= 5


def day_mark(date: dt.date) -> str:
    """祝 on a holiday, also one on a weekend; else 土 or 日; "" on a working day."""
    if holiday_name(date):
        return "祝"
    return {5: "土", 6: "日"}.get(date.weekday(), "")


@functools.cache
def _holidays_of(year: int) -> dict[dt.date, str]:
    return dict(holidays.country_holidays("JP", years=year, language="ja", expand=False).items())
