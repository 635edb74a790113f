"""A dry run: everything that speaks against a stay or an outing, and the nearest ones that would pass.

Nothing is written. An alternative meets nothing that stops or asks, but for what would stand against any date as well
(a certificate that is missing, a condition of the slot); then it says so.
"""

import dataclasses
import datetime as dt
from collections.abc import Iterable
from dataclasses import dataclass
from uuid import UUID

from django.db.models import Q

from programs import rules
from programs.domain import fit
from programs.domain.problems import BLOCK, Problem, needing_reason, refusing
from programs.domain.spans import DAY, nights
from programs.enums import PLANNED_STATES, Enforcement, Unit
from programs.models import Escort, Program, RoomNight, Slot
from programs.queries import outings, search, stays
from programs.queries.found import FITS
from programs.queries.limits import LimitBook
from transition import clock
from transition.models import Person, User

# How many of each kind are offered, and how far from the wanted date they are looked for.
MOST = 3
FAR = 92 * DAY
# What stands against a stay or an outing whatever its dates.
LASTING = ("fit.", "program.", "grant.missing", "enrollment.missing", "slot.withdrawn", "room.rented", "outing.step")

SHORTER, OTHER_DATES, OTHER_SLOT = "SHORTER", "OTHER_DATES", "OTHER_SLOT"
KINDS = ((SHORTER, "短くする"), (OTHER_DATES, "日にちを変える"), (OTHER_SLOT, "ほかの体験枠にする"))


@dataclass(frozen=True, slots=True)
class Alternative:
    """One that would pass. `nights` of a stay, `minutes` of an outing, each None for the other."""

    kind: str
    starts_at: dt.datetime
    ends_at: dt.datetime
    slot: UUID | None = None
    place: str = ""
    check_in: dt.date | None = None
    check_out: dt.date | None = None
    nights: int | None = None
    minutes: int | None = None
    needs_reason: bool = False


@dataclass(frozen=True, slots=True)
class Verdict:
    """What this actor would be told; `possible` with a reason where `needs_reason`."""

    possible: bool
    needs_reason: bool
    problems: list[Problem]
    alternatives: list[Alternative]


def stay(
    person: Person, program: Program, slot: Slot, check_in: dt.date, check_out: dt.date, *, book: LimitBook, by: User
) -> Verdict:
    """At most six queries besides the book's five."""
    problems = stays.all_problems(person, program, slot, check_in, check_out, book=book)
    found: list[Alternative] = []
    if check_out > check_in and _standing(problems):
        found = [
            *_in_slot(person, program, slot, check_in, check_out, problems, book),
            *_other_slots(person, program, slot, check_in, check_out, book),
        ]
    return _verdict(problems, found, person=person, by=by)


def outing(wanted: outings.Wanted, *, book: LimitBook, by: User) -> Verdict:
    """At most six queries besides the book's five."""
    problems = outings.problems(wanted, book=book)
    found: list[Alternative] = []
    if wanted.ends_at > wanted.starts_at and _standing(problems) and not _blocked_for_good(problems):
        found = _outing_alternatives(wanted, problems, book)
    return _verdict(problems, found, person=wanted.person, by=by)


def _verdict(problems: list[Problem], found: list[Alternative], *, person: Person, by: User) -> Verdict:
    refuses = any(problem.enforcement == Enforcement.REFUSE for problem in problems)
    coordinator = refuses and rules.coordinates(by, person)
    return Verdict(
        possible=not refusing(problems, coordinator=coordinator),
        needs_reason=bool(needing_reason(problems, coordinator=coordinator)),
        problems=problems,
        alternatives=found,
    )


def _standing(problems: Iterable[Problem]) -> list[Problem]:
    return [problem for problem in problems if problem.enforcement != Enforcement.INFORM]


def _is_lasting(problem: Problem) -> bool:
    return problem.code.startswith(LASTING)


def _blocked_for_good(problems: Iterable[Problem]) -> bool:
    return any(_is_lasting(one) and one.enforcement in (BLOCK, Enforcement.REFUSE) for one in problems)


def _passes(problems: Iterable[Problem]) -> bool:
    return all(_is_lasting(problem) for problem in _standing(problems))


def _in_slot(
    person: Person,
    program: Program,
    slot: Slot,
    check_in: dt.date,
    check_out: dt.date,
    problems: list[Problem],
    book: LimitBook,
) -> list[Alternative]:
    """The longest shorter stay from the same date, then other dates of the same length, the nearest first."""
    if _blocked_for_good(problems):
        return []
    length = (check_out - check_in).days
    first = max(slot.starts_on, check_in - FAR, clock.today())
    last = min(slot.ends_on, check_out + FAR)
    free = _free_nights(person, slot, first, last)

    def fits(begin: dt.date, end: dt.date) -> bool:
        found = stays.offer_problems(slot, slot.room, begin, end)
        return _passes(found + stays.rule_problems(person, program, slot, begin, end, book=book))

    needs_reason = any(map(_is_lasting, _standing(problems)))
    offered: list[tuple[str, dt.date, dt.date]] = []
    for shorter in range(min(length - 1, slot.max_nights, FAR.days), slot.min_nights - 1, -1):
        end = check_in + shorter * DAY
        if free.issuperset(nights(check_in, end)) and fits(check_in, end):
            offered.append((SHORTER, check_in, end))
            break
    openings = fit.openings(free, first, last, length, slot.min_nights, slot.max_nights)
    openings.sort(key=lambda dates: (abs(dates[0] - check_in), dates[0]))
    near = (dates for dates in openings if dates[0] != check_in and fits(*dates))
    offered += [(OTHER_DATES, *dates) for dates, _ in zip(near, range(MOST), strict=False)]
    return [_stay(kind, slot, begin, end, needs_reason) for kind, begin, end in offered]


