"""What can be done, each with what must come of it: told from the rows before, without asking the application.

`Verdict.ok` None: no opinion. Everything that is done for certain is checked again by tests/machine/checks.py.
"""

import datetime as dt
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from programs.models import Override, RoomNight, Session, SessionEvent, SessionRecord, Slot
from tests.machine import caps
from tests.machine.caps import DAY, JAPAN, Breach, Use, day_of
from tests.machine.world import API, SUPPORTERS, Town
from transition import clock
from transition.models import Grant, Person

OPEN = {"REQUESTED", "CONFIRMED"}
OVER = {"CANCELLED", "DECLINED", "EXPIRED", "NO_SHOW"}


@dataclass
class Verdict:
    """`breaches` are the limits that a refusal must name, all of them; `overrides` those that success writes down."""

    ok: bool | None
    breaches: set[Breach] | None = None
    overrides: set[Breach] | None = None
    audits: tuple[str, ...] = ()
    # What becomes of sessions by it; "made" stands for the one that is new.
    states: dict[int | str, str] = field(default_factory=dict)
    # Moments from which on nights are given up, by session.
    left: dict[int, dt.datetime] = field(default_factory=dict)
    closed: dict[tuple[int, dt.date], str] = field(default_factory=dict)
    opened: set[tuple[int, dt.date]] = field(default_factory=set)
    # Whether what really happened, or a certificate, may take a limit beyond its amount.
    may_exceed: bool = False


@dataclass
class Sending:
    """One request, ready to be sent: now, later, or again."""

    actor: str
    path: str
    body: dict[str, Any] | None
    judge: Callable[[], Verdict]
    method: str = "post"
    key: str = ""
    name: str = ""
    # The same act by somebody else.
    by: Callable[[str], "Sending"] | None = None
    # The answer of the first time, when it was a success.
    answer: tuple[int, bytes] | None = None

    @property
    def url(self) -> str:
        return f"{API}{self.path}"


def japan(day: dt.date, hour: int = 0, minute: int = 0) -> dt.datetime:
    return dt.datetime.combine(day, dt.time(hour, minute), JAPAN)


def may_pass(breaches: set[Breach], actor: str, reason: str) -> bool:
    if any(breach.enforcement == "REFUSE" for breach in breaches) and actor != "coordinator":
        return False
    return not breaches or bool(reason.strip())


def hosts(town: Town, actor: str, row: Session) -> bool:
    return row.room is not None and town.host_of(row.room) == actor


def takes_part(town: Town, actor: str, row: Session) -> bool:
    return actor in SUPPORTERS or hosts(town, actor, row)


def overlapping(person: Person, start: dt.datetime, end: dt.datetime, *, but: int | None = None) -> bool:
    """Whether the person is somewhere else at that time, by the plans."""
    rows = Session.objects.filter(person=person, state__in=caps.PLANNED).exclude(pk=but)
    return any(row.starts_at < end and start < row.ends_at for row in rows)


def uncovered(row: Session, breaches: set[Breach]) -> set[Breach]:
    """Those that nobody passed with a reason for the time at which the session stands."""
    moved = SessionEvent.objects.filter(session=row, action="MOVE").order_by("-pk").first()
    made = Override.objects.filter(session=row)
    known = {
        (override.problem_code, override.limit_id) for override in made if moved is None or override.at >= moved.at
    }
    return {breach for breach in breaches if (breach.code, breach.limit) not in known}


def against(row: Session) -> set[Breach]:
    return caps.breaches(row.person, row.program, caps.use_of(row), row.enrollment)


# The home's


def publish(
    town: Town, actor: str, number: int, begins: int, length: int, most: int, hours: tuple[int, int]
) -> Sending:
    room, first = town.rooms[number], clock.today() + begins * DAY
    last = first + length * DAY
    body = {
        "room": str(room.public_id),
        "starts_on": str(first),
        "ends_on": str(last),
        "max_nights": most,
        "check_in_time": f"{hours[0]:02}:00",
        "check_out_time": f"{hours[1]:02}:00",
    }

    def judge() -> Verdict:
        others = Slot.objects.filter(room=room, withdrawn_at=None, starts_on__lt=last, ends_on__gt=first)
        ok = town.host_of(room) == actor and first >= clock.today() and not others.exists()
        return Verdict(ok, audits=("slot.publish",))

    return Sending(actor, "slots/", body, judge)


