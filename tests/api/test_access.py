"""Every address of the API × every caller: nobody without a token, no token beyond its scopes, no stranger.

An address whose things tests/api/world.py does not know fails here until it has its row there.
"""

import re
import uuid
from collections.abc import Iterator
from dataclasses import dataclass

import pytest
from django.test import Client
from django.urls import URLPattern, URLResolver, get_resolver, reverse
from rest_framework.test import APIClient

from tests.access import Place, undone
from tests.api.world import object_of
from transition.api.viewsets import Resource
from transition.enums import TokenScope
from transition.services import api_tokens

pytestmark = pytest.mark.django_db

AREAS = {scope.rpartition("_")[0] for scope in TokenScope.values}


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
OF_SOMETHING = [route for route in ROUTES if route.arguments]


def ids(route: Route) -> str:
    return route.path


def token(place: Place, persona: str, *scopes: str) -> APIClient:
    user = place.users[persona]
    where = user.memberships.select_related("organization")[0].organization
    row = api_tokens.issue(organization=where, label="試し", scopes=scopes or TokenScope.values, by=user)
    client = APIClient()
    client.credentials(HTTP_AUTHORIZATION=f"Bearer {row.token}")
    return client


def send(client, method: str, url: str, **more):
    with undone():
        return getattr(client, method)(url, **({} if method == "get" else {"data": {}, "format": "json"}), **more)


def test_there_is_an_api():
    assert len(ROUTES) > 2


@pytest.mark.parametrize("route", ROUTES, ids=ids)
def test_nobody_without_a_sign_in(place, route):
    for method, _ in route.actions:
        response = getattr(Client(), method)(route.url(place))
        assert (response.status_code, response.json()["code"]) == (401, "not_authenticated"), method


@pytest.mark.parametrize("route", ROUTES, ids=ids)
def test_no_token_beyond_its_scopes(place, route):
    assert route.view.area in AREAS
    with undone():
        others = token(place, "worker", *[s for s in TokenScope.values if not s.startswith(route.view.area + "_")])
        reading = token(place, "worker", f"{route.view.area}_READ")
        for method, action in route.actions:
            url = route.url(place)
            assert send(others, method, url).json()["code"] == "scope_missing", method
            if method != "get" and action not in route.view.reading_actions:
                refused = send(reading, method, url)
                assert (refused.status_code, refused.json()["code"]) == (403, "scope_missing"), method


@pytest.mark.parametrize("route", OF_SOMETHING, ids=ids)
def test_a_strangers_thing_answers_like_one_that_does_not_exist(place, route):
    with undone():
        for persona in ("stranger", "other_home"):
            client = token(place, persona)
            for method, _ in route.actions:
                theirs, nothing = (
                    send(client, method, route.url(place)),
                    send(client, method, route.url(place, missing=True)),
                )
                if route.path in OPEN:
                    continue
                assert theirs.status_code == 404, (persona, method, theirs.content[:200])
                assert theirs.content == nothing.content
                assert theirs.headers.keys() == nothing.headers.keys()


@pytest.mark.parametrize("route", OF_SOMETHING, ids=ids)
def test_with_the_membership_all_of_it_ends(place, route):
    """A browser still signed in; the token is dead, which tests/api/test_tokens.py shows."""
    for method, action in route.actions:
        response = send(place.client("ended"), method, route.url(place))
        assert response.status_code in {403, 404} or route.path in OPEN, (method, action)


# What every signed-in worker may look at, whoever runs it.
OPEN: set[str] = {
    "api/v1/homes/{id}/",
    "api/v1/home-photos/{id}/",
    "api/v1/home-photos/{id}/large/",
    "api/v1/home-photos/{id}/small/",
    "api/v1/slots/{id}/",
    # Named by a code, and everybody's own.
    "api/v1/notification-choices/{kind}/",
}
