"""Every audience at every level, read back by three programs that are not ours, before and after what can happen."""

import datetime as dt
from collections.abc import Iterable

import pytest

from calendars.domain.entries import STATUS_OF, Facts, content_of
from calendars.domain.levels import levels, variant_of
from calendars.enums import Audience, Detail
from calendars.models import CalendarFeed, FeedEntry
from calendars.services import feeds
from programs.enums import SessionKind, SessionState
from programs.models import Escort, Session
from tests.calendars.conftest import address_of, put, refresh
from tests.calendars.lint import lint
from tests.calendars.parsers import PARSERS, Found
from transition import clock
from transition.models import SupportLink

HOME = 'ホーム; みほん, 2号"別棟": ~100%　' + "ながい名前の" * 8
CALLED = "はな,さん;𠮷"


@pytest.fixture(params=PARSERS)
def parse(request):
    return PARSERS[request.param]


@pytest.fixture
def city(world, stay):
    """Sessions of all kinds and of most states, with names that have to be escaped and folded."""
    home = world.room.home
    home.name = HOME[:120]
    home.save()
    world.person.called = CALLED
    world.person.save()
    link = SupportLink.objects.get(person=world.person)
    link.lead = world.worker
    link.save()
    for number, state in enumerate((SessionState.REQUESTED, SessionState.CONFIRMED, SessionState.CANCELLED)):
        stay(check_in=dt.date(2026, 12, 1 + 5 * number), state=state)
    outing = Session.objects.create(
        kind=SessionKind.OUTING,
        person=world.person,
        program=world.program,
        starts_at=clock.at(dt.date(2026, 12, 20), dt.time(10)),
        ends_at=clock.at(dt.date(2026, 12, 20), dt.time(12, 30)),
        state=SessionState.CONFIRMED,
        place="駅前, 2階; 本屋\\となり",
        organization=world.office,
        requested_by=world.worker,
    )
    Escort.objects.create(session=outing, user=world.worker)
    refresh(outing)
    return world


def issued(world) -> Iterable[tuple[CalendarFeed, bool]]:
    """An address for each audience at each level; whether its organization offers rooms."""
    for detail in Detail:
        for audience in (Audience.FAMILY, Audience.PERSON):
            yield (
                feeds.issue(person=world.person, audience=audience, detail=detail, label="x", by=world.worker),
                False,
            )
    for detail in levels(Audience.HOME):
        yield feeds.issue_for_home(home=world.room.home, detail=detail, label="x", by=world.home_staff), True
        yield (
            feeds.issue_for_organization(organization=world.home_office, detail=detail, label="x", by=world.home_staff),
            True,
        )
    for detail in levels(Audience.WORKER):
        yield feeds.issue_for_worker(user=world.worker, organization=world.office, detail=detail, label="x"), False
        for office, by in ((world.office, world.worker), (world.municipality, world.coordinator)):
            yield feeds.issue_for_organization(organization=office, detail=detail, label="x", by=by), False


def expected(feed: CalendarFeed, hosting: bool) -> list[Found]:
    """What anybody should understand, from the sessions themselves."""
    variant = variant_of(feed.audience, feed.detail, hosting=hosting)
    found = []
    for session in Session.objects.select_related("room__home", "person").order_by("starts_at"):
        if (hosting or feed.audience == Audience.HOME) and session.room is None:
            continue
        entry = FeedEntry.objects.get(session=session, variant=variant)
        home = session.room.home if session.room else None
        facts = Facts(
            kind=SessionKind(session.kind),
            state=SessionState(session.state),
            starts_at=session.starts_at,
            ends_at=session.ends_at,
            place=f"{home.name}（{home.area}）" if home else session.place.replace("\\", "＼"),
            room=session.room.name if session.room else "",
            called=session.person.called,
            code=session.person.code,
        )
        content = content_of(facts, variant)
        status = STATUS_OF[facts.state].value
        found.append(
            Found(
                entry.uid,
                session.starts_at,
                session.ends_at,
                content.summary,
                status,
                content.location,
                content.description,
                entry.sequence,
            )
        )
    return found


def bodies_of(client, addresses: list[tuple[CalendarFeed, bool]]) -> list[bytes]:
    bodies = [client.get(address_of(feed)).content for feed, _ in addresses]
    assert [fault for body in bodies for fault in lint(body)] == []
    return bodies


