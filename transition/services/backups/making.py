"""Make a backup: database first, then media, so that no row misses its photo; whole under its name or not at all."""

import datetime as dt
import os
import re
import sqlite3
from dataclasses import dataclass
from pathlib import Path

from django.conf import settings
from django.db import DatabaseError, connection

from transition import clock
from transition.services import pulses
from transition.services.backups import keys, postgres, sqlite
from transition.services.backups.archive import About, Manifest, Writing, create, writing
from transition.services.backups.databases import be_patient
from transition.services.backups.digests import Digest
from transition.services.backups.failures import FULL, BackupFailed, NoSpace, is_full

NAME = "taiken-{at:%Y-%m-%dT%H%M%SZ}.age"
_NAMED = re.compile(r"taiken-(\d{4}-\d\d-\d\dT\d{6}Z)\.age")


@dataclass(frozen=True, slots=True)
class Made:
    path: Path
    bytes: int
    manifest: Manifest
    removed: list[Path]


def backup(*, target: Path, keep_days: int | None = None) -> Made:
    """Into a new file, or under a name with the time into a folder, where `keep_days` takes old ones out.

    Raises BackupFailed, with an exit code, and leaves nothing half written.
    """
    recipient = keys.recipient()
    folder = target if target.is_dir() else target.parent
    if keep_days is not None and not target.is_dir():
        raise BackupFailed("--keep は、フォルダーを指定したときだけ使えます。")
    if not folder.is_dir():
        raise BackupFailed(f"フォルダーがありません: {folder}")
    path = target / NAME.format(at=clock.now().astimezone(dt.UTC)) if target.is_dir() else target
    if path.exists():
        raise BackupFailed(f"同じ名前のファイルがあります: {path}")
    part = path.with_name(f".{path.name}.part")
    try:
        with create(part) as file:
            with writing(file, recipient) as archive:
                manifest = _fill(archive)
            file.flush()
            os.fsync(file.fileno())
        part.rename(path)
        _sync(folder)
    except BaseException as error:
        if is_full(error):
            raise NoSpace(FULL) from error
        if isinstance(error, OSError):
            raise BackupFailed(f"バックアップを書けませんでした: {error.strerror}") from error
        if isinstance(error, sqlite3.Error | DatabaseError):
            raise BackupFailed(f"データベースを読めませんでした: {type(error).__name__}") from error
        raise
    finally:
        part.unlink(missing_ok=True)
    pulses.beat(pulses.BACKUP)
    removed = [] if keep_days is None else _rotate(folder, keep_days, but=path)
    return Made(path, path.stat().st_size, manifest, removed)


def _fill(archive: Writing) -> Manifest:
    tables = _add_database(archive, clock.now().astimezone(dt.UTC).isoformat())
    archive.media(Path(settings.MEDIA_ROOT))
    return archive.finish(tables)


def _add_database(archive: Writing, made_at: str) -> dict[str, Digest]:
    if connection.vendor == "postgresql":
        be_patient(connection)
        with postgres.dumped(connection) as (stream, tables, migrations):
            archive.about(About("postgresql", made_at, settings.VERSION, migrations))
            archive.database(stream)
        return tables
    with sqlite.copied(Path(connection.settings_dict["NAME"])) as copy:
        archive.about(About("sqlite", made_at, settings.VERSION, sqlite.applied_migrations(copy)))
        with copy.open("rb") as stream:
            archive.database(stream)
        return sqlite.read_tables(copy)


def _rotate(folder: Path, days: int, *, but: Path) -> list[Path]:
    """Backups of ours older than that go; the one just made never does."""
    oldest = clock.now() - dt.timedelta(days=days)
    removed = []
    for path in sorted(folder.iterdir()):
        named = _NAMED.fullmatch(path.name)
        if named is None or path == but:
            continue
        made = dt.datetime.strptime(named[1], "%Y-%m-%dT%H%M%SZ").replace(tzinfo=dt.UTC)
        if made < oldest:
            path.unlink()
            removed.append(path)
    return removed


def _sync(folder: Path) -> None:
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
