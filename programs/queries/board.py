"""The home's board: rooms down, nights across, and who comes and goes today. Seven queries, whatever their number."""

import datetime as dt
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, field

from django.db.models import Max, Min, Q, QuerySet

from programs.enums import NightUse, RoomUse, SessionAction, SessionState
from programs.models import Home, Room, RoomNight, Session, Slot
from programs.models.sessions import SessionQuerySet
from programs.queries import external
from programs.queries.disclosure import Guest, guest_of, is_named
from transition import clock
from transition.domain import holidays
from transition.enums import DisabilityKind, SupportLevel
from transition.models import Organization, User

DAYS = 14
# The inbox shows this many waiting requests at a time, and answers this far back.
WAITING = 50
ANSWERED_DAYS = 30
ANSWERS = (SessionAction.CONFIRM, SessionAction.DECLINE, SessionAction.EXPIRE, SessionAction.CANCEL)

# state: (class of the cell, mark, word)
STAYS = {
    SessionState.REQUESTED: ("is-requested", "△", "申込"),
    SessionState.CONFIRMED: ("is-confirmed", "●", "確定"),
    SessionState.IN_PROGRESS: ("is-confirmed", "▶", "体験中"),
    SessionState.COMPLETED: ("is-closed", "■", "終了"),
    SessionState.CUT_SHORT: ("is-closed", "■", "終了"),
}
CLOSURES = {
    NightUse.RENTED: "入居者",
    NightUse.EMERGENCY: "緊急",
    NightUse.CLEANING: "清掃",
    NightUse.CLOSED: "休み",
}


@dataclass(frozen=True, slots=True)
class Day:
    """One column: the evening of a date."""

    date: dt.date
    mark: str
    holiday: str
    tint: str
    today: bool


@dataclass(slots=True)
class Cell:
    """One or more nights of a room that belong together."""

    day: Day
    kind: str
    mark: str
    word: str
    session: Session | None = None
    slot: Slot | None = None
    guest: Guest | None = None
    offer: bool = False
    # The home's own calendar elsewhere has something on one of these nights.
    outside: bool = False
    # What choosing this night sends; empty where nothing can be done with it.
    value: str = ""
    span: int = 1
    last: dt.date | None = None


@dataclass(frozen=True, slots=True)
class Row:
    room: Room
    cells: list[Cell]


@dataclass(frozen=True, slots=True)
class Group:
    home: Home
    rows: list[Row]


@dataclass(frozen=True, slots=True)
class Board:
    days: list[Day]
    groups: list[Group]
    previous: dt.date
    following: dt.date

    @property
    def has_rooms(self) -> bool:
        return any(group.rows for group in self.groups)


@dataclass(frozen=True, slots=True)
class Visit:
    """A stay with what its home may know of the person."""

    session: Session
    guest: Guest
    late: bool = False


@dataclass(frozen=True, slots=True)
class Closure:
    """Nights from `first` to `last`, both included, that nobody can sleep in."""

    first: dt.date
    last: dt.date
    use: str

    @property
    def word(self) -> str:
        return NightUse(self.use).label

    @property
    def nights(self) -> int:
        return (self.last - self.first).days + 1


@dataclass(slots=True)
class Today:
    """Arrivals and departures of the day, with those still to be recorded, and who else is in the house."""

    arrivals: list[Visit] = field(default_factory=list)
    departures: list[Visit] = field(default_factory=list)
    in_house: list[Visit] = field(default_factory=list)


def homes_of(user: User, organization: Organization) -> QuerySet[Home]:
    """The homes of the office the user works for at this moment."""
    return Home.objects.run_by(user).filter(organization=organization.pk)


def visit(session: Session, today: dt.date, *, late: bool = False) -> Visit:
    return Visit(session, guest_of(session, today, named=is_named(session, today)), late)


