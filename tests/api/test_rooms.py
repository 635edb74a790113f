"""Rooms: registered, used otherwise, their nights closed and opened; by their own home only."""

import datetime as dt

import pytest

from programs.models import Room, RoomNight
from programs.services import sessions
from tests import factories
from tests.api.alike import NOBODY, fields, queries_of, same, send
from transition import clock
from transition.models import AuditEvent

pytestmark = pytest.mark.django_db

ALL = "/api/v1/rooms/"
DAY = dt.timedelta(days=1)


def one(room, tail=""):
    return f"{ALL}{room.public_id}/{tail}"


def register(client, home, key="", **changes):
    return send(client, ALL, {"home": str(home.public_id), "name": "２階 南"} | changes, key)


def night(number):
    return str(clock.today() + number * DAY)


def close(client, room, *numbers, key="", **changes):
    body = {"nights": [night(number) for number in numbers], "use": "CLEANING"} | changes
    return send(client, one(room, "close-nights/"), body, key)


def booked(world, number=3, nights=2):
    world.slot.starts_on = clock.today()
    world.slot.save()
    first = clock.today() + number * DAY
    return sessions.request_stay(
        person=world.person,
        program=world.program,
        slot=world.slot,
        check_in=first,
        check_out=first + nights * DAY,
        organization=world.office,
        by=world.worker,
        note="",
    )


def test_a_room_is_registered_once(world, caller):
    client = caller(world.home_staff)
    first, again = (register(client, world.room.home, "r1") for _ in range(2))
    assert (first.status_code, first.content) == (201, again.content)
    shown = first.json()
    assert (shown["name"], shown["use"], shown["home"]) == ("２階 南", "TRIAL", str(world.room.home.public_id))
    assert client.get(f"{ALL}{shown['id']}/").json() == shown
    assert Room.objects.filter(home=world.room.home).count() == 2


def test_refused_with_its_reason(world, caller):
    client = caller(world.home_staff)
    taken = register(client, world.room.home, name=world.room.name)
    assert (taken.status_code, taken.json()["problems"][0]["code"]) == (409, "room.name_taken")
    assert taken.json()["problems"][0]["field"] == "name"
    world.room.home.capacity = 1
    world.room.home.save()
    full = register(client, world.room.home)
    assert full.status_code == 409
    assert full.json()["problems"][0]["numbers"] == {"capacity": 1, "rooms": 1}
    assert Room.objects.filter(home=world.room.home).count() == 1


def test_what_does_not_fit_is_named(world, caller):
    client = caller(world.home_staff)
    foreign = factories.HomeFactory()
    assert fields(register(client, foreign)) == ["home"]
    same(register(client, foreign), send(client, ALL, {"home": NOBODY, "name": "２階 南"}))
    assert fields(register(client, world.room.home, name=" ")) == ["name"]
    assert fields(register(client, world.room.home, use="CASTLE")) == ["use"]
    assert fields(client.get(f"{ALL}?home=1")) == ["home"]


def test_used_otherwise_when_nothing_is_promised(world, caller):
    client = caller(world.home_staff)
    refused = send(client, one(world.room, "change-use/"), {"use": "RENTED"})
    assert refused.status_code == 409
    world.slot.delete()
    answer = send(client, one(world.room, "change-use/"), {"use": "RENTED"}, "u1")
    assert (answer.status_code, answer.json()["use"]) == (200, "RENTED")
    assert send(client, one(world.room, "change-use/"), {"use": "RENTED"}, "u1").content == answer.content
    assert AuditEvent.objects.filter(action="room.change_use").count() == 1


