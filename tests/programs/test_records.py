"""Writing down what happened: prefilled, true to the times, never refused for a cap."""

import datetime as dt

import pytest

from programs.domain.problems import Refused
from programs.enums import SessionState
from programs.models import Escort, GoalScore, RecordVersion, RoomNight, SessionGoal, SessionRecord, SessionWish
from tests.personas import World, make_world
from tests.programs.pages import HTMX, at, client_of, confirmed, field_error, part, queries_of, soup, text
from tests.programs.recording import filled, goal_of, outing, page_of, save, url, wish_item
from tests.programs.stories import outing_world
from transition.models import AuditEvent, Wish

pytestmark = pytest.mark.django_db


@pytest.fixture
def world() -> World:
    return outing_world()


@pytest.fixture
def worker(world):
    return client_of(world.worker)


# Two minutes


def test_everything_known_is_filled_in(world, worker):
    session = outing(world)
    Escort.objects.create(session=session, user=world.worker)
    shop, bath = wish_item("買い物", 1), wish_item("おふろ", 0)
    SessionWish.objects.create(session=session, item=shop)
    goal = goal_of(world)
    sent = filled(worker.get(url(session)))
    sent.pop("idempotency_key")
    assert sent == {
        "based_on": "0",
        "start_on": "2026-11-21",
        "start_at": "10:00",
        "end_on": "2026-11-21",
        "end_at": "12:00",
        "place": "架空モール",
        "companions": world.worker.name,
        "wishes": [str(shop.public_id)],
        "shown": "",
        "helped": "",
        "incident": "",
        "family_note": "",
        "next_step": "",
        "next_note": "",
        f"score_{goal.public_id.hex}": "",
        f"note_{goal.public_id.hex}": "",
    }
    assert bath.name in text(part(worker.get(url(session)), "record"))


def test_untouched_and_saved_it_completes_the_outing(world, worker):
    session = outing(world)
    sent = filled(worker.get(url(session)))
    for _ in range(2):
        assert worker.post(url(session), sent)["Location"] == page_of(session)
    session.refresh_from_db()
    assert (session.state, session.actual_starts_at, session.actual_ends_at) == (
        "COMPLETED",
        session.starts_at,
        session.ends_at,
    )
    assert [event.action for event in session.events.all()] == ["CHECK_IN", "CHECK_OUT"]
    assert (session.record.version, RecordVersion.objects.count()) == (1, 1)
    assert AuditEvent.objects.get(action="record.save").data == {
        "person": world.person.pk,
        "version": 1,
        "minutes": 120,
    }


def test_everything_written_stands_on_the_sessions_page(world, worker):
    session, goal, shop = outing(world), goal_of(world), wish_item("買い物")
    sent = filled(worker.get(url(session))) | {
        "start_on": "令和８年１１月２１日",
        "start_at": "午前１０時５分",
        "end_at": "１２：３５",
        "place": "となりの店",
        "companions": "職員A",
        "wishes": [str(shop.public_id)],
        "shown": "笑顔で店員に手をふった。",
        "helped": "写真で先に見せた。",
        "incident": "",
        "family_note": "お茶をえらびました。",
        "next_step": "AGAIN",
        "next_note": "次は映画。",
        f"score_{goal.public_id.hex}": "1",
        f"note_{goal.public_id.hex}": "自分から歩いた",
    }
    worker.post(url(session), sent)
    shown = text(soup(worker.get(page_of(session))).find("section", {"aria-labelledby": "h-record"}))
    for words in (
        "かかった時間 2時間30分",
        "家族へのひとこと お茶をえらびました。",
        "となりの店",
        "職員A",
        "かなえた希望 買い物",
        "笑顔で店員に手をふった。",
        "写真で先に見せた。",
        "＋1 外出を楽しむ plus_1 自分から歩いた",
        "次は 続けたい",
        "次は映画。",
    ):
        assert words in shown, words
    assert list(SessionWish.objects.values_list("item", flat=True)) == [shop.pk]
    score = GoalScore.objects.get()
    assert (score.score, score.note, score.session, score.scored_on) == (
        1,
        "自分から歩いた",
        session,
        dt.date(2026, 11, 21),
    )


