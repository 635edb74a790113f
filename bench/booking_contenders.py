"""Who races for a room in booking.py: the bare SQL pattern, the service, the form over HTTP, and an empty view."""

import datetime as dt
import http.client
import re
import sqlite3
from dataclasses import dataclass
from http.cookies import SimpleCookie
from urllib.parse import urlencode
from uuid import uuid4

import psycopg

NIGHTS = 2
PRAGMAS = "PRAGMA journal_mode=WAL; PRAGMA synchronous=FULL; PRAGMA foreign_keys=ON;"
BARE_SCHEMA = """
CREATE TABLE bare_person (id {key});
CREATE TABLE bare_room (id {key});
CREATE TABLE bare_session (
    id {key},
    person_id bigint NOT NULL REFERENCES bare_person (id),
    room_id bigint NOT NULL REFERENCES bare_room (id),
    check_in date NOT NULL,
    check_out date NOT NULL,
    state varchar(12) NOT NULL
);
CREATE TABLE bare_night (
    id {key},
    room_id bigint NOT NULL REFERENCES bare_room (id),
    date date NOT NULL,
    session_id bigint NOT NULL REFERENCES bare_session (id),
    person_id bigint NOT NULL REFERENCES bare_person (id),
    UNIQUE (room_id, date),
    UNIQUE (person_id, date)
);
"""


@dataclass(frozen=True, slots=True)
class World:
    """What the clients must know; made in the database before they start."""

    bare: str
    port: int
    emails: list[str]
    password: str
    users: list[int]
    office: int
    program: int
    code: str
    slot: int
    slot_id: str
    # By round, then client: (primary key, public id).
    askers: dict[str, list[list[tuple[int, str]]]]
    first: dt.date

    def nights(self, contender: str, number: int) -> list[dt.date]:
        """The nights of a round; the service and HTTP share the room, so each has its own."""
        start = self.first + dt.timedelta(days=NIGHTS * (2 * number + (contender == "service")))
        return [start + dt.timedelta(days=offset) for offset in range(NIGHTS)]


class BareSql:
    """The least that books a room without booking it twice."""

    def __init__(self, world: World, client: int) -> None:
        self.world, self.client = world, client
        self.connection = connect_bare(world.bare)
        if isinstance(self.connection, sqlite3.Connection):
            self.begin, self.lock, mark = "BEGIN IMMEDIATE", "SELECT id FROM bare_person WHERE id = ?", "?"
        else:
            self.begin, mark = "BEGIN", "%s"
            self.lock = "SELECT id FROM bare_person WHERE id = %s FOR NO KEY UPDATE"
        self.session = (
            "INSERT INTO bare_session (person_id, room_id, check_in, check_out, state)"
            f" VALUES ({mark}, 1, {mark}, {mark}, 'REQUESTED') RETURNING id"
        )
        row = f"(1, {mark}, {mark}, {mark})"
        self.nights = (
            f"INSERT INTO bare_night (room_id, date, session_id, person_id) VALUES {', '.join([row] * NIGHTS)}"
        )

    def prepare(self, number: int) -> None:
        self.dates = [str(date) for date in self.world.nights("bare SQL", number)]
        self.check_out = str(dt.date.fromisoformat(self.dates[-1]) + dt.timedelta(days=1))

    def act(self) -> str:
        run, person = self.connection.execute, self.client + 1
        run(self.begin)
        try:
            run(self.lock, (person,)).fetchall()
            [(session,)] = run(self.session, (person, self.dates[0], self.check_out)).fetchall()
            run(self.nights, [value for date in self.dates for value in (date, session, person)])
            run("COMMIT")
        except (sqlite3.IntegrityError, psycopg.errors.UniqueViolation):
            run("ROLLBACK")
            return "taken"
        return "won"


