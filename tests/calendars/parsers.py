"""Our calendars as other people's programs read them: icalendar and vobject, and ical.js where there is Node."""

import datetime as dt
import functools
import json
import os
import shutil
import subprocess
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple

import icalendar
import pytest
import vobject

ICAL_JS = "2.2.1"
SCRIPT = Path(__file__).with_name("ical_js.cjs")
INSTALL_SECONDS = 60


class Found(NamedTuple):
    """One event as a program understood it."""

    uid: str
    start: dt.datetime
    end: dt.datetime
    summary: str
    status: str
    location: str
    description: str
    sequence: int


Parser = Callable[[list[bytes]], list[list[Found]]]


def by_icalendar(bodies: list[bytes]) -> list[list[Found]]:
    return [
        [
            Found(
                str(event["UID"]),
                event.start,
                event.end,
                str(event["SUMMARY"]),
                str(event["STATUS"]),
                str(event.get("LOCATION", "")),
                str(event.get("DESCRIPTION", "")),
                int(event["SEQUENCE"]),
            )
            for event in icalendar.Calendar.from_ical(body).walk("VEVENT")
        ]
        for body in bodies
    ]


def by_vobject(bodies: list[bytes]) -> list[list[Found]]:
    def text(event, name: str) -> str:
        return getattr(event, name).value if hasattr(event, name) else ""

    return [
        [
            Found(
                text(event, "uid"),
                event.dtstart.value,
                event.dtend.value,
                *(text(event, name) for name in ("summary", "status", "location", "description")),
                int(text(event, "sequence")),
            )
            for event in vobject.readOne(body.decode()).contents.get("vevent", [])
        ]
        for body in bodies
    ]


def by_ical_js(bodies: list[bytes]) -> list[list[Found]]:
    node, library = ical_js()
    sent = json.dumps([body.decode() for body in bodies])
    run = subprocess.run(
        [node, str(SCRIPT), library], input=sent, capture_output=True, text=True, timeout=60, check=True
    )
    return [
        [Found(**{**event, "start": _utc(event["start"]), "end": _utc(event["end"])}) for event in events]
        for events in json.loads(run.stdout)
    ]


PARSERS: dict[str, Parser] = {"icalendar": by_icalendar, "vobject": by_vobject, "ical.js": by_ical_js}


@functools.cache
def ical_js() -> tuple[str, str]:
    """Node, and where the library is: fetched from npm once, into this account's cache. Skips loudly without them."""
    node, npm = shutil.which("node"), shutil.which("npm")
    if not node or not npm:
        pytest.skip("ical.js did NOT read our calendars: node and npm are not on the PATH")
    cache = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "taiken-tests"
    folder = cache / f"ical.js-{ICAL_JS}"
    library = folder / "node_modules" / "ical.js" / "dist" / "ical.es5.cjs"
    if not library.exists():
        try:
            cache.mkdir(parents=True, exist_ok=True)
            with tempfile.TemporaryDirectory(dir=cache) as half:
                command = [npm, "install", "--prefix", half, "--ignore-scripts", "--no-audit", "--no-fund", "--silent"]
                subprocess.run(
                    [*command, f"ical.js@{ICAL_JS}"], capture_output=True, timeout=INSTALL_SECONDS, check=True
                )
                # Whole or not at all, whoever else is at it.
                if not folder.exists():
                    shutil.copytree(half, f"{half}-whole")
                    Path(f"{half}-whole").rename(folder)
        except (OSError, subprocess.SubprocessError) as error:
            if not library.exists():
                pytest.skip(f"ical.js did NOT read our calendars: npm could not fetch it ({type(error).__name__})")
    return node, str(library)


def _utc(text: str) -> dt.datetime:
    return dt.datetime.fromisoformat(text)
