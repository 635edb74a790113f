"""Every way to break what the checker watches, each by hand in the small world of by_hand.py."""

import datetime as dt
from typing import Any

from tests.soak.by_hand import DAY, FAR, FIRST, HOST, NOW, OVERNIGHT, RUN, STRANGER, WORKER, YEAR, World


def same_room(world: World) -> None:
    world.stay()
    world.stay(person=2)


def closed_night(world: World) -> None:
    row = world.stay()
    closed = {"id": 9, "room_id": 1, "date": row["check_in"], "use": "CLEANING", "session_id": None, "person_id": None}
    world.state.nights.append(closed)


def same_room_before(world: World) -> None:
    """At the end there is one; for a moment both were told yes."""
    one = world.stay()
    world.stay(person=2)
    world.ask("CANCEL", one, user=WORKER)
    gone(world, one, "CANCELLED")


def same_person(world: World) -> None:
    world.stay()
    world.stay(room=2)


def same_person_unheard(world: World) -> None:
    """Only the database says so: no answer ever came."""
    world.outing()
    world.outing()
    world.history.clear()


def outing_within_a_stay(world: World) -> None:
    row = world.stay(days=4)
    world.outing(starts=row["starts_at"] + DAY)


def same_person_before(world: World) -> None:
    one = world.outing()
    world.outing()
    world.ask("CANCEL", one, user=WORKER)
    gone(world, one, "CANCELLED")


def too_many_minutes(world: World) -> None:
    for number in range(3):
        world.outing(starts=dt.datetime(2026, 12, 10 + number, 0, tzinfo=dt.UTC), hours=9)


def too_many_minutes_unheard(world: World) -> None:
    too_many_minutes(world)
    world.history.clear()


def too_many_minutes_before(world: World) -> None:
    rows = [world.outing(starts=dt.datetime(2026, 12, 10 + n, 0, tzinfo=dt.UTC), hours=9) for n in range(3)]
    world.ask("CANCEL", rows[0], user=WORKER)
    gone(world, rows[0], "CANCELLED")


def too_many_in_a_row(world: World) -> None:
    """Over the end of the month, the year, and another room."""
    for number in range(5):
        world.stay(first=FIRST + number * 7 * DAY, days=8, room=1 + number % 2)


def too_many_of_the_grant(world: World) -> None:
    for number in range(8):
        world.stay(first=FIRST + number * 10 * DAY, days=8)


def too_many_overnights(world: World) -> None:
    for number in range(3):
        world.stay(first=FIRST + number * 10 * DAY, days=6, program=OVERNIGHT)


def outside_slot(world: World) -> None:
    world.state.slots[0]["ends_on"] = FIRST
    world.stay()


def outside_grant(world: World) -> None:
    for grant in world.state.grants:
        grant["ends_on"] = FIRST
    world.stay()


def outside_enrollment(world: World) -> None:
    world.state.enrollments[0]["ends_on"] = FIRST
    world.outing()


def after_withdrawal(world: World) -> None:
    world.state.slots[0]["withdrawn_at"] = NOW - DAY
    world.stay()


def room_rented(world: World) -> None:
    world.stay()
    world.state.rooms[0]["use"] = "RENTED"


def night_missing(world: World) -> None:
    world.stay(days=3)
    world.state.nights.pop()


def night_of_the_dead(world: World) -> None:
    one = world.stay()
    kept = list(world.state.nights)
    world.ask("CANCEL", one, user=WORKER)
    gone(world, one, "CANCELLED")
    world.state.nights = kept


def no_reason(world: World) -> None:
    world.override(world.stay(), "year", YEAR, reason=" ")


def passed_by_the_wrong_one(world: World) -> None:
    world.override(world.stay(), "consecutive", RUN, by=WORKER)


def accepted_and_not_there(world: World) -> None:
    row = world.stay()
    for rows in (world.state.sessions, world.state.events, world.state.nights, world.state.audit, world.state.told):
        rows.clear()
    assert row


def accepted_and_not_done(world: World) -> None:
    row = world.stay()
    world.ask("CONFIRM", row, user=HOST)
    for rows in (world.state.events, world.state.audit, world.state.told):
        rows.pop()


def done_twice(world: World) -> None:
    world.happen("REQUEST", world.stay(), WORKER)


