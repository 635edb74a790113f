"""What holds for every calendar: each audience, each level. Details of one kind stand in the files beside this."""

import datetime as dt
import re

import pytest
from django.core.management import call_command
from django.db import connection, transaction
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils.http import parse_http_date

from calendars import checks
from calendars.domain import ical
from calendars.domain.levels import levels
from calendars.enums import Audience, Variant
from calendars.models import CalendarFeed
from calendars.queries import feeds as queries
from calendars.services import feeds
from programs.enums import SessionState
from programs.tasks import sweep
from tests.calendars.audiences import CASES, lead
from tests.calendars.conftest import address_of, put
from tests.calendars.lint import events_of, lint
from transition.models import AuditEvent
from transition.services import organizations, people

MINUTE = dt.timedelta(minutes=1)
DAY = dt.timedelta(days=1)
# In which words the home, the room and the name somebody wishes to be called by stand.
PLACED = {Variant.PLACE, Variant.NAMES, Variant.CODE, Variant.STAFF_NAMES, Variant.ROOM, Variant.ROOM_NAMES}
ROOMS = {Variant.ROOM, Variant.ROOM_NAMES}
NAMED = {Variant.NAMES, Variant.STAFF_NAMES, Variant.ROOM_NAMES}


@pytest.fixture(params=CASES, ids=str)
def case(request):
    return request.param


@pytest.fixture
def led(world):
    lead(world)
    return world


@pytest.fixture
def session(led, stay):
    """A stay far enough ahead that it is in the window whatever day it becomes."""
    return stay(check_in=dt.date(2027, 2, 10))


@pytest.fixture
def issued(case, session, led) -> CalendarFeed:
    return case.issue(led)


@pytest.fixture
def address(issued) -> str:
    return address_of(issued)


def only_event(response) -> dict[str, str]:
    assert lint(response.content) == []
    [event] = events_of(response.content)
    return {name.partition(";")[0]: value for name, value in event}


def test_every_audience_has_every_level_here():
    assert {(case.audience, case.detail, case.hosting) for case in CASES} == {
        (audience, detail, hosting)
        for audience in Audience
        for hosting in ([audience == Audience.HOME] if audience != Audience.ORGANIZATION else [True, False])
        for detail in levels(audience, hosting=hosting)
    }


# HTTP


def test_bytes_headers_and_nothing_else(client, address):
    answers = [
        client.get(address, headers=headers)
        for headers in ({}, {"Accept-Encoding": "gzip, br, deflate"}, {"Accept": "text/html"}, {"Cookie": "a=b"})
    ]
    first = answers[0]
    assert len(first.content) > 500  # pages of this size go out compressed
    for answer in answers:
        assert (answer.status_code, answer.content) == (200, first.content)
        assert dict(answer.headers) == dict(first.headers)
        assert not answer.cookies
    assert re.fullmatch(r'"[0-9a-f]{32}"', first["ETag"])
    assert first["Content-Length"] == str(len(first.content))
    assert first["Content-Type"] == "text/calendar; charset=utf-8"
    assert first["Cache-Control"] == "private, no-cache"
    for name in ("Content-Encoding", "Vary", "Set-Cookie", "Content-Disposition", "Location"):
        assert name not in first.headers


def test_head_is_get_without_its_body_and_304_has_none(client, address):
    got, told = client.get(address), client.head(address, headers={"Accept-Encoding": "gzip"})
    assert (told.status_code, told.content, dict(told.headers)) == (200, b"", dict(got.headers))
    for headers in ({"If-None-Match": got["ETag"]}, {"If-Modified-Since": got["Last-Modified"]}):
        for method in (client.get, client.head):
            same = method(address, headers={**headers, "Accept-Encoding": "gzip"})
            assert (same.status_code, same.content) == (304, b"")
            assert (same["ETag"], same["Cache-Control"]) == (got["ETag"], got["Cache-Control"])


