"""What the person said with a face, above what the supporters scored, session by session, as one small drawing.

Only coordinates; the drawing is `templates/programs/voices.html`.
"""

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass

from programs.domain.score_chart import EXPECTED, SCORES, signed

LEFT, STEP, TOP, BOTTOM = 52, 56, 92, 212
FACE = 40
LETTERS = "ABCDEFGHIJKLMNOPQRSTUVWXYZ"


@dataclass(frozen=True, slots=True)
class Voice:
    """One session: the face, empty if nobody asked, and (number of the goal, score) of each goal scored."""

    on: dt.date
    face: str
    scores: tuple[tuple[int, int], ...]


@dataclass(frozen=True, slots=True)
class Mark:
    x: int
    y: int
    letter: str


@dataclass(frozen=True, slots=True)
class Column:
    x: int
    on: dt.date
    face: str
    marks: tuple[Mark, ...]

    @property
    def face_x(self) -> int:
        return self.x - FACE // 2

    @property
    def date(self) -> str:
        return f"{self.on.month}/{self.on.day}"


@dataclass(frozen=True, slots=True)
class Line:
    y: int
    label: str
    expected: bool


@dataclass(frozen=True, slots=True)
class Drawing:
    width: int
    columns: tuple[Column, ...]
    lines: tuple[Line, ...]
    height: int = BOTTOM + 36
    left: int = LEFT - 16
    face: int = FACE
    foot: int = BOTTOM + 28

    @property
    def right(self) -> int:
        return self.width - 8


def letter(number: int) -> str:
    """A, B, C for the first goals; the alphabet begins again after Z."""
    return LETTERS[number % len(LETTERS)]


def drawing(voices: Sequence[Voice]) -> Drawing:
    """One column for each session, in the order given. Marks at the same height stand side by side."""
    columns = []
    for place, voice in enumerate(voices):
        x = LEFT + place * STEP + STEP // 2
        columns.append(Column(x, voice.on, voice.face, tuple(_marks(x, voice.scores))))
    lines = tuple(Line(_height(score), signed(score), score == EXPECTED) for score in reversed(SCORES))
    return Drawing(width=LEFT + max(len(voices), 1) * STEP + 16, columns=tuple(columns), lines=lines)


def _marks(x: int, scores: Sequence[tuple[int, int]]) -> list[Mark]:
    marks = []
    for score in SCORES:
        letters = [letter(number) for number, given in scores if given == score]
        start = x - 9 * (len(letters) - 1)
        marks += [Mark(start + 18 * place, _height(score), name) for place, name in enumerate(letters)]
    return marks


def _height(score: int) -> int:
    return TOP + (SCORES[-1] - score) * (BOTTOM - TOP) // (len(SCORES) - 1)
