"""A session's page from both sides: what each may see, and which buttons each has."""

import datetime as dt

import pytest
from django.urls import reverse

from programs.enums import SessionKind, SessionState
from programs.models import Override, Session, SessionEvent
from programs.services import sessions
from tests import factories
from tests.personas import make_world
from tests.programs.pages import (
    at,
    buttons,
    client_of,
    confirmed,
    in_progress,
    queries_of,
    request,
    soup,
    text,
)

pytestmark = pytest.mark.django_db

ACTIONS = ("confirm", "decline", "cancel", "check-in", "check-out", "cut-short", "no-show", "override")


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


def rows(response) -> dict[str, str]:
    return {text(row.dt): text(row.dd) for row in soup(response).select("dl.summary > div")}


def state(session: Session) -> str:
    return Session.objects.get(pk=session.pk).state


def make(world, wanted: str) -> Session:
    """A session in every state; the clock stands on its second day from IN_PROGRESS on."""
    if wanted == "IN_PROGRESS":
        return in_progress(world, "2026-12-01", "2026-12-03")
    session = request(world, "2026-12-01", "2026-12-03")
    by = world.home_staff
    match wanted:
        case "CONFIRMED":
            sessions.confirm(session=session, by=by)
        case "DECLINED":
            sessions.decline(session=session, decline_reason="NIGHT", by=by)
        case "CANCELLED":
            sessions.cancel(session=session, by=world.worker)
    session.refresh_from_db()
    return session


# The page


def test_the_home_decides_without_a_name(world, home):
    session = request(world, "2026-12-01", "2026-12-04", note="朝の薬があります。")
    response = home.get(page_of(session))
    shown = rows(response)
    assert [shown.get(name) for name in ("名前", "呼び名", "年代・性別", "障害支援区分", "障害種別")] == [
        None,
        None,
        "年齢は未登録・女性",
        "区分4",
        "知的",
    ]
    html = response.content.decode()
    secrets = (world.person.family_name, world.person.called, str(world.person.public_id))
    assert [word for word in secrets if word in html] == []
    assert shown["ホームに伝えること"] == "朝の薬があります。"


def test_the_yes_opens_the_name(world, home):
    shown = rows(home.get(page_of(confirmed(world, "2026-12-01", "2026-12-04"))))
    assert (shown["名前"], shown["呼び名"]) == (f"{world.person.name} {world.person.kana}", "はなさん")


def test_the_home_has_no_link_to_the_person(world, home):
    session = confirmed(world, "2026-12-01", "2026-12-04")
    assert str(world.person.public_id) not in home.get(page_of(session)).content.decode()


def test_the_name_closes_fourteen_days_after_the_stay(world, home, worker, move_to):
    session = in_progress(world, "2026-12-01", "2026-12-03")
    move_to("2026-12-03", "10:00")
    sessions.check_out(session=session, by=world.home_staff)
    move_to("2026-12-17", "23:59")
    assert "名前" in rows(home.get(page_of(session)))
    move_to("2026-12-18", "00:00")
    assert "名前" not in rows(home.get(page_of(session)))
    assert "名前" in rows(worker.get(page_of(session)))


def test_a_stay_that_nobody_ended_closes_too_but_a_guest_in_the_house_has_a_name(world, home, move_to):
    forgotten = confirmed(world, "2026-12-01", "2026-12-03")
    staying = in_progress(world, "2026-12-05", "2026-12-06")
    move_to("2026-12-30", "10:00")
    assert "名前" not in rows(home.get(page_of(forgotten)))
    assert "名前" in rows(home.get(page_of(staying)))


def test_the_worker_always_knows_and_reaches_the_person(world, worker):
    session = request(world, "2026-12-01", "2026-12-04")
    response = worker.get(page_of(session))
    person = reverse("programs:person-detail", args=[world.person.public_id])
    assert [link["href"] for link in soup(response).select("main a") if link["href"] == person] == [person, person]
    assert rows(response)["名前"].startswith(world.person.name)


def test_the_price_counts_both_ends(world, home):
    shown = rows(home.get(page_of(request(world, "2026-12-01", "2026-12-04"))))
    assert shown["長さ"] == "3泊4日"
    assert shown["家賃"] == "1,100円 × 4日 ＝ 4,400円"
    assert shown["合計"] == "9,920円"


def test_history_says_who_when_what_and_why(world, home, move_to):
    session = confirmed(world, "2026-12-01", "2026-12-03")
    move_to("2026-11-23", "09:05")
    sessions.cancel(session=session, reason="体調が悪い。\n来月に。", by=world.worker)
    lines = [text(item) for item in soup(home.get(page_of(session))).select("section[aria-labelledby=h-history] li")]
    assert lines == [
        f"申込 令和8年11月22日（日） 10:00・{world.worker.name}",
        f"確定 令和8年11月22日（日） 10:00・{world.home_staff.name}",
        f"取消 令和8年11月23日（月） 9:05・{world.worker.name} 体調が悪い。 来月に。",
    ]


