"""From SQLite to PostgreSQL and back: every table adds up to the same, and numbers go on where they were."""

import datetime as dt
import io
import sys
from collections.abc import Iterator
from pathlib import Path
from uuid import uuid4

import psycopg
import pytest
from django.conf import settings
from django.core.management import CommandError, call_command
from django.db import connection, connections

from programs.models import Slot
from tests import factories
from tests.transition import places
from transition.models import AuditEvent, Notification, Organization, Person, Pulse
from transition.services import moving
from transition.services.backups import databases
from transition.services.backups.digests import canonical, digest
from transition.services.backups.failures import BackupFailed, NotFree

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture(scope="module")
def server() -> Iterator[str]:
    """A PostgreSQL beside the tests on SQLite."""
    sys.path.insert(0, str(Path(settings.BASE_DIR) / "deploy" / "dev"))
    import postgres

    with postgres.throwaway() as url:
        yield url


@pytest.fixture
def elsewhere(tmp_path, request) -> Iterator[str]:
    """An empty database of the other kind."""
    if connection.vendor == "postgresql":
        yield f"sqlite:///{tmp_path}/elsewhere.sqlite3"
        return
    url = request.getfixturevalue("server")
    name = f"elsewhere_{uuid4().hex[:12]}"
    with psycopg.connect(url, autocommit=True) as other:
        other.execute(f"CREATE DATABASE {name}".encode())
    yield f"{url.rpartition('/')[0]}/{name}"


def move(url: str) -> moving.Moved:
    with databases.reached(url) as target:
        return moving.move(source=connection, target=target, say=str)


def sums(alias: str) -> dict:
    return {model._meta.label: digest(moving._values(model, alias)) for model in moving.in_order()}


def round_trip(first: str, tmp_path) -> dict:
    """There and into a third database of the tests' own kind; what each adds up to."""
    before = sums("default")
    with databases.reached(first) as target:
        moving.move(source=connection, target=target, say=str)
        there = sums("target")
        with places.empty(tmp_path) as back, databases.reached(back, "back") as third:
            moving.move(source=target, target=third, say=str)
            again = sums("back")
    return {"before": before, "there": there, "again": again}


@pytest.mark.slow
def test_a_seeded_world_there_and_back(tmp_path, elsewhere):
    call_command("seed", verbosity=0, stderr=io.StringIO())
    found = round_trip(elsewhere, tmp_path)
    assert found["there"] == found["before"]
    assert found["again"] == found["before"]
    assert sum(one.rows for one in found["before"].values()) > 1_000


def test_the_values_that_databases_keep_in_ways_of_their_own(tmp_path, elsewhere):
    city = factories.MunicipalityFactory()
    office = factories.OrganizationFactory(municipality=city)
    person = factories.PersonFactory(family_name="𠮷田葛󠄀👨‍👩‍👧")
    nested = {"い": [1, 1.5, None, True, {"深": "く\n\"'\\"}], "あ": 0}
    slot = factories.SlotFactory()
    moment = dt.datetime(2026, 3, 31, 14, 59, 59, 999_999, tzinfo=dt.UTC)
    AuditEvent.objects.create(action="person.change", subject_type="person", subject_id=str(person.pk), data=nested)
    Pulse.objects.create(name="edge", at=moment)
    # Rows that point to rows of the same table, the earlier to the later.
    reader = factories.UserFactory()
    one, two = (
        Notification.objects.create(kind="DIGEST", user=reader, reason_key=f"key{number}", due_at=moment)
        for number in range(2)
    )
    Notification.objects.filter(pk=one.pk).update(bundle=two, state="BUNDLED")
    with databases.reached(elsewhere) as target:
        moving.move(source=connection, target=target, say=str)
        there = Person.objects.using("target").get(pk=person.pk)
        assert (there.family_name, there.public_id) == (person.family_name, person.public_id)
        assert AuditEvent.objects.using("target").get(subject_type="person", subject_id=str(person.pk)).data == nested
        assert Pulse.objects.using("target").get(name="edge").at == moment
        assert Notification.objects.using("target").get(pk=one.pk).bundle_id == two.pk
        assert Organization.objects.using("target").get(pk=office.pk).municipality_id == city.pk
        moved_slot = Slot.objects.using("target").get(pk=slot.pk)
        for field in Slot._meta.local_concrete_fields:
            assert getattr(moved_slot, field.attname) == getattr(slot.__class__.objects.get(pk=slot.pk), field.attname)
        assert sums("target") == sums("default")


