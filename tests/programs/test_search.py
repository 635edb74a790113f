"""Finding a room: what fits first, what does not with its reason, and the nights the limits still allow."""

import datetime as dt

import pytest
from bs4 import BeautifulSoup
from django.core.cache import cache
from django.urls import reverse

from programs.enums import Certainty, NightUse, SexPolicy, Window
from programs.models import RoomNight, Slot
from programs.queries.found import Row
from programs.queries.limits import LimitBook
from programs.queries.search import _COLUMNS, Wanted, _candidates, _Judge, _taken, search
from programs.services import sessions
from tests import factories
from tests.personas import make_world
from tests.programs.pages import person_of, text
from transition.enums import GrantService, Residence, Sex

pytestmark = pytest.mark.django_db

HTMX = {"HX-Request": "true", "HX-Target": "results"}
DEC = {day: dt.date(2026, 12, day) for day in range(1, 32)}


@pytest.fixture
def world():
    return make_world(price_rent=1000, price_food=500)


@pytest.fixture
def worker(client, world):
    client.force_login(world.worker)
    return client


def url(world):
    return reverse("programs:slot-search", args=[world.person.public_id])


def soup(response):
    return BeautifulSoup(response.content, "html.parser")


def results(worker, world, **words):
    asked = {"from": "2026-12-01", "to": "2026-12-05", "nights": "2", **words}
    return soup(worker.get(url(world), asked)).find(id="results")


def card(results_, slot):
    return results_.find(id=f"slot-{slot.public_id}")


def chips(card_):
    return [link.text for link in card_.select("a.button")]


def reasons(card_):
    return [item.text for item in card_.select(".greyed-reason")]


def take(room, *days):
    for day in days:
        RoomNight.objects.create(room=room, date=DEC[day], use=NightUse.CLEANING)


class TestDates:
    def test_any_nights_within_a_period(self, worker, world):
        found = card(results(worker, world), world.slot)
        assert chips(found) == ["12/1(火)〜12/3(木)", "12/2(水)〜12/4(金)", "12/3(木)〜12/5(土)"]
        assert "2泊3日で4,500円" in found.text

    def test_exactly_these_dates(self, worker, world):
        assert chips(card(results(worker, world, nights="", to="2026-12-03"), world.slot)) == ["12/1(火)〜12/3(木)"]

    def test_a_taken_night_leaves_the_others(self, worker, world):
        take(world.room, 1)
        assert chips(card(results(worker, world), world.slot)) == ["12/2(水)〜12/4(金)", "12/3(木)〜12/5(土)"]

    def test_the_night_before_another_guest_can_be_the_last(self, worker, world):
        take(world.room, 3, 4)
        assert chips(card(results(worker, world), world.slot)) == ["12/1(火)〜12/3(木)"]

    def test_links_lead_to_the_request_with_its_dates(self, worker, world):
        link = card(results(worker, world, nights="", to="2026-12-03"), world.slot).select_one("a.button")
        target = reverse("programs:session-request", args=[world.person.public_id, world.slot.public_id])
        assert link["href"] == f"{target}?program=group-home-trial&check_in=2026-12-01&check_out=2026-12-03"

    def test_without_words_it_looks_four_weeks_ahead(self, worker, world):
        page = soup(worker.get(url(world)))
        values = {name: page.find(attrs={"name": name})["value"] for name in ("from", "to", "nights")}
        assert values == {"from": "2026-11-23", "to": "2026-12-21", "nights": "1"}
        assert card(page, world.slot) is not None

    def test_next_week_is_monday_to_monday(self, worker, world):
        link = soup(worker.get(url(world))).find("a", string="来週")
        assert link["href"] == "?from=2026-11-23&to=2026-11-30"

    def test_the_person_s_own_nights_are_not_offered(self, worker, world):
        sessions.request_stay(
            person=world.person,
            program=world.program,
            slot=factories.SlotFactory(),
            check_in=DEC[1],
            check_out=DEC[3],
            organization=world.office,
            by=world.worker,
        )
        found = card(results(worker, world), world.slot)
        assert chips(found) == ["12/3(木)〜12/5(土)"]
        assert "本人に別の予定（お泊まり）があります。" in found.text


