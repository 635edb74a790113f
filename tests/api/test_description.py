"""The API's description: true, whole, committed, and readable by people."""

import json
from pathlib import Path

import pytest
import yaml
from django.core.management import call_command
from django.urls import reverse

from transition.api import docs

ROOT = Path(__file__).resolve().parents[2]
COMMITTED = ROOT / "docs/api/openapi.yaml"
JAPANESE = range(0x3040, 0xA000)


def operations():
    return [operation for noun in docs.nouns() for operation in noun.operations]


def is_japanese(text: str) -> bool:
    return any(ord(sign) in JAPANESE for sign in text)


def test_the_committed_description_is_todays():
    assert COMMITTED.read_bytes() == docs.as_yaml(), "make fix writes docs/api/openapi.yaml anew"


def test_nothing_about_it_is_doubtful(capsys):
    call_command("spectacular", "--validate", "--fail-on-warn", file="/dev/null")


def test_it_is_openapi_3_1_with_both_ways_to_sign_in():
    whole = docs.schema()
    assert whole["openapi"].startswith("3.1")
    assert set(whole["components"]["securitySchemes"]) == {"token", "cookieAuth"}


def test_every_operation_has_a_japanese_name_of_its_own():
    names = [(operation.id, operation.summary) for operation in operations()]
    assert not [one for one, summary in names if not is_japanese(summary)]
    assert len({one for one, _ in names}) == len(names)


def test_whatever_is_sent_has_an_example():
    paths = docs.schema()["paths"]
    without = [
        f"{method} {path}"
        for path, methods in paths.items()
        for method, said in methods.items()
        for kind, content in said.get("requestBody", {}).get("content", {}).items()
        if kind == "application/json" and "examples" not in content
    ]
    assert without == []


def test_every_field_that_comes_in_says_in_japanese_what_it_is():
    dumb = {
        f"{operation.id}: {field.name}"
        for operation in operations()
        for field in operation.sent
        if not is_japanese(field.text) and not field.choices
    }
    assert dumb == set()


@pytest.mark.parametrize("accept", ["application/vnd.oai.openapi", "*/*", "text/html"])
def test_programs_read_yaml(client, accept):
    response = client.get("/api/schema/", headers={"Accept": accept})
    assert response["Content-Type"].startswith("application/vnd.oai.openapi;")
    assert yaml.safe_load(response.content)["openapi"].startswith("3.1")


def test_or_json(client):
    for response in (
        client.get("/api/schema/?format=json"),
        client.get("/api/schema/", headers={"Accept": "application/json"}),
    ):
        assert json.loads(response.content)["openapi"].startswith("3.1")


def test_an_unchanged_description_is_not_sent_again(client):
    etag = client.get("/api/schema/")["ETag"]
    assert client.get("/api/schema/", headers={"If-None-Match": etag}).status_code == 304
    assert client.get("/api/schema/?format=json", headers={"If-None-Match": etag}).status_code == 200


@pytest.mark.django_db
def test_people_read_every_operation_without_signing_in(client, django_assert_num_queries):
    with django_assert_num_queries(0):
        overview = client.get("/api/docs/")
    text = overview.content.decode()
    assert "Content-Security-Policy" in overview
    for noun in docs.nouns():
        page = client.get(reverse("api:docs-noun", args=[noun.name]))
        assert page.status_code == 200
        for operation in noun.operations:
            assert f'id="{operation.id}"' in page.content.decode()
            assert operation.summary in text
    assert client.get("/api/docs/nothing/").status_code == 404


def test_what_may_be_left_out_is_not_required():
    components = docs.schema()["components"]["schemas"]
    assert "required" not in components["Slot"]
    assert "required" not in components["Token"]
    # What is sent keeps what it needs.
    assert {"label", "scopes"} <= set(components["TokenRequest"]["required"])
