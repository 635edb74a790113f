"""Programs and limits in words, and who may change them."""

import datetime as dt
import uuid

import pytest
from bs4 import BeautifulSoup
from django.urls import reverse

from programs.enums import Certainty, Counting, Enforcement, Unit, Window
from programs.models import Limit, Program
from programs.queries.programs import WINDOW_WORDS, limit_words
from tests import factories
from tests.personas import make_world, member
from transition.enums import MembershipRole, OrganizationKind

pytestmark = pytest.mark.django_db

LIST = "/programs/"


@pytest.fixture
def world():
    world = make_world()
    world.limit = factories.LimitFactory(
        program=world.program,
        unit=Unit.MINUTES,
        amount=24 * 60,
        window=Window.CALENDAR_MONTH,
        counting=Counting.SPAN,
        certainty=Certainty.ASSUMED,
        source="公表資料",
    )
    return world


@pytest.fixture
def coordinator(client, world):
    client.force_login(world.coordinator)
    return client


@pytest.fixture
def own(world):
    """The municipality's own copy of the limit."""
    program = factories.ProgramFactory(code="group-home-trial", municipality=world.municipality)
    return factories.LimitFactory(
        program=program,
        unit=Unit.MINUTES,
        amount=24 * 60,
        window=Window.CALENDAR_MONTH,
        counting=Counting.SPAN,
        source="公表資料",
    )


def soup(response):
    return BeautifulSoup(response.content, "html.parser")


def change(limit):
    return reverse("programs:limit-change", args=[limit.pk])


def adopt(program):
    return reverse("programs:program-adopt", args=[program.public_id])


def sent(**changed):
    return {
        "amount": "３０",
        "minutes": "３０",
        "window": "CALENDAR_MONTH",
        "enforcement": "ASK",
        "valid_from": "令和9年4月1日",
        "source": "架空市外出体験事業実施要綱 第5条",
        "idempotency_key": str(uuid.uuid4()),
        **changed,
    }


class TestList:
    def test_says_limits_in_words_with_source_and_certainty(self, coordinator):
        row = soup(coordinator.get(LIST)).select_one("#program-group-home-trial tbody tr")
        for closed in row.select("details"):
            closed.decompose()
        assert [cell.text.strip() for cell in row.select("th, td")] == [
            "ひと月（暦の月）に24時間まで",
            "理由を聞く",
            "公表資料（未確認。市町村に確認してください）",
        ]

    def test_every_window_has_words(self, world):
        assert set(WINDOW_WORDS) == set(Window)
        world.limit.unit, world.limit.amount, world.limit.window = Unit.DAYS, 30, Window.STAY
        assert limit_words(world.limit) == "続けて30日まで"

    def test_shows_the_own_copy_instead_of_the_general_one(self, coordinator, world, own):
        page = soup(coordinator.get(LIST))
        assert len(page.select("#program-group-home-trial")) == 1
        assert page.select_one(".badge").text == "架空市用"
        assert page.find("a", href=change(own)) is not None

    def test_past_limits_are_not_shown_later_ones_are(self, coordinator, world):
        factories.LimitFactory(program=world.program, name="past", amount=7, valid_to=dt.date(2026, 11, 21))
        factories.LimitFactory(program=world.program, name="later", amount=9, valid_from=dt.date(2026, 12, 1))
        rows = [row.text for row in soup(coordinator.get(LIST)).select("tbody th")]
        assert rows == ["ひと月（暦の月）に24時間まで", "1年度（4月から3月）に9日まで令和8年12月1日（火）から"]

    def test_a_worker_looks_but_is_offered_no_change(self, client, world):
        client.force_login(world.worker)
        page = soup(client.get(LIST))
        assert page.select("#program-group-home-trial table") != []
        assert page.select("main form, main a.button") == []

    def test_asks_as_many_queries_for_three_programs_as_for_one(self, coordinator, world, django_assert_num_queries):
        with django_assert_num_queries(6):
            coordinator.get(LIST)
        for _ in range(2):
            factories.LimitFactory(program=factories.ProgramFactory())
        with django_assert_num_queries(6):
            coordinator.get(LIST)