class TestFit:
    @pytest.mark.parametrize(
        ("conditions", "needs", "reason"),
        [
            ({"sex": SexPolicy.MALE}, {}, "この枠は男性のみです（本人は女性）。"),
            ({"level_max": 3}, {}, "区分3以下の方の枠です（本人は区分4）。"),
            ({"disability_kinds": ["MENTAL"]}, {}, "精神の方の枠です（本人は知的）。"),
            ({}, {"medical_care": True}, "医療的ケアに対応していない枠です（本人は医療的ケアが必要）。"),
            ({}, {"wheelchair": True}, "車いすに対応していない枠です（本人は車いすを使用）。"),
            ({"min_nights": 3}, {}, "この枠は3泊からです（今回2泊）。"),
            ({"max_nights": 1}, {}, "この枠は1泊までです（今回2泊）。"),
            ({"starts_on": DEC[4]}, {}, "この期間には、枠が短すぎます。"),
        ],
    )
    def test_what_does_not_fit_is_grey_and_says_why(self, worker, world, conditions, needs, reason):
        Slot.objects.filter(pk=world.slot.pk).update(**conditions)
        for name, value in needs.items():
            setattr(world.person, name, value)
        world.person.save()
        found = card(results(worker, world), world.slot)
        assert "greyed" in found["class"]
        assert reasons(found) == [reason]

    def test_a_room_that_is_full_says_so(self, worker, world):
        take(world.room, 1, 2, 3, 4)
        found = card(results(worker, world), world.slot)
        assert (reasons(found), chips(found)) == (["この期間は、空いている夜がたりません。"], [])

    def test_a_room_for_the_other_sex_offers_no_dates_another_condition_does(self, worker, world):
        Slot.objects.update(sex=SexPolicy.MALE)
        assert chips(card(results(worker, world), world.slot)) == []
        Slot.objects.update(sex=SexPolicy.ANY, level_max=3)
        assert len(chips(card(results(worker, world), world.slot))) == 3

    def test_fitting_ones_come_first_whatever_the_order(self, worker, world):
        cheap = factories.SlotFactory(level_max=1)
        dear = factories.SlotFactory(price_rent=3000)
        for sort, order in (
            ("fit", [world.slot, dear, cheap]),
            ("price", [world.slot, dear, cheap]),
            ("date", [world.slot, dear, cheap]),
        ):
            found = results(worker, world, sort=sort).select(".card")
            assert [item["id"] for item in found] == [f"slot-{slot.public_id}" for slot in order]

    def test_sorts_by_date_and_by_price(self, worker, world):
        later = factories.SlotFactory(price_rent=100, starts_on=DEC[2])
        names = {f"slot-{world.slot.public_id}": "early", f"slot-{later.public_id}": "cheap"}
        found = {
            sort: [names[item["id"]] for item in results(worker, world, sort=sort).select(".card")]
            for sort in ("date", "price")
        }
        assert found == {"date": ["early", "cheap"], "price": ["cheap", "early"]}

    def test_counts_are_told(self, worker, world):
        factories.SlotFactory(sex=SexPolicy.MALE)
        response = worker.get(url(world), headers=HTMX)
        assert soup(response).find("h2").text == "2件（合うもの1件）"
        assert '"say": {"value": "2\\u4ef6' in response.headers["HX-Trigger"]


