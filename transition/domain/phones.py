"""Telephone numbers as people write them, in one form: half width, hyphens where they were."""

import re
from typing import Final

from transition.domain.text import normalize_digits

_DASHES: Final = re.compile(r"[ー‐‑‒–—―−ｰ.]")
_BRACKETS: Final = re.compile(r"[()\s]+")
_NUMBER: Final = re.compile(r"\+?[0-9]+(?:-[0-9]+)*")
# 119 and 7119 are numbers that one may have to call; 15 is the longest anywhere.
_FEWEST, _MOST = 3, 15

WRONG: Final = "電話番号は、数字とハイフンで入力してください（例：000-0000-0000）。"


def normalize_phone(written: str) -> str:
    """（０９０）１２３４ー５６７８ becomes 090-1234-5678."""
    plain = _DASHES.sub("-", normalize_digits(written))
    return re.sub(r"-{2,}", "-", _BRACKETS.sub("-", plain)).strip("-")


def phone_problem(number: str) -> str | None:
    """What is wrong with a normalized number, or None."""
    if not _NUMBER.fullmatch(number) or not number.isascii():
        return WRONG
    digits = sum(mark.isdigit() for mark in number)
    return None if _FEWEST <= digits <= _MOST and len(number) <= 20 else WRONG
