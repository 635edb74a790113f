"""Looking back at months 1, 3 and 6: texts and scores together, the chart, and what stands beside it."""

import uuid

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from programs.domain.problems import Refused
from programs.models import GoalScore, Rating, Review, SessionRecord
from programs.services import outcomes, reviews, scores
from programs.services.reviews import GivenScore
from tests import factories
from tests.programs.pages import HTMX, client_of, field_error, part, queries_of, soup, text
from tests.programs.stories import day, enrolled, outing, outing_world, resident, sent
from transition.models import AuditEvent, Wish, WishItem

pytestmark = pytest.mark.django_db


@pytest.fixture
def world():
    return outing_world()


@pytest.fixture
def enrollment(world):
    return enrolled(world)


def hold(world, enrollment, month=1, **details):
    values = {"held_on": day("2026-11-01"), "decision": "続ける", "by": world.worker} | details
    return reviews.hold(review=enrollment.reviews.get(month=month), **values)


def address(enrollment, month=1):
    return reverse("programs:review-hold", args=[enrollment.public_id, month])


def detail(enrollment):
    return reverse("programs:enrollment-detail", args=[enrollment.public_id])


class TestHold:
    def test_writes_texts_and_scores_together(self, world, enrollment):
        goal = factories.GoalFactory(person=world.person)
        review = hold(world, enrollment, person_said="わらった", goal_scores=[GivenScore(goal, 1, "のりものがすき")])
        [score] = GoalScore.objects.filter(review=review)
        assert (score.goal, score.score, score.note, score.scored_on) == (goal, 1, "のりものがすき", day("2026-11-01"))
        assert (review.person_said, review.by) == ("わらった", world.worker)
        assert "わらった" not in str(AuditEvent.objects.get(action="review.hold").data)

    def test_all_or_nothing(self, world, enrollment):
        foreign = factories.GoalFactory()
        with pytest.raises(Refused):
            hold(world, enrollment, goal_scores=[GivenScore(foreign, 1)])
        assert Review.objects.get(enrollment=enrollment, month=1).held_on is None

    @pytest.mark.parametrize(
        ("details", "code"),
        [
            ({"held_on": day("2026-11-23")}, "review.future"),
            ({"held_on": day("2026-09-30")}, "review.early"),
            ({"decision": " "}, "review.decision"),
        ],
    )
    def test_refuses_what_makes_no_sense(self, world, enrollment, details, code):
        with pytest.raises(Refused) as refused:
            hold(world, enrollment, **details)
        assert [problem.code for problem in refused.value.problems] == [code]

    def test_is_held_once(self, world, enrollment):
        hold(world, enrollment)
        with pytest.raises(Refused) as refused:
            hold(world, enrollment)
        assert [problem.code for problem in refused.value.problems] == ["review.held"]