class TestNarrowing:
    def test_by_price(self, worker, world):
        dear = factories.SlotFactory(price_rent=3000)
        found = results(worker, world, price="１,５００")
        assert (card(found, world.slot) is not None, card(found, dear)) == (True, None)

    @pytest.mark.parametrize("typed", ["ｱｵﾊﾞ", "あおば", "アオバ区", "　アオバ　"])
    def test_by_area_however_it_is_typed(self, worker, world, typed):
        there = factories.SlotFactory(room__home__area="架空市アオバ区")
        found = results(worker, world, area=typed)
        assert [item["id"] for item in found.select(".card")] == [f"slot-{there.public_id}"]

    def test_offers_the_areas_with_their_number_of_rooms(self, worker, world):
        factories.SlotFactory(room__home__area="架空市アオバ区")
        for asked, checked in (({}, []), ({"area": "架空市"}, ["架空市"])):
            boxes = results(worker, world, **asked).select(".area-choice input")
            assert [(box["value"], text(box.parent), box["form"]) for box in boxes] == [
                ("架空市", "架空市（1）", "search"),
                ("架空市アオバ区", "架空市アオバ区（1）", "search"),
            ]
            assert [box["value"] for box in boxes if box.has_attr("checked")] == checked

    def test_by_several_areas_at_once(self, worker, world):
        there = factories.SlotFactory(room__home__area="架空市アオバ区")
        factories.SlotFactory(room__home__area="別の町")
        found = results(worker, world, area=["架空市", "架空市アオバ区"])
        assert {item["id"] for item in found.select(".card")} == {
            f"slot-{world.slot.public_id}",
            f"slot-{there.public_id}",
        }

    def test_an_area_by_its_own_name_is_not_its_neighbor(self, worker, world):
        factories.SlotFactory(room__home__area="架空市アオバ区")
        found = results(worker, world, area="架空市")
        assert [item["id"] for item in found.select(".card")] == [f"slot-{world.slot.public_id}"]

    def test_an_area_without_rooms_can_be_left_out_again(self, worker, world):
        found = results(worker, world, area="どこにもない町")
        assert found.select(".card") == []
        assert text(found.select_one(".area-choice input[checked]").parent) == "どこにもない町（0）"

    def test_nonsense_for_an_area_is_left_out(self, worker, world):
        found = results(worker, world, area="あ" * 150)
        assert card(found, world.slot) is not None
        assert found.select(".area-choice input[checked]") == []

    def test_what_was_chosen_stays_while_something_else_is_wrong(self, worker, world):
        response = worker.get(url(world), {"area": "架空市", "price": "-1"})
        assert response.status_code == 422
        assert soup(response).select_one("[name=area][checked]")["value"] == "架空市"

    def test_leaves_out_withdrawn_and_rented(self, worker, world):
        world.room.use = "RENTED"
        world.room.save()
        assert results(worker, world).select(".card") == []

    def test_twenty_a_page(self, worker, world):
        for _ in range(22):
            factories.SlotFactory(room__home=world.room.home)
        assert len(results(worker, world).select(".card")) == 20
        second = results(worker, world, page="2")
        assert len(second.select(".card")) == 3
        assert "nights=2" in second.find("a", rel="prev")["href"]


class TestMemory:
    def test_coming_back_keeps_the_last_search_of_each_person(self, worker, world):
        other = person_of(world)
        there = reverse("programs:slot-search", args=[other.public_id])
        asked = "nights=2&area=%E6%9E%B6%E7%A9%BA%E5%B8%82&sort=price"
        worker.get(f"{url(world)}?{asked}&page=1")
        answer = worker.get(url(world))
        back = "?nights=2&area=%E6%9E%B6%E7%A9%BA%E5%B8%82&sort=price"
        assert (answer.status_code, answer["Location"]) == (302, url(world) + back)
        assert worker.get(there).status_code == 200
        # A question of one's own is answered as it is.
        assert worker.get(f"{url(world)}?nights=1").status_code == 200
        assert worker.get(url(world))["Location"].endswith("?nights=1")

    def test_it_is_forgotten_when_asked_to(self, worker, world):
        worker.get(f"{url(world)}?nights=2")
        answer = worker.get(f"{url(world)}?nights=2&reset=1&program=group-home-trial")
        assert answer["Location"] == f"{url(world)}?program=group-home-trial"
        assert worker.get(answer["Location"]).status_code == 200
        assert worker.get(url(world)).status_code == 200

    def test_dates_that_have_passed_stay_behind(self, worker, world, frozen_time):
        worker.get(f"{url(world)}?from=2026-12-01&to=2026-12-08&nights=2")
        frozen_time.move_to(dt.datetime(2026, 12, 2, 1, tzinfo=dt.UTC))
        worker.force_login(world.worker)
        worker.get(f"{url(world)}?from=令和8年12月1日&nights=2")  # refused: it is no memory
        session = worker.session
        session["searches"] = {str(world.person.public_id): "from=2026-12-01&to=2026-12-08&nights=2"}
        session.save()
        assert worker.get(url(world))["Location"] == f"{url(world)}?nights=2"

    def test_another_program_is_another_question(self, worker, world):
        worker.get(f"{url(world)}?program=group-home-trial&nights=2")
        assert worker.get(f"{url(world)}?program=other").status_code == 422
        assert worker.get(f"{url(world)}?program=group-home-trial").status_code == 302

    def test_only_the_last_twenty_are_kept(self, worker, world):
        for _ in range(22):
            worker.get(reverse("programs:slot-search", args=[person_of(world).public_id]) + "?nights=2")
        assert len(worker.session["searches"]) == 20


