"""What comes from outside before any view reads it: every unsafe address without its token, forged methods, doubled
parameters, paths encoded twice, signs that are none; and what goes out to a browser that must not keep it.

Generated from the table of addresses: a new one is in here by itself.
"""

import json
from collections import Counter
from copy import deepcopy
from urllib.parse import quote

import psycopg
import pytest
from django.conf import settings
from django.db import OperationalError
from django.test import Client
from django.urls import reverse

from tests.access import BY_NAME, ROWS, page_names, undone
from tests.api.test_access import ROUTES, token
from tests.test_hardening import close, missing
from tests.test_lint import WITHOUT_CSRF
from transition.models import AuditEvent, User

pytestmark = pytest.mark.django_db

UNSAFE = ("post", "put", "patch", "delete")
# Why some views ask for no token stands in WITHOUT_CSRF of tests/test_lint.py.


def strict(place, persona: str) -> Client:
    """The persona's browser, before a server that asks for tokens."""
    client = Client(enforce_csrf_checks=True)
    client.cookies = deepcopy(place.client(persona).cookies)
    return client


# Tokens


def without_csrf(row) -> bool:
    from django.urls import resolve

    return getattr(resolve(reverse(row.name, args=ROW_ARGUMENTS[row.name])).func, "csrf_exempt", False)


ROW_ARGUMENTS: dict[str, list] = {}


@pytest.fixture(scope="module")
def addresses(place) -> dict[str, str]:
    for row in ROWS:
        ROW_ARGUMENTS[row.name] = row.of(place)
    return {row.name: reverse(row.name, args=ROW_ARGUMENTS[row.name]) for row in ROWS}


def test_the_table_has_every_address():
    assert {name for name in page_names() if not name.startswith("?")} - BY_NAME.keys() == set()


@pytest.mark.parametrize("method", UNSAFE)
def test_every_address_without_its_token_is_refused(place, addresses, method):
    """403 for it, before anything is looked up; or 404 and 405 where nothing can be changed at all."""
    taken, tried = {}, Counter()
    for row in ROWS:
        if without_csrf(row):
            tried["exempt"] += 1
            continue
        for persona in ("coordinator", "worker", "home", ""):
            with undone():
                answer = getattr(strict(place, persona), method)(addresses[row.name], row.data(place))
            tried[answer.status_code] += 1
            if answer.status_code != 403 or missing(answer):
                taken[row.name, persona] = answer.status_code
    assert taken == {}
    assert tried[403] == (len(ROWS) - tried["exempt"]) * 4
    assert tried["exempt"] <= len(WITHOUT_CSRF) + 4


@pytest.mark.parametrize("sent", ["", "x" * 64, "x" * 32, "見本", "0"])
def test_a_made_up_token_is_none(place, sent):
    for persona in ("worker", "home"):
        with undone():
            client = strict(place, persona)
            address = reverse("transition:sign-out")
            assert client.post(address, {"csrfmiddlewaretoken": sent}).status_code == 403
            client.cookies[settings.CSRF_COOKIE_NAME] = "y" * 32
            headers = {"X-CSRFToken": quote(sent)}
            assert client.post(address, {"csrfmiddlewaretoken": sent}, headers=headers).status_code == 403


def test_a_token_of_another_browser_is_none(place):
    page = Client()
    other = page.get("/sign-in/").context["csrf_token"]
    with undone():
        client = strict(place, "worker")
        client.cookies[settings.CSRF_COOKIE_NAME] = "z" * 32
        assert client.post(reverse("transition:sign-out"), {"csrfmiddlewaretoken": str(other)}).status_code == 403


def test_a_form_from_elsewhere_is_none_even_with_its_token(place):
    with undone():
        client = strict(place, "")
        held = str(client.get("/sign-in/").context["csrf_token"])
        sent = {"csrfmiddlewaretoken": held, "username": "a@example.invalid", "password": "x"}
        assert client.post("/sign-in/", sent).status_code == 422
        for origin in ("https://evil.invalid", "null", "http://testserver.evil.invalid", "http://testserver:81"):
            assert client.post("/sign-in/", sent, headers={"Origin": origin}).status_code == 403


