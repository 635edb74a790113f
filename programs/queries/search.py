"""Finding a room for one person: what is open, what fits, and which nights the person's limits still allow.

SQL narrows the slots down to dates and price, and memory to the areas, so that every area can be offered with its
number of rooms. Conditions and dates repeat, so each different one is judged once, and only the page shown is worked
out in full. Two queries besides the LimitBook's five, whatever the number of slots.
"""

import datetime as dt
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator
from collections.abc import Set as AbstractSet
from dataclasses import dataclass, field

from django.core.paginator import Page, Paginator
from django.db.models import DateField, DateTimeField, F, QuerySet, Value
from django.db.models.functions import Cast

from programs.domain import fit
from programs.domain.problems import BLOCK, Problem
from programs.domain.spans import DAY, Period, nights
from programs.domain.uses import Use
from programs.enums import PLANNED_STATES, RoomUse, SessionKind
from programs.models import BusyTime, Program, RoomNight, Slot
from programs.queries import external, stays
from programs.queries.found import ASKS, CANNOT, FITS, Dates, Found, Row, asking
from programs.queries.home_page import first_photo
from programs.queries.limits import LimitBook
from transition import clock
from transition.domain.text import search_key
from transition.models import Person

PER_PAGE = 20
CHUNK = 7 * DAY


@dataclass(frozen=True, slots=True)
class Wanted:
    """A search: stays of `nights` nights that enter and leave from `first` to `last`."""

    program: Program
    first: dt.date
    last: dt.date
    nights: int
    areas: tuple[str, ...] = ()
    price_max: int | None = None
    sort: str = "fit"


_COLUMNS = (
    "public_id",
    "room_id",
    "room__home_id",
    "room__home__public_id",
    "room__home__name",
    "photo",
    "room__home__area",
    "room__name",
    "starts_on",
    "ends_on",
    "min_nights",
    "max_nights",
    "check_in_time",
    "check_out_time",
    "day_price",
    "sex",
    "level_min",
    "level_max",
    "disability_kinds",
    "medical_care",
    "wheelchair",
    "confirmed_at",
    "note",
)


@dataclass(slots=True)
class Results:
    """The page to show with what was found on it, and how many there are: `fitting` of `total`."""

    page: Page
    found: list[Found]
    total: int
    fitting: int
    areas: list["Area"] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class Taken:
    """Occupied nights by room; and by home, when it is busy according to its calendars elsewhere."""

    nights: dict[int, set[dt.date]] = field(default_factory=dict)
    outside: dict[int, list[tuple[dt.datetime, dt.datetime]]] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Area:
    """A municipality with the number of its rooms on these dates at this price; one asked for may have none."""

    name: str
    count: int
    chosen: bool


def search(person: Person, wanted: Wanted, book: LimitBook, number: str | int = 1, per_page: int = PER_PAGE) -> Results:
    """Every open slot on these dates, fitting ones first; the page of that number worked out in full."""
    slots = _candidates(wanted)
    everywhere = [Row._make(values) for values in slots.values_list(*_COLUMNS)]
    counts = Counter(row.area for row in everywhere if row.area)
    chosen = _chosen(wanted.areas, counts)
    rows = [row for row in everywhere if row.area in chosen] if wanted.areas else everywhere
    here = slots.filter(room__home__area__in=chosen) if wanted.areas else slots
    judge = _Judge(person, wanted, book, _taken(here, wanted) if rows else Taken())
    order = sorted((judge.key(row), index) for index, row in enumerate(rows))
    page = Paginator([index for _, index in order], per_page).get_page(number)
    found = [judge.found(rows[index]) for index in page.object_list]
    fitting = sum(key[0] == FITS for key, _ in order)
    return Results(page, found, total=len(rows), fitting=fitting, areas=_areas(wanted.areas, counts, chosen))


def _chosen(asked: Iterable[str], counts: Counter[str]) -> set[str]:
    """Areas as they are called, or those that hold what was typed into the address, in any width and kana."""
    found = set()
    for name in asked:
        key = search_key(name)
        found |= {name} if name in counts else {area for area in counts if key and key in search_key(area)}
    return found


def _areas(asked: Iterable[str], counts: Counter[str], chosen: set[str]) -> list[Area]:
    """Every area there is, and what was asked for but has nothing, so that it can be left out again."""
    found = [Area(name, count, name in chosen) for name, count in counts.items()]
    known = [search_key(name) for name in chosen]
    found += [Area(name, 0, chosen=True) for name in asked if not any(search_key(name) in key for key in known)]
    return sorted(found, key=lambda area: area.name)


