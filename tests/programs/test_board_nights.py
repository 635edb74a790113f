"""Choosing nights on the board: publishing, closing and opening them without a pointer and without JavaScript."""

import datetime as dt

import pytest
from django.urls import reverse

from programs.domain.problems import Refused
from programs.enums import NightUse, RoomUse
from programs.models import RoomNight
from programs.services import nights
from tests import factories
from tests.personas import make_world
from tests.programs.pages import HTMX, client_of, confirmed, part, queries_of, request, soup, text
from transition.models import AuditEvent

pytestmark = pytest.mark.django_db

URL = "/board/?from=2026-12-01&pick=1"


@pytest.fixture
def world():
    return make_world()


@pytest.fixture
def home(world):
    return client_of(world.home_staff)


def night(room, *days: int) -> list[str]:
    return [f"{room.public_id}:2026-12-{day:02}" for day in days]


def closed(room) -> list[tuple[int, str]]:
    rows = RoomNight.objects.filter(room=room, session=None).order_by("date")
    return [(row.date.day, row.use) for row in rows]


def send(client, act, chosen, **more):
    return client.post(URL, {"act": act, "night": chosen, "use": "CLEANING", "idempotency_key": "k"} | more)


def boxes(response) -> list[str]:
    return [box["aria-label"] for box in part(response, "board").select("td input")]


def test_the_calm_board_has_no_boxes_and_leads_to_them(home):
    response = home.get("/board/?from=2026-12-01")
    assert boxes(response) == []
    link = part(response, "board").find(id="board-pick")
    assert link["href"] == "?from=2026-12-01&pick=1"


def test_every_night_that_can_be_changed_can_be_chosen(world, home):
    nights.close(chosen={world.room.pk: [dt.date(2026, 12, 1)]}, use=NightUse.CLEANING, by=world.home_staff)
    confirmed(world, "2026-12-02", "2026-12-04")
    factories.RoomFactory(home=world.room.home, name="入居者の部屋", use=RoomUse.RENTED)
    response = home.get(URL)
    name = world.room.name
    assert boxes(response)[:2] == [f"{name} 12/1(火)の夜、清掃", f"{name} 12/4(金)の夜、空き"]
    assert len(boxes(response)) == 12
    # Who comes stays to be seen.
    assert part(response, "board").select_one("td a.is-confirmed") is not None
    assert {box["form"] for box in part(response, "board").select("td input")} == {"board-nights"}


def test_nights_of_the_past_cannot(home):
    assert len(boxes(home.get("/board/?from=2026-11-20&pick=1"))) == 12


def test_moving_on_keeps_choosing(home):
    links = {link["id"]: link["href"] for link in part(home.get(URL), "board").select("nav a")}
    assert links == {
        "board-previous": "?from=2026-11-17&pick=1",
        "board-today": "/board/?pick=1",
        "board-next": "?from=2026-12-15&pick=1",
    }


def test_the_part_for_htmx_is_the_fresh_pages_part(home):
    alone = home.get(URL, headers={**HTMX, "HX-Target": "board"})
    assert str(part(alone, "board")) == str(part(home.get(URL), "board"))


def test_nights_of_several_rooms_are_closed_and_opened(world, home):
    other = factories.RoomFactory(home=world.room.home)
    chosen = night(world.room, 1, 3) + night(other, 2)
    for _ in range(2):
        answer = send(home, "close", chosen)
        assert (answer.status_code, answer["Location"]) == (302, "/board/?from=2026-12-01&pick=1")
    assert (closed(world.room), closed(other)) == ([(1, "CLEANING"), (3, "CLEANING")], [(2, "CLEANING")])
    assert AuditEvent.objects.filter(action="room.close_nights").count() == 2
    page = home.get(answer["Location"])
    assert text(soup(page).select_one(".messages")).startswith("3泊を閉じました（清掃・修理）。")
    assert send(home, "open", night(world.room, 3), idempotency_key="o").status_code == 302
    assert (closed(world.room), closed(other)) == ([(1, "CLEANING")], [(2, "CLEANING")])


def test_a_closed_night_gets_another_reason(world, home):
    send(home, "close", night(world.room, 1))
    assert send(home, "close", night(world.room, 1, 2), use="EMERGENCY", idempotency_key="e").status_code == 302
    assert closed(world.room) == [(1, "EMERGENCY"), (2, "EMERGENCY")]