def test_the_api_asks_a_browser_for_its_token_and_a_program_for_none(place):
    """Every route that changes something; the program's token in its header cannot be ridden on."""
    tried = 0
    bearer = token(place, "worker")
    for route in ROUTES:
        for method, _ in route.actions:
            if method not in UNSAFE:
                continue
            with undone():
                client = strict(place, "worker")
                client.cookies[settings.CSRF_COOKIE_NAME] = "z" * 32
                browser = getattr(client, method)
                answer = browser(route.url(place), "{}", content_type="application/json")
                if answer.status_code == 415:
                    # It takes a form with a file only, and the browser's token may stand in that form.
                    answer = client.post(route.url(place), {})
                assert (answer.status_code, answer.json()["code"]) == (403, "permission_denied"), route.name
                program = getattr(bearer, method)(route.url(place), {}, format="json")
                assert "CSRF" not in program.content.decode(), route.name
            tried += 1
    assert tried > 80


# Methods


def test_no_header_and_no_field_turns_one_method_into_another(place, addresses):
    forged = dict.fromkeys(("X-HTTP-Method-Override", "X-HTTP-Method", "X-Method-Override"), "POST")
    before, found = AuditEvent.objects.count(), {}
    for row in ROWS:
        if row.get is None and row.post:
            persona = "" if row.public else next((who for who in row.post if who in place.clients), "worker")
            with undone():
                answer = place.client(persona).get(addresses[row.name], {"_method": "POST"}, headers=forged)
                assert AuditEvent.objects.count() == before, row.name
            if answer.status_code not in (403, 404, 405):
                found[row.name] = answer.status_code
    assert found == {}
    with undone():
        person = f"/api/v1/people/{place.world.person.public_id}/"
        headers = dict.fromkeys(forged, "DELETE")
        assert place.client("worker").get(person, {"_method": "DELETE"}, headers=headers).status_code == 200


@pytest.mark.parametrize("method", ["TRACE", "CONNECT", "PROPFIND", "TRACK", "DEBUG", "<script>", "HEAD\x00"])
def test_methods_that_nobody_knows(place, method):
    for address in ("/sign-in/", "/people/", "/api/v1/people/", f"/ical/{place.feed.token}/yotei.ics", "/nothing/"):
        with undone():
            answer = Client().generic(method, address)
        assert answer.status_code in (302, 400, 401, 403, 404, 405), (address, answer.status_code)
        assert b"<script>" not in answer.content
        assert missing(answer) == []


# Parameters


POLLUTED = [
    "?page=1&page=2&page=x",
    "?q=a&q=b",
    "?q[]=a&q[0]=b&q[x]=c",
    "?format=csv&format=html",
    "?next=/a/&next=//evil.invalid/",
    "?month=2026-12&month=9999-99",
    "?date=2026-12-01&date=",
    "?person=1&person=" + "0" * 36,
    "?page=99999999999999999999",
    "?page=-1&show=__class__&ordering=user__password",
    "?__proto__[x]=1&constructor=1",
    "?;=;&&=&=",
    "?page=1%26page=2",
    "?format=../../etc/passwd",
]


@pytest.mark.parametrize("query", POLLUTED)
def test_doubled_and_strange_parameters_are_no_fault(place, addresses, query):
    statuses, turn = Counter(), POLLUTED.index(query)
    # Each address meets two of them.
    for row in ROWS[turn % 7 :: 7]:
        persona = "" if row.public else next((who for who in ("worker", "home") if who in (row.get or ())), None)
        if (row.get is None and not row.public) or persona is None:
            continue
        with undone():
            answer = place.client(persona).get(addresses[row.name] + query)
            close(answer)
        statuses[answer.status_code] += 1
        assert answer.status_code < 500 or answer.status_code == 503, (row.name, answer.status_code)
    assert statuses[200] > 3


def test_the_api_refuses_names_that_are_said_twice(place):
    post = place.client("worker").post
    with undone():
        answer = post("/api/v1/people/", '{"family_name": "a", "family_name": "b"}', content_type="application/json")
    assert answer.status_code == 400


