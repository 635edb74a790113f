"""The rules of わかりやすい表記 (`domain.md` 8.2), held against a page of the easy view or against its template."""

import re

from bs4 import BeautifulSoup, NavigableString, Tag

from transition.domain import ruby

LONGEST = 30
KANJI = re.compile(ruby.KANJI)
FOUR_KANJI = re.compile(f"(?:{ruby.KANJI}){{4,}}")
KANJI_NUMBER = re.compile("[一二三四五六七八九十百千]")
CLOCK_24 = re.compile(r"(?<![0-9:])(?:[01]?[0-9]|2[0-4])[:：][0-5][0-9]|(?<![0-9])(?:1[3-9]|2[0-4])時")
ERA = re.compile("令和|平成|昭和")
BLOCKS = "h1, h2, h3, p, li, div, section, button, a, label, title, span.block, br, dt, dd, option"
# For supporters who look on, not for the person.
OTHERS = ".easy-alongside, .for-supporters, script, style"
NAME = "なまえ"
_TEXT_OF_TAG = re.compile(r"{%\s*(include|firstof|called)\b[^%]*%}|{{.*?}}")
_COMMENT = re.compile(r"{#.*?#}", re.DOTALL)
_TAG = re.compile(r"{%.*?%}", re.DOTALL)


def faults(page: str) -> list[str]:
    """What is wrong with a whole page, one line each."""
    found = text_faults(page)
    soup = BeautifulSoup(page, "html.parser")
    if len(soup.find_all("h1")) != 1:
        found.append(f"{len(soup.find_all('h1'))} h1")
    if not (soup.title and soup.title.get_text(strip=True)):
        found.append("no title")
    return found


def template_faults(source: str) -> list[str]:
    """What is wrong with the words of a template, in every branch of it."""
    words = _TAG.sub("\n", _TEXT_OF_TAG.sub(NAME, _COMMENT.sub("", source)))
    return text_faults(ruby.in_html(words))


def text_faults(html: str) -> list[str]:
    soup = BeautifulSoup(html, "html.parser")
    for others in soup.select(OTHERS):
        others.decompose()
    found = [f"no reading: {text}" for text in _unread(soup)]
    for attribute in ("alt", "aria-label", "placeholder", "title"):
        for tag in soup.select(f"[{attribute}]"):
            found += [f"24 hours: {tag[attribute]}" for _ in CLOCK_24.findall(str(tag[attribute]))]
    for reading in soup.select("rt, rp"):
        reading.decompose()
    for sentence in sentences(soup):
        if len(re.sub(r"\s", "", sentence)) > LONGEST:
            found.append(f"too long: {sentence}")
    for name in soup.select(".name"):
        name.replace_with(NAME)
    for sentence in sentences(soup):
        for rule, pattern in (
            ("24 hours", CLOCK_24),
            ("kanji number", KANJI_NUMBER),
            ("four kanji", FOUR_KANJI),
            ("era", ERA),
        ):
            if pattern.search(sentence):
                found.append(f"{rule}: {sentence}")
    return found


def sentences(soup: BeautifulSoup) -> list[str]:
    """The sentences of a page without readings: a block ends one as a full stop does. A name alone is none."""
    copy = BeautifulSoup(str(soup), "html.parser")
    for block in copy.select(BLOCKS):
        names = block.select(".name")
        if len(names) == 1 and names[0].get_text(strip=True) == block.get_text(strip=True):
            names[0].decompose()
        block.insert_before("\n")
        block.insert_after("\n")
    return [text.strip() for text in re.split(r"[。！？\n]", copy.get_text()) if text.strip()]


def _unread(soup: BeautifulSoup) -> list[str]:
    """Texts with a kanji that has no reading."""
    found = []
    for text in soup.find_all(string=KANJI):
        parent = text.parent
        if type(text) is not NavigableString or parent is None or parent.name in ("rt", "rp", "title", "textarea"):
            continue
        element = text.find_parent("ruby")
        if not isinstance(element, Tag) or not element.find("rt") or not element.rt.get_text(strip=True):
            found.append(str(text).strip())
    return found
