"""What is written about people and secrets where nobody looks for it: nothing, whatever happens to them."""

import datetime as dt
import io
import json
import logging
import re
from collections import defaultdict
from contextlib import contextmanager
from email.header import decode_header, make_header
from smtplib import SMTPDataError

import pytest
import time_machine
from django.apps import apps
from django.core import mail
from django.core.cache import cache
from django.db import models
from django.http import HttpResponse
from django.test import Client, RequestFactory, TestCase
from django.urls import reverse
from django_q.models import OrmQ, Task

from tests import factories
from tests.access import ROWS, undone
from tests.api.test_access import ROUTES
from tests.conftest import NOW
from tests.test_lint import SENSITIVE
from transition import logs, metrics, tasks
from transition.enums import TokenScope
from transition.models import AuditEvent, AuditSeal, JobRun, Notification, Pulse, RateCount, ViewLog
from transition.services import api_tokens, pump

pytestmark = pytest.mark.django_db

# Fields of free text that hold codes, addresses of files or what a key is made of.
KEPT = re.compile(
    r"token|secret|hash|key|code|path|large|small|email|password|url|scope|etag|kind|method|state|digest|subject_|session_"
)
PERSONAS = ("", "worker", "home")
EVIDENCE = (AuditEvent, AuditSeal, ViewLog)
# When everything is told at once: not on a Sunday, as NOW.
WORKDAY = NOW + dt.timedelta(days=2)
# Nothing of ours is cached; whoever begins to will be read here.
SINKS = [
    "logs",
    "metrics",
    "mail subjects",
    "mail headers",
    "queue",
    "tasks",
    "error pages",
    "cache",
    "audit",
    "pulses",
    "failures of mails",
]


@contextmanager
def listening():
    """Everything that is logged, down to the least, through the formatter of production."""
    out, root, requests = io.StringIO(), logging.getLogger(), logging.getLogger(logs.REQUESTS)
    handler = logging.StreamHandler(out)
    handler.setFormatter(logs.JSONLines())
    before = root.level, requests.level
    # With the settings of production it has no handler of its own.
    queue = logging.getLogger("django-q")
    queue_before, queue.propagate = queue.propagate, True
    root.addHandler(handler)
    root.setLevel(logging.DEBUG)
    requests.setLevel(logging.INFO)
    try:
        yield out
    finally:
        root.removeHandler(handler)
        queue.propagate = queue_before
        root.setLevel(before[0])
        requests.setLevel(before[1])


def lines(out: io.StringIO) -> list[dict]:
    return [json.loads(line) for line in out.getvalue().splitlines()]


def mark_everything() -> list[str]:
    """Give every text that somebody typed a mark of its own; the marks."""
    marks = []
    for model in apps.get_models():
        # Nobody types into the evidence: what would be found there came from somewhere else.
        if model.__name__ not in SENSITIVE or model.__module__.startswith("allauth") or model in EVIDENCE:
            continue
        fields = [
            field.attname
            for field in model._meta.concrete_fields
            if isinstance(field, models.CharField | models.TextField)
            and not field.choices
            and not KEPT.search(field.attname)
            and not isinstance(field, models.URLField | models.EmailField)
            and (field.max_length or 99) >= 12
        ]
        for row in model._base_manager.all():
            for field in fields:
                if isinstance(value := getattr(row, field), str) and value:
                    mark = f"kn{len(marks):04d}かな"
                    marks.append(mark)
                    model._base_manager.filter(pk=row.pk).update(**{field: mark})
    return marks


