"""Homes: everybody reads them; their own staff writes the guide and puts photos in."""

import datetime as dt
import io

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from PIL import Image

from programs.models import HomeGuide, HomePhoto
from programs.services import home_guides
from tests import factories
from tests.api.alike import NOBODY, fields, queries_of, same, send
from tests.programs.days import stay
from transition.domain.text import search_key
from transition.models import AuditEvent

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("media")]

ALL = "/api/v1/homes/"
NIGHT = "090-0000-0000（夜の当番）"


@pytest.fixture
def home(world):
    return world.room.home


def one(home, tail=""):
    return f"{ALL}{home.public_id}/{tail}"


def jpeg(color=(200, 30, 30)):
    out = io.BytesIO()
    Image.new("RGB", (640, 480), color).save(out, "JPEG")
    return SimpleUploadedFile("a.jpg", out.getvalue(), "image/jpeg")


def upload(client, home, key="", **changes):
    content = {"photo": jpeg(), "kind": "HOUSE", "caption": "建物の外"} | changes
    headers = {"Idempotency-Key": key} if key else {}
    return client.post(one(home, "photos/"), content, format="multipart", headers=headers)


def guide(client, home, key="", **words):
    return send(client, one(home, "guide/"), words or {"day": "7:00 朝ごはん"}, key, method="patch")


class TestReading:
    def test_everybody_who_works_anywhere_reads_them(self, world, home, caller):
        for user in (world.worker, world.stranger, world.other_home_staff, world.home_staff):
            shown = caller(user).get(one(home)).json()
            assert (shown["name"], shown["is_own"]) == (home.name, user == world.home_staff)
            assert shown["guide"] is None

    def test_who_works_nowhere_finds_none(self, world, home, client):
        client.force_login(factories.UserFactory())
        assert client.get(ALL).json()["results"] == []
        assert client.get(one(home)).status_code == 404

    def test_narrowed(self, world, home, caller):
        other = factories.HomeFactory(name="ホームもりの", area="別市", search_key=search_key("ホームもりの"))
        client = caller(world.home_staff)

        def found(asked):
            return [row["name"] for row in client.get(f"{ALL}?{asked}").json()["results"]]

        assert set(found("ordering=name")) == {home.name, other.name}
        assert found("area=別市") == found("mine=false") == [other.name]
        assert found("mine=true") == [home.name]
        assert found("q=モリノ") == [other.name]
        assert fields(client.get(f"{ALL}?home_type=CASTLE")) == ["home_type"]
        assert fields(client.get(f"{ALL}?area={'x' * 41}")) == ["area"]

    def test_the_nights_number_is_for_the_house_and_for_who_has_somebody_there(self, world, home, caller):
        home_guides.write(home=home, by=world.home_staff, night_contact=NIGHT, day="朝")

        def number(user):
            return caller(user).get(one(home)).json()["guide"]["night_contact"]

        assert number(world.home_staff) == NIGHT
        assert number(world.worker) == number(world.other_home_staff) == ""
        booked = stay(world, dt.date(2026, 12, 1), dt.date(2026, 12, 2), "CONFIRMED")
        assert number(world.worker) == NIGHT
        assert number(world.stranger) == ""
        booked.check_in, booked.check_out = dt.date(2026, 11, 1), dt.date(2026, 11, 2)
        booked.save()
        assert number(world.worker) == ""

    def test_a_longer_list_costs_no_more_queries(self, world, home, caller):
        client = caller(world.home_staff)

        def furnish(where):
            home_guides.write(home=where, by=world.home_staff, night_contact=NIGHT)
            room = factories.RoomFactory(home=where)
            factories.HomePhotoFactory(home=where, kind="ROOM", room=room)

        furnish(home)
        client.get(ALL)
        before = queries_of(client, ALL)
        for _ in range(2):
            furnish(factories.HomeFactory())
        assert queries_of(client, ALL) == before
        assert len(client.get(ALL).json()["results"]) == 3

    def test_scope(self, world, home, caller):
        assert caller(world.worker, scopes=["PEOPLE_WRITE"]).get(ALL).json()["code"] == "scope_missing"
        reader = caller(world.home_staff, scopes=["HOMES_READ"])
        assert reader.get(one(home)).status_code == 200
        assert guide(reader, home).json()["code"] == "scope_missing"
        assert upload(reader, home).json()["code"] == "scope_missing"


