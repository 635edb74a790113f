"""The page of the day for those who support people: what waits, from which day on, and how it goes away."""

import datetime as dt

import pytest
import time_machine
from django.urls import reverse

from programs.enums import SessionState
from programs.models import Program, SessionRecord
from programs.services import sessions
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
    escort,
    facility_of,
    fill,
    outing,
    outing_program,
    resident,
    stay,
    stop,
    titles,
)
from tests.programs.pages import at, client_of, confirmed, person_of, queries_of, request, soup, text
from transition.models import Grant, SupportLink

pytestmark = pytest.mark.django_db

LAST_MINUTE = at("2026-11-22", "23:59")


@pytest.fixture
def world():
    return make_world()


@pytest.fixture
def client(world):
    return client_of(world.worker)


class TestOfAWorker:
    def test_is_calm_when_nothing_waits(self, world, client):
        assert day(client) == {}
        assert empty(client) == (
            "いま、急ぎのことはありません 次の体験を考えるときは、本人の一覧からどうぞ。 本人の一覧"
        )

    def test_leads_somebody_without_people_to_register_one(self, world):
        client = client_of(world.stranger)
        assert empty(client).endswith("本人を登録する")
        assert soup(client.get(URL)).select_one(".empty a")["href"] == reverse("programs:person-create")

    def test_sections_stand_in_the_order_of_who_waits(self, world, client):
        fill(world)
        assert list(day(client)) == [
            "stops",
            "answers",
            "stays",
            "outings",
            "records",
            "lapsing",
            "certificates",
            "residents",
            "due",
        ]

    def test_the_index_counts_every_section(self, world, client):
        fill(world)
        page = soup(client.get(URL))
        links = [(link["href"], text(link)) for link in page.select(".today-index a")]
        assert links[0] == ("#stops", "「やめたい」と伝えた方 1")
        assert [href[1:] for href, _ in links] == list(day(client))

    def test_who_wants_to_stop_comes_first_until_somebody_listened(self, world, client):
        session = confirmed(world, "2026-12-05", "2026-12-07")
        waiting = stop(session)
        [item] = day(client)["stops"]
        assert item.title == f"{world.person.name}さん {world.room}"
        assert item.meta == "12/5(土)〜12/7(月) 2泊・きょう 9:30に伝えました"
        assert item.links[-1] == reverse("programs:stop-request-answer", args=[waiting.public_id])
        waiting.handled_at, waiting.handled_by, waiting.answer = NOW, world.worker, "話した"
        waiting.save()
        assert "stops" not in day(client)

    def test_a_no_waits_until_another_stay_is_asked_for(self, world, client, frozen_time):
        declined(world, "2026-12-05", "2026-12-07")
        [item] = day(client)["answers"]
        assert item.meta == "12/5(土)〜12/7(月) 2泊・きょう・お断り（夜間の体制がとれない）"
        assert item.actions == ["別の部屋をさがす"]
        assert item.links[-1].endswith("/slots/?program=group-home-trial")
        frozen_time.shift(60)
        request(world, "2026-12-10", "2026-12-11")
        assert "answers" not in day(client)

    def test_an_answer_that_never_came_is_a_no(self, world, client):
        stay(world, TODAY + 5 * DAY, TODAY + 6 * DAY, SessionState.EXPIRED, changed_at=NOW - DAY)
        [item] = day(client)["answers"]
        assert "返事がないまま期限が切れました" in item.meta

    @pytest.mark.parametrize(("days", "shown"), [(29.9, True), (30.1, False)])
    def test_a_no_goes_out_of_sight_after_30_days(self, world, client, days, shown):
        changed_at = NOW - dt.timedelta(days=days)
        stay(world, TODAY, TODAY + DAY, SessionState.EXPIRED, changed_at=changed_at)
        assert bool(titles(client, "answers")) is shown

    @pytest.mark.parametrize(("days", "shown"), [(2.9, True), (3.1, False)])
    def test_a_yes_is_news_for_three_days(self, world, client, days, shown):
        changed_at = NOW - dt.timedelta(days=days)
        stay(world, TODAY + 9 * DAY, TODAY + 10 * DAY, SessionState.CONFIRMED, changed_at=changed_at)
        assert titles(client, "answers") == ([f"{world.person.name}さん {world.room} 確定しました"] if shown else [])

    @pytest.mark.parametrize("now", [at("2026-11-22", "00:00"), NOW, LAST_MINUTE])
    def test_who_goes_today_or_tomorrow_by_the_japanese_day(self, world, now):
        for days in (0, 1, 2):
            stay(world, TODAY + days * DAY, TODAY + (days + 3) * DAY, SessionState.CONFIRMED)
        with time_machine.travel(now, tick=False):
            client, name = client_of(world.worker), f"{world.person.name}さん"
            assert titles(client, "stays") == [f"きょう 15:00 {name}が行きます", f"あす 15:00 {name}が行きます"]

    def test_who_comes_back_today_or_tomorrow(self, world, client):
        for days in (-1, 0, 1, 2):
            stay(world, TODAY - 3 * DAY, TODAY + days * DAY, SessionState.IN_PROGRESS)
        name = f"{world.person.name}さん"
        found = day(client)["stays"]
        assert [item.title for item in found] == [
            f"11/21(土) 10:00 {name}が帰ります",
            f"きょう 10:00 {name}が帰ります",
            f"あす 10:00 {name}が帰ります",
        ]
        assert [item.late for item in found] == ["チェックアウトの記録がまだです", "", ""]

    def test_outings_of_the_day_name_who_goes_along(self, world, client):
        session = outing(world, at("2026-11-22", "13:00"))
        escort(session, "鈴木")
        escort(session, "佐藤")
        outing(world, at("2026-11-22", "15:30"), state=SessionState.REQUESTED, expires_at=NOW + DAY)
        outing(world, at("2026-11-23", "00:00"))
        found = day(client)["outings"]
        assert [item.title for item in found] == [
            f"13:00〜15:00 {world.person.name}さん 水族館",
            f"15:30〜17:30 {world.person.name}さん 水族館",
        ]
        company = found[0].meta.removeprefix("付き添い：").split("、")
        assert sorted(company) == ["佐藤", "鈴木"]
        assert found[1].meta == "付き添い：まだ決まっていません・計画中"
        assert [item.actions for item in found] == [["出発を書く"], ["くわしく見る"]]

    def test_an_outing_at_the_last_minute_is_of_today(self, world, client):
        outing(world, LAST_MINUTE, LAST_MINUTE + dt.timedelta(minutes=30))
        assert titles(client, "outings") == [f"23:59〜0:29 {world.person.name}さん 水族館"]
        with time_machine.travel(at("2026-11-23", "00:10"), tick=False):
            client = client_of(world.worker)
            assert titles(client, "outings") == [f"11/22(日) 23:59〜0:29 {world.person.name}さん 水族館"]
        with time_machine.travel(at("2026-11-23", "00:29"), tick=False):
            assert "outings" not in day(client)
            assert titles(client, "records") == [f"{world.person.name}さん 水族館"]

    def test_what_was_held_waits_for_its_record(self, world, client):
        held = outing(world, at("2026-11-10", "13:00"), state=SessionState.COMPLETED)
        over = outing(world, at("2026-11-12", "13:00"))
        outing(world, at("2026-11-13", "13:00"), state=SessionState.CANCELLED)
        stay(world, TODAY - 4 * DAY, TODAY - 3 * DAY, SessionState.CUT_SHORT)
        found = day(client)["records"]
        assert [item.meta for item in found] == ["11/18(水)〜11/19(木) 1泊", "11/12(木) 13:00", "11/10(火) 13:00"]
        assert found[0].actions == ["記録を書く"]
        for session in (held, over):
            SessionRecord.objects.create(session=session, by=world.worker)
        assert len(day(client)["records"]) == 1


