"""Everything into one encrypted file, and back: whole, equal and usable, or nothing at all."""

import datetime as dt
import io
import os
import resource
import signal
import sqlite3
import tarfile
import threading
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path

import pyrage
import pytest
from django.core.management import CommandError, call_command
from django.db import connection, connections, transaction

from programs.domain.problems import Refused
from programs.models import Session
from programs.services import sessions
from tests import factories
from tests.conftest import NOW
from tests.personas import make_world
from tests.transition import places
from transition.models import AuditEvent, Person, Pulse
from transition.services import pulses
from transition.services.backups import databases, digests, keys, making, postgres, restoring, sqlite
from transition.services.backups.failures import BackupFailed, Damaged, NoSpace, NotFree, WrongKey

pytestmark = pytest.mark.django_db(transaction=True)

PAIR = keys.new()


@pytest.fixture(autouse=True)
def key(settings, tmp_path):
    settings.BACKUP_KEY = PAIR.secret
    settings.MEDIA_ROOT = tmp_path / "media"
    (tmp_path / "out").mkdir()


@pytest.fixture
def media(tmp_path) -> Path:
    folder = tmp_path / "media"
    for number in range(5):
        path = folder / "photos" / f"{number:02}" / f"{'写真' if number else 'a'}{number}.jpg"
        path.parent.mkdir(parents=True)
        path.write_bytes(os.urandom(number * 700_000))
    return folder


def sums(url: str = "") -> dict[str, digests.Digest]:
    """What the tables of a database add up to, read without a backup."""
    if not url:
        if connection.vendor == "sqlite":
            return sqlite.read_tables(Path(connection.settings_dict["NAME"]))
        with transaction.atomic():
            return postgres.read_tables(connection)
    with databases.reached(url, "sums") as other:
        if other.vendor == "sqlite":
            return sqlite.read_tables(Path(other.settings_dict["NAME"]))
        with transaction.atomic(using=other.alias):
            return postgres.read_tables(other)


