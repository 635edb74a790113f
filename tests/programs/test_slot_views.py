"""Publishing: once or every week, what is wrong beside its field, nothing typed lost; and a slot's own page."""

import datetime as dt

import pytest
from django.urls import reverse

from programs.enums import RoomUse
from programs.models import Slot
from tests import factories
from tests.personas import make_world
from tests.programs.pages import (
    HTMX,
    at,
    buttons,
    client_of,
    confirmed,
    field_error,
    part,
    person_of,
    queries_of,
    request,
    soup,
    text,
)

pytestmark = pytest.mark.django_db

SPAN = {
    "mode": "SPAN",
    "starts_on": "2027-03-01",
    "ends_on": "2027-03-10",
    "min_nights": "1",
    "max_nights": "5",
    "check_in_time": "15:00",
    "check_out_time": "10:00",
    "price_rent": "1100",
    "price_food": "900",
    "price_utilities": "",
    "price_supplies": "167",
    "sex": "FEMALE",
    "level_min": "2",
    "level_max": "",
    "disability_kinds": ["INTELLECTUAL", "MENTAL"],
    "wheelchair": "on",
    "note": "ねこがいます。",
}
WEEKLY = SPAN | {
    "mode": "PATTERN",
    "starts_on": "",
    "ends_on": "2月31日",
    "weekday": "4",
    "nights": "2",
    "first_on": "2027-03-01",
    "last_on": "2027-03-31",
}


@pytest.fixture
def world():
    return make_world()


@pytest.fixture
def home(world):
    return client_of(world.home_staff)


@pytest.fixture
def url(world):
    return reverse("programs:slot-create", args=[world.room.public_id])


def page_of(slot: Slot) -> str:
    return reverse("programs:slot-detail", args=[slot.public_id])


def published(world) -> list[Slot]:
    return list(Slot.objects.exclude(pk=world.slot.pk).order_by("starts_on"))


def test_a_span_is_published(world, home, url):
    response = home.post(url, SPAN)
    [slot] = published(world)
    assert (response.status_code, response["Location"]) == (302, page_of(slot))
    assert (slot.starts_on, slot.ends_on) == (dt.date(2027, 3, 1), dt.date(2027, 3, 10))
    assert (slot.min_nights, slot.max_nights, slot.sex, slot.level_min, slot.level_max) == (1, 5, "FEMALE", 2, None)
    assert (slot.price_rent, slot.price_food, slot.price_utilities, slot.price_supplies) == (1100, 900, 0, 167)
    assert (slot.disability_kinds, slot.medical_care, slot.wheelchair) == (["INTELLECTUAL", "MENTAL"], False, True)
    assert (slot.note, slot.published_by, slot.room) == ("ねこがいます。", world.home_staff, world.room)


def test_what_people_type_is_understood(world, home, url):
    typed = {
        "starts_on": "令和９年３月１日",
        "ends_on": "R9.3.10（水）",
        "max_nights": "５",
        "check_in_time": "午後３時３０分",
        "check_out_time": "９：００",
        "price_rent": "１，１００",
    }
    assert home.post(url, SPAN | typed).status_code == 302
    [slot] = published(world)
    assert (slot.starts_on, slot.ends_on, slot.max_nights) == (dt.date(2027, 3, 1), dt.date(2027, 3, 10), 5)
    assert (slot.check_in_time, slot.check_out_time, slot.price_rent) == (dt.time(15, 30), dt.time(9), 1100)


@pytest.mark.parametrize(
    ("field", "typed", "message"),
    [
        ("starts_on", "2026-11-21", "過去の日付では公開できません。"),
        ("starts_on", "令和9年2月31日", "2月31日はありません。"),
        ("ends_on", "2027-02-28", "最後の朝は最初の夜よりあとにしてください。"),
        ("ends_on", "2099-02-28", "公開できるのは400日先までです。"),
        ("starts_on", "2026-12-25", "この居室は12月25日から3月10日のあいだに公開済みの枠があります。"),
        ("min_nights", "６", "最長の泊数は最短の泊数以上にしてください。"),
        ("max_nights", "たくさん", "数字だけで入力してください（例: 12）。"),
        ("max_nights", "181", "180以下の数を入力してください。"),
        ("check_in_time", "25:00", "25時はありません。時は0から23までです。"),
        ("price_food", "100001", "100,000以下の数を入力してください。"),
        ("price_food", "-1", "0以上の数を入力してください。"),
        ("note", "あ" * 10_000, "1,000文字以内で入力してください（いま10,000文字）。"),
    ],
)
def test_what_is_wrong_stands_beside_its_field_and_nothing_typed_is_lost(world, home, url, field, typed, message):
    sent = SPAN | {field: typed, "idempotency_key": "k"}
    whole = home.post(url, sent)
    assert whole.status_code == 422
    beside = {name: field_error(whole, name) for name in SPAN}
    told = [name for name, errors in beside.items() if message in errors]
    assert told == (["max_nights"] if field == "min_nights" else [field])
    form = soup(whole).find(id="slot-form")
    control = form.find(attrs={"name": field})
    assert (control.get("value") or control.text.removeprefix("\n")) == typed
    boxes = {box["name"]: box.get("value", "") for box in form.select("input[type=text]") if box["name"] in sent}
    assert boxes == {name: sent[name] for name in boxes}
    assert len(boxes) == 10
    assert [box["value"] for box in form.select("[name=disability_kinds][checked]")] == ["INTELLECTUAL", "MENTAL"]
    assert text(form.select_one("[name=level_min] [selected]")) == "区分2"
    assert published(world) == []
    alone = home.post(url, sent, headers={**HTMX, "HX-Target": "slot-form"})
    assert alone.status_code == 422
    assert str(part(alone, "slot-form")) == str(part(whole, "slot-form"))


