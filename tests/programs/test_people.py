"""A worker's people: the list, one person, and the forms about them."""

import datetime as dt
import uuid

import pytest
from bs4 import BeautifulSoup
from django.urls import reverse

from programs.enums import Certainty, Unit, Window
from tests import factories
from tests.personas import make_world, member
from transition.domain.text import search_key
from transition.enums import GrantService, OrganizationKind, Residence
from transition.models import AuditEvent, Grant, Person

pytestmark = pytest.mark.django_db


@pytest.fixture
def world():
    world = make_world()
    world.program.needs_grant = GrantService.GROUP_HOME_TRIAL
    world.program.save()
    factories.LimitFactory(program=world.program, name="年間の日数", source="架空市の要綱")
    return world


@pytest.fixture
def worker(client, world):
    client.force_login(world.worker)
    return client


def add_person(world, **details):
    person = factories.PersonFactory(municipality=world.municipality, **details)
    factories.SupportLinkFactory(person=person, organization=world.office)
    factories.GrantFactory(person=person)
    person.search_key = search_key("".join((person.family_name, person.given_name, person.family_kana)))
    person.save()
    return person


def details(world, **changed):
    return {
        "family_name": "見本",
        "given_name": "太郎",
        "family_kana": "みほん",
        "given_kana": "たろう",
        "called": "",
        "birth_date": "昭和52年4月1日",
        "sex": "MALE",
        "residence": "FACILITY",
        "support_level": "4",
        "disability_kinds": ["INTELLECTUAL"],
        "municipality": str(world.municipality.public_id),
        "certificate_number": "",
        "idempotency_key": str(uuid.uuid4()),
        **changed,
    }


def soup(response):
    return BeautifulSoup(response.content, "html.parser")


def page_of(person, name="person-detail"):
    return reverse(f"programs:{name}", args=[person.public_id])


class TestList:
    def test_shows_what_is_left_and_when_the_certificate_ends(self, worker, world):
        card = soup(worker.get(reverse("programs:people"))).find(id=f"person-{world.person.public_id}")
        assert card.find(class_="hours-bar-free").text == "50日"
        assert "受給者証は令和9年3月31日（水）まで" in card.text
        assert "で切れます" not in card.text

    @pytest.mark.parametrize(
        ("ends_on", "word"),
        [
            (dt.date(2027, 1, 21), "あと60日で切れます"),
            (dt.date(2027, 1, 22), ""),
            (dt.date(2026, 11, 21), "期限が切れています"),
        ],
    )
    def test_warns_sixty_days_before_a_certificate_ends(self, worker, world, ends_on, word):
        Grant.objects.update(ends_on=ends_on)
        badge = soup(worker.get(reverse("programs:people"))).select_one(".card .badge")
        assert (badge.text if badge else "") == word

    def test_leaves_out_programs_for_other_residences(self, worker, world):
        world.program.residences = [Residence.FACILITY]
        world.program.save()
        card = soup(worker.get(reverse("programs:people"))).find(id=f"person-{world.person.public_id}")
        assert card.find(class_="hours-bar") is None

    @pytest.mark.parametrize("words", ["ﾔﾏﾀﾞ", "やまだ", "ヤマダ", "山田", "山田　花"])
    def test_finds_a_name_however_it_is_typed(self, worker, world, words):
        add_person(world, family_name="山田", given_name="花", family_kana="やまだ")
        page = soup(worker.get(reverse("programs:people"), {"q": words}))
        assert [item.text for item in page.select(".card h3")] == ["山田 花"]

    def test_shows_nobody_else_s_people(self, client, world):
        client.force_login(world.stranger)
        assert soup(client.get(reverse("programs:people"))).select(".card") == []

    def test_says_so_when_nobody_fits(self, worker):
        page = soup(worker.get(reverse("programs:people"), {"q": "いない人"}))
        assert page.select_one(".empty-title").text == "あてはまる方がいません"

    def test_asks_as_many_queries_for_three_people_as_for_one(self, worker, world, django_assert_num_queries):
        factories.SessionFactory(person=world.person, program=world.program)
        with django_assert_num_queries(12):
            worker.get(reverse("programs:people"))
        for _ in range(2):
            factories.SessionFactory(person=add_person(world), program=world.program)
        with django_assert_num_queries(12):
            worker.get(reverse("programs:people"))

    def test_partial_equals_the_fresh_page(self, worker, world):
        url = reverse("programs:people")
        partial = worker.get(url, {"q": ""}, headers={"HX-Request": "true", "HX-Target": "results"})
        fresh = worker.get(url, {"q": ""})
        assert soup(partial).prettify() == BeautifulSoup(str(soup(fresh).find(id="results")), "html.parser").prettify()
        assert "1\\u4eba" in partial.headers["HX-Trigger"]


