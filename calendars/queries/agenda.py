"""What stands in a calendar: of a person, a home, a worker or a whole organization. Five queries at most.

First only the times of everything in the period, however much it is; the layout finds out what has a place; then
only that is looked up with its names.
"""

import datetime as dt
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace

from django.conf import settings
from django.db.models import Prefetch, Q, QuerySet

from calendars.domain import grid
from calendars.domain.grid import DAY, Bar, Block, Span
from calendars.enums import CalendarView
from programs.domain import wording
from programs.enums import COUNTING_STATES, SessionKind, SessionState
from programs.models import Escort, EscortDay, Home, Program, Session
from programs.queries.disclosure import guest_of, is_named
from transition import clock
from transition.domain.holidays import day_mark, holiday_name
from transition.domain.wareki import format_short, format_wareki, weekday_of
from transition.models import Membership, Organization, Person, SupportLink, User

# How many lanes of a day are drawn before 「ほか3件」.
LANES: dict[str, int] = {CalendarView.MONTH: 3, CalendarView.WEEK: 6, CalendarView.DAY: 60}
# How many outings stand side by side; a day with more of them at once is a plain list.
COLUMNS: dict[str, int] = {CalendarView.WEEK: 2, CalendarView.DAY: 5}
# The weekday as Python counts it; `calendars.checks` refuses any other word.
WEEK_STARTS = {"SUNDAY": 6, "MONDAY": 0}
# The same shapes as on a home's board; whatever came to nothing is crossed out.
SIGNS = {
    SessionState.REQUESTED: "△",
    SessionState.CONFIRMED: "●",
    SessionState.IN_PROGRESS: "▶",
    SessionState.COMPLETED: "■",
    SessionState.CUT_SHORT: "■",
}


@dataclass(frozen=True, slots=True)
class Source:
    """Whose calendar: its sessions, and what an entry is called there. `reader` sees when they can go along."""

    sessions: QuerySet[Session]
    title: Callable[[Session], tuple[str, str]]
    reader: User | None = None

    def only(self, program: Program) -> "Source":
        return replace(self, sessions=self.sessions.filter(program=program))


@dataclass(frozen=True, slots=True)
class Entry:
    """One session as the calendar tells of it: `title` at a glance, `more` where there is room."""

    session: Session
    title: str
    more: str
    starts_at: dt.datetime
    ends_at: dt.datetime
    place: Bar | Block

    @property
    def sign(self) -> str:
        return SIGNS.get(SessionState(self.session.state), "×")

    @property
    def css(self) -> str:
        is_off = self.session.state not in SIGNS
        return "cal-off" if is_off else f"cal-{self.session.state.lower().replace('_', '-')}"

    @property
    def is_long(self) -> bool:
        return self.place.span.is_bar

    @property
    def begins(self) -> str:
        return _time(self.starts_at)

    @property
    def ends(self) -> str:
        return _time(self.ends_at) if self.ends_at.time() != dt.time.min else "24:00"

    @property
    def days(self) -> str:
        """12/5(土) 15:00〜12/7(月) 10:00."""
        return f"{_moment(self.starts_at)}〜{_moment(self.ends_at)}"

    @property
    def escorts(self) -> str:
        return "、".join(escort.user.name for escort in self.session.escorts.all())


@dataclass(slots=True)
class Cell:
    """A day of the calendar with what begins on it or is drawn from it on."""

    date: dt.date
    mark: str
    holiday: str
    is_today: bool
    is_outside: bool
    bars: list[Entry] = field(default_factory=list)
    blocks: list[Entry] = field(default_factory=list)
    columns: int = 0
    passing: int = 0
    hidden: int = 0
    free: str = ""

    @property
    def tint(self) -> str:
        return {"土": "is-saturday", "日": "is-holiday", "祝": "is-holiday"}.get(self.mark, "")

    @property
    def is_empty(self) -> bool:
        return not (self.bars or self.blocks or self.passing or self.hidden or self.free or self.is_today)


@dataclass(frozen=True, slots=True)
class Agenda:
    """A month, a week or a day: its days in rows of a week, and what time grid they need."""

    view: str
    date: dt.date
    heading: str
    rows: list[list[Cell]]
    hours: range
    count: int
    previous: dt.date | None
    following: dt.date | None

    @property
    def is_list(self) -> bool:
        """A day on which more happens at once than can stand side by side."""
        return self.rows[0][0].columns > COLUMNS[CalendarView.DAY]

    @property
    def weekdays(self) -> list[str]:
        return [weekday_of(cell.date) for cell in self.rows[0]]


