import datetime as dt

import pytest

from programs.domain.problems import Refused
from programs.enums import (
    DeclineReason,
    Enforcement,
    RoomUse,
    SessionAction,
    SessionKind,
    SessionState,
    Unit,
    Window,
)
from programs.models import Override, RoomNight, Session, SessionEvent
from programs.queries.limits import LimitBook
from programs.services import sessions
from programs.signals import session_changed
from tests import factories
from tests.personas import make_world, member
from transition import clock
from transition.enums import MembershipRole, OrganizationKind
from transition.models import AuditEvent, IdempotencyKey
from transition.services.transactions import KeyReused, RequestKey

pytestmark = pytest.mark.django_db


def dec(day: int) -> dt.date:
    return dt.date(2026, 12, day)


@pytest.fixture
def world():
    return make_world()


def request(world, **changes) -> Session:
    values = {
        "person": world.person,
        "program": world.program,
        "slot": world.slot,
        "organization": world.office,
        "by": world.worker,
        "check_in": dec(4),
        "check_out": dec(6),
    }
    return sessions.request_stay(**(values | changes))


def refused(act) -> dict[str, str]:
    """Codes and enforcement of everything that stood against the act."""
    with pytest.raises(Refused) as caught:
        act()
    return {problem.code: problem.enforcement for problem in caught.value.problems}


class TestRequest:
    def test_holds_the_nights_and_tells(self, world):
        heard = []

        def listen(session, **kwargs):
            heard.append((session.pk, session.state))

        session_changed.connect(listen)
        session = request(world, note="夜は電気をつけて寝ます")
        session_changed.disconnect(listen)
        assert session.state == SessionState.REQUESTED
        assert session.starts_at == clock.at(dec(4), dt.time(15))
        assert session.ends_at == clock.at(dec(6), dt.time(10))
        nights = RoomNight.objects.filter(session=session).values_list("date", "room", "person")
        assert list(nights) == [(dec(4), world.room.pk, world.person.pk), (dec(5), world.room.pk, world.person.pk)]
        assert heard == [(session.pk, SessionState.REQUESTED)]
        event = session.events.get()
        assert (event.action, event.by) == (SessionAction.REQUEST, world.worker)
        evidence = AuditEvent.objects.get(action="session.request")
        assert evidence.data == {"person": world.person.pk, "state": "REQUESTED"}

    def test_has_a_week_to_be_answered_but_never_longer_than_until_it_begins(self, world):
        assert request(world).expires_at == clock.now() + dt.timedelta(days=7)
        soon = factories.SlotFactory(room=factories.RoomFactory(), starts_on=dt.date(2026, 11, 22))
        session = request(world, slot=soon, check_in=dt.date(2026, 11, 24), check_out=dt.date(2026, 11, 25))
        assert session.expires_at == session.starts_at

    def test_checkout_morning_is_free_for_the_next_guest(self, world):
        request(world)
        request(world, person=factories.PersonFactory(), check_in=dec(6), check_out=dec(7))
        request(world, person=factories.PersonFactory(), check_in=dec(3), check_out=dec(4))

    def test_a_taken_night_is_a_friendly_problem_with_its_date(self, world):
        request(world)
        with pytest.raises(Refused) as caught:
            request(world, person=factories.PersonFactory(), check_in=dec(5), check_out=dec(8))
        [problem] = caught.value.problems
        assert problem.code == "room.taken"
        assert "12月5日" in problem.message
        assert Session.objects.count() == 1

    def test_one_person_cannot_be_in_two_beds(self, world):
        request(world)
        other = factories.SlotFactory()
        assert refused(lambda: request(world, slot=other)) == {"person.taken": "BLOCK"}

    def test_an_outing_at_the_same_time_stands_in_the_way(self, world):
        factories.SessionFactory(person=world.person)
        assert refused(lambda: request(world)) == {"person.busy": "BLOCK"}

    @pytest.mark.parametrize(
        ("check_in", "check_out", "code"),
        [
            (dec(6), dec(4), "stay.order"),
            (dec(4), dec(4), "stay.order"),
            (dt.date(2026, 11, 20), dt.date(2026, 11, 21), "stay.past"),
            (dt.date(2027, 2, 1), dt.date(2027, 2, 2), "stay.after_slot"),
            (dec(1), dec(20), "stay.too_long"),
        ],
    )
    def test_impossible_dates(self, world, check_in, check_out, code):
        assert code in refused(lambda: request(world, check_in=check_in, check_out=check_out))
        assert not Session.objects.exists()
        assert not RoomNight.objects.exists()

    def test_a_withdrawn_slot_and_a_rented_room(self, world):
        world.slot.withdrawn_at, world.slot.withdrawn_by = clock.now(), world.home_staff
        world.slot.save()
        world.room.use = RoomUse.RENTED
        world.room.save()
        assert refused(lambda: request(world)) == {"slot.withdrawn": "BLOCK", "room.rented": "BLOCK"}

    def test_a_room_for_women_cannot_be_asked_for_a_man(self, world):
        person = factories.PersonFactory(sex="MALE", municipality=world.municipality)
        factories.GrantFactory(person=person)
        slot = factories.SlotFactory(sex="FEMALE")
        assert refused(lambda: request(world, slot=slot, person=person, reason="どうしても")) == {"fit.sex": "BLOCK"}

    def test_every_reason_at_once(self, world):
        slot = factories.SlotFactory(level_min=5, max_nights=1)
        factories.LimitFactory(program=world.program, amount=2)
        codes = refused(lambda: request(world, slot=slot))
        assert len(codes) == 3
        assert codes["fit.level"] == Enforcement.ASK


