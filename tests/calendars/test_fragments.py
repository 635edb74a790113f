"""The stored text follows the sessions, and says so only when a reader would see a difference."""

import datetime as dt

import pytest
from django.core.management import call_command
from django.db import connection
from django.test.utils import CaptureQueriesContext

from calendars.enums import Detail, Variant
from calendars.models import CalendarFeed, FeedEntry
from calendars.queries import feeds as queries
from calendars.services import feeds, fragments, refreshes
from programs.enums import SessionState
from programs.models import Session
from programs.signals import session_changed
from tests.calendars.conftest import put, refresh
from tests.calendars.lint import events_of
from transition import clock
from transition.services import people


def entry(session, variant=Variant.NEUTRAL) -> FeedEntry:
    return FeedEntry.objects.get(session=session, variant=variant)


def lines(session, variant=Variant.NEUTRAL) -> dict[str, str]:
    pairs = (line.partition(":") for line in entry(session, variant).body.split("\r\n"))
    return {name: value for name, _, value in pairs if name not in ("BEGIN", "END", "")}


def test_a_session_has_one_entry_at_each_level(stay):
    session = stay()
    assert sorted(FeedEntry.objects.values_list("session", "variant")) == sorted((session.pk, d) for d in Variant)


def test_uid_is_the_same_at_each_level_and_for_ever(stay, settings):
    session = stay()
    (uid,) = set(FeedEntry.objects.values_list("uid", flat=True))
    assert uid.endswith("@taiken.invalid")
    assert str(session.public_id) not in uid
    settings.CALENDAR_UID_HOST = "moved.invalid"
    put(session, state=SessionState.CANCELLED)
    assert set(FeedEntry.objects.values_list("uid", flat=True)) == {uid}


def test_stamps_come_from_the_stored_change(stay, frozen_time):
    session = stay()
    frozen_time.shift(dt.timedelta(hours=1))
    put(session, starts_at=session.starts_at + dt.timedelta(hours=1))
    frozen_time.shift(dt.timedelta(days=1))
    assert refresh(session) == 0
    stamps = {name: value for name, value in lines(session).items() if name in ("DTSTAMP", "CREATED", "LAST-MODIFIED")}
    assert stamps == {
        "DTSTAMP": "20261122T020000Z", "CREATED": "20261122T010000Z", "LAST-MODIFIED": "20261122T020000Z"
    }  # fmt: skip


@pytest.mark.parametrize(
    ("changes", "moved"),
    [
        ({"state": SessionState.CONFIRMED}, set(Variant)),
        ({"state": SessionState.CANCELLED}, set(Variant)),
        ({"place": "駅前"}, set()),
        ({"note": "よろしく"}, set()),
        ({"expires_at": dt.datetime(2026, 12, 1, tzinfo=dt.UTC)}, set()),
    ],
)
def test_sequence_moves_on_a_visible_change_only(stay, changes, moved):
    session = stay(state=SessionState.REQUESTED)
    assert put(session, **changes) == len(moved)
    assert {e.variant for e in FeedEntry.objects.filter(sequence=1)} == moved
    assert FeedEntry.objects.filter(sequence=0).count() == len(Variant) - len(moved)


@pytest.mark.parametrize(
    ("state", "moved"), [(SessionState.IN_PROGRESS, set()), (SessionState.COMPLETED, {Variant.ROOM_NAMES})]
)
def test_what_happens_inside_a_stay_is_not_visible(stay, feed, state, moved):
    """But that a guest has left: the home's own calendar then stops naming the guest."""
    session = stay()
    revision = CalendarFeed.objects.get().revision
    assert put(session, state=state, actual_starts_at=session.starts_at) == len(moved)
    assert {e.variant for e in FeedEntry.objects.filter(sequence=1)} == moved
    assert CalendarFeed.objects.get().revision == revision


def test_sequence_counts_every_change_and_never_starts_again(stay):
    session = stay(state=SessionState.REQUESTED)
    states = [SessionState.CONFIRMED, SessionState.CANCELLED, SessionState.REQUESTED, SessionState.REQUESTED]
    seen = []
    for state in states:
        put(session, state=state)
        seen.append(lines(session)["SEQUENCE"])
    assert seen == ["1", "2", "3", "3"]


def test_renaming_the_home_moves_the_levels_that_name_it(stay, feed, world):
    session = stay()
    named = feeds.issue(person=world.person, label="兄", detail=Detail.PLACE, by=world.worker)
    revisions = dict(CalendarFeed.objects.values_list("pk", "revision"))
    home = world.room.home
    home.name = "新しい名前; 2号, 別棟"
    home.save()
    assert {e.variant for e in FeedEntry.objects.filter(sequence=1)} == {
        Variant.PLACE,
        Variant.NAMES,
        Variant.CODE,
        Variant.STAFF_NAMES,
        Variant.ROOM,
        Variant.ROOM_NAMES,
    }
    assert lines(session, Variant.PLACE)["LOCATION"] == "新しい名前\\; 2号\\, 別棟（架空市）"
    revisions[named.pk] += 1
    assert dict(CalendarFeed.objects.values_list("pk", "revision")) == revisions


