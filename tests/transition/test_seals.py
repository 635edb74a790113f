"""The chain over the audit events: whatever is done to it past the application shows, at the row where it was done."""

import datetime as dt
import os
import random
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from io import StringIO

import pytest
from django.core.management import CommandError, call_command
from django.db import connection, connections, transaction

from tests import factories
from tests.access import undone
from transition import append_only, clock, nightly, tasks
from transition.domain import chain
from transition.models import AuditEvent, AuditSeal, JobRun
from transition.queries import audit_chain
from transition.queries.audit_chain import Fault, verify
from transition.services import audit, seals
from transition.services import nightly as night
from transition.services.transactions import ConstraintBroken, writing

pytestmark = pytest.mark.django_db
# FORGERIES=1000 tries more of them; the seed is the same, so the first ones are.
TRIES = int(os.environ.get("FORGERIES", "110"))


def events(count: int, *, every: int = 7, now: dt.datetime | None = None) -> list[AuditEvent]:
    """The last of them five minutes old."""
    end = (now or clock.now()) - dt.timedelta(minutes=5)
    rows = [
        AuditEvent(
            at=end - dt.timedelta(seconds=every * (count - index)),
            actor=index % 3 or None,
            action="session.confirm",
            subject_type="session",
            subject_id=str(index),
            data={"person": index % 5, "n": 1.5, "見本": [index, {"b": None, "a": True}]},
        )
        for index in range(count)
    ]
    return AuditEvent.objects.bulk_create(rows)


def run(sql: str, *values) -> None:
    with connection.cursor() as cursor:
        cursor.execute(sql, values)


@pytest.fixture
def forging():
    """Past the triggers, as whoever owns the database can."""
    append_only.release()


def test_every_event_is_sealed_once_it_has_rested(frozen_time):
    user = factories.UserFactory()
    event = audit.record("person.update", user, by=user, fields=["called"])
    assert seals.seal() == 0
    frozen_time.shift(59)
    assert seals.seal() == 0
    frozen_time.shift(1)
    assert (seals.seal(), seals.seal()) == (1, 0)
    link = AuditSeal.objects.get()
    assert (link.number, link.event_id, len(link.code)) == (1, event.pk, 64)
    verdict = verify()
    assert (verdict.checked, verdict.finding, verdict.head) == (1, None, seals.head())


def test_the_minute_seals(frozen_time):
    events(3)
    tasks.tell()
    assert AuditSeal.objects.count() == 3


def test_more_than_one_batch(monkeypatch):
    monkeypatch.setattr(seals, "BATCH", 10)
    monkeypatch.setattr(audit_chain, "CHUNK", 7)
    events(95)
    assert seals.seal() == 95
    assert (verify().checked, verify().finding) == (95, None)


def test_an_older_id_that_is_committed_later_is_sealed_too(frozen_time):
    first, late, last = events(3, every=1)
    append_only.release()
    run("DELETE FROM transition_auditevent WHERE id = %s", late.pk)
    assert seals.seal() == 2
    AuditEvent.objects.bulk_create([late])
    assert seals.seal() == 1
    assert list(AuditSeal.objects.values_list("event_id", flat=True)) == [first.pk, last.pk, late.pk]
    assert verify().finding is None


def test_nothing_is_sealed_into_the_past(frozen_time):
    (old, *_) = events(100)
    seals.seal()
    forged = AuditEvent.objects.create(action="x.y", subject_type="x", subject_id="1", at=old.at)
    assert seals.seal() == 0
    assert verify().finding == audit_chain.Finding(Fault.INSERTED, event=forged.pk)


def test_a_sweep_that_stands_still_is_told(frozen_time):
    events(2)
    seals.seal()
    event = AuditEvent.objects.create(action="x.y", subject_type="x", subject_id="1")
    frozen_time.shift(60 * 6 - 1)
    assert verify().finding is None
    frozen_time.shift(60)
    assert verify().finding == audit_chain.Finding(Fault.WAITING, event=event.pk)
    seals.seal()
    assert verify().finding is None


def test_another_key_fits_nothing(settings):
    events(2)
    seals.seal()
    settings.AUDIT_KEY = "another"
    assert verify().finding.fault == Fault.CHANGED


