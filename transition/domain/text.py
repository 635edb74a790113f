"""What people type, made safe to store and possible to find again. Pure: strings in, strings out.

Names are kept as they were written: 𠮷, 葛󠄀 (with its variation selector) and the compatibility ideographs of
old family names survive; only what nobody can see or meant is removed. Folding happens in `search_key` alone.
"""

import re
import unicodedata
from collections.abc import Iterator
from typing import Final, Literal

# C0 controls other than tab and line ends break databases and logs; lone surrogates are no characters at all.
FORBIDDEN: Final = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\ud800-\udfff]")

ZERO_WIDTH_JOINER: Final = "\u200d"
_VARIATION_SELECTOR: Final = re.compile("[\ufe00-\ufe0f\U000e0100-\U000e01ef]")
# Not format characters by category, and still invisible: Hangul fillers, empty braille, grapheme joiner.
_BLANKS: Final = frozenset("\u034f\u115f\u1160\u17b4\u17b5\u2800\u3164\uffa0")
_LINE_BREAKS: Final = frozenset("\t\n\v\f\r\x1c\x1d\x1e\x1f\x85\u2028\u2029")
_WHITESPACE: Final = re.compile(r"\s+")
_LINE_END: Final = re.compile("\r\n|[\r\v\f\x1c-\x1f\x85\u2028\u2029]")
# NFC would replace 神 (U+FA19) by 神 (U+795E) although a family may write its name with the former.
_COMPATIBILITY_IDEOGRAPHS: Final = re.compile("([\uf900-\ufaff\U0002f800-\U0002fa1f]+)")
_HALF_WIDTH_KATAKANA: Final = re.compile("[\uff61-\uff9d][\uff9e\uff9f]*|(?<=[ぁ-ゖァ-ヺ\u3099\u309a])[\uff9e\uff9f]+")
# Under NFKC "10²" would read as 102 and "１①" as 11.
_NOT_A_PLAIN_DIGIT: Final = ("<super>", "<sub>", "<circle>", "<fraction>")

# Sorting the marks of one letter takes the square of their number; nobody writes more than a few.
_MARKS_AT_ONCE: Final = 200
_LONGEST_NUMBER: Final = 1_000
_LONGEST_TEXT: Final = 50_000
_ROOM_FOR_BLANKS: Final = 10_000
# Marks only once they are taken apart.
_MARKS_IN_DISGUISE: Final = frozenset("\u0f73\u0f75\u0f81\uff9e\uff9f")

_DASHES: Final = "-~\u2010\u2011\u2012\u2013\u2014\u2015\u2043\u2053\u2212\u2500\u2501\u301c\u3030\u30a0"
_MIDDLE_DOTS: Final = "・\u00b7\u2022\u2027\u2219\u22c5"
_HIRAGANA: Final = {code: code + 0x60 for code in (*range(0x3041, 0x3097), 0x309D, 0x309E)}
OLD_FORMS: Final = str.maketrans(
    "髙﨑𠮷濵濱邊邉澤廣德瀨眞惠嶋嶌齋齊櫻國龍槇", "高崎吉浜浜辺辺沢広徳瀬真恵島島斎斉桜国竜槙"
)
_FOLDS: Final = (
    _HIRAGANA | OLD_FORMS | dict.fromkeys(map(ord, _DASHES), "ー") | dict.fromkeys(map(ord, _MIDDLE_DOTS), None)
)


def has_forbidden(s: str) -> bool:
    """Whether a string holds characters that no form, address or header may carry."""
    return FORBIDDEN.search(s) is not None


def normalize_digits(s: str) -> str:
    """Numbers, dates and codes in half width, without surrounding spaces or invisible characters; never names. What is
    longer than any of these stays as it is, and nobody reads it as one."""
    if len(s) > _LONGEST_NUMBER:
        return s
    visible = (c for c in s if unicodedata.category(c) != "Cf")
    return "".join(
        c if unicodedata.decomposition(c).startswith(_NOT_A_PLAIN_DIGIT) else unicodedata.normalize("NFKC", c)
        for c in visible
    ).strip()