# Paths


TWICE = [
    "%2e%2e",
    "%252e%252e",
    "..%2f",
    "%2e%2e%2f",
    "%252f",
    "..%5c",
    "%5c..%5c",
    "..%c0%af",
    "%ff",
    "%25",
    "%",
    ";x",
]


@pytest.mark.parametrize("part", TWICE)
def test_a_path_that_is_encoded_twice_leads_nowhere(place, part):
    for before in ("/people/", "/static/", "/media/", "/api/v1/", "/ical/", "/photos/", "/guides/", "/me/", "/"):
        for path in (f"{before}{part}/manage.py", f"{before}{part}/{part}/{part}/etc/passwd", f"{before}{part}people/"):
            with undone():
                client = place.client("worker")
                answer = client.generic("GET", path)
                assert answer.status_code in (301, 302, 400, 404), (path, answer.status_code)
                if answer.status_code in (301, 302):
                    assert answer["Location"].startswith("/"), path
                    assert not answer["Location"].startswith("//"), path
                assert b"DJANGO_SETTINGS_MODULE" not in (b"" if answer.streaming else answer.content)
                close(answer)


# Signs that are none

NONE = {
    "NUL": ("%00", "\x00", "\\u0000"),
    "bell": ("%07", "\x07", "\\u0007"),
    "escape": ("%1b", "\x1b", "\\u001b"),
    "vertical tab": ("%0b", "\x0b", "\\u000b"),
    "half of a pair": ("%ed%a0%80", "\ud800", "\\ud800"),
    "the other half": ("%ed%bf%bf", "\udfff", "\\udfff"),
}


@pytest.mark.parametrize("name", NONE)
def test_signs_that_are_none_are_refused_wherever_they_stand(place, addresses, name):
    encoded, plain, escaped = NONE[name]
    raw = plain.encode("utf-8", "surrogatepass")
    worker = place.client("worker")
    tried = 0
    turn = list(NONE).index(name)
    with undone():
        for address in (*list(addresses.values())[turn::6], "/nothing/", "/api/v1/people/", "/static/x.css"):
            separator = "" if address.endswith("/") else "/"
            answers = [
                worker.get(f"{address}?q=a{encoded}b"),
                worker.get(f"{address}?a{encoded}b=1"),
                worker.get(f"{address}{separator}a{encoded}b/"),
                worker.get(address, headers={"X-Something": f"a{plain}b"}),
                worker.get(address, headers={"Referer": f"http://testserver/{plain}"}),
            ]
            wrong = [answer.status_code for answer in answers if answer.status_code != 400 or missing(answer)]
            assert wrong == [], address
            tried += len(answers)
        posts = [
            worker.post("/people/new/", b"family_name=" + quote(raw).encode(), "application/x-www-form-urlencoded"),
            worker.post("/people/new/", quote(raw).encode() + b"=1", "application/x-www-form-urlencoded"),
            worker.post("/api/v1/people/", f'{{"family_name": "{escaped}"}}', "application/json"),
            worker.post("/api/v1/people/", f'{{"{escaped}": 1}}', "application/json"),
            worker.post("/api/v1/people/", b'{"family_name": "' + raw + b'"}', "application/json"),
            worker.generic("PUT", "/api/v1/people/", b'{"family_name": "' + raw + b'"}', "application/json"),
            worker.get("/people/", headers={"Idempotency-Key": plain}),
        ]
        if not name.endswith(("pair", "half")):
            posts.append(worker.post("/people/new/", {"family_name": f"a{plain}b"}))
        for answer in posts:
            assert answer.status_code == 400
            tried += 1
        cookie = Client()
        cookie.cookies["x"] = f"a{plain}b" if plain.isascii() else "a\\355\\240\\200b"
        if plain.isascii():
            assert cookie.get("/sign-in/").status_code == 400
    assert tried > 5 * len(ROWS) / 6


# What a browser keeps


