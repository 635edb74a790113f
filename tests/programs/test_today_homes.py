"""The page of the day for a home, and for those who coordinate a municipality."""

import datetime as dt

import pytest
from django.urls import reverse

from programs.enums import SessionState
from programs.models import Home, Room, SessionRecord, Slot
from tests import factories
from tests.conftest import NOW
from tests.personas import make_world, member
from tests.programs.days import (
    DAY,
    TODAY,
    URL,
    ask,
    day,
    declined,
    empty,
    facility_of,
    fill,
    resident,
    stale,
    stay,
    stop,
    titles,
)
from tests.programs.pages import client_of, confirmed, queries_of, request, soup, text
from transition.enums import MembershipRole, OrganizationKind
from transition.models import Grant, Organization, Person

pytestmark = pytest.mark.django_db


@pytest.fixture
def world():
    return make_world()


class TestOfAHome:
    @pytest.fixture
    def client(self, world):
        return client_of(world.home_staff)

    def test_sections_stand_in_the_order_of_who_waits(self, world, client):
        fill(world)
        assert list(day(client)) == ["requests", "stays", "records", "slots"]

    def test_a_request_is_answered_right_in_the_list(self, world, client):
        session = request(world, "2026-12-05", "2026-12-07")
        [item] = day(client)["requests"]
        assert item.title == f"12/5(土)〜12/7(月) 2泊 {world.room}"
        assert item.actions == ["確定する", "お断り…"]
        form = soup(client.get(URL)).select_one("#requests form")
        fields = {field["name"]: field["value"] for field in form.select("input[type=hidden]")}
        answer = client.post(form["action"], fields, follow=True)
        assert answer.redirect_chain == [(URL, 302)]
        assert "体験を確定しました。" in text(soup(answer).select_one(".messages"))
        assert "requests" not in day(client)
        session.refresh_from_db()
        assert session.state == SessionState.CONFIRMED

    def test_nobody_is_named_before_the_yes(self, world, client):
        request(world, "2026-11-23", "2026-11-24", slot=factories.SlotFactory(room=world.room, starts_on=TODAY))
        body = client.get(URL).content.decode()
        assert world.person.family_name not in body
        assert world.person.called not in body
        assert "年齢は未登録・女性・区分4・相談室みほん" in body
        assert "stays" not in day(client)

    def test_a_request_past_its_deadline_can_no_longer_be_answered(self, world, client):
        stay(world, TODAY + 5 * DAY, TODAY + 6 * DAY, "REQUESTED", expires_at=NOW)
        [item] = day(client)["requests"]
        assert (item.late, item.actions) == ("返事の期限がすぎました", [])

    def test_who_comes_and_goes_is_one_tap_from_writing_it_down(self, world, client):
        stay(world, TODAY - 2 * DAY, TODAY, "IN_PROGRESS")
        stay(world, TODAY - DAY, TODAY + DAY, "CONFIRMED")
        stay(world, TODAY, TODAY + DAY, "CONFIRMED")
        stay(world, TODAY + DAY, TODAY + 2 * DAY, "CONFIRMED")
        name = f"{world.person.name}さん"
        assert [(item.title, item.late, item.actions) for item in day(client)["stays"]] == [
            (f"11/21(土) 15:00 {name}が来ます", "来たかどうかの記録がまだです", ["チェックイン"]),
            (f"きょう 10:00 {name}が帰ります", "", ["チェックアウト"]),
            (f"きょう 15:00 {name}が来ます", "", ["チェックイン"]),
            (f"あす 15:00 {name}が来ます", "", ["くわしく見る"]),
        ]

    @pytest.mark.parametrize(("days", "shown"), [(14, True), (15, False)])
    def test_a_record_is_asked_for_as_long_as_the_guest_is_known(self, world, client, days, shown):
        left_on = TODAY - days * DAY
        session = stay(world, left_on - DAY, left_on, "COMPLETED")
        assert bool(titles(client, "records")) is shown
        SessionRecord.objects.create(session=session, by=world.worker)
        assert "records" not in day(client)

    @pytest.mark.parametrize(("days", "shown"), [(30, False), (30.01, True)])
    def test_rooms_that_nobody_confirmed_for_30_days(self, world, client, days, shown):
        stale(world.slot, days)
        assert bool(titles(client, "slots")) is shown

    def test_one_tap_says_that_the_room_is_still_free(self, world, client):
        stale(world.slot)
        form = soup(client.get(URL)).select_one("#slots form")
        assert text(form.select_one("button")).startswith("まだ空いています")
        fields = {field["name"]: field["value"] for field in form.select("input[type=hidden]")}
        answer = client.post(form["action"], fields, follow=True)
        assert answer.redirect_chain == [(URL, 302)]
        assert "まだ空いていると伝えました" in text(soup(answer).select_one(".messages"))
        assert "slots" not in day(client)

    def test_slots_that_are_over_or_withdrawn_are_not_asked_for(self, world, client):
        stale(world.slot)
        Slot.objects.update(withdrawn_at=NOW, withdrawn_by=world.home_staff)
        assert "slots" not in day(client)
        Slot.objects.update(withdrawn_at=None, withdrawn_by=None, starts_on=TODAY - DAY, ends_on=TODAY)
        assert "slots" not in day(client)

    def test_a_new_home_is_led_to_its_first_request(self, world):
        staff = world.other_home_staff
        client = client_of(staff)
        assert "市町村の担当者がします" in empty(client)
        office = Organization.objects.of(staff).get()
        home = factories.HomeFactory(organization=office)

        def way() -> str:
            return soup(client.get(URL)).select_one(".empty a")["href"]

        assert way() == reverse("programs:room-create", args=[home.public_id])
        Room.objects.create(home=home, name="家賃", use="RENTED")
        assert way() == reverse("programs:room-create", args=[home.public_id])
        room = factories.RoomFactory(home=home)
        assert way() == reverse("programs:slot-create", args=[room.public_id])
        factories.SlotFactory(room=room)
        assert way() == reverse("programs:board")

    def test_other_homes_are_not_shown(self, world):
        fill(world)
        client = client_of(world.other_home_staff)
        assert day(client) == {}

    def test_asks_as_many_queries_for_three_guests_as_for_one(self, world, client):
        fill(world)
        once = queries_of(client, URL)
        fill(world, 1)
        fill(world, 2)
        assert queries_of(client, URL) == once <= 12

    def test_every_link_leads_somewhere(self, world, client):
        fill(world)
        links = [link for items in day(client).values() for item in items for link in item.links]
        assert len(links) == 7
        assert {link: client.get(link).status_code for link in links} == dict.fromkeys(links, 200)


