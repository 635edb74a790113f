"""The six-month planner, its forms, and the pages of an outing, as their readers see them."""

import datetime as dt

import pytest
from django.urls import reverse

from programs.enums import SessionState, Step, Transport, Window
from programs.models import EscortDay, Session
from programs.services import outings, sessions
from tests import factories
from tests.personas import member
from tests.programs.outings import make_outdoors, plan
from tests.programs.pages import (
    HTMX,
    at,
    buttons,
    client_of,
    field_error,
    part,
    person_of,
    queries_of,
    request,
    soup,
    text,
)
from tests.programs.test_outings_service import goal_of
from transition.enums import OrganizationKind
from transition.models import WishItem

pytestmark = pytest.mark.django_db

VERBS = ("move", "copy", "repeat", "update")


@pytest.fixture
def outdoors():
    return make_outdoors()


@pytest.fixture
def worker(outdoors):
    return client_of(outdoors.world.worker)


def plan_url(outdoors) -> str:
    return reverse("programs:planner", args=[outdoors.enrollment.public_id])


def new_url(outdoors) -> str:
    return reverse("programs:outing-create", args=[outdoors.enrollment.public_id])


def url(session, verb: str) -> str:
    return reverse(f"programs:session-{verb}", args=[session.public_id])


def filled(**changes) -> dict:
    values = {
        "activity": "買い物",
        "on": "令和8年12月5日",
        "starts": "１０：００",
        "ends": "12:30",
        "step": Step.OUTING,
    }
    return values | {"idempotency_key": "key-1"} | changes


def months(response) -> list[str]:
    return [text(found) for found in soup(response).select(".plan-month h3")]


class TestPage:
    def test_months_side_by_side_with_their_hours(self, outdoors, worker, frozen_time):
        plan(outdoors, "2026-11-28", "10:00", "17:00", confirm=True)
        plan(outdoors, "2026-11-29", "10:00", "18:00")
        response = worker.get(plan_url(outdoors))
        assert months(response) == [
            "令和8年10月",
            "令和8年11月 今月",
            "令和8年12月",
            "令和9年1月",
            "令和9年2月",
            "令和9年3月",
        ]
        november = text(soup(response).select(".plan-month")[1])
        assert "使った 0時間 確定 7時間 計画中 8時間 残り 9時間" in november
        assert "今月あと9時間。来月にくりこせません。" in november
        assert "使わなかった24時間は、くりこしていません。" in text(soup(response).select(".plan-month")[0])
        assert "12月はあと24時間。翌月にくりこせません。" in text(soup(response).select(".plan-month")[2])

    def test_a3_seven_calendar_months_or_six_of_the_enrollment(self, outdoors, worker):
        enrollment = outdoors.enrollment
        enrollment.starts_on, enrollment.ends_on = dt.date(2026, 7, 10), dt.date(2027, 1, 9)
        enrollment.save()
        assert len(months(worker.get(plan_url(outdoors)))) == 7
        outdoors.limit.window = Window.ANNIVERSARY_MONTH
        outdoors.limit.save()
        response = worker.get(plan_url(outdoors))
        assert months(response)[0] == "1か月目"
        assert len(months(response)) == 6

    def test_days_show_weekends_holidays_and_outings(self, outdoors, worker):
        session = plan(outdoors, "2026-11-23", "10:00", "12:00", activity="映画")
        response = worker.get(plan_url(outdoors))
        day = soup(response).select_one('[data-date="2026-11-23"]')
        assert text(day) == "23 月祝 勤労感謝の日 △ 10:00 映画 （計画中）"
        assert "is-holiday" in day["class"]
        assert day.select_one(".plan-chip")["data-move"] == url(session, "move")
        assert "is-saturday" in soup(response).select_one('[data-date="2026-11-28"]')["class"]

    def test_an_outing_says_who_goes_along_how_and_for_how_much(self, outdoors, worker):
        session = plan(
            outdoors,
            "2026-12-05",
            "10:00",
            "12:30",
            place="架空モール",
            escorts=[outdoors.escort],
            transport=Transport.BUS,
            transport_cost=420,
        )
        response = worker.get(plan_url(outdoors))
        card = part(response, f"outing-{session.public_id}")
        for words in (
            "計画中",
            "買い物",
            "10:00〜12:30（2時間30分）",
            "架空モール",
            outdoors.escort.name,
            "バス・420円",
        ):
            assert words in text(card)
        assert [text(link).partition(" ：")[0] for link in card.select("a.button")] == [
            "開く",
            "動かす",
            "変える",
            "コピー",
            "毎週くりかえす",
            "取り消す",
        ]
        assert "交通費の合計 420円" in text(soup(response))

    def test_what_is_over_is_said_and_asked(self, outdoors, worker):
        plan(outdoors, "2026-12-05", "00:00", "23:00")
        plan(outdoors, "2026-12-06", "10:00", "12:00", reason="確かめた")
        page = text(soup(worker.get(plan_url(outdoors))))
        assert "上限を1時間こえています。市町村に確認してください" in page

    def test_history_cannot_be_moved_and_cancelled_ones_are_apart(self, outdoors, worker, frozen_time):
        session = plan(outdoors, "2026-11-22", "12:00", "13:00", confirm=True)
        gone = plan(outdoors, "2026-11-24", "12:00", "13:00", activity="図書館")
        sessions.cancel(session=gone, by=outdoors.world.worker)
        frozen_time.move_to(at("2026-11-22", "13:00"))
        sessions.check_in(session=session, by=outdoors.world.worker, at=at("2026-11-22", "12:00"))
        sessions.check_out(session=session, by=outdoors.world.worker)
        worker.force_login(outdoors.world.worker)
        response = worker.get(plan_url(outdoors))
        assert not soup(response).select("[data-move]")
        assert "使った 1時間" in text(soup(response))
        assert "行わなかったおでかけ（1）" in text(soup(response))

    def test_the_same_queries_with_one_and_with_many(self, outdoors, worker):
        plan(outdoors, "2026-12-05", "10:00", "11:00", escorts=[outdoors.escort])
        before = queries_of(worker, plan_url(outdoors))
        for day in range(6, 12):
            plan(outdoors, f"2026-12-{day:02}", "10:00", "11:00", escorts=[outdoors.escort, outdoors.world.worker])
        assert queries_of(worker, plan_url(outdoors)) == before <= 12