def test_saving_the_same_again_writes_nothing(world, worker):
    session, goal = outing(world), goal_of(world)
    sent = filled(worker.get(url(session))) | {f"score_{goal.public_id.hex}": "0", "shown": "一行目\r\n二行目"}
    worker.post(url(session), sent)
    again = filled(worker.get(url(session)))
    assert again["based_on"] == "1"
    worker.post(url(session), again)
    assert (RecordVersion.objects.count(), GoalScore.objects.count(), session.events.count()) == (1, 1, 2)


def test_a_stay_is_recorded_too_and_gives_its_unused_nights_back(frozen_time):
    world = make_world()
    session = confirmed(world, "2026-12-01", "2026-12-04")
    frozen_time.move_to(at("2026-12-03", "12:00"))
    home = client_of(world.home_staff)
    goal_of(world)
    sent = filled(home.get(url(session)))
    assert not [name for name in sent if name.startswith(("score", "wishes"))]
    home.post(url(session), sent | {"end_on": "2026-12-02", "end_at": "9:00", "shown": "よく眠れた"})
    session.refresh_from_db()
    assert (session.state, session.record.shown) == ("COMPLETED", "よく眠れた")
    assert [night.date.day for night in RoomNight.objects.filter(session=session)] == [1]


# Times


@pytest.mark.parametrize(
    ("changes", "field", "message"),
    [
        ({"end_at": "9:59"}, "end_at", "終了は開始よりあとにしてください。"),
        ({"end_at": "10:00"}, "end_at", "終了は開始よりあとにしてください。"),
        ({"end_on": "2026-11-22", "end_at": "10:01"}, "end_at", "これから先の時刻は記録できません。"),
        ({"start_on": "2027-11-21"}, "start_at", "これから先の時刻は記録できません。"),
        ({"start_on": "2026-11-20"}, "start_at", "まだおでかけの日になっていません。"),
        ({"start_at": "25:00"}, "start_at", "25時はありません。時は0から23までです。"),
        ({"end_on": ""}, "end_on", "入力してください。"),
        ({"shown": "あ" * 2001}, "shown", "2,000文字以内で入力してください（いま2,001文字）。"),
    ],
)
def test_times_that_cannot_be_stand_beside_their_field_and_nothing_typed_is_lost(
    world, worker, changes, field, message
):
    session = outing(world)
    sent = filled(worker.get(url(session))) | {"shown": "笑顔", "next_step": "AGAIN"} | changes
    response = worker.post(url(session), sent)
    assert response.status_code == 422
    assert message in field_error(response, field)
    kept = filled(response)
    assert {name: kept[name] for name in kept if name != "idempotency_key"} == {
        name: sent[name] for name in sent if name != "idempotency_key"
    }
    session.refresh_from_db()
    assert session.state == "CONFIRMED"
    assert not SessionRecord.objects.exists()


def test_an_outing_may_end_at_midnight_and_last_no_longer_than_a_day(world, worker):
    session = outing(world, day="2026-11-20")
    sent = filled(worker.get(url(session))) | {"end_at": "24:00"}
    worker.post(url(session), sent)
    session.refresh_from_db()
    assert session.actual_ends_at == at("2026-11-21", "00:00")
    other = outing(world, day="2026-11-19")
    long = filled(worker.get(url(other))) | {"end_on": "2026-11-20", "end_at": "10:01"}
    response = worker.post(url(other), long)
    assert "24時間をこえています。日にちを確かめてください。" in field_error(response, "end_on")


def test_times_can_be_put_right_afterwards_and_history_says_so(world, worker):
    session = outing(world)
    worker.post(url(session), filled(worker.get(url(session))))
    worker.post(url(session), filled(worker.get(url(session))) | {"end_at": "12:30"})
    event = session.events.last()
    assert (event.action, event.state, event.reason) == (
        "CHANGE",
        "COMPLETED",
        "時刻を直しました：11/21(土) 10:00〜12:00 → 11/21(土) 10:00〜12:30",
    )
    assert AuditEvent.objects.filter(action="session.change").count() == 1
    assert [row.content["end_at"] for row in RecordVersion.objects.all()] == ["12:00", "12:30"]


def test_the_same_minute_keeps_its_seconds(world, worker):
    session = outing(
        world,
        state=SessionState.COMPLETED,
        actual_starts_at=at("2026-11-21", "10:00") + dt.timedelta(seconds=42),
        actual_ends_at=at("2026-11-21", "11:00") + dt.timedelta(seconds=7),
    )
    worker.post(url(session), filled(worker.get(url(session))) | {"shown": "笑顔"})
    session.refresh_from_db()
    assert session.actual_starts_at.second == 42
    assert session.events.count() == 0


