"""Everything that can be done with a session, once: taps, forms, lost races, limits passed with a reason."""

import pytest
from django.urls import reverse

from programs.models import Override, RoomNight, Session, SessionEvent
from programs.services import sessions
from tests import factories
from tests.personas import make_world
from tests.programs.pages import (
    HTMX,
    at,
    client_of,
    confirmed,
    field_error,
    in_progress,
    part,
    request,
    soup,
    text,
)

pytestmark = pytest.mark.django_db


@pytest.fixture
def world():
    return make_world(price_rent=1100, price_food=900, price_utilities=480)


@pytest.fixture
def home(world):
    return client_of(world.home_staff)


@pytest.fixture
def worker(world):
    return client_of(world.worker)


@pytest.fixture
def move_to(world, home, worker, frozen_time):
    """Move the clock and sign in again: nobody stays signed in for days."""

    def move(day: str, time: str) -> None:
        frozen_time.move_to(at(day, time))
        home.force_login(world.home_staff)
        worker.force_login(world.worker)

    return move


def page_of(session: Session) -> str:
    return reverse("programs:session-detail", args=[session.public_id])


def url_of(session: Session, action: str) -> str:
    return reverse(f"programs:session-{action}", args=[session.public_id])


def state(session: Session) -> str:
    return Session.objects.get(pk=session.pk).state


# One tap


@pytest.mark.parametrize(
    ("action", "after", "event"), [("confirm", "CONFIRMED", "CONFIRM"), ("decline", "DECLINED", "DECLINE")]
)
def test_answering_twice_is_answering_once(world, home, action, after, event):
    session = request(world, "2026-12-01", "2026-12-03")
    sent = {"idempotency_key": "once", "decline_reason": "NIGHT", "note": "夜勤が1人です。"}
    answers = [home.post(url_of(session, action), sent) for _ in range(2)]
    assert [(answer.status_code, answer["Location"]) for answer in answers] == [(302, page_of(session))] * 2
    assert state(session) == after
    assert SessionEvent.objects.filter(session=session, action=event).count() == 1


def test_a_tap_that_arrives_again_late_gets_its_first_answer(world, home):
    session = request(world, "2026-12-01", "2026-12-03")
    home.post(url_of(session, "confirm"), {"idempotency_key": "once"})
    sessions.cancel(session=session, reason="体調", by=world.worker)
    response = home.post(url_of(session, "confirm"), {"idempotency_key": "once"})
    assert (response.status_code, response["Location"], state(session)) == (302, page_of(session), "CANCELLED")


def test_a_second_tap_from_another_window_finds_it_done(world, home):
    session = request(world, "2026-12-01", "2026-12-03")
    for key in ("one", "two"):
        response = home.post(url_of(session, "confirm"), {"idempotency_key": key}, follow=True)
        assert response.redirect_chain == [(page_of(session), 302)]
    assert text(soup(response).select_one(".messages")) == "この体験は、いま「確定」です。"


@pytest.mark.parametrize("headers", [{}, {**HTMX, "HX-Target": "session-form"}])
def test_who_loses_the_race_is_told_so(world, home, headers):
    session = request(world, "2026-12-01", "2026-12-03")
    sessions.cancel(session=session, by=world.worker)
    response = home.post(url_of(session, "confirm"), {}, headers=headers)
    assert response.status_code == 409
    told = text(part(response, "session-form"))
    assert "この体験はいま「取消」なので、「確定」にできません。" in told
    assert ("<html" in response.content.decode()) == (not headers)


def test_a_form_that_lost_is_told_so_in_place(world, worker):
    session = request(world, "2026-12-01", "2026-12-03")
    sessions.decline(session=session, decline_reason="NIGHT", by=world.home_staff)
    for action in ("cancel", "no-show"):
        response = worker.post(url_of(session, action), {"reason": "x"})
        assert response.status_code == 409
        assert "この体験はいま「お断り」なので" in text(part(response, "session-form"))


def test_a_late_answer_is_refused(world, home, move_to):
    session = request(world, "2026-12-01", "2026-12-03")
    move_to("2026-11-29", "10:00")
    response = home.post(url_of(session, "confirm"), {})
    assert response.status_code == 409
    assert "返事の期限がすぎています。" in text(part(response, "session-form"))
    assert state(session) == "REQUESTED"


def test_what_stands_against_a_stay_is_told_to_the_home(world, home):
    session = request(world, "2026-12-01", "2026-12-03")
    factories.LimitFactory(program=world.program, amount=2)
    response = home.post(url_of(session, "confirm"), {})
    assert response.status_code == 422
    told = text(part(response, "session-form"))
    assert "年度の上限2日を1日こえます" in told
    assert "申し込んだ組織（相談室みほん）が、体験のページで理由を書くと、確定できるようになります。" in told