class TestOfACity:
    @pytest.fixture
    def client(self, world):
        return client_of(world.coordinator)

    @pytest.fixture
    def center(self, world):
        center = factories.OrganizationFactory(kind=OrganizationKind.CORE_CENTER, municipality=world.municipality)
        return client_of(member(center, MembershipRole.COORDINATOR))

    def crowd(self, world):
        fill(world)
        Organization.objects.filter(pk=world.home_office.pk).update(municipality=world.municipality)

    def test_sections_stand_in_the_order_of_who_waits(self, world, client, center):
        self.crowd(world)
        expected = ["stops", "requests", "lost", "residents", "homes", "certificates"]
        assert list(day(client)) == list(day(center)) == expected

    def test_another_city_sees_nothing_of_it(self, world):
        self.crowd(world)
        other = factories.MunicipalityFactory(name="架空町")
        assert day(client_of(member(other, MembershipRole.COORDINATOR))) == {}

    def test_is_led_on_when_nothing_waits(self, world, client):
        assert empty(client).endswith("事業と上限")
        other = factories.MunicipalityFactory(name="架空町")
        assert empty(client_of(member(other))).endswith("本人を登録する")

    def test_requests_that_wait_name_their_deadline(self, world, client):
        stay(world, TODAY + 5 * DAY, TODAY + 6 * DAY, "REQUESTED", expires_at=NOW + DAY)
        [item] = day(client)["requests"]
        assert item.title == f"{world.person.name}さん {world.room}"
        assert item.meta == "11/27(金)〜11/28(土) 1泊・相談室みほん・返事はあす 10:00まで"

    def test_what_came_to_nothing_this_month_is_counted_by_reason(self, world, client):
        declined(world, "2026-12-05", "2026-12-07")
        declined(world, "2026-12-10", "2026-12-11")
        first = dt.datetime(2026, 10, 31, 15, 0, tzinfo=dt.UTC)  # midnight of the first of November in Japan
        stay(world, TODAY, TODAY + DAY, "EXPIRED", changed_at=first)
        stay(world, TODAY, TODAY + DAY, "EXPIRED", changed_at=first - dt.timedelta(seconds=1))
        page = soup(client.get(URL)).select_one("#lost")
        assert len(day(client)["lost"]) == 3
        assert text(page.find("p")) == "お断り 2件（夜間の体制がとれない 2件）・期限切れ 1件"

    def test_residents_who_were_not_asked_are_counted_by_facility(self, world, client):
        facility, staff = facility_of(world)
        resident(world, facility)
        again = resident(world, facility)
        asked = resident(world, facility)
        ask(again, facility, TODAY - DAY, staff)
        ask(asked, facility, TODAY, staff)
        factories.PersonFactory(municipality=world.municipality, residence="FACILITY")
        assert [(item.title, item.meta) for item in day(client)["residents"]] == [
            ("支援施設みほん 2人", "うち一度も聞いていない方 1人"),
            ("施設が登録されていない方 1人", "うち一度も聞いていない方 1人"),
        ]

    def test_homes_that_did_not_confirm_can_be_rung_up(self, world, client):
        stale(world.slot)
        stale(factories.SlotFactory(room=world.room), 40)
        factories.SlotFactory(room=world.room)
        assert "homes" not in day(client)  # runs under no municipality
        Organization.objects.filter(pk=world.home_office.pk).update(municipality=world.municipality)
        Home.objects.update(phone="00-0000-0000")
        [item] = day(client)["homes"]
        assert (item.title, item.meta) == (world.room.home.name, "枠 2件・最後に確かめた日 10/13(火)")
        assert item.actions == ["電話 00-0000-0000"]
        assert "tel:00-0000-0000" in item.links

    @pytest.mark.parametrize(("days", "count"), [(60, 1), (61, 0), (-30, 1), (-31, 0)])
    def test_certificates_that_end(self, world, client, days, count):
        Grant.objects.update(ends_on=TODAY + days * DAY)
        assert len(day(client).get("certificates", [])) == count

    def test_asks_as_many_queries_for_three_people_as_for_one(self, world, client):
        self.crowd(world)
        once = queries_of(client, URL)
        fill(world, 1)
        fill(world, 2)
        assert queries_of(client, URL) == once <= 12

    def test_every_link_leads_somewhere(self, world, client, center):
        self.crowd(world)
        stop(confirmed(world, "2026-12-05", "2026-12-07"))
        staff = client_of(member(world.municipality))
        for reader in (client, center, staff):
            links = [link for items in day(reader).values() for item in items for link in item.links]
            links = [link for link in links if not link.startswith("tel:")]
            assert len(links) > 10
            assert {link: reader.get(link).status_code for link in links} == dict.fromkeys(links, 200)

    def test_a_day_activity_has_no_business_here_yet(self):
        client = client_of(member(factories.OrganizationFactory(kind=OrganizationKind.DAY_ACTIVITY)))
        assert "いま、急ぎのことはありません" in empty(client)
        assert Person.objects.count() == 0
