"""Readings above words. Written as ｜漢字《かんじ》, or 漢字《かんじ》 where the word is all kanji. Pure.

The mark ｜ begins the word; without it the word is the run of kanji before 《. What is no such mark stays as it is.
"""

import html
import re
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final

# Han in all planes, the repetition mark and the closing mark, each with its variation selector.
KANJI: Final = "[々〆\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff\U00020000-\U0003ffff][\ufe00-\ufe0f\U000e0100-\U000e01ef]?"
_MARK: Final = re.compile(rf"(?:｜([^｜《》<>\n]+)|((?:{KANJI})+))《([^｜《》<>\n]+)》")
_TAG: Final = re.compile(r"(<[^>]*>)")
_SILENT: Final = re.compile(r"<(/?)(title|script|style|textarea|option)\b", re.IGNORECASE)
_ATTRIBUTE: Final = re.compile(r'(?<=\s)(?:alt|title|aria-label|placeholder|data-say)="[^"]*"')


@dataclass(frozen=True, slots=True)
class Run:
    """A piece of text; `reading` is empty where there is none."""

    text: str
    reading: str = ""


def parse(text: str) -> list[Run]:
    """The pieces of a marked text, in order; no piece is empty."""
    found, end = [], 0
    for mark in _MARK.finditer(text):
        found.append(Run(text[end : mark.start()]))
        found.append(Run(mark[1] or mark[2], mark[3]))
        end = mark.end()
    found.append(Run(text[end:]))
    return [run for run in found if run.text]


def plain(text: str) -> str:
    """The text without its readings, for places that show none: titles, alternative texts, other people's pages."""
    return "".join(run.text for run in parse(text))


def spoken(text: str) -> str:
    """The readings in place of their words."""
    return "".join(run.reading or run.text for run in parse(text))


def marked(runs: Iterable[Run]) -> str:
    """The opposite of `parse`."""
    return "".join(f"｜{run.text}《{run.reading}》" if run.reading else run.text for run in runs)


def to_html(runs: Iterable[Run]) -> str:
    """Ruby elements; every word and reading is escaped."""
    return "".join(
        _element(html.escape(run.text), html.escape(run.reading)) if run.reading else html.escape(run.text)
        for run in runs
    )


def in_html(page: str) -> str:
    """Put ruby elements where the text of a page, already escaped, carries marks. In titles and attributes the word
    alone stays; what somebody typed into a field stays as it was typed."""
    parts, within = [], ""
    for number, part in enumerate(_TAG.split(page)):
        if number % 2:
            if tag := _SILENT.match(part):
                within = "" if tag[1] else tag[2].lower()
            parts.append(_ATTRIBUTE.sub(lambda attribute: plain(attribute[0]), part))
        elif within:
            parts.append(plain(part) if within == "title" else part)
        else:
            parts.append(_MARK.sub(lambda mark: _element(mark[1] or mark[2], mark[3]), part))
    return "".join(parts)


def _element(word: str, reading: str) -> str:
    return f"<ruby>{word}<rp>(</rp><rt>{reading}</rt><rp>)</rp></ruby>"