def _candidates(wanted: Wanted) -> QuerySet:
    price = F("price_rent") + F("price_food") + F("price_utilities") + F("price_supplies")
    slots = Slot.objects.open().overlapping(wanted.first, wanted.last).filter(room__use=RoomUse.TRIAL)
    slots = slots.annotate(day_price=price, photo=first_photo("room__home"))
    if wanted.price_max is not None:
        slots = slots.filter(day_price__lte=wanted.price_max)
    return slots.order_by()


def _taken(slots: QuerySet, wanted: Wanted) -> Taken:
    """Of the candidates' rooms and homes, in one query: rows with a date, and rows with two moments."""
    no_date, no_time = Cast(Value(None), DateField()), Cast(Value(None), DateTimeField())
    occupied = RoomNight.objects.filter(date__gte=wanted.first, date__lt=wanted.last, room__in=slots.values("room"))
    start, end = clock.at(wanted.first, dt.time()), clock.at(wanted.last + DAY, dt.time())
    busy = BusyTime.objects.overlapping(start, end).filter(calendar__home__in=slots.values("room__home"))
    rows = occupied.order_by().values_list("room_id", "date", no_time, no_time)
    nights, outside = defaultdict(set), defaultdict(list)
    for pk, date, starts_at, ends_at in rows.union(
        busy.order_by().values_list("calendar__home_id", no_date, "starts_at", "ends_at"), all=True
    ):
        if date is not None:
            nights[pk].add(date)
        else:
            outside[pk].append((starts_at, ends_at))
    return Taken(nights, outside)