def files(folder: Path) -> dict[str, bytes]:
    return {path.relative_to(folder).as_posix(): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


def made(tmp_path: Path) -> Path:
    return making.backup(target=tmp_path / "out" / "one.age").path


@pytest.mark.slow
def test_a_seeded_world_comes_back_equal_and_goes_on(tmp_path, settings):
    call_command("seed", verbosity=0, stderr=io.StringIO())
    path = tmp_path / "out" / "one.age"
    before = sums()
    backup = making.backup(target=path)
    assert {name: table for name, table in before.items() if name != "sqlite_sequence"} == {
        name: table for name, table in backup.manifest.tables.items() if name != "sqlite_sequence"
    }
    assert sum(table.rows for table in backup.manifest.tables.values()) > 1_000
    photos = files(settings.MEDIA_ROOT)
    assert backup.manifest.media.files == len(photos) > 0
    with places.empty(tmp_path) as url:
        done = restoring.restore(path=path, into=url, media=tmp_path / "back")
        assert sums(url) == backup.manifest.tables
        assert files(tmp_path / "back") == photos
        assert done.missing_migrations == []
        # A new row gets a new number, and what the night looks for is in order.
        highest = Person.objects.order_by("-pk").values_list("pk", flat=True)[0]
        broken = (
            "from transition.nightly import registry; "
            "print([code for code, one in sorted(registry.invariants.items()) if one.broken(1)])"
        )
        found = places.manage(url, "shell", "-v0", "-c", broken)
        assert found.stdout.startswith("["), found.stderr
        assert found.stdout == places.manage(places.address(), "shell", "-v0", "-c", broken).stdout
        new = places.manage(url, "shell", "-v0", "-c", "from tests import factories as f; print(f.PersonFactory().pk)")
        assert new.stdout.split() == [str(highest + 1)], new.stderr


def test_the_file_is_for_its_owner_alone_and_says_nothing(tmp_path, media):
    factories.PersonFactory(family_name="目印の名前", certificate_number="0000000017")
    path = made(tmp_path)
    assert path.stat().st_mode & 0o777 == 0o600
    content = path.read_bytes()
    assert content.startswith(b"age-encryption.org/v1")
    for mark in ("目印の名前", "0000000017", "photos", "manifest"):
        assert mark.encode() not in content
    assert [one.name for one in path.parent.iterdir()] == ["one.age"]
    assert Pulse.objects.get(name=pulses.BACKUP).at == NOW


def test_a_server_with_only_the_public_key_writes_and_cannot_read(tmp_path, settings):
    settings.BACKUP_KEY = PAIR.public
    path = made(tmp_path)
    with pytest.raises(WrongKey, match="秘密の鍵"):
        restoring.verify(path=path)
    settings.BACKUP_KEY = PAIR.secret
    restoring.verify(path=path)


@pytest.mark.parametrize("wrong", ["", "password", "AGE-SECRET-KEY-1WRONG", "age1wrong"])
def test_no_key_no_backup(tmp_path, settings, wrong):
    settings.BACKUP_KEY = wrong
    with pytest.raises(WrongKey, match="BACKUP_KEY"):
        made(tmp_path)
    assert list((tmp_path / "out").iterdir()) == []
    with pytest.raises(CommandError) as raised:
        call_command("backup", str(tmp_path / "out"))
    assert raised.value.returncode == 2


def nothing_restored(tmp_path: Path, url: str) -> bool:
    left = [one.name for one in tmp_path.iterdir() if one.name not in {"out", "media"}]
    if connection.vendor == "sqlite":
        return left == []
    return left == [] and sums(url) == {}


def test_a_wrong_key_opens_nothing(tmp_path, settings, media):
    path = made(tmp_path)
    settings.BACKUP_KEY = keys.new().secret
    with places.empty(tmp_path) as url:
        with pytest.raises(WrongKey, match="鍵が合いません"):
            restoring.restore(path=path, into=url, media=tmp_path / "back")
        assert nothing_restored(tmp_path, url)


@pytest.mark.parametrize("place", [0.0, 0.0002, 0.01, 0.3, 0.5, 0.9, 0.9999])
@pytest.mark.parametrize("harm", ["cut", "flip", "doubled"])
def test_a_file_that_is_not_as_written_restores_nothing(tmp_path, media, harm, place):
    path = made(tmp_path)
    content = path.read_bytes()
    at = int(len(content) * place)
    match harm:
        case "cut":
            content = content[:at]
        case "flip":
            content = content[:at] + bytes([content[at] ^ 1]) + content[at + 1 :]
        case "doubled":
            content = content[:at] + content[: at + 1]
    path.write_bytes(content)
    with places.empty(tmp_path) as url:
        with pytest.raises((Damaged, WrongKey)):
            restoring.restore(path=path, into=url, media=tmp_path / "back")
        assert nothing_restored(tmp_path, url)
    with pytest.raises(CommandError) as raised:
        call_command("restore", str(path), "--verify")
    assert raised.value.returncode in {2, 4}


def forged(tmp_path: Path, change) -> Path:
    """The same archive with other content under the right key, as a fault of ours would write it."""
    path = made(tmp_path)
    plain = pyrage.decrypt(path.read_bytes(), [pyrage.x25519.Identity.from_str(PAIR.secret)])
    out = io.BytesIO()
    with tarfile.open(fileobj=io.BytesIO(plain)) as old, tarfile.open(fileobj=out, mode="w") as new:
        for member in old:
            source = old.extractfile(member)
            changed = change(member.name, source.read())
            if changed is None:
                continue
            name, content = changed
            copy = tarfile.TarInfo(name)
            copy.size = len(content)
            new.addfile(copy, io.BytesIO(content))
    path.write_bytes(pyrage.encrypt(out.getvalue(), [keys.recipient()]))
    return path


@pytest.mark.parametrize(
    "change",
    [
        lambda name, content: None if name.startswith("media/photos/03") else (name, content),
        lambda name, content: (name, content + b"x") if name.startswith("media/photos/03") else (name, content),
        lambda name, content: (name.replace("photos/03", "photos/33"), content),
        lambda name, content: (name.replace("media/photos/03", "media/../../out"), content),
        lambda name, content: None if name == "database/000001.gz" else (name, content),
        lambda name, content: None if name == "manifest.json" else (name, content),
        lambda name, content: None if name == "about.json" else (name, content),
        lambda name, content: (name, b"{}") if name == "manifest.json" else (name, content),
        lambda name, content: (name, content.replace(b'"rows": 0', b'"rows": 1', 1)),
        lambda name, content: (name, content.replace(b'"format": 1', b'"format": 2')),
        lambda name, content: (name, content.replace(b"transition.0001", b"transition.9999")),
    ],
)
def test_what_does_not_add_up_is_not_restored(tmp_path, media, change):
    path = forged(tmp_path, change)
    with places.empty(tmp_path) as url:
        with pytest.raises(BackupFailed):
            restoring.restore(path=path, into=url, media=tmp_path / "back")
        assert nothing_restored(tmp_path, url)


def test_a_database_with_data_is_not_touched_without_being_named(tmp_path, media):
    factories.PersonFactory(family_name="前の人")
    path = made(tmp_path)
    with places.empty(tmp_path) as url:
        restoring.restore(path=path, into=url, media=tmp_path / "back")
        first = sums(url)
        photos = files(tmp_path / "back")
        for person in Person.objects.all():
            person.family_name = "後の人"
            person.save()
        (media / "photos" / "00" / "a0.jpg").write_bytes(b"another")
        newer = making.backup(target=tmp_path / "out" / "two.age").path
        name = url.rpartition("/")[2]
        for options in ({}, {"overwrite": True}, {"overwrite": True, "confirm": "other"}, {"confirm": name}):
            with pytest.raises(NotFree):
                restoring.restore(path=newer, into=url, media=tmp_path / "back", **options)
            assert (sums(url), files(tmp_path / "back")) == (first, photos)
        # Somebody is still at work on it.
        with databases.reached(url, "busy") as busy:
            with busy.cursor() as cursor:
                cursor.execute("SELECT count(*) FROM transition_person")
                cursor.fetchone()
            with pytest.raises(NotFree, match="web と worker"):
                restoring.restore(path=newer, into=url, media=tmp_path / "back", overwrite=True, confirm=name)
        assert (sums(url), files(tmp_path / "back")) == (first, photos)
        restoring.restore(path=newer, into=url, media=tmp_path / "back", overwrite=True, confirm=name)
        assert sums(url) != first
        assert files(tmp_path / "back") == files(media)
        assert [one.name for one in tmp_path.iterdir() if one.name.startswith(".")] == []


def test_when_the_last_step_fails_everything_is_as_it_was(tmp_path, media, monkeypatch):
    """The disk ends, or the power: here the dump itself cannot be put in, after the old one stepped aside."""
    factories.PersonFactory()
    path = made(tmp_path)
    with places.empty(tmp_path) as url:
        restoring.restore(path=path, into=url, media=tmp_path / "back")
        before, photos = sums(url), files(tmp_path / "back")

        def fail(*args, **kwargs):
            raise OSError(28, "No space left on device")

        if connection.vendor == "sqlite":
            monkeypatch.setattr(Path, "replace", fail)
        else:
            monkeypatch.setattr(postgres, "_fill", fail)
        with pytest.raises(NoSpace, match="ディスクがいっぱい"):
            restoring.restore(
                path=path, into=url, media=tmp_path / "back", overwrite=True, confirm=url.rpartition("/")[2]
            )
        monkeypatch.undo()
        assert (sums(url), files(tmp_path / "back")) == (before, photos)


def test_a_folder_gets_names_with_the_time_and_loses_what_is_old(tmp_path, frozen_time):
    folder = tmp_path / "out"
    (folder / "notes.txt").write_text("stays")
    (folder / "taiken-2020-01-01.age").write_text("not a name of ours")
    names = []
    for day in range(4):
        frozen_time.move_to(NOW + dt.timedelta(days=day))
        names.append(making.backup(target=folder, keep_days=2).path.name)
    assert names[0] == "taiken-2026-11-22T010000Z.age"
    kept = sorted(one.name for one in folder.glob("taiken-2026*"))
    assert kept == names[1:]
    assert (folder / "notes.txt").exists()
    assert (folder / "taiken-2020-01-01.age").exists()
    with pytest.raises(BackupFailed, match="同じ名前"):
        making.backup(target=folder)
    with pytest.raises(BackupFailed, match="--keep"):
        making.backup(target=folder / "file.age", keep_days=2)


@contextmanager
def files_no_larger_than(size: int) -> Iterator[None]:
    """As a quota would: the kernel refuses to write on."""
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    ignored = signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
    resource.setrlimit(resource.RLIMIT_FSIZE, (size, before[1]))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)
        signal.signal(signal.SIGXFSZ, ignored)