def test_one_tap_addresses_lead_back_when_opened(world, home):
    session = request(world, "2026-12-01", "2026-12-03")
    assert home.get(url_of(session, "confirm"))["Location"] == page_of(session)
    assert state(session) == "REQUESTED"


# Forms


def test_declining_needs_a_reason_from_the_list(world, home):
    session = request(world, "2026-12-01", "2026-12-03")
    sent = {"note": "ほかの日なら受けられます。"}
    whole = home.post(url_of(session, "decline"), sent)
    alone = home.post(url_of(session, "decline"), sent, headers={**HTMX, "HX-Target": "session-form"})
    assert (whole.status_code, alone.status_code) == (422, 422)
    assert field_error(whole, "decline_reason") == "理由を選んでください。"
    assert text(soup(whole).find("textarea")) == "ほかの日なら受けられます。"
    assert str(part(alone, "session-form")) == str(part(whole, "session-form"))
    assert state(session) == "REQUESTED"
    home.post(url_of(session, "decline"), sent | {"decline_reason": "DATES"})
    assert SessionEvent.objects.get(action="DECLINE").reason == "その日程は都合が悪い：ほかの日なら受けられます。"
    assert not RoomNight.objects.filter(session=session).exists()


def test_the_decline_page_shows_no_name(world, home):
    session = request(world, "2026-12-01", "2026-12-03")
    assert world.person.family_name not in home.get(url_of(session, "decline")).content.decode()


def test_a_confirmed_stay_is_cancelled_with_a_reason_only(world, worker):
    session = confirmed(world, "2026-12-01", "2026-12-03")
    response = worker.post(url_of(session, "cancel"), {"reason": "　"})
    assert (response.status_code, field_error(response, "reason")) == (422, "入力してください。")
    long = "あ" * 10_000
    response = worker.post(url_of(session, "cancel"), {"reason": long})
    assert field_error(response, "reason") == "1,000文字以内で入力してください（いま10,000文字）。"
    assert text(soup(response).find("textarea")) == long
    assert state(session) == "CONFIRMED"
    for _ in range(2):
        sent = {"reason": "体調がよくない", "idempotency_key": "k"}
        assert worker.post(url_of(session, "cancel"), sent)["Location"] == page_of(session)
    assert state(session) == "CANCELLED"
    assert SessionEvent.objects.get(action="CANCEL").reason == "体調がよくない"


def test_a_request_is_called_off_without_a_reason(world, worker):
    session = request(world, "2026-12-01", "2026-12-03")
    worker.post(url_of(session, "cancel"), {"reason": ""})
    assert state(session) == "CANCELLED"


def test_checking_in_and_out_now_is_one_tap(world, home, move_to):
    session = confirmed(world, "2026-12-01", "2026-12-03")
    move_to("2026-12-01", "15:07")
    assert home.post(url_of(session, "check-in"), {})["Location"] == page_of(session)
    move_to("2026-12-03", "09:55")
    assert home.post(url_of(session, "check-out"), {})["Location"] == page_of(session)
    session.refresh_from_db()
    assert (session.state, session.actual_starts_at, session.actual_ends_at) == (
        "COMPLETED",
        at("2026-12-01", "15:07"),
        at("2026-12-03", "09:55"),
    )


def test_yesterdays_arrival_is_written_down_today(world, home, move_to):
    session = confirmed(world, "2026-12-01", "2026-12-03")
    move_to("2026-12-02", "09:00")
    sent = {"on": "令和８年１２月１日", "at": "午後３時３０分"}
    home.post(url_of(session, "check-in"), sent)
    session.refresh_from_db()
    assert session.actual_starts_at == at("2026-12-01", "15:30")


def test_midnight_is_the_next_days_beginning(world, home, move_to):
    session = in_progress(world, "2026-12-01", "2026-12-03")
    move_to("2026-12-03", "09:00")
    home.post(url_of(session, "check-out"), {"on": "2026-12-02", "at": "24:00"})
    session.refresh_from_db()
    assert session.actual_ends_at == at("2026-12-03", "00:00")


