"""What tests of enrollments and all that comes of them ask alike."""

import uuid

from django.db import connection
from django.test.utils import CaptureQueriesContext

ROOT = "/api/v1/"
NOBODYS = uuid.UUID(int=7)


def keyed(key: str) -> dict[str, dict[str, str]]:
    return {"headers": {"Idempotency-Key": key}}


def fields(response) -> list[str]:
    """The fields that a refusal names."""
    return [one["field"] for one in response.json()["problems"]]


def codes(response) -> list[str]:
    return [one["code"] for one in response.json()["problems"]]


def ids(response) -> list[str]:
    return [one["id"] for one in response.json()["results"]]


def queries_of(client, url: str) -> int:
    with CaptureQueriesContext(connection) as queries:
        assert client.get(url).status_code == 200
    return len(queries)


def is_as_missing(client, url: str, public_id, method: str = "get", data=None) -> bool:
    """Whether what is not the caller's to see is answered with the very bytes of what does not exist."""
    sent = {} if method == "get" else {"data": data or {}, "format": "json"}
    foreign = getattr(client, method)(url, **sent)
    missing = getattr(client, method)(url.replace(str(public_id), str(NOBODYS)), **sent)
    assert foreign.status_code == 404, foreign.content
    return bool(foreign.content == missing.content)
