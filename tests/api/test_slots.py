"""Slots: published, withdrawn and said to be free by their home."""

import datetime as dt

import pytest

from programs.models import Slot
from tests import factories
from tests.api.alike import NOBODY, fields, queries_of, same, send
from transition import clock
from transition.models import AuditEvent

pytestmark = pytest.mark.django_db

ALL = "/api/v1/slots/"


@pytest.fixture
def room(world):
    return factories.RoomFactory(home=world.room.home, name="2階の南")


def one(slot, tail=""):
    return f"{ALL}{slot.public_id}/{tail}"


def publish(client, room, key="", **changes):
    body = {"room": str(room.public_id), "starts_on": "2026-12-01", "ends_on": "2026-12-08"}
    return send(client, ALL, body | changes, key)


def pattern(client, room, key="", **changes):
    body = {"room": str(room.public_id), "weekday": 4, "nights": 2, "first_on": "2026-12-01", "last_on": "2026-12-31"}
    return send(client, f"{ALL}pattern/", body | changes, key)


class TestPublishing:
    def test_a_slot_is_published_once(self, world, room, caller):
        client = caller(world.home_staff)
        offer = {"max_nights": 3, "price_rent": 1200, "price_food": 1100, "level_min": 3, "note": "犬がいます。"}
        first, again = (publish(client, room, "s1", **offer) for _ in range(2))
        assert (first.status_code, first.content) == (201, again.content)
        shown = first.json()
        assert client.get(f"{ALL}{shown['id']}/").json() == shown
        assert shown["free_nights"] == [f"2026-12-0{day}" for day in range(1, 8)]
        assert (shown["price_per_day"], shown["level_min"], shown["level_max"]) == (2300, 3, None)
        assert (shown["check_in_time"], shown["sex"], shown["fit"]) == ("15:00", "ANY", None)
        slot = Slot.objects.get(room=room)
        assert (slot.max_nights, slot.note, slot.published_by) == (3, "犬がいます。", world.home_staff)
        assert AuditEvent.objects.filter(action="slot.publish").count() == 1

    def test_every_reason_at_once(self, world, caller):
        client = caller(world.home_staff)
        answer = publish(client, world.room, ends_on="2026-11-30", max_nights=1, min_nights=2)
        assert (answer.status_code, answer.json()["code"]) == (409, "refused")
        assert {problem["field"] for problem in answer.json()["problems"]} == {"ends_on", "max_nights"}
        taken = publish(client, world.room)
        assert [problem["code"] for problem in taken.json()["problems"]] == ["slot.overlap"]

    def test_what_does_not_fit_is_named(self, world, room, caller):
        client = caller(world.home_staff)
        foreign = factories.RoomFactory()
        assert fields(publish(client, foreign)) == ["room"]
        same(
            publish(client, foreign),
            send(client, ALL, {"room": NOBODY, "starts_on": "2026-12-01", "ends_on": "2026-12-08"}),
        )
        assert fields(publish(client, room, price_rent=-1, max_nights=181)) == ["max_nights", "price_rent"]
        assert fields(publish(client, room, starts_on="1999-12-01")) == ["starts_on"]
        assert fields(publish(client, room, disability_kinds=["TALL"])) == ["disability_kinds.0"]
        assert fields(publish(client, room, level_min=7, note="x" * 1001)) == ["level_min", "note"]
        assert fields(publish(client, room, rent=1)) == ["rent"]
        assert fields(send(client, ALL, {"room": str(room.public_id)})) == ["starts_on", "ends_on"]

    def test_every_week(self, world, room, caller):
        client = caller(world.home_staff)
        publish(client, room, starts_on="2026-12-11", ends_on="2026-12-12")
        first, again = (pattern(client, room, "w1", price_rent=500) for _ in range(2))
        assert (first.status_code, first.content) == (201, again.content)
        assert [slot["starts_on"] for slot in first.json()["slots"]] == ["2026-12-04", "2026-12-18", "2026-12-25"]
        assert first.json()["already_offered"] == ["2026-12-11"]
        assert {slot["price_rent"] for slot in first.json()["slots"]} == {500}
        assert len({slot["series"] for slot in first.json()["slots"]}) == 1
        assert [problem["code"] for problem in pattern(client, room).json()["problems"]] == ["slot.overlap"]
        assert fields(pattern(client, room, weekday=7, nights=8)) == ["weekday", "nights"]


