"""What each audience sees, at each level, and that it ends when the right to see ends."""

import datetime as dt

import pytest
from icalendar import Calendar

from calendars import scopes
from calendars.domain.levels import levels, variant_of
from calendars.enums import Audience, Detail
from calendars.models import EMPTY_FOR, CalendarFeed
from calendars.services import feeds
from programs.domain.problems import Refused
from programs.enums import SessionKind, SessionState
from programs.models import Escort, Session
from tests import factories
from tests.calendars.conftest import address_of, put, refresh
from transition import clock
from transition.enums import ConsentKind, ConsentMeans, OrganizationKind
from transition.models import Consent, Membership, Person, SupportLink
from transition.services import consents

DAY = dt.date(2026, 11, 21)


@pytest.fixture
def read(client):
    """The titles at an address, [] for an empty calendar, None for none at all."""

    def fetch(feed) -> list[str] | None:
        response = client.get(address_of(feed))
        if response.status_code == 404:
            return None
        return [str(event["SUMMARY"]) for event in Calendar.from_ical(response.content).walk("VEVENT")]

    return fetch


@pytest.fixture
def outing(world):
    def make(person=None, day=dt.date(2026, 12, 1), escort=None) -> Session:
        session = Session.objects.create(
            kind=SessionKind.OUTING,
            person=person or world.person,
            program=world.program,
            starts_at=clock.at(day, dt.time(10)),
            ends_at=clock.at(day, dt.time(12)),
            state=SessionState.CONFIRMED,
            place="駅前",
            organization=world.office,
            requested_by=world.worker,
        )
        if escort:
            Escort.objects.create(session=session, user=escort)
        refresh(session)
        return session

    return make


def led(world, **values) -> SupportLink:
    link = SupportLink.objects.get(person=world.person)
    link.lead = world.worker
    link.save()
    return link


def for_home(world, detail=Detail.PLACE):
    return feeds.issue_for_home(home=world.room.home, label="事務室", detail=detail, by=world.home_staff)


def for_worker(world, detail=Detail.PLACE):
    return feeds.issue_for_worker(user=world.worker, organization=world.office, label="わたし", detail=detail)


def for_organization(organization, by, detail=Detail.PLACE):
    return feeds.issue_for_organization(organization=organization, label="壁の画面", detail=detail, by=by)


@pytest.mark.parametrize(
    ("detail", "title"),
    [(Detail.BUSY, "予定あり"), (Detail.PLACE, "{room} お泊まり"), (Detail.NAMES, "はなさん {room} お泊まり")],
)
def test_a_home_reads_its_stays_by_room(read, stay, world, detail, title):
    stay()
    assert read(for_home(world, detail)) == [title.format(room=world.room.name)]


@pytest.mark.parametrize("state", [state for state in SessionState if state not in ("CONFIRMED", "IN_PROGRESS")])
def test_a_home_reads_no_name_before_its_answer_and_after_the_stay(client, stay, world, state):
    stay(state=state)
    body = client.get(address_of(for_home(world, Detail.NAMES))).content.decode()
    assert world.room.name in body
    assert "はなさん" not in body


def test_another_homes_stays_are_not_in_it(read, stay, world):
    stay()
    other = factories.RoomFactory()
    feed = feeds.issue_for_home(home=other.home, label="よそ", by=world.home_staff)
    assert read(feed) == []


@pytest.mark.parametrize(
    ("detail", "title"),
    [(Detail.BUSY, "予定あり"), (Detail.PLACE, "お泊まり {code}"), (Detail.NAMES, "はなさん お泊まり")],
)
def test_workers_and_offices_read_their_people(read, stay, world, detail, title):
    led(world)
    stay()
    title = title.format(code=world.person.code)
    assert read(for_worker(world, detail)) == [title]
    assert read(for_organization(world.office, world.worker, detail)) == [title]
    assert read(for_organization(world.municipality, world.coordinator, detail)) == [title]


def test_an_office_with_homes_reads_all_of_them_by_room(read, stay, world):
    stay()
    assert read(for_organization(world.home_office, world.home_staff)) == [f"{world.room.name} お泊まり"]


