import datetime as dt

import pytest

from programs.domain.problems import Refused
from programs.enums import NightUse, RoomUse
from programs.models import RoomNight, Slot
from programs.services import nights, sessions, slots
from programs.services.slots import Offer, Pattern
from tests import factories
from tests.personas import make_world, member
from transition.models import AuditEvent

pytestmark = pytest.mark.django_db

DEC = dt.date(2026, 12, 1)


@pytest.fixture
def room():
    return factories.RoomFactory()


@pytest.fixture
def staff(room):
    return member(room.home.organization)


def codes(refused) -> set[str]:
    return {problem.code for problem in refused.value.problems}


def day(n: int) -> dt.date:
    return DEC + dt.timedelta(days=n)


class TestPublish:
    def test_offers_the_nights_with_everything_said(self, room, staff):
        offer = Offer(max_nights=3, price_rent=1100, price_food=800, disability_kinds=["MENTAL"], note="猫がいます")
        slot = slots.publish(room=room, starts_on=DEC, ends_on=day(5), offer=offer, by=staff)
        slot.refresh_from_db()
        assert (slot.starts_on, slot.ends_on, slot.max_nights) == (DEC, day(5), 3)
        assert slot.price_per_day == 1900
        assert slot.disability_kinds == ["MENTAL"]
        assert slot.published_by == staff
        event = AuditEvent.objects.get(action="slot.publish")
        assert event.subject_id == str(slot.public_id)
        assert "猫" not in str(event.data)

    def test_all_problems_at_once(self, room, staff):
        offer = Offer(min_nights=5, max_nights=2, level_min=5, level_max=3)
        with pytest.raises(Refused) as refused:
            slots.publish(
                room=room, starts_on=dt.date(2026, 11, 1), ends_on=dt.date(2026, 10, 30), offer=offer, by=staff
            )
        assert codes(refused) == {"slot.past", "slot.order", "slot.max_nights", "slot.levels"}
        assert not Slot.objects.exists()

    def test_today_is_not_past(self, room, staff):
        slots.publish(room=room, starts_on=dt.date(2026, 11, 22), ends_on=DEC, offer=Offer(), by=staff)

    def test_a_second_offer_of_the_same_night_is_refused(self, room, staff):
        slots.publish(room=room, starts_on=DEC, ends_on=day(5), offer=Offer(), by=staff)
        slots.publish(room=room, starts_on=day(5), ends_on=day(7), offer=Offer(), by=staff)
        with pytest.raises(Refused) as refused:
            slots.publish(room=room, starts_on=day(4), ends_on=day(6), offer=Offer(), by=staff)
        assert codes(refused) == {"slot.overlap"}

    def test_a_room_whose_rent_is_paid_is_never_offered(self, room, staff):
        room.use = RoomUse.RENTED
        room.save()
        with pytest.raises(Refused) as refused:
            slots.publish(room=room, starts_on=DEC, ends_on=day(2), offer=Offer(), by=staff)
        assert codes(refused) == {"room.rented"}

    def test_a_year_and_more_ahead_is_too_far(self, room, staff):
        with pytest.raises(Refused) as refused:
            slots.publish(room=room, starts_on=DEC, ends_on=dt.date(2028, 1, 1), offer=Offer(), by=staff)
        assert codes(refused) == {"slot.too_far"}


