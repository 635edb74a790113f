"""意向確認: the register of a facility, its CSV, and the form of one asking."""

import csv
import datetime as dt
import io
import uuid

import pytest
from django.core.exceptions import ValidationError
from django.urls import reverse

from tests import factories
from tests.personas import make_world, member
from tests.programs.pages import HTMX, client_of, field_error, part, queries_of, soup, text
from transition.domain.months import months_later
from transition.enums import IntentionAnswer, MembershipRole, OrganizationKind, Residence
from transition.models import AuditEvent, IntentionCheck
from transition.services import intentions

pytestmark = pytest.mark.django_db

LIST = reverse("programs:intention-list")
TODAY = dt.date(2026, 11, 22)


@pytest.fixture
def world():
    world = make_world()
    world.facility = factories.OrganizationFactory(
        kind=OrganizationKind.FACILITY, name="支援施設みほん", municipality=world.municipality
    )
    world.staff = member(world.facility)
    world.resident = resident(world)
    return world


def resident(world, **details):
    person = factories.PersonFactory(municipality=world.municipality, residence=Residence.FACILITY, **details)
    factories.SupportLinkFactory(person=person, organization=world.facility)
    return person


def ask(world, person=None, asked_on=TODAY, **more):
    values = {
        "asker": "意向 かくにん",
        "method": "写真を見せて",
        "answer": IntentionAnswer.GROUP_HOME,
        "expression": "FACE",
        "organization": world.facility,
        "by": world.staff,
    }
    return intentions.record(person=person or world.resident, asked_on=asked_on, **(values | more))


def url(person, name="intention-create"):
    return reverse(f"programs:{name}", args=[person.public_id])


def answers(**changed):
    return {
        "asked_on": "令和8年11月20日",
        "asker": "施設 しえん",
        "method": "写真とことばで",
        "answer": "GROUP_HOME",
        "wants": ["VISIT", "MEAL"],
        "expression": "GESTURE",
        "inferred": "on",
        "basis": "写真を手に取った",
        "present": "姉",
        "next_on": "",
        "idempotency_key": str(uuid.uuid4()),
        **changed,
    }


def lines(response):
    return [
        (text(row.th).split(" ", 2)[1], text(row.select_one(".badge"))) for row in soup(response).select("tbody tr")
    ]


class TestService:
    def test_asks_again_after_six_months(self, world):
        assert ask(world, asked_on=dt.date(2026, 8, 31)).next_on == dt.date(2027, 2, 28)

    def test_the_months_are_a_setting(self, world, settings):
        settings.INTENTION_MONTHS = 12
        assert ask(world).next_on == dt.date(2027, 11, 22)

    def test_leaves_evidence_without_words(self, world):
        check = ask(world, basis="姉の話", inferred=True)
        event = AuditEvent.objects.get(action="intention.record")
        assert event.subject_id == str(check.public_id)
        assert event.data == {"person": world.resident.pk, "organization": world.facility.pk, "answer": "GROUP_HOME"}

    def test_no_answer_yet_is_kept_as_such(self, world):
        check = ask(world, answer=IntentionAnswer.NO_ANSWER, expression="")
        assert (check.answer, check.expression, check.inferred) == ("NO_ANSWER", "", False)

    def test_keeps_known_wants_in_their_order(self, world):
        assert ask(world, wants=["MEAL", "VISIT", "nonsense"]).wants == ["VISIT", "MEAL"]

    @pytest.mark.parametrize(
        ("changes", "field"),
        [
            ({"asked_on": dt.date(2026, 11, 23)}, "asked_on"),
            ({"next_on": TODAY}, "next_on"),
            ({"expression": ""}, "expression"),
            ({"inferred": True}, "basis"),
            ({"answer": IntentionAnswer.NO_ANSWER, "inferred": True, "basis": "x"}, "inferred"),
            ({"asker": ""}, "asker"),
            ({"method": ""}, "method"),
            ({"answer": "NONSENSE"}, "answer"),
        ],
    )
    def test_refuses_what_makes_no_sense(self, world, changes, field):
        with pytest.raises(ValidationError) as caught:
            ask(world, **changes)
        assert list(caught.value.message_dict) == [field]
        assert not IntentionCheck.objects.exists()

    @pytest.mark.parametrize(
        ("day", "months", "then"),
        [
            (dt.date(2026, 8, 31), 6, dt.date(2027, 2, 28)),
            (dt.date(2027, 8, 31), 6, dt.date(2028, 2, 29)),
            (dt.date(2026, 11, 22), -6, dt.date(2026, 5, 22)),
            (dt.date(2026, 12, 31), 2, dt.date(2027, 2, 28)),
            (dt.date(2026, 1, 31), 0, dt.date(2026, 1, 31)),
        ],
    )
    def test_months_later(self, day, months, then):
        assert months_later(day, months) == then


