"""Two weeks before an address stops working, whoever hands it out is told."""

import pytest

from calendars.enums import Audience
from calendars.models import CalendarFeed
from calendars.services import feeds
from tests.personas import make_world, member
from tests.programs.days import DAY, TODAY
from tests.programs.scenes import plan, rows, told
from transition.enums import ConsentKind
from transition.enums import NotificationKind as Kind
from transition.models import Membership
from transition.services import consents

pytestmark = pytest.mark.django_db


@pytest.fixture
def world():
    return make_world()


def ending(feed, days=14):
    CalendarFeed.objects.filter(pk=feed.pk).update(expires_on=TODAY + days * DAY)
    plan()
    return feed


def of_home(world):
    return feeds.issue_for_home(home=world.room.home, label="事務所", by=world.home_staff)


def readers():
    return set(told(Kind.FEED_ENDING))


@pytest.mark.parametrize(("days", "is_told"), [(15, False), (14, True), (8, True), (7, False)])
def test_told_two_weeks_before_or_a_week_late(world, days, is_told):
    ending(of_home(world), days)

    assert bool(rows(Kind.FEED_ENDING)) == is_told


def test_of_a_home_whoever_has_issued_it(world):
    member(world.home_office)

    ending(of_home(world))

    assert readers() == {world.home_staff}


def test_of_a_home_whose_issuer_has_left_everybody_there(world):
    colleague = member(world.home_office)
    feed = of_home(world)
    Membership.objects.filter(user=world.home_staff).update(ended_at=feed.created_at)

    ending(feed)

    assert readers() == {colleague}


def test_of_a_worker_the_worker(world):
    member(world.office)

    ending(feeds.issue_for_worker(user=world.worker, organization=world.office, label="わたし"))

    assert readers() == {world.worker}


def test_of_an_organization_whoever_has_issued_it(world):
    member(world.office)

    ending(feeds.issue_for_organization(organization=world.office, label="みんな", by=world.worker))

    assert readers() == {world.worker}


def test_leads_to_the_button_that_makes_a_new_one(world):
    feed = ending(of_home(world))

    [words] = told(Kind.FEED_ENDING).values()

    assert words.url == f"/feeds/{feed.public_id}/rotate/"


@pytest.mark.parametrize("end", [feeds.rotate, feeds.revoke, feeds.empty])
def test_obsolete_once_it_is_renewed_or_ended(world, end):
    feed = ending(of_home(world))
    assert readers()

    end(feed=feed, by=world.home_staff)

    assert readers() == set()


@pytest.mark.parametrize("audience", [Audience.FAMILY, Audience.PERSON])
def test_a_family_reads_along_only_while_the_person_agrees(world, audience):
    ending(feeds.issue(person=world.person, audience=audience, label="母", by=world.worker))
    assert readers() == {world.worker}

    consents.withdraw(consent=world.person.consents.get(kind=ConsentKind.CALENDAR), by=world.worker)

    assert readers() == (set() if audience == Audience.FAMILY else {world.worker})