@pytest.mark.parametrize("size", [0, 100_000, 3_000_000])
def test_a_full_disk_is_said_in_one_line_and_leaves_nothing_but_the_old_ones(tmp_path, media, frozen_time, size):
    """The smallest already stops the copy of an SQLite database, the largest only the photos."""
    folder = tmp_path / "out"
    old = making.backup(target=folder).path
    frozen_time.move_to(NOW + dt.timedelta(days=100))
    with files_no_larger_than(size), pytest.raises(CommandError, match="ディスクがいっぱい") as raised:
        call_command("backup", str(folder), "--keep=35")
    assert raised.value.returncode == 3
    assert [one.name for one in folder.iterdir()] == [old.name]
    if size < 1_000_000:
        with places.empty(tmp_path) as url:
            with files_no_larger_than(size), pytest.raises(NoSpace):
                restoring.restore(path=old, into=url, media=tmp_path / "back")
            assert nothing_restored(tmp_path, url)
    making.backup(target=folder, keep_days=35)
    assert not old.exists()


@pytest.mark.race
@pytest.mark.real_time
def test_a_backup_while_others_write_is_of_one_moment(tmp_path):
    """Six offices ask for stays and take them back all the time; the backup holds none of it half."""
    world = make_world()
    slots = factories.SlotFactory.create_batch(6)
    people = factories.PersonFactory.create_batch(6, municipality=world.municipality)
    stop = threading.Event()
    written = [0] * 6
    faults = []

    def write(number: int) -> None:
        slot, person = slots[number], people[number]
        first = slot.starts_on
        try:
            while not stop.is_set():
                try:
                    session = sessions.request_stay(
                        person=person,
                        program=world.program,
                        slot=slot,
                        organization=world.office,
                        by=world.worker,
                        check_in=first,
                        check_out=first + dt.timedelta(days=3),
                    )
                    sessions.cancel(session=session, by=world.worker, reason="予定がかわった")
                except Refused as refused:
                    faults.append(refused.problems)
                    return
                written[number] += 1
                # SQLite knows no queue: whoever never pauses may starve the others.
                stop.wait(0.02)
        finally:
            connections.close_all()

    threads = [threading.Thread(target=write, args=[number]) for number in range(6)]
    for thread in threads:
        thread.start()
    paths = []
    try:
        for number in range(3):
            stop.wait(0.5)
            before = sum(written)
            paths.append(making.backup(target=tmp_path / "out" / f"{number}.age"))
            assert sum(written) > before or number
    finally:
        stop.set()
        for thread in threads:
            thread.join()
    assert faults == []
    assert sum(written) > 20
    for backup in paths:
        with places.empty(tmp_path) as url:
            restoring.restore(path=backup.path, into=url, media=tmp_path / f"back-{backup.path.stem}")
            script = (
                "from programs.models import *; from transition.models import AuditEvent; "
                "from transition.services import consistency; "
                "S = Session.objects; live = S.filter(state='REQUESTED'); "
                "print(consistency.check(), RoomNight.objects.count() - 3 * live.count(), "
                "SessionEvent.objects.count() - 2 * S.count() + live.count(), "
                "AuditEvent.objects.filter(action__startswith='session.').count() - SessionEvent.objects.count(), "
                "S.count() > 0)"
            )
            said = places.manage(url, "shell", "-v0", "-c", script)
            assert said.stdout.split() == ["0", "0", "0", "0", "True"], said.stdout + said.stderr
    assert Session.objects.count() == AuditEvent.objects.filter(action="session.request").count()


@pytest.mark.skipif("connection.vendor != 'sqlite'")
def test_nothing_of_the_copy_stays_beside_the_database(tmp_path):
    name = Path(connection.settings_dict["NAME"])
    made(tmp_path)
    assert list(name.parent.glob(f".{name.name}.backup*")) == []
    with closing(sqlite3.connect(name)) as database:
        assert database.execute("PRAGMA journal_mode").fetchone() == ("wal",)