class TestAdopt:
    def test_makes_the_municipality_s_own_copy(self, coordinator, world):
        response = coordinator.post(adopt(world.program))
        copy = Program.objects.get(municipality=world.municipality)
        assert response["Location"] == "/programs/#program-group-home-trial"
        assert [limit_words(limit) for limit in copy.limits.all()] == ["ひと月（暦の月）に24時間まで"]

    def test_a_double_click_makes_one_copy(self, coordinator, world):
        assert [coordinator.post(adopt(world.program)).status_code for _ in range(2)] == [302, 302]
        assert Program.objects.filter(municipality=world.municipality).count() == 1

    def test_a_core_center_s_coordinator_may(self, client, world):
        center = factories.OrganizationFactory(kind=OrganizationKind.CORE_CENTER, municipality=world.municipality)
        client.force_login(member(center, MembershipRole.COORDINATOR))
        assert client.post(adopt(world.program)).status_code == 302
        assert Program.objects.filter(municipality=world.municipality).count() == 1

    def test_others_may_not(self, client, world):
        staff = member(world.municipality)
        for user in (world.worker, world.home_staff, world.stranger, staff):
            client.force_login(user)
            assert client.post(adopt(world.program)).status_code == 403
        assert Program.objects.filter(municipality__isnull=False).count() == 0

    def test_another_municipality_s_copy_is_not_there(self, coordinator):
        foreign = factories.ProgramFactory(municipality=factories.MunicipalityFactory())
        assert coordinator.post(adopt(foreign)).status_code == 404

    def test_looking_changes_nothing(self, coordinator, world):
        assert coordinator.get(adopt(world.program)).status_code == 405


class TestChange:
    def test_changes_from_a_day_on(self, coordinator, own):
        response = coordinator.post(change(own), sent())
        own.refresh_from_db()
        new = Limit.objects.exclude(pk=own.pk).get(program=own.program)
        assert response["Location"] == "/programs/#program-group-home-trial"
        assert (own.valid_to, new.valid_from) == (dt.date(2027, 3, 31), dt.date(2027, 4, 1))
        assert (new.amount, new.certainty, new.enforcement) == (1830, Certainty.VERIFIED, Enforcement.ASK)

    def test_a_double_click_has_one_effect(self, coordinator, own):
        form = sent()
        assert [coordinator.post(change(own), form).status_code for _ in range(2)] == [302, 302]
        assert Limit.objects.filter(program=own.program).count() == 2

    def test_begins_with_the_present_numbers(self, coordinator, own):
        form = soup(coordinator.get(change(own))).find(id="form")
        values = {name: form.find(attrs={"name": name})["value"] for name in ("amount", "minutes", "valid_from")}
        assert values == {"amount": "24", "minutes": "0", "valid_from": "2026-12-01"}

    @pytest.mark.parametrize(
        ("name", "typed", "message"),
        [
            ("valid_from", "2月31日", "年から入力してください。例: 令和8年11月22日、2026-11-22"),
            ("amount", "1_000", "数字だけで入力してください（例: 12）。"),
            ("minutes", "60", "59以下の数を入力してください。"),
            ("source", "", "入力してください。"),
            ("source", "あ" * 10_000, "300文字以内で入力してください（いま10,000文字）。"),
        ],
    )
    def test_says_beside_the_field_what_is_wrong_and_keeps_it(self, coordinator, own, name, typed, message):
        response = coordinator.post(change(own), sent(**{name: typed}))
        field = soup(response).find(attrs={"name": name})
        assert response.status_code == 422
        assert [item.text for item in field.find_parent(class_="field").select(".field-errors li")] == [message]
        assert field.get("value", "") == typed

    def test_what_the_service_refuses_stands_beside_the_field(self, coordinator, own):
        response = coordinator.post(change(own), sent(amount="0", minutes="0", window="GRANT"))
        page = soup(response)
        assert response.status_code == 422
        beside = {
            name: [item.text for item in page.find(attrs={"name": name}).find_parent(class_="field").select("li")]
            for name in ("amount", "window")
        }
        assert beside["amount"] == ["上限は1以上にしてください。"]
        assert beside["window"][0] == "支給決定がいらない事業では、支給決定の期間で数えられません。"

    def test_a_general_limit_is_adopted_first(self, coordinator, world):
        page = soup(coordinator.get(change(world.limit)))
        assert page.find("form", action=adopt(world.program)) is not None
        response = coordinator.post(change(world.limit), sent())
        assert response.status_code == 422
        assert "全国共通の上限は変えられません" in soup(response).select_one(".problems").text

    def test_others_may_not(self, client, world, own):
        for user in (world.worker, member(world.municipality)):
            client.force_login(user)
            assert client.get(change(own)).status_code == 403
            assert client.post(change(own), sent()).status_code == 403

    def test_is_not_there_for_strangers(self, client, world, own):
        for user in (world.stranger, member(factories.MunicipalityFactory(), MembershipRole.COORDINATOR)):
            client.force_login(user)
            assert client.get(change(own)).status_code == 404
            assert client.post(change(own), sent()).status_code == 404

    def test_partial_equals_the_fresh_page(self, coordinator, own):
        form = sent(source="")
        part = soup(coordinator.post(change(own), form, headers={"HX-Request": "true", "HX-Target": "form"}))
        fresh = soup(coordinator.post(change(own), form)).find(id="form")
        for tree in (part, fresh):
            tree.find(attrs={"name": "idempotency_key"}).decompose()
            tree.find(attrs={"name": "csrfmiddlewaretoken"}).decompose()
        assert part.prettify() == BeautifulSoup(str(fresh), "html.parser").prettify()
