"""After the night nobody finds a word about somebody whose time is over: in no table, file or log, wherever it had got
to; also when the night is killed in its midst.

Taken out once to see these fail: the 48 hours of kept answers, the fragments, the versions of records, the search
key, one transaction a person, the files after the transaction, the sweep that finds what a killed night leaves.
"""

import datetime as dt
import os
import signal
from pathlib import Path

import pytest
import time_machine
from django.apps import apps
from django.db import connection, connections, models
from django.db.models import QuerySet
from django.test import Client

from calendars.models import FeedEntry
from programs.enums import SessionState
from programs.models import RecordVersion, WebhookDelivery
from programs.services import records, sessions
from tests import factories, whole_life
from tests.test_logs import listening
from tests.test_retention import FIVE_OVER, figures, on
from tests.whole_life import Life, dump, live, tables_of_people
from transition import clock
from transition.domain.retention import Act, plan
from transition.models import AuditEvent, IdempotencyKey, JobRun, Notification, Person
from transition.queries.retention import rows_of
from transition.retention_checks import reachable
from transition.services import anonymization, nightly, pump

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.usefixtures("media")]

# The digits look alike in every encoding, also within JSON that is written in ASCII.
DIGITS = "4649814649"
SIGN = f"しるし{DIGITS}"


@pytest.fixture
def life() -> Life:
    return live()


def whole_night() -> None:
    """All jobs there are, as the queue does them."""
    for _ in range(len(JobRun.objects.all()) + 20):
        if not nightly.run():
            break


def a_busy_day(life: Life) -> None:
    """Through screens and the API, with words that carry the sign."""
    client = Client()
    client.force_login(life.world.worker)
    api = f"/api/v1/people/{life.person.public_id}"
    factories.WebhookFactory(organization=life.world.office, created_by=life.world.worker)
    more = {"content_type": "application/json", "headers": {"Idempotency-Key": "a-key-of-the-day"}}
    contact = {"name": SIGN, "relation": "母", "phone": "000-0000-0000", "note": SIGN}
    assert client.post(f"{api}/contacts/", contact, **more).status_code == 201
    changed = client.patch(f"{api}/", {"family_name": SIGN, "called": SIGN}, content_type="application/json")
    assert changed.status_code == 200
    assert SIGN in client.get("/people/", {"q": SIGN}).content.decode()
    words = {"place": SIGN, "next_note": SIGN, "shown": SIGN, "incident": SIGN}
    past = factories.SessionFactory(
        person=life.person,
        organization=life.world.office,
        state=SessionState.COMPLETED,
        starts_at=clock.at(dt.date(2026, 11, 10), dt.time(10)),
    )
    times = {"actual_starts_at": past.starts_at, "actual_ends_at": past.ends_at}
    records.save(session=past, based_on=0, by=life.world.worker, **times, **words)
    records.save(session=past, based_on=1, by=life.world.worker, **times, place=SIGN * 2)
    records.save_draft(session=past, content=words, based_on=2, by=life.world.worker)
    sessions.cancel(session=life.stay, reason=SIGN, by=life.world.worker)
    pump.plan()


def where() -> set[str]:
    """Tables that hold the sign in any cell."""
    return {line.partition(":")[0] for line in dump().splitlines() if DIGITS in line}


def files_left(folder: Path) -> list[Path]:
    return [path for path in folder.rglob("*") if path.is_file()]


# Wherever it had got to


def test_the_day_leaves_words_in_many_places(life):
    a_busy_day(life)
    assert where() >= {
        "calendars_feedentry",
        "programs_recorddraft",
        "programs_recordversion",
        "programs_sessionevent",
        "programs_sessionrecord",
        "transition_contact",
        "transition_idempotencykey",
        "transition_person",
    }
    assert WebhookDelivery.objects.exists()
    assert Notification.objects.filter(person=life.person).exists()


def test_nothing_is_left_in_tables_files_or_logs(life, media):
    a_busy_day(life)
    whole_life.end(life)
    before = figures()
    with on(FIVE_OVER), listening() as out:
        whole_night()
    assert Person.objects.get(pk=life.person.pk).anonymized_at is not None
    assert where() == set()
    assert files_left(media) == []
    logged = out.getvalue()
    assert len(logged) > 100
    assert DIGITS not in logged
    assert figures() == before
    gone = {model.__name__: model.objects.count() for model in (FeedEntry, IdempotencyKey)}
    assert gone == {"FeedEntry": 0, "IdempotencyKey": 0}
    assert set(RecordVersion.objects.values_list("version", flat=True)) == {1, 2}
    assert Person.objects.filter(search_key__contains=DIGITS).count() == 0
    if connection.vendor == "sqlite":
        with connection.cursor() as cursor:
            cursor.execute("PRAGMA wal_checkpoint(TRUNCATE)")
        assert DIGITS.encode() not in Path(connection.settings_dict["NAME"]).read_bytes()


