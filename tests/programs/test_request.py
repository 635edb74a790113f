"""Asking for a stay: everything that speaks against it before sending, and one effect of one sending."""

import datetime as dt
import uuid

import pytest
from bs4 import BeautifulSoup
from django.urls import reverse

from programs.enums import Certainty, Enforcement, NightUse, SexPolicy
from programs.models import Override, RoomNight, Session, Slot
from tests import factories
from tests.personas import make_world

pytestmark = pytest.mark.django_db

HTMX = {"HX-Request": "true", "HX-Target": "request"}
IN, OUT = dt.date(2026, 12, 1), dt.date(2026, 12, 3)


@pytest.fixture
def world():
    return make_world(price_rent=1000, price_food=500)


@pytest.fixture
def worker(client, world):
    client.force_login(world.worker)
    return client


def url(world, slot=None):
    return reverse("programs:session-request", args=[world.person.public_id, (slot or world.slot).public_id])


def look(client, world, **words):
    asked = {"check_in": "2026-12-01", "check_out": "2026-12-03", "program": "group-home-trial", **words}
    return soup(client.get(url(world), asked))


def sent(**changed):
    return {
        "check_in": "2026-12-01",
        "check_out": "2026-12-03",
        "program": "group-home-trial",
        "note": "",
        "reason": "",
        "idempotency_key": str(uuid.uuid4()),
        **changed,
    }


def soup(response):
    return BeautifulSoup(response.content, "html.parser")


def errors(page, name):
    return [
        item.text for item in page.find(attrs={"name": name}).find_parent(class_="field").select(".field-errors li")
    ]


def listed(page):
    return [item.select("p")[1].text for item in page.select("#problems-title + .problems .problem")]


class TestLook:
    def test_shows_dates_times_and_price(self, worker, world):
        text = look(worker, world).text
        assert "令和8年12月1日（火）から令和8年12月3日（木）まで（2泊3日）" in text
        assert "15:00に入り" in text
        assert "4,500円" in text

    def test_shows_limits_before_and_after(self, worker, world):
        factories.LimitFactory(program=world.program, amount=50, certainty=Certainty.ASSUMED, source="架空市の要綱")
        item = look(worker, world).select_one("#limits-title + .list li")
        assert [part.get_text(" ", strip=True) for part in item.select("p")] == [
            "年間の日数",
            "令和8年4月1日（水）から令和9年3月31日（水）まで／根拠：架空市の要綱（未確認。市町村に確認してください）",
            "0日 → 3日 （上限 50日）残り 47日",
        ]

    def test_shows_every_problem_before_sending(self, worker, world):
        factories.LimitFactory(program=world.program, amount=2)
        Slot.objects.update(level_max=3)
        RoomNight.objects.create(room=world.room, date=IN, use=NightUse.CLEANING)
        page = look(worker, world)
        assert listed(page) == [
            "区分3以下の方の枠です（本人は区分4）。",
            "年度の上限2日を1日こえます（利用済み0日、今回3日、残り2日）。",
            "この居室は、12月1日の夜が埋まっています。",
        ]
        assert page.find("button", string="仮に押さえて申し込む") is None
        assert page.find("button", string="この日にちで確かめる") is not None

    def test_asks_for_a_reason_only_where_one_helps(self, worker, world):
        assert look(worker, world).find(attrs={"name": "reason"}) is None
        factories.LimitFactory(program=world.program, amount=2)
        assert look(worker, world).find(attrs={"name": "reason"}) is not None

    def test_a_refusing_limit_stops_a_worker_but_asks_a_coordinator(self, client, world):
        factories.LimitFactory(program=world.program, amount=2, enforcement=Enforcement.REFUSE)
        for user, stopped in ((world.worker, True), (world.coordinator, False)):
            client.force_login(user)
            page = look(client, world)
            assert (page.find("button", string="仮に押さえて申し込む") is None) == stopped
            assert (page.find(attrs={"name": "reason"}) is None) == stopped

    def test_an_assumed_limit_never_says_illegal_or_impossible(self, worker, world):
        factories.LimitFactory(program=world.program, amount=2, certainty=Certainty.ASSUMED)
        page = look(worker, world)
        assert listed(page) == [
            "年度の上限2日を1日こえる可能性があります（利用済み0日、今回3日、残り2日）。市町村に確認してください"
        ]
        assert "違法" not in page.text
        assert "できません" not in page.select_one(".problems").text

    def test_without_dates_it_begins_with_the_slot_s_first(self, worker, world):
        page = soup(worker.get(url(world)))
        assert page.find(attrs={"name": "check_in"})["value"] == "2026-12-01"
        assert page.find(attrs={"name": "check_out"})["value"] == "2026-12-02"

    def test_asks_twelve_queries_at_most(self, worker, world, django_assert_num_queries):
        factories.LimitFactory(program=world.program)
        address = f"{url(world)}?check_in=2026-12-01&check_out=2026-12-03&program=group-home-trial"
        with django_assert_num_queries(12):
            worker.get(address)
        for _ in range(2):
            factories.LimitFactory(program=world.program)
            factories.SessionFactory(person=world.person, program=world.program)
        with django_assert_num_queries(12):
            worker.get(address)


