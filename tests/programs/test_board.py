"""The board: what stands in each cell, who comes today, and moving through the weeks."""

import datetime as dt
import json

import pytest
from django.urls import reverse

from programs.enums import NightUse, RoomUse
from programs.models import Room
from programs.queries.disclosure import age_band
from programs.services import nights, sessions
from tests import factories
from tests.personas import make_world, member
from tests.programs.pages import (
    HTMX,
    at,
    client_of,
    confirmed,
    field_error,
    in_progress,
    part,
    person_of,
    queries_of,
    request,
    soup,
    text,
)
from transition.enums import OrganizationKind

pytestmark = pytest.mark.django_db

URL = "/board/"


@pytest.fixture
def world():
    return make_world()


@pytest.fixture
def home(world):
    return client_of(world.home_staff)


@pytest.fixture
def move_to(world, home, frozen_time):
    """Move the clock and sign in again: nobody stays signed in for days."""

    def move(day: str, time: str) -> None:
        frozen_time.move_to(at(day, time))
        home.force_login(world.home_staff)

    return move


def cells(response, room: Room) -> list[str]:
    """The row of a room as a reader meets it: each cell's mark and word, and ×3 where it spans three nights."""
    for row in part(response, "board").select("tbody tr"):
        head = row.find("th", scope="row")
        if head and text(head).startswith(room.name):
            return [text(cell) + (f"×{cell['colspan']}" if cell.get("colspan") else "") for cell in row.find_all("td")]
    raise AssertionError(room.name)


def states(response, room: Room) -> list[str]:
    return [cell.removesuffix(" 、この日から公開する") for cell in cells(response, room)]


def test_a_stay_spans_its_nights_and_leads_to_its_page(world, home):
    session = request(world, "2026-12-02", "2026-12-05")
    response = home.get(URL, {"from": "2026-12-01"})
    assert cells(response, world.room)[:3] == ["○ 空き", "△ 申込 年齢は未登録・女性×3", "○ 空き"]
    link = part(response, "board").select_one("a.is-requested")
    assert link["href"] == reverse("programs:session-detail", args=[session.public_id])


def test_every_state_has_its_mark_and_word(world, home, move_to):
    nights.close(chosen={world.room.pk: [dt.date(2026, 12, 8)]}, use=NightUse.CLEANING, by=world.home_staff)
    nights.close(chosen={world.room.pk: [dt.date(2026, 12, 9)]}, use=NightUse.EMERGENCY, by=world.home_staff)
    nights.close(chosen={world.room.pk: [dt.date(2026, 12, 10)]}, use=NightUse.CLOSED, by=world.home_staff)
    nights.close(chosen={world.room.pk: [dt.date(2026, 12, 11)]}, use=NightUse.RENTED, by=world.home_staff)
    move_to("2026-11-28", "10:00")
    early = confirmed(world, "2026-12-01", "2026-12-02")
    staying = confirmed(world, "2026-12-02", "2026-12-04", person=person_of(world, called="たろうさん"))
    confirmed(world, "2026-12-04", "2026-12-06", person=person_of(world, called="みっちゃん"))
    request(world, "2026-12-06", "2026-12-08", person=person_of(world, birth_date=dt.date(1990, 1, 1)))
    move_to("2026-12-02", "16:00")
    sessions.check_in(session=early, by=world.home_staff, at=at("2026-12-01", "15:00"))
    sessions.check_out(session=early, by=world.home_staff, at=at("2026-12-02", "10:00"))
    sessions.check_in(session=staying, by=world.home_staff)
    response = home.get(URL, {"from": "2026-11-30"})
    assert states(response, world.room) == [
        "－ なし",
        "■ 終了 はなさん",
        "▶ 体験中 たろうさん×2",
        "● 確定 みっちゃん×2",
        "△ 申込 30代・女性×2",
        "× 清掃",
        "× 緊急",
        "× 休み",
        "× 入居者",
        "○ 空き",
        "○ 空き",
    ]


def test_nights_of_the_past_are_not_free(world, home, move_to):
    move_to("2026-12-03", "10:00")
    assert states(home.get(URL, {"from": "2026-12-01"}), world.room)[:3] == ["－ なし", "－ なし", "○ 空き"]


def test_a_free_room_is_unconfirmed_after_thirty_days(home, world, move_to):
    move_to("2026-12-22", "10:00")
    assert cells(home.get(URL), world.room)[0] == "○ 空き"
    move_to("2026-12-22", "10:01")
    response = home.get(URL)
    assert cells(response, world.room)[0] == "○ 未確認"
    # … and can be confirmed from here in one tap.
    form = soup(response).find("form", action=reverse("programs:slot-confirm-free", args=[world.slot.public_id]))
    again = home.post(form["action"], {field["name"]: field["value"] for field in form.select("input")}, follow=True)
    assert again.redirect_chain == [(URL, 302)]
    assert cells(again, world.room)[0] == "○ 空き"