class TestPerson:
    def test_tells_source_and_certainty_of_every_limit(self, worker, world):
        factories.LimitFactory(
            program=world.program, name="続けて", window=Window.STAY, amount=30, certainty=Certainty.ASSUMED
        )
        page = soup(worker.get(page_of(world.person)))
        bars = page.select(".hours-bar")
        assert [bar.find("strong").text for bar in bars] == ["年間の日数", "続けて"]
        assert "市町村に確認してください" not in bars[0].text
        assert "市町村に確認してください" in bars[1].text
        assert "根拠：架空市の要綱／確認済み" in page.text
        assert "違法" not in page.text

    def test_tells_confirmed_from_requested(self, worker, world):
        world.program.limits.update(unit=Unit.TIMES, amount=10)
        factories.SessionFactory(person=world.person, program=world.program, state="CONFIRMED")
        factories.SessionFactory(
            person=world.person,
            program=world.program,
            state="REQUESTED",
            expires_at=dt.datetime(2026, 11, 25, tzinfo=dt.UTC),
        )
        legend = soup(worker.get(page_of(world.person))).select(".hours-bar .legend li")
        assert [item.text for item in legend] == ["使った 0回", "確定 1回", "申込中 1回", "残り 8回"]

    def reasons(self, worker, world):
        return [item.text for item in soup(worker.get(page_of(world.person))).select(".greyed-reason")]

    def test_says_why_a_program_is_not_open(self, worker, world):
        Grant.objects.update(ends_on=dt.date(2026, 11, 21))
        assert self.reasons(worker, world) == [
            "「共同生活援助（体験）」の支給決定は令和8年11月21日で終わっています。更新について市町村に確認してください"
        ]
        Grant.objects.all().delete()
        assert self.reasons(worker, world) == [
            "「共同生活援助（体験）」の支給決定が登録されていません。市町村に確認してください"
        ]
        world.program.residences = [Residence.FACILITY]
        world.program.save()
        assert self.reasons(worker, world) == [
            "「グループホームの体験」は、いまの住まいが「障害者支援施設」の方の事業です"
            "（本人は「家族と同居」）。市町村に確認してください"
        ]

    def test_links_to_search_feeds_and_forms(self, worker, world):
        links = {link["href"] for link in soup(worker.get(page_of(world.person))).select("main a")}
        assert {
            page_of(world.person, "slot-search"),
            f"{page_of(world.person, 'slot-search')}?program={world.program.code}",
            f"/people/{world.person.public_id}/feeds/",
            page_of(world.person, "person-update"),
            page_of(world.person, "grant-create"),
        } <= links

    def test_is_not_there_for_strangers_and_homes(self, client, world):
        for user in (world.stranger, world.home_staff):
            client.force_login(user)
            for name in ("person-detail", "person-update", "grant-create"):
                assert client.get(page_of(world.person, name)).status_code == 404
                assert client.post(page_of(world.person, name)).status_code in (404, 405)

    def test_asks_as_many_queries_for_three_sessions_as_for_one(self, worker, world, django_assert_num_queries):
        factories.SessionFactory(person=world.person, program=world.program)
        with django_assert_num_queries(12):
            worker.get(page_of(world.person))
        for _ in range(2):
            factories.SessionFactory(person=world.person, program=world.program)
        with django_assert_num_queries(12):
            worker.get(page_of(world.person))


