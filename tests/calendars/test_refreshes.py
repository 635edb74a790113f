"""A change that many calendars show: noted at once, written in the background, seen by everybody at one moment."""

import datetime as dt
import threading

import pytest
from django.db import connection, connections, transaction
from django_q.models import OrmQ

from calendars import tasks
from calendars.domain import ical
from calendars.enums import Audience, Detail
from calendars.models import CalendarFeed, FeedEntry, FeedRefresh, PreparedEntry
from calendars.services import feeds, refreshes
from programs.enums import SessionKind, SessionState
from programs.models import Session
from programs.signals import session_changed
from programs.tasks import sweep
from tests import factories
from tests.calendars.conftest import address_of
from tests.calendars.lint import events_of, lint
from transition import clock

OLD, NEW = "ホームみほん", "新しい名前"
MANY = refreshes.AT_ONCE * 2 + 10


@pytest.fixture
def many(world):
    """More stays in one home than change at once, of several people; what is noted of the software is done."""
    return make_many(world)


def make_many(world, count=MANY) -> list[Session]:
    home = world.room.home
    type(home).objects.filter(pk=home.pk).update(name=OLD)
    home.refresh_from_db()
    world.room.home = home
    people = [world.person, *factories.PersonFactory.create_batch(4, municipality=world.municipality)]
    sessions = Session.objects.bulk_create(stay_of(world, people[number % 5], number) for number in range(count))
    refreshes.rebuild_all()
    assert not FeedRefresh.objects.pending().exists()
    return sessions


def stay_of(world, person, number: int) -> Session:
    day = clock.today() + dt.timedelta(days=number + 1)
    return Session(
        kind=SessionKind.STAY,
        person=person,
        program=world.program,
        room=world.room,
        check_in=day,
        check_out=day + dt.timedelta(days=1),
        starts_at=clock.at(day, dt.time(15)),
        ends_at=clock.at(day + dt.timedelta(days=1), dt.time(10)),
        state=SessionState.CONFIRMED,
        organization=world.office,
        requested_by=world.worker,
    )


def rename(home, name=NEW) -> None:
    with transaction.atomic():
        home.name = name
        home.save()


def names(body: bytes) -> set[str]:
    """The names of homes in a calendar."""
    assert lint(body) == []
    return {value.partition("（")[0] for event in events_of(body) for name, value in event if name == "LOCATION"}


def sequences(body: bytes) -> set[str]:
    return {value for event in events_of(body) for name, value in event if name == "SEQUENCE"}


@pytest.fixture
def every_address(world):
    """One calendar of each audience in which the home's name stands."""
    by = {"by": world.worker, "label": "x"}
    return [
        feeds.issue(person=world.person, detail=Detail.PLACE, **by),
        feeds.issue(person=world.person, detail=Detail.NAMES, audience=Audience.PERSON, **by),
        feeds.issue_for_home(home=world.room.home, **by),
        feeds.issue_for_organization(organization=world.office, **by),
        feeds.issue_for_organization(organization=world.home_office, **by),
        feeds.issue_for_organization(organization=world.municipality, **by),
    ]


def test_the_saving_request_writes_one_row_and_nothing_else(many, world, django_assert_max_num_queries):
    # The home, how many there are, whether it is noted already, the row; around them four marks of the transaction.
    with django_assert_max_num_queries(8):
        rename(world.room.home)
    noted = FeedRefresh.objects.pending().get()
    assert (noted.home, noted.position) == (world.room.home, 0)
    assert not FeedEntry.objects.filter(sequence__gt=0).exists()


def test_few_sessions_change_at_once(stay, world):
    session = stay()
    rename(world.room.home)
    assert not FeedRefresh.objects.pending().exists()
    assert NEW in FeedEntry.objects.get(session=session, variant="PLACE").body


def test_the_queue_is_woken_and_the_sweep_wakes_it_again(
    many, world, django_capture_on_commit_callbacks, django_assert_max_num_queries
):
    with django_capture_on_commit_callbacks(execute=True):
        rename(world.room.home)
    assert [task.func() for task in OrmQ.objects.all()] == [refreshes.TASK]
    OrmQ.objects.all().delete()
    sweep()
    assert [task.func() for task in OrmQ.objects.all()] == [refreshes.TASK]
    OrmQ.objects.all().delete()
    tasks.refresh_feeds()
    sweep()
    assert not OrmQ.objects.exists()


