"""What the programs ask for: six of ten aim at the room or the person of the moment, the same for all of them; days
lie around ends of months in Japan, around 31 March, and anywhere.
"""

import datetime as dt
import random
import threading
import time
from dataclasses import dataclass, field
from typing import Any
from zoneinfo import ZoneInfo

TOKYO = ZoneInfo("Asia/Tokyo")
DAY = dt.timedelta(days=1)
SLICE_SECONDS = 0.25
AIMED = 0.6
REASON = "市町村に電話で確かめました。"
OPEN = ("REQUESTED", "CONFIRMED", "IN_PROGRESS")
# How many sessions that are over are remembered, to be acted upon in vain.
OVER = 200


@dataclass
class Wish:
    action: str
    path: str
    body: dict[str, Any] = field(default_factory=dict)
    session: str = ""


class Known:
    """What the programs together have been told of sessions."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._sessions: dict[str, dict[str, Any]] = {}

    def note(self, answer: dict[str, Any]) -> None:
        with self._lock:
            self._sessions[answer["id"]] = answer
            if len(self._sessions) % 50 == 0:
                over = [name for name, one in self._sessions.items() if one["state"] not in OPEN]
                for name in over[:-OVER]:
                    del self._sessions[name]

    def any(self, chance: random.Random, *states: str, **like: Any) -> dict[str, Any] | None:
        with self._lock:
            found = [
                one
                for one in self._sessions.values()
                if one["state"] in states and all(one[name] == value for name, value in like.items())
            ]
        return chance.choice(found) if found else None


class Aim:
    def __init__(self, world: dict[str, Any], known: Known) -> None:
        self.world = world
        self.known = known
        self.today = dt.date.fromisoformat(world["today"])
        self.turns = _month_ends(self.today)
        self.march = dt.date(self.today.year + (self.today > dt.date(self.today.year, 3, 31)), 3, 31)

    def wish(self, client: dict[str, Any], chance: random.Random) -> Wish:
        # All programs make the same choice within the same 250 ms.
        moment = random.Random(int(time.time() / SLICE_SECONDS)) if chance.random() < AIMED else chance
        room = moment.choice(self.world["rooms"])
        person = moment.choice(self.world["people"])
        day = self._day(moment)
        is_room = moment.random() < 0.5
        # The other one of the two is everybody's own.
        if is_room:
            person = chance.choice(self.world["people"])
        else:
            room = chance.choice(self.world["rooms"])
        like = {"room": room["id"]} if is_room else {"person": person["id"]}
        match client["kind"]:
            case "home":
                return self._as_home(client, chance, {"room": room["id"]}, day)
            case "stranger":
                return self._as_stranger(chance, room, person, day)
        return self._as_office(chance, room, person, day, like)

    def _as_office(
        self, chance: random.Random, room: dict[str, Any], person: dict[str, Any], day: dt.date, like: dict[str, str]
    ) -> Wish:
        dice = chance.random()
        if dice < 0.40:
            return self._stay(chance, room, person, day)
        if dice < 0.60:
            return self._outing(chance, person, day)
        if dice < 0.68:
            found = self.known.any(chance, "REQUESTED", "CONFIRMED", kind="OUTING", person=person["id"])
            return self._move(chance, found, day) if found else self._outing(chance, person, day)
        if dice < 0.72:
            found = self.known.any(chance, "REQUESTED", kind="OUTING")
            return _step("CONFIRM", found) if found else self._outing(chance, person, day)
        if dice < 0.77:
            found = self.known.any(chance, "CONFIRMED", "IN_PROGRESS", kind="OUTING")
            if found and found["starts_at"][:10] == self.today.isoformat():
                return _step("CHECK_OUT" if found["state"] == "IN_PROGRESS" else "CHECK_IN", found)
        if dice < 0.79:
            found = self.known.any(chance, "CANCELLED", "DECLINED")
        else:
            found = self.known.any(chance, *OPEN, **like) or self.known.any(chance, *OPEN)
        return _step("CANCEL", found, reason=REASON) if found else self._stay(chance, room, person, day)

    def _as_home(self, client: dict[str, Any], chance: random.Random, like: dict[str, str], day: dt.date) -> Wish:
        dice = chance.random()
        if dice < 0.12:
            return self._nights(client, chance, day)
        states, action = (("REQUESTED",), "CONFIRM") if dice < 0.55 else (("CONFIRMED",), "CANCEL")
        if dice > 0.70:
            states, action = ("REQUESTED",), "DECLINE"
        if dice > 0.80:
            states, action = ("CONFIRMED",), "CHECK_IN"
        if dice > 0.92:
            states, action = ("IN_PROGRESS",), chance.choice(("CHECK_OUT", "CUT_SHORT"))
        if action == "CHECK_IN":
            found = self.known.any(chance, *states, check_in=self.today.isoformat())
        else:
            found = self.known.any(chance, *states, kind="STAY", **like) or self.known.any(chance, *states, kind="STAY")
        if found is None:
            found = self.known.any(chance, "REQUESTED", kind="STAY")
            action = "CONFIRM"
        if found is None:
            return self._nights(client, chance, day)
        body = {"DECLINE": {"decline_reason": "DATES"}, "CANCEL": {"reason": REASON}}.get(action, {})
        return _step(action, found, **body)

    def _nights(self, client: dict[str, Any], chance: random.Random, day: dt.date) -> Wish:
        own = chance.choice([one for one in self.world["rooms"] if one["home"] == client["home"]])
        nights = [(day + number * DAY).isoformat() for number in range(chance.randint(1, 3))]
        path = f"/api/v1/rooms/{own['id']}/"
        if chance.random() < 0.4:
            return Wish("CLOSE", f"{path}close-nights/", {"nights": nights, "use": "CLEANING"})
        return Wish("OPEN", f"{path}open-nights/", {"nights": nights})

    def _as_stranger(self, chance: random.Random, room: dict[str, Any], person: dict[str, Any], day: dt.date) -> Wish:
        """What is somebody else's: the answer is always no. And sometimes the own person in the same rooms."""
        dice = chance.random()
        if dice < 0.4:
            return self._stay(chance, room, self.world["stranger"], day)
        if dice < 0.6:
            return self._stay(chance, room, person, day)
        if dice < 0.8:
            return self._outing(chance, person, day)
        found = self.known.any(chance, *OPEN)
        return _step("CANCEL", found, reason=REASON) if found else self._stay(chance, room, person, day)

    def _stay(self, chance: random.Random, room: dict[str, Any], person: dict[str, Any], day: dt.date) -> Wish:
        if room["late"] and chance.random() < 0.1:
            day = self.today
        code = "trial-overnight" if chance.random() < 0.25 else "group-home-trial"
        first = day + chance.randint(0, 1) * DAY
        body = {
            "kind": "STAY",
            "person": person["id"],
            "program": self.world["programs"][code],
            "slot": room["slot"],
            "check_in": first.isoformat(),
            "check_out": (first + chance.choice(self.world["nights"]) * DAY).isoformat(),
        }
        return Wish("REQUEST", "/api/v1/sessions/", body | _with_reason(chance))

    def _outing(self, chance: random.Random, person: dict[str, Any], day: dt.date) -> Wish:
        if chance.random() < 0.1:
            day = self.today
        starts, ends = self._hours(chance, day)
        body = {
            "kind": "OUTING",
            "enrollment": person["enrollment"],
            "activity": "買い物",
            "starts_at": starts,
            "ends_at": ends,
            "confirm": chance.random() < 0.3,
        }
        return Wish("REQUEST", "/api/v1/sessions/", body | _with_reason(chance))

    def _move(self, chance: random.Random, found: dict[str, Any], day: dt.date) -> Wish:
        starts, ends = self._hours(chance, day)
        body = {"starts_at": starts, "ends_at": ends} | _with_reason(chance)
        return Wish("MOVE", f"/api/v1/sessions/{found['id']}/move/", body, found["id"])

    def _hours(self, chance: random.Random, day: dt.date) -> tuple[str, str]:
        """From half an hour to a whole night; some go on past midnight, and so into the next month."""
        starts = dt.datetime.combine(day, dt.time(chance.choice((9, 10, 13, 20)), chance.randrange(60)), TOKYO)
        if day == self.today:
            # To come, and today still.
            last = dt.datetime.combine(day, dt.time(23, 58), TOKYO)
            starts = min(dt.datetime.now(TOKYO) + dt.timedelta(minutes=chance.randint(20, 200)), last)
        ends = starts + dt.timedelta(minutes=chance.choice((30, 90, 180, 360, 500)))
        return starts.isoformat(), ends.isoformat()

    def _day(self, chance: random.Random) -> dt.date:
        dice = chance.random()
        if dice < 0.4:
            day = chance.choice(self.turns) + chance.randint(-2, 1) * DAY
        elif dice < 0.6:
            day = self.march + chance.randint(-3, 1) * DAY
        else:
            day = self.today + chance.randint(1, 150) * DAY
        return max(day, self.today + DAY)


def _month_ends(today: dt.date) -> list[dt.date]:
    first = today.replace(day=1)
    found = []
    for _ in range(4):
        first = (first + 32 * DAY).replace(day=1)
        found.append(first - DAY)
    return found


def _step(action: str, found: dict[str, Any], **body: Any) -> Wish:
    address = action.lower().replace("_", "-")
    return Wish(action, f"/api/v1/sessions/{found['id']}/{address}/", body, found["id"])


def _with_reason(chance: random.Random) -> dict[str, str]:
    return {"reason": REASON} if chance.random() < 0.3 else {}
