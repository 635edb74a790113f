"""Goals in the person's words, their five levels and scores; and consents, which stand beside them."""

import datetime as dt

import pytest
from django.core.exceptions import ValidationError
from django.db import transaction
from django.urls import reverse

from programs.domain.problems import Refused
from programs.models import GoalScore, SessionGoal
from programs.services import scores
from tests import factories
from tests.personas import member
from tests.programs.pages import HTMX, client_of, field_error, part, queries_of, soup, text
from tests.programs.stories import day, enrolled, outing, outing_world, resident, sent
from transition.enums import ConsentKind, ConsentMeans, GoalState, OrganizationKind
from transition.models import AuditEvent, Consent, Goal
from transition.services import consents, goals

pytestmark = pytest.mark.django_db

LEVELS = {
    "level_minus_2": "いやがる",
    "level_minus_1": "すぐ帰る",
    "level_0": "おわりまで楽しむ",
    "level_plus_1": "また行きたいと言う",
    "level_plus_2": "行き先を言う",
}


@pytest.fixture
def world():
    return outing_world()


def add(world, **details):
    values = {"words": "でんしゃに のりたい", "area": "TRANSPORT", "target_on": day("2026-12-31"), **LEVELS}
    return goals.add(person=world.person, by=world.worker, **(values | details))


def url(name, person):
    return reverse(f"programs:{name}", args=[person.public_id])


class TestService:
    def test_keeps_the_person_s_words_and_the_levels(self, world):
        goal = add(world, wording="電車で往復する")
        assert (goal.words, goal.wording, goal.state) == ("でんしゃに のりたい", "電車で往復する", GoalState.ACTIVE)
        assert goal.levels[2] == (0, "おわりまで楽しむ")
        assert "でんしゃ" not in str(AuditEvent.objects.get(action="goal.add").data)

    def test_short_goals_stand_under_a_long_one(self, world):
        long = add(world, horizon="LONG")
        assert add(world, parent=long).parent == long

    @pytest.mark.parametrize(
        ("details", "field"),
        [
            ({"target_on": day("2026-11-21")}, "target_on"),
            ({"level_0": ""}, "level_0"),
            ({"words": ""}, "words"),
            ({"area": "X"}, "area"),
        ],
    )
    def test_refuses_beside_the_field(self, world, details, field):
        with pytest.raises(ValidationError) as refused:
            add(world, **details)
        assert list(refused.value.message_dict) == [field]

    def test_a_parent_is_the_person_s_own_long_goal(self, world):
        long, short = add(world, horizon="LONG"), add(world)
        foreign = factories.GoalFactory(horizon="LONG")
        for details in ({"parent": short}, {"parent": foreign}, {"parent": long, "horizon": "LONG"}):
            with pytest.raises(ValidationError) as refused:
                add(world, **details)
            assert list(refused.value.message_dict) == ["parent"]

    def test_a_long_goal_with_steps_stays_long(self, world):
        long = add(world, horizon="LONG")
        add(world, parent=long)
        with pytest.raises(ValidationError):
            goals.change(goal=long, horizon="SHORT", by=world.worker)

    @pytest.mark.parametrize("state", [GoalState.ACHIEVED, GoalState.CHANGED, GoalState.STOPPED])
    def test_is_closed_with_a_reason_and_then_stays(self, world, state):
        goal = goals.close(goal=add(world), state=state, reason="本人がそう言った", by=world.worker)
        assert (goal.state, goal.state_reason) == (state, "本人がそう言った")
        with pytest.raises(ValidationError):
            goals.close(goal=goal, state=GoalState.ACHIEVED, reason="また", by=world.worker)
        with pytest.raises(ValidationError):
            goals.change(goal=goal, words="ちがう", by=world.worker)

    @pytest.mark.parametrize(("state", "reason"), [("ACTIVE", "x"), ("STOPPED", " ")])
    def test_is_not_closed_without_knowing_why(self, world, state, reason):
        with pytest.raises(ValidationError):
            goals.close(goal=add(world), state=state, reason=reason, by=world.worker)