def withdraw(town: Town, actor: str, slot: Slot) -> Sending:
    def judge() -> Verdict:
        now = Slot.objects.get(pk=slot.pk)
        return Verdict(town.host_of(slot.room) == actor, audits=() if now.withdrawn_at else ("slot.withdraw",))

    return Sending(actor, f"slots/{slot.public_id}/withdraw/", None, judge)


def close(town: Town, actor: str, number: int, begins: int, length: int, use: str) -> Sending:
    room, nights = town.rooms[number], [clock.today() + n * DAY for n in range(begins, begins + length)]

    def judge() -> Verdict:
        guests = RoomNight.objects.filter(room=room, date__in=nights, use="STAY").exists()
        ok = town.host_of(room) == actor and not guests and min(nights) >= clock.today()
        return Verdict(ok, audits=("room.close_nights",), closed={(room.pk, night): use for night in nights})

    return Sending(
        actor, f"rooms/{room.public_id}/close-nights/", {"nights": [str(one) for one in nights], "use": use}, judge
    )


def reopen(town: Town, actor: str, number: int, begins: int, length: int) -> Sending:
    room, nights = town.rooms[number], [clock.today() + n * DAY for n in range(begins, begins + length)]

    def judge() -> Verdict:
        ok = town.host_of(room) == actor and min(nights) >= clock.today()
        return Verdict(ok, audits=("room.open_nights",), opened={(room.pk, night) for night in nights})

    return Sending(actor, f"rooms/{room.public_id}/open-nights/", {"nights": [str(one) for one in nights]}, judge)


# A stay or an outing is asked for


def request(town: Town, actor: str, who: int, slot: Slot, begins: int, length: int, reason: str) -> Sending:
    person, check_in = town.people[who], clock.today() + begins * DAY
    check_out = check_in + length * DAY
    body = {
        "kind": "STAY",
        "person": str(person.public_id),
        "program": str(town.stays.public_id),
        "slot": str(slot.public_id),
        "check_in": str(check_in),
        "check_out": str(check_out),
        "reason": reason,
    }

    def judge() -> Verdict:
        now = Slot.objects.select_related("room").get(pk=slot.pk)
        start, end = (dt.datetime.combine(day, time, JAPAN) for day, time in
                      ((check_in, now.check_in_time), (check_out, now.check_out_time)))  # fmt: skip
        breaches = caps.breaches(person, town.stays, Use(None, start, end, (check_in, check_out)), None)
        nights = RoomNight.objects.filter(date__gte=check_in, date__lt=check_out)
        beds = Session.objects.filter(room=now.room, state__in=caps.PLANNED, starts_at__lt=end, ends_at__gt=start)
        free = not nights.filter(room=now.room).exists() and not nights.filter(person=person).exists()
        ok = (
            actor in SUPPORTERS
            and now.withdrawn_at is None
            and start > clock.now()
            and now.starts_on <= check_in
            and check_out <= now.ends_on
            and now.min_nights <= length <= now.max_nights
            and free
            and not beds.exists()
            and not overlapping(person, start, end)
            and may_pass(breaches, actor, reason)
        )
        told = breaches if actor in SUPPORTERS and not may_pass(breaches, actor, reason) else None
        return Verdict(ok, told, breaches, states={"made": "REQUESTED"})

    return Sending(actor, "sessions/", body, judge)


def plan(town: Town, actor: str, who: int, start: dt.datetime, minutes: int, reason: str, certain: bool) -> Sending:
    end, enrollment = start + dt.timedelta(minutes=minutes), town.enrollments[who]
    body = {
        "kind": "OUTING",
        "enrollment": str(enrollment.public_id),
        "activity": "買い物",
        "starts_at": start.isoformat(),
        "ends_at": end.isoformat(),
        "reason": reason,
        "confirm": certain,
    }

    def judge() -> Verdict:
        enrollment.refresh_from_db()
        breaches = caps.breaches(town.people[who], town.outings, Use(None, start, end), enrollment)
        free = not overlapping(town.people[who], start, end)
        ok = actor in SUPPORTERS and start > clock.now() and free and may_pass(breaches, actor, reason)
        told = breaches if actor in SUPPORTERS and not may_pass(breaches, actor, reason) else None
        return Verdict(ok, told, breaches, states={"made": "CONFIRMED" if certain else "REQUESTED"})

    return Sending(actor, "sessions/", body, judge)


