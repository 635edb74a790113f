"""Taking part in a program: who may, from when to when, and what hangs on the period."""

import datetime as dt

import pytest

from programs.domain.problems import BLOCK, Refused
from programs.enums import EnrollmentEnd, ProgramKind, SessionState
from programs.models import Enrollment, Review, SessionEvent
from programs.services import enrollments, reviews
from tests import factories
from tests.programs.stories import day, enrolled, outing, outing_program, outing_world
from transition.enums import ConsentKind, ConsentMeans, OrganizationKind, Residence
from transition.models import AuditEvent, Consent
from transition.services.transactions import RequestKey

pytestmark = pytest.mark.django_db


@pytest.fixture
def world():
    return outing_world()


def codes(refused):
    return [problem.code for problem in refused.value.problems]


def due(enrollment):
    rows = Review.objects.filter(enrollment=enrollment).order_by("month")
    return {row.month: row.due_on.isoformat() for row in rows}


class TestEnroll:
    @pytest.mark.parametrize(
        ("starts_on", "ends_on", "reviews"),
        [
            ("2026-07-10", "2027-01-09", {1: "2026-08-09", 3: "2026-10-09", 6: "2027-01-09"}),
            ("2026-08-31", "2027-02-28", {1: "2026-09-30", 3: "2026-11-30", 6: "2027-02-28"}),
            ("2026-04-01", "2026-09-30", {1: "2026-04-30", 3: "2026-06-30", 6: "2026-09-30"}),
        ],
    )
    def test_the_program_s_months_set_the_end_and_the_reviews(self, world, starts_on, ends_on, reviews):
        enrollment = enrolled(world, starts_on=day(starts_on), ends_on=day("2030-01-01"))
        assert enrollment.ends_on == day(ends_on)
        assert due(enrollment) == reviews

    def test_records_the_consent_and_the_evidence(self, world):
        enrollment = enrolled(world, consent_means=ConsentMeans.GESTURE, consent_note="写真を見てうなずいた")
        consent = Consent.objects.given(ConsentKind.PROGRAM, day("2026-11-22")).get(person=world.person)
        assert enrollment.consent == consent
        assert consent.ends_on == enrollment.ends_on
        assert (consent.means, consent.note) == (ConsentMeans.GESTURE, "写真を見てうなずいた")
        event = AuditEvent.objects.get(action="enrollment.enroll")
        assert event.subject_id == str(enrollment.public_id)
        assert "うなずいた" not in str(event.data)

    def test_only_residents_of_a_facility_go_on_outings_of_this_program(self, world):
        world.person.residence = Residence.FAMILY
        world.person.save()
        with pytest.raises(Refused) as refused:
            enrolled(world)
        [problem] = refused.value.problems
        assert (problem.code, problem.enforcement, problem.field) == ("enrollment.residence", BLOCK, "program")
        assert problem.message == (
            "「外出体験」を利用できるのは、いまの住まいが「障害者支援施設」の方だけです（本人は「家族と同居」）。"
            "住まいの登録がちがうときは、先に直してください。例外にあたるかどうかは、市町村に確認してください"
        )
        assert not Enrollment.objects.exists()
        assert not Consent.objects.filter(kind=ConsentKind.PROGRAM).exists()

    def test_only_people_with_carers_try_living_alone(self, world):
        program = outing_program(
            code="solo", kind=ProgramKind.SOLO_LIVING_TRIAL, months=None, residences=[Residence.FAMILY]
        )
        with pytest.raises(Refused) as refused:
            enrolled(world, program=program, ends_on=day("2026-12-31"))
        assert codes(refused) == ["enrollment.residence"]
        assert "「家族と同居」の方だけです（本人は「障害者支援施設」）" in refused.value.problems[0].message
        world.person.residence = Residence.FAMILY
        world.person.save()
        enrollment = enrolled(world, program=program, ends_on=day("2026-12-31"))
        assert due(enrollment) == {1: "2026-10-31", 3: "2026-12-31"}

    def test_a_program_without_months_needs_an_end(self, world):
        program = outing_program(code="open", months=None)
        with pytest.raises(Refused) as refused:
            enrolled(world, program=program)
        assert codes(refused) == ["enrollment.end_missing"]
        for ends_on in ("2026-09-30", "2031-01-01"):
            with pytest.raises(Refused):
                enrolled(world, program=program, ends_on=day(ends_on))

    @pytest.mark.parametrize("starts_on", ["2026-10-01", "2026-04-02", "2027-03-31"])
    def test_no_two_at_the_same_time_under_any_copy_of_the_program(self, world, starts_on):
        enrolled(world)
        copy = outing_program(municipality=world.municipality)
        with pytest.raises(Refused) as refused:
            enrolled(world, program=copy, starts_on=day(starts_on))
        assert codes(refused) == ["enrollment.overlap"]
        assert "令和8年10月1日から令和9年3月31日まで" in refused.value.problems[0].message

    @pytest.mark.parametrize("starts_on", ["2027-04-01", "2026-04-01"])
    def test_one_after_the_other_is_fine(self, world, starts_on):
        enrolled(world)
        assert enrolled(world, starts_on=day(starts_on)).pk

    def test_says_everything_at_once(self, world):
        world.person.residence = Residence.ALONE
        world.person.save()
        other = outing_program(municipality=factories.MunicipalityFactory())
        home = factories.OrganizationFactory(kind=OrganizationKind.GROUP_HOME)
        with pytest.raises(Refused) as refused:
            enrolled(world, program=other, facility=home, consent_means="", consent_on=day("2026-11-23"))
        assert codes(refused) == [
            "enrollment.residence",
            "enrollment.program",
            "enrollment.facility",
            "enrollment.consent",
            "enrollment.consent_on",
        ]

    def test_a_repeated_sending_makes_one(self, world):
        key = RequestKey.of(world.worker.pk, "k", {})
        assert enrolled(world, key=key) == enrolled(world, key=key)
        assert (
            Enrollment.objects.count(),
            Consent.objects.filter(kind=ConsentKind.PROGRAM).count(),
            Review.objects.count(),
        ) == (1, 1, 3)