def clean_line(s: str) -> str:
    """A name or any other text of one line: line ends become a space, invisible characters go."""
    return _WHITESPACE.sub(_one_space, _clean(s)).strip()


def clean_text(s: str) -> str:
    """A text of several lines, with \\n as its only line end."""
    lines = _LINE_END.sub("\n", _clean(s)).split("\n")
    return "\n".join(line.rstrip() for line in lines).strip()


def search_key(s: str) -> str:
    """The same key for ﾔﾏﾀﾞ, やまだ and ヤマダ: what people mean alike is found alike. Never shown."""
    key = normalize("NFKC", s).casefold()
    key = "".join(c for c in normalize("NFKC", key) if _is_visible(c, or_selector=False))
    return normalize("NFKC", normalize("NFC", key).translate(_FOLDS))


def normalize(form: Literal["NFC", "NFKC"], s: str) -> str:
    """As `unicodedata` does it, in a time that grows with the length and not with its square: a letter with hundreds of
    marks keeps them all, in the order in which they came."""
    if len(s) <= _MARKS_AT_ONCE:
        return unicodedata.normalize(form, s)
    return "".join(unicodedata.normalize(form, piece) for piece in _pieces(s))


def _pieces(s: str) -> Iterator[str]:
    start = marks = 0
    for i, c in enumerate(s):
        marks = marks + 1 if unicodedata.combining(c) or c in _MARKS_IN_DISGUISE else 0
        if marks > _MARKS_AT_ONCE:
            yield s[start:i]
            start, marks = i, 0
    yield s[start:]


def most_code_points(max_length: int | None) -> int:
    """How long a text may come in before it is tidied up: blanks and unseen signs go, a letter may carry marks. What
    is longer than this would only be tidied up in order to be refused."""
    return _LONGEST_TEXT if max_length is None else 10 * max_length + _ROOM_FOR_BLANKS


def graphemes(s: str) -> int:
    """About how many characters a reader counts: a letter with its marks, a flag, an emoji family are one."""
    count = 0
    joined = half_flag = False
    for c in s.replace("\r\n", "\n"):
        if c == ZERO_WIDTH_JOINER:
            joined = True
            continue
        if unicodedata.category(c) in ("Mn", "Me") or "\U0001f3fb" <= c <= "\U0001f3ff":
            continue
        flag = "\U0001f1e6" <= c <= "\U0001f1ff"  # two of these letters make one flag
        if not (joined and unicodedata.category(c) == "So") and not (flag and half_flag):
            count += 1
        half_flag = flag and not half_flag
        joined = False
    return count


def _clean(s: str) -> str:
    wide = _HALF_WIDTH_KATAKANA.sub(lambda found: normalize("NFKC", found[0]), _without_invisible(s))
    parts = _COMPATIBILITY_IDEOGRAPHS.split(wide)
    return "".join(part if i % 2 else normalize("NFC", part) for i, part in enumerate(parts))


def _without_invisible(s: str) -> str:
    kept: list[str] = []
    for c in s:
        if c == ZERO_WIDTH_JOINER:
            if kept and _is_visible(kept[-1], or_selector=True):
                kept.append(c)
        elif _VARIATION_SELECTOR.match(c):
            if kept and _is_visible(kept[-1], or_selector=False):
                kept.append(c)
        elif _is_visible(c, or_selector=False):
            kept.append(c)
        elif c in _LINE_BREAKS or c.isspace():
            _drop_joiner(kept)
            kept.append(c)
    _drop_joiner(kept)
    return "".join(kept)


def _drop_joiner(kept: list[str]) -> None:
    """A joiner needs something to join on its right as well."""
    if kept and kept[-1] == ZERO_WIDTH_JOINER:
        kept.pop()


def _is_visible(c: str, *, or_selector: bool) -> bool:
    if _VARIATION_SELECTOR.match(c):
        return or_selector
    return unicodedata.category(c) not in ("Cf", "Cc", "Cs") and c not in _BLANKS and not c.isspace()


def _one_space(found: re.Match[str]) -> str:
    return " " if _LINE_BREAKS.intersection(found[0]) else found[0]
