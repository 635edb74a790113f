"""A small world made by hand for the tests of the checker: one municipality with two people and two rooms, asked for
and answered, and each way to break it.
"""

import datetime as dt
from typing import Any

from tests.soak.check import check
from tests.soak.history import Operation
from tests.soak.state import READ, State

NOW = dt.datetime(2026, 11, 22, 1, 0, tzinfo=dt.UTC)
DAY = dt.timedelta(days=1)
FIRST = dt.date(2026, 12, 5)
CITY, OFFICE, HOUSE, FAR = 1, 2, 3, 4
WORKER, HOST, COORDINATOR, STRANGER = 11, 12, 13, 14
HOME_TRIAL, OVERNIGHT, OUTING = 21, 22, 23
RUN, YEAR, GRANT, MONTH = 31, 32, 33, 34


class World:
    """One municipality with two people and two rooms, another with nobody; and what was asked and answered."""

    def __init__(self) -> None:
        self.state = State(
            slots=[_slot(one) for one in (1, 2)],
            rooms=[{"id": one, "public_id": f"room-{one}", "home_id": 1, "use": "TRIAL"} for one in (1, 2)],
            homes=[{"id": 1, "organization_id": HOUSE}],
            programs=[
                {"id": HOME_TRIAL, "code": "group-home-trial", "municipality_id": None, "needs_grant": "HOME"},
                {"id": OVERNIGHT, "code": "trial-overnight", "municipality_id": None, "needs_grant": "MOVE"},
                {"id": OUTING, "code": "outing", "municipality_id": None, "needs_grant": ""},
            ],
            limits=[
                _limit(RUN, HOME_TRIAL, "consecutive", "DAYS", 30, "REFUSE"),
                _limit(YEAR, HOME_TRIAL, "year", "DAYS", 50, "ASK"),
                _limit(GRANT, OVERNIGHT, "grant", "DAYS", 15, "ASK"),
                _limit(MONTH, OUTING, "month", "MINUTES", 1440, "ASK"),
            ],
            enrollments=[
                {
                    "id": person,
                    "person_id": person,
                    "program_id": OUTING,
                    "starts_on": FIRST - 30 * DAY,
                    "ends_on": FIRST + 150 * DAY,
                }
                for person in (1, 2)
            ],
            people=[{"id": one, "public_id": f"person-{one}", "municipality_id": CITY} for one in (1, 2)],
            grants=[
                {
                    "id": person,
                    "person_id": person,
                    "service": service,
                    "starts_on": FIRST - 30 * DAY,
                    "ends_on": FIRST + 300 * DAY,
                }
                for person in (1, 2)
                for service in ("HOME", "MOVE")
            ],
            links=[{"person_id": person, "organization_id": OFFICE} for person in (1, 2)],
            members=[
                {"user_id": user, "organization_id": organization, "role": role}
                for user, organization, role in (
                    (WORKER, OFFICE, "STAFF"),
                    (HOST, HOUSE, "STAFF"),
                    (COORDINATOR, CITY, "COORDINATOR"),
                    (STRANGER, FAR, "STAFF"),
                )
            ],
            organizations=[
                {"id": CITY, "kind": "MUNICIPALITY", "municipality_id": None},
                *({"id": one, "kind": "CONSULTATION", "municipality_id": CITY} for one in (OFFICE, HOUSE, FAR)),
            ],
        )
        self.history: list[Operation] = []
        self.clock = NOW.timestamp()

    def found(self) -> dict[str, list[str]]:
        return check(self.state, self.history)

    def stay(self, *, first: dt.date = FIRST, days: int = 2, room: int = 1, person: int = 1, program: int = HOME_TRIAL):
        """`days` counted with both ends; asked for, answered yes, and written down everywhere."""
        last = first + (days - 1) * DAY
        hours = [dt.datetime.combine(day, dt.time(6), dt.UTC) for day in (first, last)]
        row = self._session("STAY", person, program, *hours) | {
            "slot_id": room,
            "room_id": room,
            "check_in": first,
            "check_out": last,
        }
        for number in range(days - 1):
            night = {"room_id": room, "date": first + number * DAY, "use": "STAY", "session_id": row["id"]}
            self.state.nights.append({"id": 1000 + len(self.state.nights), "person_id": person} | night)
        return self._asked(row, {"check_in": str(first), "check_out": str(last), "room": f"room-{room}"})

    def outing(self, *, starts: dt.datetime | None = None, hours: float = 2, person: int = 1):
        starts = starts or dt.datetime.combine(FIRST + 20 * DAY, dt.time(1), dt.UTC)
        row = self._session("OUTING", person, OUTING, starts, starts + dt.timedelta(hours=hours))
        return self._asked(row | {"enrollment_id": person}, {})

    def _session(self, kind: str, person: int, program: int, starts: dt.datetime, ends: dt.datetime) -> dict[str, Any]:
        number = len(self.state.sessions) + 1
        empty = dict.fromkeys(READ["programs_session"])
        return empty | {
            "id": number,
            "public_id": f"session-{number}",
            "kind": kind,
            "person_id": person,
            "program_id": program,
            "starts_at": starts,
            "ends_at": ends,
            "state": "REQUESTED",
            "organization_id": OFFICE,
            "requested_by_id": WORKER,
            "created_at": NOW,
        }

    def _asked(self, row: dict[str, Any], more: dict[str, str]) -> dict[str, Any]:
        self.state.sessions.append(row)
        answer = {
            "id": row["public_id"],
            "kind": row["kind"],
            "state": "REQUESTED",
            "person": f"person-{row['person_id']}",
            "starts_at": row["starts_at"].isoformat(),
            "ends_at": row["ends_at"].isoformat(),
            "overrides": [],
        }
        body = {"person": f"person-{row['person_id']}"} | {
            name: more[name] for name in ("check_in", "check_out") if name in more
        }
        self.ask("REQUEST", row, user=WORKER, answer=answer | more, session="", body=body)
        return row

    def ask(
        self, action: str, row: dict[str, Any], *, user: int, answer: Any = None, session: Any = None, body: Any = None
    ) -> Operation:
        """Asked, done and answered."""
        one = self.send(action, row, user=user, session=session, body=body)
        self.clock += 1
        one.ended, one.status, one.digest = self.clock, 200, "same"
        one.answer = answer or {"id": row["public_id"]}
        self.happen(action, row, user)
        kept = {"model": "programs.Session", "pk": row["id"]}
        self.state.keys.append({"id": len(self.state.keys), "user_id": user, "key": one.key, "answer": kept})
        return one

    def send(self, action: str, row: dict[str, Any], *, user: int, session: Any = None, body: Any = None) -> Operation:
        self.clock += 1
        name = row["public_id"] if session is None else session
        number = f"{user}-{len(self.history)}"
        one = Operation(number, user, action, f"key-{number}", self.clock, name, body or {}, [self.clock])
        self.history.append(one)
        return one

    def happen(self, action: str, row: dict[str, Any], user: int) -> None:
        number = len(self.state.events) + 1
        at = dt.datetime.fromtimestamp(self.clock, dt.UTC)
        event = {"id": number, "session_id": row["id"], "action": action, "state": row["state"], "by_id": user}
        self.state.events.append(event | {"at": at})
        self.state.audit.append(
            {
                "id": number,
                "action": f"session.{action.lower()}",
                "subject_type": "session",
                "subject_id": row["public_id"],
            }
        )
        kinds = {"REQUEST": "REQUEST_ARRIVED", "CANCEL": "SESSION_CANCELLED", "CONFIRM": "SESSION_CONFIRMED"}
        if row["kind"] == "STAY" and action in kinds:
            told = {"kind": kinds[action], "user_id": HOST, "subject_type": "programs.session"}
            self.state.told.append({"id": number, "subject_id": row["public_id"]} | told)

    def override(self, row: dict[str, Any], code: str, limit: int | None, by: int = WORKER, reason: str = "確かめた"):
        made = {"id": len(self.state.overrides) + 1, "session_id": row["id"], "problem_code": code, "limit_id": limit}
        self.state.overrides.append(made | {"reason": reason, "by_id": by, "at": NOW})


def _slot(number: int) -> dict[str, Any]:
    return {
        "id": number,
        "room_id": number,
        "starts_on": FIRST - 10 * DAY,
        "ends_on": FIRST + 200 * DAY,
        "withdrawn_at": None,
    }


def _limit(number: int, program: int, code: str, unit: str, amount: int, enforcement: str) -> dict[str, Any]:
    return {
        "id": number,
        "program_id": program,
        "code": code,
        "unit": unit,
        "amount": amount,
        "window": "",
        "enforcement": enforcement,
    }
