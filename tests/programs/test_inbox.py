"""The inbox: what waits, in which order, what a home may know, and the answer in one tap."""

import datetime as dt

import pytest
from django.urls import reverse

from programs.models import SessionEvent
from programs.services import sessions
from tests import factories
from tests.personas import make_world
from tests.programs.pages import HTMX, at, client_of, confirmed, part, person_of, queries_of, request, soup, text
from transition.enums import Residence, Sex

pytestmark = pytest.mark.django_db

URL = "/inbox/"


@pytest.fixture
def world():
    return make_world()


@pytest.fixture
def home(world):
    return client_of(world.home_staff)


def cards(response) -> list:
    return soup(response).select("section[aria-labelledby=h-waiting] li.card")


def test_a_request_shows_what_is_needed_to_decide(world, home):
    person = person_of(
        world,
        birth_date=dt.date(1990, 1, 1),
        sex=Sex.MALE,
        support_level=5,
        disability_kinds=["INTELLECTUAL", "MENTAL"],
        medical_care=True,
        wheelchair=True,
        residence=Residence.FACILITY,
        family_name="秘密",
        called="ひみつさん",
    )
    request(world, "2026-12-04", "2026-12-06", person=person, reason="下見済み", note="朝の薬があります。\n<b>夜</b>")
    [card] = cards(home.get(URL))
    assert [text(line) for line in card.select("h3, p")] == [
        "12/4(金)〜12/6(日) 2泊3日",
        f"{world.room.home.name} {world.room.name}",
        "30代・男性・区分5 知的・精神・障害者支援施設",
        "医療的ケアが必要 車いすを使う",
        "朝の薬があります。 <b>夜</b>",
        f"申込：相談室みほん（{world.worker.name}）",
        "返事の期限：11/29(日) 10:00",
    ]
    html = home.get(URL).content.decode()
    assert [word for word in ("秘密", "ひみつさん", "1990") if word in html] == []


def test_the_nearest_deadline_comes_first(world, home):
    request(world, "2026-12-10", "2026-12-11")
    soon = factories.SlotFactory(
        room=factories.RoomFactory(home=world.room.home),
        starts_on=dt.date(2026, 11, 23),
        ends_on=dt.date(2026, 12, 24),
        published_by=world.home_staff,
    )
    request(world, "2026-11-24", "2026-11-25", slot=soon, person=person_of(world))
    assert [text(card.h3) for card in cards(home.get(URL))] == [
        "11/24(火)〜11/25(水) 1泊2日",
        "12/10(木)〜12/11(金) 1泊2日",
    ]


def test_one_tap_confirms(world, home):
    session = request(world, "2026-12-04", "2026-12-06")
    form = soup(home.get(URL)).select_one("li.card form")
    sent = {field["name"]: field["value"] for field in form.select("input")}
    answers = [home.post(form["action"], sent) for _ in range(2)]
    assert [(answer.status_code, answer["Location"]) for answer in answers] == [(302, URL)] * 2
    session.refresh_from_db()
    assert session.state == "CONFIRMED"
    assert SessionEvent.objects.filter(session=session, action="CONFIRM").count() == 1
    after = home.get(URL)
    assert cards(after) == []
    assert text(part(after, "answered").select_one(".list-title")) == f"12/4(金)〜12/6(日) 2泊・{world.person.name}さん"


def test_declining_asks_for_the_reason_on_its_own_page(world, home):
    session = request(world, "2026-12-04", "2026-12-06")
    link = soup(home.get(URL)).select_one("li.card .card-actions a")
    assert text(link).startswith("お断り…")
    assert link["href"] == reverse("programs:session-decline", args=[session.public_id])


def test_a_request_past_its_deadline_can_no_longer_be_confirmed(world, home, frozen_time):
    request(world, "2026-12-04", "2026-12-06")
    frozen_time.move_to(at("2026-11-29", "10:00"))
    home.force_login(world.home_staff)
    [card] = cards(home.get(URL))
    assert "返事の期限がすぎました" in text(card)
    assert card.select("form, .card-actions") == []


def test_answers_of_thirty_days_stand_below(world, home, frozen_time):
    confirmed(world, "2026-12-04", "2026-12-06")
    declined = request(world, "2026-12-10", "2026-12-11", person=person_of(world))
    sessions.decline(session=declined, decline_reason="NIGHT", by=world.home_staff)
    listed = [text(item) for item in part(home.get(URL), "answered").select(".badge")]
    assert listed == ["お断り", "確定"]
    frozen_time.move_to(at("2026-12-22", "10:00"))
    home.force_login(world.home_staff)
    assert len(part(home.get(URL), "answered").select("li")) == 2
    frozen_time.move_to(at("2026-12-22", "10:01"))
    home.force_login(world.home_staff)
    assert text(part(home.get(URL), "answered").p) == "まだありません。"


def test_a_later_cancellation_does_not_move_the_answer(world, home):
    session = confirmed(world, "2026-12-04", "2026-12-06")
    sessions.cancel(session=session, reason="体調", by=world.worker)
    items = part(home.get(URL), "answered").select("li")
    assert [text(item.select_one(".badge")) for item in items] == ["取消"]
    # Called off: the name is no longer the home's to know.
    assert world.person.family_name not in text(items[0])


def test_many_answers_have_pages(world, home):
    for day in range(1, 22):
        confirmed(world, f"2026-12-{day:02}", f"2026-12-{day + 1:02}", person=person_of(world))
    first, second = home.get(URL), home.get(URL, {"page": "2"})
    assert (len(part(first, "answered").select("li")), len(part(second, "answered").select("li"))) == (20, 1)
    assert part(first, "answered").select_one("a[rel=next]")["href"] == "?page=2"
    assert home.get(URL, {"page": "１０００"}).status_code == 200


def test_the_part_for_htmx_is_the_fresh_pages_part(world, home):
    confirmed(world, "2026-12-04", "2026-12-06")
    whole, alone = home.get(URL), home.get(URL, headers={**HTMX, "HX-Target": "answered"})
    assert "<html" not in alone.content.decode()
    assert str(part(alone, "answered")) == str(part(whole, "answered"))


def test_other_offices_requests_are_not_there(world):
    request(world, "2026-12-04", "2026-12-06")
    response = client_of(world.other_home_staff).get(URL)
    assert cards(response) == []
    assert "返事を待っている申込はありません" in text(soup(response))


def test_queries_do_not_grow(world, home):
    request(world, "2026-12-02", "2026-12-03")
    confirmed(world, "2026-12-03", "2026-12-04", person=person_of(world))
    assert queries_of(home, URL) == 7
    for day in (10, 12):
        request(world, f"2026-12-{day}", f"2026-12-{day + 1}", person=person_of(world))
        confirmed(world, f"2026-12-{day + 10}", f"2026-12-{day + 11}", person=person_of(world))
    assert queries_of(home, URL) == 7
