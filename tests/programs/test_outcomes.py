"""What came of an enrollment, and the looks after a move."""

import pytest
import time_machine

from programs.domain.problems import Refused
from programs.enums import FollowUpKind, NextService, OutcomeCode
from programs.models import FollowUp, Outcome
from programs.services import outcomes
from tests.programs.stories import day, enrolled, outing_world

pytestmark = pytest.mark.django_db


@pytest.fixture
def world():
    return outing_world()


@pytest.fixture
def enrollment(world):
    return enrolled(world)


def decide(world, enrollment, code=OutcomeCode.MOVED_FLAT, moved_on="2026-11-01", **details):
    values = {"decided_on": day("2026-11-20"), "by": world.worker} | details
    return outcomes.decide(enrollment=enrollment, code=code, moved_on=moved_on and day(moved_on), **values)


def due(outcome):
    return {row.kind: row.due_on.isoformat() for row in FollowUp.objects.filter(outcome=outcome)}


def codes(refused):
    return [problem.code for problem in refused.value.problems]


def test_a_new_wish_is_an_outcome(world, enrollment):
    outcome = decide(world, enrollment, OutcomeCode.NEW_WISH, None, note="電車にのりたい")
    assert (outcome.code, outcome.note) == ("NEW_WISH", "電車にのりたい")
    assert due(outcome) == {}


def test_a_move_is_followed(world, enrollment):
    outcome = decide(world, enrollment, next_service=NextService.COMMUNITY_RETENTION)
    assert due(outcome) == {FollowUpKind.VISIT_30_DAYS: "2026-12-01", FollowUpKind.SIX_MONTHS: "2027-05-01"}


def test_can_be_said_anew_and_the_follow_ups_with_it(world, enrollment):
    first = decide(world, enrollment, OutcomeCode.UNABLE_TO_JUDGE, None)
    second = decide(world, enrollment, moved_on="2026-11-10")
    assert first == second
    assert due(second)[FollowUpKind.VISIT_30_DAYS] == "2026-12-10"
    decide(world, enrollment, moved_on="2026-11-12")
    assert due(second)[FollowUpKind.VISIT_30_DAYS] == "2026-12-12"
    decide(world, enrollment, OutcomeCode.STAYS_BY_CHOICE, None)
    assert due(second) == {}
    assert Outcome.objects.count() == 1


@pytest.mark.parametrize(
    ("code", "moved_on", "details", "found"),
    [
        ("MOVED_FLAT", None, {}, ["outcome.moved_on"]),
        ("NEW_WISH", "2026-11-01", {}, ["outcome.moved_on"]),
        ("MOVED_FLAT", "2026-11-23", {}, ["outcome.moved_on"]),
        ("MOVED_FLAT", "2026-09-30", {}, ["outcome.moved_on"]),
        ("NEXT_SERVICE", None, {}, ["outcome.next_service"]),
        ("NEXT_SERVICE", None, {"next_service": "X"}, ["outcome.next_service"]),
        ("X", None, {"decided_on": day("2026-11-23")}, ["outcome.code", "outcome.decided_on"]),
        ("NEW_WISH", None, {"decided_on": day("2026-09-30")}, ["outcome.decided_on"]),
    ],
)
def test_refuses_what_makes_no_sense(world, enrollment, code, moved_on, details, found):
    with pytest.raises(Refused) as refused:
        decide(world, enrollment, code, moved_on, **details)
    assert codes(refused) == found
    assert not Outcome.objects.exists()


class TestFollowUp:
    def record(self, world, row, done_on, still_there=True):
        return outcomes.follow_up(
            follow_up=row, done_on=day(done_on), still_there=still_there, note="元気", by=world.worker
        )

    def test_is_recorded(self, world, enrollment):
        row = decide(world, enrollment).follow_ups.get(kind=FollowUpKind.VISIT_30_DAYS)
        self.record(world, row, "2026-11-15")
        row.refresh_from_db()
        assert (row.done_on, row.still_there, row.note, row.by) == (day("2026-11-15"), True, "元気", world.worker)

    @pytest.mark.parametrize("done_on", ["2026-10-31", "2026-11-23"])
    def test_lies_between_the_move_and_today(self, world, enrollment, done_on):
        row = decide(world, enrollment).follow_ups.get(kind=FollowUpKind.VISIT_30_DAYS)
        with pytest.raises(Refused):
            self.record(world, row, done_on)

    def test_six_months_are_six_months(self, world, enrollment):
        row = decide(world, enrollment).follow_ups.get(kind=FollowUpKind.SIX_MONTHS)
        with time_machine.travel("2027-05-02T01:00:00Z", tick=False):
            with pytest.raises(Refused) as refused:
                self.record(world, row, "2027-04-30")
            assert codes(refused) == ["follow_up.too_soon"]
            assert self.record(world, row, "2027-05-01").still_there

    def test_who_has_left_need_not_wait(self, world, enrollment):
        row = decide(world, enrollment).follow_ups.get(kind=FollowUpKind.SIX_MONTHS)
        assert self.record(world, row, "2026-11-20", still_there=False).still_there is False

    def test_keeps_the_move_it_speaks_of(self, world, enrollment):
        row = decide(world, enrollment).follow_ups.get(kind=FollowUpKind.VISIT_30_DAYS)
        self.record(world, row, "2026-11-15")
        for code, moved_on, field in (("MOVED_FLAT", "2026-11-02", "moved_on"), ("NEW_WISH", None, "code")):
            with pytest.raises(Refused) as refused:
                decide(world, enrollment, code, moved_on)
            assert [(problem.code, problem.field) for problem in refused.value.problems] == [
                ("outcome.followed_up", field)
            ]
        assert decide(world, enrollment, "MOVED_GROUP_HOME").code == "MOVED_GROUP_HOME"