def test_nights_are_closed_shown_and_opened(world, caller):
    client = caller(world.home_staff)
    stay = booked(world)
    assert close(client, world.room, 1, 7).status_code == 200
    assert close(client, world.room, 1, use="CLOSED").status_code == 200
    shown = client.get(one(world.room, "nights/")).json()
    assert (shown["from"], shown["to"]) == (night(0), night(14))
    held = {"use": "STAY", "session": str(stay.public_id), "session_state": "REQUESTED"}
    free = {"session": None, "session_state": None}
    assert shown["nights"] == [
        {"date": night(1), "use": "CLOSED"} | free,
        {"date": night(3)} | held,
        {"date": night(4)} | held,
        {"date": night(7), "use": "CLEANING"} | free,
    ]
    opened = send(client, one(world.room, "open-nights/"), {"nights": [night(1), night(3)]})
    assert opened.status_code == 200
    rest = client.get(one(world.room, f"nights/?from={night(0)}&to={night(4)}")).json()["nights"]
    assert rest == [{"date": night(3)} | held]


def test_a_guests_or_a_past_night_is_not_closed(world, caller):
    client = caller(world.home_staff)
    booked(world)
    answer = close(client, world.room, 2, 3)
    assert (answer.status_code, answer.json()["problems"][0]["code"]) == (409, "room.taken")
    assert close(client, world.room, -1).json()["problems"][0]["code"] == "room.past"
    assert not RoomNight.objects.exclude(use="STAY").exists()


def test_closed_once_for_one_key(world, caller):
    client = caller(world.home_staff)
    first, again = (close(client, world.room, 1, 2, key="c1") for _ in range(2))
    assert first.content == again.content
    assert AuditEvent.objects.filter(action="room.close_nights").count() == 1
    assert close(client, world.room, 5, key="c1").json()["code"] == "key_reused"


def test_a_lost_update_is_told(world, caller):
    client = caller(world.home_staff)
    body = {"nights": [night(1)], "use": "CLOSED"}
    late = client.post(one(world.room, "close-nights/"), body, format="json", headers={"If-Match": '"old"'})
    assert late.status_code == 412
    assert not RoomNight.objects.exists()
    etag = client.get(one(world.room))["ETag"]
    answer = client.post(one(world.room, "close-nights/"), body, format="json", headers={"If-Match": etag})
    assert answer.status_code == 200


def test_nights_that_make_no_sense_are_named(world, caller):
    client = caller(world.home_staff)
    assert fields(close(client, world.room)) == ["nights"]
    assert fields(close(client, world.room, *range(201))) == ["nights"]
    assert fields(close(client, world.room, 1, use="STAY")) == ["use"]
    assert fields(client.get(one(world.room, f"nights/?from={night(1)}&to={night(0)}"))) == ["to"]
    assert fields(client.get(one(world.room, f"nights/?to={night(200)}"))) == ["to"]
    assert fields(client.get(one(world.room, "nights/?from=1999-01-01"))) == ["from"]


def test_nobody_else_finds_the_room(world, caller):
    for user in (world.worker, world.coordinator, world.other_home_staff):
        client = caller(user)
        assert client.get(ALL).json()["results"] == []
        for tail in ("", "nights/"):
            same(client.get(one(world.room, tail)), client.get(f"{ALL}{NOBODY}/{tail}"))
        for tail in ("change-use/", "close-nights/", "open-nights/"):
            same(send(client, one(world.room, tail)), send(client, f"{ALL}{NOBODY}/{tail}"))


def test_scope(world, caller):
    reader = caller(world.home_staff, scopes=["HOMES_READ"])
    assert reader.get(one(world.room, "nights/")).status_code == 200
    assert close(reader, world.room, 1).json()["code"] == "scope_missing"
    assert register(reader, world.room.home).json()["code"] == "scope_missing"


def test_a_longer_list_costs_no_more_queries(world, caller):
    client = caller(world.home_staff)
    client.get(ALL)
    before = queries_of(client, ALL)
    for number in range(2):
        factories.RoomFactory(home=factories.HomeFactory(organization=world.home_office), name=f"{number}号")
    assert queries_of(client, ALL) == before
    assert len(client.get(f"{ALL}?home={world.room.home.public_id}").json()["results"]) == 1