class TestWhatLapses:
    def test_hours_that_end_with_the_month(self, world, client):
        program = outing_program(world)
        enrollment = factories.EnrollmentFactory(person=world.person, program=program, organization=world.office)
        outing(world, at("2026-11-05", "09:00"), at("2026-11-05", "16:30"), program=program, state="COMPLETED")
        [item] = day(client)["lapsing"]
        assert item.title == f"{world.person.name}さん 外出体験"
        assert item.meta == "11月30日まで、あと16時間30分"
        assert item.links[-1] == reverse("programs:planner", args=[enrollment.public_id])

    @pytest.mark.parametrize(
        ("date", "meta"),
        [
            ("2026-11-15", []),
            ("2026-11-16", ["11月30日まで、あと24時間"]),
            ("2026-11-30", ["11月30日まで、あと24時間"]),
            ("2026-12-01", []),
        ],
    )
    def test_are_shown_in_the_last_two_weeks_of_the_month(self, world, date, meta):
        SupportLink.objects.update(starts_on=dt.date(2026, 11, 1))
        factories.EnrollmentFactory(person=world.person, program=outing_program(world), organization=world.office)
        with time_machine.travel(at(date, "23:59"), tick=False):
            assert [item.meta for item in day(client_of(world.worker)).get("lapsing", [])] == meta

    def test_nothing_is_lost_that_is_used_up_planned_or_not_open(self, world, client):
        program = outing_program(world)
        ended = factories.EnrollmentFactory(
            person=world.person, program=program, organization=world.office, ends_on=TODAY - DAY
        )
        assert "lapsing" not in day(client)
        ended.ends_on = TODAY
        ended.save()
        assert "lapsing" in day(client)
        outing(world, at("2026-11-25", "00:00"), at("2026-11-26", "00:00"), program=program)
        assert "lapsing" not in day(client)

    @pytest.mark.parametrize(("days", "shown"), [(60, True), (61, False)])
    def test_days_that_end_with_the_certificate(self, world, client, days, shown):
        Program.objects.filter(pk=world.program.pk).update(needs_grant="GROUP_HOME_TRIAL")
        factories.LimitFactory(program=world.program, code="year", window="GRANT", certainty="ASSUMED")
        Grant.objects.update(ends_on=TODAY + days * DAY)
        expected = ["令和9年1月21日まで、あと50日・市町村に確認してください"] if shown else []
        assert [item.meta for item in day(client).get("lapsing", [])] == expected


