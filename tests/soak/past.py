"""What the answers said at every moment, held against each other and against the end. An answer that never came says
nothing: what it was about may have happened once or not at all.
"""

import datetime as dt
from collections import Counter, defaultdict
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from tests.soak.history import Operation
from tests.soak.limits import month_parts
from tests.soak.state import Row, State

ENDING = ("CANCEL", "DECLINE", "CHECK_OUT", "CUT_SHORT", "NO_SHOW")
FOREVER = float("inf")
NEARLY = 1.0


@dataclass(frozen=True)
class Stretch:
    """A session as it certainly was, from an answer until somebody asked for something that could change it."""

    session: str
    person: str
    room: str
    starts: dt.datetime
    ends: dt.datetime
    nights: tuple[dt.date, ...]
    decided: bool
    since: float
    until: float

    def meets(self, other: "Stretch") -> bool:
        return self.since < other.until and other.since < self.until

    def overlaps(self, other: "Stretch") -> bool:
        return self.starts < other.ends and other.starts < self.ends


def stretches(history: list[Operation]) -> list[Stretch]:
    about: dict[str, list[Operation]] = defaultdict(list)
    for one in history:
        if one.about:
            about[one.about].append(one)
    return [stretch for operations in about.values() for stretch in _of_session(operations)]


def rooms(_: State, history: list[Operation]) -> list[str]:
    """I1: two that were both told yes have the same room in the same night."""
    held: dict[tuple[str, dt.date], list[Stretch]] = defaultdict(list)
    for one in stretches(history):
        for night in one.nights:
            held[one.room, night].append(one)
    return [
        f"{one.session} and {two.session} both had room {room} on {night}"
        for (room, night), found in held.items()
        for one, two in _pairs(found)
        if one.meets(two)
    ]


def people(_: State, history: list[Operation]) -> list[str]:
    """I2: two that were both told yes have the same person at the same time."""
    held: dict[str, list[Stretch]] = defaultdict(list)
    for one in stretches(history):
        held[one.person].append(one)
    return [
        f"{one.session} and {two.session} both had person {person}"
        for person, found in held.items()
        for one, two in _pairs(found)
        if one.overlaps(two) and one.meets(two)
    ]


def minutes(state: State, history: list[Operation]) -> list[str]:
    """I3 at every moment at which a yes came."""
    limit = next((one["amount"] for one in state.limits if one["unit"] == "MINUTES"), None)
    if limit is None:
        return []
    held: dict[tuple[str, tuple[int, int]], list[tuple[Stretch, float]]] = defaultdict(list)
    for one in stretches(history):
        if not one.nights and not one.decided:
            for month, part in month_parts(one.starts, one.ends):
                held[one.person, month].append((one, part))
    said = []
    for (person, month), found in held.items():
        for now, _part in found:
            total = sum(part for one, part in found if one.since <= now.since < one.until)
            if total > limit:
                said.append(f"person {person} had {round(total)} of {limit} minutes in {month}, and nobody decided")
                break
    return said


def answered(state: State, history: list[Operation]) -> list[str]:
    """H1: what was accepted is there once, what was refused is not, of the rest nothing is there twice."""
    return [*lost(state, history), *doubled(state, history)]


def lost(state: State, history: list[Operation]) -> list[str]:
    sessions = {one["public_id"]: one for one in state.sessions}
    done = Counter((one["session_id"], one["action"], one["by_id"]) for one in state.events)
    keys = {(one["user_id"], one["key"]) for one in state.keys}
    targets = Counter((one.session, str(one.body.get("starts_at"))) for one in history if one.action == "MOVE")
    said = []
    for one in history:
        if not one.accepted:
            continue
        if (one.user, one.key) not in keys:
            said.append(f"{one.action} {one.number} was accepted, and its key is not there")
        if one.action in ("CLOSE", "OPEN"):
            continue
        session = sessions.get(one.about)
        if session is None:
            said.append(f"session {one.about} was accepted and is not there")
            continue
        # Moved to where it stood already, nothing is noted.
        same = one.action == "MOVE" and targets[one.session, str(one.body.get("starts_at"))] > 1
        if not done[session["id"], one.action, one.user] and not same:
            said.append(f"{one.action} of session {session['id']} was accepted and did not happen")
    return said


def doubled(state: State, history: list[Operation]) -> list[str]:
    """Done twice, or done although the answer was no, or done by nobody's asking."""
    done = Counter((one["session_id"], one["action"]) for one in state.events)
    said = [
        f"{action} of session {session} happened {times} times"
        for (session, action), times in done.items()
        if times > 1 and action not in ("MOVE", "CHANGE")
    ]
    by_id = {one["id"]: one for one in state.sessions}
    kept = {(one["user_id"], one["key"]): _session_of(one["answer"]) for one in state.keys}
    for one in history:
        if one.refused and not one.may_have_been_done_before and (one.user, one.key) in kept:
            said.append(f"{one.action} {one.number} was refused, and its key is there")
    persons = {one["id"]: one["public_id"] for one in state.people}
    askers = _askers(history, kept, by_id, persons)
    for event in state.events:
        if event["by_id"] is None:
            continue
        found = askers(event)
        if not any(_may_have_done(one, event) for one in found):
            heard = f"was answered {found[0].status}" if found else "nobody asked"
            said.append(f"{event['action']} of session {event['session_id']} happened, and {heard}")
    moved = Counter((one["session_id"], one["by_id"]) for one in state.events if one["action"] == "MOVE")
    asked = Counter((one.session, one.user) for one in history if one.action == "MOVE" and not _surely_not(one))
    return said + [
        f"session {session} was moved {times} times by user {user}, who asked less often"
        for (session, user), times in moved.items()
        if times > asked[by_id[session]["public_id"], user]
    ]


