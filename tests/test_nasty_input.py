"""Every text field of every form meets strings that have broken other software: no fault, nothing unescaped,
and what is refused stays in its field.

The fields are read from the pages, so a new form is in here by itself. Each field gets
another handful of tests/nasty.py.
"""

import importlib
import re
import zlib
from urllib.parse import quote

import pytest
from bs4 import BeautifulSoup, Tag
from django import forms
from django.urls import reverse
from rest_framework import serializers

from tests.access import BY_NAME, ROWS, undone
from tests.nasty import EVERYTHING, MARK, MARKUP
from transition.api.serializers import Sent

pytestmark = pytest.mark.django_db

EACH = 2
PAGES = [row.name for row in ROWS if row.get] + ["transition:sign-in"]
# What makes the rest of a form right, so that the one nasty field is what the server sees.
RIGHT = {
    "family_name": "見本",
    "given_name": "太郎",
    "family_kana": "みほん",
    "given_kana": "たろう",
    "starts_on": "2026-12-01",
    "ends_on": "2026-12-20",
    "first": "2026-12-20",
    "last": "2026-12-21",
    "check_in": "2026-12-10",
    "check_out": "2026-12-12",
    "valid_from": "2027-04-01",
    "source": "要綱",
    "reason": "理由",
    "label": "母",
    "name": "305号室",
    "amount": "20",
    "words": "そとで たべたい",
    "on": "2026-12-12",
    "start": "10:00",
    "end": "12:00",
}
# Of the same length to a reader, twice as long to a column.
WITH_SELECTOR = "葛\U000e0100"


def forms_of(page: BeautifulSoup) -> list[Tag]:
    return [form for form in page.find_all("form") if not form.find_parent("header")]


def typed(form: Tag) -> list[Tag]:
    """The fields into which a person types."""
    kinds = {"text", "search", "email", "tel", "password", None}
    fields = form.select("input[name], textarea[name]")
    return [field for field in fields if field.name == "textarea" or field.get("type") in kinds]


def one_of_each(fields: list[Tag]) -> list[Tag]:
    """A month of equal fields, numbered, counts as one."""
    return list({re.sub(r"[0-9]+", "0", field["name"]): field for field in fields}.values())


def filled(form: Tag) -> dict[str, object]:
    """What a browser would send after a person did everything right."""
    sent: dict[str, object] = {}
    for field in typed(form):
        value = field.text if field.name == "textarea" else field.get("value", "")
        sent[field["name"]] = value.strip() or RIGHT.get(field["name"], "")
    for field in form.select("input[type=hidden], input[type=radio], input[type=checkbox][checked], button[name]"):
        name, value = field.get("name"), field.get("value", "on")
        # The buttons that only look are not the ones that are pressed.
        if name and name not in {"check", "suggest"} and (name not in sent or field.has_attr("checked")):
            sent[name] = value
    for field in form.select("select[name]"):
        options = field.select("option[selected]") or field.select("option:not([value=''])")
        sent[field["name"]] = options[0].get("value", "") if options else ""
    sent.pop("csrfmiddlewaretoken", None)
    return sent


def strings_for(page: str, field: Tag) -> list[str]:
    start = zlib.crc32(f"{page} {field['name']}".encode())
    chosen = [EVERYTHING[(start + 37 * step) % len(EVERYTHING)] for step in range(EACH)]
    if longest := field.get("data-max-length") or field.get("maxlength"):
        chosen.append(WITH_SELECTOR * int(longest))
    return [*chosen, MARKUP[start % 4]]


def shown(field: Tag) -> str:
    return field.text.removeprefix("\n") if field.name == "textarea" else field.get("value", "")


def lines(text: str) -> str:
    return text.replace("\r\n", "\n").replace("\r", "\n").strip("\n")


def assert_harmless(response, told) -> BeautifulSoup:
    assert response.status_code < 500, told
    page = BeautifulSoup(response.content.decode(), "html.parser")
    assert not [tag for tag in page.find_all(["script", "b", "i", "svg", "img"]) if MARK in str(tag)], told
    assert not page.select("[onerror], [onload]"), told
    return page


@pytest.mark.parametrize("name", PAGES)
def test_no_string_is_a_fault(place, name):
    row = BY_NAME[name]
    persona = "" if row.public else next(who for who in ("worker", "home", "coordinator") if who in row.get)
    client, url = place.client(persona), reverse(name, args=row.of(place))
    answer = client.get(url)
    if "html" not in answer.get("Content-Type", "") or answer.status_code != 200:
        return
    for form in forms_of(BeautifulSoup(answer.content.decode(), "html.parser")):
        action = form.get("action") or ""
        target = action if action.startswith("/") else url
        send = client.post if form.get("method", "get").lower() == "post" else client.get
        for field in one_of_each(typed(form)):
            for string in strings_for(name, field):
                told = (target, field["name"], string[:40], len(string))
                with undone():
                    response = send(target, filled(form) | {field["name"]: string})
                    page = assert_harmless(response, told)
                    if response.status_code == 302 and response["Location"].startswith("/"):
                        assert_harmless(client.get(response["Location"]), told)
                if response.status_code != 422 or field.get("type") == "password":
                    continue
                kept = [shown(found) for found in page.select(f'[name="{field["name"]}"]')]
                assert lines(string) in map(lines, kept), told
                assert page.select(".field-errors, .error-summary, .alert-error:not([hidden]), .problem"), told