def test_a_guests_night_is_refused_with_everything_else_and_the_choice_stays(world, home):
    other = factories.RoomFactory(home=world.room.home)
    request(world, "2026-12-02", "2026-12-03")
    chosen = night(world.room, 1, 2) + night(other, 1)
    response = send(home, "close", chosen, use="EMERGENCY")
    assert response.status_code == 422
    assert f"{world.room.name}には、申込か確定の体験がある夜があります（12月2日）。" in text(
        soup(response).select_one(".problems")
    )
    checked = [box["value"] for box in part(response, "board").select("td input[checked]")]
    assert checked == night(world.room, 1) + night(other, 1)
    assert part(response, "board").select_one("[name=use] [selected]")["value"] == "EMERGENCY"
    assert (closed(world.room), closed(other)) == ([], [])
    assert "2026-12-15" in part(response, "board").find(id="board-next")["href"]


def test_opening_leaves_stays_alone(world, home):
    session = request(world, "2026-12-02", "2026-12-03")
    assert send(home, "open", night(world.room, 1, 2)).status_code == 302
    assert RoomNight.objects.get(date=dt.date(2026, 12, 2)).session == session


def test_following_nights_of_one_room_lead_to_publishing_them(world, home):
    answer = home.post(URL, {"act": "publish", "night": night(world.room, 6, 4, 5), "use": "CLOSED"})
    create = reverse("programs:slot-create", args=[world.room.public_id])
    assert answer["Location"] == f"{create}?from=2026-12-04&to=2026-12-07"
    form = soup(home.get(answer["Location"])).find(id="slot-form")
    dates = [form.find(attrs={"name": name})["value"] for name in ("starts_on", "ends_on")]
    assert dates == ["2026-12-04", "2026-12-07"]


def test_a_shorter_slot_than_the_last_can_be_published_as_it_stands(world, home):
    world.slot.min_nights = 5
    world.slot.save()
    create = reverse("programs:slot-create", args=[world.room.public_id])
    form = soup(home.get(f"{create}?from=2027-03-01&to=2027-03-03")).find(id="slot-form")
    assert form.find(attrs={"name": "min_nights"})["value"] == "2"
    assert (
        soup(home.get(f"{create}?from=2027-03-03&to=2027-03-01")).find(attrs={"name": "ends_on"}).get("value") is None
    )


@pytest.mark.parametrize("days", [(1, 3), (1, 2, 5)])
def test_nights_with_a_gap_are_no_slot(world, home, days):
    response = send(home, "publish", night(world.room, *days))
    assert response.status_code == 422
    assert "1つの居室の続いた夜を選んでください" in text(soup(response).select_one(".error-summary"))


@pytest.mark.parametrize(
    ("chosen", "said"),
    [
        ([], "夜を選んでください。"),
        (["x"], "この画面は古くなっています。もう一度選んでください。"),
        (["x:2026-12-01"], "この画面は古くなっています。もう一度選んでください。"),
    ],
)
def test_nonsense_is_answered(home, chosen, said):
    response = send(home, "close", chosen)
    assert response.status_code == 422
    assert said in text(soup(response).select_one(".error-summary"))


@pytest.mark.parametrize("more", [{"act": "burn"}, {"use": "STAY"}, {"use": ""}])
def test_no_other_act_and_no_stay_without_a_guest(world, home, more):
    assert home.post(URL, {"act": "close", "night": night(world.room, 1), "use": "CLOSED"} | more).status_code == 422
    assert closed(world.room) == []


def test_rooms_of_others_cannot_be_chosen(world):
    other = client_of(world.other_home_staff)
    assert send(other, "close", night(world.room, 1)).status_code == 422
    assert client_of(world.worker).post(URL, {}).status_code == 403
    assert closed(world.room) == []


def test_the_past_is_refused(world, home):
    chosen = [f"{world.room.public_id}:2026-11-21"]
    for act in ("close", "open"):
        response = send(home, act, chosen, idempotency_key=act)
        assert "過去の夜は変えられません。" in text(soup(response).find(id="board"))
    with pytest.raises(Refused):
        nights.close(chosen={world.room.pk: [dt.date(2026, 11, 21)]}, use=NightUse.CLOSED, by=world.home_staff)


def test_queries_do_not_grow(world, home):
    few = queries_of(home, URL)
    for _ in range(3):
        factories.RoomFactory(home=factories.HomeFactory(organization=world.home_office))
    assert queries_of(home, URL) == few <= 12