def repeated(_: State, history: list[Operation]) -> list[str]:
    """H2: sent again, it is answered as it was."""
    return [
        f"{one.action} {one.number} was answered {one.status}, and again {status}"
        + ("" if status != one.status else " in other words")
        for one in history
        for _at, status, digest in one.replays
        if (status, digest) != (one.status, one.digest)
    ]


def strangers(state: State, history: list[Operation]) -> list[str]:
    """T1: to whom it is nobody's business, a session is not there: neither yes nor a reason."""
    works: dict[int, set[int]] = defaultdict(set)
    for one in state.members:
        works[one["user_id"]].add(one["organization_id"])
    homes = {one["id"]: one["organization_id"] for one in state.homes}
    houses = {one["id"]: homes[one["home_id"]] for one in state.rooms}
    cities = {one["id"]: one["municipality_id"] for one in state.people}
    supports: dict[int, set[int]] = defaultdict(set)
    for one in state.links:
        supports[one["person_id"]].add(one["organization_id"])
    sessions = {one["public_id"]: one for one in state.sessions}
    said = []
    for asked in history:
        session = sessions.get(asked.session)
        if session is None or asked.unknown:
            continue
        person = session["person_id"]
        near = {*supports[person], cities[person], houses.get(session["room_id"])}
        if not near & works[asked.user] and asked.status != 404:
            said.append(f"{asked.action} by stranger {asked.user} of session {session['id']}: {asked.status}, not 404")
    return said


def _askers(
    history: list[Operation], kept: dict[tuple[int, str], Any], by_id: dict[int, Row], persons: dict[int, str]
) -> Any:
    """Who asked for an event: those who surely or perhaps brought it about."""
    steps: dict[tuple[str, str, int], list[Operation]] = defaultdict(list)
    made: dict[str, list[Operation]] = defaultdict(list)
    alike: dict[tuple[Any, ...], list[Operation]] = defaultdict(list)
    for one in history:
        if one.action != "REQUEST":
            steps[one.session, one.action, one.user].append(one)
        elif one.accepted:
            made[one.about].append(one)
        elif session := by_id.get(kept.get((one.user, one.key)) or 0):
            made[session["public_id"]].append(one)
        else:
            # Not answered with yes, and no key that says which session: by what was asked for.
            alike[one.user, one.body.get("person"), one.body.get("check_in"), one.body.get("check_out")].append(one)

    def asked(event: Row) -> list[Operation]:
        session = by_id[event["session_id"]]
        name = session["public_id"]
        found = list(steps[name, event["action"], event["by_id"]])
        if event["action"] in ("REQUEST", "CONFIRM"):
            found += [one for one in made[name] if event["action"] == "REQUEST" or one.body.get("confirm")]
        if event["action"] == "REQUEST" and not found:
            days = (session["check_in"], session["check_out"])
            if session["kind"] == "STAY":
                found = alike[event["by_id"], persons[session["person_id"]], *map(str, days)]
            else:
                outings = alike[event["by_id"], None, None, None]
                found = [one for one in outings if abs(one.sent - event["at"].timestamp()) < 60]
        return found

    return asked


def _may_have_done(one: Operation, event: Row) -> bool:
    """A no after attempts without an answer: one of those may still have been on its way, and come later."""
    if one.accepted or one.unknown:
        return True
    return one.may_have_been_done_before and event["at"].timestamp() > one.attempts[-1]


def _surely_not(one: Operation) -> bool:
    return one.refused and not one.may_have_been_done_before


def _session_of(answer: dict[str, Any]) -> int | None:
    return answer.get("pk") if answer.get("model") == "programs.Session" else None


def _of_session(operations: list[Operation]) -> Iterator[Stretch]:
    """Each yes that says where the session stands, until the next asking that may change it."""
    for one in operations:
        if not one.accepted or one.action not in ("REQUEST", "MOVE") or one.ended is None:
            continue
        answer, since = one.answer, one.ended
        if answer["state"] not in ("REQUESTED", "CONFIRMED", "IN_PROGRESS"):
            continue
        others = [other for other in operations if other is not one and other.action in (*ENDING, "MOVE")]
        if answer.get("check_in"):
            others = [other for other in others if other.action != "MOVE"]
        # Asked for before, and perhaps done after.
        others = [other for other in others if not _over(other, one)]
        until = min((max(other.sent, 0) for other in others), default=FOREVER)
        if answer.get("expires_at"):
            until = min(until, dt.datetime.fromisoformat(answer["expires_at"]).timestamp() - NEARLY)
        if since < until:
            yield _stretch(one, since, until)


def _over(other: Operation, one: Operation) -> bool:
    """Answered before this one was even asked, and with a no or a new time that this one has replaced."""
    if other.ended is None or len(other.attempts) > 1:
        return False
    return other.ended < one.sent or _surely_not(other)


def _stretch(one: Operation, since: float, until: float) -> Stretch:
    answer = one.answer
    nights: tuple[dt.date, ...] = ()
    if answer.get("check_in"):
        first, last = (dt.date.fromisoformat(answer[name]) for name in ("check_in", "check_out"))
        nights = tuple(first + dt.timedelta(days=n) for n in range((last - first).days))
    return Stretch(
        session=answer["id"],
        person=str(answer["person"]),
        room=str(answer.get("room")),
        starts=dt.datetime.fromisoformat(answer["starts_at"]),
        ends=dt.datetime.fromisoformat(answer["ends_at"]),
        nights=nights,
        decided=bool(answer.get("overrides")),
        since=since,
        until=until,
    )


def _pairs(found: list[Stretch]) -> Iterator[tuple[Stretch, Stretch]]:
    for number, one in enumerate(found):
        for two in found[number + 1 :]:
            if one.session != two.session:
                yield one, two