# Every field of every form and of every body, with every string


def kinds_of(base: type) -> list[type]:
    """Our classes below this one, whichever test runs first: the addresses lead to all of them."""
    importlib.import_module("transition.urls")
    found, open_ = {}, [base]
    while open_:
        for kind in open_.pop().__subclasses__():
            open_.append(kind)
            if kind.__module__.startswith(("transition.", "programs.", "calendars.")):
                found[kind] = None
    return list(found)


# Of fields that allow other letters than ASCII; ours do not.
NEVER_SAID = {"invalid_unicode"}
# Chosen among rows, files or several; and what the page's own script writes for a passkey.
NOT_TYPED = (forms.ModelChoiceField, forms.FileField, forms.MultipleChoiceField, forms.JSONField)


def fields_of_forms() -> list[tuple[str, forms.Field]]:
    return [
        (f"{kind.__module__}.{kind.__qualname__}.{name}", field)
        for kind in kinds_of(forms.BaseForm)
        for name, field in kind.base_fields.items()
        if not isinstance(field, NOT_TYPED)
    ]


def texts_in(name: str, field: serializers.Field) -> list[tuple[str, serializers.Field]]:
    """A field that takes a string, or those inside of it."""
    inner = getattr(field, "child", None)
    if inner is not None:
        return texts_in(f"{name}[]", inner)
    if isinstance(field, serializers.BaseSerializer | serializers.RelatedField | serializers.FileField):
        return []
    return [] if field.read_only else [(name, field)]


def fields_of_bodies() -> list[tuple[str, serializers.Field]]:
    return [
        one
        for kind in kinds_of(Sent)
        for name, field in kind().fields.items()
        for one in texts_in(f"{kind.__module__}.{kind.__qualname__}.{name}", field)
    ]


def is_said(messages) -> bool:
    messages = list(messages)
    return bool(messages) and all(re.search("[ぁ-ん]", str(one)) for one in messages)


def ways_to_refuse(name: str, field: serializers.Field) -> list[tuple[str, str, str]]:
    own = [(name, code, str(said)) for code, said in field.error_messages.items() if code not in NEVER_SAID]
    inner = getattr(field, "child", None)
    return own + (ways_to_refuse(f"{name}[]", inner) if inner is not None else [])


def test_whatever_a_field_of_a_body_can_say_is_japanese():
    """Also when nothing above sends what makes it say so."""
    said = [
        one
        for kind in kinds_of(Sent)
        for name, field in kind().fields.items()
        for one in ways_to_refuse(f"{kind.__qualname__}.{name}", field)
    ]
    assert len(said) > 1_000
    assert [one for one in said if not re.search("[ぁ-んァ-ヶ一-龠]", one[2])] == []


def test_there_are_many_strings_and_fields():
    assert len(set(EVERYTHING)) >= 250
    assert len(fields_of_forms()) >= 150
    assert len(fields_of_bodies()) >= 150


def test_every_field_of_a_form_keeps_a_string_or_says_why_not():
    """What it takes it takes again as it shows it, so nothing changes on the second sending."""
    wrong = []
    for name, field in fields_of_forms():
        for string in EVERYTHING:
            try:
                value = field.clean(string)
            except forms.ValidationError as refused:
                if not is_said(refused.messages):
                    wrong.append((name, string[:40], refused.messages))
                continue
            shown = field.widget.format_value(field.prepare_value(value))
            if isinstance(shown, str) and field.clean(shown) != value:
                wrong.append((name, string[:40], f"{value!r} became {field.clean(shown)!r}"[:150]))
    assert wrong == []


def test_every_field_of_a_body_keeps_a_string_or_says_why_not():
    wrong = []
    for name, field in fields_of_bodies():
        for string in EVERYTHING:
            try:
                value = field.run_validation(string)
            except serializers.ValidationError as refused:
                if not is_said(str(one) for one in refused.detail):
                    wrong.append((name, string[:40], refused.detail))
                continue
            if isinstance(value, str) and field.run_validation(value) != value:
                wrong.append((name, string[:40], f"{value!r} changes again"[:150]))
    assert wrong == []


def test_no_string_in_an_address_or_a_header_is_a_fault(place):
    """As a part of a path, as a value in a query, in headers that we read."""
    client = place.client("worker")
    for string in EVERYTHING:
        quoted = quote(string[:1500], safe="")
        asked = [
            client.get(f"/people/{quoted}/"),
            client.get(f"/calendar/{quoted}.ics"),
            client.get(f"/api/v1/people/?search={quoted}&cursor={quoted}&fields={quoted}"),
            client.get(f"/people/?q={quoted}&page={quoted}&month={quoted}"),
        ]
        header = string[:500].encode("utf-8", "surrogatepass").decode("latin-1")
        for name in ("HX-Target", "Idempotency-Key", "If-None-Match", "Accept-Language", "Authorization"):
            asked.append(client.get("/api/v1/tokens/", headers={name: header}))
        assert [one.status_code for one in asked if one.status_code >= 500] == [], string[:40]
