"""Today, what comes and one session, as the person sees them through their own link."""

import datetime as dt
import uuid

import pytest
import time_machine
from django.core.files.base import ContentFile
from django.core.files.storage import default_storage
from django.test import Client
from django.urls import reverse

from programs.domain.problems import Refused
from programs.enums import HomePhotoKind, SessionState
from programs.models import DoneMark, Portrait, Session, SessionWish
from programs.services import done_marks
from tests import factories
from tests.programs import easy_pages as make
from tests.programs.easy import client_of_person
from tests.programs.pages import at, client_of, part, person_of, queries_of, soup, text
from transition.models import AuditEvent

pytestmark = pytest.mark.django_db


@pytest.fixture
def easy():
    return make.make_easy()


def words(answer) -> str:
    """What stands on the page, without readings."""
    page = soup(answer)
    for reading in page.select("rt, rp"):
        reading.decompose()
    return " ".join(page.find("main").get_text().split())


def card(answer, heading: str) -> str:
    page = soup(answer)
    for reading in page.select("rt, rp"):
        reading.decompose()
    return " ".join(page.find(id=heading).find_parent("section").get_text().split())


def test_first_and_next(easy):
    make.outing(easy.world, 0)
    make.stay(easy.world, 2)
    page = easy.get("today")
    assert "午後 1時30分から 午後 4時30分まで" in card(page, "first")
    assert "電車に乗って映画を見る" in card(page, "first")
    assert "れいだいモール" in card(page, "first")
    assert card(page, "following").startswith("つぎ ホームに とまる あと 2かい ねたら 11月 24日 火曜日 午後 3時")


def test_nothing_today_is_said_calmly_and_the_next_is_shown(easy):
    make.outing(easy.world, 1, 12, 1)
    page = easy.get("today")
    assert "きょうの よていは ありません。" in words(page)
    assert "あと 1かい ねたら" in card(page, "following")
    assert "昼の 12時30分から 午後 1時30分まで" in card(page, "following")
    assert not soup(page).find(id="first")


def test_what_is_not_certain_is_not_shown(easy):
    for state in ("REQUESTED", "DECLINED", "EXPIRED", "NO_SHOW", "CANCELLED"):
        details = {"expires_at": at("2026-12-01", "09:00")} if state == "REQUESTED" else {}
        if state == "DECLINED":
            details = {"decline_reason": "DATES"}
        hidden = make.outing(easy.world, 0, state=state, **details)
        assert easy.get("session", hidden.public_id).status_code == 404, state
    assert "きょうの よていは ありません。" in words(easy.get("today"))
    assert "まだ ありません" in words(easy.get("next"))


def test_what_was_certain_and_is_called_off_is_told(easy):
    off = make.called_off(make.outing(easy.world, 1), easy.world.worker)
    assert "これは なくなりました。" in words(easy.get("today"))
    assert "なくなりました。" in words(easy.get("next"))
    assert "なくなりました。" in words(easy.get("session", off.public_id))
    assert not soup(easy.get("session", off.public_id)).select(f'a[href$="/sessions/{off.public_id}/stop/"]')


@pytest.mark.parametrize(
    ("offset", "state", "shown"),
    [
        (0, "CONFIRMED", "ホームに とまる 午後 3時"),
        (-1, "IN_PROGRESS", "ホームで すごす"),
        (-2, "IN_PROGRESS", "家に かえる 午前 10時"),
    ],
)
def test_a_stay_on_each_of_its_days(easy, offset, state, shown):
    make.stay(easy.world, offset, state=state)
    assert card(easy.get("today"), "first").startswith(f"まず {shown}")


def test_a_resident_of_a_facility_goes_back_to_the_usual_place(easy):
    easy.world.person.residence = "FACILITY"
    easy.world.person.save()
    make.stay(easy.world, -2, state="IN_PROGRESS")
    assert "いつもの ところに かえる" in card(easy.get("today"), "first")