def test_each_column_counts(forging):
    event = events(3)[1]
    seals.seal()
    changes = {
        "at": event.at + dt.timedelta(microseconds=1),
        "actor": 99,
        "action": "session.decline",
        "subject_type": "room",
        "subject_id": "x",
        "data": {"person": 1},
    }
    assert {*changes, "pk"} == set(chain.COLUMNS)
    assert len(chain.COLUMNS) == len(AuditEvent._meta.fields)
    for column, value in changes.items():
        with undone():
            AuditEvent._base_manager.filter(pk=event.pk)._update([(AuditEvent._meta.get_field(column), None, value)])
            assert verify().finding == audit_chain.Finding(Fault.CHANGED, 2, event.pk), column
    assert verify().finding is None


# Each does one thing to a chain of `count` events and gives what may be found first.
def edit(rng, ids, links):
    at = rng.randrange(len(ids))
    column, value = rng.choice([("action", "x.y"), ("actor", 77), ("subject_id", "z"), ("subject_type", "q")])
    run(f"UPDATE transition_auditevent SET {column} = %s WHERE id = %s", value, ids[at])
    return at + 1


def edit_seal(rng, ids, links):
    at = rng.randrange(len(links))
    run("UPDATE transition_auditseal SET code = %s WHERE number = %s", f"{rng.getrandbits(256):064x}", at + 1)
    return at + 1


def remove(rng, ids, links):
    at = rng.randrange(len(ids))
    run("DELETE FROM transition_auditevent WHERE id = %s", ids[at])
    return at + 1


def remove_both(rng, ids, links):
    at = rng.randrange(len(ids))
    run("DELETE FROM transition_auditevent WHERE id = %s", ids[at])
    run("DELETE FROM transition_auditseal WHERE number = %s", at + 1)
    return at + 1


def remove_and_renumber(rng, ids, links):
    """Takes one out and closes the gap."""
    at = rng.randrange(len(ids))
    run("DELETE FROM transition_auditevent WHERE id = %s", ids[at])
    run("DELETE FROM transition_auditseal WHERE number = %s", at + 1)
    run("UPDATE transition_auditseal SET number = number + 999 WHERE number > %s", at + 1)
    run("UPDATE transition_auditseal SET number = number - 1000 WHERE number > 999")
    return at + 1


def reorder(rng, ids, links):
    """Two events change places, under the same ids."""
    one, other = sorted(rng.sample(range(len(ids)), 2))
    for was, becomes in ((ids[one], -1), (ids[other], ids[one]), (-1, ids[other])):
        run("UPDATE transition_auditevent SET id = %s WHERE id = %s", becomes, was)
    return one + 1


def reorder_seals(rng, ids, links):
    one, other = sorted(rng.sample(range(len(ids)), 2))
    for number, event in ((one, -1), (other, ids[one]), (one, ids[other])):
        run("UPDATE transition_auditseal SET event_id = %s WHERE number = %s", event, number + 1)
    return one + 1


