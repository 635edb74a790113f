"""Ids of others in bodies, filters, lists, keys and marks: answered like ids that nobody has, and nothing is kept.

The fields are read from the API's description and from the forms of the pages, so a new one is in here by itself.
"""

from typing import Any

import pytest
import time_machine
from bs4 import BeautifulSoup
from django import forms
from django.urls import reverse

from tests.access import ROWS
from tests.api.matrix import ROUTES
from tests.conftest import NOW
from tests.foreign import (
    BODIES,
    CATALOG,
    FILTERS,
    NOBODYS,
    body_deviations,
    filter_deviations,
    make_strange,
    noun_of,
)
from tests.place import undone
from tests.test_nasty_input import filled, forms_of
from transition.models import AuditEvent, WishItem

pytestmark = pytest.mark.django_db


@pytest.fixture(scope="module")
def strange(place, django_db_blocker):
    with django_db_blocker.unblock(), undone(), time_machine.travel(NOW, tick=False):
        yield make_strange()


def name_of(case: tuple[Any, ...]) -> str:
    return " ".join(".".join(part) if isinstance(part, tuple) else part for part in case)


def test_there_are_fields_to_try(place, strange):
    """A field whose rows the strange world does not have fails here until it has."""
    assert len(BODIES) >= 40
    assert len(FILTERS) >= 25
    named = {noun_of(spot) for _, _, spot in BODIES} | {name for _, name in FILTERS}
    assert named - CATALOG <= strange.keys()


@pytest.mark.parametrize("case", BODIES, ids=name_of)
def test_a_strange_id_in_a_body_is_like_no_id(place, strange, case):
    assert list(body_deviations(place, strange, case)) == []


@pytest.mark.parametrize("case", FILTERS, ids=name_of)
def test_a_strange_id_in_a_filter_is_like_no_id(place, strange, case):
    assert list(filter_deviations(place, strange, case)) == []


LISTS = [route for route in ROUTES if dict(route.actions).get("get") == "list" and not route.arguments]


@pytest.mark.parametrize("route", LISTS, ids=lambda route: route.path)
def test_lists_counts_and_cursors_tell_strangers_nothing(place, route):
    """Not even with the cursor of somebody else, or in another order."""
    world = place.world
    hidden = [str(row.public_id) for row in (world.person, place.second, place.session, place.outing, place.goal)]
    own = place.client("worker").get(route.url(place)).json()
    for persona in ("stranger", "other_home", "other_city", "ended", "administrator"):
        client = place.client(persona)
        for query in ("", "?limit=1", (own.get("next") or "?").partition("?")[2].join(["?", ""])):
            text = client.get(route.url(place) + query).content.decode()
            assert not [one for one in hidden if one in text], persona
            assert world.person.given_name not in text, persona


@pytest.mark.parametrize("row", [row for row in ROWS if row.get and not row.of.__closure__], ids=lambda row: row.name)
def test_pages_of_strangers_name_nobody(place, row):
    world = place.world
    for persona in ("stranger", "other_home", "other_city"):
        if persona in row.get:
            with undone():
                answer = place.client(persona).get(reverse(row.name, args=row.of(place)))
            text = b"".join(answer.streaming_content if answer.streaming else [answer.content]).decode(errors="replace")
            assert world.person.given_name not in text, persona
            assert str(world.person.public_id) not in text, persona


def test_a_mark_of_somebody_else_opens_nothing(place):
    url = f"/api/v1/people/{place.world.person.public_id}/"
    etag = place.client("worker").get(url).headers["ETag"]
    assert place.client("worker").get(url, headers={"If-None-Match": etag}).status_code == 304
    for mark in (etag, "*"):
        assert place.client("stranger").get(url, headers={"If-None-Match": mark}).status_code == 404
        changed = place.client("stranger").patch(
            url, {"called": "x"}, content_type="application/json", headers={"If-Match": mark}
        )
        assert changed.status_code == 404