class TestChanging:
    def test_withdrawn_once(self, world, caller):
        client = caller(world.home_staff)
        first, again = (send(client, one(world.slot, "withdraw/"), key="d1") for _ in range(2))
        assert (first.status_code, first.content) == (200, again.content)
        assert first.json()["withdrawn_at"] == "2026-11-22T10:00:00+09:00"
        assert first.json()["free_nights"] == []
        assert client.get(one(world.slot)).status_code == 200
        assert caller(world.worker).get(one(world.slot)).status_code == 404

    def test_said_to_be_free(self, world, caller):
        Slot.objects.update(confirmed_at=clock.now() - dt.timedelta(days=40))
        client = caller(world.home_staff)
        before = client.get(one(world.slot)).json()
        assert (before["is_unconfirmed"], before["freshness"]) == (True, "未確認（30日以上）")
        after = send(client, one(world.slot, "confirm-free/")).json()
        assert (after["is_unconfirmed"], after["freshness"]) == (False, "きょう確認")

    def test_a_lost_update_is_told(self, world, caller):
        client = caller(world.home_staff)
        etag = client.get(one(world.slot))["ETag"]
        send(client, one(world.slot, "withdraw/"))
        late = client.post(one(world.slot, "confirm-free/"), headers={"If-Match": etag})
        assert (late.status_code, late.json()["code"]) == (412, "precondition_failed")

    def test_nobody_else_changes_it(self, world, caller):
        for user in (world.worker, world.coordinator, world.other_home_staff):
            client = caller(user)
            assert client.get(one(world.slot)).status_code == 200
            for tail in ("withdraw/", "confirm-free/"):
                same(send(client, one(world.slot, tail)), send(client, f"{ALL}{NOBODY}/{tail}"))
        assert Slot.objects.get().withdrawn_at is None

    def test_scope(self, world, room, caller):
        reader = caller(world.home_staff, scopes=["HOMES_READ"])
        assert reader.get(one(world.slot)).status_code == 200
        for answer in (publish(reader, room), pattern(reader, room), send(reader, one(world.slot, "withdraw/"))):
            assert (answer.status_code, answer.json()["code"]) == (403, "scope_missing")
        assert caller(world.home_staff, scopes=["PEOPLE_READ"]).get(ALL).status_code == 403


class TestOnesOwn:
    def test_whatever_became_of_them(self, world, room, caller):
        client = caller(world.home_staff)
        gone = factories.SlotFactory(room=room, withdrawn_at=clock.now(), withdrawn_by=world.home_staff)
        factories.SlotFactory(room=factories.RoomFactory())

        def found(asked=""):
            return [row["id"] for row in client.get(f"{ALL}?mine=true{asked}").json()["results"]]

        assert set(found()) == {str(world.slot.public_id), str(gone.public_id)}
        assert found("&from=2026-11-01&to=2026-11-30") == []
        assert set(found(f"&home={world.room.home.public_id}&from=2026-12-01&to=2026-12-02")) == set(found())
        for asked in ("level=0", "wheelchair=true", "ordering=price", f"person={world.person.public_id}"):
            assert client.get(f"{ALL}?mine=true&{asked}").status_code == 400
        assert caller(world.worker).get(f"{ALL}?mine=true").json()["results"] == []

    def test_page_by_page(self, world, caller):
        for _ in range(2):
            factories.SlotFactory(room=factories.RoomFactory(home=world.room.home))
        client = caller(world.home_staff)
        seen, url = [], f"{ALL}?mine=true&page_size=2"
        while url:
            answer = client.get(url).json()
            seen += [row["id"] for row in answer["results"]]
            url = answer["next"]
        assert len(seen) == len(set(seen)) == 3

    def test_a_longer_list_costs_no_more_queries(self, world, caller):
        client = caller(world.home_staff)
        client.get(ALL)
        before = queries_of(client, f"{ALL}?mine=true")
        for _ in range(2):
            factories.SlotFactory(
                room=factories.RoomFactory(home=factories.HomeFactory(organization=world.home_office))
            )
        assert queries_of(client, f"{ALL}?mine=true") == before
