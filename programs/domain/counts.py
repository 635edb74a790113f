"""How many rows a load created, changed and found as they were."""

from dataclasses import dataclass


@dataclass(slots=True)
class Counts:
    created: int = 0
    changed: int = 0
    unchanged: int = 0

    def __iadd__(self, other: "Counts") -> "Counts":
        self.created += other.created
        self.changed += other.changed
        self.unchanged += other.unchanged
        return self
