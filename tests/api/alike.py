"""What the tests of every resource ask alike."""

from typing import Any

from django.db import connection
from django.test.utils import CaptureQueriesContext
from rest_framework.test import APIClient

NOBODY = "00000000-0000-4000-8000-000000000000"
PEOPLE = "/api/v1/people/"


def of(person: Any, tail: str = "") -> str:
    return f"{PEOPLE}{person.public_id}/{tail}"


def send(client: APIClient, url: str, body: dict[str, Any] | None = None, key: str = "", method: str = "post") -> Any:
    headers = {"Idempotency-Key": key} if key else {}
    return getattr(client, method)(url, body or {}, format="json", headers=headers)


def queries_of(client: APIClient, url: str) -> int:
    # The first time a token is used in an hour is written down.
    client.get(url)
    with CaptureQueriesContext(connection) as queries:
        assert client.get(url).status_code == 200
    return len(queries)


def fields(answer: Any) -> list[str]:
    """Of a refused body, the fields that were refused."""
    assert answer.status_code == 400, answer.content
    return [problem["field"] for problem in answer.json()["problems"]]


def same(one: Any, other: Any) -> None:
    """Nobody can tell what they may not see from what does not exist."""
    assert one.status_code == other.status_code
    assert one.content == other.content
