"""Input that costs its sender nothing and a careless server minutes: everything is answered in a time that grows with
the length, whatever is typed into whatever field."""

import contextlib
import importlib
import io
import itertools
import json
import pkgutil
import re
import sys
import time
import unicodedata

import pytest
from django import forms
from django.core.exceptions import ValidationError
from django.test import Client
from rest_framework import serializers
from rest_framework.exceptions import ParseError

from tests.access import undone
from transition import fields
from transition.api import fields as api_fields
from transition.api.parsers import MOST_ENTRIES, StrictJSONParser
from transition.domain import text

# Seconds. The rule says one; this machine is slow when it is loaded, and what grows with the square takes minutes.
PATIENCE = 3
# As much as a form may bring.
BODY = 950_000
# The same letters a reader sees, and each costs more than a letter.
PASTED = {
    "blanks": " ",
    "wide blanks": "　",
    "digits": "9",
    "wide digits": "９",
    "kana": "あ",
    "half-width kana": "ｱﾞ",
    "joiners": "\u200d",
    "selectors": "葛\U000e0100",
    "one mark": "\u0300",
    "marks out of order": "\u0300\u0316",
    "marks in disguise": "\u0f73",
    "eighteen letters in one": "ﷺ",
    "family name": "神",
    "thousands": ",000",
    "brackets": "(",
    "signs": "-",
    "lines": "\n",
}
FORM_FIELDS = [
    fields.JapaneseDateField,
    fields.JapaneseTimeField,
    fields.JapaneseIntegerField,
    fields.OfficeNumberField,
    fields.CertificateNumberField,
    fields.MunicipalityNumberField,
]
TEXT_FIELDS = [fields.LineField, fields.TextField]
API_FIELDS = [api_fields.MomentField, api_fields.DayField, api_fields.TimeOfDayField]
API_TEXT_FIELDS = [api_fields.LineField, api_fields.TextField]


