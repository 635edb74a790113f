"""Everything that speaks for or against one stay. Screens show it before sending; services ask it again under lock."""

import datetime as dt

from django.db.models import BigIntegerField, Case, DateField, Q, QuerySet, Value, When
from django.db.models.functions import Cast

from programs.domain import fit
from programs.domain.problems import BLOCK, Problem
from programs.domain.uses import Use
from programs.enums import PLANNED_STATES, Enforcement, RoomUse, SessionKind
from programs.models import BusyTime, Override, Program, Room, RoomNight, Session, Slot
from programs.queries import external
from programs.queries.limits import LimitBook
from transition import clock
from transition.enums import Residence
from transition.models import Person

# Stands for the room in rows about the day between two guests.
_BETWEEN = -1


def moments(slot: Slot, check_in: dt.date, check_out: dt.date) -> tuple[dt.datetime, dt.datetime]:
    """When a stay in the slot begins and ends, by the slot's times."""
    return clock.at(check_in, slot.check_in_time), clock.at(check_out, slot.check_out_time)


def needs_of(person: Person) -> fit.PersonNeeds:
    return fit.PersonNeeds(
        sex=person.sex,
        support_level=person.support_level,
        disability_kinds=frozenset(person.disability_kinds),
        medical_care=person.medical_care,
        wheelchair=person.wheelchair,
    )


def conditions_of(slot: Slot) -> fit.SlotConditions:
    return fit.SlotConditions(
        sex=slot.sex,
        level_min=slot.level_min,
        level_max=slot.level_max,
        kinds=frozenset(slot.disability_kinds),
        medical_care=slot.medical_care,
        wheelchair=slot.wheelchair,
    )


def all_problems(
    person: Person,
    program: Program,
    slot: Slot,
    check_in: dt.date,
    check_out: dt.date,
    *,
    book: LimitBook | None = None,
) -> list[Problem]:
    """What a screen shows before sending. Advisory where nights are concerned: the unique keys decide."""
    problems = offer_problems(slot, slot.room, check_in, check_out)
    if check_out > check_in:
        problems += rule_problems(person, program, slot, check_in, check_out, book=book)
        problems += occupancy_problems(person, slot, check_in, check_out)
    return problems


def offer_problems(slot: Slot, room: Room, check_in: dt.date, check_out: dt.date) -> list[Problem]:
    """Whether the slot is offered for these dates at all."""
    problems = []
    if slot.withdrawn_at is not None:
        problems.append(Problem("slot.withdrawn", "この枠は取り下げられました。"))
    if room.use != RoomUse.TRIAL:
        problems.append(Problem("room.rented", "この居室には、いま入居者がいます。"))
    problems += fit.stay_problems(
        check_in, check_out, slot.starts_on, slot.ends_on, slot.min_nights, slot.max_nights, clock.today()
    )
    if check_in == clock.today() and moments(slot, check_in, check_out)[0] <= clock.now():
        message = "きょうのチェックインの時刻はすぎています。"
        problems.append(Problem("stay.past", message, field="check_in"))
    return problems


def rule_problems(
    person: Person,
    program: Program,
    slot: Slot,
    check_in: dt.date,
    check_out: dt.date,
    *,
    session: Session | None = None,
    book: LimitBook | None = None,
) -> list[Problem]:
    """Fit, program, limits and other appointments. `session` is the one checked again, left out of the sums."""
    starts_at, ends_at = moments(slot, check_in, check_out)
    book = book or LimitBook([person])
    request = Use(
        kind=SessionKind.STAY,
        start=starts_at,
        end=ends_at,
        check_in=check_in,
        check_out=check_out,
        key=session.pk if session else None,
    )
    return [
        *fit.mismatches(needs_of(person), conditions_of(slot)),
        *program_problems(person, program),
        *book.account(person, program, check_in).check(request, clock.today()),
        *_busy(book.sessions(person), starts_at, ends_at, session, nights=(check_in, check_out)),
    ]


def open_problems(session: Session) -> list[Problem]:
    """What stands against a session that waits for its answer, without what was overridden already."""
    if session.slot is None or session.room is None or session.check_in is None or session.check_out is None:
        return []
    problems = rule_problems(
        session.person, session.program, session.slot, session.check_in, session.check_out, session=session
    )
    if session.room.use != RoomUse.TRIAL:
        problems.append(Problem("room.rented", "この居室には、いま入居者がいます。"))
    covered = set(Override.objects.filter(session=session).values_list("problem_code", "limit_id"))
    return [problem for problem in problems if (problem.code, problem.limit_id) not in covered]