def test_beyond_the_cap_it_is_kept_and_flagged(world, worker):
    for day in range(1, 4):
        outing(
            world,
            day=f"2026-11-0{day}",
            state=SessionState.COMPLETED,
            actual_starts_at=at(f"2026-11-0{day}", "09:00"),
            actual_ends_at=at(f"2026-11-0{day}", "16:40"),
        )
    session = outing(world)
    opened = worker.get(url(session))
    # 23:00 used and two hours planned: one too many is seen before writing.
    assert "あと 0時間 （上限 24時間）" in text(part(worker.get(url(session, "record-hours")), "hours"))
    response = worker.post(url(session), filled(opened) | {"end_at": "11:30"}, follow=True)
    assert "記録を保存しました（1時間30分）。" in text(soup(response).select_one(".messages"))
    session.refresh_from_db()
    assert session.state == "COMPLETED"
    assert "記録はそのまま残ります。" in text(soup(response).select_one(".messages"))
    asked = worker.get(url(session, "record-hours"))
    assert part(asked, "hours") == part(
        worker.get(url(session, "record-hours"), headers=HTMX | {"HX-Target": "hours"}), "hours"
    )
    shown = text(part(asked, "hours"))
    assert "お知らせ" in shown
    assert "上限24時間を30分こえる可能性があります" in shown
    assert "市町村に確認してください" in shown


def test_within_the_cap_nothing_is_flagged(world, worker):
    session = outing(world)
    worker.post(url(session), filled(worker.get(url(session))))
    assert not soup(worker.get(url(session, "record-hours"))).select(".problem")


# Who and when


def test_who_may_write(world):
    session = outing(world)
    assert client_of(world.stranger).get(url(session)).status_code == 404
    assert client_of(world.stranger).post(url(session, "record-draft"), {}).status_code == 404
    assert client_of(world.coordinator).get(url(session)).status_code == 200


def test_a_home_writes_while_it_knows_its_guest(frozen_time):
    world = make_world()
    session = confirmed(world, "2026-12-01", "2026-12-02")
    frozen_time.move_to(at("2026-12-16", "10:00"))
    assert client_of(world.home_staff).get(url(session)).status_code == 200
    frozen_time.move_to(at("2026-12-17", "10:00"))
    home = client_of(world.home_staff)
    assert home.get(url(session)).status_code == 403
    assert home.post(url(session), {}).status_code == 403
    assert "h-record" not in home.get(page_of(session)).content.decode()
    assert client_of(world.other_home_staff).get(url(session)).status_code == 404


@pytest.mark.parametrize("state", ["REQUESTED", "DECLINED", "CANCELLED", "NO_SHOW", "EXPIRED"])
def test_what_did_not_take_place_has_no_record(world, worker, state):
    more = {"decline_reason": "OTHER"} if state == "DECLINED" else {"expires_at": at("2026-11-30", "10:00")}
    session = outing(world, state=state, **more)
    assert worker.get(url(session))["Location"] == page_of(session)
    assert "h-record" not in worker.get(page_of(session)).content.decode()
    with pytest.raises(Refused) as refused:
        save(session, world)
    assert [problem.code for problem in refused.value.problems] == ["record.state"]


def test_what_has_not_begun_has_no_record(world, worker):
    session = outing(world, day="2026-11-23")
    response = worker.get(url(session), follow=True)
    assert "まだ始まっていないので、記録を書けません。" in text(soup(response).select_one(".messages"))


def test_queries_do_not_grow(world, worker):
    session = outing(world)
    goals, items = [goal_of(world)], [wish_item("0")]
    # The page that shows the message takes it out of the session, which costs a write.
    worker.post(url(session), filled(worker.get(url(session))), follow=True)
    few = queries_of(worker, url(session)), queries_of(worker, page_of(session))
    for number in range(1, 4):
        goals.append(goal_of(world, f"目標{number}"))
        items.append(wish_item(str(number)))
        SessionGoal.objects.create(session=session, goal=goals[-1])
        SessionWish.objects.create(session=session, item=items[-1])
        Wish.objects.create(person=world.person, item=items[-1], choice="WANT", expression="WORD", by=world.worker)
        GoalScore.objects.create(
            goal=goals[-1], session=session, score=1, scored_on=dt.date(2026, 11, 21), by=world.worker
        )
    assert (queries_of(worker, url(session)), queries_of(worker, page_of(session))) == few
    assert max(few) <= 12