class TestSendingTwice:
    def key(self, world, content="a"):
        return RequestKey.of(world.worker.pk, "form-1", {"content": content})

    def test_same_key_same_answer_one_effect(self, world):
        first = request(world, key=self.key(world))
        again = request(world, key=self.key(world))
        assert again == first
        assert Session.objects.count() == 1
        assert SessionEvent.objects.count() == 1

    def test_same_key_for_other_content_is_refused(self, world):
        request(world, key=self.key(world))
        with pytest.raises(KeyReused):
            request(world, check_in=dec(10), check_out=dec(11), key=self.key(world, "b"))

    def test_the_key_of_another_user_is_another_key(self, world):
        request(world, key=self.key(world))
        other = RequestKey.of(world.coordinator.pk, "form-1", {"content": "a"})
        request(world, check_in=dec(10), check_out=dec(11), by=world.coordinator, key=other)
        assert Session.objects.count() == 2

    def test_a_refused_sending_leaves_the_key_free(self, world):
        refused(lambda: request(world, check_in=dec(6), check_out=dec(4), key=self.key(world)))
        assert not IdempotencyKey.objects.exists()
        request(world, key=self.key(world, "corrected"))


class TestLimits:
    @pytest.fixture
    def limit(self, world):
        return factories.LimitFactory(program=world.program, amount=5)

    def test_exactly_the_cap_passes_and_one_more_does_not(self, world, limit):
        request(world, check_in=dec(4), check_out=dec(6))
        assert refused(lambda: request(world, check_in=dec(10), check_out=dec(12))) == {limit.code: Enforcement.ASK}
        request(world, check_in=dec(10), check_out=dec(11))

    def test_a_reason_passes_an_asking_limit_and_is_kept(self, world, limit):
        request(world, check_in=dec(4), check_out=dec(6))
        session = request(world, check_in=dec(10), check_out=dec(12), reason="週末と平日の両方を見たいため")
        override = Override.objects.get(session=session)
        assert (override.problem_code, override.limit, override.by) == (limit.code, limit, world.worker)
        assert override.reason == "週末と平日の両方を見たいため"
        assert "5日" in override.message

    def test_blanks_are_no_reason(self, world, limit):
        request(world, check_in=dec(4), check_out=dec(6))
        assert refused(lambda: request(world, check_in=dec(10), check_out=dec(12), reason=" 　"))

    def test_only_a_coordinator_passes_a_refusing_limit(self, world, limit):
        limit.enforcement = Enforcement.REFUSE
        limit.save()
        request(world, check_in=dec(4), check_out=dec(6))
        stay = {"check_in": dec(10), "check_out": dec(12), "reason": "市の判断"}
        assert refused(lambda: request(world, **stay)) == {limit.code: Enforcement.REFUSE}
        elsewhere = member(factories.MunicipalityFactory(), MembershipRole.COORDINATOR)
        assert refused(lambda: request(world, by=elsewhere, **stay)) == {limit.code: Enforcement.REFUSE}
        clerk = member(world.municipality, MembershipRole.STAFF)
        assert refused(lambda: request(world, by=clerk, **stay)) == {limit.code: Enforcement.REFUSE}
        assert request(world, by=world.coordinator, **stay).overrides.get().by == world.coordinator

    def test_a_core_center_coordinator_may_too(self, world, limit):
        limit.enforcement = Enforcement.REFUSE
        limit.save()
        center = factories.OrganizationFactory(kind=OrganizationKind.CORE_CENTER, municipality=world.municipality)
        coordinator = member(center, MembershipRole.COORDINATOR)
        request(world, check_in=dec(4), check_out=dec(8), by=coordinator)
        request(world, check_in=dec(10), check_out=dec(12), by=coordinator, reason="市の判断")

    def test_the_municipalitys_own_copy_decides(self, world, limit):
        own = factories.ProgramFactory(code=world.program.code, municipality=world.municipality)
        factories.LimitFactory(program=own, amount=2)
        assert refused(request_of(world))

    def test_cancelled_expired_and_declined_give_everything_back(self, world, limit):
        for end in (sessions.cancel, decline):
            session = request(world, check_in=dec(4), check_out=dec(8))
            end(session=session, by=world.worker)
        assert not RoomNight.objects.exists()
        request(world, check_in=dec(4), check_out=dec(8))

    def test_a_stay_cut_short_counts_its_real_days(self, world, limit, frozen_time):
        session = request(world, check_in=dec(4), check_out=dec(8))
        sessions.confirm(session=session, by=world.home_staff)
        frozen_time.move_to(clock.at(dec(4), dt.time(15, 30)))
        sessions.check_in(session=session, by=world.home_staff)
        frozen_time.move_to(clock.at(dec(5), dt.time(9)))
        sessions.cut_short(session=session, by=world.home_staff, reason="本人が帰りたいと言ったため")
        assert list(RoomNight.objects.values_list("date", flat=True)) == [dec(4)]
        request(world, check_in=dec(10), check_out=dec(12))


