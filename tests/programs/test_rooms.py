"""Registering rooms, and closing their nights."""

import pytest
from django.urls import reverse

from programs.models import Room, RoomNight
from tests.personas import make_world
from tests.programs.pages import HTMX, client_of, field_error, part, request, soup, text

pytestmark = pytest.mark.django_db


@pytest.fixture
def world():
    return make_world()


@pytest.fixture
def home(world):
    return client_of(world.home_staff)


def room_url(home) -> str:
    return reverse("programs:room-create", args=[home.public_id])


def test_a_new_room_leads_to_publishing_it(world, home):
    response = home.post(room_url(world.room.home), {"name": "２０５号室", "use": "TRIAL", "idempotency_key": "k"})
    room = Room.objects.get(name="２０５号室")
    assert response["Location"] == reverse("programs:slot-create", args=[room.public_id])


def test_a_name_that_is_taken_is_told_beside_the_field(world, home):
    before = Room.objects.count()
    response = home.post(room_url(world.room.home), {"name": world.room.name, "use": "RENTED"})
    assert response.status_code == 422
    assert field_error(response, "name") == "この名称の居室はすでにあります。"
    assert soup(response).find(attrs={"name": "name"})["value"] == world.room.name
    assert soup(response).find(attrs={"name": "use", "checked": True})["value"] == "RENTED"
    assert Room.objects.count() == before


def test_a_home_has_no_more_rooms_than_its_capacity(world, home):
    world.room.home.capacity = 2
    world.room.home.save()
    assert home.post(room_url(world.room.home), {"name": "二つめ", "use": "TRIAL"}).status_code == 302
    response = home.post(room_url(world.room.home), {"name": "三つめ", "use": "TRIAL"})
    assert response.status_code == 422
    assert "定員は2人で、居室がもう2室あります。" in text(soup(response).select_one(".error-summary"))
    assert list(world.room.home.rooms.values_list("name", flat=True)) == [world.room.name, "二つめ"]


def test_rooms_are_registered_by_their_own_office_only(world):
    for user in (world.other_home_staff, world.worker, world.stranger):
        assert client_of(user).get(room_url(world.room.home)).status_code == 404


# Nights


def nights_url(world) -> str:
    return reverse("programs:room-nights", args=[world.room.public_id])


def closed(world) -> list[tuple[str, str]]:
    rows = RoomNight.objects.filter(room=world.room, session=None).order_by("date")
    return [(row.date.isoformat(), row.use) for row in rows]


def test_nights_are_closed_and_opened_again(world, home):
    form = {"first": "令和8年12月1日", "last": "２０２６年１２月３日", "use": "CLEANING", "act": "close"}
    assert home.post(nights_url(world), form).status_code == 302
    assert closed(world) == [(f"2026-12-0{day}", "CLEANING") for day in (1, 2, 3)]
    page = home.get(nights_url(world))
    assert "12/1(火)〜12/3(木)（3泊）" in text(soup(page))
    assert home.post(nights_url(world), {"first": "2026-12-02", "last": "2026-12-02", "act": "open"}).status_code == 302
    assert closed(world) == [("2026-12-01", "CLEANING"), ("2026-12-03", "CLEANING")]


def test_closing_twice_is_closing_once(world, home):
    form = {"first": "2026-12-01", "last": "2026-12-02", "use": "CLOSED", "act": "close", "idempotency_key": "k"}
    answers = [home.post(nights_url(world), form) for _ in range(2)]
    assert [(answer.status_code, answer["Location"]) for answer in answers] == [(302, nights_url(world))] * 2
    assert closed(world) == [("2026-12-01", "CLOSED"), ("2026-12-02", "CLOSED")]


def test_a_night_with_a_guest_cannot_be_closed(world, home):
    request(world, "2026-12-02", "2026-12-03")
    response = home.post(
        nights_url(world), {"first": "2026-12-01", "last": "2026-12-04", "use": "CLOSED", "act": "close"}
    )
    assert response.status_code == 422
    assert "申込か確定の体験がある夜があります（12月2日）。" in text(soup(response).select_one(".problems"))
    assert soup(response).find(id="id_first")["value"] == "2026-12-01"
    assert closed(world) == []


@pytest.mark.parametrize(
    ("first", "last", "field", "message"),
    [
        ("2026-11-21", "2026-11-23", "first", "過去の夜は変えられません。"),
        ("2026-12-02", "2026-12-01", "last", "最後の夜は、最初の夜と同じ日かあとにしてください。"),
        ("2026-12-02", "2100-12-01", "last", "一度に変えられるのは400泊までです。"),
        ("2月31日", "2026-12-01", "first", "年から入力してください。例: 令和8年11月22日、2026-11-22"),
        ("", "2026-12-01", "first", "入力してください。"),
    ],
)
def test_dates_that_make_no_sense_are_told_beside_their_field(world, home, first, last, field, message):
    sent = {"first": first, "last": last, "use": "CLOSED", "act": "close"}
    whole = home.post(nights_url(world), sent)
    alone = home.post(nights_url(world), sent, headers={**HTMX, "HX-Target": "nights-form"})
    assert (whole.status_code, alone.status_code) == (422, 422)
    assert field_error(whole, field) == message
    assert str(part(alone, "nights-form")) == str(part(whole, "nights-form"))
    assert closed(world) == []


def test_nights_belong_to_their_own_office(world):
    for user in (world.other_home_staff, world.worker, world.stranger):
        assert client_of(user).get(nights_url(world)).status_code == 404
        assert client_of(user).post(nights_url(world), {}).status_code == 404
