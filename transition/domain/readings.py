"""Readings for words that nobody marked by hand: names of places, homes and things to do. Pure.

SudachiPy reads the kanji; what it takes apart wrongly for our field stands in OWN. A typed reading always wins.
Katakana of three letters or more and short Latin words get hiragana above them (`domain.md` 8.2).
"""

import re
import unicodedata
from collections.abc import Iterator
from functools import cache, lru_cache
from typing import TYPE_CHECKING, Final

from transition.domain.ruby import KANJI, Run, parse
from transition.domain.text import OLD_FORMS

if TYPE_CHECKING:
    from sudachipy import Tokenizer

# Nothing that a person reads is longer; what is longer keeps the rest without readings.
LONGEST: Final = 500
KATAKANA: Final = "ァ-ヺー"

_HIRAGANA: Final = {code: code - 0x60 for code in range(0x30A1, 0x30F7)}
_LETTER_NAMES: Final = (
    "えー びー しー でぃー いー えふ じー えいち あい じぇー けー える えむ えぬ おー ぴー きゅー あーる えす "
    "てぃー ゆー ぶい だぶりゅー えっくす わい ぜっと"
)
_LETTERS: Final = dict(zip("ABCDEFGHIJKLMNOPQRSTUVWXYZ", _LETTER_NAMES.split(), strict=True))
_DAY_NAMES: Final = "ついたち ふつか みっか よっか いつか むいか なのか ようか ここのか とおか"
_DAYS: Final = dict(enumerate(_DAY_NAMES.split(), start=1)) | {14: "じゅうよっか", 20: "はつか", 24: "にじゅうよっか"}
# Read wrongly or taken apart by the dictionary.
OWN: Final = {
    "世話人": "せわにん",
    "居室": "きょしつ",
    "見学": "けんがく",
    "受給者証": "じゅきゅうしゃしょう",
    "歯磨き": "はみがき",
    "上着": "うわぎ",
    "下着": "したぎ",
    "何か": "なにか",
    "何": "なに",
    "昼": "ひる",
    "夜": "よる",
}
_OWN: Final = "|".join(sorted(OWN, key=len, reverse=True))
_COUNTED: Final = re.compile(r"([0-9０-９]+)(月|日間?|泊|分|人|時|本)")
_KNOWN: Final = re.compile(
    rf"(?P<counted>{_COUNTED.pattern})|(?P<own>{_OWN})|(?P<katakana>[{KATAKANA}]{{3,}})|(?P<latin>[A-Za-zＡ-Ｚａ-ｚ]+)"
)
_RUN: Final = re.compile(rf"((?:{KANJI})+)")
_HARD: Final = (1, 3, 4, 6, 8, 0)


@lru_cache(maxsize=4096)
def annotate(text: str) -> tuple[Run, ...]:
    """The pieces of a text with a reading for each word that needs one."""
    found: list[Run] = []
    for run in parse(text[:LONGEST]):
        found += [run] if run.reading else _unmarked(run.text)
    found += [Run(text[LONGEST:])] if text[LONGEST:] else []
    return tuple(_joined(found))


def counted_day(day: int) -> str:
    """A day of the month as a marked text: ｜5日《いつか》, 13日《にち》."""
    return f"｜{day}日《{_DAYS[day]}》" if day in _DAYS else f"{day}日《にち》"


def _unmarked(text: str) -> Iterator[Run]:
    end = 0
    for known in _KNOWN.finditer(text):
        yield from _read(text[end : known.start()])
        yield from _known(known)
        end = known.end()
    yield from _read(text[end:])


def _known(known: re.Match[str]) -> Iterator[Run]:
    word = known[0]
    if known["counted"]:
        date = known.start() > 0 and known.string[known.start() - 1] == "月"
        yield from _counted(int(known[2]), known[2], known[3], date=date)
    elif known["own"]:
        yield from _aligned(word, OWN[word])
    elif known["katakana"]:
        yield Run(word, word.translate(_HIRAGANA))
    else:
        yield Run(word, _latin(word))


def _counted(number: int, digits: str, unit: str, *, date: bool) -> Iterator[Run]:
    """Numbers are read as digits; only the word behind them, or the day as a whole, gets a reading."""
    if unit in ("日", "日間") and number in _DAYS and (number > 1 or date):
        yield Run(digits + unit, _DAYS[number] + ("かん" if unit == "日間" else ""))
        return
    if unit == "人" and number in (1, 2):
        yield Run(digits + unit, {1: "ひとり", 2: "ふたり"}[number])
        return
    hard = number % 10 in _HARD
    yield Run(digits)
    yield Run(
        unit,
        {
            "月": "がつ",
            "日": "にち",
            "日間": "にちかん",
            "泊": "ぱく" if hard else "はく",
            "分": "ぷん" if hard else "ふん",
            "人": "にん",
            "時": "じ",
            "本": "ぼん" if number % 10 == 3 else "ぽん" if number % 10 in (1, 6, 8, 0) else "ほん",
        }[unit],
    )


def _latin(word: str) -> str:
    upper = unicodedata.normalize("NFKC", word)
    if upper.isascii() and upper.isupper() and len(upper) <= 4:
        return "".join(_LETTERS[letter] for letter in upper)
    reading = "".join(token.reading_form() for token in _tokenizer().tokenize(word))
    return reading.translate(_HIRAGANA) if re.fullmatch(f"[{KATAKANA}]+", reading) else ""


def _read(text: str) -> Iterator[Run]:
    if not re.search(KANJI, text):
        yield Run(text)
        return
    # Letter for letter as long as before, so the places of the words are those of the text.
    for token in _tokenizer().tokenize(text.translate(OLD_FORMS)):
        word = text[token.begin() : token.end()]
        yield from _aligned(word, token.reading_form().translate(_HIRAGANA))


def _aligned(word: str, reading: str) -> Iterator[Run]:
    """食べる, たべる → 食《た》べる: the reading stands above the kanji only."""
    parts = _RUN.split(word)
    if len(parts) == 1 or not re.fullmatch("[ぁ-ゖー]+", reading):
        yield Run(word)
        return
    pattern = "".join("(.+?)" if number % 2 else re.escape(_kana(part)) for number, part in enumerate(parts))
    fits = re.fullmatch(pattern, reading)
    if fits is None:
        yield Run(word, reading)
        return
    for number, part in enumerate(parts):
        if part:
            yield Run(part, fits[number // 2 + 1] if number % 2 else "")


def _kana(text: str) -> str:
    return text.translate(_HIRAGANA)


def _joined(runs: list[Run]) -> list[Run]:
    """Neighbours without a reading become one."""
    found: list[Run] = []
    for run in runs:
        if not run.text:
            continue
        if found and not run.reading and not found[-1].reading:
            found[-1] = Run(found[-1].text + run.text)
        else:
            found.append(run)
    return found


@cache
def _tokenizer() -> "Tokenizer":
    # Loaded when the first page needs it: fifty milliseconds and a file in memory that all workers share.
    from sudachipy import Dictionary

    return Dictionary(dict="small").tokenizer()