def insert(rng, ids, links):
    """A row between others, or behind them with an old date; then the sweep comes by."""
    at = AuditEvent.objects.get(pk=ids[rng.randrange(len(ids) // 2)]).at
    forged = AuditEvent(action="x.y", subject_type="x", subject_id="1", at=at)
    if rng.random() < 0.5:
        forged.pk = ids[0] - 1 - rng.randrange(5)
    forged.save(force_insert=True)
    seals.seal()
    return f"event {forged.pk}"


def insert_with_seal(rng, ids, links):
    """Without the key, at the end."""
    forged = AuditEvent.objects.create(
        action="x.y", subject_type="x", subject_id="1", at=clock.now() - dt.timedelta(minutes=5)
    )
    code = chain.seal(b"guessed", links[-1], len(ids) + 1, [getattr(forged, name) for name in chain.COLUMNS])
    AuditSeal.objects.create(number=len(ids) + 1, event_id=forged.pk, code=code)
    return len(ids) + 1


def truncate(rng, ids, links):
    keep = rng.randrange(len(ids))
    run("DELETE FROM transition_auditseal WHERE number > %s", keep)
    run("DELETE FROM transition_auditevent WHERE id >= %s", ids[keep])
    return keep + 1


def truncate_and_go_on(rng, ids, links):
    """The end is cut off, and the application itself seals new events over it."""
    keep = truncate(rng, ids, links) - 1
    for _ in range(len(ids) - keep + rng.randrange(3)):
        AuditEvent.objects.create(
            action="a.b", subject_type="x", subject_id="1", at=clock.now() - dt.timedelta(minutes=2)
        )
    seals.seal()
    return len(ids)


def replace_and_put_back(rng, ids, links):
    """The end is cut off, the application seals another event in the place of the first, and the rest comes back as it
    was, with its own seals. Only that each seal holds the one before shows it."""
    keep = rng.randrange(len(ids) - 1)
    events = list(AuditEvent.objects.filter(pk__gt=ids[keep]))
    rest = list(AuditSeal.objects.filter(number__gt=keep + 1))
    run("DELETE FROM transition_auditseal WHERE number > %s", keep)
    run("DELETE FROM transition_auditevent WHERE id >= %s", ids[keep])
    AuditEvent.objects.create(action="a.b", subject_type="x", subject_id="1", at=clock.now() - dt.timedelta(minutes=2))
    assert seals.seal() == 1
    AuditEvent.objects.bulk_create(events)
    AuditSeal.objects.bulk_create(rest)
    return keep + 2


FORGERIES = (
    replace_and_put_back,
    edit,
    edit_seal,
    remove,
    remove_both,
    remove_and_renumber,
    reorder,
    reorder_seals,
    insert,
    insert_with_seal,
    truncate,
    truncate_and_go_on,
)


@pytest.mark.parametrize("forgery", FORGERIES, ids=lambda forgery: forgery.__name__)
def test_whatever_is_forged_is_found_where_it_was(forgery, forging):
    """With the head kept outside, as the nightly log keeps it."""
    ids = [event.pk for event in events(40, every=60)]
    seals.seal()
    known = seals.head()
    links = list(AuditSeal.objects.values_list("code", flat=True))
    rng, missed = random.Random(7), []
    for attempt in range(-(-TRIES // len(FORGERIES))):
        with undone():
            where = forgery(rng, ids, links)
            finding = verify(known=known).finding
            told = finding and (f"event {finding.event}" if finding.fault == Fault.INSERTED else finding.number)
            if told != where:
                missed.append((attempt, where, finding))
    assert missed == []
    assert verify(known=known).finding is None


def test_the_commands(frozen_time, forging):
    out = StringIO()
    ids = [event.pk for event in events(5)]
    seals.seal()
    call_command("audit_head", stdout=out)
    head = out.getvalue().strip()
    assert head == f"5:{AuditSeal.objects.get(number=5).code}"
    call_command("verify_audit", head=head, stdout=out)
    assert "封5件、すべて正しいです" in out.getvalue()
    run("DELETE FROM transition_auditseal WHERE number = 5")
    run("DELETE FROM transition_auditevent WHERE id = %s", ids[4])
    call_command("verify_audit", stdout=out)
    with pytest.raises(CommandError, match="封 5: 最後の封から先が、切り取られています"):
        call_command("verify_audit", head=head)
    run("UPDATE transition_auditevent SET actor = 9 WHERE id = %s", ids[2])
    with pytest.raises(CommandError, match=f"封 3、監査記録 {ids[2]}: .*その前の2件は正しい"):
        call_command("verify_audit", head=head)
    for wrong in ("x", "5", "5:abc", f"５:{'0' * 64}"):
        with pytest.raises(CommandError, match="番号:封"):
            call_command("verify_audit", head=wrong)


def test_since_trusts_what_lies_before(frozen_time, forging):
    ids = [event.pk for event in events(3)]
    seals.seal()
    frozen_time.shift(3 * 24 * 60 * 60)
    events(2)
    seals.seal()
    run("UPDATE transition_auditevent SET actor = 9 WHERE id = %s", ids[0])
    verdict = verify(since=clock.now() - dt.timedelta(days=1))
    assert (verdict.checked, verdict.finding) == (2, None)
    assert verify().finding.number == 1


def test_the_night_looks_and_writes_the_head_down(frozen_time, forging, caplog):
    ids = [event.pk for event in events(4)]
    seals.seal()
    invariant = nightly.registry.invariants["audit.chain"]
    assert invariant.broken(100) == []
    run("UPDATE transition_auditevent SET actor = 9 WHERE id = %s", ids[1])
    assert invariant.broken(100) == [f"2/{ids[1]}"]
    with caplog.at_level("INFO"):
        night._do("audit head")
    assert JobRun.objects.get(job="audit head").found == 4
    assert f"audit head {seals.head()}" in caplog.text


def test_what_a_seal_covers_is_spelled_the_same_by_both_databases():
    event = (7, dt.datetime(2026, 11, 22, 10, tzinfo=clock.TOKYO), None, "a.b", "x", "1", {"b": 1, "a": "見本"})
    same = (7, dt.datetime(2026, 11, 22, 1, tzinfo=dt.UTC), None, "a.b", "x", "1", {"a": "見本", "b": 1})
    assert chain.seal(b"k", chain.BEGINNING, 1, event) == chain.seal(b"k", chain.BEGINNING, 1, same)
    assert chain.seal(b"k", chain.BEGINNING, 1, event) != chain.seal(b"k", chain.BEGINNING, 2, event)


@pytest.mark.race
@pytest.mark.real_time
@pytest.mark.django_db(transaction=True)
def test_several_sealers_at_once_make_one_chain():
    events(300)

    def work(index: int) -> None:
        # Half of them past the lock of the sweep: what holds then are the unique numbers.
        try:
            for _ in range(10):
                with suppress(ConstraintBroken):
                    seals.seal() if index % 2 else seals._seal_some()
        finally:
            connections.close_all()

    with ThreadPoolExecutor(6) as pool:
        list(pool.map(work, range(6)))
    seals.seal()
    assert AuditSeal.objects.count() == 300
    assert verify().finding is None


@pytest.mark.race
@pytest.mark.real_time
@pytest.mark.django_db(transaction=True)
def test_a_transaction_that_ends_late_is_not_skipped():
    """A lower id, seen only after a higher one was sealed."""
    if connection.vendor != "postgresql":
        pytest.skip("SQLite has one writer at a time: ids are committed in their order")
    opened, sealed = threading.Event(), threading.Event()
    rested = clock.now() - dt.timedelta(minutes=2)
    ids = []

    def late() -> None:
        try:
            with transaction.atomic():
                row = AuditEvent.objects.create(action="a.late", subject_type="x", subject_id="1", at=rested)
                ids.append(row.pk)
                opened.set()
                assert sealed.wait(20)
        finally:
            connections.close_all()

    thread = threading.Thread(target=late)
    thread.start()
    assert opened.wait(20)
    early = AuditEvent.objects.create(action="a.early", subject_type="x", subject_id="1", at=rested)
    try:
        assert early.pk > ids[0]
        assert seals.seal() == 1
    finally:
        sealed.set()
        thread.join()
    assert seals.seal() == 1
    assert list(AuditSeal.objects.values_list("event_id", flat=True)) == [early.pk, ids[0]]
    assert (verify().checked, verify().finding) == (2, None)


@pytest.mark.race
@pytest.mark.real_time
@pytest.mark.django_db(transaction=True)
def test_many_writers_and_a_sealer_at_once(monkeypatch):
    """Sealed as soon as they are seen, in whatever order they are committed: nothing is left out, nothing twice."""
    monkeypatch.setattr(seals, "RESTS", dt.timedelta(0))
    user = factories.UserFactory()
    writers = 8
    done = threading.Event()

    @writing
    def act(number: int) -> None:
        audit.record("person.update", user, by=user, n=number)
        time.sleep(random.random() / 200)
        audit.record("person.update", user, by=user, n=-number)

    def write(index: int) -> None:
        try:
            for number in range(20):
                act(100 * index + number)
        finally:
            connections.close_all()

    def sweep() -> None:
        try:
            while not done.is_set():
                seals.seal()
        finally:
            connections.close_all()

    sweeper = threading.Thread(target=sweep)
    sweeper.start()
    try:
        with ThreadPoolExecutor(writers) as pool:
            list(pool.map(write, range(writers)))
    finally:
        done.set()
        sweeper.join()
    seals.seal()
    assert AuditSeal.objects.count() == AuditEvent.objects.count() == 2 * 20 * writers
    assert (verify().checked, verify().finding) == (2 * 20 * writers, None)