def test_done_moves_the_next_to_the_front_and_can_be_taken_back(easy):
    trip = make.outing(easy.world, 0)
    later = make.outing(easy.world, 0, 17, activity="カラオケ")
    answer = easy.post("done", trip.public_id, done="yes", idempotency_key="a")
    assert answer["Location"] == reverse("programs:easy-today")
    again = easy.post("done", trip.public_id, done="yes", idempotency_key="a")
    assert again.status_code == 302
    assert [(mark.session_id, mark.date) for mark in DoneMark.objects.all()] == [(trip.pk, make.day(0))]
    assert AuditEvent.objects.filter(action="done_mark.set", actor=None).count() == 1
    page = easy.get("today")
    assert "カラオケ" in card(page, "first")
    assert "電車に乗って映画を見る" in card(page, "done")
    easy.post("done", trip.public_id, done="no")
    assert not DoneMark.objects.exists()
    easy.post("done", trip.public_id, done="yes", idempotency_key="a")
    assert not DoneMark.objects.exists()
    assert "電車に乗って映画を見る" in card(easy.get("today"), "first")
    assert Session.objects.get(pk=trip.pk).state == SessionState.CONFIRMED
    assert "カラオケ" in card(easy.get("today"), "following")
    assert later.done_marks.count() == 0


def test_all_done(easy):
    trip = make.outing(easy.world, 0, 8, 1)
    done_marks.mark(session=trip, date=make.day(0), by=None)
    page = easy.get("today")
    assert "きょうの よていは おわりました。" in words(page)
    assert soup(page).select_one(f'a[href="{reverse("programs:easy-rating", args=[trip.public_id])}"]')


@pytest.mark.parametrize("offset", [1, -3])
def test_a_day_that_is_not_today_of_it_cannot_be_marked(easy, offset):
    trip = make.outing(easy.world, offset)
    answer = easy.post("done", trip.public_id, done="yes")
    assert answer.status_code == 422
    assert "この 日に しるしは つけられません。" in words(answer)
    assert not DoneMark.objects.exists()


def test_a_day_of_a_stay_that_has_not_come_cannot_be_marked(easy):
    night = make.stay(easy.world, 0)
    with pytest.raises(Refused):
        done_marks.mark(session=night, date=make.day(1), by=None)


def test_what_is_over_cannot_be_marked(easy):
    trip = make.held(make.outing(easy.world, 0, 7, 1))
    assert easy.post("done", trip.public_id, done="yes").status_code == 422
    page = easy.get("today")
    assert "きょうの よていは おわりました。" in words(page)
    assert "まだ おわって いない" not in words(page)


def test_who_goes_along_is_named_by_the_first_name_only(easy):
    trip = make.outing(easy.world, 0)
    row = make.escort(trip, "架空 太郎")
    page = easy.get("today")
    people = part(page, "first").find_parent("section").select_one(".people")
    assert text(people).replace(" ", "").startswith("架空")
    assert "太郎" not in words(page)
    portrait = row.user.portrait
    url = reverse("programs:easy-picture", args=["staff", portrait.public_id, "small"])
    assert people.find("img")["src"] == url
    assert (people.find("img")["width"], people.find("img")["height"]) == ("300", "300")


def test_a_wish_gives_its_picture_and_its_word(easy):
    trip = make.outing(easy.world, 0, activity="")
    SessionWish.objects.create(session=trip, item=make.item("cafe", "お茶を のむ"))
    page = easy.get("today")
    assert "お茶を のむ" in card(page, "first")
    assert soup(page).select_one("#first ~ a img")["src"].endswith("wishes/cafe.svg")