class TestPattern:
    FRIDAYS = Pattern(weekday=4, nights=2, first_on=DEC, last_on=dt.date(2027, 2, 28))

    def test_every_friday_to_sunday_for_three_months(self, room, staff):
        published = slots.publish_pattern(room=room, pattern=self.FRIDAYS, offer=Offer(max_nights=2), by=staff)
        assert len(published.slots) == 13
        assert {slot.starts_on.weekday() for slot in published.slots} == {4}
        assert {(slot.ends_on - slot.starts_on).days for slot in published.slots} == {2}
        assert published.slots[0].starts_on == dt.date(2026, 12, 4)
        assert published.slots[-1].starts_on == dt.date(2027, 2, 26)
        assert len({slot.series for slot in published.slots}) == 1

    def test_weeks_already_offered_are_left_out_and_told(self, room, staff):
        slots.publish(
            room=room, starts_on=dt.date(2026, 12, 12), ends_on=dt.date(2026, 12, 13), offer=Offer(), by=staff
        )
        published = slots.publish_pattern(room=room, pattern=self.FRIDAYS, offer=Offer(max_nights=2), by=staff)
        assert published.already_offered == [dt.date(2026, 12, 11)]
        assert len(published.slots) == 12

    def test_sent_twice_publishes_nothing_twice(self, room, staff):
        slots.publish_pattern(room=room, pattern=self.FRIDAYS, offer=Offer(), by=staff)
        with pytest.raises(Refused) as refused:
            slots.publish_pattern(room=room, pattern=self.FRIDAYS, offer=Offer(), by=staff)
        assert codes(refused) == {"slot.overlap"}
        assert Slot.objects.count() == 13

    def test_no_such_weekday(self, room, staff):
        pattern = Pattern(weekday=4, nights=2, first_on=DEC, last_on=day(1))
        with pytest.raises(Refused) as refused:
            slots.publish_pattern(room=room, pattern=pattern, offer=Offer(), by=staff)
        assert codes(refused) == {"slot.pattern_empty"}

    def test_nights_must_suit_the_stay_lengths(self, room, staff):
        pattern = Pattern(weekday=4, nights=3, first_on=DEC, last_on=day(14))
        with pytest.raises(Refused) as refused:
            slots.publish_pattern(room=room, pattern=pattern, offer=Offer(max_nights=2), by=staff)
        assert codes(refused) == {"slot.nights"}


def test_withdrawing_keeps_what_was_requested():
    world = make_world()
    session = sessions.request_stay(
        person=world.person,
        program=world.program,
        slot=world.slot,
        check_in=day(3),
        check_out=day(5),
        organization=world.office,
        by=world.worker,
    )
    slots.withdraw(slot=world.slot, by=world.home_staff)
    assert not Slot.objects.open().exists()
    sessions.confirm(session=session, by=world.home_staff)
    assert RoomNight.objects.filter(session=session).count() == 2


def test_a_slot_nobody_confirmed_for_thirty_days_is_unconfirmed(room, staff, frozen_time):
    slot = slots.publish(room=room, starts_on=DEC, ends_on=day(5), offer=Offer(), by=staff)
    later = slot.confirmed_at + dt.timedelta(days=30)
    assert not slot.is_unconfirmed(later)
    assert slot.is_unconfirmed(later + dt.timedelta(seconds=1))
    frozen_time.move_to(later + dt.timedelta(days=1))
    slot = slots.confirm_free(slot=slot, by=staff)
    assert not slot.is_unconfirmed(later + dt.timedelta(days=1))


class TestClosedNights:
    def test_closed_nights_are_occupied_and_open_again(self, room, staff):
        nights.close(chosen={room.pk: [DEC, day(1)]}, use=NightUse.CLEANING, by=staff)
        assert RoomNight.objects.filter(room=room, use=NightUse.CLEANING).count() == 2
        nights.reopen(chosen={room.pk: [DEC]}, by=staff)
        assert list(RoomNight.objects.values_list("date", flat=True)) == [day(1)]

    def test_a_taken_night_cannot_be_closed_and_nothing_is_half_done(self):
        world = make_world()
        sessions.request_stay(
            person=world.person,
            program=world.program,
            slot=world.slot,
            check_in=day(3),
            check_out=day(4),
            organization=world.office,
            by=world.worker,
        )
        with pytest.raises(Refused) as refused:
            nights.close(chosen={world.room.pk: [day(2), day(3)]}, use=NightUse.CLOSED, by=world.home_staff)
        assert codes(refused) == {"room.taken"}
        assert "12月4日" in refused.value.problems[0].message
        assert not RoomNight.objects.filter(use=NightUse.CLOSED).exists()

    def test_opening_never_takes_a_stay_away(self):
        world = make_world()
        session = sessions.request_stay(
            person=world.person,
            program=world.program,
            slot=world.slot,
            check_in=day(3),
            check_out=day(4),
            organization=world.office,
            by=world.worker,
        )
        nights.reopen(chosen={world.room.pk: [day(3)]}, by=world.home_staff)
        assert session.room_nights.count() == 1