@pytest.mark.parametrize(
    ("sent", "field", "message"),
    [
        ({"on": "2月31日"}, "on", "年から入力してください。例: 令和8年11月22日、2026-11-22"),
        ({"on": "2026-12-01"}, "at", "きょうではない日には、時刻も入れてください。"),
        ({"on": "2026-12-01", "at": "１４：５９"}, "at", "終了は開始よりあとにしてください。"),
        ({"at": "10:01"}, "at", "これから先の時刻は記録できません。"),
        ({"at": "25:00"}, "at", "25時はありません。時は0から23までです。"),
    ],
)
def test_times_that_cannot_be_stand_beside_their_field(world, home, move_to, sent, field, message):
    session = in_progress(world, "2026-12-01", "2026-12-03")
    move_to("2026-12-02", "10:00")
    for action in ("check-out", "cut-short"):
        response = home.post(url_of(session, action), sent)
        assert (response.status_code, field_error(response, field)) == (422, message)
        boxes = {box["name"]: box.get("value", "") for box in soup(response).select("main input[type=text]")}
        assert boxes == {"on": "", "at": ""} | sent
        assert state(session) == "IN_PROGRESS"


def test_arriving_before_the_day_is_refused(world, home, move_to):
    session = confirmed(world, "2026-12-01", "2026-12-03")
    move_to("2026-11-30", "10:00")
    response = home.post(url_of(session, "check-in"), {})
    assert response.status_code == 422
    assert field_error(response, "at") == "まだチェックインの日になっていません。"


def test_stopping_needs_no_reason(world, worker, move_to):
    session = in_progress(world, "2026-12-01", "2026-12-04")
    move_to("2026-12-02", "20:00")
    worker.post(url_of(session, "cut-short"), {})
    assert state(session) == "CUT_SHORT"
    assert [night.date.day for night in RoomNight.objects.filter(session=session)] == [1]


def test_not_coming_can_be_said_once_it_should_have_begun(world, home, move_to):
    session = confirmed(world, "2026-12-01", "2026-12-03")
    move_to("2026-12-01", "14:59")
    response = home.post(url_of(session, "no-show"), {"reason": ""})
    assert (response.status_code, state(session)) == (422, "CONFIRMED")
    assert "まだ始まっていません。" in text(soup(response).select_one(".problems"))
    move_to("2026-12-01", "15:00")
    home.post(url_of(session, "no-show"), {"reason": "電話に出ない"})
    assert state(session) == "NO_SHOW"


def test_a_form_for_what_is_over_leads_back(world, home):
    session = request(world, "2026-12-01", "2026-12-03")
    sessions.cancel(session=session, by=world.worker)
    response = home.get(url_of(session, "decline"), follow=True)
    assert response.redirect_chain == [(page_of(session), 302)]
    assert text(soup(response).select_one(".messages")) == "この体験は、いま「取消」です。"


# Overriding


def test_a_worker_passes_what_asks_with_a_reason(world, worker, home):
    session = request(world, "2026-12-01", "2026-12-03")
    factories.LimitFactory(program=world.program, amount=2)
    asked = worker.get(url_of(session, "override"))
    assert "年度の上限2日を1日こえます" in text(part(asked, "session-form"))
    empty = worker.post(url_of(session, "override"), {"reason": ""})
    assert (empty.status_code, field_error(empty, "reason")) == (422, "入力してください。")
    for _ in range(2):
        sent = {"reason": "市に確かめました。", "idempotency_key": "k"}
        assert worker.post(url_of(session, "override"), sent)["Location"] == page_of(session)
    assert Override.objects.get().reason == "市に確かめました。"
    listed = text(soup(home.get(page_of(session))).select_one("section[aria-labelledby=h-overrides]"))
    assert "市に確かめました。" in listed
    home.post(url_of(session, "confirm"), {})
    assert state(session) == "CONFIRMED"


def test_what_only_a_coordinator_may_pass_has_no_form_for_a_worker(world, worker):
    session = request(world, "2026-12-01", "2026-12-03")
    factories.LimitFactory(program=world.program, amount=2, enforcement="REFUSE")
    shown = part(worker.get(url_of(session, "override")), "session-form")
    assert shown.find("form") is None
    assert "コーディネーターに相談してください。" in text(shown)
    refused = worker.post(url_of(session, "override"), {"reason": "どうしても"})
    assert refused.status_code == 422
    assert Override.objects.count() == 0
    coordinator = client_of(world.coordinator)
    assert coordinator.post(url_of(session, "override"), {"reason": "会議で決めた"}).status_code == 302
    assert Override.objects.get().by == world.coordinator


def test_nothing_to_pass_is_said(world, worker):
    session = request(world, "2026-12-01", "2026-12-03")
    shown = part(worker.get(url_of(session, "override")), "session-form")
    assert "いま、こえている上限や条件はありません。" in text(shown)


def test_a_decided_session_has_nothing_to_pass(world, worker):
    session = confirmed(world, "2026-12-01", "2026-12-03")
    assert worker.get(url_of(session, "override"))["Location"] == page_of(session)
    assert worker.post(url_of(session, "override"), {"reason": "x"})["Location"] == page_of(session)