def test_an_empty_evening_leads_to_publishing_it(world, home):
    link = part(home.get(URL), "board").select_one("td a.is-none")
    assert link["href"] == reverse("programs:slot-create", args=[world.room.public_id]) + "?from=2026-11-22"


def test_a_room_with_a_resident_is_never_offered(world, home):
    room = factories.RoomFactory(home=world.room.home, name="入居者の部屋", use=RoomUse.RENTED)
    response = home.get(URL)
    assert set(cells(response, room)) == {"× 入居者"}
    assert reverse("programs:slot-create", args=[room.public_id]) not in response.content.decode()
    assert reverse("programs:room-nights", args=[room.public_id]) in response.content.decode()


def test_days_carry_weekday_and_holiday(home):
    heads = [text(head) for head in part(home.get(URL), "board").select("thead th")]
    assert heads[1:4] == ["11月 22 日 日・今日", "11月 23 日 月・祝 （勤労感謝の日）", "11月 24 日 火"]
    assert len(heads) == 15


def test_before_the_yes_no_name_is_in_the_page(world, home):
    request(world, "2026-12-02", "2026-12-05")
    html = home.get(URL, {"from": "2026-12-01"}).content.decode()
    assert [word for word in (world.person.family_name, world.person.called, "みほん はなこ") if word in html] == []


def test_the_name_is_gone_fourteen_days_after_the_stay(world, home, move_to):
    session = in_progress(world, "2026-12-01", "2026-12-03")
    move_to("2026-12-03", "10:00")
    sessions.check_out(session=session, by=world.home_staff)
    move_to("2026-12-17", "23:59")
    assert cells(home.get(URL, {"from": "2026-12-01"}), world.room)[0] == "■ 終了 はなさん×2"
    move_to("2026-12-18", "00:00")
    assert cells(home.get(URL, {"from": "2026-12-01"}), world.room)[0] == "■ 終了 年齢は未登録・女性×2"


def test_today_says_who_comes_goes_and_stays(world, home, move_to):
    leaving = in_progress(world, "2026-12-01", "2026-12-03")
    other = factories.SlotFactory(room=factories.RoomFactory(home=world.room.home), published_by=world.home_staff)
    staying = in_progress(world, "2026-12-01", "2026-12-05", slot=other, person=person_of(world, called="たろうさん"))
    arriving = confirmed(world, "2026-12-03", "2026-12-04", person=person_of(world, called="みっちゃん"))
    confirmed(world, "2026-12-06", "2026-12-07", person=person_of(world, called="あしたさん"))
    move_to("2026-12-03", "08:00")
    cards = soup(home.get(URL)).select("section[aria-labelledby=h-today] li.card")
    links = [[link["href"] for link in card.select("a")] for card in cards]
    page = [[reverse("programs:session-detail", args=[one.public_id])] for one in (arriving, leaving, staying)]
    assert links == page
    assert [text(card.h3) for card in cards] == ["来る人 1人", "帰る人 1人", "泊まっている人 1人"]


def test_what_nobody_recorded_stays_on_the_list(world, home, move_to):
    in_progress(world, "2026-12-01", "2026-12-03")
    confirmed(world, "2026-12-03", "2026-12-04", person=person_of(world, called="みっちゃん"))
    move_to("2026-12-05", "08:00")
    today = text(soup(home.get(URL)).select_one("section[aria-labelledby=h-today]"))
    assert "みっちゃん" in today
    assert "来たかどうかの記録がまだです" in today
    assert "はなさん" in today
    assert "チェックアウトの記録がまだです" in today


def test_the_number_of_waiting_requests_leads_to_the_inbox(world, home):
    request(world, "2026-12-02", "2026-12-05")
    link = soup(home.get(URL)).select_one(".page-head a.button")
    assert (text(link), link["href"]) == ("返事を待つ申込 1件", "/inbox/")


@pytest.mark.parametrize(
    "typed", ["2026-12-01", "令和8年12月1日", "Ｒ８．１２．１", "2026/12/1", "２０２６－１２－０１", "20261201"]
)
def test_the_first_day_is_read_in_many_spellings(home, typed):
    response = home.get(URL, {"from": typed})
    assert response.status_code == 200
    assert text(part(response, "board").h2) == "令和8年12月1日（火）から14日間"


def test_a_day_that_does_not_exist_is_told_beside_the_field(home):
    response = home.get(URL, {"from": "令和8年2月31日"})
    assert response.status_code == 422
    assert field_error(response, "from") == "2月31日はありません。"
    assert soup(response).find(attrs={"name": "from"})["value"] == "令和8年2月31日"
    assert text(part(response, "board").h2) == "令和8年11月22日（日）から14日間"


