"""What may not be. Each check gives sentences about what is; an empty list means it holds.

I1 rooms, I2 people in time, I3 minutes a month, I4 days in a row, I5 days a grant, I6 体験宿泊 days a grant, I7 nights
outside of what is offered and granted, I8 every «beyond» has its decision; H1 what was answered is what is there, H2
the same key has the same answer, H3 evidence and word for each change, T1 nothing joins two municipalities. H4 needs
the servers and is in ways.py. 体験利用 (its windows 1–5 and 6–15) is only told, never refused: nothing can be broken.
"""

import datetime as dt
from collections import Counter, defaultdict
from collections.abc import Callable, Iterable
from typing import Any

from tests.soak import limits, past
from tests.soak.history import Operation
from tests.soak.state import Row, State

PLANNED = ("REQUESTED", "CONFIRMED", "IN_PROGRESS")
HELD = ("COMPLETED", "CUT_SHORT")
TOLD = {
    "REQUEST": "REQUEST_ARRIVED",
    "CONFIRM": "SESSION_CONFIRMED",
    "DECLINE": "SESSION_DECLINED",
    "CANCEL": "SESSION_CANCELLED",
}
COORDINATING = ("MUNICIPALITY", "CORE_CENTER")
Found = dict[str, list[str]]


def check(state: State, history: list[Operation]) -> Found:
    return {name: [*at_end(state), *before(state, history)] for name, (at_end, before) in CHECKS.items()}


def count(found: Found) -> dict[str, int]:
    return {name: len(said) for name, said in found.items()}


def rooms(state: State) -> list[str]:
    """I1: by the stays themselves, by the table of nights, and nights that are closed."""
    held = Counter((one["room_id"], night) for one in _stays(state) for night in nights(one))
    said = [f"{times} stays in room {room} on {night}" for (room, night), times in held.items() if times > 1]
    rows = Counter((one["room_id"], one["date"]) for one in state.nights)
    said += [
        f"night {night} of room {room} is there {times} times" for (room, night), times in rows.items() if times > 1
    ]
    closed = {(one["room_id"], one["date"]) for one in state.nights if one["use"] != "STAY"}
    return said + [f"a stay in room {room} on the closed {night}" for room, night in held if (room, night) in closed]


def people(state: State) -> list[str]:
    """I2: no two planned sessions of a person touch in time; no two nights either."""
    said = []
    for person, found in _by(_planned(state), "person_id").items():
        ordered = sorted(found, key=lambda one: one["starts_at"])
        latest: Row | None = None
        for one in ordered:
            if latest is not None and one["starts_at"] < latest["ends_at"]:
                said.append(f"person {person} is in sessions {latest['id']} and {one['id']} at once")
            if latest is None or one["ends_at"] > latest["ends_at"]:
                latest = one
    rows = Counter((one["person_id"], one["date"]) for one in state.nights if one["person_id"] is not None)
    return said + [f"person {person} has night {night} {n} times" for (person, night), n in rows.items() if n > 1]


def places(state: State) -> list[str]:
    """I7: every planned stay has exactly its nights, within its slot, in a room that is offered; what lies outside of
    grant or enrollment was decided."""
    slots, all_rooms = _by_id(state.slots), _by_id(state.rooms)
    decided = {(one["session_id"], one["problem_code"]) for one in state.overrides}
    sessions, said = _by_id(state.sessions), []
    held = _by([one for one in state.nights if one["session_id"] is not None], "session_id")
    for one in _stays(state):
        slot = slots[one["slot_id"]]
        if not (slot["starts_on"] <= one["check_in"] and one["check_out"] <= slot["ends_on"]):
            said.append(f"session {one['id']} lies outside of its slot")
        if slot["withdrawn_at"] and one["created_at"] > slot["withdrawn_at"]:
            said.append(f"session {one['id']} was asked for in a slot that was gone")
        if all_rooms[one["room_id"]]["use"] != "TRIAL":
            said.append(f"session {one['id']} is in a room that is not offered")
        own = sorted((night["date"], night["room_id"], night["person_id"]) for night in held.get(one["id"], []))
        if own != [(night, one["room_id"], one["person_id"]) for night in nights(one)]:
            said.append(f"session {one['id']} does not have its nights")
    for number in held:
        if sessions.get(number, {"state": ""})["state"] not in (*PLANNED, *HELD):
            said.append(f"session {number} is over and keeps nights")
    return said + limits.outside(state, decided)


def decisions(state: State) -> list[str]:
    """I8: actor and reason; and a limit that stops is only passed by who coordinates."""
    organizations = _by_id(state.organizations)
    coordinators = {
        one["user_id"]
        for one in state.members
        if organizations[one["organization_id"]]["kind"] in COORDINATING and one["role"] in ("COORDINATOR", "MANAGER")
    }
    stops = {one["id"] for one in state.limits if one["enforcement"] == "REFUSE"}
    said = [f"override {one['id']} has no reason" for one in state.overrides if not one["reason"].strip()]
    said += [f"override {one['id']} is nobody's" for one in state.overrides if not one["by_id"]]
    return said + [
        f"override {one['id']} passes a limit that its author may not pass"
        for one in state.overrides
        if one["limit_id"] in stops and one["by_id"] not in coordinators
    ]


