"""The proposed plan beside the present one: who sees it, what it is made of, taking it over."""

import datetime as dt
import uuid

import pytest
import rules
from django.core.signing import Signer
from django.urls import reverse
from rules.permissions import permissions

from programs.enums import Certainty, Counting, Enforcement, ProgramKind, SessionKind, SessionState, Step, Unit, Window
from programs.models import EscortDay, Session
from programs.services import outings, proposals, sessions
from tests import factories
from tests.personas import make_world, member
from tests.programs.pages import HTMX, at, client_of, part, queries_of, soup, text
from transition import clock
from transition.enums import Expression, GoalArea, Residence, WishChoice
from transition.models import Goal, Wish, WishItem

pytestmark = pytest.mark.django_db
DAY = dt.timedelta(days=1)


@pytest.fixture
def world():
    world = make_world()
    world.person.residence = Residence.FACILITY
    world.person.save()
    program = factories.ProgramFactory(code="osaka-outing", name="外出の体験", kind=ProgramKind.OUTING, months=6)
    factories.LimitFactory(
        program=program,
        code="month",
        name="1か月の外出時間",
        unit=Unit.MINUTES,
        amount=24 * 60,
        window=Window.CALENDAR_MONTH,
        counting=Counting.SPAN,
        enforcement=Enforcement.ASK,
        certainty=Certainty.ASSUMED,
    )
    world.enrollment = factories.EnrollmentFactory(
        person=world.person,
        program=program,
        organization=world.office,
        starts_on=dt.date(2026, 11, 1),
        ends_on=dt.date(2027, 1, 31),
    )
    world.escort = member(world.office)
    world.escort.name = "付添 一郎"
    world.escort.save()
    free(world.escort, {2, 5})
    wish(world, "park", "公園")
    wish(world, "shopping", "かいもの")
    wish(world, "bath", "大きな おふろ", WishChoice.NOT_NOW)
    Goal.objects.create(
        person=world.person,
        words="外で楽しくすごしたい",
        area=GoalArea.ENJOY,
        level_minus_2="a",
        level_minus_1="b",
        level_0="c",
        level_plus_1="d",
        level_plus_2="e",
        target_on=dt.date(2027, 1, 31),
        created_by=world.worker,
    )
    return world


def free(user, weekdays, starts="10:00", ends="16:00"):
    days = [dt.date(2026, 11, 23) + n * DAY for n in range(70)]
    EscortDay.objects.bulk_create(
        EscortDay(user=user, date=day, starts=dt.time.fromisoformat(starts), ends=dt.time.fromisoformat(ends))
        for day in days
        if day.weekday() in weekdays
    )


def wish(world, code, name, choice=WishChoice.WANT):
    item, _ = WishItem.objects.get_or_create(code=code, organization=None, defaults={"name": name})
    return Wish.objects.create(
        person=world.person, item=item, choice=choice, expression=Expression.WORD, by=world.worker
    )


def url(world, query=""):
    return reverse("programs:proposal", args=[world.enrollment.public_id]) + query


def plan(world, day="2026-12-05", begins="10:00", ends="12:00", **more):
    return outings.plan(
        enrollment=world.enrollment,
        activity=more.pop("activity", "公園へ行く"),
        starts_at=at(day, begins),
        ends_at=at(day, ends),
        organization=world.office,
        by=world.worker,
        **more,
    )


def tokens(response):
    return [box["value"] for box in soup(response).select("input[name=piece]")]


def post(client, world, pieces, query="", **more):
    data = {"piece": pieces, "idempotency_key": str(uuid.uuid4())} | more
    return client.post(url(world, query), data)


@pytest.fixture
def worker(world):
    return client_of(world.worker)


def test_a_stranger_finds_nothing(world):
    assert client_of(world.stranger).get(url(world)).status_code == 404
    assert client_of(world.stranger).post(url(world)).status_code == 404


@pytest.fixture
def nobody_may_plan():
    """Today whoever sees a person may plan for them; the page must not rely on that."""
    allowed = permissions["programs.plan_outing"]
    rules.set_perm("programs.plan_outing", rules.always_false)
    yield
    rules.set_perm("programs.plan_outing", allowed)


def test_without_the_right_to_plan_nothing_is_taken_over(world, worker, nobody_may_plan):
    assert post(worker, world, tokens(worker.get(url(world)))).status_code == 403
    assert Session.objects.count() == 0