def done_by_nobody(world: World) -> None:
    world.happen("CONFIRM", world.stay(), HOST)


def refused_and_done(world: World) -> None:
    """The first attempt was done and never answered, the second was told no."""
    row = world.stay()
    one = world.send("CONFIRM", row, user=HOST)
    world.happen("CONFIRM", row, HOST)
    world.clock += 1
    one.attempts.append(world.clock)
    one.ended, one.status = world.clock + 1, 409


def refused_and_kept(world: World) -> None:
    row = world.stay()
    one = world.send("CONFIRM", row, user=HOST)
    one.ended, one.status = world.clock + 1, 409
    world.state.keys.append({"id": 99, "user_id": HOST, "key": one.key, "answer": {}})


def moved_too_often(world: World) -> None:
    row = world.outing()
    world.ask("MOVE", row, user=WORKER, answer=world.history[0].answer)
    world.happen("MOVE", row, WORKER)


def other_answer(world: World) -> None:
    world.stay()
    world.history[0].replays.append((world.clock + 1, 409, "same"))


def other_words(world: World) -> None:
    world.stay()
    world.history[0].replays.append((world.clock + 1, 200, "others"))


def no_audit(world: World) -> None:
    world.stay()
    world.state.audit.pop()


def too_much_audit(world: World) -> None:
    world.stay()
    world.state.audit.append(world.state.audit[0] | {"id": 77})


def history_ends_otherwise(world: World) -> None:
    world.stay()["state"] = "CONFIRMED"


def nobody_told(world: World) -> None:
    world.stay()
    world.state.told.clear()


def told_twice(world: World) -> None:
    world.stay()
    world.state.told.append(world.state.told[0] | {"id": 77})


def told_in_vain(world: World) -> None:
    world.stay()
    world.state.told.append(world.state.told[0] | {"id": 77, "kind": "SESSION_CANCELLED"})


def foreign_office(world: World) -> None:
    world.stay()["organization_id"] = FAR


def foreign_asker(world: World) -> None:
    world.stay()["requested_by_id"] = STRANGER


def foreign_slot(world: World) -> None:
    world.stay()["slot_id"] = 2


def foreign_enrollment(world: World) -> None:
    world.outing()["enrollment_id"] = 2


def foreign_program(world: World) -> None:
    world.state.programs[0]["municipality_id"] = FAR
    world.stay()


def done_by_a_stranger(world: World) -> None:
    row = world.stay()
    world.ask("CONFIRM", row, user=STRANGER)


def stranger_told_why(world: World) -> None:
    row = world.stay()
    one = world.send("CONFIRM", row, user=STRANGER)
    one.ended, one.status = world.clock + 1, 403


BROKEN = [
    ("I1", same_room), ("I1", closed_night), ("I1", same_room_before),
    ("I2", same_person), ("I2", outing_within_a_stay), ("I2", same_person_before), ("I2", same_person_unheard),
    ("I3", too_many_minutes), ("I3", too_many_minutes_before), ("I3", too_many_minutes_unheard),
    ("I4", too_many_in_a_row), ("I5", too_many_of_the_grant), ("I6", too_many_overnights),
    ("I7", outside_slot), ("I7", outside_grant), ("I7", outside_enrollment), ("I7", after_withdrawal),
    ("I7", room_rented), ("I7", night_missing), ("I7", night_of_the_dead),
    ("I8", no_reason), ("I8", passed_by_the_wrong_one),
    ("H1", accepted_and_not_there), ("H1", accepted_and_not_done), ("H1", done_twice), ("H1", done_by_nobody),
    ("H1", refused_and_done), ("H1", refused_and_kept), ("H1", moved_too_often),
    ("H2", other_answer), ("H2", other_words),
    ("H3", no_audit), ("H3", too_much_audit), ("H3", history_ends_otherwise), ("H3", nobody_told), ("H3", told_twice),
    ("H3", told_in_vain),
    ("T1", foreign_office), ("T1", foreign_asker), ("T1", foreign_slot), ("T1", foreign_enrollment),
    ("T1", foreign_program), ("T1", done_by_a_stranger), ("T1", stranger_told_why),
]  # fmt: skip


def gone(world: World, row: dict[str, Any], state: str) -> None:
    row["state"] = world.state.events[-1]["state"] = state
    world.state.nights = [one for one in world.state.nights if one["session_id"] != row["id"]]