class TestPage:
    def story(self, world, enrollment):
        """One month with two outings, scored, rated, recorded; a wish appeared."""
        goal = factories.GoalFactory(person=world.person)
        for on, score in (("2026-10-10", -1), ("2026-10-24", 1)):
            session = outing(world, on, hours=3, state="COMPLETED", activity="買い物", enrollment=enrollment)
            scores.score(goal=goal, session=session, score=score, by=world.worker)
            SessionRecord.objects.create(session=session, helped="静かな時間の店", by=world.worker)
            Rating.objects.create(session=session, face="GOOD", expression="FACE", word="また", by=world.worker)
        item = WishItem.objects.create(code=f"cinema-{uuid.uuid4().hex[:8]}", name="えいが")
        for _ in range(2):
            Wish.objects.create(person=world.person, item=item, choice="WANT", expression="FACE", by=world.worker)
        return goal

    def test_shows_the_chart_with_a_table_beside_it(self, world, enrollment):
        self.story(world, enrollment)
        page = soup(client_of(world.worker).get(address(enrollment)))
        chart = page.select_one("svg.goal-chart")
        assert len(chart.select("circle")) == 2
        assert len(chart.polyline["points"].split()) == 2
        assert not page.select("main [style], main svg[style]")
        rows = [[text(cell) for cell in row.select("th, td")] for row in page.select(".goal-story tbody tr")]
        assert rows == [
            ["10/10(土)", "−1", "買い物", "なし", "よかった「 また 」"],
            ["10/24(土)", "＋1", "買い物", "なし", "よかった「 また 」"],
        ]

    def test_shows_hours_wishes_and_what_helped(self, world, enrollment):
        self.story(world, enrollment)
        page = soup(client_of(world.worker).get(address(enrollment)))
        main = text(page.main)
        months = [
            [text(cell) for cell in row.select("th, td")] for row in page.select("[aria-labelledby=h-hours] tbody tr")
        ]
        assert months == [
            ["10/1(木)から10/31(土)まで", "6時間", "0分", "24時間"],
            ["11/1(日)から11/30(月)まで", "0分", "0分", "24時間"],
        ]
        assert "体験は2回ありました" in main
        assert [text(item) for item in page.select("[aria-labelledby=h-wishes] li")] == ["えいが 11/22(日)・表情"]
        assert main.count("静かな時間の店") == 2

    def test_says_when_a_month_went_over(self, world, enrollment):
        for on in ("2026-10-10", "2026-10-11", "2026-10-12"):
            outing(world, on, hours=9, state="COMPLETED")
        page = soup(client_of(world.worker).get(address(enrollment)))
        assert "27時間" in text(page.select_one("[aria-labelledby=h-hours]"))
        assert "こえています" in text(page.select_one("[aria-labelledby=h-hours]"))

    def test_is_held_on_the_page_and_then_reads(self, world, enrollment):
        goal, worker = self.story(world, enrollment), client_of(world.worker)
        typed = sent(
            held_on="令和8年11月1日",
            decision="買い物を続ける",
            present="本人、担当",
            **{f"score_{goal.public_id.hex}": "2", f"note_{goal.public_id.hex}": "店を選んだ"},
        )
        for _ in range(2):
            assert worker.post(address(enrollment), typed)["Location"] == detail(enrollment)
        assert GoalScore.objects.filter(review__isnull=False).count() == 1
        page = soup(worker.get(address(enrollment)))
        assert not page.select("#form")
        assert "買い物を続ける" in text(page.main)
        assert len(page.select("svg.goal-chart rect")) == 1
        assert "買い物を続ける" in text(soup(worker.get(detail(enrollment))).main)

    def test_keeps_what_was_typed(self, world, enrollment):
        goal, worker = self.story(world, enrollment), client_of(world.worker)
        typed = sent(held_on="あした", decision="", helped="写真", **{f"score_{goal.public_id.hex}": "-1"})
        response = worker.post(address(enrollment), typed)
        assert response.status_code == 422
        assert field_error(response, "decision") == "入力してください。"
        page = soup(response)
        assert page.find(attrs={"name": "held_on"})["value"] == "あした"
        assert page.find(attrs={"name": "helped"}).text.strip() == "写真"
        assert page.select_one(f"[name=score_{goal.public_id.hex}][checked]")["value"] == "-1"
        partial = worker.post(address(enrollment), typed, headers=HTMX | {"HX-Target": "form"})
        assert part(partial, "form").prettify() == part(response, "form").prettify()

    def test_strangers_find_nothing(self, world, enrollment):
        stranger = client_of(world.stranger)
        assert stranger.get(address(enrollment)).status_code == 404
        assert stranger.post(address(enrollment), sent()).status_code == 404
        assert client_of(world.worker).get(address(enrollment, 2)).status_code == 404

    def test_as_many_queries_for_three_as_for_one(self, world, enrollment):
        worker, counts = client_of(world.worker), []
        for _ in range(3):
            self.story(world, enrollment)
            counts.append(queries_of(worker, address(enrollment)))
        assert counts[0] == counts[2] <= 12


