"""For every kind of notification how it comes about, who is to hear of it, and how its reason goes away."""

import datetime as dt
from collections.abc import Callable
from dataclasses import dataclass
from uuid import uuid4

import time_machine

from calendars.services import feeds
from programs.enums import FollowUpKind, SessionState, Window
from programs.models import (
    FollowUp,
    HomeGuide,
    Review,
    Session,
    SessionRecord,
    Slot,
)
from programs.services import external, sessions, slots, voices
from programs.services.external import Reading
from tests import factories
from tests.conftest import NOW
from tests.personas import World, make_world, member
from tests.programs.days import DAY, TODAY, ask, facility_of, outing, outing_program, resident, stale, stay
from tests.programs.pages import at, request
from transition import clock
from transition.enums import ConsentKind
from transition.enums import NotificationKind as Kind
from transition.models import Grant, Notification, Person, User
from transition.notifications import Told, registry
from transition.services import consents

# What may stand in no mail: each is the beginning of a name, an address, a need, a place or of what somebody wrote.
SECRETS = (
    "鈴虫",
    "すずむし",
    "りんりん",
    "知的",
    "区分",
    "女性",
    "まつむし荘",
    "くさむら町",
    "204号",
    "コオロギ",
    "おばば",
)


@dataclass
class Scene:
    """`readers` are told, nobody else; `gone` takes the reason away."""

    readers: list[User]
    gone: Callable[[], object]


def world_of_secrets() -> World:
    world = make_world()
    # Two more who work here, so that somebody is left to be told of what the first does.
    world.lead, world.night_staff = member(world.office), member(world.home_office)
    world.person = somebody(world)
    home = world.room.home
    home.name, home.address = "まつむし荘", "架空市くさむら町1-2"
    home.save()
    HomeGuide.objects.create(home=home, bring="パジャマ\nコオロギのかご", changed_by=world.home_staff)
    world.facility, world.facility_staff = facility_of(world)
    world.outings = outing_program(world)
    world.outings.limits.update(window=Window.ANNIVERSARY_MONTH)
    return world


def somebody(world: World) -> Person:
    """A person of the office, led by its lead."""
    person = factories.PersonFactory(
        municipality=world.municipality,
        family_name="鈴虫",
        family_kana="すずむし",
        called="りんりん",
        birth_date=dt.date(1990, 5, 5),
    )
    factories.SupportLinkFactory(person=person, organization=world.office, lead=world.lead)
    factories.ConsentFactory(person=person, kind=ConsentKind.CALENDAR)
    factories.GrantFactory(person=person)
    return person


def offered(world: World) -> Slot:
    return factories.SlotFactory(room=factories.RoomFactory(home=world.room.home, name=f"204号{uuid4().hex[:4]}"))


def asked(world: World, person: Person) -> Session:
    return request(world, "2026-12-05", "2026-12-07", person=person, slot=offered(world))


def planned_stay(world: World, person: Person, days: int, state: str = "CONFIRMED") -> Session:
    return stay(world, TODAY + days * DAY, TODAY + (days + 2) * DAY, state, person=person, room=offered(world).room)


def request_arrived(world: World, person: Person) -> Scene:
    session = asked(world, person)
    return Scene([world.home_staff, world.night_staff], lambda: sessions.confirm(session=session, by=world.home_staff))


def request_expired(world: World, person: Person) -> Scene:
    session = asked(world, person)
    with time_machine.travel(session.expires_at, tick=False):
        sessions.expire_requests()
    return Scene(
        [world.home_staff, world.night_staff, world.worker, world.lead],
        lambda: Session.objects.filter(pk=session.pk).update(changed_at=NOW - 31 * DAY),
    )


def session_confirmed(world: World, person: Person) -> Scene:
    session = sessions.confirm(session=asked(world, person), by=world.home_staff)
    return Scene([world.worker, world.lead], lambda: sessions.cancel(session=session, by=world.worker, reason="体調"))