class TestRegister:
    def test_says_of_every_resident_where_it_stands(self, world):
        ask(world, resident(world, given_name="あ", given_kana="い"), dt.date(2026, 11, 1))
        ask(world, resident(world, given_name="い", given_kana="う"), dt.date(2026, 5, 21))
        ask(world, resident(world, given_name="う", given_kana="え"), dt.date(2026, 5, 22))
        assert lines(client_of(world.staff).get(LIST)) == [
            ("あ", "聞いた"),
            ("い", "期限がすぎた"),
            ("う", "もうすぐ"),
            (world.resident.given_name, "まだ聞いていない"),
        ]

    def test_counts_who_was_not_asked_in_this_period(self, world):
        ask(world, resident(world), dt.date(2026, 5, 21))
        ask(world, resident(world), dt.date(2026, 5, 22))
        summary = text(soup(client_of(world.staff).get(LIST)).select_one(".summary"))
        assert "この期間 令和8年5月22日（金）から今日まで" in summary
        assert "聞いた方 1人（入所している方 3人のうち）" in summary
        assert "聞いていない方 2人" in summary

    @pytest.mark.parametrize(
        ("show", "names"), [("", "あいうえ"), ("unasked", "いえ"), ("due", "いうえ"), ("x", "あいうえ")]
    )
    def test_shows_those_to_ask(self, world, show, names):
        world.resident.given_name, world.resident.given_kana = "え", "え"
        world.resident.save()
        ask(world, resident(world, given_name="あ", given_kana="あ"), dt.date(2026, 11, 1))
        ask(world, resident(world, given_name="い", given_kana="い"), dt.date(2026, 5, 1))
        ask(world, resident(world, given_name="う", given_kana="う"), dt.date(2026, 5, 22))
        found = lines(client_of(world.staff).get(LIST, {"show": show}))
        assert [name for name, _ in found] == list(names)

    def test_the_latest_asking_holds(self, world):
        ask(world, asked_on=dt.date(2026, 11, 1), answer=IntentionAnswer.STAY)
        ask(world, asked_on=dt.date(2026, 5, 1), answer=IntentionAnswer.ALONE)
        row = text(soup(client_of(world.staff).get(LIST)).select_one("tbody tr"))
        assert "いまの所がいい" in row
        assert "一人暮らし" not in row

    def test_a_facility_has_not_asked_when_another_has(self, world):
        ask(world, organization=world.office)
        assert lines(client_of(world.staff).get(LIST))[0][1] == "まだ聞いていない"
        assert lines(client_of(world.coordinator).get(LIST))[0][1] == "聞いた"

    def test_holds_residents_with_a_current_link_only(self, world):
        factories.SupportLinkFactory(person=world.person, organization=world.facility)  # lives with the family
        former = factories.PersonFactory(municipality=world.municipality, residence=Residence.FACILITY, given_name="前")
        factories.SupportLinkFactory(
            person=former, organization=world.facility, ends_on=dt.date(2026, 11, 21), starts_on=dt.date(2026, 1, 1)
        )
        assert lines(client_of(world.staff).get(LIST)) == [(world.resident.given_name, "まだ聞いていない")]

    def test_a_coordinator_sees_every_facility_by_name(self, world):
        page = soup(client_of(world.coordinator).get(LIST))
        assert "支援施設みほん" in text(page.select_one("tbody tr th"))

    def test_is_for_facilities_and_coordinators(self, world):
        assert client_of(world.worker).get(LIST).status_code == 403
        assert client_of(world.home_staff).get(LIST).status_code == 403
        assert client_of(factories.UserFactory()).get(LIST).status_code == 403

    def test_stands_in_the_navigation_of_a_facility(self, world):
        nav = soup(client_of(world.staff).get(reverse("programs:people"))).select_one(".site-nav")
        assert "意向確認" in text(nav)
        nav = soup(client_of(world.worker).get(reverse("programs:people"))).select_one(".site-nav")
        assert "意向確認" not in text(nav)

    def test_asks_as_many_queries_for_200_residents_as_for_one(self, world):
        client = client_of(world.staff)
        ask(world)
        once = queries_of(client, LIST)
        for _ in range(199):
            person = resident(world)
            IntentionCheck.objects.create(
                person=person,
                organization=world.facility,
                asked_on=TODAY,
                asker="x",
                method="x",
                answer="UNKNOWN",
                next_on=dt.date(2027, 1, 1),
                by=world.staff,
            )
        assert queries_of(client, LIST) == once <= 12
        page = soup(client.get(LIST))
        assert len(page.select("tbody tr")) == 50
        assert "1 / 4ページ（全200件）" in text(page.select_one(".pager"))

    def test_partial_equals_the_fresh_page(self, world):
        client = client_of(world.staff)
        query = {"show": "due"}
        swapped = client.get(LIST, query, headers=HTMX | {"HX-Target": "register"})
        assert part(swapped, "register").prettify() == part(client.get(LIST, query), "register").prettify()


