"""What the programs wrote down: one line when something was sent, one for each attempt that brought no answer, one for
the answer that counted. Read by the checker; knows nothing of Django.
"""

import json
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

# Of an answer, what is worth keeping.
KEPT = (
    "id",
    "kind",
    "state",
    "person",
    "room",
    "check_in",
    "check_out",
    "starts_at",
    "ends_at",
    "expires_at",
    "overrides",
)


@dataclass
class Operation:
    """One thing that one program wanted, with all its attempts. Moments are seconds since 1970."""

    number: str
    user: int
    action: str
    key: str
    sent: float
    # About which session; empty when it is to be made.
    session: str = ""
    body: dict[str, Any] = field(default_factory=dict)
    # When each attempt was sent; those before the last brought no answer.
    attempts: list[float] = field(default_factory=list)
    ended: float | None = None
    status: int | None = None
    answer: dict[str, Any] = field(default_factory=dict)
    digest: str = ""
    # (when, status, digest) of the same sending again, after its answer.
    replays: list[tuple[float, int, str]] = field(default_factory=list)
    # Statuses of attempts that were answered, and not taken for an answer.
    faults: list[int] = field(default_factory=list)

    @property
    def accepted(self) -> bool:
        return self.status is not None and 200 <= self.status < 300

    @property
    def refused(self) -> bool:
        return self.status is not None and 400 <= self.status < 500

    @property
    def unknown(self) -> bool:
        """Nobody ever said what became of it."""
        return self.status is None

    @property
    def may_have_been_done_before(self) -> bool:
        """An attempt without an answer came before the one that was refused."""
        return self.refused and len(self.attempts) > 1

    @property
    def about(self) -> str:
        """The session's id."""
        return self.session or str(self.answer.get("id", ""))


def read(folder: Path) -> list[Operation]:
    """In the order in which they were sent."""
    found: dict[str, Operation] = {}
    for path in sorted(folder.glob("*.jsonl")):
        for line in _lines(path):
            put(found, line)
    return sorted(found.values(), key=lambda one: one.sent)


def put(found: dict[str, Operation], line: dict[str, Any]) -> None:
    number, at = line["n"], line["at"]
    match line["what"]:
        case "sent":
            made = Operation(number, line["user"], line["action"], line["key"], at, line["session"], line["body"])
            found[number] = made
        case "attempt":
            found[number].attempts.append(at)
        case "fault":
            found[number].faults.append(line["status"])
        case "ended":
            one = found[number]
            one.ended, one.status = at, line["status"]
            one.answer, one.digest = line["answer"], line["digest"]
        case "replay":
            found[number].replays.append((at, line["status"], line["digest"]))


def _lines(path: Path) -> Iterator[dict[str, Any]]:
    with path.open() as file:
        for line in file:
            yield json.loads(line)


def accepted(operations: Iterable[Operation], *actions: str) -> list[Operation]:
    return [one for one in operations if one.accepted and one.action in actions]
