"""Planning outings: the vectors of domain.md 9.2, clashes, judgments with a reason, and races."""

import datetime as dt

import pytest

from programs.domain.problems import Refused
from programs.enums import SessionAction, SessionKind, SessionState, Step, Transport, Window
from programs.models import EscortDay, Override, Session, SessionEvent
from programs.queries.limits import LimitBook
from programs.services import outings, sessions
from tests import factories
from tests.personas import make_world, member
from tests.programs.outings import make_outdoors, plan
from tests.programs.pages import at, request
from tests.programs.test_races import THREADS, race
from transition.enums import GoalArea
from transition.models import AuditEvent, Goal, WishItem
from transition.services.transactions import RequestKey

pytestmark = pytest.mark.django_db


@pytest.fixture
def outdoors():
    return make_outdoors()


def codes(refused) -> list[str]:
    return [problem.code for problem in refused.value.problems]


def goal_of(outdoors, person=None) -> Goal:
    levels = {f"level_{name}": "ようす" for name in ("minus_2", "minus_1", "0", "plus_1", "plus_2")}
    return Goal.objects.create(
        person=person or outdoors.world.person,
        words="たのしく出かけたい",
        area=GoalArea.values[0],
        target_on=dt.date(2027, 3, 31),
        created_by=outdoors.world.worker,
        **levels,
    )


def left_in(outdoors, day: str) -> int:
    book = LimitBook([outdoors.world.person])
    [allowance] = book.allowances(outdoors.world.person, outdoors.program, dt.date.fromisoformat(day))
    return allowance.remaining


class TestPlan:
    def test_it_keeps_everything(self, outdoors):
        item = WishItem.objects.create(code="shopping", name="買い物")
        goal = goal_of(outdoors)
        session = plan(
            outdoors,
            "2026-12-05",
            "10:00",
            "12:30",
            place="架空モール",
            transport=Transport.BUS,
            transport_cost=420,
            escorts=[outdoors.escort],
            wishes=[item],
            goals=[goal],
            note="エレベーターの近くで休む",
        )
        session = Session.objects.get(pk=session.pk)
        assert (session.kind, session.state, session.state_word) == (SessionKind.OUTING, "REQUESTED", "計画中")
        assert session.expires_at == session.starts_at
        assert (session.place, session.transport, session.transport_cost) == ("架空モール", "BUS", 420)
        assert [row.user for row in session.escorts.all()] == [outdoors.escort]
        assert [row.item for row in session.session_wishes.all()] == [item]
        assert [row.goal for row in session.session_goals.all()] == [goal]
        assert [(event.action, event.action_word) for event in session.events.all()] == [("REQUEST", "計画")]
        assert AuditEvent.objects.filter(action="session.request", subject_id=str(session.public_id)).count() == 1

    def test_a_certain_one_is_confirmed_at_once(self, outdoors):
        session = plan(outdoors, "2026-12-05", "10:00", "12:00", confirm=True)
        assert session.state == SessionState.CONFIRMED
        assert [event.action for event in session.events.all()] == ["REQUEST", "CONFIRM"]

    def test_a_day_somewhere_is_a_day_visit(self, outdoors):
        assert plan(outdoors, "2026-12-05", "10:00", "15:00", step=Step.DAY).kind == SessionKind.DAY_VISIT

    def test_one_sending_has_one_effect(self, outdoors):
        key = RequestKey.of(outdoors.world.worker.pk, "form", {"a": "b"})
        first = plan(outdoors, "2026-12-05", "10:00", "12:00", key=key)
        assert plan(outdoors, "2026-12-05", "10:00", "12:00", key=key) == first
        assert Session.objects.count() == 1

    def test_all_problems_at_once(self, outdoors):
        plan(outdoors, "2026-12-05", "09:00", "20:00", escorts=[outdoors.escort])
        plan(outdoors, "2026-12-06", "09:00", "22:00")
        stranger = member(factories.OrganizationFactory())
        with pytest.raises(Refused) as refused:
            plan(
                outdoors,
                "2026-12-05",
                "10:00",
                "12:00",
                activity="",
                escorts=[outdoors.escort, stranger],
                goals=[goal_of(outdoors, factories.PersonFactory())],
                step=Step.ONE_NIGHT,
            )
        assert codes(refused) == [
            "outing.activity",
            "escort.unknown",
            "goal.foreign",
            "outing.step",
            "month",
            "person.busy",
            "escort.busy",
        ]
        assert Session.objects.count() == 2

    def test_not_in_the_past_and_not_backward(self, outdoors):
        with pytest.raises(Refused) as refused:
            plan(outdoors, "2026-11-22", "09:00", "11:00")
        assert codes(refused) == ["outing.past"]
        with pytest.raises(Refused) as refused:
            outings.plan(
                enrollment=outdoors.enrollment,
                activity="買い物",
                starts_at=at("2026-12-05", "12:00"),
                ends_at=at("2026-12-05", "12:00"),
                organization=outdoors.world.office,
                by=outdoors.world.worker,
            )
        assert codes(refused) == ["outing.order"]

    def test_too_long_a_text_is_refused_beside_its_field(self, outdoors):
        with pytest.raises(Refused) as refused:
            plan(outdoors, "2026-12-05", "10:00", "12:00", activity="買" * 81)
        assert [problem.field for problem in refused.value.problems] == ["activity"]

    def test_outside_the_enrollment_takes_a_reason(self, outdoors):
        # Another enrollment covers that day; the plan belongs to this one all the same.
        factories.EnrollmentFactory(
            person=outdoors.world.person,
            program=outdoors.program,
            starts_on=dt.date(2027, 4, 1),
            ends_on=dt.date(2027, 9, 30),
        )
        with pytest.raises(Refused) as refused:
            plan(outdoors, "2027-04-03", "10:00", "12:00")
        assert codes(refused) == ["enrollment.period"]
        session = plan(outdoors, "2027-04-03", "10:00", "12:00", reason="市町村に確かめた")
        assert [row.problem_code for row in session.overrides.all()] == ["enrollment.period"]


