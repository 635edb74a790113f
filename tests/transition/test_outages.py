"""A full disk, a database that only reads or is away: a clear answer, nothing confirmed lost, and it heals alone."""

import datetime as dt
import errno
import sqlite3
from contextlib import contextmanager
from uuid import uuid4

import psycopg
import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import DatabaseError, OperationalError, close_old_connections, connection
from django.test import Client
from django.urls import reverse

from calendars.services import feeds
from programs.models import Session
from tests.personas import World, make_world
from tests.transition import places
from transition import outages
from transition.enums import Expression
from transition.models import AuditEvent, Pulse
from transition.outages import Outage

pytestmark = pytest.mark.django_db(transaction=True)
SQLITE = "connection.vendor != 'sqlite'"
POSTGRES = "connection.vendor != 'postgresql'"


@pytest.fixture
def world() -> World:
    return make_world()


@pytest.fixture
def client(world) -> Client:
    client = Client(raise_request_exception=False)
    client.force_login(world.worker)
    return client


def form(world: World, key: str) -> dict[str, str]:
    first = dt.date(2026, 12, 4)
    return {
        "program": world.program.code,
        "check_in": str(first),
        "check_out": str(first + dt.timedelta(days=2)),
        "note": "夜は静かな部屋がよいです。",
        "idempotency_key": key,
    }


def ask(client: Client, world: World, key: str, **headers):
    url = reverse("programs:session-request", args=[world.person.public_id, world.slot.public_id])
    return client.post(url, form(world, key), headers=headers)


def reads(client: Client, world: World) -> set[int]:
    """Pages that must go on: the list, the person, the search, the day."""
    person = world.person.public_id
    urls = ["/people/", f"/people/{person}/", reverse("programs:today"), f"/people/{person}/sessions/", "/healthz"]
    return {client.get(url).status_code for url in urls}


def fill() -> None:
    for number in range(0, 20_000, 10):
        Pulse.objects.bulk_create(Pulse(name=f"{number + more:040}") for more in range(10))


@contextmanager
def full():
    """Not one page more; what is free inside is filled up first."""
    with connection.cursor() as cursor:
        cursor.execute("PRAGMA page_count")
        [pages] = cursor.fetchone()
        cursor.execute(f"PRAGMA max_page_count={pages}")
    try:
        with pytest.raises(OperationalError, match="full"):
            fill()
        yield
    finally:
        with connection.cursor() as cursor:
            cursor.execute("PRAGMA max_page_count=1073741823")


@contextmanager
def read_only():
    on, off = (
        ("PRAGMA query_only=ON", "PRAGMA query_only=OFF")
        if connection.vendor == "sqlite"
        else ("SET default_transaction_read_only = on", "SET default_transaction_read_only = off")
    )
    with connection.cursor() as cursor:
        cursor.execute(on)
    try:
        yield
    finally:
        with connection.cursor() as cursor:
            cursor.execute(off)


def heals(client: Client, world: World, key: str) -> None:
    """The same form goes through now, once, however often it is sent."""
    assert Session.objects.count() == 0
    for _ in range(2):
        assert ask(client, world, key).status_code == 302
    assert Session.objects.count() == 1
    assert AuditEvent.objects.filter(action="session.request").count() == 1


@pytest.mark.skipif(SQLITE)
def test_a_full_disk(client, world):
    key = str(uuid4())
    before = AuditEvent.objects.count()
    with full():
        answers = [ask(client, world, key) for _ in range(3)]
        assert {one.status_code for one in answers} == {507}
        page = answers[0].content.decode()
        assert "いまは保存できません" in page
        assert "ブラウザの「戻る」で残っています" in page
        assert answers[0]["Retry-After"] == "300"
        assert reads(client, world) == {200}
        assert AuditEvent.objects.count() == before
    heals(client, world, key)


def test_a_database_that_only_reads(client, world):
    key = str(uuid4())
    with read_only():
        answer = ask(client, world, key)
        assert (answer.status_code, answer["Retry-After"]) == (503, "60")
        assert "見ることだけできます" in answer.content.decode()
        # htmx shows its banner for any 5xx and keeps the form.
        assert ask(client, world, key, **{"HX-Request": "true"}).status_code == 503
        assert reads(client, world) == {200}
    heals(client, world, key)


def test_reading_goes_on_when_even_the_session_cannot_be_kept(client, world, frozen_time):
    """Its time of last use is noted each minute, as the last thing of a request."""
    assert reads(client, world) == {200}
    frozen_time.shift(dt.timedelta(minutes=5))
    with read_only():
        assert reads(client, world) == {200}
        assert ask(client, world, str(uuid4())).status_code == 503
    before = client.session["seen_at"]
    assert reads(client, world) == {200}
    assert client.session["seen_at"] > before