def test_levels_in_the_wrong_order_are_told(home, url):
    response = home.post(url, SPAN | {"level_min": "5", "level_max": "3"})
    assert (response.status_code, field_error(response, "level_max")) == (422, "区分の上限は下限以上にしてください。")


def test_an_empty_form_is_answered(home, url):
    response = home.post(url, {})
    assert response.status_code == 422
    assert field_error(response, "mode") == "選んでください。"


def test_sending_twice_publishes_once_and_answers_the_same(world, home, url):
    sent = SPAN | {"idempotency_key": "once"}
    answers = [home.post(url, sent) for _ in range(2)]
    [slot] = published(world)
    assert [(answer.status_code, answer["Location"]) for answer in answers] == [(302, page_of(slot))] * 2


def test_the_same_key_for_another_content_is_stale(world, home, url):
    home.post(url, SPAN | {"idempotency_key": "once"})
    response = home.post(url, SPAN | {"idempotency_key": "once", "note": "別のこと"})
    assert response.status_code == 422
    assert "この画面は古くなっています。" in text(soup(response).select_one(".error-summary"))
    assert len(published(world)) == 1


def test_every_week_is_published_and_what_is_there_already_is_told(world, home, url):
    factories.SlotFactory(
        room=world.room, starts_on=dt.date(2027, 3, 12), ends_on=dt.date(2027, 3, 14), published_by=world.home_staff
    )
    response = home.post(url, WEEKLY, follow=True)
    assert response.redirect_chain == [("/board/?from=2027-03-05", 302)]
    assert text(soup(response).select_one(".messages")) == (
        "3件の枠を公開しました。すでに公開済みの日は、そのままです（3/12(金)）。"
    )
    days = [(slot.starts_on.isoformat(), slot.ends_on.day) for slot in published(world)]
    assert days == [("2027-03-05", 7), ("2027-03-12", 14), ("2027-03-19", 21), ("2027-03-26", 28)]


def test_sending_a_pattern_twice_publishes_once_and_answers_the_same(world, home, url):
    sent = WEEKLY | {"idempotency_key": "once"}
    answers = [home.post(url, sent) for _ in range(2)]
    assert [(answer.status_code, answer["Location"]) for answer in answers] == [(302, "/board/?from=2027-03-05")] * 2
    assert len(published(world)) == 4


@pytest.mark.parametrize(
    ("field", "typed", "message"),
    [
        ("weekday", "", "選んでください。"),
        ("nights", "８", "7以下の数を入力してください。"),
        ("nights", "6", "くり返しの泊数を、最短と最長の泊数のあいだにしてください。"),
        ("last_on", "2027-03-02", "この期間にあてはまる曜日がありません。"),
        ("first_on", "2026-11-01", "過去の日付では公開できません。"),
    ],
)
def test_only_the_chosen_way_is_checked(world, home, url, field, typed, message):
    response = home.post(url, WEEKLY | {field: typed})
    assert response.status_code == 422
    assert field_error(response, field) == message
    assert (field_error(response, "starts_on"), field_error(response, "ends_on")) == ("", "")
    # What was typed for the other way is still there.
    assert soup(response).find(attrs={"name": "ends_on"})["value"] == "2月31日"
    assert published(world) == []


def test_the_form_begins_with_the_rooms_last_offer(home, url, world):
    home.post(url, SPAN)
    form = soup(home.get(url)).find(id="slot-form")
    names = ("starts_on", "first_on", "max_nights", "check_in_time", "price_rent")
    values = {name: form.find(attrs={"name": name})["value"] for name in names}
    assert values == {
        "starts_on": "2027-03-10",
        "first_on": "2027-03-10",
        "max_nights": "5",
        "check_in_time": "15:00",
        "price_rent": "1100",
    }
    assert text(form.find(id="price-total")) == "1日の合計： 2,167円"
    assert form.select_one("[name=sex][checked]")["value"] == "FEMALE"


def test_a_day_tapped_on_the_board_is_filled_in(home, url):
    form = soup(home.get(url, {"from": "2027-02-05"})).find(id="slot-form")
    assert form.find(attrs={"name": "starts_on"})["value"] == "2027-02-05"
    assert home.get(url, {"from": "２月"}).status_code == 200