def request_of(world):
    return lambda: request(world)


def decline(session, by):
    return sessions.decline(session=session, decline_reason=DeclineReason.STAFFING, by=by)


class TestAnswer:
    def test_confirm_checks_again(self, world):
        session = request(world)
        factories.LimitFactory(program=world.program, amount=2, code="tight")
        assert refused(lambda: sessions.confirm(session=session, by=world.home_staff)) == {"tight": Enforcement.ASK}
        sessions.override(session=session, reason="市に確認ずみ", by=world.worker)
        sessions.confirm(session=session, by=world.home_staff)
        session.refresh_from_db()
        assert session.state == SessionState.CONFIRMED

    def test_confirm_does_not_count_the_stay_against_itself(self, world):
        factories.LimitFactory(program=world.program, amount=3)
        sessions.confirm(session=request(world), by=world.home_staff)

    def test_after_the_deadline_it_is_too_late(self, world, frozen_time):
        session = request(world)
        frozen_time.move_to(session.expires_at)
        assert refused(lambda: sessions.confirm(session=session, by=world.home_staff)) == {"session.expired": "BLOCK"}

    def test_a_room_rented_meanwhile_cannot_be_confirmed(self, world):
        session = request(world)
        world.room.use = RoomUse.RENTED
        world.room.save()
        assert refused(lambda: sessions.confirm(session=session, by=world.home_staff)) == {"room.rented": "BLOCK"}

    def test_decline_needs_a_reason_from_the_list(self, world):
        session = request(world)
        assert refused(lambda: sessions.decline(session=session, decline_reason="", by=world.home_staff)) == {
            "session.decline_reason": "BLOCK"
        }
        sessions.decline(session=session, decline_reason=DeclineReason.NIGHT, by=world.home_staff, note="来月なら")
        session.refresh_from_db()
        assert (session.state, session.decline_reason) == (SessionState.DECLINED, DeclineReason.NIGHT)
        assert session.events.last().reason == "夜間の体制がとれない：来月なら"

    def test_an_answer_from_an_old_screen_is_refused(self, world):
        session = request(world)
        sessions.cancel(session=session, by=world.worker)
        assert refused(lambda: sessions.confirm(session=session, by=world.home_staff)) == {"session.state": "BLOCK"}

    def test_cancelling_a_confirmed_stay_needs_a_reason(self, world):
        session = sessions.confirm(session=request(world), by=world.home_staff)
        assert refused(lambda: sessions.cancel(session=session, by=world.worker)) == {"session.reason": "BLOCK"}
        sessions.cancel(session=session, by=world.worker, reason="熱が出たため")
        assert not RoomNight.objects.exists()