class TestSend:
    def test_holds_the_nights_and_says_until_when(self, worker, world):
        response = worker.post(url(world), sent(note="夜は電気を少しつけます。"))
        session = Session.objects.get()
        assert response["Location"] == reverse("programs:session-detail", args=[session.public_id])
        assert (session.check_in, session.check_out, session.note) == (IN, OUT, "夜は電気を少しつけます。")
        assert session.organization == world.office
        assert RoomNight.objects.filter(session=session).count() == 2
        [message] = response.wsgi_request._messages
        assert str(message) == ("仮に押さえました。ホームの返事を待ちます（返事の期限は令和8年11月29日10時）。")

    def test_htmx_is_sent_to_the_session(self, worker, world):
        response = worker.post(url(world), sent(), headers=HTMX)
        target = reverse("programs:session-detail", args=[Session.objects.get().public_id])
        assert (response.status_code, response.headers["HX-Redirect"]) == (204, target)

    def test_a_double_click_has_one_effect(self, worker, world):
        form = sent()
        first, second = worker.post(url(world), form), worker.post(url(world), form)
        assert first["Location"] == second["Location"]
        assert Session.objects.count() == 1

    def test_a_used_key_with_other_content_is_refused(self, worker, world):
        form = sent()
        worker.post(url(world), form)
        response = worker.post(url(world), {**form, "note": "別の内容"})
        assert response.status_code == 422
        assert "この画面は古くなっています" in soup(response).select_one(".error-summary").text
        assert Session.objects.count() == 1

    def test_checking_the_dates_sends_nothing_and_keeps_what_was_typed(self, worker, world):
        response = worker.post(url(world), sent(check="1", check_out="2026-12-04", note="書きかけ"))
        page = soup(response)
        assert (response.status_code, Session.objects.count()) == (200, 0)
        assert "（3泊4日）" in page.text
        assert page.find("textarea", {"name": "note"}).text.strip() == "書きかけ"

    @pytest.mark.parametrize(
        ("check_in", "check_out"),
        [("２０２６年１２月１日", "令和8年12月3日"), ("R8.12.1", "Ｒ８．１２．３"), ("2026/12/1", "20261203")],
    )
    def test_dates_however_they_are_written(self, worker, world, check_in, check_out):
        assert worker.post(url(world), sent(check_in=check_in, check_out=check_out)).status_code == 302
        assert Session.objects.values_list("check_in", "check_out").get() == (IN, OUT)