def move(town: Town, actor: str, session: Session, start: dt.datetime, reason: str) -> Sending:
    def judge() -> Verdict:
        row = Session.objects.select_related("person", "program", "enrollment", "room").get(pk=session.pk)
        if row.room is not None or actor not in SUPPORTERS or row.state not in OPEN:
            return Verdict(False)
        end = start + (row.ends_at - row.starts_at)
        if start == row.starts_at:
            return Verdict(None)
        breaches = caps.breaches(row.person, row.program, Use(row.pk, start, end), row.enrollment)
        free = not overlapping(row.person, start, end, but=row.pk)
        ok = start > clock.now() and free and may_pass(breaches, actor, reason)
        return Verdict(ok, None if may_pass(breaches, actor, reason) else breaches, breaches)

    return Sending(
        actor, f"sessions/{session.public_id}/move/", {"starts_at": start.isoformat(), "reason": reason}, judge
    )


def repeat(town: Town, actor: str, session: Session, times: int, reason: str) -> Sending:
    """Every week once more; each copy is judged with those before it."""

    def judge() -> Verdict:
        row = Session.objects.select_related("person", "program", "enrollment", "room").get(pk=session.pk)
        if row.room is not None or actor not in SUPPORTERS:
            return Verdict(False)
        uses, breaches, ok = caps.counting(row.person, row.program), set(), True
        plans: list[tuple[dt.datetime, dt.datetime]] = []
        for week in range(1, times + 1):
            start, end = (moment + week * 7 * DAY for moment in (row.starts_at, row.ends_at))
            one = Use(None, start, end)
            breaches |= caps.breaches(row.person, row.program, one, row.enrollment, uses)
            ok &= start > clock.now() and not overlapping(row.person, start, end)
            ok &= not any(first < end and start < last for first, last in plans)
            uses.append(one)
            plans.append((start, end))
        states: dict[int | str, str] = {f"made {week}": "REQUESTED" for week in range(times)}
        return Verdict(ok and may_pass(breaches, actor, reason), None, breaches, states=states)

    return Sending(actor, f"sessions/{session.public_id}/repeat/", {"times": times, "reason": reason}, judge)


# A session goes on


def fresh(session: Session) -> Session:
    return Session.objects.select_related("person", "program", "enrollment", "room", "slot").get(pk=session.pk)


def confirm(town: Town, actor: str, session: Session) -> Sending:
    def judge() -> Verdict:
        row = fresh(session)
        may = hosts(town, actor, row) if row.room else actor in SUPPORTERS
        in_time = row.expires_at is not None and row.expires_at > clock.now()
        if not may or row.state != "REQUESTED" or not in_time:
            return Verdict(False)
        left = uncovered(row, against(row))
        return Verdict(not left, left or None, set(), states={row.pk: "CONFIRMED"})

    return Sending(actor, f"sessions/{session.public_id}/confirm/", None, judge)


def override(town: Town, actor: str, session: Session, reason: str) -> Sending:
    def judge() -> Verdict:
        row = fresh(session)
        if actor not in SUPPORTERS or row.state != "REQUESTED" or not reason.strip():
            return Verdict(False)
        # An outing whose time has come is past being judged.
        left = uncovered(row, against(row))
        return Verdict(may_pass(left, actor, reason), None, left)

    return Sending(actor, f"sessions/{session.public_id}/override/", {"reason": reason}, judge)


def decline(town: Town, actor: str, session: Session) -> Sending:
    def judge() -> Verdict:
        row = fresh(session)
        return Verdict(row.state == "REQUESTED" and hosts(town, actor, row), states={row.pk: "DECLINED"})

    return Sending(actor, f"sessions/{session.public_id}/decline/", {"decline_reason": "DATES"}, judge)


def cancel(town: Town, actor: str, session: Session, reason: str) -> Sending:
    def judge() -> Verdict:
        row = fresh(session)
        can = row.state == "REQUESTED" or (row.state == "CONFIRMED" and bool(reason))
        return Verdict(can and takes_part(town, actor, row), states={row.pk: "CANCELLED"})

    return Sending(actor, f"sessions/{session.public_id}/cancel/", {"reason": reason}, judge)


def arrive(town: Town, actor: str, session: Session, at: dt.datetime) -> Sending:
    def judge() -> Verdict:
        row = fresh(session)
        when = at <= clock.now() and day_of(at) >= day_of(row.starts_at)
        ok = row.state == "CONFIRMED" and when and takes_part(town, actor, row)
        return Verdict(ok, states={row.pk: "IN_PROGRESS"})

    return Sending(actor, f"sessions/{session.public_id}/check-in/", {"at": at.isoformat()}, judge)


