"""Limits, counted anew from the rows: a second opinion, written without a look at the application's own sums.

Stays never move, so their days are counted change by change in the order of the history, which the person's lock makes
the order of commits: whatever passed a limit must have been decided right then. Minutes of outings that nobody decided
on may at no time be more than the limit, whatever was called off in between.
"""

import datetime as dt
from collections import defaultdict
from collections.abc import Iterator
from typing import Any
from zoneinfo import ZoneInfo

from tests.soak.state import Row, State

TOKYO = ZoneInfo("Asia/Tokyo")
DAY = dt.timedelta(days=1)
COUNTING = ("REQUESTED", "CONFIRMED", "IN_PROGRESS", "COMPLETED", "CUT_SHORT")
ENDING = ("DECLINE", "EXPIRE", "CANCEL", "NO_SHOW")
LEAVING = ("CHECK_OUT", "CUT_SHORT")


def month_parts(starts: dt.datetime, ends: dt.datetime) -> Iterator[tuple[tuple[int, int], float]]:
    """(year, month) in Japan, and the minutes in it."""
    starts, ends = starts.astimezone(TOKYO), ends.astimezone(TOKYO)
    while starts < ends:
        turn = dt.datetime.combine((starts.date().replace(day=1) + 32 * DAY).replace(day=1), dt.time(), TOKYO)
        until = min(turn, ends)
        yield (starts.year, starts.month), (until - starts).total_seconds() / 60
        starts = until


def minutes(state: State) -> list[str]:
    """I3."""
    decided = _decided_since_move(state)
    said = []
    for limit in (one for one in state.limits if one["unit"] == "MINUTES"):
        used: dict[tuple[int, tuple[int, int]], float] = defaultdict(float)
        for one in state.sessions:
            counts = one["program_id"] == limit["program_id"] and one["state"] in COUNTING
            if counts and (one["id"], limit["id"]) not in decided:
                for month, part in month_parts(*_times(one)):
                    used[one["person_id"], month] += part
        said += [
            f"person {person} has {round(total)} of {limit['amount']} minutes in {month}, and nobody decided"
            for (person, month), total in used.items()
            if total > limit["amount"]
        ]
    return said


def in_a_row(state: State) -> list[str]:
    """I4."""
    return _replayed(state, "group-home-trial", "consecutive", _longest_run)


def days_of_grant(state: State) -> list[str]:
    """I5."""
    return _replayed(state, "group-home-trial", "year", _in_grant)


def overnights(state: State) -> list[str]:
    """I6."""
    return _replayed(state, "trial-overnight", "grant", _in_grant)


def outside(state: State, decided: set[tuple[int, str]]) -> list[str]:
    """I7: of grant and enrollment."""
    programs = {one["id"]: one for one in state.programs}
    enrollments = {one["id"]: one for one in state.enrollments}
    said = []
    for one in state.sessions:
        if one["state"] not in COUNTING:
            continue
        first, last = one["starts_at"].astimezone(TOKYO).date(), one["ends_at"].astimezone(TOKYO).date()
        service = programs[one["program_id"]]["needs_grant"]
        if service:
            grant = _grant(state, one["person_id"], service, first)
            code = "grant.missing" if grant is None else "grant.period"
            inside = grant is not None and grant["starts_on"] <= first and last <= grant["ends_on"]
            if not inside and (one["id"], code) not in decided:
                said.append(f"session {one['id']} lies outside of the grant, and nobody decided")
        if one["enrollment_id"]:
            period = enrollments[one["enrollment_id"]]
            inside = period["starts_on"] <= first and last <= period["ends_on"]
            if not inside and (one["id"], "enrollment.period") not in decided:
                said.append(f"session {one['id']} lies outside of the enrollment, and nobody decided")
    return said


def _replayed(state: State, program: str, code: str, measure: Any) -> list[str]:
    """Change by change: what a request brought above the limit without a decision."""
    kept = [one for one in state.programs if one["code"] == program]
    limits = [one for one in state.limits if one["code"] == code and one["program_id"] in {row["id"] for row in kept}]
    if not kept or not limits:
        return []
    service, limit = kept[0]["needs_grant"], limits[0]
    decided = {(one["session_id"], one["limit_id"]) for one in state.overrides}
    sessions = {
        one["id"]: one for one in state.sessions if one["program_id"] == kept[0]["id"] and one["kind"] == "STAY"
    }
    days: dict[int, dict[int, set[dt.date]]] = defaultdict(dict)
    said = []
    for event in sorted(state.events, key=lambda one: one["id"]):
        one = sessions.get(event["session_id"])
        if one is None:
            continue
        own = days[one["person_id"]]
        if event["action"] == "REQUEST":
            before = set().union(*own.values())
            own[one["id"]] = _days(one["check_in"], one["check_out"])
            grant = _grant(state, one["person_id"], service, one["check_in"])
            total = measure(before, own[one["id"]], grant)
            if total > limit["amount"] and (one["id"], limit["id"]) not in decided:
                said.append(f"session {one['id']} made it {total} of {limit['amount']} days ({code}), nobody decided")
        elif event["action"] in ENDING:
            own.pop(one["id"], None)
        elif event["action"] in LEAVING and one["actual_ends_at"] is not None:
            start, end = (one[name].astimezone(TOKYO).date() for name in ("actual_starts_at", "actual_ends_at"))
            own[one["id"]] = _days(start, end)
    return said


def _longest_run(before: set[dt.date], asked: set[dt.date], grant: Row | None) -> int:
    """Of days with a stay, around those asked for; 0 when all of them were used already."""
    if asked <= before:
        return 0
    every = before | asked
    first, last = min(asked), max(asked)
    while first - DAY in every:
        first -= DAY
    while last + DAY in every:
        last += DAY
    return (last - first).days + 1


def _in_grant(before: set[dt.date], asked: set[dt.date], grant: Row | None) -> int:
    """Days of the grant that is in force at the beginning; 0 when nothing is added to it."""
    if grant is None:
        return 0
    inside = {day for day in before | asked if grant["starts_on"] <= day <= grant["ends_on"]}
    return len(inside) if inside - before else 0


def _grant(state: State, person: int, service: str, on: dt.date) -> Row | None:
    """The one in force, else the latest that has begun, else the first to come."""
    own = [one for one in state.grants if one["person_id"] == person and one["service"] == service]
    in_force = [one for one in own if one["starts_on"] <= on <= one["ends_on"]]
    begun = in_force or [one for one in own if one["starts_on"] <= on]
    if begun:
        return max(begun, key=lambda one: one["starts_on"])
    return min(own, key=lambda one: one["starts_on"], default=None)


def _days(first: dt.date, last: dt.date) -> set[dt.date]:
    return {first + n * DAY for n in range((last - first).days + 1)}


def _times(one: Row) -> tuple[dt.datetime, dt.datetime]:
    """What was planned, or what really was where that is known and less."""
    starts, ends = one["starts_at"], one["ends_at"]
    if one["actual_starts_at"] and one["actual_ends_at"]:
        real = one["actual_ends_at"] - one["actual_starts_at"]
        return one["actual_starts_at"], one["actual_starts_at"] + min(real, ends - starts)
    return starts, ends


def _decided_since_move(state: State) -> set[tuple[int, int | None]]:
    """(session, limit) decided for the time at which the session now stands."""
    moved: dict[int, dt.datetime] = {}
    for event in state.events:
        if event["action"] == "MOVE":
            moved[event["session_id"]] = event["at"]
    return {
        (one["session_id"], one["limit_id"])
        for one in state.overrides
        if one["session_id"] not in moved or one["at"] >= moved[one["session_id"]]
    }