def test_nothing_but_reading(address):
    client = Client(enforce_csrf_checks=True)
    for method in ("POST", "PUT", "DELETE", "PATCH", "OPTIONS", "PROPFIND", "PROPPATCH", "MKCALENDAR"):
        answer = client.generic(method, address, b"<x/>", content_type="application/xml")
        assert (answer.status_code, answer["Allow"], dict(answer.cookies)) == (405, "GET, HEAD", {})


def test_unchanged_takes_two_queries_and_changed_three(client, address):
    etag = client.get(address)["ETag"]
    with CaptureQueriesContext(connection) as same:
        assert client.get(address, headers={"If-None-Match": etag}).status_code == 304
    with CaptureQueriesContext(connection) as whole:
        client.get(address)
    assert (len(same) <= 2, len(whole) <= 3) == (True, True)


def test_ended_at_once_is_the_404_of_what_never_was(client, issued, address, led):
    never = client.get(f"/ical/{'A' * 43}/yotei.ics")
    etag = client.get(address)["ETag"]
    feeds.revoke(feed=issued, by=led.worker)
    for headers in ({}, {"If-None-Match": etag}, {"If-None-Match": "*"}):
        gone = client.get(address, headers=headers)
        assert (gone.status_code, gone.content, dict(gone.headers)) == (404, never.content, dict(never.headers))


def test_ended_gently_is_empty_and_then_the_same_404(client, issued, address, led, frozen_time):
    first = client.get(address)
    frozen_time.shift(MINUTE)
    feeds.empty(feed=issued, by=led.worker)
    for headers in ({"If-None-Match": first["ETag"]}, {"If-Modified-Since": first["Last-Modified"]}):
        empty = client.get(address, headers=headers)
        assert (empty.status_code, lint(empty.content), events_of(empty.content)) == (200, [], [])
    frozen_time.shift(30 * DAY)
    never = client.get(f"/ical/{'A' * 43}/yotei.ics")
    gone = client.get(address)
    assert (gone.status_code, gone.content, dict(gone.headers)) == (404, never.content, dict(never.headers))


# Content


def test_no_calendar_is_wider_than_its_level(client, case, session, address, led, settings):
    settings.SITE_ADDRESS = "https://taiken.example.jp"
    put(session, note="発作があります")
    event = only_event(client.get(address))
    text = "".join(event.values())
    person, home = led.person, led.room.home
    assert (home.name in text) == (case.variant in PLACED)
    assert (led.room.name in text) == (case.variant in ROOMS)
    assert ("はなさん" in text) == (case.variant in NAMED)
    assert (person.code in event["SUMMARY"]) == (case.variant == Variant.CODE)
    assert ("LOCATION" in event) == ("DESCRIPTION" in event) == (case.variant in PLACED)
    assert ("URL" in event) == (case.variant in {Variant.CODE, Variant.STAFF_NAMES, *ROOMS})
    secret = [person.family_name, person.given_name, person.given_kana, "発作", led.worker.name, home.address or "〒"]
    assert [word for word in secret if word in text] == []
    if "URL" in event:
        path = event["URL"].removeprefix(settings.SITE_ADDRESS)
        assert client.get(path).status_code == 302
        client.force_login(led.home_staff if case.hosting else led.worker)
        assert client.get(path).status_code == 200


def test_uid_is_opaque_and_the_same_in_every_calendar(client, session, led):
    uids = {only_event(client.get(address_of(case.issue(led))))["UID"] for case in CASES}
    assert len(uids) == 1
    [uid] = uids
    assert re.fullmatch(r"[0-9a-f-]{36}@taiken\.invalid", uid)
    assert str(session.public_id) not in uid


LINKED = {
    "home": (lambda led, session: _save(led.room.home, name="新しい名前"), PLACED),
    "room": (lambda led, session: _save(led.room, name="南の間"), ROOMS),
    "called": (lambda led, session: people.update(person=led.person, called="はなちゃん", by=led.worker), NAMED),
    "time": (lambda led, session: put(session, ends_at=session.ends_at + 60 * MINUTE), set(Variant)),
    "state": (lambda led, session: put(session, state=SessionState.CANCELLED), set(Variant)),
}


