"""Ids of others in bodies and filters: where they may stand, read from the API's description, and what comes of it."""

import uuid
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Any

import yaml
from django.conf import settings

from programs.enums import ProgramKind
from tests import factories
from tests.api.world import object_of
from tests.personas import member
from tests.place import Place, undone
from transition.models import AuditEvent, WishItem

NOBODYS = str(uuid.UUID(int=7))
CALLERS = ("worker", "home", "coordinator")
METHODS = ("post", "put", "patch")
# Whoever works anywhere may know them: homes and their rooms on offer, cities, programs for everybody.
KNOWN_TO_ALL = {
    ("/api/v1/slots/", "home"),
    ("/api/v1/slots/", "municipality"),
    ("/api/v1/people/", "municipality"),
    ("/api/v1/people/{id}/", "municipality"),
    ("/api/v1/programs/", "municipality"),
    ("/api/v1/sessions/", "slot"),
    ("/api/v1/sessions/check/", "slot"),
}
# Rows of the catalog that belong to nobody.
CATALOG = {"wishes", "page", "replace"}


@cache
def description() -> dict[str, Any]:
    """As committed; tests/api/test_description.py holds it against the code."""
    return yaml.load((Path(settings.BASE_DIR) / "docs/api/openapi.yaml").read_text("utf-8"), yaml.CSafeLoader)


def ids_in(schema: dict[str, Any], path: tuple[str, ...] = (), seen: tuple[str, ...] = ()) -> Iterator[tuple[str, ...]]:
    """Every place of a body where an id may stand; "[]" is one of a list."""
    if "$ref" in schema:
        name = schema["$ref"].rpartition("/")[2]
        if name not in seen:
            yield from ids_in(description()["components"]["schemas"][name], path, (*seen, name))
        return
    for word in ("allOf", "oneOf", "anyOf"):
        for inner in schema.get(word, ()):
            yield from ids_in(inner, path, seen)
    if schema.get("format") == "uuid":
        yield path
    for name, inner in schema.get("properties", {}).items():
        yield from ids_in(inner, (*path, name), seen)
    if "items" in schema:
        yield from ids_in(schema["items"], (*path, "[]"), seen)


def operations() -> Iterator[tuple[str, str, dict[str, Any]]]:
    for path, methods in description()["paths"].items():
        yield from ((path, method, methods[method]) for method in ("get", *METHODS) if method in methods)


BODIES = sorted(
    {
        (path, method, place)
        for path, method, operation in operations()
        for content in operation.get("requestBody", {}).get("content", {}).values()
        for place in ids_in(content["schema"])
    }
)
FILTERS = sorted(
    (path, parameter["name"])
    for path, method, operation in operations()
    for parameter in operation.get("parameters", ())
    if method == "get" and parameter["in"] == "query" and parameter["schema"].get("format") == "uuid"
)


def make_strange() -> dict[str, Any]:
    """By the name of a field: a row of people and homes with whom nobody of the place has to do."""
    city = factories.MunicipalityFactory(name="かくれ市")
    office = factories.OrganizationFactory(name="かくれ相談室", municipality=city)
    user = member(office)
    person = factories.PersonFactory(municipality=city, given_name="かくれた")
    factories.SupportLinkFactory(person=person, organization=office)
    room = factories.RoomFactory()
    program = factories.ProgramFactory(code="hidden", kind=ProgramKind.OUTING, municipality=city, months=6)
    enrollment = factories.EnrollmentFactory(person=person, program=program, organization=office)
    session = factories.SessionFactory(person=person, program=program, enrollment=enrollment, organization=office)
    goal = factories.GoalFactory(person=person)
    # A page of the wish book that is in nobody's choices.
    WishItem.objects.create(code="hidden", name="かくれたページ")
    return {
        "person": person,
        "home": room.home,
        "room": room,
        "slot": factories.SlotFactory(room=room, published_by=member(room.home.organization)),
        "program": program,
        "enrollment": enrollment,
        "session": session,
        "goal": goal,
        "goals": goal,
        "parent": goal,
        "organization": office,
        "facility": office,
        "municipality": city,
        "escorts": user,
        "lead": user,
        "actor": user,
        "subject": person,
    }


def address(place: Place, path: str) -> str:
    for name in [part[1:-1] for part in path.split("/") if part.startswith("{")]:
        row = object_of(place, path, name)
        path = path.replace("{" + name + "}", str(getattr(row, "public_id", row)))
    return path


def body_with(spot: tuple[str, ...], public_id: str) -> Any:
    if not spot:
        return public_id
    inner = body_with(spot[1:], public_id)
    return [inner] if spot[0] == "[]" else {spot[0]: inner}


def whole(path: str, spot: tuple[str, ...], public_id: str) -> dict[str, Any]:
    """With the word that says which of two bodies it is, without which none is read."""
    body = body_with(spot, public_id)
    if path in {"/api/v1/sessions/", "/api/v1/sessions/check/"}:
        body["kind"] = "STAY" if noun_of(spot) in {"person", "program", "slot"} else "OUTING"
    return body


def noun_of(spot: tuple[str, ...]) -> str:
    return [name for name in spot if name != "[]"][-1]


def sent(place: Place, persona: str, method: str, path: str, body: Any) -> tuple[Any, int]:
    """The answer, and how many acts were written down meanwhile."""
    with undone():
        before = AuditEvent.objects.count()
        client = place.client(persona)
        answer = getattr(client, method)(address(place, path), body, content_type="application/json")
        return answer, AuditEvent.objects.count() - before


def body_deviations(place: Place, strange: dict[str, Any], case: tuple[str, str, tuple[str, ...]]) -> Iterator[str]:
    path, method, spot = case
    noun = noun_of(spot)
    if noun in CATALOG or (path, noun) in KNOWN_TO_ALL:
        return
    theirs = str(strange[noun].public_id)
    for persona in CALLERS:
        refused, kept = sent(place, persona, method, path, whole(path, spot, theirs))
        nothing, _ = sent(place, persona, method, path, whole(path, spot, NOBODYS))
        told = f"{persona} {method} {path} {'.'.join(spot)}: {refused.status_code}"
        if not 400 <= refused.status_code < 500 or refused.status_code != nothing.status_code:
            yield f"{told}, of nobody {nothing.status_code}"
        elif refused.content.replace(theirs.encode(), b"") != nothing.content.replace(NOBODYS.encode(), b""):
            yield f"{told} says something else than of nobody: {refused.content.decode()[:200]}"
        elif refused.headers.keys() != nothing.headers.keys():
            yield f"{told} other headers"
        if kept:
            yield f"{told} wrote something down"


def filter_deviations(place: Place, strange: dict[str, Any], case: tuple[str, str]) -> Iterator[str]:
    path, name = case
    if case in KNOWN_TO_ALL:
        return
    for persona in CALLERS:
        client, url = place.client(persona), address(place, path)
        with undone():
            theirs = client.get(url, {name: str(strange[name].public_id)})
            nothing = client.get(url, {name: NOBODYS})
        if (theirs.status_code, theirs.content) != (nothing.status_code, nothing.content):
            yield f"{persona} {path}?{name}: {theirs.status_code} {theirs.content.decode()[:200]}"