class TestScores:
    def test_stand_with_their_session(self, world):
        session = outing(world, "2026-11-20", state="COMPLETED")
        row = scores.score(goal=add(world), session=session, score=1, note="手をふった", by=world.worker)
        assert (row.score, row.note, row.scored_on) == (1, "手をふった", day("2026-11-20"))

    def test_the_same_again_writes_nothing_a_new_one_is_added(self, world):
        goal, session = add(world), outing(world, "2026-11-20", state="COMPLETED")
        for score in (1, 1, 2):
            scores.score(goal=goal, session=session, score=score, by=world.worker)
        assert list(GoalScore.objects.values_list("score", flat=True)) == [1, 2]

    @pytest.mark.parametrize(
        ("details", "code"),
        [
            ({"score": 3}, "score.scale"),
            ({"score": -3}, "score.scale"),
            ({"session": None}, "score.source"),
            ({"note": "あ" * 201}, "score.note"),
            ({"scored_on": day("2026-11-23")}, "score.future"),
        ],
    )
    def test_refuse_what_makes_no_sense(self, world, details, code):
        values = {"session": outing(world, "2026-11-20"), "score": 0} | details
        with pytest.raises(Refused) as refused:
            scores.score(goal=add(world), by=world.worker, **values)
        assert [problem.code for problem in refused.value.problems] == [code]

    def test_are_not_given_to_somebody_else_s_goal(self, world):
        session = outing(world, "2026-11-20", person=resident(world))
        with pytest.raises(Refused):
            scores.score(goal=add(world), session=session, score=0, by=world.worker)

    def test_go_with_the_transaction_around_them(self, world):
        goal, session = add(world), outing(world, "2026-11-20")

        def act():
            for score in (0, 9):
                scores.score(goal=goal, session=session, score=score, by=world.worker)

        with pytest.raises(Refused), transaction.atomic():
            act()
        assert not GoalScore.objects.exists()


class TestScreens:
    def written(self, **fields):
        return (
            sent(words="えいがを みたい", area="ENJOY", horizon="SHORT", target_on="令和8年12月31日", **LEVELS) | fields
        )

    def test_a_goal_is_written_and_listed(self, world):
        worker = client_of(world.worker)
        response = worker.post(url("goal-create", world.person), self.written())
        assert response["Location"] == url("goal-list", world.person)
        page = soup(worker.get(response["Location"]))
        assert text(page.select_one(".card h3")) == "「 えいがを みたい 」"
        assert text(page.select_one(".level-list .is-expected")).startswith("0")

    def test_examples_change_with_the_area_and_nothing_is_lost(self, world):
        typed = self.written(area="SHOP", suggest="1", level_0="", target_on="いつか")
        worker = client_of(world.worker)
        response = worker.post(url("goal-create", world.person), typed)
        page = soup(response)
        assert response.status_code == 200
        assert page.find(attrs={"name": "level_0"})["placeholder"] == "例：選んで、レジに出す"
        assert page.find(attrs={"name": "words"})["value"] == "えいがを みたい"
        assert page.find(attrs={"name": "target_on"})["value"] == "いつか"
        assert not page.select(".error-summary")
        assert not Goal.objects.exists()
        partial = worker.post(url("goal-create", world.person), typed, headers=HTMX | {"HX-Target": "form"})
        assert part(partial, "form").prettify() == part(response, "form").prettify()

    def test_what_is_wrong_stands_beside_and_is_kept(self, world):
        response = client_of(world.worker).post(
            url("goal-create", world.person), self.written(level_0="", target_on="２月３１日")
        )
        assert response.status_code == 422
        assert field_error(response, "level_0") == "0 のときの様子を書いてください。"
        assert soup(response).find(attrs={"name": "target_on"})["value"] == "２月３１日"
        assert soup(response).find(attrs={"name": "words"})["value"] == "えいがを みたい"

    def test_a_double_press_writes_one(self, world):
        worker, typed = client_of(world.worker), self.written()
        for _ in range(2):
            assert worker.post(url("goal-create", world.person), typed).status_code == 302
        assert Goal.objects.count() == 1

    def test_levels_stay_once_scored(self, world):
        goal = add(world)
        scores.score(goal=goal, session=outing(world, "2026-11-20"), score=0, by=world.worker)
        worker = client_of(world.worker)
        address = reverse("programs:goal-update", args=[goal.public_id])
        assert soup(worker.get(address)).find(attrs={"name": "level_0"}).has_attr("disabled")
        worker.post(address, self.written(level_0="らくなほう"))
        goal.refresh_from_db()
        assert (goal.words, goal.level_0) == ("えいがを みたい", "おわりまで楽しむ")

    def test_is_closed_on_its_page(self, world):
        goal, worker = add(world), client_of(world.worker)
        address = reverse("programs:goal-close", args=[goal.public_id])
        refused = worker.post(address, sent(state="STOPPED", reason=""))
        assert (refused.status_code, field_error(refused, "reason")) == (422, "入力してください。")
        assert worker.post(address, sent(state="STOPPED", reason="いまはいい")).status_code == 302
        assert "いまはいい" in text(soup(worker.get(url("goal-list", world.person))).main)
        again = worker.post(address, sent(state="STOPPED", reason="また"))
        assert again.status_code == 422
        assert "もう「とりやめ」になっています" in text(soup(again).select_one(".error-summary"))

    def test_strangers_find_nothing(self, world):
        goal, stranger = add(world), client_of(world.stranger)
        for address in (
            url("goal-list", world.person),
            url("goal-create", world.person),
            reverse("programs:goal-update", args=[goal.public_id]),
            reverse("programs:goal-close", args=[goal.public_id]),
        ):
            assert stranger.get(address).status_code == 404

    def test_as_many_queries_for_three_as_for_one(self, world):
        worker, session = client_of(world.worker), outing(world, "2026-11-20")
        long = add(world, horizon="LONG")
        for count in range(3):
            goal = add(world, parent=long)
            scores.score(goal=goal, session=session, score=0, by=world.worker)
            SessionGoal.objects.create(session=session, goal=goal)
            asked = queries_of(worker, url("goal-list", world.person))
            if count == 0:
                first = asked
        assert asked == first <= 12
        assert "体験1回" in text(soup(worker.get(url("goal-list", world.person))).main)