def leave(town: Town, actor: str, session: Session, at: dt.datetime, step: str) -> Sending:
    state = {"check-out": "COMPLETED", "cut-short": "CUT_SHORT"}[step]

    def judge() -> Verdict:
        row = fresh(session)
        when = row.actual_starts_at is not None and row.actual_starts_at <= at <= clock.now()
        ok = row.state == "IN_PROGRESS" and when and takes_part(town, actor, row)
        return Verdict(ok, states={row.pk: state}, left={row.pk: at}, may_exceed=True)

    return Sending(actor, f"sessions/{session.public_id}/{step}/", {"at": at.isoformat()}, judge)


def no_show(town: Town, actor: str, session: Session) -> Sending:
    def judge() -> Verdict:
        row = fresh(session)
        ok = row.state == "CONFIRMED" and clock.now() >= row.starts_at and takes_part(town, actor, row)
        return Verdict(ok, states={row.pk: "NO_SHOW"})

    return Sending(actor, f"sessions/{session.public_id}/no-show/", {}, judge)


def record(town: Town, actor: str, session: Session, late: int, longer: int, version: int, text: str) -> Sending:
    """Times put right, by minutes; `version` is the one that the writer saw."""
    start = session.starts_at + dt.timedelta(minutes=late)
    end = session.ends_at + dt.timedelta(minutes=longer)
    body = {"based_on": version, "starts_at": start.isoformat(), "ends_at": end.isoformat(), "shown": text}

    def judge() -> Verdict:
        row, known = fresh(session), SessionRecord.objects.filter(session=session).first()
        if not takes_part(town, actor, row) or version != (known.version if known else 0):
            return Verdict(False)
        if row.state not in {"CONFIRMED", "IN_PROGRESS", *caps.HELD}:
            return Verdict(False)
        state = row.state if row.state in caps.HELD else "COMPLETED"
        ok = None if start < end <= clock.now() and day_of(start) >= day_of(row.starts_at) else False
        return Verdict(ok, states={row.pk: state}, left={row.pk: end}, may_exceed=True)

    return Sending(actor, f"sessions/{session.public_id}/record/", body, judge, method="put")


# What a person is allowed, and for how long


def grant(town: Town, actor: str, who: int, begins: int, length: int, days: int) -> Sending:
    person, first = town.people[who], clock.today() + begins * DAY
    body = {
        "service": "GROUP_HOME_TRIAL",
        "starts_on": str(first),
        "ends_on": str(first + length * DAY),
        "days": days,
    }

    def judge() -> Verdict:
        twice = Grant.objects.filter(person=person, service="GROUP_HOME_TRIAL", starts_on=first).exists()
        return Verdict(actor in SUPPORTERS and not twice, audits=("grant.add",))

    return Sending(actor, f"people/{person.public_id}/grants/", body, judge)


def extend(town: Town, actor: str, who: int, days: int) -> Sending:
    enrollment = town.enrollments[who]
    last = enrollment.ends_on + days * DAY

    def judge() -> Verdict:
        enrollment.refresh_from_db()
        keeps = actor in {"worker", "coordinator"}
        return Verdict(keeps and last > enrollment.ends_on, audits=("enrollment.extend",))

    return Sending(
        actor, f"enrollments/{enrollment.public_id}/extend/", {"ends_on": str(last), "reason": "市が認めた"}, judge
    )


def end(town: Town, actor: str, who: int, days: int, together: bool) -> Sending:
    enrollment = town.enrollments[who]
    last = clock.today() + days * DAY
    body = {"ends_on": str(last), "end": "WISH", "reason": "本人の希望", "cancel_sessions": together}

    def judge() -> Verdict:
        enrollment.refresh_from_db()
        if actor not in {"worker", "coordinator"} or not enrollment.starts_on <= last < enrollment.ends_on:
            return Verdict(False)
        after, until = japan(last + DAY), japan(enrollment.ends_on + DAY)
        rows = Session.objects.filter(person=town.people[who], program=town.outings)
        beyond = list(rows.filter(state__in=caps.PLANNED, starts_at__lt=until, ends_at__gt=after))
        held = rows.filter(state__in=caps.HELD, starts_at__gte=after, starts_at__lt=until).exists()
        can = (together and all(row.state in OPEN for row in beyond)) or not beyond
        states: dict[int | str, str] = {row.pk: "CANCELLED" for row in beyond}
        return Verdict(can and not held, audits=("enrollment.end_early",), states=states)

    return Sending(actor, f"enrollments/{enrollment.public_id}/end/", body, judge)