def board(homes: QuerySet[Home], first: dt.date, today: dt.date) -> Board:
    """DAYS days of every room from `first`; homes without rooms are there too."""
    dates = [first + dt.timedelta(days=number) for number in range(DAYS)]
    end = first + dt.timedelta(days=DAYS)
    rooms: dict[int, list[Room]] = defaultdict(list)
    for room in Room.objects.filter(home__in=homes).order_by("name", "pk"):
        rooms[room.home_id].append(room)
    nights = {
        (night.room_id, night.date): night
        for night in RoomNight.objects.filter(room__home__in=homes, date__gte=first, date__lt=end).select_related(
            "session__person"
        )
    }
    slots: dict[int, list[Slot]] = defaultdict(list)
    for slot in Slot.objects.open().overlapping(first, end).filter(room__home__in=homes):
        slots[slot.room_id].append(slot)
    days = [_day(date, today) for date in dates]
    groups = [
        Group(home, [Row(room, _cells(room, days, nights, slots[room.pk], today)) for room in rooms[home.pk]])
        for home in homes.order_by("name", "pk")
    ]
    if rooms:
        _mark_outside(groups, external.busy_nights(homes, first, end))
    return Board(days, groups, first - dt.timedelta(days=DAYS), end)


def today_of(homes: QuerySet[Home], today: dt.date) -> Today:
    """Who comes, goes and stays today. What nobody recorded on its day stays on the list until it is."""
    coming = Q(state=SessionState.CONFIRMED, check_in__lte=today)
    found = Today()
    stays = (
        Session.objects.filter(coming | Q(state=SessionState.IN_PROGRESS), room__home__in=homes)
        .select_related("person", "room__home")
        .order_by("starts_at", "pk")
    )
    for session in stays:
        leaves_on = session.check_out or today
        if session.state == SessionState.CONFIRMED:
            found.arrivals.append(visit(session, today, late=session.check_in != today))
        elif leaves_on <= today:
            found.departures.append(visit(session, today, late=leaves_on < today))
        else:
            found.in_house.append(visit(session, today))
    return found


def unconfirmed_slots(homes: QuerySet[Home]) -> list[Slot]:
    """Those that nobody has said to be free for the longest time first; a handful."""
    slots = Slot.objects.unconfirmed(clock.now()).filter(room__home__in=homes)
    return list(slots.select_related("room__home").order_by("confirmed_at", "pk")[:5])


def waiting(homes: QuerySet[Home]) -> QuerySet[Session]:
    """Requests without an answer, the nearest deadline first."""
    return (
        Session.objects.filter(room__home__in=homes, state=SessionState.REQUESTED)
        .select_related("person", "room__home", "organization", "requested_by")
        .order_by("expires_at", "pk")
    )


def waiting_visit(session: Session, now: dt.datetime) -> Visit:
    """A request; late once its deadline has passed and it only waits to be swept."""
    late = session.expires_at is not None and session.expires_at <= now
    return visit(session, clock.local_date(now), late=late)


def answered(homes: QuerySet[Home], now: dt.datetime) -> QuerySet[Session]:
    """Requests that got their answer lately, or none in time; the latest first."""
    return (
        Session.objects.filter(room__home__in=homes)
        .exclude(state=SessionState.REQUESTED)
        .annotate(answered_at=Min("events__at", filter=Q(events__action__in=ANSWERS)))
        .filter(answered_at__gte=now - dt.timedelta(days=ANSWERED_DAYS))
        .select_related("person", "room__home", "organization")
        .order_by("-answered_at", "-pk")
    )


def closures(room: Room, today: dt.date) -> list[Closure]:
    """Closed nights from today on, consecutive ones of one use together."""
    found: list[Closure] = []
    nights = room.occupied_nights.exclude(use=NightUse.STAY).filter(date__gte=today).order_by("date")
    for night in nights:
        before = found[-1] if found else None
        if before and before.use == night.use and before.last + dt.timedelta(days=1) == night.date:
            found[-1] = Closure(before.first, night.date, before.use)
        else:
            found.append(Closure(night.date, night.date, night.use))
    return found