class _Judge:
    """Judges candidates for one person and one search, each different question once."""

    def __init__(self, person: Person, wanted: Wanted, book: LimitBook, taken: Taken) -> None:
        self.person, self.wanted, self.book = person, wanted, book
        self.taken, self.outside = taken.nights, taken.outside
        self.today, self.now = clock.today(), clock.now()
        self.needs = stays.needs_of(person)
        self.within = Period(wanted.first, wanted.last)
        self.window = frozenset(nights(wanted.first, wanted.last))
        self.planned = [session for session in book.sessions(person) if session.state in PLANNED_STATES]
        self._mismatches: dict[tuple[object, ...], list[Problem]] = {}
        self._problems: dict[tuple[object, ...], list[Problem]] = {}
        self._verdicts: dict[tuple[object, ...], int] = {}
        self._best: dict[tuple[object, ...], tuple[int, dt.date]] = {}

    def key(self, row: Row) -> tuple[object, ...]:
        """What to sort by: fitting first, then as asked."""
        verdict, date = self._verdict(row)
        if self.wanted.sort == "price":
            return (verdict != FITS, row.day_price, verdict, date, row.room_id)
        if self.wanted.sort == "date":
            return (verdict != FITS, date, verdict, row.day_price, row.room_id)
        return (verdict, len(self.mismatches(row)), date, row.day_price, row.room_id)

    def found(self, row: Row) -> Found:
        verdict, _ = self._verdict(row)
        mismatches = self.mismatches(row)
        dates = [
            Dates(check_in, check_out, self.problems(check_in, check_out, row) + self._notes(check_in, check_out, row))
            for check_in, check_out in self.openings(row)
        ]
        reasons = [problem.message for problem in mismatches]
        if not dates:
            reasons.append(self._why_no_dates(row))
        elif verdict != FITS and not mismatches:
            reasons += _unique(problem.message for option in dates for problem in asking(option.problems))
        if any(problem.enforcement == BLOCK for problem in mismatches):
            dates = []
        return Found(row=row, verdict=verdict, reasons=reasons, dates=dates, now=self.now)

    def mismatches(self, row: Row) -> list[Problem]:
        key = (row.sex, row.level_min, row.level_max, tuple(row.kinds), row.medical_care, row.wheelchair)
        if key not in self._mismatches:
            conditions = fit.SlotConditions(
                sex=row.sex,
                level_min=row.level_min,
                level_max=row.level_max,
                kinds=frozenset(row.kinds),
                medical_care=row.medical_care,
                wheelchair=row.wheelchair,
            )
            self._mismatches[key] = fit.mismatches(self.needs, conditions)
        return self._mismatches[key]

    def openings(self, row: Row) -> list[tuple[dt.date, dt.date]]:
        """All free stays of the wanted length."""
        return self._free_stays(row, self._free(row), self.within)

    def _first_openings(self, row: Row) -> Iterator[tuple[dt.date, dt.date]]:
        """The same one after the other, worked out a few days at a time: mostly the first will do."""
        if not row.min_nights <= self.wanted.nights <= row.max_nights:
            return
        free, length = self._free(row), self.wanted.nights * DAY
        first, last = max(row.starts_on, self.wanted.first), min(row.ends_on, self.wanted.last)
        while first + length <= last:
            step = Period(first, min(first + length + CHUNK, last))
            yield from self._free_stays(row, free, step)
            first = step.end - length + DAY

    def _free(self, row: Row) -> AbstractSet[dt.date]:
        taken = self.taken.get(row.room_id)
        return self.window - taken if taken else self.window

    def problems(self, check_in: dt.date, check_out: dt.date, row: Row) -> list[Problem]:
        """What the person's limits and other appointments say to these dates."""
        key = (check_in, check_out, row.check_in_time, row.check_out_time)
        if key not in self._problems:
            starts_at = clock.at(check_in, row.check_in_time)
            ends_at = clock.at(check_out, row.check_out_time)
            request = Use(kind=SessionKind.STAY, start=starts_at, end=ends_at, check_in=check_in, check_out=check_out)
            account = self.book.account(self.person, self.wanted.program, check_in)
            self._problems[key] = [
                *(
                    [Problem("stay.past", "きょうのチェックインの時刻はすぎています。")]
                    if starts_at <= self.now
                    else []
                ),
                *self._elsewhere(starts_at, ends_at),
                *account.check(request, self.today),
            ]
        return self._problems[key]

    def _notes(self, check_in: dt.date, check_out: dt.date, row: Row) -> list[Problem]:
        """What the home's own calendars elsewhere say; it changes no verdict."""
        starts_at, ends_at = clock.at(check_in, row.check_in_time), clock.at(check_out, row.check_out_time)
        busy = self.outside.get(row.home_pk, ())
        return [external.home_note()] if any(start < ends_at and end > starts_at for start, end in busy) else []

    def _verdict(self, row: Row) -> tuple[int, dt.date]:
        mismatches = self.mismatches(row)
        worst, date = self._best_dates(row)
        if mismatches:
            blocked = any(problem.enforcement == BLOCK for problem in mismatches)
            worst = max(worst, CANNOT if blocked else ASKS)
        return worst, date

    def _best_dates(self, row: Row) -> tuple[int, dt.date]:
        """How good the best possible dates are, and the first of them."""
        key = None if self.taken.get(row.room_id) else self._dates_key(row)
        if key is not None and key in self._best:
            return self._best[key]
        best = (CANNOT, max(row.starts_on, self.wanted.first))
        for check_in, check_out in self._first_openings(row):
            verdict = self._verdict_on(check_in, check_out, row)
            if verdict < best[0]:
                best = (verdict, check_in)
            if verdict == FITS:
                break
        if key is not None:
            self._best[key] = best
        return best

    def _verdict_on(self, check_in: dt.date, check_out: dt.date, row: Row) -> int:
        key = (check_in, check_out, row.check_in_time, row.check_out_time)
        if key not in self._verdicts:
            self._verdicts[key] = _verdict_of(self.problems(check_in, check_out, row))
        return self._verdicts[key]

    def _dates_key(self, row: Row) -> tuple[object, ...]:
        first, last = max(row.starts_on, self.wanted.first), min(row.ends_on, self.wanted.last)
        return first, last, row.min_nights, row.max_nights, row.check_in_time, row.check_out_time

    def _free_stays(self, row: Row, free: AbstractSet[dt.date], within: Period) -> list[tuple[dt.date, dt.date]]:
        return fit.openings(
            free, row.starts_on, row.ends_on, self.wanted.nights, row.min_nights, row.max_nights, within
        )

    def _elsewhere(self, starts_at: dt.datetime, ends_at: dt.datetime) -> list[Problem]:
        """The person's own sessions at the same time: a fact no reason changes."""
        return [
            Problem("person.busy", f"本人に別の予定（{other.get_kind_display()}）があります。")
            for other in self.planned
            if other.starts_at < ends_at and other.ends_at > starts_at
        ]

    def _why_no_dates(self, row: Row) -> str:
        wanted = self.wanted.nights
        if wanted < row.min_nights:
            return f"この枠は{row.min_nights}泊からです（今回{wanted}泊）。"
        if wanted > row.max_nights:
            return f"この枠は{row.max_nights}泊までです（今回{wanted}泊）。"
        if not self._free_stays(row, self.window, self.within):
            return "この期間には、枠が短すぎます。"
        return "この期間は、空いている夜がたりません。"


def _verdict_of(problems: list[Problem]) -> int:
    standing = asking(problems)
    if not standing:
        return FITS
    return CANNOT if any(problem.enforcement == BLOCK for problem in standing) else ASKS


def _unique(messages: Iterable[str]) -> list[str]:
    return list(dict.fromkeys(messages))