class TestVectors:
    def test_a1_three_outings_leave_seven_and_a_half_hours(self, outdoors):
        for day, start, end in [("05", "10:00", "15:30"), ("06", "09:45", "16:00"), ("12", "13:00", "17:45")]:
            plan(outdoors, f"2026-12-{day}", start, end)
        assert left_in(outdoors, "2026-12-01") == 24 * 60 - 990 == 450

    def test_a2_thirty_minutes_over(self, outdoors):
        plan(outdoors, "2026-12-05", "00:00", "12:00")
        plan(outdoors, "2026-12-06", "00:00", "11:00")
        with pytest.raises(Refused) as refused:
            plan(outdoors, "2026-12-12", "10:00", "11:30")
        [problem] = refused.value.problems
        assert (problem.used, problem.requested, problem.over_by, problem.largest_request) == (1380, 90, 30, 60)
        assert problem.message.endswith("市町村に確認してください")
        session = plan(outdoors, "2026-12-12", "10:00", "11:30", reason="市町村に確かめた")
        [override] = session.overrides.all()
        assert (override.limit, override.by, override.reason) == (
            outdoors.limit,
            outdoors.world.worker,
            "市町村に確かめた",
        )

    def test_a6_split_at_midnight_over_the_month_end(self, outdoors):
        plan(outdoors, "2026-11-30", "22:00", "01:00")
        assert (left_in(outdoors, "2026-11-30"), left_in(outdoors, "2026-12-01")) == (1440 - 120, 1440 - 60)

    def test_months_from_the_start_of_the_enrollment(self):
        outdoors = make_outdoors(window=Window.ANNIVERSARY_MONTH)
        outdoors.enrollment.starts_on, outdoors.enrollment.ends_on = dt.date(2026, 11, 10), dt.date(2027, 5, 9)
        outdoors.enrollment.save()
        plan(outdoors, "2026-12-09", "00:00", "23:00")
        plan(outdoors, "2026-12-10", "00:00", "23:00")
        with pytest.raises(Refused):
            plan(outdoors, "2026-12-08", "10:00", "12:00")