class TestWhoMay:
    def test_a_stranger_finds_nothing(self, outdoors):
        session = plan(outdoors, "2026-12-05", "10:00", "12:00")
        for user in (outdoors.world.stranger, outdoors.world.home_staff):
            client = client_of(user)
            for address in (plan_url(outdoors), new_url(outdoors), *(url(session, verb) for verb in VERBS)):
                assert client.get(address).status_code == 404, address
                assert client.post(address, filled()).status_code in (404, 405)

    def test_a_core_center_may(self, outdoors):
        core = factories.OrganizationFactory(
            kind=OrganizationKind.CORE_CENTER, municipality=outdoors.world.municipality
        )
        client = client_of(member(core))
        assert client.get(plan_url(outdoors)).status_code == 200
        assert client.get(new_url(outdoors)).status_code == 200

    def test_a_stay_has_no_such_pages(self, outdoors, worker):
        stay = request(outdoors.world, "2026-12-04", "2026-12-06")
        assert worker.get(url(stay, "copy")).status_code == 404


class TestCreate:
    def test_it_saves_and_says_so(self, outdoors, worker):
        item = WishItem.objects.create(code="shopping", name="買い物")
        goal = goal_of(outdoors)
        values = filled(
            place="架空モール",
            escorts=[outdoors.escort.pk],
            wishes=[item.pk],
            goals=[goal.pk],
            transport=Transport.BUS,
            transport_cost="４２０",
            confirm="on",
        )
        response = worker.post(new_url(outdoors), values, follow=True)
        assert response.redirect_chain == [(plan_url(outdoors), 302)]
        assert "おでかけを計画に入れました。" in text(soup(response))
        session = Session.objects.get()
        assert (session.starts_at, session.ends_at) == (at("2026-12-05", "10:00"), at("2026-12-05", "12:30"))
        assert (session.state, session.transport_cost) == (SessionState.CONFIRMED, 420)
        assert [row.user for row in session.escorts.all()] == [outdoors.escort]
        assert session.session_wishes.get().item == item
        assert session.session_goals.get().goal == goal
        worker.post(new_url(outdoors), values)
        assert Session.objects.count() == 1

    def test_past_midnight(self, outdoors, worker):
        night = {"starts": "22:00", "ends": "1:00"}
        response = worker.post(new_url(outdoors), filled(**night))
        assert response.status_code == 422
        assert "帰る日" in field_error(response, "ends")
        worker.post(new_url(outdoors), filled(**night, ends_on="2026-12-06"))
        assert Session.objects.get().ends_at == at("2026-12-06", "01:00")

    def test_a_clash_is_said_beside_its_field_and_nothing_typed_is_lost(self, outdoors, worker):
        other = person_of(outdoors.world)
        enrollment = factories.EnrollmentFactory(
            person=other, program=outdoors.program, organization=outdoors.world.office
        )
        plan(outdoors, "2026-12-05", "10:00", "12:00", enrollment=enrollment, escorts=[outdoors.escort])
        response = worker.post(new_url(outdoors), filled(escorts=[outdoors.escort.pk], place="架空モール"))
        assert response.status_code == 422
        assert "別の付き添いがあります" in text(part(response, "outlook"))
        assert "別の付き添いがあります" in text(soup(response).select_one(".error-summary"))
        assert soup(response).find(attrs={"name": "place"})["value"] == "架空モール"
        assert soup(response).find(attrs={"name": "on"})["value"] == "令和8年12月5日"
        assert Session.objects.count() == 1

    def test_a_limit_asks_for_a_reason_and_takes_it(self, outdoors, worker):
        plan(outdoors, "2026-12-06", "00:00", "23:00")
        response = worker.post(new_url(outdoors), filled())
        assert response.status_code == 422
        assert "今回1時間30分" not in text(soup(response))
        assert "12月の上限24時間を1時間30分こえる可能性があります" in text(part(response, "outlook"))
        assert field_error(response, "reason") == "理由を書いてください。"
        assert worker.post(new_url(outdoors), filled(reason="確かめた", idempotency_key="2")).status_code == 302

    def test_checking_saves_nothing(self, outdoors, worker):
        plan(outdoors, "2026-12-06", "00:00", "23:00")
        response = worker.post(new_url(outdoors), filled(check="1"))
        assert response.status_code == 200
        assert "23時間 → 25時間30分 （上限 24時間） △ こえます" in text(part(response, "outlook"))
        assert Session.objects.count() == 1

    def test_while_someone_types(self, outdoors, worker):
        """The part alone equals that part of the page; a form not finished yet is no error."""
        plan(outdoors, "2026-12-06", "00:00", "23:00")
        live = worker.post(new_url(outdoors), filled(), headers=HTMX | {"HX-Target": "outlook"})
        assert live.status_code == 200
        assert soup(live).find("h1") is None
        whole = worker.post(new_url(outdoors), filled(check="1"))
        assert str(part(live, "outlook")) == str(part(whole, "outlook"))
        half = worker.post(new_url(outdoors), {"on": "2026-12"}, headers=HTMX | {"HX-Target": "outlook"})
        assert half.status_code == 200
        assert Session.objects.count() == 1

    def test_the_day_of_the_address_is_filled_in(self, outdoors, worker):
        response = worker.get(new_url(outdoors), {"on": "2026-12-05"})
        assert soup(response).find(attrs={"name": "on"})["value"] == "2026-12-05"

    def test_only_people_around_may_be_ticked(self, outdoors, worker):
        stranger = outdoors.world.stranger
        assert stranger.name not in text(soup(worker.get(new_url(outdoors))))
        response = worker.post(new_url(outdoors), filled(escorts=[stranger.pk]))
        assert response.status_code == 422
        assert not Session.objects.exists()