def test_every_calendar_is_all_old_until_it_is_all_new_and_moves_once(client, many, world, every_address, monkeypatch):
    """By construction: looked at after every single transaction of the work."""
    first = {feed.pk: client.get(address_of(feed)) for feed in every_address}
    revisions = dict(CalendarFeed.objects.values_list("pk", "revision"))
    rename(world.room.home)
    steps = 0
    while refreshes._prepare(refresh_id=FeedRefresh.objects.pending().get().pk):
        steps += 1
        for feed in every_address:
            again = client.get(address_of(feed))
            assert (again.content, again["ETag"]) == (first[feed.pk].content, first[feed.pk]["ETag"])
    assert steps == 3
    assert refreshes._publish_all() == MANY * 6
    for feed in every_address:
        after = client.get(address_of(feed))
        assert names(after.content) == {NEW}
        assert sequences(after.content) == {"1"}
        for headers in (
            {"If-None-Match": first[feed.pk]["ETag"]},
            {"If-Modified-Since": first[feed.pk]["Last-Modified"]},
        ):
            assert client.get(address_of(feed), headers=headers).status_code == 200
    assert dict(CalendarFeed.objects.values_list("pk", "revision")) == {pk: old + 1 for pk, old in revisions.items()}
    assert not PreparedEntry.objects.exists()
    assert refreshes.run() == 0


def test_killed_anywhere_it_goes_on_where_it_stopped(many, world, every_address, client, monkeypatch):
    rename(world.room.home)
    assert refreshes.run(patience=-1) == 0
    assert FeedRefresh.objects.pending().get().position > 0
    assert PreparedEntry.objects.exists()

    def die(*args):
        raise KeyboardInterrupt

    with monkeypatch.context() as broken:
        broken.setattr(refreshes.fragments, "move", die)
        with pytest.raises(KeyboardInterrupt):
            refreshes.run()
    assert not FeedEntry.objects.filter(sequence__gt=0).exists()
    assert refreshes.run() == MANY * 6
    assert names(client.get(address_of(every_address[2])).content) == {NEW}


def test_another_name_meanwhile_begins_anew(many, world, every_address, client):
    rename(world.room.home, "まちがえた名前")
    refreshes.run(patience=-1)
    rename(world.room.home)
    assert FeedRefresh.objects.pending().get().position == 0
    refreshes.run()
    for feed in every_address:
        body = client.get(address_of(feed)).content
        assert (names(body), sequences(body)) == ({NEW}, {"1"})


def test_what_is_noted_at_the_last_moment_is_not_taken_for_ready(many, world, every_address, client):
    rename(world.room.home, "まちがえた名前")
    while refreshes._prepare(refresh_id=FeedRefresh.objects.pending().get().pk):
        pass
    rename(world.room.home)
    assert refreshes._publish_all() == 0
    assert names(client.get(address_of(every_address[0])).content) == {OLD}
    refreshes.run()
    assert names(client.get(address_of(every_address[0])).content) == {NEW}


def test_an_edit_meanwhile_takes_what_is_pending_with_it(many, world, every_address, client):
    rename(world.room.home)
    refreshes.run(patience=-1)
    edited = many[0]
    edited.state = SessionState.CANCELLED
    edited.save()
    with transaction.atomic():
        session_changed.send(sender=Session, session=edited)
    for feed in every_address:
        assert names(client.get(address_of(feed)).content) == {NEW}
    assert "【中止】" in FeedEntry.objects.get(session=edited, variant="PLACE").body
    assert not FeedRefresh.objects.pending().exists()
    assert refreshes.run() == 0


def test_an_edit_elsewhere_leaves_it_pending(many, world):
    rename(world.room.home)
    elsewhere = factories.SessionFactory()
    session_changed.send(sender=Session, session=elsewhere)
    assert FeedRefresh.objects.pending().exists()
    assert FeedEntry.objects.filter(session=elsewhere).exists()


@pytest.mark.parametrize("what", ["room", "person"])
def test_rooms_and_people_of_many_sessions_too(many, world, what, client):
    if what == "room":
        world.room.name = "2階の南"
        world.room.save()
        feed = feeds.issue_for_home(home=world.room.home, label="x", by=world.home_staff)
        word = "2階の南"
    else:
        Session.objects.update(person=world.person)
        FeedEntry.objects.update(person=world.person)
        world.person.called = "はなちゃん"
        world.person.save()
        feed = feeds.issue(person=world.person, label="x", detail=Detail.NAMES, by=world.worker)
        word = "はなちゃん"
    assert getattr(FeedRefresh.objects.pending().get(), what) is not None
    assert word not in client.get(address_of(feed)).content.decode()
    refreshes.run()
    body = client.get(address_of(feed)).content
    assert body.decode().count(word) == len(events_of(body)) == MANY


def test_what_no_calendar_can_show_any_more_is_left_alone(world, many):
    Session.objects.update(starts_at=clock.at(dt.date(2026, 1, 1), dt.time(15)))
    Session.objects.update(ends_at=clock.at(dt.date(2026, 7, 31), dt.time(10)))
    rename(world.room.home)
    assert not FeedRefresh.objects.pending().exists()