def _save(row, **values) -> None:
    for name, value in values.items():
        setattr(row, name, value)
    with transaction.atomic():
        row.save()


@pytest.mark.parametrize("linked", LINKED)
def test_sequence_and_last_modified_move_with_what_is_shown(client, case, session, address, led, frozen_time, linked):
    before = only_event(client.get(address))
    frozen_time.shift(MINUTE)
    act, shown_in = LINKED[linked]
    act(led, session)
    after = only_event(client.get(address))
    if case.variant not in shown_in:
        assert after == before
        return
    assert after["UID"] == before["UID"]
    assert (before["SEQUENCE"], after["SEQUENCE"]) == ("0", "1")
    assert after["DTSTAMP"] == after["LAST-MODIFIED"] == "20261122T010100Z" > before["LAST-MODIFIED"]
    assert after["CREATED"] == before["CREATED"]
    polled = client.get(address, headers={"If-Modified-Since": "Sun, 22 Nov 2026 01:00:00 GMT"})
    assert polled.status_code == 200


def test_asked_for_called_off_and_gone(client, session, address, frozen_time):
    put(session, state=SessionState.REQUESTED)
    asked = only_event(client.get(address))
    assert (asked["STATUS"], asked["SUMMARY"].endswith("（申込中）")) == ("TENTATIVE", True)
    put(session, state=SessionState.CANCELLED)
    off = only_event(client.get(address))
    assert (off["STATUS"], off["TRANSP"], off["SUMMARY"][:4]) == ("CANCELLED", "TRANSPARENT", "【中止】")
    assert "DESCRIPTION" not in off
    frozen_time.shift(30 * DAY - MINUTE)
    assert only_event(client.get(address))["STATUS"] == "CANCELLED"
    frozen_time.shift(MINUTE)
    assert events_of(client.get(address).content) == []


def test_the_window_is_cut_at_the_start_of_months(client, led, stay, case):
    days = [dt.date(2026, 7, 31), dt.date(2026, 7, 30), dt.date(2027, 11, 30), dt.date(2027, 12, 1)]
    for day in days:
        stay(check_in=day, nights=1)
    body = client.get(address_of(case.issue(led))).content
    starts = [dict(event)["DTSTART;TZID=Asia/Tokyo"][:8] for event in events_of(body)]
    assert starts == ["20260731", "20271130"]


def test_last_modified_never_goes_backwards_and_a_304_is_never_false(client, session, address, led, stay, frozen_time):
    """Whatever happens, by tag and by date: another body was never called the same."""
    other = stay(check_in=dt.date(2027, 3, 1))
    acts = [
        lambda: put(session, state=SessionState.CANCELLED),
        lambda: put(other, starts_at=other.starts_at + 60 * MINUTE),
        lambda: put(other, starts_at=other.starts_at - 60 * MINUTE),
        lambda: _save(led.room.home, name="別の名前"),
        lambda: frozen_time.shift(9 * DAY),
        lambda: frozen_time.shift(21 * DAY),
        other.delete,
        lambda: stay(check_in=dt.date(2027, 4, 1)),
        lambda: frozen_time.shift(DAY),
    ]
    last = client.get(address)
    for act in acts:
        frozen_time.shift(dt.timedelta(seconds=10))
        act()
        frozen_time.shift(dt.timedelta(seconds=10))
        by_tag = client.get(address, headers={"If-None-Match": last["ETag"]})
        by_date = client.get(address, headers={"If-Modified-Since": last["Last-Modified"]})
        now = client.get(address)
        if now.content != last.content:
            assert (by_tag.status_code, by_date.status_code) == (200, 200)
        assert parse_http_date(now["Last-Modified"]) >= parse_http_date(last["Last-Modified"])
        last = now