def test_the_page_shows_the_proposal_beside_the_present_plan(world, worker):
    kept = plan(world, confirm=True)
    response = worker.get(url(world))
    assert response.status_code == 200
    page = soup(response)
    shown = text(page.find("main"))
    assert "いまの予定" in shown
    assert "公園へ行く" in shown
    assert "公園 （外出）" in shown
    assert "付き添い 付添 一郎" in shown
    assert "目標「外で楽しくすごしたい」につながります。" in shown
    assert "「1か月の外出時間」の上限24時間をこえません。いまある予定も数えます（市町村に確認してください）。" in shown
    assert "おふろ" not in shown
    assert all(box.has_attr("checked") for box in page.select("input[name=piece]"))
    rows = [text(row.find("th")) for row in page.select("tbody tr")]
    assert f"{kept.starts_at.month}/5(土)" in rows
    assert "no-store" in response["Cache-Control"]


def test_everything_is_taken_over_and_checked_again(world, worker):
    pieces = tokens(worker.get(url(world)))
    response = post(worker, world, pieces)
    assert response.status_code == 302
    assert response["Location"] == reverse("programs:planner", args=[world.enrollment.public_id])
    planned = Session.objects.filter(enrollment=world.enrollment)
    assert planned.count() == len(pieces) > 3
    first = planned.order_by("starts_at").first()
    assert first.state == SessionState.REQUESTED
    assert [row.user for row in first.escorts.all()] == [world.escort]
    assert [row.item.code for row in first.session_wishes.all()] == ["park"] or first.session_wishes.get().item.code
    assert first.session_goals.get().goal.words == "外で楽しくすごしたい"


def test_only_what_is_ticked_is_taken_over(world, worker):
    pieces = tokens(worker.get(url(world)))
    post(worker, world, pieces[:2])
    assert Session.objects.count() == 2


def test_nothing_ticked_is_said_and_changes_nothing(world, worker):
    response = post(worker, world, [])
    assert response.status_code == 422
    assert "1つは選んでください" in text(soup(response).find("main"))
    assert not any(box.has_attr("checked") for box in soup(response).select("input[name=piece]"))
    assert Session.objects.count() == 0


def test_sending_twice_has_one_effect(world, worker):
    pieces = tokens(worker.get(url(world)))[:2]
    for _ in range(2):
        assert post(worker, world, pieces, idempotency_key="one-sending").status_code == 302
    assert Session.objects.count() == 2


def test_a_piece_that_no_longer_fits_is_refused_and_the_rest_goes_in(world, worker):
    pieces = tokens(worker.get(url(world)))[:2]
    data = Signer(salt=f"proposal {world.enrollment.public_id} {world.worker.pk}").unsign_object(pieces[0])
    plan(world, data[0], "09:00", "17:00", activity="ほかの予定", reason="試験")
    response = post(worker, world, pieces)
    assert response.status_code == 422
    shown = text(soup(response).find("main"))
    assert "1件を計画に入れました。入らなかったものがあります" in shown
    assert "「ほかの予定」があります" in shown
    assert Session.objects.count() == 2


@pytest.mark.parametrize("token", ["", "not a token", "abc:def"])
def test_a_piece_that_was_never_given_out_is_refused(world, worker, token):
    response = post(worker, world, [token])
    assert response.status_code == 422
    assert Session.objects.count() == 0


def test_a_piece_of_another_reader_is_refused(world, worker):
    other = client_of(member(world.office))
    assert post(worker, world, tokens(other.get(url(world)))[:1]).status_code == 422


def test_planning_the_rest_again_keeps_what_is_confirmed(world, worker):
    confirmed = plan(world, "2026-12-09", confirm=True)
    with_escort = plan(world, "2026-12-16", escorts=[world.escort])
    response = worker.get(url(world, "?anew=1"))
    boxes = soup(response).select("input[name=replace]")
    assert [box["value"] for box in boxes] == [str(with_escort.public_id)]
    pieces = tokens(response)
    answer = post(worker, world, pieces, "?anew=1", replace=[box["value"] for box in boxes])
    assert answer.status_code == 302, text(soup(answer).find("main"))
    confirmed.refresh_from_db()
    with_escort.refresh_from_db()
    assert confirmed.state == SessionState.CONFIRMED
    assert with_escort.state == SessionState.CANCELLED
    assert Session.objects.counting().count() == 1 + len(pieces)


def test_a_confirmed_outing_is_never_replaced(world, worker):
    confirmed = plan(world, "2026-12-09", confirm=True)
    pieces = tokens(worker.get(url(world, "?anew=1")))
    post(worker, world, pieces[:1], "?anew=1", replace=[str(confirmed.public_id), "not-a-uuid"])
    confirmed.refresh_from_db()
    assert confirmed.state == SessionState.CONFIRMED