def much(piece: str) -> str:
    """As many as fit into a body."""
    return "1" + piece * (BODY // len(piece.encode()))


def seconds(act, *arguments) -> float:
    began = time.perf_counter()
    with contextlib.suppress(ValidationError, serializers.ValidationError, ParseError):
        act(*arguments)
    return time.perf_counter() - began


def test_every_field_of_ours_is_tried():
    own = {
        kind
        for module in (fields, api_fields)
        for kind in vars(module).values()
        if isinstance(kind, type) and issubclass(kind, forms.Field | serializers.Field)
        if kind.__module__ == module.__name__
    }
    # Numbers in general have no rule of their own; an id is looked up as a UUID or not at all.
    left = {fields.NumberField, api_fields.PublicIdField}
    assert own - left == {*FORM_FIELDS, *TEXT_FIELDS, *API_FIELDS, *API_TEXT_FIELDS}


@pytest.mark.parametrize("name", PASTED)
def test_no_field_spends_its_time_on_what_it_refuses(name):
    written = much(PASTED[name])
    acts = [kind().clean for kind in FORM_FIELDS]
    acts += [kind(max_length=most).clean for kind in TEXT_FIELDS for most in (40, 2000, None)]
    acts += [kind().run_validation for kind in API_FIELDS]
    acts += [kind(max_length=most).run_validation for kind in API_TEXT_FIELDS for most in (40, 2000)]
    slow = {act.__self__.__class__.__name__: took for act in acts if (took := seconds(act, written)) > PATIENCE}
    assert slow == {}


@pytest.mark.parametrize("most", [40, 10_000, None])
@pytest.mark.parametrize("name", PASTED)
def test_the_longest_text_that_is_tidied_up_is_tidied_up_soon(name, most):
    written = (PASTED[name] * text.most_code_points(most))[: text.most_code_points(most)]
    # Only names are searched for.
    for act in (text.clean_line, text.clean_text, *([text.search_key] if most == 40 else [])):
        assert seconds(act, written) < PATIENCE


@pytest.mark.parametrize("kind", [*FORM_FIELDS, fields.LineField])
def test_what_is_too_long_is_refused_and_never_cut(kind):
    field = kind(max_length=40) if kind is fields.LineField else kind()
    for written in ("2026-12-01" + " " * 20_000 + "x", " " * 20_000 + "12", "9" * 20_000):
        with pytest.raises(ValidationError):
            field.clean(written)


def test_neither_does_the_api():
    with pytest.raises(serializers.ValidationError) as refused:
        api_fields.LineField(max_length=40).run_validation(" " * 20_000 + "12")
    assert refused.value.get_codes() == ["max_length"]


def test_many_blanks_around_a_name_are_still_forgiven():
    assert fields.LineField(max_length=40).clean(" " * 9_000 + "見本" + "　" * 900) == "見本"
    assert api_fields.LineField(max_length=40).run_validation(" " * 9_000 + "見本") == "見本"


# Marks


def test_letters_with_a_few_marks_are_normalized_as_ever():
    for written in ("か\u3099" * 400, "e\u0301\u0323" * 400, "ﾊﾞ" * 400, "x" + "\u0300\u0316" * 99 + "か\u3099" * 99):
        for form in ("NFC", "NFKC"):
            assert text.normalize(form, written) == unicodedata.normalize(form, written)


def test_a_letter_with_thousands_keeps_them_all():
    written = "x" + "\u0300\u0316" * 10_000
    found = text.normalize("NFC", written)
    assert sorted(unicodedata.normalize("NFD", "x" + "\u0300\u0316" * 100)) == sorted(
        unicodedata.normalize("NFD", text.normalize("NFC", "x" + "\u0300\u0316" * 100))
    )
    assert found.count("\u0316") == 10_000
    assert seconds(text.normalize, "NFC", "x" + "\u0300\u0316" * 300_000) < PATIENCE


def test_every_sign_that_becomes_a_mark_is_known():
    hidden = {
        chr(code)
        for code in range(sys.maxunicode + 1)
        if not unicodedata.combining(chr(code))
        and unicodedata.combining(unicodedata.normalize("NFKD", chr(code))[0])
        and not 0xD800 <= code < 0xE000
    }
    assert hidden == text._MARKS_IN_DISGUISE


def test_nobody_else_normalizes_what_may_be_long():
    """`unicodedata.normalize` takes the square of a letter's marks; who calls it has said how long a text may be."""
    from tests.test_lint import modules, name_of

    found = {name_of(path) for path in modules() if re.search(r"\bunicodedata\.normalize\(", path.read_text("utf-8"))}
    assert found == {
        "transition/domain/text.py",
        "transition/domain/readings.py",  # one word
        "transition/exports.py",  # one letter
        "transition/accounts/passwords.py",  # a password, cut off by its field
        "programs/domain/home_lists.py",  # a cell of a file that an administrator gives
        "programs/domain/municipalities.py",  # the same
    }


# Patterns

SEEDS = [
    *("0", "９", "1,000,", "a", "A", "あ", "ア", "漢", "葛\U000e0100", "ｱﾞ", " ", "　", "\n", "-", "ー", "(", "（", "<"),
    *(
        "</",
        '"',
        "《",
        "｜",
        "｜漢",
        "漢《",
        "/",
        "/ical/",
        "/a",
        "\\",
        "\\u",
        "\\ud800",
        "[",
        "%",
        "0-",
        "1月",
        "令和",
    ),
    *("2026/", "2026 ", "12:", " 12", "a@", "a.", "\u200b", "〒", "(以下", "内線", "Aa", "Aa.", "a.A"),
]
TAILS = ["", "!", "か"]
# Patterns that take the square of a length, and the longest text that reaches them.
BOUNDED = {
    "programs.domain.program_file": (1_000, "a file that an administrator writes"),
    "transition.domain.readings": (4_000, "one text of a page in easy words"),
    "transition.domain.ruby": (4_000, "one text of a page in easy words; what somebody typed has no < left"),
    "transition.domain.wareki": (100, "longer ones are refused before"),
    "transition.guides": (1_000, "our own guides"),
}


def patterns() -> dict[str, list[re.Pattern]]:
    """Every pattern that one of our modules compiled, by the module that wrote it."""
    found: dict[str, dict[tuple, re.Pattern]] = {}
    for app in ("calendars", "programs", "transition"):
        package = importlib.import_module(app)
        for module in pkgutil.walk_packages(package.__path__, f"{app}."):
            if re.search(r"\.(migrations|settings|wsgi)", module.name):
                continue
            values = vars(importlib.import_module(module.name)).values()
            parts = [part for value in values for part in (value if isinstance(value, tuple | list) else [value])]
            parts += [inner for part in parts if isinstance(part, tuple) for inner in part]
            for one in parts:
                if isinstance(one, re.Pattern):
                    found.setdefault(module.name, {})[one.pattern, one.flags] = one
    return {name: list(inside.values()) for name, inside in found.items()}


PATTERNS = patterns()


def test_there_are_patterns_and_the_exceptions_are_among_them():
    assert sum(map(len, PATTERNS.values())) > 50
    assert PATTERNS.keys() >= BOUNDED.keys()


@pytest.mark.parametrize("module", PATTERNS)
def test_no_pattern_takes_for_ever(module):
    length = BOUNDED.get(module, (20_000, ""))[0]
    for pattern, seed, tail in itertools.product(PATTERNS[module], SEEDS, TAILS):
        written = (seed * (length // len(seed) + 1))[:length] + tail
        if isinstance(pattern.pattern, bytes):
            written = written.encode("utf-8", "surrogatepass")
        for look in (pattern.fullmatch, lambda said, pattern=pattern: sum(1 for _ in pattern.finditer(said))):
            assert seconds(look, written) < PATIENCE / 3, (pattern.pattern, seed, tail)


# Bodies of the API


def parse(body: str) -> dict:
    return StrictJSONParser().parse(io.BytesIO(body.encode()))


LONG_BODIES = {
    "a list": json.dumps({"events": ["x"] * (MOST_ENTRIES + 1)}),
    "a long list": json.dumps({"events": [1] * 300_000}),
    "names": json.dumps({f"n{number}": 1 for number in range(MOST_ENTRIES + 1)}),
    "a list within": json.dumps({"a": {"b": [[], [0] * (MOST_ENTRIES + 1)]}}),
    "a number": '{"a": ' + "9" * BODY + "}",
    "lists in lists": '{"a": [' + ",".join(["[]"] * 300_000) + "]}",
}


@pytest.mark.parametrize("name", LONG_BODIES)
def test_what_has_no_end_is_not_looked_into(name):
    began = time.perf_counter()
    with pytest.raises(ParseError):
        parse(LONG_BODIES[name])
    assert time.perf_counter() - began < PATIENCE


def test_as_many_as_may_be_are_read():
    assert len(parse(json.dumps({"nights": ["2026-12-01"] * MOST_ENTRIES}))["nights"]) == MOST_ENTRIES
    assert parse('{"a": 1e9999999}') == {"a": float("inf")}


def test_no_list_of_the_api_may_be_longer_than_a_body_may_hold():
    from transition.api import docs

    lengths = [int(most) for most in re.findall(r'"maxItems": ([0-9]+)', json.dumps(docs.schema()))]
    assert len(lengths) > 10
    assert max(lengths) <= MOST_ENTRIES


@pytest.mark.django_db
@pytest.mark.parametrize("number", ["1e9999999", "-1e9999999", "1e-9999999", "9" * 4000, "0x10", "NaN", "1_0"])
def test_numbers_without_measure_are_refused_with_a_sentence(place, number):
    send = place.client("coordinator").post
    with undone():
        for body in (f'{{"name": {number}}}', json.dumps({"min_nights": number, "price_rent": number})):
            answer = send("/api/v1/slots/", body, content_type="application/json")
            assert answer.status_code == 400
            assert len(answer.content) < 20_000


@pytest.mark.django_db
@pytest.mark.parametrize("day", ["0001-01-01", "9999-12-31", "9999-12-31T23:59:59Z", "0001-01-01T00:00:00+14:00"])
def test_the_ends_of_the_calendar_are_no_fault(place, day):
    client = place.client("worker")
    with undone():
        for name in ("since", "until", "starts_on", "ends_on", "check_in", "check_out", "on", "from", "first", "last"):
            for address in ("/api/v1/sessions/", "/api/v1/slots/", "/api/v1/views/", "/month/", "/today/", "/slots/"):
                assert client.get(address, {name: day}).status_code < 500, (name, address)


# Passwords


@pytest.mark.django_db
@pytest.mark.real_time
@pytest.mark.parametrize("piece", ["x", "あ", "\u0300\u0316", "9"])
def test_a_password_without_end_is_refused_before_it_is_worked_on(place, settings, piece):
    """Argon2 reads all of it, and comparing it with names and lists takes longer still."""
    settings.PASSWORD_HASHERS = ["django.contrib.auth.hashers.Argon2PasswordHasher"]
    password = much(piece)
    user = place.users["worker"]
    with undone():
        began = time.perf_counter()
        answer = Client().post("/sign-in/", {"username": user.email, "password": password})
        assert answer.status_code in (400, 422, 429)
        sent = {"oldpassword": password, "password1": password, "password2": password}
        assert place.client("worker").post("/account/password/", sent).status_code in (400, 302, 404, 422)
        assert time.perf_counter() - began < PATIENCE