def _free_nights(person: Person, slot: Slot, first: dt.date, last: dt.date) -> set[dt.date]:
    """On which both the room and the person are free. One query."""
    taken = RoomNight.objects.filter(Q(room=slot.room_id) | Q(person=person), date__gte=first, date__lt=last)
    return set(nights(first, last)) - set(taken.order_by().values_list("date", flat=True))


def _stay(kind: str, slot: Slot, check_in: dt.date, check_out: dt.date, needs_reason: bool) -> Alternative:
    starts_at, ends_at = stays.moments(slot, check_in, check_out)
    return Alternative(
        kind=kind,
        starts_at=starts_at,
        ends_at=ends_at,
        slot=slot.public_id,
        place=f"{slot.room.home.name} {slot.room.name}",
        check_in=check_in,
        check_out=check_out,
        nights=(check_out - check_in).days,
        needs_reason=needs_reason,
    )


def _other_slots(
    person: Person, program: Program, slot: Slot, check_in: dt.date, check_out: dt.date, book: LimitBook
) -> list[Alternative]:
    """Other rooms that fit and are free on the same nights. Two queries."""
    if check_in < clock.today() or (check_out - check_in) > FAR:
        return []
    wanted = search.Wanted(program, check_in, check_out, (check_out - check_in).days)
    rows = [found.row for found in search.search(person, wanted, book).found if found.verdict == FITS]
    return [
        Alternative(
            kind=OTHER_SLOT,
            starts_at=clock.at(check_in, row.check_in_time),
            ends_at=clock.at(check_out, row.check_out_time),
            slot=row.public_id,
            place=f"{row.home} {row.room}",
            check_in=check_in,
            check_out=check_out,
            nights=wanted.nights,
        )
        for row in rows
        if row.public_id != slot.public_id
    ][:MOST]


def _outing_alternatives(wanted: outings.Wanted, problems: list[Problem], book: LimitBook) -> list[Alternative]:
    """As long as it can be from the same time, then the next dates at the same time of day. One query."""
    from_day = max(
        (one.frees_up_on for one in problems if one.frees_up_on), default=max(wanted.on, clock.today()) + DAY
    )
    taken = _escorts_taken(wanted, max(wanted.ends_at, clock.at(from_day, dt.time())) + FAR)

    def fits(one: outings.Wanted) -> bool:
        if any(start < one.ends_at and end > one.starts_at for start, end in taken):
            return False
        return _passes(outings.problems(dataclasses.replace(one, escorts=()), book=book))

    needs_reason = any(map(_is_lasting, _standing(problems)))
    found = []
    if minutes := _longest(wanted, problems, taken, book):
        shorter = dataclasses.replace(wanted, ends_at=wanted.starts_at + dt.timedelta(minutes=minutes))
        if fits(shorter):
            found.append(_outing(SHORTER, shorter, needs_reason))
    start, end = wanted.starts_at.astimezone(clock.TOKYO), wanted.ends_at.astimezone(clock.TOKYO)
    moved = (
        dataclasses.replace(wanted, starts_at=start + by, ends_at=end + by)
        for by in ((from_day - wanted.on) + number * DAY for number in range(FAR.days))
    )
    later = zip(filter(fits, moved), range(MOST), strict=False)
    return found + [_outing(OTHER_DATES, one, needs_reason) for one, _ in later]


def _longest(
    wanted: outings.Wanted, problems: list[Problem], taken: list[tuple[dt.datetime, dt.datetime]], book: LimitBook
) -> int:
    """Minutes that the limits leave, up to whatever comes next for the person or for those who go along."""
    limits = [one.largest_request for one in problems if one.unit == Unit.MINUTES and one.largest_request is not None]
    own = wanted.session.pk if wanted.session else None
    planned = [row.starts_at for row in book.sessions(wanted.person) if row.state in PLANNED_STATES and row.pk != own]
    coming = [moment for moment in (*planned, *(start for start, _ in taken)) if moment > wanted.starts_at]
    until_next = [int((moment - wanted.starts_at).total_seconds()) // 60 for moment in coming]
    length = int((wanted.ends_at - wanted.starts_at).total_seconds()) // 60
    longest = min([*limits, *until_next], default=length)
    return longest if longest < length else 0


def _escorts_taken(wanted: outings.Wanted, until: dt.datetime) -> list[tuple[dt.datetime, dt.datetime]]:
    """When those who shall go along are out already."""
    if not wanted.escorts:
        return []
    rows = Escort.objects.filter(
        user__in=[user.pk for user in wanted.escorts],
        session__state__in=PLANNED_STATES,
        session__starts_at__lt=until,
        session__ends_at__gt=wanted.starts_at,
    ).exclude(session=wanted.session.pk if wanted.session else None)
    return list(rows.values_list("session__starts_at", "session__ends_at"))


def _outing(kind: str, wanted: outings.Wanted, needs_reason: bool) -> Alternative:
    return Alternative(
        kind=kind,
        starts_at=wanted.starts_at,
        ends_at=wanted.ends_at,
        minutes=int((wanted.ends_at - wanted.starts_at).total_seconds()) // 60,
        needs_reason=needs_reason,
    )