def test_weeks_are_links_that_can_be_shared(home):
    board = part(home.get(URL, {"from": "2026-12-01"}), "board")
    moves = {link["id"]: link["href"] for link in board.select("nav a")}
    assert moves == {"board-previous": "?from=2026-11-17", "board-today": "/board/", "board-next": "?from=2026-12-15"}
    assert [(link["hx-get"], link["hx-target"], link["hx-push-url"]) for link in board.select("nav a")] == [
        (href, "#board", "true") for href in moves.values()
    ]


@pytest.mark.parametrize("query", [{}, {"from": "2026-12-08"}, {"from": "2月"}])
def test_the_part_for_htmx_is_the_fresh_pages_part(world, home, query):
    request(world, "2026-12-07", "2026-12-10")
    whole = home.get(URL, query)
    alone = home.get(URL, query, headers={**HTMX, "HX-Target": "board"})
    assert "<html" not in alone.content.decode()
    assert str(part(alone, "board")) == str(part(whole, "board"))
    assert alone.status_code == whole.status_code
    # The focus stays on the link, so the new weeks are read aloud.
    heading = text(part(whole, "board").h2)
    assert json.loads(alone["HX-Trigger"])["say"]["value"] == heading.replace("14日間", "の予定です")


def test_a_restored_history_gets_the_whole_page(world, home):
    request(world, "2026-12-02", "2026-12-05")
    headers = {**HTMX, "HX-Target": "board", "HX-History-Restore-Request": "true"}
    assert "返事を待つ申込 1件" in home.get(URL, headers=headers).content.decode()


def test_homes_of_other_offices_are_not_there(world):
    factories.RoomFactory(
        home=factories.HomeFactory(organization=world.other_home_staff.memberships.get().organization)
    )
    html = client_of(world.other_home_staff).get(URL).content.decode()
    assert world.room.home.name not in html


def test_only_the_current_office_is_shown(world, home):
    second = factories.OrganizationFactory(kind=OrganizationKind.GROUP_HOME, name="ふたつめの事業所")
    factories.MembershipFactory(user=world.home_staff, organization=second)
    room = factories.RoomFactory(home=factories.HomeFactory(organization=second, name="ふたつめのホーム"))
    assert room.home.name not in home.get(URL).content.decode()
    home.post(reverse("transition:switch-organization"), {"organization": second.public_id})
    html = home.get(URL).content.decode()
    assert (room.name in html, world.room.home.name in html) == (True, False)


@pytest.mark.parametrize("name", ["worker", "coordinator", "stranger"])
@pytest.mark.parametrize("url", [URL, "/inbox/"])
def test_the_screens_are_for_homes(world, name, url):
    assert client_of(getattr(world, name)).get(url).status_code == 403


def test_several_homes_are_grouped_by_name(world, home):
    other = factories.HomeFactory(organization=world.home_office, name="あおぞら荘")
    groups = part(home.get(URL), "board").select("tr.board-group")
    assert [text(group) for group in groups] == ["あおぞら荘", world.room.home.name]
    assert "居室を登録すると、ここに予定が出ます。" in home.get(URL).content.decode()
    assert reverse("programs:room-create", args=[other.public_id]) in home.get(URL).content.decode()


def test_without_rooms_the_page_leads_to_registering_one():
    home = factories.HomeFactory(capacity=4)
    response = client_of(member(home.organization)).get(URL)
    assert soup(response).select_one("main .list a")["href"] == reverse("programs:room-create", args=[home.public_id])
    assert soup(response).find(id="board") is None


def test_without_a_home_the_page_says_whom_to_ask(world):
    assert "ホームがまだ登録されていません" in client_of(world.other_home_staff).get(URL).content.decode()


def test_queries_do_not_grow(world, home):
    request(world, "2026-12-02", "2026-12-05")
    assert queries_of(home, f"{URL}?from=2026-12-01") == 12
    for number in range(3):
        room = factories.RoomFactory(home=factories.HomeFactory(organization=world.home_office))
        slot = factories.SlotFactory(room=room, published_by=world.home_staff)
        request(world, "2026-12-02", "2026-12-05", slot=slot, person=person_of(world))
        confirmed(world, f"2026-12-{8 + number * 2:02}", f"2026-12-{9 + number * 2:02}", person=person_of(world))
    assert queries_of(home, f"{URL}?from=2026-12-01") == 12


@pytest.mark.parametrize(
    ("born", "band"),
    [
        (None, "年齢は未登録"),
        ("2018-11-22", "10歳未満"),
        ("2007-11-22", "10代"),
        ("1996-11-22", "30代"),
        ("1996-11-23", "20代"),
    ],
)
def test_an_age_is_only_told_by_the_decade(born, band):
    person = factories.PersonFactory.build(birth_date=dt.date.fromisoformat(born) if born else None)
    assert age_band(person, dt.date(2026, 11, 22)) == band