def of_person(person: Person) -> Source:
    def title(session: Session) -> tuple[str, str]:
        return f"{_what(session)} {_where(session)}".strip(), ""

    return Source(Session.objects.filter(person=person), title)


def of_homes(homes: QuerySet[Home], today: dt.date, *, one: bool) -> Source:
    """Stays in these homes, by room; who comes is named as soon as the home may know."""

    def title(session: Session) -> tuple[str, str]:
        room = session.room
        guest = guest_of(session, today, named=is_named(session, today))
        where = "" if room is None else room.name if one else f"{room.home.name} {room.name}"
        return f"{where} {guest.short}", f"{guest.label}・{session.nights}泊"

    return Source(Session.objects.filter(room__home__in=homes.values("pk")), title)


def of_people(organization: Organization, worker: User | None = None) -> Source:
    """Everybody whom the organization supports, or only those of one of its workers."""
    people = Person.objects.supported_by(organization)
    sessions = Session.objects.filter(person__in=people.values("pk"))
    return Source(sessions.filter(_work_of(worker)) if worker else sessions, _with_person)


def of_worker(user: User) -> Source:
    """Whom the reader accompanies, whose lead they are, and when they can go along."""

    def title(session: Session) -> tuple[str, str]:
        name, more = _with_person(session)
        goes_along = any(escort.user_id == user.pk for escort in session.escorts.all())
        return f"付き添い {name}" if goes_along else name, more

    return Source(Session.objects.visible_to(user).filter(_work_of(user)), title, reader=user)


def programs_of(source: Source) -> QuerySet[Program]:
    """The programs there are to choose from."""
    return Program.objects.filter(pk__in=source.sessions.order_by().values("program"))


def workers_of(organization: Organization) -> QuerySet[User]:
    members = Membership.objects.current().filter(organization=organization)
    return User.objects.filter(pk__in=members.values("user")).order_by("name", "pk")


def agenda(source: Source, view: str, date: dt.date, today: dt.date, *, everything: bool = False) -> Agenda:
    """What is drawn for the month, week or day of a date; `everything`: also what came to nothing."""
    first, last = grid.period(view, date, WEEK_STARTS[settings.CALENDAR_WEEK_STARTS])
    month = date.month if view == CalendarView.MONTH else 0
    spans = _spans(source.sessions, first, last, everything=everything)
    rows = [[_cell(day, today, month) for day in days] for days in grid.weeks(first, last)]
    places = [place for cells in rows for place in _places(spans, cells, view)]
    known = _known({place.span.key for _, place in places})
    for cell, place in places:
        entry = _entry(source, known[place.span.key], place)
        (cell.bars if isinstance(place, Bar) else cell.blocks).append(entry)
    if source.reader is not None:
        _mark_free(source.reader, rows, first, last)
    heading = _heading(view, date, first, last)
    return Agenda(
        view=view,
        date=date,
        heading=heading,
        rows=rows,
        hours=_hours(rows, [place.span for _, place in places if isinstance(place, Block)]),
        count=len([span for span in spans if not month or _touches(span, date)]),
        previous=grid.moved(view, date, -1),
        following=grid.moved(view, date, 1),
    )


def _spans(sessions: QuerySet[Session], first: dt.date, last: dt.date, *, everything: bool) -> list[Span]:
    """When everything of the period is; one query of bare values, because there may be thousands."""
    if not everything:
        sessions = sessions.filter(state__in=COUNTING_STATES)
    start, end = clock.at(first, dt.time.min), clock.at(last + DAY, dt.time.min)
    sessions = sessions.filter(starts_at__lt=end, ends_at__gt=start).order_by("starts_at", "pk")
    rows = sessions.values_list("pk", "state", "starts_at", "ends_at", "actual_ends_at")
    spans = [
        _span(pk, starts_at, _ended(state, starts_at, ends_at, actual))
        for pk, state, starts_at, ends_at, actual in rows
    ]
    # What was cut short may have ended before its planned days that were asked for.
    return [span for span in spans if span.last >= first]


def _ended(state: str, starts_at: dt.datetime, ends_at: dt.datetime, actual: dt.datetime | None) -> dt.datetime:
    """The planned end; of what was cut short the true one, so that nobody waits at the wrong door."""
    return actual if state == SessionState.CUT_SHORT and actual and actual > starts_at else ends_at