# A new version of the software


def test_a_new_format_is_noticed_by_the_sweep_and_written_once(many, world, every_address, client, monkeypatch):
    sweep()
    assert not OrmQ.objects.exists()
    monkeypatch.setattr(ical, "FORMAT_VERSION", 99)
    monkeypatch.setattr(refreshes, "FORMAT_VERSION", 99)
    monkeypatch.setattr("calendars.services.fragments.fragment", _louder)
    before = {feed.pk: client.get(address_of(feed)).content for feed in every_address}
    sweep()
    assert [task.func() for task in OrmQ.objects.all()] == [refreshes.TASK]
    refreshes.run(patience=-1)
    assert {feed.pk: client.get(address_of(feed)).content for feed in every_address} == before
    assert refreshes.run() == MANY * 8
    for feed in every_address:
        body = client.get(address_of(feed)).content.decode()
        assert body.count("（新）") == body.count("BEGIN:VEVENT") > 0
    assert not refreshes.is_due()
    assert FeedRefresh.objects.get(format=99).done_at == clock.now()


def _louder(content, stamps) -> str:
    return ical.fragment(
        ical.Content(content.starts_at, content.ends_at, content.status, f"{content.summary}（新）"), stamps
    )


def test_back_to_an_older_version_is_a_change_as_well(many, monkeypatch, frozen_time):
    for version in (99, ical.FORMAT_VERSION):
        frozen_time.shift(dt.timedelta(hours=1))
        monkeypatch.setattr(refreshes, "FORMAT_VERSION", version)
        assert refreshes.is_due()
        refreshes.run()
        assert not refreshes.is_due()


def test_another_address_of_the_site_is_a_change_as_well(many, settings, client, world):
    feed = feeds.issue_for_home(home=world.room.home, label="x", by=world.home_staff)
    settings.SITE_ADDRESS = "https://taiken.example.jp"
    assert refreshes.is_due()
    refreshes.run()
    assert not refreshes.is_due()
    assert client.get(address_of(feed)).content.count(b"\r\nURL:https://taiken.example.jp/sessions/") == MANY


def test_entries_that_are_missing_appear_together(many, world, client):
    feed = feeds.issue_for_home(home=world.room.home, label="x", by=world.home_staff)
    FeedEntry.objects.all().delete()
    refreshes.note_format()
    refreshes.run(patience=-1)
    body = client.get(address_of(feed)).content
    assert (lint(body), events_of(body)) == ([], [])
    assert refreshes.run() == MANY * 8
    body = client.get(address_of(feed)).content
    assert (lint(body), len(events_of(body)), sequences(body)) == ([], MANY, {"0"})


# Real threads


@pytest.mark.race
@pytest.mark.real_time
@pytest.mark.django_db(transaction=True)
def test_nobody_who_fetches_during_the_work_sees_a_mixture(client, django_db_blocker):
    from tests.personas import make_world

    world = make_world()
    sessions = make_many(world, 200)
    by = {"by": world.worker, "label": "x"}
    addresses = [
        address_of(feeds.issue_for_home(home=world.room.home, **by)),
        address_of(feeds.issue_for_organization(organization=world.municipality, **by)),
    ]
    ended, seen, faults = threading.Event(), set(), []

    def fetch(address: str) -> None:
        from django.test import Client

        try:
            while not ended.is_set():
                found = names(Client().get(address).content)
                seen.add(frozenset(found))
                if len(found) != 1:
                    faults.append(found)
        except Exception as error:
            faults.append(error)
        finally:
            connections.close_all()

    def work() -> None:
        try:
            for _ in range(30):
                refreshes.run(patience=0)
        except Exception as error:
            faults.append(error)
        finally:
            connections.close_all()

    def edit() -> None:
        try:
            for session in sessions[:3]:
                with transaction.atomic():
                    session_changed.send(sender=Session, session=session)
        except Exception as error:
            faults.append(error)
        finally:
            connections.close_all()

    readers = [threading.Thread(target=fetch, args=[address]) for address in addresses]
    for reader in readers:
        reader.start()
    for number in range(4):
        rename(world.room.home, f"名前{number}号")
        writers = [threading.Thread(target=work) for _ in range(2)]
        if number % 2:
            writers.append(threading.Thread(target=edit))
        for writer in writers:
            writer.start()
        for writer in writers:
            writer.join()
        refreshes.run()
    ended.set()
    for reader in readers:
        reader.join()
    connection.close()
    assert faults == []
    assert seen >= {frozenset({"名前3号"})}
    assert len(seen) > 1
    for address in addresses:
        assert names(client.get(address).content) == {"名前3号"}
    assert not PreparedEntry.objects.exists()
