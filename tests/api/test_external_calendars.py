"""Calendars elsewhere through the API: added, read, removed, and their addresses never shown."""

import datetime as dt

import pytest

from programs.models import BusyTime, ExternalCalendar
from tests import factories
from tests.api.alike import NOBODY, fields, queries_of, same, send
from tests.domain.test_busy import calendar as ics
from transition import clock
from transition.models import AuditEvent, IdempotencyKey

pytestmark = pytest.mark.django_db

ALL = "/api/v1/external-calendars/"
MEETING = "DTSTART:20261205T160000\nDTEND:20261205T180000"


def add(client, url, key="", **changes):
    return send(client, ALL, {"label": "事務所の予定表", "url": url} | changes, key)


def one(calendar, tail=""):
    return f"{ALL}{calendar.public_id}/{tail}"


def test_added_once_and_its_address_never_shown(world, caller, server):
    client = caller(world.home_staff)
    url = server.serve("/fictional-secret.ics", ics(MEETING))
    first, again = (add(client, url, "e1", home=str(world.room.home.public_id)) for _ in range(2))
    assert (first.status_code, first.content) == (201, again.content)
    shown = first.json()
    assert (shown["coming"], shown["problem"], shown["home"]) == (1, "", str(world.room.home.public_id))
    assert len(server.asked) == 1
    for answer in (first, client.get(ALL), client.get(f"{ALL}{shown['id']}/")):
        assert b"fictional-secret" not in answer.content
    assert "fictional-secret" not in str(list(IdempotencyKey.objects.values()) + list(AuditEvent.objects.values()))
    assert client.get(f"{ALL}?mine=true").json()["results"] == []
    assert len(client.get(f"{ALL}?home={world.room.home.public_id}").json()["results"]) == 1


def test_ones_own(world, caller, server):
    client = caller(world.worker)
    added = add(client, server.serve("/a.ics", ics(MEETING)))
    assert (added.status_code, added.json()["home"]) == (201, None)
    assert [row["id"] for row in client.get(f"{ALL}?mine=true").json()["results"]] == [added.json()["id"]]
    assert ExternalCalendar.objects.get().user == world.worker


def test_who_works_nowhere_has_none(world, client):
    client.force_login(factories.UserFactory())
    assert client.post(ALL, {"label": "x", "url": "https://a.example.invalid/"}, "application/json").status_code == 403


def test_one_that_is_not_a_calendar_is_kept_with_its_problem(world, caller, server):
    added = add(caller(world.worker), server.serve("/a.ics", b"<html>")).json()
    assert added["problem"] == "NOT_ICAL"
    assert "ics" in added["problem_help"]


def test_refused_with_its_reason(world, caller, server):
    client = caller(world.worker)
    url = server.serve("/a.ics", ics(MEETING))
    add(client, url)
    twice = add(client, url)
    assert (twice.status_code, twice.json()["problems"][0]["code"]) == (409, "external.twice")
    calendar = ExternalCalendar.objects.get()
    soon = send(client, one(calendar, "read/"))
    assert (soon.status_code, soon.json()["problems"][0]["code"]) == (409, "external.soon")


def test_read_again(world, caller, server):
    client = caller(world.worker)
    add(client, server.serve("/a.ics", ics(MEETING)))
    calendar = ExternalCalendar.objects.get()
    ExternalCalendar.objects.update(read_at=clock.now() - dt.timedelta(minutes=2))
    server.serve("/a.ics", ics(MEETING, MEETING.replace("05T", "06T")))
    first, again = (send(client, one(calendar, "read/"), key="r1") for _ in range(2))
    assert (first.json()["coming"], first.content) == (2, again.content)
    assert len(server.asked) == 2


def test_removed_it_is_gone_with_its_times(world, caller, server):
    client = caller(world.worker)
    add(client, server.serve("/a.ics", ics(MEETING)))
    calendar = ExternalCalendar.objects.get()
    assert client.delete(one(calendar)).status_code == 204
    assert client.get(one(calendar)).status_code == client.delete(one(calendar)).status_code == 404
    assert not BusyTime.objects.exists()


def test_a_lost_update_is_told(world, caller):
    calendar = factories.ExternalCalendarFactory(home=world.room.home)
    late = caller(world.home_staff).delete(one(calendar), headers={"If-Match": '"old"'})
    assert late.status_code == 412
    assert ExternalCalendar.objects.current().count() == 1


def test_what_does_not_fit_is_named(world, caller):
    client = caller(world.home_staff)
    foreign = factories.HomeFactory()
    url = "https://calendar.example.invalid/a.ics"
    assert fields(add(client, url, home=str(foreign.public_id))) == ["home"]
    same(add(client, url, home=str(foreign.public_id)), add(client, url, home=NOBODY))
    for wrong in ("http://calendar.example.invalid/a.ics", "file:///etc/passwd", "https://", "x" * 1001):
        assert fields(add(client, wrong)) == ["url"]
    assert fields(add(client, url, label="あ" * 41)) == ["label"]
    assert not ExternalCalendar.objects.exists()


def test_nobody_else_finds_it(world, caller):
    calendar = factories.ExternalCalendarFactory(home=world.room.home)
    for user in (world.worker, world.coordinator, world.other_home_staff):
        client = caller(user)
        assert client.get(ALL).json()["results"] == []
        same(client.get(one(calendar)), client.get(f"{ALL}{NOBODY}/"))
        same(client.delete(one(calendar)), client.delete(f"{ALL}{NOBODY}/"))
        same(send(client, one(calendar, "read/")), send(client, f"{ALL}{NOBODY}/read/"))


def test_scope(world, caller):
    calendar = factories.ExternalCalendarFactory(home=world.room.home)
    reader = caller(world.home_staff, scopes=["HOMES_READ"])
    assert reader.get(one(calendar)).status_code == 200
    for answer in (add(reader, "x"), send(reader, one(calendar, "read/")), reader.delete(one(calendar))):
        assert answer.json()["code"] == "scope_missing"


def test_a_longer_list_costs_no_more_queries(world, caller):
    client = caller(world.home_staff)
    factories.ExternalCalendarFactory(home=world.room.home)
    client.get(ALL)
    before = queries_of(client, ALL)
    for _ in range(2):
        factories.ExternalCalendarFactory(home=factories.HomeFactory(organization=world.home_office))
    assert queries_of(client, ALL) == before
    assert len(client.get(ALL).json()["results"]) == 3