class TestRefused:
    @pytest.mark.parametrize(
        ("changed", "name", "message"),
        [
            ({"check_in": "2月31日"}, "check_in", "年から入力してください。例: 令和8年11月22日、2026-11-22"),
            ({"check_in": "令和8年2月31日"}, "check_in", "2月31日はありません。"),
            ({"check_in": ""}, "check_in", "入力してください。"),
            (
                {"check_out": "2026-11-30"},
                "check_out",
                "チェックアウト日はチェックイン日よりあとにしてください。",
            ),
            (
                {"check_in": "2026-11-20", "check_out": "2026-11-21"},
                "check_in",
                "チェックイン日（11月20日）が過ぎています。",
            ),
            ({"check_out": "2026-12-20"}, "check_out", "この枠は7泊までです（今回19泊）。"),
            ({"note": "あ" * 10_000}, "note", "1,000文字以内で入力してください（いま10,000文字）。"),
        ],
    )
    def test_says_beside_the_field_what_is_wrong_and_keeps_it(self, worker, world, changed, name, message):
        response = worker.post(url(world), sent(**changed))
        page = soup(response)
        assert response.status_code == 422
        assert message in errors(page, name)
        field = page.find(attrs={"name": name})
        assert (field.get("value") or field.text.strip()) == changed.get(name, "")
        assert Session.objects.count() == 0

    def test_every_problem_at_once_and_typed_text_kept(self, worker, world):
        factories.LimitFactory(program=world.program, amount=2)
        Slot.objects.update(sex=SexPolicy.MALE)
        response = worker.post(url(world), sent(note="書いたこと", reason="書いた理由"))
        page = soup(response)
        assert response.status_code == 422
        assert listed(page) == [
            "この枠は男性のみです（本人は女性）。",
            "年度の上限2日を1日こえます（利用済み0日、今回3日、残り2日）。",
        ]
        assert page.find("textarea", {"name": "note"}).text.strip() == "書いたこと"
        assert page.find("textarea", {"name": "reason"}).text.strip() == "書いた理由"

    def test_a_missing_reason_is_asked_for_beside_its_field_and_then_passes(self, worker, world):
        factories.LimitFactory(program=world.program, amount=2)
        response = worker.post(url(world), sent())
        assert response.status_code == 422
        assert errors(soup(response), "reason") == ["理由を書いてください。"]
        assert worker.post(url(world), sent(reason="市町村に確かめました。")).status_code == 302
        assert Override.objects.get().reason == "市町村に確かめました。"

    def test_a_night_lost_to_someone_else_is_told(self, worker, world):
        RoomNight.objects.create(room=world.room, date=IN, use=NightUse.EMERGENCY)
        response = worker.post(url(world), sent())
        assert response.status_code == 422
        assert errors(soup(response), "check_in") == ["この居室は、12月1日の夜が埋まっています。"]

    def test_a_withdrawn_slot_is_told(self, worker, world):
        Slot.objects.update(withdrawn_at=dt.datetime(2026, 11, 22, tzinfo=dt.UTC), withdrawn_by=world.home_staff)
        response = worker.post(url(world), sent())
        assert response.status_code == 422
        assert listed(soup(response)) == ["この枠は取り下げられました。"]

    def test_an_unknown_program_is_refused(self, worker, world):
        assert worker.post(url(world), sent(program="none")).status_code == 422

    def test_partial_equals_the_fresh_page(self, worker, world):
        factories.LimitFactory(program=world.program, amount=2)
        form = sent()
        part = soup(worker.post(url(world), form, headers=HTMX))
        fresh = soup(worker.post(url(world), form)).find(id="request")
        for tree in (part, fresh):
            tree.find(attrs={"name": "idempotency_key"}).decompose()
            tree.find(attrs={"name": "csrfmiddlewaretoken"}).decompose()
        assert part.prettify() == BeautifulSoup(str(fresh), "html.parser").prettify()


class TestAccess:
    def test_is_not_there_for_strangers_and_homes(self, client, world):
        for user in (world.stranger, world.home_staff):
            client.force_login(user)
            assert client.get(url(world)).status_code == 404
            assert client.post(url(world), sent()).status_code == 404

    def test_an_unknown_slot_is_not_there(self, worker, world):
        address = reverse("programs:session-request", args=[world.person.public_id, uuid.uuid4()])
        assert worker.get(address).status_code == 404

    def test_the_coordinator_may(self, client, world):
        client.force_login(world.coordinator)
        assert client.post(url(world), sent()).status_code == 302


def test_somebody_in_two_offices_asks_for_the_one_that_supports_the_person(client):
    world = make_world()
    worker = factories.UserFactory()
    other = factories.OrganizationFactory(name="もう1つの相談室")
    for organization in (other, world.office):
        factories.MembershipFactory(user=worker, organization=organization)
    client.force_login(worker)
    address = f"/people/{world.person.public_id}/slots/{world.slot.public_id}/"
    stay = {"program": world.program.code, "check_in": "2026-12-04", "check_out": "2026-12-06"}
    assert client.post(address, stay).status_code == 302
    assert Session.objects.get().organization == world.office