class TestClashes:
    def test_of_the_person_with_a_stay(self, outdoors):
        request(outdoors.world, "2026-12-04", "2026-12-06")
        with pytest.raises(Refused) as refused:
            plan(outdoors, "2026-12-05", "10:00", "12:00")
        assert codes(refused) == ["person.busy"]
        assert "お泊まり" in refused.value.problems[0].message

    def test_of_the_escort_with_another_person(self, outdoors):
        other = factories.PersonFactory(municipality=outdoors.world.municipality, family_name="秘密")
        enrollment = factories.EnrollmentFactory(
            person=other, program=outdoors.program, organization=outdoors.world.office
        )
        plan(outdoors, "2026-12-05", "10:00", "12:00", enrollment=enrollment, escorts=[outdoors.escort])
        with pytest.raises(Refused) as refused:
            plan(outdoors, "2026-12-05", "11:00", "13:00", escorts=[outdoors.escort])
        assert codes(refused) == ["escort.busy"]
        [problem] = refused.value.problems
        assert (problem.enforcement, problem.field) == ("BLOCK", "escorts")
        assert "秘密" not in problem.message
        # From the minute on which the other one ends, they are free again.
        assert plan(outdoors, "2026-12-05", "12:00", "13:00", escorts=[outdoors.escort])

    def test_a_cancelled_outing_frees_person_and_escort(self, outdoors):
        session = plan(outdoors, "2026-12-05", "10:00", "12:00", escorts=[outdoors.escort])
        sessions.cancel(session=session, by=outdoors.world.worker)
        assert plan(outdoors, "2026-12-05", "10:00", "12:00", escorts=[outdoors.escort])

    def test_days_on_which_the_escort_is_free_are_only_told(self, outdoors):
        EscortDay.objects.create(user=outdoors.escort, date=dt.date(2026, 12, 6), starts=dt.time(9), ends=dt.time(17))
        wanted = outings.queries.Wanted(
            outdoors.world.person,
            outdoors.program,
            outdoors.enrollment,
            Step.OUTING,
            at("2026-12-05", "10:00"),
            at("2026-12-05", "12:00"),
            (outdoors.escort,),
        )
        [problem] = outings.queries.problems(wanted)
        assert (problem.code, problem.enforcement) == ("escort.not_free", "INFORM")
        assert plan(outdoors, "2026-12-05", "10:00", "12:00", escorts=[outdoors.escort])


class TestMoveAndChange:
    def test_a_move_keeps_the_length_the_state_and_the_company(self, outdoors):
        session = plan(outdoors, "2026-12-05", "10:00", "12:30", escorts=[outdoors.escort], confirm=True)
        moved = outings.move(session=session, starts_at=at("2026-12-06", "11:00"), by=outdoors.world.worker)
        moved.refresh_from_db()
        assert (moved.starts_at, moved.ends_at) == (at("2026-12-06", "11:00"), at("2026-12-06", "13:30"))
        assert (moved.state, moved.expires_at) == (SessionState.CONFIRMED, moved.starts_at)
        assert [row.user for row in moved.escorts.all()] == [outdoors.escort]
        last = moved.events.last()
        assert (last.action, last.reason) == ("MOVE", "12月5日10:00〜12:30 → 12月6日11:00〜13:30")

    def test_a_move_does_not_clash_with_itself(self, outdoors):
        session = plan(outdoors, "2026-12-05", "00:00", "23:00", escorts=[outdoors.escort])
        assert outings.move(session=session, starts_at=at("2026-12-05", "00:30"), by=outdoors.world.worker)

    def test_a_move_is_checked(self, outdoors):
        plan(outdoors, "2026-12-06", "10:00", "12:00", escorts=[outdoors.escort])
        session = plan(outdoors, "2026-12-05", "10:00", "12:00", escorts=[outdoors.escort])
        with pytest.raises(Refused) as refused:
            outings.move(session=session, starts_at=at("2026-12-06", "11:00"), by=outdoors.world.worker)
        assert codes(refused) == ["person.busy", "escort.busy"]
        session.refresh_from_db()
        assert session.starts_at == at("2026-12-05", "10:00")

    @pytest.mark.parametrize("verb", ["cancel", "check_in"])
    def test_only_what_has_not_begun_moves(self, outdoors, verb, frozen_time):
        session = plan(outdoors, "2026-12-05", "10:00", "12:00", confirm=True)
        frozen_time.move_to(at("2026-12-05", "10:05"))
        getattr(sessions, verb)(
            session=session, by=outdoors.world.worker, **({"reason": "熱"} if verb == "cancel" else {})
        )
        with pytest.raises(Refused) as refused:
            outings.move(session=session, starts_at=at("2026-12-06", "10:00"), by=outdoors.world.worker)
        assert codes(refused) == ["session.state"]

    def test_a_judgment_holds_for_its_time_only(self, outdoors):
        plan(outdoors, "2026-12-06", "00:00", "23:00")
        plan(outdoors, "2027-01-06", "00:00", "23:00")
        by = outdoors.world.worker
        session = plan(outdoors, "2026-12-05", "10:00", "12:00", reason="市町村に確かめた")
        changed = outings.change(
            session=session,
            activity="外食",
            starts_at=session.starts_at,
            ends_at=session.ends_at,
            escorts=[outdoors.escort],
            by=by,
        )
        assert (changed.activity, changed.events.last().action) == ("外食", SessionAction.CHANGE)
        with pytest.raises(Refused):
            outings.move(session=session, starts_at=at("2027-01-05", "10:00"), by=by)
        outings.move(session=session, starts_at=at("2027-01-05", "10:00"), by=by, reason="もう一度確かめた")
        assert Override.objects.count() == 2
        assert sessions.confirm(session=session, by=by).state == SessionState.CONFIRMED

    def test_a_judgment_of_another_month_does_not_confirm(self, outdoors, frozen_time):
        by = outdoors.world.worker
        first = plan(outdoors, "2026-12-06", "00:00", "23:00")
        session = plan(outdoors, "2026-12-05", "10:00", "12:00", reason="市町村に確かめた")
        frozen_time.shift(60)
        outings.move(session=session, starts_at=at("2027-01-05", "10:00"), by=by)
        outings.move(session=first, starts_at=at("2027-01-07", "00:00"), by=by, reason="確かめた")
        with pytest.raises(Refused) as refused:
            sessions.confirm(session=session, by=by)
        assert codes(refused) == ["month"]

    def test_a_stay_is_not_moved_here(self, outdoors):
        stay = request(outdoors.world, "2026-12-04", "2026-12-06")
        with pytest.raises(Refused) as refused:
            outings.move(session=stay, starts_at=at("2026-12-06", "10:00"), by=outdoors.world.worker)
        assert codes(refused) == ["outing.stay"]