def test_a_key_of_somebody_else_answers_nothing(place):
    """The key belongs to its user: another one's sending is one of its own."""
    url = f"/api/v1/people/{place.world.person.public_id}/contacts/"
    body = {"name": "架空 花", "relation": "母", "phone": "0600000000"}
    headers = {"Idempotency-Key": "the-same-key"}
    with undone():
        answers = {
            persona: place.client(persona).post(url, body, content_type="application/json", headers=headers)
            for persona in ("worker", "colleague", "stranger", "home")
        }
        again = place.client("worker").post(url, body, content_type="application/json", headers=headers)
    assert {persona: answer.status_code for persona, answer in answers.items()} == {
        "worker": 201,
        "colleague": 201,
        "stranger": 404,
        "home": 404,
    }
    assert "Idempotent-Replayed" not in answers["colleague"].headers
    assert answers["colleague"].json()["id"] != answers["worker"].json()["id"]
    assert again.headers["Idempotent-Replayed"] == "true"


# Forms


def fields_of(answer: Any) -> dict[str, forms.ModelChoiceField]:
    """Fields of the page's forms that name a row."""
    found: dict[str, forms.ModelChoiceField] = {}
    for layer in answer.context or ():
        for values in getattr(layer, "dicts", [layer]):
            for value in values.values():
                if isinstance(value, forms.BaseForm):
                    for name, field in value.fields.items():
                        if isinstance(field, forms.ModelChoiceField):
                            found[value.add_prefix(name)] = field
    return found


def outside(field: forms.ModelChoiceField) -> str | None:
    """The value of a row that exists and is not among the choices."""
    model = field.queryset.model
    row = model._default_manager.exclude(pk__in=field.queryset.values("pk")).last()
    return None if row is None else str(getattr(row, field.to_field_name or "pk"))


@pytest.mark.parametrize("row", [row for row in ROWS if row.get], ids=lambda row: row.name)
def test_a_strange_row_in_a_form_is_like_no_row(place, strange, row):
    persona = next((name for name in ("worker", "home", "coordinator") if name in row.get), None)
    client, url = place.client(persona), reverse(row.name, args=row.of(place))
    with undone():
        answer = client.get(url)
    fields = fields_of(answer)
    if not fields:
        return
    page = BeautifulSoup(answer.content.decode(), "html.parser")
    for name, field in fields.items():
        form = next(one for one in forms_of(page) if one.select(f'[name="{name}"]'))
        many = isinstance(field, forms.ModelMultipleChoiceField)
        send = client.post if form.get("method", "get").lower() == "post" else client.get
        nobodys = NOBODYS if field.to_field_name else str(2**40)
        strangers = outside(field)
        if strangers is None and field.queryset.model is WishItem:
            continue  # the same for everybody
        assert strangers is not None, f"the strange world has no {field.queryset.model.__name__}"
        answers = []
        for value in (strangers, nobodys):
            own = [str(one.pk) for one in field.queryset[:1]] if many else []
            with undone():
                before = AuditEvent.objects.count()
                answers.append(send(url, filled(form) | {name: [*own, value] if many else value}))
                kept = AuditEvent.objects.count() - before
            assert kept == 0, (name, value)
            assert answers[-1].status_code in {200, 422}, (name, value)
        assert answers[0].status_code == answers[1].status_code, name
        assert problems(answers[0], strangers) == problems(answers[1], nobodys), name
        assert problems(answers[0], strangers) or send == client.get, name


def problems(answer: Any, value: str) -> list[str]:
    page = BeautifulSoup(answer.content.decode(), "html.parser")
    found = page.select(".field-errors, .error-summary, .alert-error:not([hidden])")
    return [one.get_text(" ", strip=True).replace(value, "") for one in found]


def test_the_forms_have_fields_that_name_rows(place):
    found = set()
    for row in ROWS:
        persona = next((name for name in ("worker", "home", "coordinator") if name in (row.get or ())), None)
        if persona:
            with undone():
                found |= set(fields_of(place.client(persona).get(reverse(row.name, args=row.of(place)))))
    assert len(found) >= 6