def test_the_page_of_a_stay(easy):
    make.guide(easy.world)
    house = make.home_photo(easy.world)
    make.home_photo(easy.world, HomePhotoKind.STAFF, caption="世話人の山田さん")
    other = factories.RoomFactory(home=easy.world.room.home)
    elsewhere = make.home_photo(easy.world, HomePhotoKind.ROOM, room=other, caption="よその へや")
    own = make.home_photo(easy.world, HomePhotoKind.ROOM, room=easy.world.room, caption="ねる へや")
    easy.world.slot.price_rent, easy.world.slot.price_food = 1500, 980
    easy.world.slot.save()
    night = make.stay(easy.world, 3)
    page = easy.get("session", night.public_id)
    assert (
        "11月 25日 水曜日 午後 3時に 行きます。 2かい とまります。 11月 27日 金曜日 午前 10時に かえります。"
        in words(page)
    )
    assert "かくう東" in words(page)
    assert "世話人の山田さん" in words(page)
    assert "歯ブラシ" in words(page)
    assert "ぜんぶで 7,440円 です。" in words(page)
    shown = [image["src"] for image in soup(page).select(".photos img")]
    expected = [house, own]
    assert shown == [reverse("programs:easy-picture", args=["home", one.public_id, "large"]) for one in expected]
    assert str(elsewhere.public_id) not in page.content.decode()


def test_without_a_guide_somebody_is_named_to_ask(easy):
    easy.world.worker.name = "相談 しえん"
    easy.world.worker.save()
    assert "相談さんに 聞いて ください。" in words(easy.get("session", make.stay(easy.world, 3).public_id))


def test_the_page_of_an_outing(easy):
    trip = make.outing(easy.world, 1, transport_cost=420)
    page = words(easy.get("session", trip.public_id))
    assert "あと 1かい ねたら" in page
    assert "のりものの お金は 420円 です。" in page
    assert "もって いく もの" not in page


def test_what_comes_is_one_card_each_in_order(easy):
    make.stay(easy.world, -1, state="IN_PROGRESS")
    for offset in (9, 2, 5, 7, 11):
        make.outing(easy.world, offset, activity=f"外出{offset}")
    pages = [easy.get("next"), easy.get("next", query="?page=2")]
    titles = [[text(found) for found in soup(page).select("ol h2")] for page in pages]
    assert [len(found) for found in titles] == [4, 2]
    assert titles[0][0].startswith("ホームに とまる")
    assert [title[-1] for title in titles[0][1:]] == ["2", "5", "7"]


def test_only_ones_own(easy):
    other = person_of(easy.world)
    theirs = make.outing(easy.world, 0, person=other)
    stored = default_storage.save("own.jpg", ContentFile(b"picture"))
    photo = make.home_photo(easy.world, small=stored)
    worker = make.escort(theirs).user
    Portrait.objects.update(small=stored)
    for name in ("session", "stop", "rating"):
        assert easy.get(name, theirs.public_id).status_code == 404, name
        assert easy.get(name, uuid.uuid4()).status_code == 404, name
    for name in ("done", "stop", "rating"):
        assert easy.post(name, theirs.public_id, done="yes", stop="yes", face="GOOD").status_code == 404, name
    assert not DoneMark.objects.exists()
    assert easy.get("picture", "home", photo.public_id, "small").status_code == 404
    assert easy.get("picture", "staff", worker.portrait.public_id, "small").status_code == 404
    assert "電車に乗って映画を見る" in words(client_of_person(other).get(reverse("programs:easy-today")))
    assert "電車に乗って映画を見る" not in words(easy.get("today"))


def test_pictures_of_ones_own_pages(easy):
    stored = default_storage.save("own.jpg", ContentFile(b"picture"))
    photo = make.home_photo(easy.world, large=stored, small=stored)
    make.stay(easy.world, 3)
    portrait = make.escort(make.outing(easy.world, 1)).user.portrait
    type(portrait).objects.update(large=stored, small=stored)
    page = make.item("own", "りょうり", photo=stored)
    for kind, row in (("home", photo), ("staff", portrait), ("wish", page)):
        answer = easy.get("picture", kind, row.public_id, "small")
        assert (answer.status_code, answer.content) == (200, b"picture"), kind
        assert answer["Cache-Control"] == "private, no-store"
    assert easy.get("picture", "home", photo.public_id, "huge").status_code == 404
    assert easy.get("picture", "x", photo.public_id, "small").status_code == 404
    default_storage.delete(stored)
    assert easy.get("picture", "home", photo.public_id, "small").status_code == 404