def test_a_session_that_was_deleted_meanwhile_is_still_said(client, world, frozen_time, monkeypatch):
    """No outage: what Django says stays."""
    from django.contrib.sessions.backends.db import SessionStore

    from transition.accounts import signed_in

    usual = signed_in.check

    def check(request):
        usual(request)
        SessionStore(client.cookies["sessionid"].value).delete()

    frozen_time.shift(dt.timedelta(minutes=5))
    monkeypatch.setattr(signed_in, "check", check)
    assert client.get("/people/").status_code == 400


def test_calendars_and_family_pages_go_on(world):
    feed = feeds.issue(person=world.person, label="母", means=Expression.WORD, by=world.worker)
    with read_only():
        for address in (f"/ical/{feed.token}/yotei.ics", f"/ical/{feed.token}/"):
            assert Client().get(address).status_code == 200, address


def test_the_api_says_it_in_its_own_shape(client, world):
    stay = {"kind": "STAY", "person": str(world.person.public_id), "check_in": "2026-12-04", "check_out": "2026-12-06"}
    stay |= {"program": str(world.program.public_id), "slot": str(world.slot.public_id)}
    with read_only():
        answer = client.post("/api/v1/sessions/", stay, content_type="application/json")
        assert answer.status_code == 503, answer.content
        assert answer.json() == {"code": "read_only", "detail": Outage.READ_ONLY.value.detail, "problems": []}
        assert answer["Retry-After"] == "60"
        assert client.get(f"/api/v1/people/{world.person.public_id}/").status_code == 200


@pytest.mark.skipif(POSTGRES)
def test_a_connection_that_was_lost(client, world):
    key = str(uuid4())
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_backend_pid()")
        [pid] = cursor.fetchone()
    with psycopg.connect(places.address(), autocommit=True) as other:
        other.execute("SELECT pg_terminate_backend(%s)", [pid])
    answer = ask(client, world, key)
    assert (answer.status_code, answer["Retry-After"]) == (503, "10")
    assert "つながりません" in answer.content.decode()
    # What Django does at the beginning of each request, and its test client does not.
    close_old_connections()
    heals(client, world, key)


def test_what_fails_around_the_view_is_told_as_well(client, world):
    """The session is kept after the view has answered."""
    with read_only():
        answer = client.post(reverse("transition:sign-out"))
    assert answer.status_code == 503


@pytest.mark.parametrize("path", ["/homes/", "/api/v1/photos/"])
def test_no_upload_begins_while_the_disk_is_nearly_full(client, monkeypatch, path):
    monkeypatch.setattr(outages, "UPLOADS_NEED_SHARE", 2)
    monkeypatch.setattr(outages, "UPLOADS_NEED_BYTES", 10**18)
    assert not outages.is_room_for_uploads()
    file = SimpleUploadedFile("photo.jpg", b"x" * 100, content_type="image/jpeg")
    answer = client.post(path, {"photo": file})
    assert (answer.status_code, answer["Retry-After"]) == (507, "300")
    assert "受け取れません" in (answer.json()["detail"] if path.startswith("/api/") else answer.content.decode())
    # A form without a file goes on.
    assert client.post(path, {"name": "x"}).status_code < 500
    monkeypatch.undo()
    assert client.post(path, {"photo": file}).status_code < 500


def raised(cause: BaseException, kind: type[Exception] = DatabaseError) -> Exception:
    try:
        raise kind("x") from cause
    except kind as error:
        return error


def of_sqlite(code: int) -> sqlite3.OperationalError:
    error = sqlite3.OperationalError("x")
    error.sqlite_errorcode = code
    return error


@pytest.mark.parametrize(
    ("error", "outage"),
    [
        (OSError(errno.ENOSPC, "x"), Outage.FULL),
        (OSError(errno.EROFS, "x"), Outage.READ_ONLY),
        (OSError(errno.ENOENT, "x"), None),
        (ValueError("database or disk is full"), None),
        (raised(of_sqlite(sqlite3.SQLITE_FULL)), Outage.FULL),
        (raised(of_sqlite(sqlite3.SQLITE_READONLY_DBMOVED)), Outage.READ_ONLY),
        (raised(of_sqlite(sqlite3.SQLITE_BUSY_SNAPSHOT)), Outage.BUSY),
        (raised(of_sqlite(sqlite3.SQLITE_CORRUPT)), None),
        (raised(psycopg.errors.DiskFull()), Outage.FULL),
        (raised(psycopg.errors.ReadOnlySqlTransaction()), Outage.READ_ONLY),
        (raised(psycopg.errors.CannotConnectNow()), Outage.AWAY),
        (raised(psycopg.errors.AdminShutdown()), Outage.AWAY),
        (raised(psycopg.OperationalError("connection refused")), Outage.AWAY),
        (raised(psycopg.errors.UndefinedTable()), None),
        (raised(psycopg.errors.NotNullViolation()), None),
        (KeyError("x"), None),
        (None, None),
    ],
)
def test_what_is_behind_an_error(error, outage):
    assert outages.of(error) is outage