class TestExpiry:
    def test_requests_expire_at_their_deadline_and_free_their_nights(self, world, frozen_time):
        session = request(world)
        frozen_time.move_to(session.expires_at - dt.timedelta(seconds=1))
        assert sessions.expire_requests() == 0
        frozen_time.move_to(session.expires_at)
        assert sessions.expire_requests() == 1
        assert sessions.expire_requests() == 0
        session.refresh_from_db()
        assert session.state == SessionState.EXPIRED
        assert session.events.last().by is None
        assert not RoomNight.objects.exists()

    def test_confirmed_stays_never_expire(self, world, frozen_time):
        session = sessions.confirm(session=request(world), by=world.home_staff)
        frozen_time.move_to(session.ends_at)
        assert sessions.expire_requests() == 0


class TestHeld:
    @pytest.fixture
    def confirmed(self, world):
        return sessions.confirm(session=request(world), by=world.home_staff)

    def test_arrives_and_leaves(self, world, confirmed, frozen_time):
        frozen_time.move_to(confirmed.starts_at + dt.timedelta(minutes=20))
        session = sessions.check_in(session=confirmed, by=world.home_staff)
        assert (session.state, session.actual_starts_at) == (SessionState.IN_PROGRESS, clock.now())
        frozen_time.move_to(confirmed.ends_at)
        session = sessions.check_out(session=session, by=world.home_staff)
        assert (session.state, session.actual_ends_at) == (SessionState.COMPLETED, clock.now())
        assert RoomNight.objects.filter(session=session).count() == 2

    def test_cannot_arrive_before_the_day_or_in_the_future(self, world, confirmed, frozen_time):
        assert refused(lambda: sessions.check_in(session=confirmed, by=world.home_staff)) == {
            "session.too_early": "BLOCK"
        }
        frozen_time.move_to(confirmed.starts_at)
        later = confirmed.starts_at + dt.timedelta(minutes=1)
        assert refused(lambda: sessions.check_in(session=confirmed, by=world.home_staff, at=later)) == {
            "session.future": "BLOCK"
        }

    def test_what_really_happened_is_recorded_even_beyond_a_limit(self, world, frozen_time):
        factories.LimitFactory(program=world.program, amount=3)
        session = sessions.confirm(session=request(world), by=world.home_staff)
        frozen_time.move_to(session.starts_at)
        sessions.check_in(session=session, by=world.home_staff)
        frozen_time.move_to(clock.at(dec(9), dt.time(10)))
        session = sessions.check_out(session=session, by=world.home_staff)
        assert session.state == SessionState.COMPLETED

    def test_no_show_frees_the_nights(self, world, confirmed, frozen_time):
        assert refused(lambda: sessions.no_show(session=confirmed, by=world.home_staff)) == {
            "session.too_early": "BLOCK"
        }
        frozen_time.move_to(confirmed.starts_at)
        sessions.no_show(session=confirmed, by=world.home_staff)
        assert not RoomNight.objects.exists()


def test_minutes_of_outings_use_the_same_account(world):
    program = factories.ProgramFactory(code="outing")
    factories.LimitFactory(program=program, unit=Unit.MINUTES, amount=120, window=Window.CALENDAR_MONTH)
    factories.SessionFactory(person=world.person, program=program)
    [allowance] = LimitBook([world.person]).allowances(world.person, program, dec(1))
    assert (allowance.used, allowance.remaining) == (120, 0)
    assert Session.objects.get().kind == SessionKind.OUTING


def test_history_can_be_neither_changed_nor_deleted(world):
    request(world)
    event = SessionEvent.objects.get()
    for act in (event.save, event.delete, SessionEvent.objects.all().delete):
        with pytest.raises(TypeError):
            act()
    with pytest.raises(TypeError):
        SessionEvent.objects.update(reason="")