def test_a_number_is_never_given_twice_even_when_its_row_is_gone(elsewhere):
    people = factories.PersonFactory.create_batch(3)
    highest = people[2].pk
    people[2].delete()
    with databases.reached(elsewhere) as target:
        moving.move(source=connection, target=target, say=str)
        new = factories.PersonFactory.build(municipality_id=people[0].municipality_id)
        new.municipality = people[0].municipality
        new.save(using="target")
        assert new.pk == highest + 1
        event = AuditEvent(action="x", subject_type="person", subject_id="1")
        event.save(using="target")
        assert event.pk > 0


def test_a_target_with_data_is_left_alone(elsewhere):
    factories.PersonFactory()
    move(elsewhere)
    with databases.reached(elsewhere) as target:
        before = sums("target")
        factories.PersonFactory()
        with pytest.raises(NotFree, match="何も変えていません"):
            moving.move(source=connection, target=target, say=str)
        assert sums("target") == before
    with pytest.raises(CommandError) as raised:
        call_command("move_database", to=elsewhere)
    assert raised.value.returncode == 5


def test_what_nobody_knows_is_not_left_behind_silently(elsewhere):
    with connection.cursor() as cursor:
        cursor.execute("CREATE TABLE own_list (id integer)")
        try:
            move(elsewhere)
            cursor.execute("INSERT INTO own_list VALUES (1)")
            with pytest.raises(BackupFailed, match="own_list"):
                move(elsewhere)
        finally:
            cursor.execute("DROP TABLE own_list")


def test_a_row_that_cannot_go_over_stops_everything(elsewhere):
    """The target refuses one that the source took."""
    factories.PersonFactory()
    with databases.reached(elsewhere) as target:
        call_command("migrate", database="target", verbosity=0, interactive=False)
        with target.cursor() as cursor:
            if target.vendor == "sqlite":
                cursor.execute(
                    "CREATE TRIGGER refuse BEFORE INSERT ON transition_person BEGIN SELECT RAISE(ABORT, 'no'); END"
                )
            else:
                cursor.execute("ALTER TABLE transition_person ADD CONSTRAINT refuse CHECK (false)")
        with pytest.raises(BackupFailed, match="transition_person の行を移せませんでした"):
            moving.move(source=connection, target=target, say=str)
        assert databases.filled(target) == []


@pytest.mark.parametrize("url", ["nonsense", "", "env:NOT_THERE", "mysql://x/y"])
def test_an_address_that_is_none(url):
    with pytest.raises(CommandError):
        call_command("move_database", to=url)


def test_one_spelling_for_one_value_and_another_for_another():
    from decimal import Decimal

    tokyo = dt.timezone(dt.timedelta(hours=9))
    moment = dt.datetime(2026, 1, 1, 9, tzinfo=tokyo)
    assert canonical(moment) == canonical(moment.astimezone(dt.UTC))
    assert canonical({"a": 1, "b": 2}) == canonical({"b": 2, "a": 1})
    assert canonical(Decimal("1.50")) == canonical(Decimal("1.5"))
    different = [None, "", 0, 1, True, False, "1", "n", 1.5, Decimal("1.25"), b"1", [1], ["1"], {"a": None}, {}]
    assert len({canonical(one) for one in different}) == len(different)
    rows = [(1, "a"), (2, "b"), (2, "b")]
    assert digest(rows) == digest(reversed(rows))
    for other in ([(1, "a"), (2, "b")], [(1, "b"), (2, "a"), (2, "b")], [(1, "a"), (1, "a"), (2, "b")]):
        assert digest(rows) != digest(other)
    assert digest([("ab", "c")]) != digest([("a", "bc")])


def test_nothing_stays_open():
    assert list(connections) == ["default"]