def test_after_a_cancelled_outing_its_day_is_free_again(world, worker):
    cancelled = plan(world, "2026-12-09", confirm=True)
    before = tokens(worker.get(url(world)))
    sessions.cancel(session=cancelled, by=world.worker, reason="体調")
    assert len(tokens(worker.get(url(world)))) >= len(before)


def test_no_plan_says_which_rule_to_loosen_and_links_it(world, worker):
    sundays = "?per_month=3&at_least=1&per_week=1&gap=3&earliest=9:00&latest=17:00&weekdays=6&holidays=any&homes=1"
    response = worker.get(url(world, sundays))
    shown = soup(response).find("main")
    assert "この条件では案ができません" in text(shown)
    assert "ほかの曜日も使ってください" in text(shown)
    link = next(a["href"] for a in shown.select("a") if text(a) == "ゆるめて案を作る")
    assert tokens(worker.get(url(world) + link))


def test_without_free_days_it_asks_for_them(world, worker):
    EscortDay.objects.all().delete()
    response = worker.get(url(world))
    assert response.status_code == 200
    assert "付き添える日が足りません" in text(soup(response).find("main"))


def test_an_escort_on_another_outing_is_not_free(world, worker):
    EscortDay.objects.exclude(date=dt.date(2026, 12, 9)).delete()
    assert len(tokens(worker.get(url(world, "?at_least=0")))) == 1
    other = factories.SessionFactory(starts_at=at("2026-12-09", "10:00"), ends_at=at("2026-12-09", "16:00"))
    other.escorts.create(user=world.escort)
    assert tokens(worker.get(url(world, "?at_least=0"))) == []


def test_wrong_wishes_stand_beside_their_field_and_stay(world, worker):
    response = worker.get(url(world, "?per_month=９９&weekdays=1&earliest=17:00&latest=9:00"))
    assert response.status_code == 422
    page = soup(response)
    assert page.find("input", {"name": "per_month"})["value"] == "９９"
    assert "12以下の数" in text(page.find("main"))
    assert "「何時から」よりあと" in text(page.find("main"))


def test_a_stay_of_the_person_blocks_its_days_and_points_past_the_ladder(world, worker):
    factories.SessionFactory(
        person=world.person,
        program=world.program,
        kind=SessionKind.STAY,
        room=world.room,
        check_in=dt.date(2026, 12, 4),
        check_out=dt.date(2026, 12, 6),
        starts_at=at("2026-12-04", "15:00"),
        ends_at=at("2026-12-06", "10:00"),
    )
    days = [row.find("th").get_text() for row in soup(worker.get(url(world))).select("tbody tr")]
    proposed = [
        text(row.find("th"))
        for row in soup(worker.get(url(world))).select("tbody tr")
        if row.select("input[name=piece]")
    ]
    assert any("12/4" in day for day in days)
    assert not {"12/5(土)", "12/2(水)", "12/9(水)"} & set(proposed)


def test_htmx_gets_the_same_part_as_a_fresh_page(world, worker):
    whole = worker.get(url(world))
    partial = worker.get(url(world), headers={**HTMX, "HX-Target": "proposal"})
    assert part(whole, "proposal") == part(partial, "proposal")
    assert "<html" not in partial.content.decode()


def test_the_number_of_queries_does_not_grow(world, worker):
    plan(world)
    worker.get(url(world))
    before = queries_of(worker, url(world))
    for day in ("2026-12-12", "2026-12-19"):
        plan(world, day, escorts=[world.escort])
    for code in ("zoo", "cafe"):
        wish(world, code, code)
    free(member(world.office), {1, 4})
    assert queries_of(worker, url(world)) == before
    assert before <= 12


def test_the_service_reports_each_piece(world):
    from programs.domain.proposal import ProposedOuting

    good = ProposedOuting(dt.date(2026, 12, 9), 600, 690, "公園", Step.OUTING, world.escort.pk)
    past = ProposedOuting(dt.date(2026, 11, 1), 600, 690, "公園", Step.OUTING, world.escort.pk)
    result = proposals.accept(
        enrollment=world.enrollment, pieces=[good, past], organization=world.office, by=world.worker
    )
    assert [clock.local_date(row.starts_at) for row in result.accepted] == [good.date]
    assert [(piece, problems[0].code) for piece, problems in result.refused] == [(past, "outing.past")]