class TestSteps:
    def test_moving_by_form_or_by_dragging(self, outdoors, worker):
        session = plan(outdoors, "2026-12-05", "10:00", "12:00")
        page = worker.get(url(session, "move"))
        assert soup(page).find(attrs={"name": "on"})["value"] == "2026-12-05"
        # What planner.js sends.
        values = {"on": "2026-12-06", "starts": "10:00", "ends": "12:00", "ends_on": "", "idempotency_key": "k"}
        for _ in range(2):
            assert worker.post(url(session, "move"), values).url == plan_url(outdoors)
        session.refresh_from_db()
        assert session.starts_at == at("2026-12-06", "10:00")
        assert session.events.filter(action="MOVE").count() == 1

    def test_a_refused_move_shows_the_form_with_the_new_day(self, outdoors, worker):
        plan(outdoors, "2026-12-06", "10:00", "12:00", activity="映画")
        session = plan(outdoors, "2026-12-05", "10:00", "12:00")
        response = worker.post(url(session, "move"), {"on": "2026-12-06", "starts": "10:00", "ends": "12:00"})
        assert response.status_code == 422
        assert "「映画」があります" in field_error(response, "on")
        assert soup(response).find(attrs={"name": "on"})["value"] == "2026-12-06"

    def test_copy_repeat_and_update(self, outdoors, worker):
        session = plan(outdoors, "2026-12-05", "10:00", "12:00", escorts=[outdoors.escort])
        assert worker.post(url(session, "copy"), {"on": "2026-12-08", "starts": "9:00"}).status_code == 302
        assert worker.post(url(session, "repeat"), {"times": "2"}).status_code == 302
        assert [row.starts_at for row in Session.objects.exclude(pk=session.pk)] == [
            at("2026-12-08", "09:00"),
            at("2026-12-12", "10:00"),
            at("2026-12-19", "10:00"),
        ]
        assert worker.post(url(session, "update"), filled(activity="外食")).status_code == 302
        session.refresh_from_db()
        assert (session.activity, session.escorts.count()) == ("外食", 0)

    def test_repeating_asks_for_one_of_the_two(self, outdoors, worker):
        session = plan(outdoors, "2026-12-05", "10:00", "12:00")
        for values in ({}, {"times": "2", "until": "2026-12-31"}):
            response = worker.post(url(session, "repeat"), values)
            assert response.status_code == 422
            assert "どちらか1つ" in field_error(response, "times")

    def test_the_forms_show_what_they_would_mean(self, outdoors, worker):
        session = plan(outdoors, "2026-12-05", "10:00", "12:00")
        plan(outdoors, "2026-12-12", "11:00", "12:00", activity="映画")
        copy = {"on": "2026-12-12", "starts": "10:00"}
        for verb, values in [("copy", copy), ("move", copy | {"ends": "12:00"}), ("repeat", {"times": "1"})]:
            live = worker.post(url(session, verb), values, headers=HTMX | {"HX-Target": "outlook"})
            assert "「映画」があります" in text(part(live, "outlook")), verb

    def test_what_has_ended_stays_as_it_was(self, outdoors, worker):
        session = plan(outdoors, "2026-12-05", "10:00", "12:00")
        sessions.cancel(session=session, by=outdoors.world.worker)
        response = worker.get(url(session, "move"), follow=True)
        assert "いま「取消」なので、変えられません。" in text(soup(response))
        # What was fine once can be done again.
        assert worker.post(url(session, "copy"), {"on": "2026-12-08", "starts": "9:00"}).status_code == 302

    @pytest.mark.parametrize("verb", VERBS)
    def test_pages_open(self, outdoors, worker, verb):
        session = plan(outdoors, "2026-12-05", "10:00", "12:00")
        assert queries_of(worker, url(session, verb)) <= 14