class TestHomes:
    def test_leads_to_the_home_with_a_small_picture(self, worker, world):
        assert card(results(worker, world), world.slot).find("img") is None
        first = factories.HomePhotoFactory(home=world.room.home)
        factories.HomePhotoFactory(home=world.room.home, order=1)
        found = card(results(worker, world), world.slot)
        [image] = found.select("img")
        assert image["src"] == reverse("programs:home-photo", args=[first.public_id, "small"])
        assert (image["loading"], image["width"], image["height"], image["alt"]) == ("lazy", "96", "72", "")
        link = found.h3.a["href"]
        assert link == (
            reverse("programs:home-detail", args=[world.room.home.public_id])
            + f"?person={world.person.public_id}&program=group-home-trial&nights=2"
        )
        assert worker.get(link).status_code == 200


class TestFreshness:
    @pytest.mark.parametrize(
        ("days", "word"), [(0, "きょう確認"), (3, "3日前に確認"), (30, "30日前に確認"), (31, "未確認（30日以上）")]
    )
    def test_says_when_the_home_last_confirmed(self, worker, world, days, word):
        Slot.objects.update(confirmed_at=dt.datetime(2026, 11, 22, 1, tzinfo=dt.UTC) - dt.timedelta(days=days))
        assert word in card(results(worker, world), world.slot).text


class TestLimits:
    @pytest.fixture
    def limited(self, world):
        world.program.needs_grant = GrantService.GROUP_HOME_TRIAL
        world.program.save()
        return world

    def test_nights_that_would_breach_are_left_out_and_explained(self, worker, limited):
        factories.LimitFactory(
            program=limited.program, name="ひと月", amount=2, window=Window.CALENDAR_MONTH, certainty=Certainty.ASSUMED
        )
        found = card(results(worker, limited, **{"from": "2026-12-29", "to": "2027-01-02"}), limited.slot)
        assert chips(found) == ["12/30(水)〜1/1(金)", "12/31(木)〜1/2(土)"]
        assert "△ 12/29(火)から泊まると：" in found.text
        assert "市町村に確認してください" in found.text
        assert "違法" not in found.text

    def test_when_no_night_is_left_the_slot_is_grey_with_the_limit(self, worker, limited):
        factories.LimitFactory(program=limited.program, amount=2, certainty=Certainty.VERIFIED)
        found = card(results(worker, limited), limited.slot)
        assert "greyed" in found["class"]
        assert reasons(found) == ["年度の上限2日を1日こえます（利用済み0日、今回3日、残り2日）。"]
        assert len(chips(found)) == 3

    def test_says_when_the_program_is_for_another_residence(self, worker, world):
        world.program.residences = [Residence.FACILITY]
        world.program.save()
        found = results(worker, world)
        assert "いまの住まいが「障害者支援施設」の方の事業です" in found.select_one(".alert").text
        assert "市町村に確認してください" in found.select_one(".alert").text


