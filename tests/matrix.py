"""The matrix over every address: who × which method × what it is about × a page or a part of it.

`cases(row)` is read off the table alone, so that the size of the matrix is known without trying it; `deviations` tries.
"""

import uuid
from collections.abc import Iterator
from copy import deepcopy
from dataclasses import dataclass
from typing import Any

from django.http import HttpResponse
from django.urls import reverse

from tests.access import (
    FORBIDDEN,
    IN,
    MISSING,
    NOT_ALLOWED,
    PERSONAS,
    SIGN_IN,
    SIGNED_OUT,
    Row,
    bare,
    expected,
    stranger_to,
    verdict,
)
from tests.place import Place, undone

HTMX = {"HX-Request": "true", "HX-Target": "form"}
THEIRS, GONE, CROSSED, HALF = "theirs", "of nobody", "of somebody else", "half an id"
# Who tries what costs a page each time and would tell nothing new of the others.
SOME = ("", "worker", "home", "stranger", "ended", "coordinator")
FEW = ("worker", "home", "stranger", "other_city", "coordinator")
MALFORMED = ("1", "x", "0" * 31, f"{uuid.UUID(int=1)}0", "%2e%2e", "１", "%27", "00000000-0000-0000-0000-00000000000g")
NOT_NUMBERS = ("0", "-1", "1e3", "9" * 40, str(2**63), "１")
OTHER_METHODS = ("head", "options", "put", "patch", "delete")
# The second thing is in a catalog, or offered to everybody, and belongs to no person.
FOR_EVERYBODY = {"programs:session-request", "programs:wish-photo", "programs:wish-page", "programs:person-picture"}
# Its thing is named in the body.
NO_OBJECT = {"transition:switch-organization"}


@dataclass(frozen=True, slots=True)
class Case:
    """One request, and what must become of it."""

    persona: str
    method: str
    htmx: bool
    of: str
    wanted: str
    half: str = ""


def cases(row: Row, arguments: tuple[str, ...]) -> Iterator[Case]:
    """Every request tried at this address; `arguments` are the kinds of its arguments, as `kinds_of` names them."""
    for persona in (*SIGNED_OUT, *PERSONAS):
        for method in ("get", "post"):
            wanted = expected(row, persona, method)
            yield Case(persona, method, False, THEIRS, wanted)
            if wanted != IN or persona in FEW:
                yield Case(persona, method, True, THEIRS, wanted)
    for persona in SOME:
        for method in OTHER_METHODS:
            yield Case(persona, method, False, THEIRS, expected(row, persona, method))
    if not arguments or row.name in NO_OBJECT:
        return
    for persona in (*FEW, "ended", ""):
        for method in ("get", "post"):
            # What everybody's screen refuses whole says so before it looks for anything.
            wanted = expected(row, persona, method)
            if wanted in {IN, FORBIDDEN}:
                wanted = MISSING
            for htmx in (False, True):
                yield Case(persona, method, htmx, GONE, wanted)
    if arguments[0] == "person" and len(arguments) > 1 and arguments[1] == "uuid" and row.name not in FOR_EVERYBODY:
        for persona in ("worker", "coordinator", "center", "colleague", "facility"):
            for method in ("get", "post"):
                wanted = expected(row, persona, method)
                yield Case(persona, method, False, CROSSED, MISSING if wanted == IN else wanted)
    halves = NOT_NUMBERS if arguments[0] == "number" else MALFORMED if arguments[0] in {"person", "uuid"} else ()
    for half in halves:
        for persona in ("worker", "stranger"):
            for method in ("get", "post"):
                yield Case(persona, method, False, HALF, MISSING, half)


def kinds_of(row: Row, place: Place) -> tuple[str, ...]:
    """What the arguments of an address are: ids of a person, of something else, numbers, words."""
    kinds = []
    for argument in row.of(place):
        if argument == place.world.person.public_id:
            kinds.append("person")
        else:
            kinds.append({uuid.UUID: "uuid", int: "number"}.get(type(argument), "word"))
    return tuple(kinds)


def send(client: Any, method: str, url: str, data: dict[str, Any] | None = None, **more: Any) -> HttpResponse:
    """One request, undone: no row stays, and no cookie that belongs to one."""
    cookies = deepcopy(client.cookies)
    with undone():
        response = getattr(client, method)(url, data or {}, **more)
    client.cookies = cookies
    return response


class Attempt:
    """One address in one world."""

    def __init__(self, row: Row, place: Place) -> None:
        self.row, self.place = row, place
        arguments = row.of(place)
        self.kinds = kinds_of(row, place)
        self.data = row.data(place)
        self.url = reverse(row.name, args=arguments)
        self.first = str(arguments[0]) if arguments else ""
        self.missing = reverse(row.name, args=stranger_to(arguments)) if arguments else ""
        self._nothing: dict[tuple[str, str, bool], HttpResponse] = {}

    def deviations(self) -> Iterator[tuple[Case, str]]:
        """What is not as the table says, and what differs between a thing of others and one that nobody has."""
        for case in cases(self.row, self.kinds):
            response = self._send(case)
            found = self._verdict(case, response)
            if found != case.wanted:
                yield case, found
            elif found == MISSING and case.of in {THEIRS, CROSSED} and self.missing:
                nothing = self._of_nobody(case)
                if (response.status_code, bare(response)) != (nothing.status_code, bare(nothing)):
                    yield case, "not the same as of nobody"
                if response.headers.keys() != nothing.headers.keys():
                    yield case, "other headers than of nobody"

    def _verdict(self, case: Case, response: HttpResponse) -> str:
        # A browser is led to the sign-in as a whole, whatever asked.
        if case.htmx and response.headers.get("HX-Redirect", "").startswith("/sign-in/"):
            return SIGN_IN
        found = verdict(response)
        if case.wanted == SIGN_IN and case.method not in ("get", "head") and found == NOT_ALLOWED:
            return SIGN_IN
        return found

    def _send(self, case: Case) -> HttpResponse:
        url = self.url
        if case.of == GONE:
            return self._of_nobody(case)
        if case.of == CROSSED:
            url = url.replace(self.first, str(self.place.second.public_id))
        elif case.of == HALF:
            url = url.replace(self.first, case.half, 1)
        data = self.data if case.method == "post" and case.of == THEIRS else {}
        return send(self.place.client(case.persona), case.method, url, data, headers=HTMX if case.htmx else {})

    def _of_nobody(self, case: Case) -> HttpResponse:
        key = case.persona, case.method, case.htmx
        if key not in self._nothing:
            headers = HTMX if case.htmx else {}
            self._nothing[key] = send(self.place.client(case.persona), case.method, self.missing, headers=headers)
        return self._nothing[key]
