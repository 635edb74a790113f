"""iCalendar text as real clients want it: plain events, fixed order, the same bytes for the same facts.

Written by hand rather than with the icalendar library because its output may change with its version, while
the bytes of a subscribed feed may not. What is written here is read back with the library in the tests.
"""

import datetime as dt
import re
from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum
from zoneinfo import ZoneInfo

# Part of every ETag and Last-Modified. Raise both when the bytes around or inside the events change: the worker
# then rewrites what is stored, in the background, and lets the calendars change at one moment.
FORMAT_VERSION = 2
FORMAT_CHANGED_AT = dt.datetime(2026, 11, 22, tzinfo=dt.UTC)

NAME = "たいけんの予定"
TOKYO = ZoneInfo("Asia/Tokyo")
LINE_OCTETS = 75

_LINE_BREAKS = re.compile("[\t-\r\x1c-\x1e\x85\u2028\u2029]+")
# Controls, lone surrogates, the byte order mark, and marks that turn the direction of the text around.
_UNWANTED = re.compile("[\x00-\x1f\x7f-\x9f\ud800-\udfff\ufeff\u200e\u200f\u202a-\u202e\u2066-\u2069\ufffe\uffff]")
_UNIT = re.compile(r"\\.|.", re.DOTALL)


class Status(StrEnum):
    """STATUS of an event; upper case, or strict readers reject the whole calendar."""

    TENTATIVE = "TENTATIVE"
    CONFIRMED = "CONFIRMED"
    CANCELLED = "CANCELLED"


@dataclass(frozen=True, slots=True)
class Content:
    """What a reader sees of an event. Times are aware."""

    starts_at: dt.datetime
    ends_at: dt.datetime
    status: Status
    summary: str
    location: str = ""
    description: str = ""
    url: str = ""


@dataclass(frozen=True, slots=True)
class Stamps:
    """What a reader's program tells one version of an event from the next by."""

    uid: str
    sequence: int
    created_at: dt.datetime
    changed_at: dt.datetime


def fragment(content: Content, stamps: Stamps) -> str:
    """One VEVENT, lines folded, ending with CRLF."""
    changed_at = _utc(stamps.changed_at)
    lines = [
        "BEGIN:VEVENT",
        f"UID:{clean(stamps.uid)}",
        f"DTSTAMP:{changed_at}",
        f"CREATED:{_utc(stamps.created_at)}",
        f"LAST-MODIFIED:{changed_at}",
        f"SEQUENCE:{stamps.sequence}",
        f"DTSTART;TZID=Asia/Tokyo:{_local(content.starts_at)}",
        f"DTEND;TZID=Asia/Tokyo:{_local(content.ends_at)}",
        f"SUMMARY:{escape(clean(content.summary))}",
        f"STATUS:{content.status.value}",
        f"TRANSP:{'TRANSPARENT' if content.status is Status.CANCELLED else 'OPAQUE'}",
        "CLASS:PRIVATE",
    ]
    if location := clean(content.location):
        lines.append(f"LOCATION:{escape(location)}")
    if description := clean(content.description):
        lines.append(f"DESCRIPTION:{escape(description)}")
    if url := clean(content.url):
        lines.append(f"URL:{url}")
    lines.append("END:VEVENT")
    return _block(lines)


def assemble(fragments: Iterable[bytes]) -> bytes:
    """The whole calendar around the given events in UTF-8, in the order given."""
    return b"".join([HEADER, *fragments, FOOTER])


def clean(text: str) -> str:
    """One line of text that no reader stumbles over.

    A typed backslash becomes its full-width twin: several readers take an escaped one for a line break.
    """
    return _UNWANTED.sub("", _LINE_BREAKS.sub(" ", text)).replace("\\", "＼").strip()


def escape(text: str) -> str:
    """TEXT as RFC 5545 wants it; the backslash first."""
    return text.replace("\\", "\\\\").replace(";", "\\;").replace(",", "\\,").replace("\n", "\\n")


def fold(line: str) -> str:
    """The line broken at 75 octets, neither inside a character nor between a backslash and its letter."""
    if len(line.encode()) <= LINE_OCTETS:
        return line
    pieces: list[str] = []
    octets = 0
    for unit in _UNIT.findall(line):
        size = len(unit.encode())
        if octets + size > LINE_OCTETS:
            pieces.append("\r\n ")
            octets = 1
        pieces.append(unit)
        octets += size
    return "".join(pieces)


def _block(lines: Iterable[str]) -> str:
    return "".join(f"{fold(line)}\r\n" for line in lines)


def _utc(moment: dt.datetime) -> str:
    return f"{moment.astimezone(dt.UTC):%Y%m%dT%H%M%SZ}"


def _local(moment: dt.datetime) -> str:
    return f"{moment.astimezone(TOKYO):%Y%m%dT%H%M%S}"


HEADER = _block(
    [
        "BEGIN:VCALENDAR",
        "VERSION:2.0",
        f"PRODID:-//taiken-scheduler//taiken-scheduler feed {FORMAT_VERSION}//JA",
        "CALSCALE:GREGORIAN",
        "METHOD:PUBLISH",
        f"NAME:{NAME}",
        f"X-WR-CALNAME:{NAME}",
        "X-WR-TIMEZONE:Asia/Tokyo",
        "REFRESH-INTERVAL;VALUE=DURATION:PT4H",
        "X-PUBLISHED-TTL:PT4H",
        "BEGIN:VTIMEZONE",
        "TZID:Asia/Tokyo",
        "BEGIN:STANDARD",
        "DTSTART:19700101T000000",
        "TZOFFSETFROM:+0900",
        "TZOFFSETTO:+0900",
        "TZNAME:JST",
        "END:STANDARD",
        "END:VTIMEZONE",
    ]
).encode()
FOOTER = b"END:VCALENDAR\r\n"