# A room, and nobody in it: for an hour, in the reader's own browser.
MAY_BE_KEPT = {"programs:home-photo"}
KEPT_BY_PROGRAMS = {"home-photo-small", "home-photo-large"}


def test_nothing_that_is_shown_to_somebody_is_kept(place, addresses):
    """Pages, their parts, files and pictures; answers without a body hold nothing."""
    kept, kinds = {}, Counter()
    for row in ROWS:
        for persona in [who for who in ("coordinator", "worker", "home") if who in (row.get or ())][:1]:
            for query, headers in (
                ("", {}),
                ("", {"HX-Request": "true", "HX-Target": "found"}),
                ("?format=csv", {}),
                ("?format=pdf", {}),
            ):
                with undone():
                    answer = place.client(persona).get(addresses[row.name] + query, headers=headers)
                    close(answer)
                if answer.status_code != 200:
                    continue
                kinds[answer["Content-Type"].partition(";")[0]] += 1
                if "no-store" not in answer.headers.get("Cache-Control", ""):
                    kept[row.name] = (answer["Content-Type"], answer.headers.get("Cache-Control"))
    assert {name: kind for name, kind in kept.items() if name not in MAY_BE_KEPT} == {}
    assert {"text/html", "text/csv", "application/pdf", "image/jpeg"} <= kinds.keys()


def test_the_api_tells_nobody_to_keep_anything(place):
    worker = place.client("worker")
    for route in ROUTES:
        if any(method == "get" for method, _ in route.actions):
            with undone():
                answer = worker.get(route.url(place))
            if answer.status_code == 200 and route.name not in KEPT_BY_PROGRAMS:
                assert "no-store" in answer["Cache-Control"], route.name


def test_signing_out_clears_what_a_shared_tablet_holds(place):
    with undone():
        client = Client()
        client.cookies = deepcopy(place.client("worker").cookies)
        answer = client.post(reverse("transition:sign-out"))
        assert answer["Clear-Site-Data"] == '"cache", "storage"'
        assert User.objects.get(pk=place.users["worker"].pk)


# Pages of refusal


def refused(place, status: int):
    """An answer of that status, from where it really comes."""
    worker = place.client("worker")
    match status:
        case 403:
            return Client(enforce_csrf_checks=True).post("/people/new/", {})
        case 404:
            return worker.get("/nothing/")
        case 405:
            return worker.delete("/people/")
        case 413:
            body = json.dumps({"a": "x" * 30_000})
            return Client().post("/csp-reports/", body, content_type="application/csp-report")
        case 414:
            return worker.get("/people/?" + "x" * 3000)
        case 415:
            return worker.post("/api/v1/people/", "a=b", content_type="text/plain")
        case 422:
            return worker.post("/people/new/", {"family_name": ""})
        case 429:
            sent = {"username": "nobody@example.invalid", "password": "wrong-for-ever-and-ever"}
            answers = [Client().post("/sign-in/", sent) for _ in range(15)]
            return answers[-1]


@pytest.mark.parametrize("status", [403, 404, 405, 413, 414, 415, 422, 429])
def test_every_page_of_refusal_carries_the_headers(place, status):
    with undone():
        answer = refused(place, status)
    assert (answer.status_code, missing(answer)) == (status, [])


@pytest.mark.parametrize("address", ["/people/", "/api/v1/people/", "/sign-in/", "/readyz"])
def test_so_does_what_is_said_while_the_database_is_away(place, address, monkeypatch):
    def away(*args, **kwargs):
        said = "connection failed: 見本 花子"
        raise OperationalError(said) from psycopg.OperationalError(said)

    with undone():
        worker = place.client("worker")
        worker.raise_request_exception = False
        monkeypatch.setattr("django.contrib.sessions.backends.db.SessionStore.load", away)
        monkeypatch.setattr("transition.queries.health.readiness", away, raising=False)
        answer = worker.get(address)
        monkeypatch.undo()
        worker.raise_request_exception = True
    assert missing(answer) == []
    assert "花子" not in answer.content.decode()
    if address in ("/people/", "/api/v1/people/"):
        assert answer.status_code == 503
