"""What a record says, field by field, and how two people's versions of it come together.

A content is what the form holds: text by field name, `wishes` a list of ids, `score_<goal>` and `note_<goal>` for
each goal. Nothing that anybody wrote is dropped on the way: what only one of two changed is taken, what both
changed is joined where it is text and shown side by side where it is not.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final, TypeAlias

Value: TypeAlias = str | list[str]
Content: TypeAlias = dict[str, Value]

LABELS: Final = {
    "start_on": "始まりの日",
    "start_at": "始まりの時刻",
    "end_on": "終わりの日",
    "end_at": "終わりの時刻",
    "place": "行った所",
    "companions": "いっしょに行った人",
    "wishes": "かなえた希望",
    "shown": "本人が見せたようす",
    "helped": "役に立ったこと",
    "incident": "困ったこと・事故",
    "family_note": "家族へのひとこと",
    "next_step": "次は",
    "next_note": "次にすること",
}
# Two versions of these can stand one below the other.
TEXTS: Final = ("shown", "helped", "incident", "family_note", "next_note")
WISHES: Final = "wishes"
SCORE, NOTE = "score_", "note_"


@dataclass(frozen=True, slots=True)
class Difference:
    """One field that the other person saved otherwise. `kept` says what stands in the form now."""

    field: str
    theirs: Value
    mine: Value
    kept: str


THEIRS, MINE, BOTH = "THEIRS", "MINE", "BOTH"


def fields_of(*contents: Mapping[str, Value]) -> list[str]:
    """Every field that one of them knows, those with a label first, in the order of the page."""
    known = {name for content in contents for name in content}
    return [name for name in LABELS if name in known] + sorted(known - set(LABELS))


def merge(base: Content, theirs: Content, mine: Content) -> tuple[Content, list[Difference]]:
    """Mine and theirs, both made from base, as one; and where theirs differ from mine.

    A field that one of them does not know (a reader who may not see it) is as it was for the other.
    """
    merged: Content = {}
    differences: list[Difference] = []
    for name in fields_of(theirs, mine):
        was: Value = base.get(name, _nothing(name))
        other, own = theirs.get(name, was), mine.get(name, was)
        if _same(other, own):
            merged[name] = own
            continue
        merged[name], kept = _together(name, was, other, own)
        if name in mine and not _same(other, was):
            differences.append(Difference(name, other, own, kept))
    return merged, differences


def _together(name: str, was: Value, theirs: Value, mine: Value) -> tuple[Value, str]:
    if _same(mine, was):
        return theirs, THEIRS
    if _same(theirs, was):
        return mine, MINE
    if isinstance(theirs, list) or isinstance(mine, list):
        before, others, own = set(was), set(theirs), set(mine)
        gone = (before - others) | (before - own)
        return [item for item in dict.fromkeys([*theirs, *mine]) if item not in gone], BOTH
    if name in TEXTS and theirs.strip() and mine.strip():
        if theirs.strip() in mine:
            return mine, MINE
        return (theirs if mine.strip() in theirs else f"{theirs.rstrip()}\n{mine.lstrip()}"), BOTH
    return (mine, MINE) if mine else (theirs, THEIRS)


def _same(one: Value, other: Value) -> bool:
    if isinstance(one, list) or isinstance(other, list):
        return set(one) == set(other)
    return one.replace("\r\n", "\n").strip() == other.replace("\r\n", "\n").strip()


def _nothing(name: str) -> Value:
    return [] if name == WISHES else ""