def agree(client, parse, addresses: list[tuple[CalendarFeed, bool]]) -> list[list[Found]]:
    """That the parser understands all of these as they are meant; what it understood."""
    read = parse(bodies_of(client, addresses))
    assert read == [expected(feed, hosting) for feed, hosting in addresses]
    return read


def test_every_audience_at_every_level(client, city, parse):
    addresses = list(issued(city))
    assert {(feed.audience, feed.detail) for feed, _ in addresses} == {
        (audience, detail) for audience in Audience for detail in {**levels(audience), **levels(audience, hosting=True)}
    }
    read = agree(client, parse, addresses)
    # The same event is the same in every calendar, and none has lost any.
    assert {len(events) for events in read} == {3, 4}
    uids = {frozenset(event.uid for event in events) for events in read}
    assert len(uids) == 2
    assert min(uids, key=len) < max(uids, key=len)


def test_before_and_after_what_can_happen(client, city, parse, frozen_time):
    addresses = list(issued(city))
    first = agree(client, parse, addresses)
    confirmed = Session.objects.get(kind=SessionKind.STAY, state=SessionState.CONFIRMED)
    uid = FeedEntry.objects.filter(session=confirmed).values_list("uid", flat=True)[0]

    def then(act) -> list[Found]:
        frozen_time.shift(dt.timedelta(minutes=1))
        act()
        return [event for events in agree(client, parse, addresses) for event in events if event.uid == uid]

    later = confirmed.ends_at + dt.timedelta(hours=2)
    moved = dt.timedelta(days=30)
    edited = then(lambda: put(confirmed, ends_at=later))
    assert {(event.end, event.sequence) for event in edited} == {(later, 1)}
    put_off = then(
        lambda: put(
            confirmed,
            check_in=confirmed.check_in + moved,
            check_out=confirmed.check_out + moved,
            starts_at=confirmed.starts_at + moved,
            ends_at=confirmed.ends_at + moved,
        )
    )
    assert {event.start for event in put_off} == {confirmed.starts_at}
    assert {event.sequence for event in put_off} == {2}
    home = city.room.home
    home.name = "短い名前"
    renamed = then(home.save)
    assert {event.location for event in renamed} == {"", "短い名前（架空市）"}
    assert {event.sequence for event in renamed if event.location} == {3}
    city.room.name = "南の間"
    then(city.room.save)
    cancelled = then(lambda: put(confirmed, state=SessionState.CANCELLED))
    assert {event.status for event in cancelled} == {"CANCELLED"}
    assert all(event.summary.startswith("【中止】") for event in cancelled)
    frozen_time.shift(dt.timedelta(days=29))
    assert all(uid in {event.uid for event in events} for events in agree(client, parse, addresses))
    frozen_time.shift(dt.timedelta(days=1))
    gone = parse(bodies_of(client, addresses))
    assert all(uid not in {event.uid for event in events} for events in gone)
    assert all(len(after) < len(before) for before, after in zip(first, gone, strict=True))


def test_another_level_is_another_address(client, city, parse):
    """The reader who is to see more or less gets a new address; the old one never tells more."""
    old = feeds.issue(person=city.person, label="母", detail=Detail.BUSY, by=city.worker)
    new = feeds.issue(person=city.person, label="母", detail=Detail.NAMES, by=city.worker)
    (before, after) = agree(client, parse, [(old, False), (new, False)])
    assert [event.uid for event in before] == [event.uid for event in after]
    assert {event.location for event in before} == {""}
    assert all(CALLED in event.summary for event in after)


@pytest.mark.parametrize("how", ["gently", "at once"])
def test_revoked(client, city, parse, how):
    addresses = list(issued(city))
    agree(client, parse, addresses)
    end = feeds.empty if how == "gently" else feeds.revoke
    for feed, _ in addresses:
        end(feed=feed, by=city.worker)
    answers = [client.get(address_of(feed)) for feed, _ in addresses]
    if how == "gently":
        assert parse([answer.content for answer in answers]) == [[] for _ in addresses]
    else:
        assert {(answer.status_code, answer.content) for answer in answers} == {(404, answers[0].content)}
