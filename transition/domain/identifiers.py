"""Numbers printed on certificates and designations. Each check gives a message in Japanese, or None.

How sure the rules are is in the project's notes on the field (domain.md, section 10): lengths are verified; the
check digit of office numbers fails for some numbers that prefectures really publish, so it only raises a doubt.
"""

import re
from typing import Final

from transition.domain.text import normalize_digits

_SEPARATORS: Final = re.compile(r"[\s\-ー‐‑‒–—―−]")
_DIGITS: Final = re.compile(r"[0-9]+")


def normalize_number(s: str) -> str:
    """Half width, without hyphens and spaces: ２７１-２３４ ５６７８ becomes 2712345678."""
    return _SEPARATORS.sub("", normalize_digits(s))


def office_number(s: str) -> str | None:
    """事業所番号: ten digits, nothing else."""
    return _wrong_length(s, 10, "事業所番号")


def office_number_doubt(s: str) -> str | None:
    """A hint, never a refusal, when the last digit is not the check digit of the nine before it."""
    number = normalize_number(s)
    if office_number(number) or int(number[-1]) == _modulus_10(number[:-1]):
        return None
    return "事業所番号の最後の数字（検査数字）が合いません。打ちまちがいがないか確かめてください。"


def certificate_number(s: str) -> str | None:
    """受給者証番号: ten digits; no check digit is known."""
    return _wrong_length(s, 10, "受給者証番号")


def municipality_number(s: str) -> str | None:
    """市町村番号 of 障害福祉 billing: six digits, the last a modulus-10 check digit.

    Its look-alike, the 全国地方公共団体コード, has a modulus-11 check digit and gets its own message.
    """
    if wrong := _wrong_length(s, 6, "市町村番号"):
        return wrong
    number = normalize_number(s)
    if int(number[-1]) == _modulus_10(number[:-1]):
        return None
    if int(number[-1]) == _modulus_11(number[:-1]):
        return "全国地方公共団体コードではなく、請求で使う市町村番号です。最後の数字を確かめてください。"
    return "市町村番号の最後の数字（検査数字）が合いません。打ちまちがいがないか確かめてください。"


def _wrong_length(s: str, length: int, name: str) -> str | None:
    number = normalize_number(s)
    if not _DIGITS.fullmatch(number):
        return f"{name}は{length}桁の数字です。数字だけで入力してください。"
    if len(number) != length:
        return f"{name}は{length}桁の数字です（いま{len(number)}桁）。"
    return None


def _modulus_10(digits: str) -> int:
    """Weights 2, 1, 2 … from the right, digits of each product added up."""
    products = (int(digit) * (2 - i % 2) for i, digit in enumerate(reversed(digits)))
    return -sum(product // 10 + product % 10 for product in products) % 10


def _modulus_11(digits: str) -> int:
    """Weights 2, 3, 4 … from the right; the last digit of 11 minus the remainder."""
    total = sum(int(digit) * weight for weight, digit in enumerate(reversed(digits), start=2))
    return (11 - total % 11) % 10