def closed_among(room: Room, dates: Sequence[dt.date]) -> int:
    """How many of these nights are closed, not taken by a guest."""
    return room.occupied_nights.filter(date__in=dates).exclude(use=NightUse.STAY).count()


def last_slot(room: Room) -> Slot | None:
    """What was offered last for the room, as a pattern for the next."""
    return room.slots.order_by("-published_at", "-pk").first()


def offered_until(room: Room, today: dt.date) -> dt.date:
    """The first day from today on after which nothing is offered yet."""
    latest = room.slots.filter(withdrawn_at=None).aggregate(latest=Max("ends_on"))["latest"]
    return max(today, latest) if latest else today


def sessions_in(slot: Slot) -> SessionQuerySet:
    """Every stay asked for in the slot, also those that came to nothing."""
    return slot.sessions.select_related("person", "organization").order_by("check_in", "pk")


def levels_of(slot: Slot) -> str:
    """区分3以上・区分5以下."""
    low, high = slot.level_min, slot.level_max
    said = [] if low is None else [f"{SupportLevel(low).label}以上"]
    said += [] if high is None else [f"{SupportLevel(high).label}以下"]
    return "・".join(said) or "条件なし"


def kinds_of(slot: Slot) -> str:
    return "・".join(DisabilityKind(kind).label for kind in slot.disability_kinds) or "条件なし"


def _day(date: dt.date, today: dt.date) -> Day:
    mark = holidays.day_mark(date)
    tint = {"土": "is-saturday", "日": "is-holiday", "祝": "is-holiday"}.get(mark, "")
    return Day(date, mark, holidays.holiday_name(date) or "", tint, date == today)


def _mark_outside(groups: Sequence[Group], busy: dict[int, set[dt.date]]) -> None:
    for group in groups:
        # A resident's room is nobody's to offer, whatever the home has planned.
        offered = (row for row in group.rows if row.room.use == RoomUse.TRIAL)
        for cell in (cell for row in offered for cell in row.cells):
            dates = (cell.day.date + dt.timedelta(days=number) for number in range(cell.span))
            cell.outside = any(date in busy.get(group.home.pk, ()) for date in dates)


def _cells(
    room: Room, days: Sequence[Day], nights: dict[tuple[int, dt.date], RoomNight], slots: list[Slot], today: dt.date
) -> list[Cell]:
    cells: list[Cell] = []
    for day in days:
        night = nights.get((room.pk, day.date))
        before = cells[-1] if cells else None
        if night and night.session and before and before.session == night.session:
            before.span += 1
            before.last = day.date
        else:
            cells.append(_cell(room, day, night, slots, today))
    return cells


def _cell(room: Room, day: Day, night: RoomNight | None, slots: list[Slot], today: dt.date) -> Cell:
    if night and night.session:
        kind, mark, word = STAYS[SessionState(night.session.state)]
        guest = guest_of(night.session, today, named=is_named(night.session, today))
        return Cell(day, kind, mark, word, session=night.session, guest=guest)
    value = f"{room.public_id}:{day.date}" if room.use == RoomUse.TRIAL and day.date >= today else ""
    if night:
        return Cell(day, "is-closed", "×", CLOSURES[NightUse(night.use)], value=value)
    if room.use == RoomUse.RENTED:
        return Cell(day, "is-closed", "×", CLOSURES[NightUse.RENTED])
    slot = next((slot for slot in slots if slot.starts_on <= day.date < slot.ends_on), None)
    if slot is None or day.date < today:
        return Cell(day, "is-none", "－", "なし", offer=day.date >= today, value=value)
    unconfirmed = slot.is_unconfirmed(clock.now())
    return Cell(day, "is-free", "○", "未確認" if unconfirmed else "空き", slot=slot, value=value)
