"""Where the scores of one goal stand on a small chart: time to the right, the GAS scale from −2 up to +2.

Only coordinates; the drawing is `templates/programs/goal_chart.html`.
"""

import datetime as dt
from collections.abc import Iterable
from dataclasses import dataclass

WIDTH, HEIGHT = 320, 150
LEFT, RIGHT, TOP, BOTTOM = 44, 308, 14, 122
SCORES = range(-2, 3)
EXPECTED = 0
# Half the size of a mark.
HALF = 5


@dataclass(frozen=True, slots=True)
class Scored:
    """One score: when, how far, at a review or in a session."""

    on: dt.date
    score: int
    at_review: bool


@dataclass(frozen=True, slots=True)
class Mark:
    """A circle for a session, a square for a review: shape tells them apart, not color."""

    x: float
    y: float
    at_review: bool

    @property
    def left(self) -> float:
        return self.x - HALF

    @property
    def top(self) -> float:
        return self.y - HALF


@dataclass(frozen=True, slots=True)
class Line:
    """One level of the scale; the expected one is drawn stronger."""

    y: float
    label: str
    expected: bool


@dataclass(frozen=True, slots=True)
class Chart:
    lines: list[Line]
    marks: list[Mark]
    first: dt.date
    last: dt.date
    width: int = WIDTH
    height: int = HEIGHT
    left: int = LEFT
    right: int = RIGHT
    bottom: int = BOTTOM + 20
    size: int = 2 * HALF

    @property
    def points(self) -> str:
        """For a polyline: x,y pairs."""
        return " ".join(f"{mark.x},{mark.y}" for mark in self.marks)


def signed(score: int) -> str:
    """＋1, 0, −2: a plus is said, and the minus is a minus."""
    return "0" if score == 0 else f"{'＋' if score > 0 else '−'}{abs(score)}"


def chart(scored: Iterable[Scored], first: dt.date, last: dt.date) -> Chart:
    """The scores in order of time between two dates; the dates stretch to hold every score."""
    rows = sorted(scored, key=lambda row: row.on)
    if rows:
        first, last = min(first, rows[0].on), max(last, rows[-1].on)
    days = max((last - first).days, 1)
    marks = [
        Mark(
            x=round(LEFT + HALF + (row.on - first).days * (RIGHT - LEFT - 2 * HALF) / days, 1),
            y=_height(row.score),
            at_review=row.at_review,
        )
        for row in rows
    ]
    lines = [Line(_height(score), signed(score), score == EXPECTED) for score in reversed(SCORES)]
    return Chart(lines=lines, marks=marks, first=first, last=last)


def _height(score: int) -> float:
    return round(TOP + (SCORES[-1] - score) * (BOTTOM - TOP) / (len(SCORES) - 1), 1)