def session_declined(world: World, person: Person) -> Scene:
    session = sessions.decline(
        session=asked(world, person), decline_reason="MEDICAL", note="コオロギがいる", by=world.home_staff
    )
    return Scene(
        [world.worker, world.lead], lambda: Session.objects.filter(pk=session.pk).update(changed_at=NOW - 31 * DAY)
    )


def session_cancelled(world: World, person: Person) -> Scene:
    session = sessions.confirm(session=asked(world, person), by=world.home_staff)
    sessions.cancel(session=session, by=world.home_staff, reason="鈴虫さんが区分6だから")
    return Scene(
        [world.worker, world.lead], lambda: Session.objects.filter(pk=session.pk).update(changed_at=NOW - 31 * DAY)
    )


def stop_asked(world: World, person: Person) -> Scene:
    session = planned_stay(world, person, -1, "IN_PROGRESS")
    stop = voices.ask_to_stop(session=session, by=None)
    return Scene(
        [world.lead, world.home_staff, world.night_staff],
        lambda: voices.answer_stop(stop=stop, answer="話を聞いた", by=world.lead),
    )


def remark_left(world: World, person: Person) -> Scene:
    session = planned_stay(world, person, 3)
    remark = voices.leave_remark(session=session, sender=uuid4(), who="おばば", text="鈴虫はよるがこわい")

    def read() -> None:
        for reader in (world.lead, world.home_staff):
            voices.see_remark(remark=remark, by=reader)

    return Scene([world.lead, world.home_staff, world.night_staff], read)


def stay_in_7_days(world: World, person: Person) -> Scene:
    return _stay_ahead(world, person, 7)


def stay_tomorrow(world: World, person: Person) -> Scene:
    return _stay_ahead(world, person, 1)


def outing_tomorrow(world: World, person: Person) -> Scene:
    session = outing(world, at("2026-11-23", "10:00"), person=person, activity="コオロギを見る", place="くさむら町")
    companion = member(world.office)
    session.escorts.create(user=companion)
    return Scene(
        [world.lead, companion],
        lambda: Session.objects.filter(pk=session.pk).update(
            starts_at=at("2026-11-25", "10:00"), ends_at=at("2026-11-25", "12:00")
        ),
    )


def record_missing(world: World, person: Person) -> Scene:
    session = planned_stay(world, person, -5, "COMPLETED")
    return Scene(
        [world.lead, world.home_staff, world.night_staff],
        lambda: SessionRecord.objects.create(session=session, by=world.lead),
    )


def review_due(world: World, person: Person) -> Scene:
    enrollment = _enrollment(world, person)
    review = factories.ReviewFactory(enrollment=enrollment, due_on=TODAY + 7 * DAY)
    return Scene([world.lead], lambda: Review.objects.filter(pk=review.pk).update(due_on=TODAY + 60 * DAY))


def grant_ends_60(world: World, person: Person) -> Scene:
    return _grant_ending(world, person, 60)


def grant_ends_14(world: World, person: Person) -> Scene:
    return _grant_ending(world, person, 14)


def allowance_lapsing(world: World, person: Person) -> Scene:
    """The person's own month ends on the 29th; 22 hours are left of 24."""
    enrollment = _enrollment(world, person, starts_on=dt.date(2026, 10, 30))
    start = at("2026-11-15", "10:00")
    outing(world, start, person=person, program=world.outings, enrollment=enrollment, state=SessionState.COMPLETED)
    rest = {"ends_at": start + dt.timedelta(hours=24)}
    return Scene([world.lead], lambda: Session.objects.filter(person=person).update(**rest))


def slot_unconfirmed(world: World, person: Person) -> Scene:
    home = factories.HomeFactory(organization=world.home_office, name=f"まつむし荘{uuid4().hex[:4]}")
    slot = stale(factories.SlotFactory(room=factories.RoomFactory(home=home)))
    return Scene([world.home_staff, world.night_staff], lambda: slots.confirm_free(slot=slot, by=world.home_staff))


def intention_due(world: World, person: Person) -> Scene:
    facility, worker = facility_of(world)
    living = resident(world, facility, family_name="鈴虫")
    return Scene([worker], lambda: ask(living, facility, TODAY + 180 * DAY, worker))