@pytest.fixture(scope="module")
def journey(place):
    """Everybody opens every page, sends every form, calls every address of the API; tasks fail and mails go out."""
    with undone(), time_machine.travel(NOW, tick=False), listening() as out:
        from transition import append_only

        release, protect = getattr(append_only, "release", None), getattr(append_only, "protect", None)
        if release:
            release()
        marks = mark_everything()
        if protect:
            protect("default")
        token = api_tokens.issue(
            organization=place.world.municipality,
            label="kn9999かな",
            scopes=TokenScope.values,
            by=place.world.coordinator,
        ).token
        secrets = [place.feed.token, place.link.token, token, factories.PASSWORD, "kn-metrics-token", "kn-session"]
        pages, status, found = [], {}, defaultdict(list)
        typed = {"note": "kn8000かな", "reason": "kn8001かな", "family_name": "kn8002かな", "q": "kn8003かな"}
        for row in ROWS:
            url = reverse(row.name, args=row.of(place))
            for persona in PERSONAS:
                for method in ("get", "post"):
                    with undone(), left_behind(found):
                        client = Client() if row.public else place.client(persona)
                        sent = {**typed, **row.data(place)} if method == "post" else {"q": "kn8004かな"}
                        response = getattr(client, method)(url, sent, headers={"Referer": f"/ical/{place.feed.token}/"})
                    to = response.headers.get("Location", "")
                    outcome = "sent away" if persona and to.startswith("/sign-in/") else response.status_code
                    status[outcome] = status.get(outcome, 0) + 1
                    if response.status_code in (400, 403, 404, 405, 500):
                        pages.append(response.content.decode())
        for route in ROUTES:
            for method, _ in route.actions:
                with undone(), left_behind(found):
                    send = getattr(Client(), method)
                    headers = {"Authorization": f"Bearer {token}"}
                    response = send(route.url(place), typed, content_type="application/json", headers=headers)
                status[response.status_code] = status.get(response.status_code, 0) + 1
                if response.status_code in (403, 404, 405, 500):
                    pages.append(response.content.decode())
        for address in (
            f"/ical/{place.feed.token}/x",
            f"/me/enter/{token}/",
            "/people/kn8005/",
            f"/x/{token}",
            "/?q=%00",
        ):
            pages.append(Client().get(address).content.decode())
        Client(headers={"host": "kn8006.invalid"}).get("/")
        Client(enforce_csrf_checks=True).post("/sign-in/", {"username": "kn8007@example.invalid"})
        pages.append(fault(f"{marks[0]} {token}").content.decode())
        with left_behind(found):
            failing_task(marks[1])
            pump.plan()
        with left_behind(found), mails_refused(marks[2]), time_machine.travel(WORKDAY, tick=False):
            pump.plan()
            pump.run()
        everything = [*marks, *secrets, *typed.values(), "kn9999かな", "kn8004かな", "kn8005", "kn8006", "kn8007"]
        found |= {"logs": [out.getvalue()], "metrics": [metrics.text().decode()], "error pages": pages}
        yield everything, {sink: " ".join(texts) for sink, texts in found.items()}, status


def fault(said: str) -> HttpResponse:
    """A page fails, and its error names somebody."""
    patch = pytest.MonkeyPatch()
    try:
        patch.setattr("django.urls.resolvers.URLResolver.resolve", _raise(said))
        return Client(raise_request_exception=False).get("/people/")
    finally:
        patch.undo()


def _raise(said: str):
    def inner(*args):
        try:
            raise KeyError(said)
        except KeyError as error:
            raise ValueError(said) from error

    return inner


def failing_task(said: str) -> None:
    """As the queue does it: what it raises is stored with the task and told to the log."""

    @tasks.job
    def speaks() -> None:
        raise ValueError(said)

    try:
        speaks()
    except tasks.Failed as failed:
        Task.objects.create(
            id="c" * 32,
            name="x",
            func="x",
            started="2026-01-01T00:00Z",
            stopped="2026-01-01T00:00Z",
            success=False,
            result=str(failed),
        )
        logging.getLogger("django-q").error(f"Failed 'x' (x) - {said}")


@contextmanager
def mails_refused(said: str):
    """By a server that repeats to whom the mail was."""

    def refuse(*args):
        raise SMTPDataError(550, said.encode())

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("django.core.mail.backends.locmem.EmailBackend.send_messages", refuse)
        yield


@contextmanager
def left_behind(found: dict[str, list[str]]):
    """Adds what a request or a task has left wherever something may be left, before it is rolled back."""
    seen = (*EVIDENCE, Notification)
    newest = {model: model._base_manager.order_by("pk").values_list("pk", flat=True).last() or 0 for model in seen}
    cache.clear()
    mail.outbox = []
    with TestCase.captureOnCommitCallbacks(execute=True):
        yield
    if Notification.objects.filter(pk__gt=newest[Notification]).exists():
        with time_machine.travel(WORKDAY, tick=False):
            pump.run()
    found["mail subjects"] += [message.subject for message in mail.outbox]
    # Letters beyond ASCII travel encoded.
    headers = [value for message in mail.outbox for value in message.message().values()]
    found["mail headers"] += [str(make_header(decode_header(value))) for value in headers]
    found["queue"] += [str(row.task) for row in OrmQ.objects.all()]
    found["tasks"] += [str(row) for row in Task.objects.values()]
    # What is cached is pickled, and so are letters in UTF-8.
    found["cache"] += [value.decode(errors="replace") for value in cache._cache.values()]
    for model in EVIDENCE:
        found["audit"] += [str(row) for row in model._base_manager.filter(pk__gt=newest[model]).values()]
    found["pulses"] += [str(row) for model in (Pulse, RateCount, JobRun) for row in model.objects.values()]
    found["failures of mails"] += [said for said in Notification.objects.values_list("failure", flat=True) if said]


def test_the_journey_was_long(journey):
    everything, found, status = journey
    assert len(set(everything)) >= 50
    assert len(found["logs"].splitlines()) > 1000
    assert {200, 302, 403, 404, 405, 422} <= status.keys()
    # Who is signed in is not led there, but by what asks for more than that, or ends it.
    assert status["sent away"] < 80
    assert [sink for sink in SINKS if not found.get(sink)] == ["cache"]


