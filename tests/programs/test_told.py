"""Every kind of notification: told once, to whom it concerns, to nobody else, while it is true, naming nobody."""

import datetime as dt

import pytest
import time_machine
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import resolve

from programs.notifications import kinds
from tests.conftest import NOW
from tests.programs.pages import client_of
from tests.programs.scenes import PLANNED, SCENES, SECRETS, plan, rows, somebody, told, world_of_secrets
from transition import clock
from transition.enums import NotificationKind as Kind
from transition.models import Membership, Notification, SupportLink
from transition.notifications import Semantics, registry

pytestmark = pytest.mark.django_db

every_kind = pytest.mark.parametrize("kind", SCENES, ids=str)
every_planned = pytest.mark.parametrize("kind", PLANNED, ids=str)
# About no person, so nobody has to see one.
OF_NOBODY = (Kind.SLOT_UNCONFIRMED, Kind.INTENTION_DUE, Kind.CALENDAR_UNREADABLE)


@pytest.fixture
def world():
    return world_of_secrets()


def played(world, kind, person=None):
    scene = SCENES[kind](world, person or world.person)
    plan()
    return scene


def named(world, kind):
    """What could name somebody in what goes by mail or stands in the row."""
    written = [words.subject + words.summary for words in told(kind).values()]
    written += [f"{row.reason_key}{row.data}{row.subject_id}" for row in rows(kind)]
    assert all(written)
    return [secret for secret in (*SECRETS, world.person.given_name) for text in written if secret in text]


def by_pk(users):
    return sorted(user.pk for user in users)


def test_every_kind_of_these_apps_has_a_scene():
    own = {notice.kind for notice in kinds.NOTICES} | {Kind.FEED_ENDING}

    assert set(SCENES) == own
    assert own <= set(registry.notices)


@every_kind
def test_told_once_to_whom_it_concerns_naming_nobody(world, kind):
    scene = played(world, kind)

    assert by_pk(row.user for row in rows(kind)) == by_pk(scene.readers)
    assert by_pk(told(kind)) == by_pk(scene.readers)
    assert named(world, kind) == []
    before = Notification.objects.count()
    assert plan() == 0
    with time_machine.travel(NOW + dt.timedelta(hours=3), tick=False):
        assert plan() == 0
    assert Notification.objects.count() == before


@every_kind
def test_the_action_leads_to_a_page_that_its_reader_can_open(world, kind):
    played(world, kind)

    for user, words in told(kind).items():
        resolve(words.url.partition("?")[0])
        assert client_of(user).get(words.url).status_code == 200


@every_kind
def test_obsolete_when_its_reason_is_gone(world, kind):
    scene = played(world, kind)

    scene.gone()

    assert told(kind) == {}


@every_kind
def test_not_told_to_who_has_left(world, kind):
    scene = played(world, kind)

    Membership.objects.filter(user__in=scene.readers).update(ended_at=clock.now())

    assert told(kind) == {}


@every_kind
def test_not_told_of_somebody_whom_the_reader_does_not_support_any_more(world, kind):
    played(world, kind)

    SupportLink.objects.filter(person=world.person).update(
        starts_on=clock.today() - dt.timedelta(days=9), ends_on=clock.today() - dt.timedelta(days=1)
    )

    left = {user for user in told(kind) if not user.memberships.filter(organization=world.home_office).exists()}
    assert bool(left) == (kind == Kind.INTENTION_DUE)


@every_kind
def test_as_many_queries_for_three_as_for_one(world, kind):
    played(world, kind)
    with CaptureQueriesContext(connection) as one:
        assert told(kind)
    for _ in range(2):
        played(world, kind, somebody(world))
    with CaptureQueriesContext(connection) as three:
        assert told(kind)

    assert len(three) == len(one)
    assert len(one) <= 9


@every_planned
def test_planned_with_as_many_queries_for_three_as_for_one(world, kind):
    scene = SCENES[kind]
    scene(world, world.person)
    with CaptureQueriesContext(connection) as one:
        assert plan()
    for _ in range(2):
        scene(world, somebody(world))
    with CaptureQueriesContext(connection) as three:
        assert plan()

    assert len(three) == len(one)


@every_planned
def test_nothing_is_planned_before_the_morning(world, kind):
    SCENES[kind](world, world.person)

    with time_machine.travel(clock.at(clock.today(), dt.time(8, 59)), tick=False):
        assert plan() == 0
    with time_machine.travel(clock.at(clock.today(), dt.time(9)), tick=False):
        assert plan() > 0


# Too late to be of use: what they announce has begun, or ends with the month.
PASSED = (Kind.STAY_TOMORROW, Kind.OUTING_TOMORROW)


@every_planned
def test_after_an_outage_of_three_days_what_still_makes_sense_is_told_once(world, kind):
    SCENES[kind](world, world.person)

    with time_machine.travel(NOW + dt.timedelta(days=3), tick=False):
        plan()
        first = len(rows(kind))
        heard = told(kind)
        # Not once more for each minute that was missed.
        assert [plan() for _ in range(3)] == [0, 0, 0]

    assert bool(first) == (kind not in PASSED)
    assert len(rows(kind)) == first == len(heard)
    assert len({row.reason_key for row in rows(kind)}) == first


def test_events_are_never_lost_and_reminders_never_doubled():
    events = {kind for kind in SCENES if kind not in (*PLANNED, Kind.CALENDAR_UNREADABLE)}

    assert {kind for kind in SCENES if registry.of(kind).semantics == Semantics.AT_LEAST_ONCE} == events


def test_an_inbox_of_every_kind_asks_for_its_readers_once(world):
    # An unanswered request would expire with the others.
    for kind in reversed(SCENES):
        SCENES[kind](world, somebody(world))
    plan()
    everything = list(Notification.objects.all())

    with CaptureQueriesContext(connection) as queries:
        told = registry.tell(everything)

    assert {row.kind for row in everything if row.pk in told} == set(SCENES)
    assert len(queries) <= 24
