"""What is kept, how long and why: the file transition/data/retention.yaml, read strictly.

Plain values in, plain values out. Every model is a label ("programs.Photo"), every field a name.
"""

import datetime as dt
from collections import defaultdict
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from functools import lru_cache
from pathlib import Path
from typing import Any, Final

import yaml

FILE: Final = Path(__file__).resolve().parents[1] / "data" / "retention.yaml"
# What stands where a text must not be empty.
ERASED: Final = "（消去済み）"
# The terms that the nightly job carries out for one person, the shorter one first.
AFTER: Final = "AFTER"
RECORD: Final = "RECORD"


class Act(StrEnum):
    """What becomes of a field when its time has come."""

    KEEP = "keep"
    CLEAR = "clear"
    MASK = "mask"
    YEAR = "year"
    RANDOM = "random"
    CLOSE = "close"
    DELETE = "delete"


@dataclass(frozen=True, slots=True)
class Term:
    """How long. `years` count from the end of the service, `days` from the row itself; neither: for ever."""

    code: str
    title: str
    since: str
    source: str
    years: int | None = None
    days: int | None = None


@dataclass(frozen=True, slots=True)
class Group:
    """What a reader takes for one thing, with one reason. `fields`: model → act → names."""

    title: str
    term: Term
    then: str
    why: str
    fields: Mapping[str, Mapping[Act, tuple[str, ...]]]


@dataclass(frozen=True, slots=True)
class Owner:
    """How rows of a model lead to their person; `only` narrows them down."""

    path: str
    only: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Service:
    """Rows that say how long somebody was supported. `until`: date fields, of which the first must be there."""

    until: tuple[str, ...]
    alive: Mapping[str, tuple[str, ...]]


@dataclass(frozen=True, slots=True)
class Work:
    """What is done with one model's rows of one person."""

    model: str
    acts: Mapping[str, Act] = field(default_factory=dict)
    is_deleted: bool = False


@dataclass(frozen=True, slots=True)
class Plan:
    terms: Mapping[str, Term]
    groups: tuple[Group, ...]
    people: Mapping[str, Owner]
    service: Mapping[str, Service]
    not_of_people: Mapping[str, str]
    files: Mapping[str, tuple[str, ...]]

    def named(self) -> Iterator[tuple[str, str, Act, Group]]:
        """(model, field, act, group), one of each that the file says."""
        for group in self.groups:
            for model, acts in group.fields.items():
                for act, names in acts.items():
                    for name in names:
                        yield model, name, act, group

    def work(self, *codes: str) -> list[Work]:
        """What these terms do with the rows of a person, one after the other as in the file."""
        acts: dict[str, dict[str, Act]] = defaultdict(dict)
        for model, name, act, group in self.named():
            if group.term.code in codes and act is not Act.KEEP and model in self.people:
                acts[model][name] = act
        return [
            Work(model, {} if Act.DELETE in found.values() else found, Act.DELETE in found.values())
            for model, found in acts.items()
        ]


def parse(content: Mapping[str, Any]) -> Plan:
    """Raises KeyError or ValueError for a file that says something unheard of."""
    terms = {
        code: Term(code, row["title"], row["from"], row["source"], row.get("years"), row.get("days"))
        for code, row in content["terms"].items()
    }
    groups = tuple(
        Group(
            row["title"],
            terms[row["term"]],
            row["then"],
            row["why"],
            {model: {Act(act): tuple(names) for act, names in acts.items()} for model, acts in row["fields"].items()},
        )
        for row in content["groups"]
    )
    return Plan(
        terms=terms,
        groups=groups,
        people={model: Owner(row["path"], row.get("only") or {}) for model, row in content["people"].items()},
        service={
            model: Service(
                tuple(row["until"]), {name: tuple(values) for name, values in (row.get("alive") or {}).items()}
            )
            for model, row in content["service"].items()
        },
        not_of_people=dict(content["not_of_people"]),
        files={model: tuple(names) for model, names in content["files"].items()},
    )


@lru_cache(maxsize=1)
def plan() -> Plan:
    return parse(yaml.safe_load(FILE.read_text(encoding="utf-8")))


def over_on(ended_on: dt.date, years: int) -> dt.date:
    """The first day on which it is over: what ended on 31 March 2026 is kept five years up to 31 March 2031."""
    year = ended_on.year + years
    try:
        last = ended_on.replace(year=year)
    except ValueError:
        # 29 February: up to the last day of that month.
        last = dt.date(year, 2, 28)
    return last + dt.timedelta(days=1)
