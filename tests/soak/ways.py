"""H4: the feed, the API, the page and the file for the person show the same sessions as the database, over HTTP."""

import http.client
import io
import json
import re
import uuid
import zipfile
from collections.abc import Callable
from typing import Any

from tests.soak.state import State

LIVE = ("REQUESTED", "CONFIRMED", "IN_PROGRESS", "COMPLETED", "CUT_SHORT")
LINK = re.compile(r"/sessions/([0-9a-f-]{36})/")
SECONDS = 60


class Doors:
    def __init__(self, port: int, world: dict[str, Any]) -> None:
        self.port, self.world = port, world

    def ask(self, path: str, *, token: str = "", body: Any = None) -> bytes:
        headers = {"Cookie": f"sessionid={self.world['cookie']}"} if not token else {"Authorization": f"Bearer {token}"}
        method = "GET"
        if body is not None:
            method, headers["Content-Type"], headers["Idempotency-Key"] = "POST", "application/json", str(uuid.uuid4())
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=SECONDS)
        try:
            connection.request(method, path, None if body is None else json.dumps(body), headers)
            answer = connection.getresponse()
            content = answer.read()
        finally:
            connection.close()
        if not 200 <= answer.status < 300:
            raise ValueError(f"{method} {path.partition('?')[0]}: {answer.status}")
        return content

    def feed(self, door: dict[str, str]) -> set[str]:
        """Uids of what is not called off."""
        text = self.ask(f"/ical/{door['feed']}/yotei.ics").decode().replace("\r\n ", "")
        events = [event for event in text.split("BEGIN:VEVENT")[1:] if "STATUS:CANCELLED" not in event]
        return {event.partition("UID:")[2].partition("@")[0] for event in events}

    def api(self, door: dict[str, str]) -> set[str]:
        token = self.world["clients"][0]["token"]
        path, found = f"/api/v1/sessions/?person={door['person']}&page_size=100", set()
        while path:
            page = json.loads(self.ask(path, token=token))
            found |= {row["id"] for row in page["results"]}
            path = "/" + page["next"].split("/", 3)[3] if page["next"] else ""
        return found

    def page(self, door: dict[str, str]) -> set[str]:
        found: set[str] = set()
        for number in range(1, 1000):
            text = self.ask(f"/people/{door['person']}/sessions/?page={number}").decode()
            new = set(LINK.findall(text.partition("<main")[2])) - found
            if not new:
                return found
            found |= new
        return found

    def file(self, door: dict[str, str]) -> set[str]:
        """Numbers of rows: what is handed to the person names them so."""
        token, path = self.world["coordinator"], f"/api/v1/people/{door['person']}/disclosures/"
        asked = json.loads(self.ask(path, token=token, body={"kind": "DISCLOSE", "asked_by": "本人"}))
        content = self.ask(f"{path}{asked['id']}/file/", token=token, body={"purpose": "PERSON"})
        with zipfile.ZipFile(io.BytesIO(content)) as archive:
            tables = json.loads(archive.read("data.json"))["tables"]
        rows = next(table["rows"] for table in tables if table["model"] == "programs.Session")
        return {str(row["public_id"]) for row in rows}


def compare(port: int, world: dict[str, Any], state: State) -> list[str]:
    doors, said = Doors(port, world), []
    people = {one["public_id"]: one["id"] for one in state.people}
    for door in world["compared"]:
        own = [one for one in state.sessions if one["person_id"] == people[door["person"]]]
        every = {one["public_id"] for one in own}
        live = {str(uuid.uuid5(uuid.UUID(one["public_id"]), "calendar")) for one in own if one["state"] in LIVE}
        ways: tuple[tuple[str, Callable[[dict[str, str]], set[str]], set[str]], ...] = (
            ("feed", doors.feed, live),
            ("API", doors.api, every),
            ("page", doors.page, every),
            ("file", doors.file, every),
        )
        said += [problem for name, way, right in ways for problem in _differences(name, way, door, right)]
    return said


def _differences(
    name: str, way: Callable[[dict[str, str]], set[str]], door: dict[str, str], right: set[str]
) -> list[str]:
    try:
        found = way(door)
    except (OSError, ValueError, KeyError, StopIteration) as error:
        return [f"{name}: {error!r}"]
    said = [f"{name} of {door['person']} lacks {one}" for one in sorted(right - found)]
    return said + [f"{name} of {door['person']} shows {one}, which is not there" for one in sorted(found - right)]