def program_problems(person: Person, program: Program) -> list[Problem]:
    """Whether the program is meant for someone who lives where the person lives."""
    if not program.residences or person.residence in program.residences:
        return []
    meant = "・".join(Residence(residence).label for residence in program.residences)
    message = (
        f"「{program.name}」は、いまの住まいが「{meant}」の方の事業です"
        f"（本人は「{person.get_residence_display()}」）。市町村に確認してください"
    )
    return [Problem("program.residence", message, enforcement=Enforcement.ASK, source=program.source)]


def occupancy_problems(person: Person, slot: Slot, check_in: dt.date, check_out: dt.date) -> list[Problem]:
    """Nights that are already taken in the room, nights on which the person is already elsewhere, and what the
    home's own calendars say. One query: a row without a date says that they say something."""
    room = slot.room
    nights = RoomNight.objects.filter(Q(room=room) | Q(person=person), date__gte=check_in, date__lt=check_out)
    busy = BusyTime.objects.overlapping(*moments(slot, check_in, check_out)).filter(calendar__home=room.home_id)
    nothing = Cast(Value(None), BigIntegerField())
    found = nights.order_by().values_list("date", "room", "person")
    same_day = _same_day(slot, check_in, check_out).annotate(leaving=_day_between(check_in, check_out))
    found = found.union(same_day.order_by().values_list("leaving", Value(_BETWEEN, BigIntegerField()), nothing))
    found = found.union(busy.order_by().values_list(Cast(Value(None), DateField()), nothing, nothing))
    rows = sorted(row for row in found if row[0] is not None)
    problems = []
    if taken := [date for date, where, _ in rows if where == room.pk]:
        problems.append(Problem("room.taken", f"この居室は、{_dates(taken)}の夜が埋まっています。", field="check_in"))
    if elsewhere := [date for date, _, whose in rows if whose == person.pk]:
        message = f"本人には、{_dates(elsewhere)}の夜に別のお泊まりがあります。"
        problems.append(Problem("person.taken", message, field="check_in"))
    problems += [_handover(date) for date, where, _ in rows if where == _BETWEEN]
    if any(row[0] is None for row in found):
        problems.append(external.home_note())
    return problems


def handover_problems(slot: Slot, check_in: dt.date, check_out: dt.date) -> list[Problem]:
    """One guest leaves and another comes on the same day: the nights are apart, the hours may not be. One query; asked
    under the room's lock."""
    between = _day_between(check_in, check_out)
    days = _same_day(slot, check_in, check_out).annotate(leaving=between).order_by("leaving")
    return [_handover(date) for date in days.values_list("leaving", flat=True).distinct()]


def _same_day(slot: Slot, check_in: dt.date, check_out: dt.date) -> QuerySet[Session]:
    """Guests of the room who leave when this one comes, or come when this one leaves, too late or too early for it."""
    held = Session.objects.planned().overlapping(*moments(slot, check_in, check_out)).filter(room=slot.room_id)
    return held.filter(Q(check_out=check_in) | Q(check_in=check_out))


def _day_between(check_in: dt.date, check_out: dt.date) -> Case:
    dates = When(check_out=check_in, then=Value(check_in, DateField()))
    return Case(dates, default=Value(check_out, DateField()), output_field=DateField())


def _handover(date: dt.date) -> Problem:
    message = f"この居室は、{_dates([date])}に、ほかの方のいる時間と重なります。"
    return Problem("room.taken", message, field="check_in")


def _busy(
    sessions: list[Session],
    starts_at: dt.datetime,
    ends_at: dt.datetime,
    own: Session | None,
    *,
    nights: tuple[dt.date, dt.date],
) -> list[Problem]:
    """Something else at the same time, read under the person's lock. Nights have their own key, but not the day on
    which the person leaves one home and enters another."""
    return [
        Problem(
            "person.busy",
            f"同じ時間に{other.get_kind_display()}（{_dates([clock.local_date(other.starts_at)])}）があります。",
            enforcement=BLOCK,
            field="check_in",
        )
        for other in sessions
        if other.state in PLANNED_STATES
        and (other.kind != SessionKind.STAY or other.check_out == nights[0] or other.check_in == nights[1])
        and other.starts_at < ends_at
        and other.ends_at > starts_at
        and (own is None or other.pk != own.pk)
    ]


def _dates(dates: list[dt.date]) -> str:
    return "、".join(f"{date.month}月{date.day}日" for date in dates)
