"""Each night's work is done once, what fails is tried five times, and what is wrong is told to administrators."""

import datetime as dt

import pytest
import time_machine
from django.contrib.sessions.backends.db import SessionStore
from django.contrib.sessions.models import Session as SignIn
from django.core import mail
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django_q.models import OrmQ, Task

from calendars.models import FeedEntry
from calendars.queries import invariants as of_calendars
from programs.enums import SessionState
from programs.models import RoomNight, Session
from programs.queries import invariants as of_programs
from programs.services import sessions
from tests import factories
from tests.personas import make_world
from transition import clock
from transition.enums import NotificationKind, NotificationState, RunState
from transition.models import IdempotencyKey, JobRun, Notification, Pulse, RateCount
from transition.nightly import Registry, registry
from transition.services import consistency, nightly, pump, retention, seals
from transition.services.sole import sole

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def jobs(monkeypatch):
    own = Registry()
    monkeypatch.setattr(nightly, "registry", own)
    return own


def state(name: str) -> tuple:
    run = JobRun.objects.get(job=name)
    return run.state, run.tries, run.failure, run.found


def at(hours: float):
    return time_machine.travel(clock.at(dt.date(2026, 11, 22), dt.time(10)) + dt.timedelta(hours=hours), tick=False)


def test_once_a_night_and_again_the_next(jobs):
    done = []
    jobs.run("one", lambda: done.append(1) or 7)
    nightly.wake_if_due()
    assert [task.func() for task in OrmQ.objects.all()] == [nightly.TASK]
    assert (nightly.run(), nightly.run(), len(done)) == (1, 0, 1)
    assert state("one") == (RunState.DONE, 1, "", 7)
    OrmQ.objects.all().delete()
    nightly.wake_if_due()
    assert not OrmQ.objects.exists()
    with at(16):
        # Two in the morning: not yet.
        assert nightly.run() == 0
    with at(17):
        assert nightly.run() == 1


def test_one_that_fails_stops_no_other_and_is_given_up_after_five_tries(jobs, caplog):
    def broken() -> int:
        raise ValueError("見本 花子")

    jobs.run("broken", broken)
    jobs.run("works", lambda: 0)
    assert nightly.run() == 1
    assert state("broken") == (RunState.RUNNING, 1, "ValueError", 0)
    # Not again at once.
    assert nightly.run() == 0
    assert state("broken")[1] == 1
    for hours in range(1, 7):
        with at(hours):
            nightly.run()
    assert state("broken") == (RunState.FAILED, 5, "ValueError", 0)
    assert "花子" not in caplog.text


def test_one_that_kills_its_worker_is_given_up_after_five_tries(jobs):
    class Killed(BaseException):
        """What a kill looks like from inside: nothing after it is written."""

    def poison() -> int:
        raise Killed

    jobs.run("poison", poison)
    jobs.run("works", lambda: 0)
    for hours in range(5):
        with at(hours), pytest.raises(Killed):
            nightly.run()
    with at(6):
        assert nightly.run() == 1
    assert state("poison") == (RunState.FAILED, 5, "interrupted", 0)


@pytest.mark.race
def test_two_workers_do_not_do_it_both(jobs):
    import threading

    jobs.run("one", lambda: 0)
    answers = []

    def other():
        answers.append(nightly.run())
        connection.close()

    with sole("nightly"):
        thread = threading.Thread(target=other)
        thread.start()
        thread.join(30)
    assert answers == [0]


def test_what_has_served_its_purpose_goes(monkeypatch):
    monkeypatch.setattr(retention, "BATCH", 2)
    user = factories.UserFactory()
    now = clock.now()

    def ago(**span) -> dt.datetime:
        return now - dt.timedelta(**span)

    for number in range(5):
        old = IdempotencyKey.objects.create(user=user, key=str(number), fingerprint="x")
        IdempotencyKey.objects.filter(pk=old.pk).update(created_at=ago(hours=49))
    IdempotencyKey.objects.create(user=user, key="young", fingerprint="x", response={"status": 201})
    RateCount.objects.create(key="a", since=ago(hours=2), count=1)
    RateCount.objects.create(key="b", since=ago(minutes=2), count=1)
    for name, days in (("old", 31), ("young", 29)):
        Task.objects.create(
            id=name, name=name, func="a.b", started=ago(days=days), stopped=ago(days=days), success=True
        )
    gone = factories.NotificationFactory(read_at=ago(days=181), state=NotificationState.UNMAILED)
    kept = [
        factories.NotificationFactory(read_at=ago(days=179), state=NotificationState.UNMAILED),
        factories.NotificationFactory(read_at=None, state=NotificationState.UNMAILED, due_at=ago(days=400)),
        # A person may still have to decide.
        factories.NotificationFactory(read_at=ago(days=181), state=NotificationState.UNCERTAIN),
    ]
    Pulse.objects.create(name="task:x", at=ago(days=3))
    Pulse.objects.create(name=Pulse.GUARD, at=ago(days=3))
    for days in (-1, 1):
        store = SessionStore()
        store.set_expiry(now + dt.timedelta(days=days))
        store["a"] = 1
        store.save()
    assert retention.purge() == 5 + 1 + 1 + 1 + 1
    assert [key.key for key in IdempotencyKey.objects.all()] == ["young"]
    assert [count.key for count in RateCount.objects.all()] == ["b"]
    assert [task.id for task in Task.objects.all()] == ["young"]
    assert not Notification.objects.filter(pk=gone.pk).exists()
    assert Notification.objects.count() == len(kept)
    assert [pulse.name for pulse in Pulse.objects.all()] == [Pulse.GUARD]
    assert SignIn.objects.count() == 1
    assert retention.purge() == 0