class TestCertificates:
    @pytest.mark.parametrize(
        ("days", "meta", "late"),
        [
            (61, "", ""),
            (60, "令和9年1月21日まで・あと60日", ""),
            (0, "令和8年11月22日まで・きょうまで", ""),
            (-1, "令和8年11月21日まで", "1日前に切れました"),
            (-30, "令和8年10月23日まで", "30日前に切れました"),
            (-31, "", ""),
        ],
    )
    def test_within_60_days_and_for_a_while_after(self, world, client, days, meta, late):
        Grant.objects.update(ends_on=TODAY + days * DAY)
        found = day(client).get("certificates", [])
        assert [(item.meta, item.late) for item in found] == ([(meta, late)] if meta else [])

    def test_a_new_one_of_the_same_service_puts_it_away(self, world, client):
        Grant.objects.update(ends_on=TODAY + 10 * DAY)
        assert len(day(client)["certificates"]) == 1
        factories.GrantFactory(person=world.person, service="SHORT_STAY", starts_on=TODAY, ends_on=TODAY + 300 * DAY)
        assert len(day(client)["certificates"]) == 1
        factories.GrantFactory(person=world.person, starts_on=TODAY + 11 * DAY, ends_on=TODAY + 300 * DAY)
        assert "certificates" not in day(client)


class TestOfAFacility:
    def test_residents_come_before_the_papers(self, world):
        facility, staff = facility_of(world)
        fill(world, organization=facility)
        found = list(day(client_of(staff)))
        assert found[3:6] == ["outings", "residents", "records"]

    def test_who_was_never_asked_or_is_to_be_asked_again(self, world):
        facility, staff = facility_of(world)
        client = client_of(staff)
        late, today, later = (resident(world, facility, given_name=name) for name in ("遅", "今", "後"))
        never = resident(world, facility, given_name="初")
        ask(late, facility, TODAY - DAY, staff)
        ask(today, facility, TODAY, staff)
        ask(later, facility, TODAY + DAY, staff)
        ask(never, world.office, TODAY + 90 * DAY, world.worker)  # another organization's asking is not this one's
        found = day(client)["residents"]
        assert [(item.title, item.meta) for item in found] == [
            ("見本 初さん", "まだ聞いていない"),
            ("見本 遅さん", "11/21(土)に聞く予定でした"),
        ]
        assert found[0].links[-1] == reverse("programs:intention-create", args=[never.public_id])

    def test_who_lives_elsewhere_need_not_be_asked(self, world):
        facility, staff = facility_of(world)
        factories.SupportLinkFactory(person=world.person, organization=facility)
        assert "residents" not in day(client_of(staff))