class TestExtend:
    def test_moves_the_end_and_tells_why(self, world):
        enrollment = enrolled(world)
        change = enrollments.extend(
            enrollment=enrollment, ends_on=day("2027-06-30"), reason="冬に外出できなかったため", by=world.worker
        )
        enrollment.refresh_from_db()
        assert (change.ended_on, change.ends_on, change.end) == (day("2027-03-31"), day("2027-06-30"), "")
        assert enrollment.ends_on == day("2027-06-30")
        assert due(enrollment) == {1: "2026-10-31", 3: "2026-12-31", 6: "2027-03-31"}

    def test_needs_a_later_day_and_a_reason(self, world):
        with pytest.raises(Refused) as refused:
            enrollments.extend(enrollment=enrolled(world), ends_on=day("2027-03-31"), reason=" ", by=world.worker)
        assert codes(refused) == ["enrollment.reason", "enrollment.not_later"]

    def test_does_not_reach_into_the_next(self, world):
        enrollment = enrolled(world)
        enrolled(world, starts_on=day("2027-05-01"))
        with pytest.raises(Refused) as refused:
            enrollments.extend(enrollment=enrollment, ends_on=day("2027-05-01"), reason="延長", by=world.worker)
        assert codes(refused) == ["enrollment.overlap"]