def test_cards_show_every_day_of_the_coming_two_weeks(easy):
    make.stay(easy.world, 1, 2)
    make.outing(easy.world, 14)
    make.outing(easy.world, 15)
    make.outing(easy.world, 0, state="CANCELLED")
    shown = [" ".join(found.get_text().split()) for found in soup(easy.get("cards")).select(".cut li:not(.cut-word)")]
    assert len(shown) == 4
    assert shown[0].startswith("ホームに とまる 11月")


def test_supporters_print_the_same_cards(easy):
    make.outing(easy.world, 1)
    url = reverse("programs:person-cards", args=[easy.world.person.public_id])
    own, theirs = easy.get("cards"), client_of(easy.world.worker).get(url)
    cut = [str(soup(answer).select_one(".cut")) for answer in (own, theirs)]
    assert cut[0] == cut[1]
    assert client_of(easy.world.stranger).get(url).status_code == 404
    assert Client().get(url).status_code == 302
    stored = default_storage.save("own.jpg", ContentFile(b"picture"))
    page = make.item("own", "りょうり", photo=stored)
    picture = reverse("programs:person-picture", args=[easy.world.person.public_id, "wish", page.public_id, "small"])
    assert client_of(easy.world.worker).get(picture).content == b"picture"
    assert client_of(easy.world.stranger).get(picture).status_code == 404


@pytest.mark.parametrize("name", ["today", "next", "cards", "choices", "wishes"])
def test_as_many_queries_with_one_row_as_with_three(easy, name):
    make.home_photo(easy.world)

    def more(offset: int) -> None:
        make.stay(easy.world, offset, 1)
        trip = make.outing(easy.world, offset)
        make.escort(trip)
        page = make.item(f"page-{offset}", "お茶")
        SessionWish.objects.create(session=trip, item=page)
        make.wish(easy.world, page)
        make.held(make.outing(easy.world, -offset))

    more(1)
    url = reverse(f"programs:easy-{name}")
    easy.client.get(url)
    once = queries_of(easy.client, url)
    more(3)
    more(5)
    assert queries_of(easy.client, url) == once
    assert once <= 12


def test_the_queries_of_one_session(easy):
    make.guide(easy.world)
    make.home_photo(easy.world)
    night, trip = make.stay(easy.world, 1), make.outing(easy.world, 2)
    make.escort(trip)
    for session in (night, trip):
        for name in ("session", "stop"):
            assert queries_of(easy.client, reverse(f"programs:easy-{name}", args=[session.public_id])) <= 12


def test_the_day_turns_at_midnight_in_japan(easy):
    make.outing(easy.world, 1)
    with time_machine.travel(at("2026-11-22", "23:59"), tick=False):
        assert "あと 1かい ねたら" in words(easy.get("today"))
    with time_machine.travel(at("2026-11-23", "00:00"), tick=False):
        assert "午後 1時30分" in card(easy.get("today"), "first")


def test_names_are_escaped(easy):
    easy.world.person.called = "<script>alert(1)</script>"
    easy.world.person.save()
    trip = make.outing(easy.world, 0, activity="<img src=x onerror=alert(1)>｜<b>《</b>》", place='"><svg onload=x>')
    for answer in (easy.get("today"), easy.get("session", trip.public_id), easy.get("cards")):
        page = answer.content.decode()
        assert "<script>alert" not in page
        assert "<img src=x" not in page
        assert "<svg" not in page
        assert "<b>《" not in page


def test_a_session_past_midnight_shows_both_days(easy):
    starts = at("2026-11-22", "21:00")
    trip = make.outing(easy.world, 0, starts_at=starts, ends_at=starts + dt.timedelta(hours=5))
    page = easy.get("session", trip.public_id)
    assert "11月 22日 日曜日 午後 9時に はじまります。 11月 23日 月曜日 午前 2時に おわります。" in words(page)