class Service:
    def __init__(self, world: World, client: int) -> None:
        self.world, self.client = world, client

    def prepare(self, number: int) -> None:
        from programs.models import Program, Slot
        from transition.models import Organization, Person, User
        from transition.services.transactions import RequestKey

        nights = self.world.nights("service", number)
        user = self.world.users[self.client]
        self.arguments = {
            "person": Person.objects.get(pk=self.world.askers["service"][number][self.client][0]),
            "program": Program.objects.get(pk=self.world.program),
            "slot": Slot.objects.select_related("room__home").get(pk=self.world.slot),
            "check_in": nights[0],
            "check_out": nights[-1] + dt.timedelta(days=1),
            "organization": Organization.objects.get(pk=self.world.office),
            "by": User.objects.get(pk=user),
            "key": RequestKey.of(user, str(uuid4()), {"number": number}),
        }

    def act(self) -> str:
        from programs.domain.problems import Refused
        from programs.services import sessions

        try:
            sessions.request_stay(**self.arguments)
        except Refused as refused:
            codes = " ".join(problem.code for problem in refused.problems)
            return "taken" if codes == "room.taken" else codes
        return "won"


class Browser:
    """Cookies, and a connection of its own for each request, as through a proxy."""

    def __init__(self, world: World, client: int) -> None:
        self.world, self.client = world, client
        self.cookies: dict[str, str] = {}

    def send(self, path: str, form: dict[str, str] | None = None) -> tuple[int, str, bytes]:
        connection = http.client.HTTPConnection("127.0.0.1", self.world.port, timeout=60)
        headers = {
            "Connection": "close",
            "Cookie": "; ".join(f"{name}={value}" for name, value in self.cookies.items()),
        }
        if form is None:
            connection.request("GET", path, headers=headers)
        else:
            headers["Content-Type"] = "application/x-www-form-urlencoded"
            connection.request("POST", path, urlencode(form), headers)
        response = connection.getresponse()
        body = response.read()
        for line in response.headers.get_all("Set-Cookie", []):
            self.cookies |= {name: morsel.value for name, morsel in SimpleCookie(line).items()}
        return response.status, response.headers.get("Location", ""), body

    def form(self, path: str, *names: str) -> dict[str, str]:
        """Hidden fields of the page's own form, which is the last to hold them."""
        status, _, body = self.send(path)
        found = {name: re.findall(f'name="{name}" value="([^"]+)"', body.decode()) for name in names}
        if status != 200 or not all(found.values()):
            raise RuntimeError(f"{path} answered {status} without a form")
        return {name: values[-1] for name, values in found.items()}


class EmptyView(Browser):
    def prepare(self, number: int) -> None:
        pass

    def act(self) -> str:
        status, _, _ = self.send("/bench/empty/")
        return str(status)


class Http(Browser):
    """A worker who signed in, opened the page, and presses the button."""

    def prepare(self, number: int) -> None:
        if "sessionid" not in self.cookies:
            self.sign_in()
        nights = self.world.nights("HTTP", number)
        person = self.world.askers["HTTP"][number][self.client][1]
        self.path = f"/people/{person}/slots/{self.world.slot_id}/"
        self.values = self.form(self.path, "csrfmiddlewaretoken", "idempotency_key") | {
            "program": self.world.code,
            "check_in": str(nights[0]),
            "check_out": str(nights[-1] + dt.timedelta(days=1)),
            "note": "夜は静かな部屋がよいです。",
        }

    def sign_in(self) -> None:
        form = self.form("/sign-in/", "csrfmiddlewaretoken")
        form |= {"username": self.world.emails[self.client], "password": self.world.password}
        status, _, _ = self.send("/sign-in/", form)
        if status != 302:
            raise RuntimeError(f"signing in answered {status}")

    def act(self) -> str:
        status, location, body = self.send(self.path, self.values)
        if status == 302 and location.startswith("/sessions/"):
            return "won"
        taken = status == 422 and "の夜が埋まっています".encode() in body
        return "taken" if taken else f"{status} {location}"


Contender = BareSql | Service | EmptyView | Http
CONTENDERS: dict[str, type[Contender]] = {
    "bare SQL": BareSql,
    "service": Service,
    "HTTP": Http,
    "empty view": EmptyView,
}
SERVED = {"HTTP", "empty view"}
BOOKING = {"bare SQL", "service", "HTTP"}
COMPARED = (("service", "bare SQL"), ("HTTP", "bare SQL"), ("HTTP", "service"), ("HTTP", "empty view"))


def connect_bare(address: str) -> sqlite3.Connection | psycopg.Connection:
    if "://" in address:
        return psycopg.connect(address, autocommit=True)
    connection = sqlite3.connect(address, timeout=20, isolation_level=None, check_same_thread=False)
    connection.executescript(PRAGMAS)
    return connection