class TestSessionPage:
    def test_an_outing_shown_well(self, outdoors, worker):
        item = WishItem.objects.create(code="bath", name="おふろ")
        session = plan(
            outdoors,
            "2026-12-05",
            "10:00",
            "12:00",
            place="架空モール",
            escorts=[outdoors.escort],
            transport=Transport.TRAIN,
            transport_cost=1200,
            wishes=[item],
            goals=[goal_of(outdoors)],
        )
        response = worker.get(url(session, "detail"))
        page = text(soup(response))
        for words in (
            "計画中",
            "架空モール",
            outdoors.escort.name,
            "電車（交通費 1,200円）",
            "おふろ",
            "たのしく出かけたい",
        ):
            assert words in page
        assert "申込" not in text(soup(response).main)
        assert buttons(response) == [
            "確定する",
            "取り消す…",
            "動かす…",
            "内容を変える…",
            "コピー…",
            "毎週くりかえす…",
            "上限や条件をこえる理由を書く…",
        ]
        assert soup(response).select_one(f'a[href="{plan_url(outdoors)}"]')

    def test_its_worker_confirms_it_and_nobody_declines_it(self, outdoors, worker):
        session = plan(outdoors, "2026-12-05", "10:00", "12:00")
        assert worker.post(url(session, "decline"), {"decline_reason": "OTHER"}).status_code == 403
        response = worker.post(url(session, "confirm"), follow=True)
        assert "おでかけを確定しました。" in text(soup(response))
        session.refresh_from_db()
        assert session.state == SessionState.CONFIRMED

    def test_leaving_and_coming_back(self, outdoors, worker, frozen_time):
        session = plan(outdoors, "2026-12-05", "10:00", "12:00", confirm=True)
        frozen_time.move_to(at("2026-12-05", "10:05"))
        worker.force_login(outdoors.world.worker)
        assert "いま出発" in buttons(worker.get(url(session, "detail")))
        assert "出発を記録しました" in text(soup(worker.post(url(session, "check-in"), follow=True)))
        assert "いま帰着" in buttons(worker.get(url(session, "detail")))
        assert "帰着を記録しました" in text(soup(worker.post(url(session, "check-out"), follow=True)))
        session.refresh_from_db()
        assert session.state == SessionState.COMPLETED

    def test_passing_a_limit_afterward(self, outdoors, worker):
        session = plan(outdoors, "2026-12-05", "10:00", "20:00")
        outdoors.limit.amount = 9 * 60
        outdoors.limit.save()
        refused = worker.post(url(session, "confirm"))
        assert refused.status_code == 422
        assert "こえる可能性があります" in text(soup(refused))
        worker.post(url(session, "override"), {"reason": "確かめた"})
        assert worker.post(url(session, "confirm")).status_code == 302