class TestGuide:
    def test_a_part_is_changed_and_the_rest_stays(self, world, home, caller):
        client = caller(world.home_staff)
        assert guide(client, home, day="朝", rules="門限21時").status_code == 200
        answer = guide(client, home, day="7:00 朝ごはん\r\n 21:30 消灯 ")
        assert answer.json()["guide"]["day"] == "7:00 朝ごはん\n 21:30 消灯"
        assert answer.json()["guide"]["rules"] == "門限21時"
        assert AuditEvent.objects.filter(action="home_guide.write").count() == 2

    def test_once_for_one_key(self, world, home, caller):
        client = caller(world.home_staff)
        first, again = (guide(client, home, "g1", day="朝") for _ in range(2))
        assert first.content == again.content
        assert guide(client, home, "g1", day="夜").json()["code"] == "key_reused"
        assert AuditEvent.objects.filter(action="home_guide.write").count() == 1

    def test_a_lost_update_is_told(self, world, home, caller):
        client = caller(world.home_staff)
        etag = client.get(one(home))["ETag"]
        guide(client, home, day="朝")
        late = client.patch(one(home, "guide/"), {"day": "夜"}, format="json", headers={"If-Match": etag})
        assert (late.status_code, late.json()["code"]) == (412, "precondition_failed")
        assert HomeGuide.objects.get().day == "朝"

    def test_what_does_not_fit_is_named(self, world, home, caller):
        client = caller(world.home_staff)
        assert fields(guide(client, home, easy_name="あ" * 31)) == ["easy_name"]
        assert fields(guide(client, home, easy_name="東《", bring="x" * 1001)) == ["bring"]
        assert fields(guide(client, home, menu="カレー")) == ["menu"]

    def test_nobody_else_writes(self, world, home, caller):
        for user in (world.worker, world.coordinator, world.other_home_staff):
            client = caller(user)
            same(guide(client, home), send(client, f"{ALL}{NOBODY}/guide/", {"day": "朝"}, method="patch"))
        assert not HomeGuide.objects.exists()


class TestPhotos:
    def test_in_shown_and_out(self, world, home, caller):
        client = caller(world.home_staff)
        answer = upload(client, home, kind="ROOM", room=str(world.room.public_id))
        assert answer.status_code == 201
        [listed] = client.get(one(home)).json()["photos"]
        assert listed == answer.json()
        reader = caller(world.stranger)
        picture = reader.get(listed["large"])
        assert (picture.status_code, picture["Content-Type"]) == (200, "image/jpeg")
        assert reader.get(listed["small"], headers={"Accept": "image/jpeg"}).status_code == 200
        url = f"/api/v1/home-photos/{listed['id']}/"
        assert reader.get(url).json() == listed
        assert client.delete(url).status_code == 204
        gone = reader.get(listed["large"], headers={"Accept": "image/jpeg"})
        assert (gone.status_code, gone["Content-Type"]) == (404, "application/json")
        assert gone.json()["code"] == "not_found"

    def test_once_for_one_key(self, world, home, caller):
        client = caller(world.home_staff)
        first, again = (upload(client, home, "p1") for _ in range(2))
        assert first.content == again.content
        assert HomePhoto.objects.count() == 1
        assert upload(client, home, "p1", photo=jpeg((0, 0, 0))).json()["code"] == "key_reused"

    def test_what_is_no_photo_is_refused_beside_its_field(self, world, home, caller):
        answer = upload(caller(world.home_staff), home, photo=SimpleUploadedFile("a.jpg", b"GIF89a", "image/jpeg"))
        assert (answer.status_code, answer.json()["code"]) == (409, "refused")
        assert [problem["field"] for problem in answer.json()["problems"]] == ["photo"]

    def test_what_does_not_fit_is_named(self, world, home, caller):
        client = caller(world.home_staff)
        foreign = factories.RoomFactory()
        assert fields(upload(client, home, caption="")) == ["caption"]
        assert fields(upload(client, home, kind="GUEST")) == ["kind"]
        assert fields(upload(client, home, room=str(foreign.public_id))) == ["room"]
        assert fields(upload(client, home, room=NOBODY)) == ["room"]
        assert upload(client, home, photo="text").status_code == 400
        assert send(client, one(home, "photos/"), {"caption": "x"}).status_code == 415

    def test_nobody_else_puts_in_or_takes_out(self, world, home, caller):
        photo = factories.HomePhotoFactory(home=home)
        for user in (world.worker, world.other_home_staff):
            client = caller(user)
            assert upload(client, home).status_code == 404
            missing = client.delete(f"/api/v1/home-photos/{NOBODY}/")
            same(client.delete(f"/api/v1/home-photos/{photo.public_id}/"), missing)
        assert HomePhoto.objects.get() == photo