class TestEnrollmentPages:
    def test_detail_tells_stage_hours_reviews_and_history(self, world, enrollment):
        outing(world, "2026-11-20", hours=2, state="COMPLETED")
        outing(world, "2026-11-28", hours=3)
        factories.GoalFactory(person=world.person)
        page = soup(client_of(world.worker).get(detail(enrollment)))
        assert text(page.select_one(".steps [aria-current]")).startswith("計画づくり")
        legend = [text(item) for item in page.select(".hours-bar .legend li")]
        assert legend == ["使った 2時間", "確定 3時間", "申込中 0時間", "残り 19時間"]
        badges = [text(item) for item in page.select("[aria-labelledby=h-reviews] .badge")]
        assert badges == ["予定日をすぎています", "これから", "これから"]
        assert "市町村に確認してください" in text(page.main)
        assert "違法" not in text(page.main)

    def test_a_move_shows_its_follow_ups(self, world, enrollment):
        outcomes.decide(
            enrollment=enrollment, code="MOVED_GROUP_HOME", decided_on=day("2026-10-20"),
            moved_on=day("2026-10-20"), by=world.worker,
        )  # fmt: skip
        worker = client_of(world.worker)
        rows = [text(item) for item in soup(worker.get(detail(enrollment))).select("[aria-labelledby=h-outcome] li")]
        assert "めやすをすぎています" in rows[0]
        assert "令和9年4月20日（火）" in rows[1]
        visit = reverse("programs:follow-up-record", args=[enrollment.public_id, "VISIT_30_DAYS"])
        refused = worker.post(visit, sent(done_on="令和8年10月1日", still_there="yes", note="元気"))
        assert (refused.status_code, soup(refused).find(attrs={"name": "note"}).text.strip()) == (422, "元気")
        assert worker.post(visit, sent(done_on="令和8年11月22日", still_there="yes", note="元気")).status_code == 302
        rows = [text(item) for item in soup(worker.get(detail(enrollment))).select("[aria-labelledby=h-outcome] li")]
        assert "済み（めやすよりあと）" in rows[0]
        missing = reverse("programs:follow-up-record", args=[enrollment.public_id, "NEXT"])
        assert worker.get(missing).status_code == 404

    def test_the_outcome_is_written_on_its_page(self, world, enrollment):
        worker = client_of(world.worker)
        url = reverse("programs:outcome-decide", args=[enrollment.public_id])
        fields = {
            "code": "MOVED_FLAT",
            "decided_on": "2026-11-20",
            "moved_on": "",
            "next_service": "",
            "note": "本人の希望",
        }
        refused = worker.post(url, sent(**fields))
        assert (refused.status_code, field_error(refused, "moved_on")) == (422, "引っこした日を入力してください。")
        assert worker.post(url, sent(**fields | {"moved_on": "令和8年11月1日"})).status_code == 302
        assert soup(worker.get(url)).select_one("[name=code][checked]")["value"] == "MOVED_FLAT"

    def enroll(self, world, **fields):
        return sent(
            program=str(world.program.public_id),
            starts_on="令和9年4月1日",
            lead=world.worker.email,
            consent_means="WORD",
            purpose="楽しむ",
            **fields,
        )

    def test_begins_on_its_page(self, world):
        worker = client_of(world.worker)
        url = reverse("programs:enrollment-create", args=[world.person.public_id])
        form = soup(worker.get(url))
        assert form.select_one("[name=program][checked]")["value"] == str(world.program.public_id)
        typed = self.enroll(world)
        first, second = worker.post(url, typed), worker.post(url, typed)
        assert first.status_code == 302
        assert first["Location"] == second["Location"]
        page = text(soup(worker.get(first["Location"])).main)
        assert "令和9年4月1日（木）から令和9年9月30日（木）まで" in page
        listing = worker.get(reverse("programs:enrollment-list", args=[world.person.public_id]))
        assert "これから" in text(soup(listing).main)

    def test_what_is_missing_stands_beside_and_is_kept(self, world, enrollment):
        url = reverse("programs:enrollment-create", args=[world.person.public_id])
        response = client_of(world.worker).post(url, self.enroll(world) | {"consent_means": "", "starts_on": "R8.12.1"})
        assert response.status_code == 422
        assert "同意が要ります" in field_error(response, "consent_means")
        assert soup(response).find(attrs={"name": "starts_on"})["value"] == "R8.12.1"
        response = client_of(world.worker).post(url, self.enroll(world) | {"starts_on": "R8.12.1"})
        assert response.status_code == 422
        assert "重なっています" in field_error(response, "starts_on")

    def test_says_why_somebody_cannot_begin_here(self, world):
        world.person.residence = "FAMILY"
        world.person.save()
        url = reverse("programs:enrollment-create", args=[world.person.public_id])
        worker = client_of(world.worker)
        page = soup(worker.get(url))
        assert not page.select("[name=program]")
        assert "「障害者支援施設」の方だけです（本人は「家族と同居」）" in text(page.select_one(".greyed-reason"))
        response = worker.post(url, self.enroll(world))
        assert response.status_code == 422
        assert "「障害者支援施設」の方だけです" in text(soup(response).select_one(".error-summary"))

    @pytest.mark.parametrize("hours", ["", "on"])
    def test_ends_early_with_what_was_planned(self, world, enrollment, hours):
        session = outing(world, "2026-12-11", activity="映画")
        url = reverse("programs:enrollment-end", args=[enrollment.public_id])
        typed = sent(ends_on="令和8年12月1日", end="WISH", reason="本人の希望", cancel_sessions=hours)
        response = client_of(world.worker).post(url, typed)
        session.refresh_from_db()
        if hours:
            assert (response.status_code, session.state) == (302, "CANCELLED")
            return
        assert response.status_code == 422
        assert "「映画」（確定）" in text(soup(response).select_one(".problems"))
        assert soup(response).find(attrs={"name": "reason"}).text.strip() == "本人の希望"

    def test_extends_and_sets_stages(self, world, enrollment):
        worker = client_of(world.worker)
        stages = reverse("programs:enrollment-stages", args=[enrollment.public_id])
        assert worker.post(stages, sent(support_from="2026-10-15", review_on="2027-03-01")).status_code == 302
        extend = reverse("programs:enrollment-extend", args=[enrollment.public_id])
        assert worker.post(extend, sent(ends_on="2027-06-30", reason="冬の分")).status_code == 302
        page = soup(worker.get(detail(enrollment)))
        assert text(page.select_one(".steps [aria-current]")).startswith("外出支援")
        assert "冬の分" in text(page.main)

    def test_strangers_find_nothing(self, world, enrollment):
        stranger = client_of(world.stranger)
        for name in ("enrollment-list", "enrollment-create"):
            assert stranger.get(reverse(f"programs:{name}", args=[world.person.public_id])).status_code == 404
        for name in ("enrollment-detail", "enrollment-extend", "enrollment-end", "enrollment-stages", "outcome-decide"):
            assert stranger.get(reverse(f"programs:{name}", args=[enrollment.public_id])).status_code == 404

    def test_as_many_queries_for_three_as_for_one(self, world, enrollment):
        worker, counts, lists = client_of(world.worker), [], []
        outcomes.decide(
            enrollment=enrollment, code="MOVED_FLAT", decided_on=day("2026-11-01"),
            moved_on=day("2026-11-01"), by=world.worker,
        )  # fmt: skip
        for number in range(3):
            factories.GoalFactory(person=world.person)
            outing(world, f"2026-11-0{number + 1}", state="COMPLETED")
            enrolled(world, starts_on=day(f"{2028 + number}-01-01"))
            counts.append(queries_of(worker, detail(enrollment)))
            lists.append(queries_of(worker, reverse("programs:enrollment-list", args=[world.person.public_id])))
        assert counts[0] == counts[2] <= 12
        assert lists[0] == lists[2] <= 12

    def test_the_form_stays_within_twelve_queries(self, world):
        url = reverse("programs:enrollment-create", args=[resident(world).public_id])
        worker = client_of(world.worker)
        with CaptureQueriesContext(connection) as queries:
            assert worker.get(url).status_code == 200
        assert len(queries) <= 12