class TestRegister:
    url = "/people/new/"

    def test_adds_a_person_the_worker_then_sees(self, worker, world):
        response = worker.post(self.url, details(world, family_kana="ミホン", given_kana="ﾀﾛｳ"))
        person = Person.objects.get(given_name="太郎")
        assert (response.status_code, response["Location"]) == (302, page_of(person))
        assert (person.kana, person.birth_date, person.support_level) == ("みほん たろう", dt.date(1977, 4, 1), 4)
        assert worker.get(page_of(person)).status_code == 200

    @pytest.mark.parametrize(("family", "given"), [("𠮷田", "葛󠄀葉"), ("邉󠄂", "髙﨑"), ("神", "花👩‍👧子")])
    def test_keeps_names_as_written(self, worker, world, family, given):
        worker.post(self.url, details(world, family_name=family, given_name=given))
        assert Person.objects.filter(family_name=family, given_name=given).count() == 1

    @pytest.mark.parametrize("written", ["１９７７年４月１日", "S52.4.1", "昭和52年4月1日", "1977/4/1", "19770401"])
    def test_reads_a_birth_date_however_it_is_written(self, worker, world, written):
        worker.post(self.url, details(world, birth_date=written))
        assert Person.objects.get(given_name="太郎").birth_date == dt.date(1977, 4, 1)

    @pytest.mark.parametrize(
        ("name", "typed", "message"),
        [
            ("birth_date", "2月31日", "年から入力してください。例: 令和8年11月22日、2026-11-22"),
            ("birth_date", "令和8年2月31日", "2月31日はありません。"),
            ("birth_date", "２０２６年１２月１日", "生年月日が今日よりあとになっています。"),
            ("family_name", "あ" * 10_000, "40文字以内で入力してください（いま10,000文字）。"),
            ("family_kana", "見本", "ひらがなかカタカナで入力してください。"),
            ("family_name", "\u200b", "入力してください。"),
            ("certificate_number", "１２３", "受給者証番号は10桁の数字です（いま3桁）。"),
        ],
    )
    def test_says_beside_the_field_what_is_wrong_and_keeps_it(self, worker, world, name, typed, message):
        response = worker.post(self.url, details(world, **{name: typed}))
        field = soup(response).find(attrs={"name": name})
        assert response.status_code == 422
        assert [item.text for item in field.find_parent(class_="field").select(".field-errors li")] == [message]
        assert field["value"] == typed
        assert soup(response).find(attrs={"name": "given_name"})["value"] == "太郎"
        assert not Person.objects.filter(given_name="太郎").exists()

    def test_says_so_when_the_certificate_is_known_already(self, worker, world):
        add_person(world, certificate_number="0123456789")
        response = worker.post(self.url, details(world, certificate_number="０１２３４５６７８９"))
        field = soup(response).find(attrs={"name": "certificate_number"}).find_parent(class_="field")
        assert response.status_code == 422
        assert [item.text for item in field.select(".field-errors li")] == [
            "この受給者証番号の方はすでに登録されています。"
        ]

    def test_a_double_click_adds_one_person(self, worker, world):
        sent = details(world)
        first, second = worker.post(self.url, sent), worker.post(self.url, sent)
        assert first["Location"] == second["Location"]
        assert Person.objects.filter(given_name="太郎").count() == 1

    def test_a_used_key_with_other_content_is_refused(self, worker, world):
        sent = details(world)
        worker.post(self.url, sent)
        response = worker.post(self.url, {**sent, "given_name": "次郎"})
        assert response.status_code == 422
        assert "この画面は古くなっています" in soup(response).select_one(".error-summary").text

    def test_partial_equals_the_fresh_page(self, worker, world):
        sent = details(world, family_name="")
        partial = worker.post(self.url, sent, headers={"HX-Request": "true", "HX-Target": "form"})
        fresh = soup(worker.post(self.url, sent)).find(id="form")
        part = soup(partial)
        for tree in (part, fresh):
            tree.find(attrs={"name": "idempotency_key"}).decompose()
            tree.find(attrs={"name": "csrfmiddlewaretoken"}).decompose()
        assert partial.status_code == 422
        assert part.prettify() == BeautifulSoup(str(fresh), "html.parser").prettify()

    def test_homes_may_not(self, client, world):
        client.force_login(world.home_staff)
        assert client.get(self.url).status_code == 403
        assert client.post(self.url, details(world)).status_code == 403

    def test_a_municipality_enters_its_own_people_only(self, client, world):
        other = factories.MunicipalityFactory()
        client.force_login(world.coordinator)
        assert client.post(self.url, details(world, municipality=str(other.public_id))).status_code == 422
        assert client.post(self.url, details(world)).status_code == 302

    @pytest.mark.parametrize("sent", [{}, {"municipality": "1"}, {"sex": "X", "support_level": "9"}])
    def test_nonsense_is_answered_in_words(self, worker, world, sent):
        assert worker.post(self.url, sent).status_code == 422


