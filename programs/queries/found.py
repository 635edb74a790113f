"""What a search found: one open slot, its possible dates, and why it does not fit where it does not."""

import datetime as dt
from collections import defaultdict
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import NamedTuple
from uuid import UUID

from programs.domain.problems import BLOCK, Problem
from programs.enums import Enforcement, SexPolicy
from programs.models import Slot
from programs.queries.external import HOME_OUTSIDE
from transition.enums import DisabilityKind, SupportLevel

DATES_SHOWN = 6
BREACHES_SHOWN = 3

# What is known of a candidate: it fits, it takes a reason, it cannot be.
FITS, ASKS, CANNOT = 0, 1, 2


class Row(NamedTuple):
    """What is read of every candidate."""

    public_id: UUID
    room_id: int
    home_pk: int
    home_id: UUID
    home: str
    photo: UUID | None
    area: str
    room: str
    starts_on: dt.date
    ends_on: dt.date
    min_nights: int
    max_nights: int
    check_in_time: dt.time
    check_out_time: dt.time
    day_price: int
    sex: str
    level_min: int | None
    level_max: int | None
    kinds: list[str]
    medical_care: bool
    wheelchair: bool
    confirmed_at: dt.datetime
    note: str


@dataclass(frozen=True, slots=True)
class Dates:
    """One possible stay in a slot and what speaks against it."""

    check_in: dt.date
    check_out: dt.date
    problems: list[Problem]

    @property
    def is_possible(self) -> bool:
        return all(problem.enforcement != BLOCK for problem in self.problems)

    @property
    def notes(self) -> list[Problem]:
        """What is only told of these dates and not of all: the home's own plans elsewhere."""
        return [problem for problem in self.problems if problem.code == HOME_OUTSIDE]


@dataclass(frozen=True, slots=True)
class Breach:
    """One problem of some of a slot's dates: the first such check-in and how many there are."""

    message: str
    first: dt.date
    count: int

    @property
    def others(self) -> int:
        return self.count - 1


@dataclass(frozen=True, slots=True)
class Found:
    """One slot of the result. `reasons` say why it does not fit, empty when it does."""

    row: Row
    verdict: int
    reasons: list[str]
    dates: list[Dates]
    now: dt.datetime

    @property
    def fits(self) -> bool:
        return self.verdict == FITS

    @property
    def open_dates(self) -> list[Dates]:
        """Those without any problem, or for what takes a reason those that a reason can carry."""
        clear = [dates for dates in self.dates if not asking(dates.problems)]
        return clear or [dates for dates in self.dates if dates.is_possible]

    @property
    def first_dates(self) -> list[Dates]:
        return self.open_dates[:DATES_SHOWN]

    @property
    def more_dates(self) -> list[Dates]:
        return self.open_dates[DATES_SHOWN:]

    @property
    def days(self) -> int:
        """Days that are paid for: both ends of the stay."""
        return (self.dates[0].check_out - self.dates[0].check_in).days + 1 if self.dates else 0

    @property
    def stay_price(self) -> int:
        return self.row.day_price * self.days

    @property
    def breaches(self) -> list[Breach]:
        """What speaks against some of the dates while others are clear."""
        return _by_message(self.dates, lambda dates: asking(dates.problems))[:BREACHES_SHOWN] if self.fits else []

    @property
    def notes(self) -> list[Breach]:
        """What is told of some of the dates that are offered."""
        return _by_message(self.open_dates, lambda dates: dates.notes)

    @property
    def freshness(self) -> str:
        return freshness(self.row.confirmed_at, self.now)

    @property
    def conditions(self) -> list[str]:
        return conditions(self.row, self.row.kinds)


def _by_message(some: Iterable[Dates], which: Callable[[Dates], list[Problem]]) -> list[Breach]:
    by_message: dict[str, list[dt.date]] = defaultdict(list)
    for dates in some:
        for problem in which(dates):
            by_message[problem.message].append(dates.check_in)
    return [Breach(message, days[0], len(days)) for message, days in by_message.items()]


def freshness(confirmed_at: dt.datetime, now: dt.datetime) -> str:
    """How long ago the home said that the room is free."""
    if now - confirmed_at > dt.timedelta(days=Slot.FRESH_DAYS):
        return f"未確認（{Slot.FRESH_DAYS}日以上）"
    days = (now - confirmed_at).days
    return f"{days}日前に確認" if days else "きょう確認"


def conditions(row: Row | Slot, kinds: list[str]) -> list[str]:
    """For whom and for how many nights, in words."""
    words = [str(SexPolicy(row.sex).label)]
    if row.level_min is not None or row.level_max is not None:
        low = SupportLevel(row.level_min).label if row.level_min is not None else ""
        high = SupportLevel(row.level_max).label if row.level_max is not None else ""
        words.append(
            low if low == high else f"{low}〜{high}" if low and high else f"{low}以上" if low else f"{high}以下"
        )
    if kinds:
        words.append("・".join(str(DisabilityKind(kind).label) for kind in kinds))
    if row.medical_care:
        words.append("医療的ケアに対応")
    if row.wheelchair:
        words.append("車いすで使える")
    words.append(f"{row.min_nights}泊" + (f"〜{row.max_nights}泊" if row.max_nights != row.min_nights else ""))
    return words


def asking(problems: Iterable[Problem]) -> list[Problem]:
    """Those that stop or ask; what only informs stops nobody."""
    return [problem for problem in problems if problem.enforcement != Enforcement.INFORM]