@pytest.mark.parametrize("sink", SINKS)
def test_nothing_of_anybody_is_left_in(journey, sink):
    everything, found, _ = journey
    # The 403 and 404 pages name the reader's own organization in their head.
    left = {mark for mark in everything if mark in found[sink]}
    if sink == "error pages":
        left -= own_marks(found[sink], left)
    assert left == set()


def own_marks(page: str, left: set[str]) -> set[str]:
    """What stands in the header of every page: who is signed in, and for whom."""
    heads = " ".join(re.findall(r'<header class="site-header">.*?</header>', page, re.DOTALL))
    rest = re.sub(r'<header class="site-header">.*?</header>', "", page, flags=re.DOTALL)
    return {mark for mark in left if mark in heads and mark not in rest}


def test_every_request_has_its_line_by_the_route(journey):
    _, found, _ = journey
    rows = [json.loads(line) for line in found["logs"].splitlines()]
    requests = [row for row in rows if row["logger"] == logs.REQUESTS]
    assert {"route", "method", "status", "ms", "request", "time"} <= requests[0].keys()
    routes = {row["route"] for row in requests}
    assert {"programs:person-detail", "calendars:feed", "none"} <= routes
    assert not [route for route in routes if "/" in route]
    assert [row for row in requests if row.get("user") and row.get("organization")]
    # Who is nobody's is nobody's: a feed has no user.
    assert not [row for row in requests if row["route"] == "calendars:feed" and "user" in row]


# One line


def one(act) -> dict:
    with listening() as out:
        act()
    [line] = lines(out)
    return line


def test_a_fault_tells_classes_and_places_and_nothing_else():
    def act():
        try:
            _raise("見本 花子")()
        except ValueError:
            logging.getLogger("django.request").exception("Internal Server Error: %s", "/people/花子/")

    line = one(act)
    assert line["message"] == "Internal Server Error: %s"
    assert [error["class"] for error in line["error"]] == ["ValueError", "KeyError"]
    assert all("花子" not in place for error in line["error"] for place in error["where"])
    assert any(place.startswith("test_logs.py:") for place in line["error"][0]["where"])


@pytest.mark.parametrize(
    ("name", "said", "arguments", "message"),
    [
        ("some.library", "見本 花子", (), "…"),
        ("some.library", "%s is bad", ("見本 花子",), "%s is bad"),
        ("some.library", ValueError("見本 花子"), (), "…"),
        ("gunicorn.error", "Error handling request %s", ("/people/花子/",), "Error handling request %s"),
        ("gunicorn.error", "Invalid request from ip=1.2.3.4: 花子", (), "…"),
        ("django-q", "Failed 'x' (y) - Traceback: 花子", (), "…"),
        ("django-q", "Q Cluster x starting.", (), "Q Cluster x starting."),
        ("transition.services.pulses", "%s failed: %s", ("task:x", "ValueError"), "task:x failed: ValueError"),
        ("transition.x", "two\nlines", (), "two"),
    ],
)
def test_what_is_taken_over_of_a_message(name, said, arguments, message):
    line = one(lambda: logging.getLogger(name).error(said, *arguments))
    assert line["message"] == message
    assert "花子" not in json.dumps(line, ensure_ascii=False)


def answer(**headers) -> dict:
    middleware = logs.LogRequests(lambda request: HttpResponse())
    request = RequestFactory().get("/people/", headers=headers)
    request.resolver_match = None
    return one(lambda: middleware(request))


def test_the_name_of_a_request_is_the_web_servers_or_our_own():
    assert answer(**{"X-Request-Id": "0123456789abcdef" * 2})["request"] == "0123456789abcdef" * 2
    for forged in ("花子", "x" * 32, "0" * 31, '0" , "level": "x', "0123456789abcdef" * 2 + "\n"):
        given = answer(**{"X-Request-Id": forged})["request"]
        assert re.fullmatch("[0-9a-f]{32}", given)
        assert given != forged


def test_a_line_is_one_line():
    with listening() as out:
        logging.getLogger("transition.x").warning("%s", 'a\r\n{"level": "fake"}\u2028')
    assert len(out.getvalue().splitlines()) == 1 or out.getvalue().count("\n") == 1


def test_no_fault_is_mailed_and_django_speaks_only_through_us():
    config = logs.config(requests=True)
    assert config["handlers"].keys() == {"stdout"}
    assert config["loggers"]["django"]["handlers"] == []
    assert config["loggers"][logs.REQUESTS]["level"] == "INFO"
    assert logs.config()["loggers"][logs.REQUESTS]["level"] == "WARNING"