class TestConsents:
    def give(self, world, **details):
        values = {"kind": ConsentKind.PHOTO, "means": ConsentMeans.WORD} | details
        return consents.give(person=world.person, by=world.worker, **values)

    def given(self, world):
        return Consent.objects.given("PHOTO", day("2026-11-22")).filter(person=world.person).exists()

    def test_holds_until_withdrawn(self, world):
        consent = self.give(world)
        assert self.given(world)
        for _ in range(2):
            consent = consents.withdraw(consent=consent, by=world.worker)
        assert not self.given(world)
        assert consent.withdrawn_by == world.worker
        assert AuditEvent.objects.filter(action="consent.withdraw").count() == 1

    def test_ends_on_its_day(self, world):
        self.give(world, given_on=day("2026-10-01"), ends_on=day("2026-11-21"))
        assert not self.given(world)

    @pytest.mark.parametrize(
        ("details", "field"),
        [
            ({"given_on": day("2026-11-23")}, "given_on"),
            ({"ends_on": day("2026-11-21")}, "ends_on"),
            ({"kind": "X"}, "kind"),
        ],
    )
    def test_dates_make_sense(self, world, details, field):
        with pytest.raises(ValidationError) as refused:
            self.give(world, **details)
        assert list(refused.value.message_dict) == [field]

    def test_is_given_and_withdrawn_on_screen(self, world):
        worker = client_of(world.worker)
        fields = {"kind": "PHOTO", "means": "GESTURE", "given_on": "R8.11.22", "ends_on": "", "note": "うなずいた"}
        refused = worker.post(url("consent-create", world.person), sent(**fields | {"ends_on": "令和8年11月1日"}))
        assert refused.status_code == 422
        assert field_error(refused, "ends_on") == "同意の終わりは、同意した日よりあとにしてください。"
        assert soup(refused).find(attrs={"name": "note"})["value"] == "うなずいた"
        typed = sent(**fields)
        for _ in range(2):
            assert worker.post(url("consent-create", world.person), typed).status_code == 302
        [consent] = Consent.objects.filter(kind=ConsentKind.PHOTO)
        page = text(soup(worker.get(url("consent-list", world.person))).main)
        assert "写真を撮って残す" in page
        assert "同意している" in page
        address = reverse("programs:consent-withdraw", args=[world.person.public_id, consent.public_id])
        assert "すぐに見られなくなり" in text(soup(worker.get(address)).main)
        assert worker.post(address, sent()).status_code == 302
        assert not self.given(world)

    def test_only_those_who_support_the_person(self, world):
        consent = self.give(world)
        withdraw = reverse("programs:consent-withdraw", args=[world.person.public_id, consent.public_id])
        stranger = client_of(world.stranger)
        for address in (url("consent-list", world.person), url("consent-create", world.person), withdraw):
            assert stranger.get(address).status_code == 404
        assert stranger.post(withdraw, sent()).status_code == 404
        other = resident(world)
        address = reverse("programs:consent-withdraw", args=[other.public_id, consent.public_id])
        assert client_of(world.worker).get(address).status_code == 404

    def test_as_many_queries_for_three_as_for_one(self, world):
        worker = client_of(world.worker)
        counts = []
        for _ in range(3):
            consents.withdraw(consent=self.give(world), by=world.worker)
            counts.append(queries_of(worker, url("consent-list", world.person)))
        assert counts[0] == counts[2] <= 12


def test_a_facility_sees_the_enrollment_but_does_not_change_it(world):
    """Everybody who supports the person may write goals; the period belongs to those who keep it."""
    facility = factories.OrganizationFactory(kind=OrganizationKind.FACILITY, municipality=world.municipality)
    factories.SupportLinkFactory(person=world.person, organization=facility, starts_on=dt.date(2026, 1, 1))
    enrollment, reader = enrolled(world), client_of(member(facility))
    assert reader.get(url("goal-create", world.person)).status_code == 200
    page = reader.get(reverse("programs:enrollment-detail", args=[enrollment.public_id]))
    assert page.status_code == 200
    assert not soup(page).select("main a[href$='/extend/'], main a[href$='/outcome/']")
    for name in ("enrollment-extend", "enrollment-end", "enrollment-stages", "outcome-decide"):
        address = reverse(f"programs:{name}", args=[enrollment.public_id])
        assert reader.get(address).status_code == 403
        assert reader.post(address, sent()).status_code == 403
    review = reverse("programs:review-hold", args=[enrollment.public_id, 1])
    assert reader.get(review).status_code == 200
    assert not soup(reader.get(review)).select("#form")
    assert reader.post(review, sent()).status_code == 403
