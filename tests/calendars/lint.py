"""What every calendar we hand out must hold. Parsers forgive too much for parsing alone to prove anything."""

import re
from collections import Counter

REQUIRED = ("UID", "DTSTAMP", "DTSTART", "DTEND", "SUMMARY", "SEQUENCE", "LAST-MODIFIED", "CREATED", "STATUS", "TRANSP")
FORBIDDEN = {
    "ATTENDEE",
    "ORGANIZER",
    "CONTACT",
    "ATTACH",
    "RRULE",
    "RDATE",
    "EXDATE",
    "COMMENT",
    "GEO",
}
HEAD = {
    "VERSION": "2.0",
    "CALSCALE": "GREGORIAN",
    "NAME": "たいけんの予定",
    "X-WR-CALNAME": "たいけんの予定",
    "X-WR-TIMEZONE": "Asia/Tokyo",
    "REFRESH-INTERVAL;VALUE=DURATION": "PT4H",
    "X-PUBLISHED-TTL": "PT4H",
}
UNWANTED = re.compile("[\x00-\x09\x0b\x0c\x0e-\x1f\x7f-\x9f\u2028\u2029\ufeff]")
UTC = re.compile(r"\d{8}T\d{6}Z")
LOCAL = re.compile(r"\d{8}T\d{6}")
# A backslash may only stand before what RFC 5545 lets it escape.
BAD_ESCAPE = re.compile(r"\\(?![\\;,nN])")
BARE = re.compile(r"(?<!\\)(?:\\\\)*[;,]")


def lint(body: bytes) -> list[str]:
    """Everything wrong with a calendar; nothing when it is right."""
    return _lint_octets(body) or _lint_content(body)


def events_of(body: bytes) -> list[list[tuple[str, str]]]:
    """(name with parameters, value) of every line of every event."""
    found: list[list[tuple[str, str]]] = []
    inside = False
    for name, value in _properties(body):
        if (name, value) == ("BEGIN", "VEVENT"):
            inside = True
            found.append([])
        elif (name, value) == ("END", "VEVENT"):
            inside = False
        elif inside:
            found[-1].append((name, value))
    return found


def _lint_octets(body: bytes) -> list[str]:
    faults = []
    if not body.endswith(b"END:VCALENDAR\r\n"):
        faults.append("does not end with END:VCALENDAR and CRLF")
    if body.startswith(b"\xef\xbb\xbf"):
        faults.append("starts with a byte order mark")
    if body.count(b"\n") != body.count(b"\r\n") or body.count(b"\r") != body.count(b"\r\n"):
        faults.append("line end other than CRLF")
    lines = body.split(b"\r\n")[:-1]
    for number, line in enumerate(lines, 1):
        if len(line) > 75:
            faults.append(f"line {number}: {len(line)} octets")
        if not line.strip():
            faults.append(f"line {number}: empty")
        try:
            text = line.decode()
        except UnicodeDecodeError:
            faults.append(f"line {number}: folded inside a character")
            continue
        if UNWANTED.search(text):
            faults.append(f"line {number}: control character")
        if re.search(r"(?<!\\)(?:\\\\)*\\$", text):
            faults.append(f"line {number}: folded inside an escape")
    return faults


def _lint_content(body: bytes) -> list[str]:
    faults = []
    properties = _properties(body)
    if properties[0] != ("BEGIN", "VCALENDAR") or properties[-1] != ("END", "VCALENDAR"):
        faults.append("not one VCALENDAR")
    begins = Counter(value for name, value in properties if name == "BEGIN")
    ends = Counter(value for name, value in properties if name == "END")
    if begins != ends:
        faults.append("BEGIN and END do not match")
    if set(begins) - {"VCALENDAR", "VTIMEZONE", "STANDARD", "VEVENT"}:
        faults.append("component of another kind")
    if begins["VTIMEZONE"] != 1 or ("TZID", "Asia/Tokyo") not in properties:
        faults.append("VTIMEZONE missing")
    head = dict(properties)
    faults += [f"{name} missing or wrong" for name, value in HEAD.items() if head.get(name) != value]
    if not head.get("PRODID", "").startswith("-//"):
        faults.append("PRODID missing")
    events = events_of(body)
    uids = Counter(value for event in events for name, value in event if name == "UID")
    faults += [f"UID {uid} {count} times" for uid, count in uids.items() if count > 1]
    for number, event in enumerate(events, 1):
        faults += [f"event {number}: {fault}" for fault in _lint_event(event)]
    return faults


def _lint_event(event: list[tuple[str, str]]) -> list[str]:
    names = Counter(name.split(";")[0] for name, _ in event)
    values = {name.split(";")[0]: value for name, value in event}
    faults = [f"{name} {names[name]} times" for name in REQUIRED if names[name] != 1]
    if faults:
        return faults
    faults += [f"{name} twice" for name, count in names.items() if count > 1 and name not in REQUIRED]
    faults += [f"{name} is forbidden" for name in names if name in FORBIDDEN]
    faults += [
        f"{name} not in UTC" for name in ("DTSTAMP", "CREATED", "LAST-MODIFIED") if not UTC.fullmatch(values[name])
    ]
    for name, value in event:
        if name.split(";")[0] in ("DTSTART", "DTEND") and not (
            name.endswith(";TZID=Asia/Tokyo") and LOCAL.fullmatch(value)
        ):
            faults.append(f"{name} without its zone")
        if name == "URL" and not re.fullmatch(r"https?://[\x21-\x7e]+", value):
            faults.append("URL not plain")
        if name in ("SUMMARY", "LOCATION", "DESCRIPTION") and (BAD_ESCAPE.search(value) or BARE.search(value)):
            faults.append(f"{name} not escaped")
    if values["DTEND"] <= values["DTSTART"]:
        faults.append("ends before it starts")
    if not values["SUMMARY"]:
        faults.append("no title")
    if not re.fullmatch(r"[\x21-\x7e]+@[\x21-\x7e]+", values["UID"]):
        faults.append("UID not plain ASCII")
    if values["STATUS"] not in ("TENTATIVE", "CONFIRMED", "CANCELLED"):
        faults.append("STATUS unknown")
    if (values["STATUS"] == "CANCELLED") != (values["TRANSP"] == "TRANSPARENT"):
        faults.append("STATUS and TRANSP disagree")
    if (values["STATUS"] == "CANCELLED") != values["SUMMARY"].startswith("【中止】"):
        faults.append("STATUS and title disagree")
    return faults


def _properties(body: bytes) -> list[tuple[str, str]]:
    unfolded = body.replace(b"\r\n ", b"").replace(b"\r\n\t", b"")
    lines = unfolded.decode(errors="replace").split("\r\n")[:-1]
    pairs = [line.partition(":") for line in lines]
    return [(name, value) for name, _, value in pairs]