def follow_up_30_days(world: World, person: Person) -> Scene:
    return _follow_up(world, person, FollowUpKind.VISIT_30_DAYS, TODAY + 7 * DAY)


def follow_up_6_months(world: World, person: Person) -> Scene:
    return _follow_up(world, person, FollowUpKind.SIX_MONTHS, TODAY)


def feed_ending(world: World, person: Person) -> Scene:
    feed = feeds.issue(person=person, label="おばば", by=world.worker)
    type(feed).objects.filter(pk=feed.pk).update(expires_on=TODAY + 14 * DAY)
    consent = person.consents.get(kind=ConsentKind.CALENDAR)
    return Scene([world.lead], lambda: consents.withdraw(consent=consent, by=world.worker))


def calendar_unreadable(world: World, person: Person) -> Scene:
    calendar = factories.ExternalCalendarFactory(
        home=world.room.home, created_by=world.home_staff, label="まつむし荘", failures=3
    )
    external._keep(calendar=calendar, reading=Reading(problem="TIMEOUT"))
    return Scene([world.home_staff], lambda: external._keep(calendar=calendar, reading=Reading()))


SCENES: dict[Kind, Callable[[World, Person], Scene]] = {
    Kind[name.upper()]: scene for name, scene in dict(globals()).items() if name.upper() in Kind.names
}
# What time alone brings about; the rest is written when it happens.
PLANNED = (
    Kind.STAY_IN_7_DAYS,
    Kind.STAY_TOMORROW,
    Kind.OUTING_TOMORROW,
    Kind.RECORD_MISSING,
    Kind.REVIEW_DUE,
    Kind.GRANT_ENDS_60,
    Kind.GRANT_ENDS_14,
    Kind.ALLOWANCE_LAPSING,
    Kind.SLOT_UNCONFIRMED,
    Kind.INTENTION_DUE,
    Kind.FOLLOW_UP_30_DAYS,
    Kind.FOLLOW_UP_6_MONTHS,
    Kind.FEED_ENDING,
)


def plan() -> int:
    """What the pump has done once a minute; how many rows were written."""
    return sum(planner(clock.now()) for planner in registry.planners)


def rows(kind: Kind) -> list[Notification]:
    return list(Notification.objects.filter(kind=kind).select_related("user").order_by("pk"))


def told(kind: Kind) -> dict[User, Told]:
    """What each reader is told of this kind now."""
    found = rows(kind)
    words = registry.tell(found)
    return {row.user: words[row.pk] for row in found if row.pk in words}


def _stay_ahead(world: World, person: Person, days: int) -> Scene:
    session = planned_stay(world, person, days)
    return Scene(
        [world.lead, world.home_staff, world.night_staff],
        lambda: sessions.cancel(session=session, by=world.worker, reason="体調"),
    )


def _enrollment(world: World, person: Person, **more):
    more = {"organization": world.office, "lead": world.lead, "program": world.outings, **more}
    return factories.EnrollmentFactory(person=person, **more)


def _grant_ending(world: World, person: Person, days: int) -> Scene:
    ends_on = TODAY + days * DAY
    Grant.objects.filter(person=person).update(ends_on=ends_on)
    return Scene(
        [world.lead],
        lambda: factories.GrantFactory(person=person, starts_on=ends_on + DAY, ends_on=ends_on + 365 * DAY),
    )


def _follow_up(world: World, person: Person, kind: str, due_on: dt.date) -> Scene:
    moved_on = due_on - (30 if kind == FollowUpKind.VISIT_30_DAYS else 183) * DAY
    outcome = factories.OutcomeFactory(enrollment=_enrollment(world, person), code="MOVED_FLAT", moved_on=moved_on)
    found = factories.FollowUpFactory(outcome=outcome, kind=kind, due_on=due_on)
    done = {"done_on": TODAY, "still_there": True, "by": world.lead}
    return Scene([world.lead], lambda: FollowUp.objects.filter(pk=found.pk).update(**done))