@pytest.fixture
def stay():
    world = make_world()
    return sessions.request_stay(
        person=world.person,
        program=world.program,
        slot=world.slot,
        organization=world.office,
        by=world.worker,
        check_in=dt.date(2026, 12, 4),
        check_out=dt.date(2026, 12, 6),
    )


def found() -> dict[str, list[str]]:
    broken = {one.code: list(one.broken(10)) for one in registry.invariants.values()}
    return {code: ids for code, ids in broken.items() if ids}


def test_what_services_write_is_in_order(stay):
    assert found() == {}


def dead(stay):
    Session.objects.update(state=SessionState.EXPIRED)


def shorter(stay):
    RoomNight.objects.filter(date=dt.date(2026, 12, 5)).delete()


def other_room(stay):
    RoomNight.objects.update(room=factories.RoomFactory())


def moved(stay):
    RoomNight.objects.filter(date=dt.date(2026, 12, 5)).update(date=dt.date(2026, 12, 9))


def other_state(stay):
    Session.objects.update(state=SessionState.CONFIRMED)


def silently_longer(stay):
    limit = factories.LimitFactory(program=stay.program, amount=2)
    assert limit.amount == 2


def other_words(stay):
    FeedEntry.objects.update(body="x")


@pytest.mark.parametrize(
    ("damage", "codes"),
    [
        (dead, {"nights.dead", "sessions.history", "feeds.entries"}),
        (shorter, {"nights.unlike"}),
        (other_room, {"nights.unlike"}),
        (moved, {"nights.unlike", "nights.outside"}),
        (other_state, {"sessions.history", "feeds.entries"}),
        (silently_longer, {"limits.undecided"}),
        (other_words, {"feeds.entries"}),
    ],
)
def test_what_no_service_writes_is_found(stay, damage, codes):
    damage(stay)
    assert found() == {code: [str(stay.public_id)] for code in codes}


def test_a_calendar_that_goes_on_for_somebody_who_left():
    from calendars.services import feeds

    membership = factories.MembershipFactory()
    feed = feeds.issue_for_worker(user=membership.user, organization=membership.organization, label="わたし")
    membership.ended_at = clock.now()
    membership.save()
    assert found() == {}
    with at(24 * 32):
        assert of_calendars.feeds_of_former_members(10) == [str(feed.public_id)]


def test_the_night_asks_as_much_whatever_there_is(stay):
    def queries() -> int:
        with CaptureQueriesContext(
            connection,
        ) as asked:
            for one in (*of_programs.INVARIANTS, *of_calendars.INVARIANTS):
                one.broken(100)
        return len(asked)

    before = queries()
    other = factories.PersonFactory(municipality=stay.person.municipality)
    factories.SupportLinkFactory(person=other, organization=stay.organization)
    factories.GrantFactory(person=other)
    sessions.request_stay(
        person=other,
        program=stay.program,
        slot=factories.SlotFactory(),
        organization=stay.organization,
        by=stay.requested_by,
        check_in=stay.check_in,
        check_out=stay.check_out,
    )
    assert queries() == before


def test_administrators_hear_of_it_once_a_day_and_of_nothing_else(stay):
    administrator = factories.UserFactory(is_superuser=True)
    assert consistency.check() == 0
    assert not Notification.objects.filter(kind=NotificationKind.CONSISTENCY).exists()
    shorter(stay)
    assert consistency.check() == 1
    assert consistency.check() == 1
    row = Notification.objects.get(kind=NotificationKind.CONSISTENCY)
    assert row.user == administrator
    assert row.data["findings"] == [
        {
            "code": "nights.unlike",
            "sentence": "お泊まりの日にちと、押さえている夜が合いません。",
            "count": 1,
            "ids": [str(stay.public_id)],
        }
    ]
    Notification.objects.exclude(pk=row.pk).delete()
    assert pump.run() == 1
    [sent] = mail.outbox
    # Where it is, stands behind the sign-in.
    assert str(stay.public_id) not in sent.subject + sent.body
    assert "1件の食いちがい" in sent.subject
    told = consistency.told([row])[row.pk]
    assert str(stay.public_id) in told.detail


def test_the_demo_is_in_order():
    from django.core.management import call_command

    call_command("seed", verbosity=0)
    seals.seal()
    assert found() == {}