def test_another_name_for_the_person_moves_the_level_that_uses_it(stay, world):
    session = stay()
    people.update(person=world.person, called="はなちゃん", by=world.worker)
    assert {e.variant for e in FeedEntry.objects.filter(sequence=1)} == {
        Variant.NAMES,
        Variant.STAFF_NAMES,
        Variant.ROOM_NAMES,
    }
    assert lines(session, Variant.NAMES)["SUMMARY"] == "はなちゃん お泊まり"
    people.update(person=world.person, called="", by=world.worker)
    assert lines(session, Variant.NAMES)["SUMMARY"] == "お泊まり"


def test_no_level_tells_the_full_name(stay, world):
    stay(note="発作があります")
    text = "".join(FeedEntry.objects.values_list("body", flat=True))
    told = [world.person.family_name, world.person.given_name, world.person.given_kana, "発作", world.worker.name]
    assert [word for word in told if word in text] == []


def test_the_signal_of_a_change_rewrites_the_entries(stay):
    session = stay(state=SessionState.REQUESTED)
    Session.objects.filter(pk=session.pk).update(state=SessionState.CONFIRMED)
    session_changed.send(sender=Session, session=session)
    assert lines(session)["STATUS"] == "CONFIRMED"


def test_one_change_rewrites_the_entries_of_one_session(stay):
    sessions = [stay(check_in=dt.date(2026, 12, day)) for day in (1, 5, 9)]
    put(sessions[1], state=SessionState.CANCELLED)
    changed = {(e.session_id, e.variant) for e in FeedEntry.objects.filter(sequence=1)}
    assert changed == {(sessions[1].pk, variant) for variant in Variant}


def test_a_change_costs_the_same_whatever_else_there_is(stay, world):
    def queries(check_in: dt.date) -> int:
        session = stay(check_in=check_in, state=SessionState.REQUESTED)
        Session.objects.filter(pk=session.pk).update(state=SessionState.CONFIRMED)
        with CaptureQueriesContext(connection) as captured:
            fragments.refresh(Session.objects.filter(pk=session.pk))
        return len(captured)

    feeds.issue(person=world.person, label="母", by=world.worker)
    one = queries(dt.date(2026, 12, 5))
    for number in range(3):
        feeds.issue(person=world.person, label=f"親戚{number}", by=world.worker)
        stay(check_in=dt.date(2027, 1, 1 + number))
    assert queries(dt.date(2026, 12, 9)) == one <= 8


def test_only_feeds_of_this_person_that_still_work_move(stay, feed, world):
    session = stay()
    before = CalendarFeed.objects.get(pk=feed.pk)
    feeds.revoke(feed=feed, by=world.worker)
    put(session, state=SessionState.CANCELLED)
    assert CalendarFeed.objects.get(pk=feed.pk).revision == before.revision


def test_two_changes_in_one_second_are_told_apart(stay, feed):
    session = stay(state=SessionState.REQUESTED)
    first = CalendarFeed.objects.get().changed_at
    put(session, state=SessionState.CONFIRMED)
    second = CalendarFeed.objects.get().changed_at
    assert second - first >= dt.timedelta(seconds=1)


def test_entries_made_afterwards_do_not_bring_old_cancellations_back(stay, world, frozen_time):
    stay(state=SessionState.CANCELLED)
    FeedEntry.objects.all().delete()
    frozen_time.shift(dt.timedelta(days=31))
    assert refreshes.rebuild_all() == len(Variant)
    feed = feeds.issue(person=world.person, label="母", by=world.worker)
    assert events_of(queries.calendar_of(feed, today=clock.today(), now=clock.now())) == []


def test_rebuilding_changes_nothing_that_is_right(stay, feed, capsys):
    stay()
    revision = CalendarFeed.objects.get().revision
    call_command("refresh_feeds")
    assert capsys.readouterr().out == "0 entries changed\n"
    assert CalendarFeed.objects.get().revision == revision


def test_rebuilding_brings_entries_to_the_present_text(stay, feed):
    session = stay()
    revision = CalendarFeed.objects.get().revision
    FeedEntry.objects.filter(variant=Variant.NEUTRAL).update(body="BEGIN:VEVENT\r\nEND:VEVENT\r\n")
    assert refreshes.rebuild_all() == 1
    assert lines(session)["SEQUENCE"] == "1"
    assert CalendarFeed.objects.get().revision == revision + 1
