"""The matrix over every address of the API: who × which method × what it is about. What must become of each request
stands in tests/api/rights.py."""

import re
import uuid
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from django.urls import URLPattern, URLResolver, get_resolver, reverse

from tests.access import FORBIDDEN, IN, MISSING, NOT_ALLOWED, PERSONAS, SIGN_IN, SIGNED_OUT
from tests.api.rights import OF_EVERYBODY, RIGHTS
from tests.api.world import object_of
from tests.matrix import CROSSED, GONE, HALF, MALFORMED, THEIRS, send
from tests.place import Place
from transition.api.viewsets import Resource

JSON = {"content_type": "application/json"}
METHODS = ("get", "post", "put", "patch", "delete")
FEW = ("", "worker", "home", "stranger", "other_home", "other_city", "coordinator", "ended")


@dataclass(frozen=True, slots=True)
class Route:
    """One address with the methods it knows."""

    name: str
    path: str
    view: type[Resource]
    actions: tuple[tuple[str, str], ...]
    arguments: tuple[str, ...]

    def url(self, place: Place, *, missing: bool = False) -> str:
        """The address of what the world has; or of what nobody has."""
        values = {}
        for name in self.arguments:
            row = object_of(place, "/" + self.path, name)
            assert row is not None, f"tests/api/world.py does not know {name} of {self.path}"
            values[name] = getattr(row, "public_id", row)
            if missing and isinstance(values[name], uuid.UUID):
                values[name] = uuid.UUID(int=1)
        return reverse(f"api:{self.name}", kwargs=values)


def routes(patterns: list[URLPattern | URLResolver], before: str = "") -> Iterator[Route]:
    for pattern in patterns:
        path = before + str(pattern.pattern)
        if isinstance(pattern, URLResolver):
            yield from routes(pattern.url_patterns, path)
        elif (view := getattr(pattern.callback, "cls", None)) and issubclass(view, Resource):
            clean = re.sub(r"<(?:\w+:)?(\w+)>", r"{\1}", path)
            arguments = tuple(re.findall(r"{(\w+)}", clean))
            yield Route(pattern.name, clean, view, tuple(pattern.callback.actions.items()), arguments)


[API] = [one for one in get_resolver().url_patterns if getattr(one, "namespace", "") == "api"]
ROUTES = list(routes(API.url_patterns, "api/"))


@dataclass(frozen=True, slots=True)
class Case:
    """One request, and what must become of it."""

    persona: str
    method: str
    of: str
    wanted: str
    half: str = ""


def expected(route: Route, persona: str, method: str) -> str:
    if persona in SIGNED_OUT:
        return SIGN_IN
    if method not in dict(route.actions):
        return NOT_ALLOWED
    inside, refused = RIGHTS[f"{method} {route.path.removeprefix('api/v1/')}"]
    return IN if persona in inside else FORBIDDEN if persona in refused else MISSING


def cases(route: Route) -> Iterator[Case]:
    known = dict(route.actions)
    for method in METHODS:
        for persona in (*SIGNED_OUT, *PERSONAS) if method in known else FEW:
            # A document is drawn for one of those who get it; the rest of them ask for the same rows as CSV.
            if not (route.path.endswith("/pdf/") and expected(route, persona, method) == IN and persona != "worker"):
                yield Case(persona, method, THEIRS, expected(route, persona, method))
    if not route.arguments or route.arguments[0] in {"kind"}:
        return
    for method in known:
        for persona in FEW:
            yield Case(persona, method, GONE, MISSING if persona else SIGN_IN)
        if route.arguments[0] == "person" and "id" in route.arguments[1:] and "wish-pages" not in route.path:
            for persona in ("worker", "coordinator", "colleague", "facility"):
                yield Case(persona, method, CROSSED, MISSING)
        for half in MALFORMED:
            for persona in ("worker", "stranger"):
                yield Case(persona, method, HALF, MISSING, half)


def verdict(response: Any) -> str:
    known = {401: SIGN_IN, 403: FORBIDDEN, 404: MISSING, 405: NOT_ALLOWED}
    status = response.status_code
    return IN if status in {200, 201, 204, 400, 409, 412, 415} else known.get(status, str(status))


def deviations(route: Route, place: Place) -> Iterator[tuple[Case, str]]:
    """What is not as the table says, and what differs between a thing of others and one that nobody has."""
    own = route.url(place)
    missing = route.url(place, missing=True)
    for case in cases(route):
        url = own
        if case.of == GONE:
            url = missing
        elif case.of == CROSSED:
            url = own.replace(str(place.world.person.public_id), str(place.second.public_id))
        elif case.of == HALF:
            first = object_of(place, "/" + route.path, route.arguments[0])
            url = own.replace(str(getattr(first, "public_id", first)), case.half, 1)
        found = ask(place, case, url)
        if verdict(found) != case.wanted:
            yield case, f"{verdict(found)}: {found.content.decode(errors='replace')[:200]}"
        elif case.wanted == MISSING and case.of in {THEIRS, CROSSED} and route.path not in OF_EVERYBODY:
            nothing = ask(place, case, missing)
            if (found.status_code, found.content) != (nothing.status_code, nothing.content):
                yield case, "not the same as of nobody"
            if found.headers.keys() != nothing.headers.keys():
                yield case, "other headers than of nobody"


def ask(place: Place, case: Case, url: str) -> Any:
    return send(place.client(case.persona), case.method, url, **({} if case.method == "get" else JSON))