def test_kept_answers_are_gone_long_before(life):
    a_busy_day(life)
    assert "transition_idempotencykey" in where()
    with on(clock.today() + dt.timedelta(days=3)):
        whole_night()
    assert "transition_idempotencykey" not in where()
    assert "transition_contact" in where()


def test_every_way_to_the_person_leads_to_the_same_rows(life):
    """A row that hangs on somebody twice would stay behind if the file knew only the way that is empty."""
    checked = 0
    for model in reachable():
        label = model._meta.label
        if label not in tables_of_people() or label == "transition.Person":
            continue
        by_file = set(rows_of(label, [life.person.pk]).values_list("pk", flat=True))
        for path in ways_to_a_person(model):
            found = set(QuerySet(model).filter(**{path: life.person.pk}).values_list("pk", flat=True))
            assert found <= by_file, (label, path)
            checked += 1
    assert checked > 35


def ways_to_a_person(model: type[models.Model], seen: tuple[type[models.Model], ...] = ()) -> list[str]:
    if model is Person:
        return ["pk"]
    allowed, found = set(reachable()), []
    for field in model._meta.concrete_fields:
        target = field.related_model
        if isinstance(field, models.ForeignKey) and target in allowed and target not in (*seen, model):
            found += [f"{field.name}__{rest}" for rest in ways_to_a_person(target, (*seen, model))]
    return found


def test_what_the_plan_deletes_is_not_kept_by_another_line():
    acts: dict[str, set[bool]] = {}
    for label, _, act, _ in plan().named():
        acts.setdefault(label, set()).add(act is Act.DELETE)
    assert [label for label, kinds in acts.items() if len(kinds) > 1 and label in tables_of_people()] == []
    assert all(apps.get_model(label) for label in tables_of_people())


# Killed in its midst


def killed(act) -> bool:
    """Do it in a process of its own, which ends as `kill -9` ends one."""
    connections.close_all()
    child = os.fork()
    if not child:
        try:
            act()
        finally:
            # Only reached when nothing killed it.
            os._exit(0)
    _, status = os.waitpid(child, 0)
    return os.WIFSIGNALED(status) and os.WTERMSIG(status) == signal.SIGKILL


def die(*args, **more):
    os.kill(os.getpid(), signal.SIGKILL)


def three(first: Life) -> list[Life]:
    lives = [first, *(live(first.world, factories.PersonFactory(municipality=first.world.municipality)) for _ in "ab")]
    for one in lives:
        whole_life.end(one)
    return lives


@pytest.mark.parametrize("moment", ["within the second person", "before the files", "between the jobs"])
def test_the_next_night_goes_on_where_it_was_killed(life, media, moment):
    lives = three(life)
    before = figures()
    real, done = anonymization._carry_out, []

    def stumble(person, works):
        rows = real(person, works)
        done.append(person.pk)
        if len(done) == 2:
            die()
        return rows

    def act():
        if moment == "within the second person":
            anonymization._carry_out = stumble
        elif moment == "before the files":
            anonymization._delete_files = die
        else:
            nightly._finish = die
        whole_night()

    with on(FIVE_OVER):
        assert killed(act)
        anonymous = Person.objects.exclude(anonymized_at=None)
        # Whole or not at all.
        for one in lives:
            left = rows_of("transition.PersonCard", [one.person.pk]).exists()
            assert left is not anonymous.filter(pk=one.person.pk).exists()
        if moment != "between the jobs":
            assert anonymous.count() == 1
            assert files_left(media)
    with time_machine.travel(clock.at(FIVE_OVER, dt.time(3, 30)), tick=False):
        whole_night()
        assert anonymous.count() == 3
        assert anonymization.run() == 0
    assert not JobRun.objects.filter(on=FIVE_OVER).exclude(state="DONE").exists()
    assert files_left(media) == []
    assert figures() == before
    events = AuditEvent.objects.filter(action="person.anonymize")
    assert sorted(event.data["person"] for event in events) == sorted(one.person.pk for one in lives)