class TestCopies:
    def test_a_copy_takes_everything_but_the_answer(self, outdoors):
        item = WishItem.objects.create(code="shopping", name="買い物")
        goal = goal_of(outdoors)
        session = plan(
            outdoors,
            "2026-12-05",
            "10:00",
            "12:00",
            escorts=[outdoors.escort],
            wishes=[item],
            goals=[goal],
            confirm=True,
        )
        twin = outings.copy(
            session=session,
            starts_at=at("2026-12-12", "13:00"),
            organization=outdoors.world.office,
            by=outdoors.world.worker,
        )
        twin.refresh_from_db()
        assert twin != session
        assert (twin.state, twin.ends_at, twin.activity) == ("REQUESTED", at("2026-12-12", "15:00"), "買い物")
        assert [row.user for row in twin.escorts.all()] == [outdoors.escort]
        assert [row.item for row in twin.session_wishes.all()] == [item]
        assert [row.goal for row in twin.session_goals.all()] == [goal]

    def repeat(self, outdoors, session, **how):
        outings.repeat_weekly(session=session, organization=outdoors.world.office, by=outdoors.world.worker, **how)
        return [row.starts_at for row in Session.objects.exclude(pk=session.pk)]

    def test_weekly_so_many_times_or_until_a_day(self, outdoors):
        session = plan(outdoors, "2026-12-05", "10:00", "12:00")
        assert self.repeat(outdoors, session, times=2) == [at("2026-12-12", "10:00"), at("2026-12-19", "10:00")]
        Session.objects.exclude(pk=session.pk).update(state=SessionState.CANCELLED)
        assert len(self.repeat(outdoors, session, until=dt.date(2026, 12, 26))) == 2 + 3

    def test_all_or_none_and_each_counts_those_before_it(self, outdoors):
        session = plan(outdoors, "2026-12-05", "10:00", "20:00")
        with pytest.raises(Refused) as refused:
            self.repeat(outdoors, session, times=2)
        assert codes(refused) == ["month"]
        assert refused.value.problems[0].message.startswith("12月19日：")
        assert Session.objects.count() == 1
        self.repeat(outdoors, session, times=2, reason="市町村に確かめた")
        assert [row.session.starts_at for row in Override.objects.all()] == [at("2026-12-19", "10:00")]

    @pytest.mark.parametrize("how", [{"times": 0}, {"times": 31}, {"until": dt.date(2026, 12, 6)}, {}])
    def test_a_senseless_number(self, outdoors, how):
        session = plan(outdoors, "2026-12-05", "10:00", "12:00")
        with pytest.raises(Refused) as refused:
            self.repeat(outdoors, session, **how)
        assert codes(refused) == ["outing.times"]