class TestWhatIsDue:
    @pytest.mark.parametrize(
        ("days", "late", "shown"), [(-1, True, True), (0, False, True), (14, False, True), (15, False, False)]
    )
    def test_reviews_late_or_within_two_weeks(self, world, client, days, late, shown):
        enrollment = factories.EnrollmentFactory(
            person=world.person, program=outing_program(world), organization=world.office
        )
        factories.ReviewFactory(enrollment=enrollment, month=3, due_on=TODAY + days * DAY)
        found = day(client).get("due", [])
        assert [(item.title, bool(item.late)) for item in found] == (
            [(f"{world.person.name}さん 3か月の振り返り", late)] if shown else []
        )

    def test_visits_after_a_move_stand_among_them_by_date(self, world, client):
        fill(world)
        found = day(client)["due"]
        assert [item.title.split()[-1] for item in found] == ["1か月の振り返り", "移って30日以内の訪問"]
        assert found[1].links[-1].endswith("/follow-ups/VISIT_30_DAYS/")

    def test_of_other_organizations_are_theirs(self, world, client):
        enrollment = factories.EnrollmentFactory(person=world.person, program=outing_program(world))
        factories.ReviewFactory(enrollment=enrollment)
        assert "due" not in day(client)


class TestWholeLists:
    def test_a_long_section_shows_five_and_a_way_to_all(self, world, client):
        for number in range(6):
            Grant.objects.filter(person=person_of(world, given_name=f"次{number}")).update(ends_on=TODAY + DAY)
        assert len(day(client)["certificates"]) == 5
        page = soup(client.get(URL))
        more = page.select_one("#certificates > p > a")
        assert (text(more), more["href"]) == ("6件すべてを見る ：もうすぐ終わる支給決定", "?section=certificates")
        assert len(soup(client.get(URL + more["href"])).select("main ul.list > li")) == 6

    def test_five_need_no_way_to_all(self, world, client):
        for number in range(5):
            Grant.objects.filter(person=person_of(world, given_name=f"次{number}")).update(ends_on=TODAY + DAY)
        assert soup(client.get(URL)).select_one("#certificates > p > a") is None

    def test_an_empty_one_says_so_and_an_unknown_one_is_not_found(self, client):
        assert "いま急ぎのことはありません" in text(soup(client.get(f"{URL}?section=due")).select_one("main"))
        assert client.get(f"{URL}?section=x").status_code == 404


class TestScope:
    def test_the_organization_one_works_for_now_decides(self, world):
        both = member(world.office)
        facility, _ = facility_of(world)
        factories.MembershipFactory(user=both, organization=facility)
        fill(world)
        client = client_of(both)
        assert "stops" in day(client)
        answer = client.post(
            reverse("transition:switch-organization"), {"organization": str(facility.public_id)}, follow=True
        )
        assert answer.redirect_chain == [("/", 302), (URL, 302)]
        assert "「支援施設みほん」に切り替えました。" in text(soup(answer).select_one(".messages"))
        assert day(client) == {}
        assert text(soup(client.get(URL)).select_one(".switcher summary")) == "いまの所属： 支援施設みほん"

    def test_strangers_see_nothing_of_it(self, world):
        fill(world)
        assert day(client_of(world.stranger)) == {}

    def test_nobody_without_an_organization_has_a_day(self):
        answer = client_of(factories.UserFactory()).get(URL, follow=True)
        assert "所属がありません" in answer.content.decode()


def test_asks_as_many_queries_for_three_people_as_for_one(world, client):
    fill(world)
    once = queries_of(client, URL)
    fill(world, 1)
    fill(world, 2)
    assert queries_of(client, URL) == once
    assert once <= 12
    assert queries_of(client, f"{URL}?section=lapsing") <= 12


def test_every_link_leads_somewhere(world, client):
    fill(world)
    facility, staff = facility_of(world)
    fill(world, 1, organization=facility)
    for reader in (client, client_of(staff)):
        links = [link for items in day(reader).values() for item in items for link in item.links]
        assert len(links) > 15
        assert {link: reader.get(link).status_code for link in links} == dict.fromkeys(links, 200)


def test_an_answered_request_shows_up_at_once(world, client):
    session = request(world, "2026-12-05", "2026-12-07")
    assert "answers" not in day(client)
    sessions.confirm(session=session, by=world.home_staff)
    assert titles(client, "answers") == [f"{world.person.name}さん {world.room} 確定しました"]
