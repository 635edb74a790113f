"""Every address of the API × every caller: nobody without a token, no token beyond its scopes, no stranger.

An address whose things tests/api/world.py does not know fails here until it has its row there.
"""

from collections import Counter

import pytest
from django.test import Client
from rest_framework.test import APIClient

from tests.access import Place, undone
from tests.api.matrix import ROUTES, Route, cases, deviations
from tests.api.rights import OF_EVERYBODY, RIGHTS
from transition.enums import TokenScope
from transition.services import api_tokens

pytestmark = pytest.mark.django_db

AREAS = {scope.rpartition("_")[0] for scope in TokenScope.values}


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


def test_every_address_and_method_has_its_rights():
    assert {f"{method} {route.path.removeprefix('api/v1/')}" for route in ROUTES for method, _ in route.actions} == set(
        RIGHTS
    )


def test_the_matrix_is_large():
    sizes = Counter(case.of for route in ROUTES for case in cases(route))
    print(f"\n{sizes.total()} cases on {len(ROUTES)} addresses: {dict(sizes)}")  # noqa: T201 - for whoever asks
    assert sizes.total() >= 5_000


@pytest.mark.parametrize("route", ROUTES, ids=ids)
def test_who_may_do_what(place, route):
    """Every persona × method × own, foreign, missing, crossed and malformed: see tests/api/matrix.py."""
    assert list(deviations(route, place)) == []


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
                if route.path in OF_EVERYBODY:
                    continue
                assert theirs.status_code == 404, (persona, method, theirs.content[:200])
                assert theirs.content == nothing.content
                assert theirs.headers.keys() == nothing.headers.keys()


@pytest.mark.parametrize("route", OF_SOMETHING, ids=ids)
def test_with_the_membership_all_of_it_ends(place, route):
    """A browser still signed in; the token is dead, which tests/api/test_tokens.py shows."""
    for method, action in route.actions:
        response = send(place.client("ended"), method, route.url(place))
        assert response.status_code in {403, 404} or route.path in OF_EVERYBODY, (method, action)