class TestUpdate:
    def test_changes_and_records_it(self, worker, world):
        response = worker.post(
            page_of(world.person, "person-update"), details(world, residence="FACILITY", wheelchair="on")
        )
        world.person.refresh_from_db()
        assert response["Location"] == page_of(world.person)
        assert (world.person.residence, world.person.wheelchair) == ("FACILITY", True)
        assert AuditEvent.objects.filter(action="person.update").count() == 1

    def test_begins_with_what_is_known(self, worker, world):
        form = soup(worker.get(page_of(world.person, "person-update"))).find(id="form")
        assert form.find(attrs={"name": "family_name"})["value"] == "見本"
        assert form.find("input", {"name": "residence", "checked": True})["value"] == "FAMILY"
        assert form.select_one("select[name=municipality] option[selected]").text == "架空市"


class TestGrant:
    def url(self, world):
        return page_of(world.person, "grant-create")

    def sent(self, **changed):
        return {
            "service": "SHORT_STAY",
            "starts_on": "令和8年12月1日",
            "ends_on": "Ｒ９．１１．３０",
            "days": "５０",
            "idempotency_key": str(uuid.uuid4()),
            **changed,
        }

    def test_adds_what_the_certificate_says(self, worker, world):
        response = worker.post(self.url(world), self.sent())
        grant = Grant.objects.get(service="SHORT_STAY")
        assert response["Location"] == page_of(world.person)
        assert (grant.starts_on, grant.ends_on, grant.days) == (dt.date(2026, 12, 1), dt.date(2027, 11, 30), 50)

    @pytest.mark.parametrize(
        ("name", "typed", "message"),
        [
            ("ends_on", "令和8年11月30日", "支給終了日は支給開始日よりあとにしてください。"),
            ("ends_on", "令和9年2月31日", "2月31日はありません。"),
            ("days", "0", "1以上の数を入力してください。"),
            ("days", "９９９", "366以下の数を入力してください。"),
        ],
    )
    def test_says_beside_the_field_what_is_wrong_and_keeps_it(self, worker, world, name, typed, message):
        response = worker.post(self.url(world), self.sent(**{name: typed}))
        field = soup(response).find(attrs={"name": name})
        assert response.status_code == 422
        assert [item.text for item in field.find_parent(class_="field").select(".field-errors li")] == [message]
        assert field["value"] == typed

    def test_the_same_start_is_refused_beside_it(self, worker, world):
        worker.post(self.url(world), self.sent())
        response = worker.post(self.url(world), self.sent())
        field = soup(response).find(attrs={"name": "starts_on"}).find_parent(class_="field")
        assert field.select_one(".field-errors li").text == "同じ開始日の支給決定がすでにあります。"

    def test_a_double_click_adds_one_grant(self, worker, world):
        sent = self.sent()
        assert worker.post(self.url(world), sent).status_code == 302
        assert worker.post(self.url(world), sent).status_code == 302
        assert Grant.objects.filter(service="SHORT_STAY").count() == 1


def test_a_core_center_sees_its_municipality(client, world):
    center = factories.OrganizationFactory(kind=OrganizationKind.CORE_CENTER, municipality=world.municipality)
    client.force_login(member(center))
    assert soup(client.get(reverse("programs:people"))).select_one(".card h3").text == world.person.name


def test_found_by_one_user_is_not_found_by_another(world):
    """What `visible_to` notes on a person saves a question for that user only."""
    person = Person.objects.visible_to(world.worker).get(pk=world.person.pk)
    assert world.worker.has_perm("programs.change_person", person)
    assert not world.stranger.has_perm("programs.change_person", person)