@pytest.mark.parametrize(
    ("rent", "said"),
    [("２，０００", "1日の合計： 2,067円"), ("", "1日の合計： 67円"), ("x", "1日の合計：数字を確かめてください")],
)
def test_the_sum_follows_the_prices(home, url, rent, said):
    prices = {"price_rent": rent, "price_food": "", "price_utilities": "", "price_supplies": "67"}
    response = home.get(url, prices, headers={**HTMX, "HX-Target": "price-total"})
    assert response.status_code == 200
    assert text(soup(response)) == said


def test_a_room_with_a_resident_has_no_form(world, home):
    room = factories.RoomFactory(home=world.room.home, use=RoomUse.RENTED)
    url = reverse("programs:slot-create", args=[room.public_id])
    assert soup(home.get(url)).find(id="slot-form") is None
    assert home.post(url, SPAN).status_code == 422
    assert published(world) == []


# A slot's own page


def test_a_slot_shows_its_conditions_prices_and_stays(world, home, url):
    home.post(url, SPAN)
    [slot] = published(world)
    session = request(world, "2027-03-02", "2027-03-04", slot=slot)
    response = home.get(page_of(slot))
    shown = {text(row.dt): text(row.dd) for row in soup(response).select("dl.summary > div")}
    assert (shown["泊数"], shown["性別"], shown["障害支援区分"]) == ("1泊から5泊まで", "女性のみ", "区分2以上")
    assert (shown["障害種別"], shown["車いす"], shown["医療的ケア"]) == ("知的・精神", "使える", "対応していない")
    assert (shown["家賃"], shown["合計"], shown["ひとこと"]) == ("1,100円", "2,167円", "ねこがいます。")
    link = soup(response).select_one("section[aria-labelledby=h-sessions] a")
    assert text(link) == "3/2(火)〜3/4(木) 2泊・年齢は未登録・女性・区分4"
    assert link["href"] == reverse("programs:session-detail", args=[session.public_id])
    assert buttons(response) == ["まだ空いています", "取り下げる…"]


def test_withdrawing_says_what_remains_and_keeps_it(world, home):
    kept = [confirmed(world, "2026-12-02", "2026-12-04"), request(world, "2026-12-05", "2026-12-06")]
    url = reverse("programs:slot-withdraw", args=[world.slot.public_id])
    asked = home.get(url)
    assert "申込中・確定の体験 2件 は、そのまま残ります。" in text(soup(asked).select_one(".alert-warning"))
    world.slot.refresh_from_db()
    assert world.slot.withdrawn_at is None
    for _ in range(2):
        response = home.post(url, {"idempotency_key": "k"})
        assert (response.status_code, response["Location"]) == (302, page_of(world.slot))
    world.slot.refresh_from_db()
    assert world.slot.withdrawn_by == world.home_staff
    for session in kept:
        before = session.state
        session.refresh_from_db()
        assert session.state == before
    page = home.get(page_of(world.slot))
    assert buttons(page) == []
    assert home.get(url)["Location"] == page_of(world.slot)


def test_still_free_is_one_tap(world, home, frozen_time):
    frozen_time.move_to(at("2026-12-28", "10:00"))
    home.force_login(world.home_staff)
    assert "まだ空いていますか" in text(soup(home.get(page_of(world.slot))))
    url = reverse("programs:slot-confirm-free", args=[world.slot.public_id])
    assert home.post(url, {"idempotency_key": "k"})["Location"] == page_of(world.slot)
    world.slot.refresh_from_db()
    assert world.slot.confirmed_at == at("2026-12-28", "10:00")
    assert home.get(url).status_code == 405


def test_a_slot_that_is_over_has_no_buttons(world, home, frozen_time):
    frozen_time.move_to(at("2027-02-01", "10:00"))
    home.force_login(world.home_staff)
    assert buttons(home.get(page_of(world.slot))) == []


@pytest.mark.parametrize("persona", ["stranger", "other_home_staff", "worker", "coordinator"])
def test_slots_belong_to_their_own_home(world, persona, url):
    client = client_of(getattr(world, persona))
    slot = [world.slot.public_id]
    assert client.get(url).status_code == 404
    assert client.post(url, SPAN).status_code == 404
    assert client.get(reverse("programs:slot-detail", args=slot)).status_code == 404
    assert client.post(reverse("programs:slot-withdraw", args=slot)).status_code == 404
    assert client.post(reverse("programs:slot-confirm-free", args=slot)).status_code == 404
    assert published(world) == []


def test_queries_do_not_grow(world, home, url):
    assert queries_of(home, url) == 7
    request(world, "2026-12-02", "2026-12-03")
    assert queries_of(home, page_of(world.slot)) == 6
    for day in (10, 12):
        request(world, f"2026-12-{day}", f"2026-12-{day + 1}", person=person_of(world))
    assert queries_of(home, page_of(world.slot)) == 6