class TestCsv:
    def read(self, client, **query):
        response = client.get(LIST, {"format": "csv", **query})
        assert response.headers["Content-Type"] == "text/csv; charset=utf-8"
        return list(csv.DictReader(io.StringIO(response.content.decode("utf-8-sig"), newline="")))

    def test_holds_every_resident_with_the_latest_answer(self, world):
        ask(world, wants=["VISIT"], inferred=True, basis="=写真", present="＠姉")
        resident(world, given_name="のこり", given_kana="ん")
        first, second = self.read(client_of(world.staff))
        assert first == {
            "氏名": world.resident.name,
            "ふりがな": "みほん はなこ",
            "施設": "支援施設みほん",
            "状態": "聞いた",
            "聞いた日": "2026-11-22",
            "聞いた人": "意向 かくにん",
            "聞いた組織": "支援施設みほん",
            "聞きかた": "写真を見せて",
            "答え": "グループホーム",
            "やってみたいこと": "見学",
            "表しかた": "表情",
            "本人の表明か、支援者の読み取りか": "支援者が読み取った",
            "何から読み取ったか": "'=写真",
            "いっしょにいた人": "'＠姉",
            "次に聞く日": "2027-05-22",
        }
        assert (second["状態"], second["聞いた日"], second["次に聞く日"]) == ("まだ聞いていない", "", "")

    def test_keeps_to_what_is_shown(self, world):
        ask(world)
        resident(world, given_name="のこり")
        assert [row["氏名"] for row in self.read(client_of(world.staff), show="unasked")] == ["見本 のこり"]

    def test_leaves_evidence(self, world):
        self.read(client_of(world.staff))
        event = AuditEvent.objects.get(action="export.intentions.csv")
        assert (event.actor, event.data) == (world.staff.pk, {"rows": 1})

    def test_is_for_facilities_and_coordinators(self, world):
        assert client_of(world.worker).get(LIST, {"format": "csv"}).status_code == 403


class TestForm:
    def test_records_and_shows_the_history(self, world):
        client = client_of(world.staff)
        response = client.post(url(world.resident), answers(), follow=True)
        check = IntentionCheck.objects.get()
        assert (check.asked_on, check.next_on) == (dt.date(2026, 11, 20), dt.date(2027, 5, 20))
        assert (check.organization, check.by, check.wants) == (world.facility, world.staff, ["VISIT", "MEAL"])
        page = text(soup(response).select_one("main"))
        assert "令和8年11月20日（金）：グループホーム" in page
        assert "見学・食事" in page
        assert "支援者が読み取った（身ぶり） 何から：写真を手に取った" in page

    def test_offers_the_user_and_today(self, world):
        page = soup(client_of(world.staff).get(url(world.resident)))
        assert page.find(id="id_asker")["value"] == world.staff.name
        assert page.find(id="id_asked_on")["value"] == "2026-11-22"
        assert "6か月あと" in text(page.find(id="id_next_on_helptext"))

    def test_takes_no_answer_yet(self, world):
        sent = answers(answer="NO_ANSWER", expression="", basis="")
        del sent["inferred"]
        assert client_of(world.staff).post(url(world.resident), sent).status_code == 302
        assert IntentionCheck.objects.get().answer == "NO_ANSWER"

    @pytest.mark.parametrize(
        ("changes", "field"),
        [
            ({"basis": ""}, "basis"),
            ({"expression": ""}, "expression"),
            ({"asked_on": "2026-11-23"}, "asked_on"),
            ({"next_on": "2026-11-20"}, "next_on"),
            ({"asked_on": "きのう"}, "asked_on"),
            ({"method": ""}, "method"),
        ],
    )
    def test_keeps_what_was_typed(self, world, changes, field):
        response = client_of(world.staff).post(url(world.resident), answers(**changes))
        assert response.status_code == 422
        assert field_error(response, field)
        assert soup(response).find(id="id_present")["value"] == "姉"
        assert not IntentionCheck.objects.exists()

    def test_a_second_press_changes_nothing(self, world):
        client, sent = client_of(world.staff), answers()
        for _ in range(2):
            assert client.post(url(world.resident), sent).status_code == 302
        assert IntentionCheck.objects.count() == 1
        assert client.post(url(world.resident), sent | {"present": "兄"}).status_code == 422

    def test_refused_partial_is_the_form(self, world):
        sent = answers(method="")
        client = client_of(world.staff)
        swapped = client.post(url(world.resident), sent, headers=HTMX | {"HX-Target": "form"})
        fresh = client.post(url(world.resident), sent)
        assert part(swapped, "form").prettify() == part(fresh, "form").prettify()

    def test_strangers_find_nobody(self, world):
        for name in ("intention-create", "intention-history"):
            assert client_of(world.stranger).get(url(world.resident, name)).status_code == 404
            assert client_of(world.home_staff).get(url(world.resident, name)).status_code == 404
        assert client_of(world.stranger).post(url(world.resident), answers()).status_code == 404

    def test_a_worker_s_own_asking_carries_the_worker_s_office(self, world):
        client_of(world.worker).post(url(world.person), answers())
        assert IntentionCheck.objects.get().organization == world.office

    def test_a_coordinator_reads_the_history_in_as_many_queries_for_three(self, world):
        client = client_of(member(world.municipality, MembershipRole.STAFF))
        ask(world)
        once = queries_of(client, url(world.resident, "intention-history"))
        ask(world, asked_on=dt.date(2026, 4, 1))
        ask(world, asked_on=dt.date(2026, 3, 1))
        assert queries_of(client, url(world.resident, "intention-history")) == once <= 12