def test_the_version_of_the_software_is_in_the_tag(client, address, monkeypatch):
    before = client.get(address)["ETag"]
    monkeypatch.setattr(ical, "FORMAT_VERSION", 99)
    assert client.get(address, headers={"If-None-Match": before}).status_code == 200


# Addresses


def test_addresses_are_short_enough_for_google(address, settings):
    assert re.fullmatch(r"/ical/[A-Za-z0-9_-]{43}/yotei\.ics", address)
    settings.ALLOWED_HOSTS = ["*", ".example.jp", "x" * (feeds.LONGEST_ADDRESS - len(f"https://{address}"))]
    assert checks.long_host() == []
    settings.ALLOWED_HOSTS[2] += "x"
    assert [warning.id for warning in checks.long_host()] == ["calendars.W001"]


@pytest.mark.parametrize("word", ["taiken.example.jp", "https://taiken.example.jp/", "https://a\r\nb", "javascript:x"])
def test_a_site_address_that_is_none_is_noticed(settings, word):
    settings.SITE_ADDRESS = word
    assert [error.id for error in checks.site_address()] == ["calendars.E002"]
    settings.SITE_ADDRESS = "https://taiken.example.jp"
    assert checks.site_address() == []


def test_robots_may_come(client):
    answer = client.get("/robots.txt")
    assert (answer.status_code, answer["Content-Type"]) == (200, "text/plain; charset=utf-8")
    assert answer.content == b"User-agent: *\nDisallow:\n"
    assert "Vary" not in answer.headers
    assert not answer.cookies


# Who leaves


def test_a_worker_who_leaves_has_an_empty_calendar_at_once_and_none_after_a_month(client, led, session, frozen_time):
    cases = [case for case in CASES if case.audience == Audience.WORKER]
    issued = [case.issue(led) for case in cases]
    office = CASES[-1].issue(led)
    before = [client.get(address_of(feed)) for feed in issued]
    frozen_time.shift(MINUTE)
    organizations.end_membership(membership=led.worker.memberships.get(), by=led.coordinator)
    for feed, first in zip(issued, before, strict=True):
        for headers in ({"If-None-Match": first["ETag"]}, {"If-Modified-Since": first["Last-Modified"]}):
            empty = client.get(address_of(feed), headers=headers)
            assert (empty.status_code, lint(empty.content), events_of(empty.content)) == (200, [], [])
    frozen_time.shift(30 * DAY - MINUTE)
    sweep()
    assert client.get(address_of(issued[0])).status_code == 200
    frozen_time.shift(MINUTE)
    sweep()
    assert {client.get(address_of(feed)).status_code for feed in issued} == {404}
    assert client.get(address_of(office)).status_code == 200
    assert set(CalendarFeed.objects.exclude(revoked_at=None).values_list("audience", flat=True)) == {"WORKER"}
    assert AuditEvent.objects.filter(action="feed.revoke").count() == len(issued)
    sweep()
    assert AuditEvent.objects.filter(action="feed.revoke").count() == len(issued)


def test_who_comes_back_within_the_month_needs_a_new_address(client, led, session, frozen_time):
    case = next(case for case in CASES if case.audience == Audience.WORKER)
    feed = case.issue(led)
    membership = led.worker.memberships.get()
    organizations.end_membership(membership=membership, by=led.coordinator)
    frozen_time.shift(10 * DAY)
    organizations.add_member(email=led.worker.email, name="", organization=led.office, by=led.coordinator)
    frozen_time.shift(60 * DAY)
    sweep()
    assert client.get(address_of(feed)).status_code == 404
    assert len(events_of(client.get(address_of(case.issue(led))).content)) == 1


def test_the_command_brings_everything_to_the_present_text(session, led, capsys):
    call_command("refresh_feeds")
    assert capsys.readouterr().out == "0 entries changed\n"
    assert queries.feed_rows(CalendarFeed.objects.all()) == []
