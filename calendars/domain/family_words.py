"""Dates, times and numbers as a family's page says them: whole words, nothing to decode."""

import datetime as dt
import re

from programs.domain import wording
from transition.domain.phones import normalize_phone, phone_problem
from transition.domain.wareki import weekday_of

# Digits with whatever people put between them; too short ones are room numbers.
_PHONE = re.compile(r"[+＋(（]?[0-9０-９][0-9０-９()（）\-ー‐‑‒–—―−ｰ－ 　]{7,}")
_FEWEST_DIGITS = 10


def day(date: dt.date, today: dt.date) -> str:
    """12月5日（土）, with its year where that is another one than today's."""
    return f"{wording.date(date, today)}（{weekday_of(date)}）"


def days_left(date: dt.date, today: dt.date) -> str:
    """きょう, あした, あと13日; empty for what has begun."""
    left = (date - today).days
    return {0: "きょう", 1: "あした"}.get(left, f"あと{left}日" if left > 0 else "")


def time(moment: dt.datetime | dt.time) -> str:
    """午前10時, 午後3時30分; noon is 昼の12時, because that is what the clock on the wall shows."""
    half = "午前" if moment.hour < 12 else "午後"
    hour = moment.hour % 12
    if moment.hour == 12:
        half, hour = "昼の", 12
    return f"{half}{hour}時{f'{moment.minute}分' if moment.minute else ''}"


def phone_in(text: str) -> str:
    """The first telephone number in a line of words, as a tel: link wants it; empty without one."""
    for found in _PHONE.finditer(text):
        number = normalize_phone(found[0])
        if phone_problem(number) is None and sum(mark.isdigit() for mark in number) >= _FEWEST_DIGITS:
            return number
    return ""


def lines(text: str) -> list[str]:
    """One thing a line, without the empty ones."""
    return [line.strip() for line in text.splitlines() if line.strip()]