def test_a_worker_reads_own_people_and_escorts_only(read, stay, outing, world):
    stay()
    assert read(for_worker(world)) == []
    outing(escort=world.worker)
    assert read(for_worker(world)) == [f"おでかけ {world.person.code}"]
    led(world)
    assert len(read(for_worker(world))) == 2


def test_a_person_of_another_office_is_in_no_feed(read, outing, world):
    other = factories.PersonFactory(municipality=factories.MunicipalityFactory())
    outing(person=other, escort=world.worker)
    assert read(for_worker(world)) == []
    assert read(for_organization(world.office, world.worker)) == []
    assert read(for_organization(world.municipality, world.coordinator)) == []


def everybody(world) -> list[CalendarFeed]:
    return [for_worker(world), for_organization(world.office, world.worker), for_home(world)]


def test_a_change_moves_every_feed_that_carries_it(client, stay, world):
    led(world)
    session = stay()
    carrying = [*everybody(world), for_organization(world.municipality, world.coordinator)]
    before = {feed.pk: client.get(address_of(feed))["ETag"] for feed in carrying}
    put(session, starts_at=session.starts_at + dt.timedelta(hours=1))
    after = {feed.pk: client.get(address_of(feed))["ETag"] for feed in carrying}
    assert all(before[pk] != after[pk] for pk in before)
    for feed in carrying:
        assert client.get(address_of(feed), headers={"If-None-Match": after[feed.pk]}).status_code == 304


def test_unchanged_polls_take_two_queries_at_most(client, stay, world, django_assert_max_num_queries):
    led(world)
    stay()
    for feed in everybody(world):
        etag = client.get(address_of(feed))["ETag"]
        with django_assert_max_num_queries(2):
            assert client.get(address_of(feed), headers={"If-None-Match": etag}).status_code == 304


def gone(read, client, feed, frozen_time, end) -> None:
    """What `end` takes away is gone at the next fetch, also for a program that asks by date."""
    assert read(feed) != []
    first = client.get(address_of(feed))
    frozen_time.shift(dt.timedelta(minutes=1))
    end()
    frozen_time.shift(dt.timedelta(minutes=1))
    for headers in ({"If-None-Match": first["ETag"]}, {"If-Modified-Since": first["Last-Modified"]}):
        response = client.get(address_of(feed), headers=headers)
        assert response.status_code == 200
        assert b"VEVENT" not in response.content


def test_consent_withdrawn_empties_the_familys_calendar(read, client, stay, world, feed, frozen_time):
    stay()
    given = Consent.objects.get(kind=ConsentKind.CALENDAR)
    gone(read, client, feed, frozen_time, lambda: consents.withdraw(consent=given, by=world.worker))


def test_consent_that_runs_out_empties_it_too(read, client, stay, world, feed, frozen_time):
    stay(check_in=dt.date(2026, 12, 20))
    Consent.objects.filter(kind=ConsentKind.CALENDAR).update(ends_on=dt.date(2026, 12, 1))
    gone(read, client, feed, frozen_time, lambda: frozen_time.move_to(clock.at(dt.date(2026, 12, 2), dt.time(0, 1))))


def test_the_persons_own_calendar_needs_no_consent(read, stay, world):
    stay()
    feed = feeds.issue(person=world.person, audience=Audience.PERSON, label="本人", by=world.worker)
    Consent.objects.all().delete()
    assert read(feed) == ["お泊まり"]


def test_a_membership_ended_empties_the_workers_calendar(read, client, stay, world, frozen_time):
    led(world)
    stay()
    end = lambda: Membership.objects.filter(user=world.worker).update(ended_at=clock.now())  # noqa: E731
    gone(read, client, for_worker(world), frozen_time, end)


@pytest.mark.parametrize("number", [0, 1])
def test_a_support_link_ended_empties_worker_and_office(read, client, stay, world, frozen_time, number):
    led(world)
    stay()
    end = lambda: SupportLink.objects.update(starts_on=DAY, ends_on=DAY)  # noqa: E731
    gone(read, client, everybody(world)[number], frozen_time, end)