def evidence(state: State) -> list[str]:
    """H3: an audit event for each change of state, word to somebody for each that is told, nobody told twice."""
    ids = {one["id"]: one["public_id"] for one in state.sessions}
    kinds = {one["id"]: one["kind"] for one in state.sessions}
    changed = Counter((ids[one["session_id"]], one["action"]) for one in state.events)
    noted = Counter(
        (one["subject_id"], one["action"].removeprefix("session.").upper())
        for one in state.audit
        if one["subject_type"] == "session" and one["action"] != "session.override"
    )
    said = [
        f"{action} of session {number}: {changed[number, action]} changes, {noted[number, action]} audit events"
        for number, action in {*changed, *noted}
        if changed[number, action] != noted[number, action]
    ]
    last = {one["session_id"]: one["state"] for one in state.events}
    said += [
        f"session {one['id']} is {one['state']}, its history ends with {last.get(one['id'])}"
        for one in state.sessions
        if last.get(one["id"]) != one["state"]
    ]
    told = Counter((one["kind"], one["subject_id"], one["user_id"]) for one in state.told)
    said += [f"user {user} was told {kind} of {number} {n} times" for (kind, number, user), n in told.items() if n > 1]
    heard = {(kind, number) for kind, number, _ in told}
    said += [
        f"nobody was told {one['action']} of session {one['session_id']}"
        for one in state.events
        if kinds[one["session_id"]] == "STAY"
        and one["action"] in TOLD
        and (TOLD[one["action"]], ids[one["session_id"]]) not in heard
    ]
    happened = {(TOLD[one["action"]], ids[one["session_id"]]) for one in state.events if one["action"] in TOLD}
    return said + [
        f"{kind} of {number} was told and did not happen"
        for kind, number in heard
        if kind in TOLD.values() and (kind, number) not in happened
    ]


def tenants(state: State) -> list[str]:
    """T1: whoever meets in one row belongs together."""
    slots, enrollments = _by_id(state.slots), _by_id(state.enrollments)
    persons, programs = _by_id(state.people), _by_id(state.programs)
    supports = {(one["person_id"], one["organization_id"]) for one in state.links}
    works = {(one["user_id"], one["organization_id"]) for one in state.members}
    said = []
    for one in state.sessions:
        person, office = one["person_id"], one["organization_id"]
        coordinates = persons[person]["municipality_id"] == office
        if (person, office) not in supports and not coordinates:
            said.append(f"session {one['id']}: the office does not support the person")
        if (one["requested_by_id"], office) not in works:
            said.append(f"session {one['id']}: who asked does not work there")
        if one["slot_id"] and slots[one["slot_id"]]["room_id"] != one["room_id"]:
            said.append(f"session {one['id']}: slot and room differ")
        enrollment = enrollments.get(one["enrollment_id"])
        if enrollment and (enrollment["person_id"], enrollment["program_id"]) != (person, one["program_id"]):
            said.append(f"session {one['id']}: the enrollment is of another person or program")
        owner = programs[one["program_id"]]["municipality_id"]
        if owner not in (None, persons[person]["municipality_id"]):
            said.append(f"session {one['id']}: the program is of another municipality")
    homes, all_rooms = _by_id(state.homes), _by_id(state.rooms)
    sessions = _by_id(state.sessions)
    for event in state.events:
        one = sessions[event["session_id"]]
        if event["by_id"] is None:
            continue
        near = {office for person, office in supports if person == one["person_id"]}
        near.add(persons[one["person_id"]]["municipality_id"])
        if one["room_id"]:
            near.add(homes[all_rooms[one["room_id"]]["home_id"]]["organization_id"])
        if not any((event["by_id"], office) in works for office in near):
            said.append(f"{event['action']} of session {one['id']} by somebody who has nothing to do with it")
    return said


def nights(one: Row) -> list[dt.date]:
    return [one["check_in"] + dt.timedelta(days=n) for n in range((one["check_out"] - one["check_in"]).days)]


def _planned(state: State) -> list[Row]:
    return [one for one in state.sessions if one["state"] in PLANNED]


def _stays(state: State) -> list[Row]:
    return [one for one in _planned(state) if one["kind"] == "STAY"]


def _by(rows: Iterable[Row], name: str) -> dict[Any, list[Row]]:
    found: dict[Any, list[Row]] = defaultdict(list)
    for row in rows:
        found[row[name]].append(row)
    return found


def _by_id(rows: Iterable[Row]) -> dict[Any, Row]:
    return {row["id"]: row for row in rows}


def _nothing(*_: Any) -> list[str]:
    return []


AtEnd = Callable[[State], list[str]]
Before = Callable[[State, list[Operation]], list[str]]
# What the database says at the end, and what the answers said at every moment before.
CHECKS: dict[str, tuple[AtEnd, Before]] = {
    "I1": (rooms, past.rooms),
    "I2": (people, past.people),
    "I3": (limits.minutes, past.minutes),
    "I4": (limits.in_a_row, _nothing),
    "I5": (limits.days_of_grant, _nothing),
    "I6": (limits.overnights, _nothing),
    "I7": (places, _nothing),
    "I8": (decisions, _nothing),
    "H1": (_nothing, past.answered),
    "H2": (_nothing, past.repeated),
    "H3": (evidence, _nothing),
    "T1": (tenants, past.strangers),
}
