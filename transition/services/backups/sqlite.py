"""An SQLite file: copied at one moment while others write, and put back in one step."""

import os
import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager, suppress
from pathlib import Path

from django.db.backends.sqlite3._functions import register  # type: ignore[import-untyped]

from transition.services.backups.digests import Digest, digest
from transition.services.backups.failures import BackupFailed, Damaged, NotFree

PATIENCE_SECONDS = 60
COMPANIONS = ("-wal", "-shm", "-journal")


@contextmanager
def copied(path: Path) -> Iterator[Path]:
    """A copy of the database as it is at one moment, beside it (where what it holds lies open anyway), then gone.

    The online backup in one step: it reads one state of the write-ahead log, and keeps nobody from writing.
    """
    if not path.is_file():
        raise BackupFailed(f"データベースがありません: {path}")
    copy = path.with_name(f".{path.name}.backup-{os.getpid()}")
    try:
        copy.touch(mode=0o600)
        with (
            closing(sqlite3.connect(path, timeout=PATIENCE_SECONDS)) as source,
            closing(sqlite3.connect(copy)) as target,
        ):
            source.backup(target)
            # One file without companions.
            target.execute("PRAGMA journal_mode=DELETE")
        yield copy
    finally:
        _remove(copy)


def read_tables(path: Path) -> dict[str, Digest]:
    """What each table adds up to."""
    with closing(sqlite3.connect(f"{path.absolute().as_uri()}?mode=ro", uri=True)) as connection:
        names = [name for (name,) in connection.execute("SELECT name FROM sqlite_master WHERE type = 'table'")]
        return {name: digest(connection.execute(_select(connection, name))) for name in sorted(names)}


def applied_migrations(path: Path) -> list[str]:
    with closing(sqlite3.connect(f"{path.absolute().as_uri()}?mode=ro", uri=True)) as connection:
        rows = connection.execute("SELECT app, name FROM django_migrations")
        return sorted(f"{app}.{name}" for app, name in rows)


def check(path: Path) -> None:
    """Raises Damaged unless the file is whole and every row points to one that is there."""
    with closing(sqlite3.connect(path)) as connection:
        # Constraints of the tables use Django's own functions, such as REGEXP.
        register(connection)
        try:
            whole = connection.execute("PRAGMA integrity_check").fetchall() == [("ok",)]
            pointing = connection.execute("PRAGMA foreign_key_check").fetchone() is None
        except sqlite3.DatabaseError as error:
            raise Damaged("戻したデータベースが壊れています。ほかの日のバックアップを使ってください。") from error
    if not whole or not pointing:
        raise Damaged("戻したデータベースの中身が合いません。ほかの日のバックアップを使ってください。")


def put_in_place(staged: Path, target: Path) -> None:
    """The new file for the old one, in one step. Raises NotFree while anybody has the old one open."""
    if target.exists():
        _close(target)
    for companion in COMPANIONS:
        Path(f"{target}{companion}").unlink(missing_ok=True)
    staged.replace(target)
    _sync(target.parent)


def _close(path: Path) -> None:
    """Only who is alone can leave the write-ahead log; it empties it into the file as well."""
    with closing(sqlite3.connect(path, timeout=1)) as connection:
        try:
            mode = connection.execute("PRAGMA journal_mode=DELETE").fetchone()[0]
        except sqlite3.OperationalError:
            mode = "wal"
    if mode != "delete":
        raise NotFree("データベースがまだ使われています。web と worker を止めてから、もう一度実行してください。")


def _select(connection: sqlite3.Connection, table: str) -> str:
    columns = sorted(row[1] for row in connection.execute(f"PRAGMA table_info({_quoted(table)})"))
    return f"SELECT {', '.join(map(_quoted, columns))} FROM {_quoted(table)}"  # noqa: S608 - names of the file itself


def _quoted(name: str) -> str:
    return '"' + name.replace('"', '""') + '"'


def _remove(path: Path) -> None:
    for one in (path, *(Path(f"{path}{companion}") for companion in COMPANIONS)):
        with suppress(FileNotFoundError):
            one.unlink()


def _sync(folder: Path) -> None:
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
