"""あゆみ: the ladder, the faces beside the scores, and one timeline of everything."""

import datetime as dt

import pytest
from django.urls import reverse

from programs.enums import Face, SessionKind, SessionState, Step
from programs.models import GoalScore, Rating, SessionRecord
from tests import factories
from tests.personas import make_world
from tests.programs.pages import client_of, queries_of, request, soup, text
from transition import clock
from transition.enums import Expression, GoalState, WishChoice
from transition.models import Wish, WishItem

pytestmark = pytest.mark.django_db


@pytest.fixture
def world():
    return make_world()


def url(person):
    return reverse("programs:story", args=[person.public_id])


def outing(world, day, state=SessionState.COMPLETED, **more):
    start = clock.at(dt.date.fromisoformat(day), dt.time(10))
    return factories.SessionFactory(
        person=world.person,
        program=world.program,
        starts_at=start,
        ends_at=start + dt.timedelta(hours=2),
        state=state,
        **({"activity": "カフェでお茶", "place": "みほん喫茶"} | more),
    )


def rate(world, session, face=Face.GOOD, **more):
    values = {"word": "おいしかった", "expression": Expression.WORD, "by": world.worker} | more
    return Rating.objects.create(session=session, face=face, **values)


def score(world, session, goal, number):
    return GoalScore.objects.create(
        goal=goal, session=session, score=number, scored_on=clock.local_date(session.starts_at), by=world.worker
    )


def entries(response):
    """(date, word, title) of the timeline, as it stands."""
    return [
        (item.time["datetime"], text(item.select_one(".timeline-word")), text(item.select_one(".list-title")))
        for item in soup(response).select(".timeline > li")
    ]


def test_stays_and_outings_stand_in_one_line_with_all_else(world):
    outing(world, "2026-10-10", kind=SessionKind.OUTING)
    request(world, "2026-12-05", "2026-12-07")
    item = WishItem.objects.create(code="cafe", name="カフェ")
    Wish.objects.create(
        person=world.person,
        item=item,
        choice=WishChoice.WANT,
        expression="FACE",
        at=dt.datetime(2026, 9, 1, 3, tzinfo=dt.UTC),
    )
    factories.GoalFactory(
        person=world.person,
        words="おでかけをたのしむ",
        state=GoalState.ACHIEVED,
        created_at=dt.datetime(2026, 9, 2, 3, tzinfo=dt.UTC),
        state_changed_at=dt.datetime(2026, 11, 1, 3, tzinfo=dt.UTC),
        state_reason="自分から行きたいと言った",
    )
    enrollment = factories.EnrollmentFactory(person=world.person, program=world.program)
    factories.ReviewFactory(
        enrollment=enrollment, held_on=dt.date(2026, 11, 2), decision="つづける", by=world.worker, at=clock.now()
    )
    factories.ReviewFactory(enrollment=enrollment, month=3, due_on=dt.date(2026, 12, 31))
    factories.OutcomeFactory(enrollment=enrollment)
    response = client_of(world.worker).get(url(world.person))
    assert entries(response) == [
        ("2026-12-05", "お泊まり", "お泊まり（2泊） 申込中"),
        ("2026-11-20", "結果", "新しい希望が出た"),
        ("2026-11-02", "振り返り", "1か月目の振り返り"),
        ("2026-11-01", "目標", "目標が「達成」になった：おでかけをたのしむ"),
        ("2026-10-10", "おでかけ", "カフェでお茶 終了"),
        ("2026-10-01", "利用", "「グループホームの体験」を始めた"),
        ("2026-09-02", "目標", "目標ができた：おでかけをたのしむ"),
        ("2026-09-01", "希望", "やってみたいことを聞いた"),
    ]
    page = text(soup(response).select_one(".timeline"))
    assert "やってみたい：カフェ" in page
    assert "自分から行きたいと言った" in page


@pytest.mark.parametrize("state", ["CANCELLED", "DECLINED", "EXPIRED", "NO_SHOW"])
def test_what_did_not_happen_is_no_part_of_it(world, state):
    more = {"decline_reason": "STAFFING"} if state == "DECLINED" else {}
    outing(world, "2026-10-10", state, **more)
    assert entries(client_of(world.worker).get(url(world.person))) == []


