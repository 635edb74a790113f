"""What the software says about its own health, in numbers that name nobody.

Each app adds its figures; the operations page shows them in words, /metrics hands them to Prometheus.
"""

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True)
class Figure:
    """One number. `name` is its Prometheus name without the prefix, `unit` stands behind it on the page; `labels` hold
    codes, never anything of a person. `alarm` says that somebody should look."""

    name: str
    label: str
    value: float
    unit: str = ""
    labels: tuple[tuple[str, str], ...] = ()
    alarm: bool = False
    # What the page says instead of the number.
    words: str = ""

    @property
    def shown(self) -> str:
        return self.words or f"{self.value:,.0f}{self.unit}"


@dataclass(frozen=True, slots=True)
class Section:
    title: str
    figures: list[Figure]


@dataclass(slots=True)
class Registry:
    sections: dict[str, Callable[[], Iterable[Figure]]] = field(default_factory=dict)

    def register(self, title: str, read: Callable[[], Iterable[Figure]]) -> None:
        """`read` asks a bounded number of queries."""
        self.sections[title] = read

    def read(self) -> list[Section]:
        return [Section(title, list(read())) for title, read in self.sections.items()]


registry = Registry()