class TestEscortDays:
    def test_times_by_day_and_by_weekday(self, outdoors, worker):
        address = reverse("programs:escort-days") + "?month=2026-12"
        values = {"from_2026-12-01": "9:00", "to_2026-12-01": "１２：００", "weekdays": ["5"], "starts": "10:00"}
        response = worker.post(address, values)
        assert response.status_code == 422
        assert soup(response).find(attrs={"name": "from_2026-12-01"})["value"] == "9:00"
        assert worker.post(address, values | {"ends": "午後4時"}).status_code == 302
        mine = EscortDay.objects.filter(user=outdoors.world.worker)
        assert [(row.date.day, row.starts, row.ends) for row in mine] == [
            (1, dt.time(9), dt.time(12)),
            (5, dt.time(10), dt.time(16)),
            (12, dt.time(10), dt.time(16)),
            (19, dt.time(10), dt.time(16)),
            (26, dt.time(10), dt.time(16)),
        ]
        page = worker.get(address)
        assert soup(page).find(attrs={"name": "to_2026-12-05"})["value"] == "16:00"
        assert worker.post(address, {}).status_code == 302
        assert not EscortDay.objects.exists()

    def test_half_a_day_and_a_backward_one(self, worker):
        address = reverse("programs:escort-days") + "?month=2026-12"
        response = worker.post(address, {"from_2026-12-01": "9:00", "from_2026-12-02": "9", "to_2026-12-02": "8:00"})
        assert response.status_code == 422
        assert not EscortDay.objects.exists()

    @pytest.mark.parametrize("month", ["", "2026-13", "x", "0001-01", "9999-12", "2026-10"])
    def test_any_month_answers(self, worker, month):
        assert worker.get(reverse("programs:escort-days"), {"month": month}).status_code == 200


def test_dragged_over_midnight_keeps_its_length(outdoors, worker):
    session = plan(outdoors, "2026-12-05", "22:00", "01:00")
    chip = soup(worker.get(plan_url(outdoors))).select_one("[data-move]")
    assert (chip["data-on"], chip["data-ends-on"]) == ("2026-12-05", "2026-12-06")
    outings.move(session=session, starts_at=at("2026-12-08", "22:00"), by=outdoors.world.worker)
