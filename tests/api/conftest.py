from collections.abc import Callable

import pytest
from rest_framework.test import APIClient

from tests.personas import World, make_world
from transition.enums import TokenScope
from transition.models import Organization, User
from transition.services import api_tokens


@pytest.fixture
def world(db) -> World:
    return make_world()


@pytest.fixture
def caller() -> Callable[..., APIClient]:
    """A program with a fresh token of a user: all scopes, unless told which. `client.token` is its row."""

    def make(user: User, organization: Organization | None = None, scopes: list[str] | None = None) -> APIClient:
        where = organization or user.memberships.current().select_related("organization")[0].organization
        token = api_tokens.issue(
            organization=where, label="架空の予約ソフト", scopes=scopes or TokenScope.values, by=user
        )
        client = APIClient(raise_request_exception=True)
        client.credentials(HTTP_AUTHORIZATION=f"Bearer {token.token}")
        client.token = token
        return client

    return make
