"""What a family's page is made of: entries with what the address may tell of them, reports, a month."""

import datetime as dt
from dataclasses import dataclass, field
from uuid import UUID

from calendars.domain import family_words as words
from calendars.domain.ical import Status
from programs.models import FamilyRemark, Photo


@dataclass(frozen=True, slots=True)
class Place:
    """Only at a level that tells places."""

    where: str
    address: str
    phone: str
    access: str
    bring: list[str]
    provided: list[str]
    price_per_day: int
    days: int
    fare: int
    night_contact: str
    night_phone: str
    is_stay: bool
    is_settled: bool
    office: str
    office_phone: str

    @property
    def cost(self) -> int:
        """Both the first and the last day are paid for."""
        return self.price_per_day * self.days


@dataclass(frozen=True, slots=True)
class Entry:
    """One session as far as this address may tell of it."""

    public_id: UUID
    title: str
    status: Status
    starts_at: dt.datetime
    ends_at: dt.datetime
    today: dt.date
    changes: list[str] = field(default_factory=list)
    place: Place | None = None

    @property
    def first(self) -> dt.date:
        return self.starts_at.date()

    @property
    def last(self) -> dt.date:
        """What ends at midnight does not touch the day that begins there."""
        ends = self.ends_at - dt.timedelta(microseconds=1)
        return max(self.first, ends.date())

    @property
    def is_cancelled(self) -> bool:
        return self.status is Status.CANCELLED

    @property
    def is_open(self) -> bool:
        """Asked for, and nobody has said yes yet."""
        return self.status is Status.TENTATIVE

    @property
    def day(self) -> str:
        return words.day(self.first, self.today)

    @property
    def days_left(self) -> str:
        return words.days_left(self.first, self.today)

    @property
    def begins(self) -> str:
        return words.time(self.starts_at)

    @property
    def ends(self) -> str:
        """午後5時, of a stay with its day."""
        day = "" if self.ends_at.date() == self.first else f"{words.day(self.ends_at.date(), self.today)} "
        return f"{day}{words.time(self.ends_at)}"


@dataclass(frozen=True, slots=True)
class Report:
    """How it was, in the person's own face and words, and what the record says to the family."""

    entry: Entry
    note: str
    face: str
    face_word: str
    word: str
    photos: list[Photo]


@dataclass(frozen=True, slots=True)
class Cell:
    date: dt.date
    mark: str
    holiday: str
    is_today: bool
    is_outside: bool
    count: int


@dataclass(frozen=True, slots=True)
class Month:
    heading: str
    weeks: list[list[Cell]]
    weekdays: list[str]
    entries: list[Entry]
    previous: str
    following: str


@dataclass(frozen=True, slots=True)
class FamilyPage:
    heading: str
    today: dt.date
    tells_places: bool
    now: list[Entry]
    following: Entry | None
    coming: list[Entry]
    more: int
    changed: list[Entry]
    reports: list[Report]
    month: Month
    remarks: list[tuple[FamilyRemark, str]]
    open_to_remarks: list[tuple[str, str]]
    ends_on: dt.date | None

    @property
    def today_words(self) -> str:
        return words.day(self.today, self.today)