def test_an_escort_taken_out_leaves_the_workers_calendar(read, client, outing, world, frozen_time):
    outing(escort=world.worker)
    gone(read, client, for_worker(world), frozen_time, lambda: Escort.objects.all().delete())


def test_a_cancelled_event_drops_out_of_every_feed(read, client, stay, world, frozen_time):
    led(world)
    session = stay(check_in=dt.date(2027, 2, 1))
    found = everybody(world)
    put(session, state=SessionState.CANCELLED)
    for feed in found:
        assert all(title.startswith("【中止】") for title in read(feed))
    first = {feed.pk: client.get(address_of(feed))["ETag"] for feed in found}
    frozen_time.shift(dt.timedelta(days=31))
    for feed in found:
        response = client.get(address_of(feed), headers={"If-None-Match": first[feed.pk]})
        assert (response.status_code, b"VEVENT" in response.content) == (200, False)


def test_a_family_reads_along_only_when_the_person_agrees(read, stay, world):
    Consent.objects.all().delete()
    with pytest.raises(Refused) as refused:
        feeds.issue(person=world.person, label="母", by=world.worker)
    assert [(problem.code, problem.field) for problem in refused.value.problems] == [("feed.consent", "means")]
    assert CalendarFeed.objects.count() == 0
    stay()
    feed = feeds.issue(person=world.person, label="母", means=ConsentMeans.GESTURE, by=world.worker)
    assert Consent.objects.get().means == ConsentMeans.GESTURE
    assert read(feed) == ["お泊まり"]


def test_a_feed_ended_gently_is_empty_for_a_month_and_then_gone(read, client, stay, world, feed, frozen_time):
    stay(check_in=dt.date(2027, 2, 1))
    gone(read, client, feed, frozen_time, lambda: feeds.empty(feed=feed, by=world.worker))
    assert read(feed) == []
    frozen_time.shift(EMPTY_FOR - dt.timedelta(minutes=2))
    assert read(feed) == []
    frozen_time.shift(dt.timedelta(minutes=2))
    assert read(feed) is None


def test_a_feed_about_to_end_is_still_empty_for_a_month(read, stay, world, feed, frozen_time):
    stay()
    CalendarFeed.objects.update(expires_on=dt.date(2026, 11, 23))
    feeds.empty(feed=feed, by=world.worker)
    frozen_time.shift(dt.timedelta(days=29))
    assert read(feed) == []


@pytest.mark.parametrize("kind", OrganizationKind)
def test_feeds_carry_the_people_an_organization_supports(world, kind):
    """What feeds read off the links for speed is what the rest of the software goes by."""
    city = None if kind == OrganizationKind.MUNICIPALITY else world.municipality
    organization = factories.OrganizationFactory(kind=kind, municipality=city)
    linked, ended, _stranger = factories.PersonFactory.create_batch(3)
    SupportLink.objects.create(person=linked, organization=organization, starts_on=DAY)
    SupportLink.objects.create(person=ended, organization=organization, starts_on=DAY, ends_on=DAY)
    found = scopes.people_supported_by(organization)
    expected = Person.objects.supported_by(organization)
    assert {row["known"] for row in found} == set(expected.values_list("pk", flat=True))


@pytest.mark.parametrize("audience", Audience)
@pytest.mark.parametrize("hosting", [True, False])
def test_no_level_is_wider_than_its_name(audience, hosting):
    """Names only at NAMES, places only from PLACE on; and a level an audience does not have is refused."""
    for detail in Detail:
        if detail not in levels(audience, hosting=hosting):
            with pytest.raises(ValueError, match="has no level"):
                variant_of(audience, detail, hosting=hosting)
            continue
        variant = variant_of(audience, detail, hosting=hosting)
        assert ("NAMES" in variant) == (detail == Detail.NAMES)
        assert (variant == "BUSY") == (detail == Detail.BUSY)


def test_hosting_kinds_have_no_neutral_level(world):
    assert world.home_office.kind == OrganizationKind.GROUP_HOME
    with pytest.raises(ValueError, match="has no level"):
        for_organization(world.home_office, world.home_staff, Detail.NEUTRAL)