def _span(key: int, starts_at: dt.datetime, ends_at: dt.datetime) -> Span:
    """What ends at midnight does not touch the day that begins there."""
    starts, ends = starts_at.astimezone(clock.TOKYO), ends_at.astimezone(clock.TOKYO)
    last, until = ends.date(), ends.hour * 60 + ends.minute
    if until == 0 and last > starts.date():
        last, until = last - DAY, 24 * 60
    return Span(key, starts.date(), last, starts.hour * 60 + starts.minute, until)


def _places(spans: list[Span], cells: list[Cell], view: str) -> Iterator[tuple[Cell, Bar | Block]]:
    """Where the entries of one week stand. What finds no place is counted in its cell."""
    is_month = view == CalendarView.MONTH
    barred = [span for span in spans if is_month or span.is_bar]
    for cell, day in zip(cells, grid.week_of_days(barred, [cell.date for cell in cells], LANES[view]), strict=True):
        cell.passing, cell.hidden = day.passing, day.hidden
        yield from ((cell, bar) for bar in day.bars)
        if is_month:
            continue
        blocks = grid.columns(span for span in spans if not span.is_bar and span.first == cell.date)
        cell.columns = max((block.of for block in blocks), default=0)
        if cell.columns > COLUMNS[view] and view == CalendarView.WEEK:
            cell.columns = COLUMNS[view]
            cell.hidden += len([block for block in blocks if block.column > cell.columns])
            blocks = [block for block in blocks if block.column <= cell.columns]
        yield from ((cell, block) for block in blocks)


def _hours(rows: list[list[Cell]], spans: list[Span]) -> range:
    """The time grid that is drawn: none for a month, for stays alone, and for a day that is a plain list."""
    is_drawn = spans and rows[0][0].columns <= COLUMNS[CalendarView.DAY]
    return grid.hours(spans) if is_drawn else range(0)


def _known(keys: set[int]) -> dict[int, Session]:
    """The sessions that are drawn, with everything an entry says of them. Two queries."""
    escorts = Prefetch("escorts", Escort.objects.select_related("user").order_by("pk"))
    sessions = Session.objects.filter(pk__in=keys).select_related("person", "room__home").prefetch_related(escorts)
    return {session.pk: session for session in sessions.order_by()}


def _entry(source: Source, session: Session, place: Bar | Block) -> Entry:
    title, more = source.title(session)
    ends_at = _ended(session.state, session.starts_at, session.ends_at, session.actual_ends_at)
    return Entry(
        session, title, more, session.starts_at.astimezone(clock.TOKYO), ends_at.astimezone(clock.TOKYO), place
    )


def _cell(date: dt.date, today: dt.date, month: int) -> Cell:
    outside = bool(month) and date.month != month
    return Cell(date, day_mark(date), holiday_name(date) or "", date == today, outside)


def _mark_free(reader: User, rows: list[list[Cell]], first: dt.date, last: dt.date) -> None:
    kept = {day.date: day for day in EscortDay.objects.filter(user=reader, date__range=(first, last))}
    for cell in (cell for row in rows for cell in row):
        if day := kept.get(cell.date):
            cell.free = f"{_time(day.starts)}〜{_time(day.ends)}"


def _work_of(user: User) -> Q:
    led = SupportLink.objects.on(clock.today()).filter(lead=user)
    return Q(person__in=led.values("person")) | Q(pk__in=Escort.objects.filter(user=user).values("session"))


def _with_person(session: Session) -> tuple[str, str]:
    return f"{session.person.name}さん {_what(session)}", _where(session)


def _what(session: Session) -> str:
    return session.activity or str(SessionKind(session.kind).label)


def _where(session: Session) -> str:
    return f"{session.room.home.name} {session.room.name}" if session.room else session.place


def _heading(view: str, date: dt.date, first: dt.date, last: dt.date) -> str:
    if view == CalendarView.MONTH:
        return f"{wording.year(date)}{date.month}月（{date.year}年）"
    if view == CalendarView.WEEK:
        return f"{format_wareki(first)}から{format_short(last)}まで"
    name = holiday_name(date)
    return f"{format_wareki(date)}{f'・{name}' if name else ''}"


def _touches(span: Span, month: dt.date) -> bool:
    number = month.year * 12 + month.month
    return span.first.year * 12 + span.first.month <= number <= span.last.year * 12 + span.last.month


def _time(moment: dt.datetime | dt.time) -> str:
    return f"{moment.hour}:{moment.minute:02}"


def _moment(moment: dt.datetime) -> str:
    return f"{format_short(moment.date())} {_time(moment)}"