def test_an_expired_request_was_ended_by_nobody(world, home, move_to):
    session = request(world, "2026-12-01", "2026-12-03")
    move_to("2026-11-29", "10:00")
    assert buttons(home.get(page_of(session))) == ["お断り…"]
    assert "返事の期限がすぎました" in text(soup(home.get(page_of(session))))
    sessions.expire_requests()
    last = soup(home.get(page_of(session))).select("section[aria-labelledby=h-history] li")[-1]
    assert text(last) == "期限切れ 令和8年11月29日（日） 10:00・自動"
    assert buttons(home.get(page_of(session))) == []


def test_an_outing_has_a_page_without_room_and_price(world, worker):
    session = factories.SessionFactory(person=world.person, place="図書館")
    response = worker.get(page_of(session))
    shown = rows(response)
    assert (shown["場所"], shown["はじまり"]) == ("図書館", "令和8年12月5日（土） 10:00")
    assert "料金のめやす" not in text(soup(response))
    assert buttons(response) == ["取り消す…", "動かす…", "内容を変える…", "コピー…", "毎週くりかえす…"]


IN = ["いまチェックイン", "時刻を入れてチェックイン…"]
OUT = ["いまチェックアウト", "時刻を入れてチェックアウト…", "途中で終わりにする…"]
LATE = [*IN, "取り消す…", "来られなかった…"]


@pytest.mark.parametrize(
    ("wanted", "when", "of_home", "of_worker"),
    [
        ("REQUESTED", "2026-11-22", ["確定する", "お断り…"], ["取り消す…", "上限や条件をこえる理由を書く…"]),
        ("CONFIRMED", "2026-11-30", ["取り消す…"], ["取り消す…"]),
        ("CONFIRMED", "2026-12-01", [*IN, "取り消す…"], [*IN, "取り消す…"]),
        ("CONFIRMED", "2026-12-02", [*LATE, "記録を書く"], [*LATE, "記録を書く"]),
        ("IN_PROGRESS", "2026-12-02", [*OUT, "記録を書く"], [*OUT, "記録を書く"]),
        ("DECLINED", "2026-12-02", [], []),
        ("CANCELLED", "2026-12-02", [], []),
    ],
)
def test_buttons_of_every_state(world, home, worker, move_to, wanted, when, of_home, of_worker):
    session = make(world, wanted)
    move_to(when, "10:00")
    assert (buttons(home.get(page_of(session))), buttons(worker.get(page_of(session)))) == (of_home, of_worker)


@pytest.mark.parametrize("ended", ["COMPLETED", "CUT_SHORT", "NO_SHOW", "EXPIRED"])
def test_nothing_can_be_done_after_the_end(world, home, worker, ended):
    session = confirmed(world, "2026-12-01", "2026-12-03")
    Session.objects.filter(pk=session.pk).update(state=ended)
    assert buttons(home.get(page_of(session))) + buttons(worker.get(page_of(session))) == []


# Who may


@pytest.mark.parametrize("persona", ["stranger", "other_home_staff"])
def test_strangers_find_nothing(world, persona):
    session = request(world, "2026-12-01", "2026-12-03")
    client = client_of(getattr(world, persona))
    assert client.get(page_of(session)).status_code == 404
    for action in ACTIONS:
        assert client.get(url_of(session, action)).status_code == 404
        assert client.post(url_of(session, action), {"reason": "x", "decline_reason": "NIGHT"}).status_code == 404
    assert state(session) == "REQUESTED"


@pytest.mark.parametrize(
    ("persona", "action"),
    [
        ("worker", "confirm"),
        ("worker", "decline"),
        ("coordinator", "confirm"),
        ("coordinator", "decline"),
        ("home_staff", "override"),
    ],
)
def test_the_other_sides_acts_are_forbidden(world, persona, action):
    session = request(world, "2026-12-01", "2026-12-03")
    client = client_of(getattr(world, persona))
    assert client.get(url_of(session, action)).status_code == 403
    assert client.post(url_of(session, action), {"reason": "x", "decline_reason": "NIGHT"}).status_code == 403
    assert state(session) == "REQUESTED"


# Queries


def test_queries_do_not_grow_with_the_history(world, home, worker):
    session = request(world, "2026-12-01", "2026-12-03")
    assert (queries_of(home, page_of(session)), queries_of(worker, page_of(session))) == (8, 8)
    for number in range(3):
        SessionEvent.objects.create(session=session, action="REQUEST", state="REQUESTED", by=world.worker)
        Override.objects.create(session=session, problem_code=f"x{number}", message="x", reason="x", by=world.worker)
    assert (queries_of(home, page_of(session)), queries_of(worker, page_of(session))) == (8, 8)


def test_every_kind_and_state_has_a_page(world, worker):
    for kind in (SessionKind.OUTING, SessionKind.DAY_VISIT):
        for number, wanted in enumerate(SessionState):
            starts_at = at("2026-12-05", "10:00") + dt.timedelta(days=number)
            session = factories.SessionFactory(
                person=world.person,
                kind=kind,
                state=wanted,
                starts_at=starts_at,
                expires_at=starts_at,
                decline_reason="NIGHT" if wanted == "DECLINED" else "",
            )
            assert worker.get(page_of(session)).status_code == 200
