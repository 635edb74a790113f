"""Why something cannot, or should not, be done: values, never exceptions.

A `Problem` is one reason with its numbers. Its `enforcement` says what follows: REFUSE stops everyone but a
coordinator, ASK stops until a reason is given, INFORM only tells. `BLOCK` problems (a taken night, a closed
slot) are facts that no reason can change.
"""

import dataclasses
import datetime as dt
from collections.abc import Iterable
from dataclasses import dataclass

from programs.enums import Certainty, Enforcement

BLOCK = "BLOCK"


@dataclass(frozen=True, slots=True)
class Problem:
    """One reason. `field` names the form field it belongs beside, empty for the whole form."""

    code: str
    message: str
    enforcement: str = BLOCK
    field: str = ""
    limit_id: int | None = None
    certainty: str = Certainty.VERIFIED
    unit: str = ""
    cap: int | None = None
    used: int | None = None
    requested: int | None = None
    remaining: int | None = None
    over_by: int | None = None
    frees_up_on: dt.date | None = None
    largest_request: int | None = None
    source: str = ""
    numbers: dict[str, int] = dataclasses.field(default_factory=dict)


class Refused(Exception):  # noqa: N818 - reads as what happened, not as a fault
    """Raised by services when an act is refused; carries every problem at once."""

    def __init__(self, problems: Iterable[Problem]) -> None:
        self.problems = list(problems)
        super().__init__("; ".join(problem.code for problem in self.problems))


def needing_reason(problems: Iterable[Problem], *, coordinator: bool) -> list[Problem]:
    """Those that this actor may overcome, but only with a reason."""
    overcome = {Enforcement.ASK, Enforcement.REFUSE} if coordinator else {Enforcement.ASK}
    return [problem for problem in problems if problem.enforcement in overcome]


def refusing(problems: Iterable[Problem], *, coordinator: bool) -> list[Problem]:
    """Those that stop this actor whatever the reason."""
    stops = {BLOCK} if coordinator else {BLOCK, Enforcement.REFUSE}
    return [problem for problem in problems if problem.enforcement in stops]