class TestEndEarly:
    def end(self, world, enrollment, ends_on="2026-12-10", **details):
        values = {"end": EnrollmentEnd.WISH, "reason": "本人の希望", "by": world.worker} | details
        return enrollments.end_early(enrollment=enrollment, ends_on=day(ends_on), **values)

    def test_closes_with_the_next_review_and_drops_the_others(self, world):
        enrollment = enrolled(world)
        reviews.hold(
            review=enrollment.reviews.get(month=1), held_on=day("2026-11-01"), decision="続ける", by=world.worker
        )
        change = self.end(world, enrollment)
        enrollment.refresh_from_db()
        assert (enrollment.ends_on, change.end) == (day("2026-12-10"), EnrollmentEnd.WISH)
        assert due(enrollment) == {1: "2026-10-31", 3: "2026-12-10"}

    def test_brings_the_stages_inside(self, world):
        enrollment = enrolled(world)
        enrollments.set_stages(
            enrollment=enrollment, support_from=day("2026-12-20"), review_on=day("2027-03-01"), by=world.worker
        )
        self.end(world, enrollment)
        enrollment.refresh_from_db()
        assert (enrollment.support_from, enrollment.review_on) == (None, day("2026-12-10"))

    @pytest.mark.parametrize("ends_on", ["2026-09-30", "2027-03-31", "2027-04-01"])
    def test_the_new_end_lies_inside(self, world, ends_on):
        with pytest.raises(Refused) as refused:
            self.end(world, enrolled(world), ends_on)
        assert codes(refused) == ["enrollment.not_earlier"]

    def test_needs_to_know_why(self, world):
        with pytest.raises(Refused) as refused:
            self.end(world, enrolled(world), end="", reason="")
        assert codes(refused) == ["enrollment.reason", "enrollment.end"]

    def test_planned_outings_stand_in_the_way(self, world):
        enrollment = enrolled(world)
        outing(world, "2026-12-10")
        outing(world, "2026-12-11", activity="映画")
        outing(world, "2026-12-12", state=SessionState.CANCELLED)
        with pytest.raises(Refused) as refused:
            self.end(world, enrollment)
        [problem] = refused.value.problems
        assert problem.code == "enrollment.planned"
        assert "令和8年12月11日の「映画」（確定）が、終わる日よりあとに残っています" in problem.message

    def test_or_are_cancelled_with_it(self, world):
        enrollment = enrolled(world)
        kept, gone = outing(world, "2026-12-10"), outing(world, "2026-12-11")
        self.end(world, enrollment, cancel_sessions=True)
        for session in (kept, gone):
            session.refresh_from_db()
        assert (kept.state, gone.state) == (SessionState.CONFIRMED, SessionState.CANCELLED)
        assert SessionEvent.objects.get(session=gone).reason == "利用を早く終えるため：本人の希望"

    def test_what_happened_stays_inside(self, world):
        enrollment = enrolled(world)
        outing(world, "2026-11-20", state=SessionState.COMPLETED)
        with pytest.raises(Refused) as refused:
            self.end(world, enrollment, "2026-11-19")
        assert codes(refused) == ["enrollment.held"]
        assert self.end(world, enrollment, "2026-11-20").pk

    def test_one_that_goes_on_must_end_first(self, world):
        enrollment = enrolled(world)
        outing(world, "2026-11-22", state=SessionState.IN_PROGRESS)
        with pytest.raises(Refused) as refused:
            self.end(world, enrollment, "2026-11-21", cancel_sessions=True)
        assert codes(refused) == ["enrollment.running"]

    def test_can_be_taken_back_by_an_extension(self, world):
        enrollment = enrolled(world)
        self.end(world, enrollment)
        enrollments.extend(enrollment=enrollment, ends_on=day("2027-03-31"), reason="また行きたい", by=world.worker)
        assert due(enrollment) == {1: "2026-10-31", 3: "2026-12-31", 6: "2027-03-31"}
        assert enrollment.changes.count() == 2


class TestStages:
    def test_are_set_and_taken_back(self, world):
        enrollment = enrolled(world)
        for dates in ((day("2026-10-15"), day("2027-03-15")), (day("2026-10-15"), None), (None, None)):
            enrollments.set_stages(enrollment=enrollment, support_from=dates[0], review_on=dates[1], by=world.worker)
            enrollment.refresh_from_db()
            assert (enrollment.support_from, enrollment.review_on) == dates

    @pytest.mark.parametrize(
        ("support_from", "review_on", "found"),
        [
            ("2026-09-30", None, ["enrollment.stage"]),
            (None, "2027-04-01", ["enrollment.stage"]),
            ("2027-01-01", "2026-12-31", ["enrollment.stage_order"]),
        ],
    )
    def test_stand_in_order_inside_the_period(self, world, support_from, review_on, found):
        with pytest.raises(Refused) as refused:
            enrollments.set_stages(
                enrollment=enrolled(world),
                support_from=support_from and day(support_from),
                review_on=review_on and day(review_on),
                by=world.worker,
            )
        assert codes(refused) == found


def test_an_enrollment_counts_for_the_limits(world):
    """What the limits hang on sees the new period at once."""
    from programs.queries.limits import LimitBook

    enrollment = enrolled(world)
    account = LimitBook([world.person]).account(world.person, world.program, dt.date(2026, 11, 22))
    assert account.context.enrollment is not None
    assert account.context.enrollment.end == enrollment.ends_on