class TestLife:
    def test_from_plan_to_return(self, outdoors, frozen_time):
        session = plan(outdoors, "2026-12-05", "10:00", "12:00")
        by = outdoors.world.worker
        sessions.confirm(session=session, by=by)
        with pytest.raises(Refused) as refused:
            sessions.check_in(session=session, by=by)
        assert codes(refused) == ["session.too_early"]
        frozen_time.move_to(at("2026-12-05", "10:10"))
        sessions.check_in(session=session, by=by)
        frozen_time.move_to(at("2026-12-05", "13:10"))
        session = sessions.check_out(session=session, by=by)
        assert (session.state, session.actual_ends_at) == (SessionState.COMPLETED, at("2026-12-05", "13:10"))
        assert left_in(outdoors, "2026-12-05") == 1440 - 180
        words = [event.action_word for event in SessionEvent.objects.filter(session=session)]
        assert words == ["計画", "確定", "出発", "帰着"]

    def test_a_plan_lapses_at_its_start(self, outdoors, frozen_time):
        session = plan(outdoors, "2026-12-05", "10:00", "12:00")
        frozen_time.move_to(at("2026-12-05", "10:00"))
        assert sessions.expire_requests() == 1
        session.refresh_from_db()
        assert session.state == SessionState.EXPIRED

    def test_confirming_checks_again(self, outdoors):
        session = plan(outdoors, "2026-12-05", "10:00", "20:00")
        outdoors.limit.amount = 9 * 60
        outdoors.limit.save()
        with pytest.raises(Refused) as refused:
            sessions.confirm(session=session, by=outdoors.world.worker)
        assert codes(refused) == ["month"]
        sessions.override(session=session, reason="市町村に確かめた", by=outdoors.world.worker)
        assert sessions.confirm(session=session, by=outdoors.world.worker).state == SessionState.CONFIRMED


@pytest.mark.django_db(transaction=True)
@pytest.mark.race
class TestRaces:
    @pytest.mark.parametrize("round_number", range(3))
    def test_ten_hours_each_in_one_month(self, round_number):
        """Twice ten hours fit into 24; twelve are planned on different days."""
        outdoors = make_outdoors()
        acts = [lambda day=day: plan(outdoors, f"2026-12-{day:02}", "08:00", "18:00") for day in range(1, 1 + THREADS)]
        assert race(acts) == {"won": 2, "month": THREADS - 2}

    @pytest.mark.parametrize("round_number", range(3))
    def test_one_escort_for_twelve_people(self, round_number):
        outdoors = make_outdoors()
        people = factories.PersonFactory.create_batch(THREADS, municipality=outdoors.world.municipality)
        enrollments = [
            factories.EnrollmentFactory(person=person, program=outdoors.program, organization=outdoors.world.office)
            for person in people
        ]
        acts = [
            lambda enrollment=enrollment: plan(
                outdoors, "2026-12-05", "10:00", "12:00", enrollment=enrollment, escorts=[outdoors.escort]
            )
            for enrollment in enrollments
        ]
        assert race(acts) == {"won": 1, "escort.busy": THREADS - 1}

    def test_moves_and_plans_onto_one_hour(self):
        outdoors = make_outdoors()
        others = [plan(outdoors, f"2026-12-{day:02}", "10:00", "11:00") for day in range(10, 16)]
        acts = [
            lambda session=session: outings.move(
                session=session, starts_at=at("2026-12-05", "10:00"), by=outdoors.world.worker
            )
            for session in others
        ]
        acts += [lambda: plan(outdoors, "2026-12-05", "10:30", "11:00")] * 6
        assert race(acts) == {"won": 1, "person.busy": THREADS - 1}


def test_a_world_without_outings_is_as_before():
    world = make_world()
    session = request(world, "2026-12-04", "2026-12-06")
    assert session.state_word == "申込中"
    assert sessions.confirm(session=session, by=world.home_staff).state == SessionState.CONFIRMED