def test_shows_the_latest_face_and_score_beside_the_session(world):
    session, goal = outing(world, "2026-10-10"), factories.GoalFactory(person=world.person)
    rate(world, session, Face.BAD, at=clock.now() - dt.timedelta(hours=1))
    rate(world, session, Face.GOOD, by_person=False, basis="わらっていた", expression=Expression.FACE, word="")
    score(world, session, goal, -2)
    score(world, session, goal, 1)
    page = soup(client_of(world.worker).get(url(world.person)))
    item = page.select_one(".timeline > .timeline-outing")
    assert text(item.select_one(".voice")) == "よかった 支援者が読み取った（表情：わらっていた）"
    assert "face-good" in item.img["src"]
    assert text(item.select_one(".scores")) == "＋1 そとで ごはんが たべたい ：次も行きたいという"
    row = text(page.select_one("details tbody tr"))
    assert "よかった" in row
    assert "A ＋1 ：次も行きたいという" in row
    assert len(page.select(".voices image")) == 1
    assert [mark.text for mark in page.select(".voices-letter")] == ["A"]


def test_the_record_s_place_comes_before_the_planned_one(world):
    session = outing(world, "2026-10-10")
    SessionRecord.objects.create(session=session, place="べつの喫茶", by=world.worker)
    page = text(soup(client_of(world.worker).get(url(world.person))).select_one(".timeline"))
    assert "べつの喫茶" in page
    assert "みほん喫茶" not in page


def test_the_ladder_says_where_the_person_stands(world):
    outing(world, "2026-10-10", step=Step.OUTING)
    outing(world, "2026-11-13", step=Step.MEAL)
    outing(world, "2026-11-15", step=Step.MEAL)
    request(world, "2026-12-05", "2026-12-06")
    page = soup(client_of(world.worker).get(url(world.person)))
    assert [text(item) for item in page.select(".ladder > li")] == [
        "外出 1回 （済み）",
        "見学 まだ",
        "ホームで食事 2回・いまここ （済み）",
        "日中すごす まだ",
        "1泊 予定 12/5(土)",
        "何泊か まだ",
        "引っこし まだ",
    ]
    assert text(page.select_one(".ladder [aria-current=step] .ladder-name")) == "ホームで食事"
    summary = text(page.select_one(".summary"))
    assert "ホームで食事（令和8年11月13日（金）から10日目、2回）" in summary
    assert "日中すごす 見学" in summary


def test_leads_to_the_documents(world):
    enrollment = factories.EnrollmentFactory(person=world.person, program=world.program)
    page = soup(client_of(world.worker).get(url(world.person)))
    addresses = [link["href"] for link in page.select("main a")]
    assert reverse("programs:pack", args=[enrollment.public_id]) in addresses
    assert reverse("programs:month-sheet", args=[world.person.public_id, "2026-11"]) in addresses


def test_begins_empty(world):
    page = soup(client_of(world.worker).get(url(world.person)))
    assert text(page.select_one(".empty-title")) == "まだ何もありません"
    assert "まだ始めていません" in text(page.select_one(".summary"))
    assert page.select_one(".voices") is None


def test_is_for_those_who_see_the_person(world):
    assert client_of(world.coordinator).get(url(world.person)).status_code == 200
    for user in (world.stranger, world.home_staff):
        assert client_of(user).get(url(world.person)).status_code == 404


def test_asks_as_many_queries_for_three_sessions_as_for_one(world):
    goal, client = factories.GoalFactory(person=world.person), client_of(world.worker)

    def more(day, start):
        session = outing(world, day)
        rate(world, session)
        score(world, session, goal, 0)
        SessionRecord.objects.create(session=session, by=world.worker)
        enrollment = factories.EnrollmentFactory(person=world.person, program=world.program, starts_on=start)
        factories.ReviewFactory(enrollment=enrollment)
        factories.OutcomeFactory(enrollment=enrollment)

    more("2026-10-10", dt.date(2026, 10, 1))
    once = queries_of(client, url(world.person))
    more("2026-10-11", dt.date(2026, 10, 2))
    more("2026-10-12", dt.date(2026, 10, 3))
    assert queries_of(client, url(world.person)) == once <= 12


def test_is_cut_into_pages(world):
    for n in range(35):
        outing(world, f"2026-10-{n % 28 + 1:02}")
    client = client_of(world.worker)
    assert len(entries(client.get(url(world.person)))) == 30
    assert len(entries(client.get(url(world.person), {"page": 2}))) == 5