class TestInput:
    @pytest.mark.parametrize("typed", ["２０２６年１２月１日", "令和8年12月1日", "R8.12.1", "2026/12/1", "20261201"])
    def test_dates_however_they_are_written(self, worker, world, typed):
        page = soup(worker.get(url(world), {"from": typed, "to": "2026-12-03", "nights": "２"}))
        assert chips(card(page, world.slot)) == ["12/1(火)〜12/3(木)"]
        assert page.find(attrs={"name": "from"})["value"] == typed

    @pytest.mark.parametrize(
        ("name", "typed", "message"),
        [
            ("from", "2月31日", "年から入力してください。例: 令和8年11月22日、2026-11-22"),
            ("from", "2026-02-31", "2月31日はありません。"),
            ("from", "2026-11-21", "すぎた日です。今日からあとの日を入力してください。"),
            ("to", "2026-12-01", "「いつまで」は「いつから」よりあとの日にしてください。"),
            ("to", "2027-12-31", "さがせる期間は184日までです。"),
            ("nights", "5", "この期間に泊まれるのは4泊までです。期間を広げてください。"),
            ("nights", "たくさん", "数字だけで入力してください（例: 12）。"),
            ("price", "-1", "0以上の数を入力してください。"),
        ],
    )
    def test_says_beside_the_field_what_is_wrong_and_keeps_it(self, worker, world, name, typed, message):
        asked = {"from": "2026-12-01", "to": "2026-12-05", "nights": "2", name: typed}
        response = worker.get(url(world), asked)
        field = soup(response).find(attrs={"name": name})
        assert response.status_code == 422
        assert [item.text for item in field.find_parent(class_="field").select(".field-errors li")] == [message]
        assert field["value"] == typed
        partial = worker.get(url(world), asked, headers=HTMX)
        assert message in soup(partial).select_one(".error-summary").text

    @pytest.mark.parametrize("words", [{"program": "none"}, {"sort": "x"}, {"page": "x"}, {"page": "-1"}, {"to": ""}])
    def test_nonsense_breaks_nothing(self, worker, world, words):
        assert worker.get(url(world), words).status_code in (200, 422)


class TestAccess:
    def test_is_not_there_for_strangers_and_homes(self, client, world):
        for user in (world.stranger, world.home_staff):
            client.force_login(user)
            assert client.get(url(world)).status_code == 404

    def test_is_there_for_the_coordinator(self, client, world):
        client.force_login(world.coordinator)
        assert client.get(url(world)).status_code == 200

    def test_says_so_without_any_program(self, worker, world):
        world.program.delete()
        assert "登録されていません" in soup(worker.get(url(world))).select_one(".empty-title").text


def test_partial_equals_the_fresh_page(worker, world):
    asked = {"from": "2026-12-01", "to": "2026-12-05", "nights": "2"}
    partial = worker.get(url(world), asked, headers=HTMX)
    fresh = soup(worker.get(url(world), asked)).find(id="results")
    assert soup(partial).prettify() == BeautifulSoup(str(fresh), "html.parser").prettify()


def test_asks_as_many_queries_for_three_slots_as_for_one(worker, world, django_assert_num_queries):
    factories.LimitFactory(program=world.program)
    asked = f"{url(world)}?area=架空市&nights=1"
    with django_assert_num_queries(12):
        worker.get(url(world))
    # The first time the session keeps the search.
    worker.get(asked)
    cache.clear()
    with django_assert_num_queries(12):
        worker.get(asked)
    for day in (1, 2):
        take(factories.SlotFactory().room, day)
    factories.HomePhotoFactory(home=world.room.home)
    cache.clear()
    with django_assert_num_queries(12):
        worker.get(asked)


def test_the_search_itself_takes_seven_queries_at_most(world, django_assert_num_queries):
    wanted = Wanted(world.program, DEC[1], DEC[5], 2, areas=("架空市",))
    with django_assert_num_queries(7):
        search(world.person, wanted, LimitBook([world.person]))


def test_first_openings_agree_with_all_openings(world):
    """What is worked out a few days at a time finds what is found at once."""

    take(world.room, 2, 3, 9, 10, 17, 25, 26, 27)
    factories.SlotFactory(starts_on=DEC[7], ends_on=DEC[20], max_nights=3)
    for length in (1, 2, 3, 6, 8):
        wanted = Wanted(world.program, DEC[1], DEC[31], length)
        slots = _candidates(wanted)
        judge = _Judge(world.person, wanted, LimitBook([world.person]), _taken(slots, wanted))
        for values in slots.values_list(*_COLUMNS):
            row = Row._make(values)
            assert list(judge._first_openings(row)) == judge.openings(row)


def test_a_person_of_unknown_sex_is_a_question_to_the_home(worker, world):
    world.person.sex = Sex.UNANSWERED
    world.person.save()
    Slot.objects.update(sex=SexPolicy.FEMALE)
    found = card(results(worker, world), world.slot)
    assert reasons(found) == ["この枠は女性のみです。本人のことはホームに相談してください。"]
    assert len(chips(found)) == 3
