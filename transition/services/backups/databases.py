"""The databases that a backup comes from and goes to, and moving needs: reached by address, not by settings."""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from django.db import connections, transaction
from django.db.backends.base.base import BaseDatabaseWrapper

from transition.services.backups.failures import BackupFailed
from transition.settings.base import database as configured

FROM_ENVIRONMENT = "env:"
KINDS = ("sqlite:///", "postgres://", "postgresql://")
# Filled by `migrate` alone: a database that holds nothing else is empty.
MADE_BY_MIGRATE = frozenset({"django_migrations", "django_content_type", "auth_permission", "django_site"})


def address(text: str) -> str:
    """What the command line named: an address, or env:NAME, so that no password stands in a list of processes."""
    if not text.startswith(FROM_ENVIRONMENT):
        return text
    name = text.removeprefix(FROM_ENVIRONMENT)
    if not (found := os.environ.get(name, "")):
        raise BackupFailed(f"環境変数 {name} がありません。")
    return found


@contextmanager
def reached(url: str, alias: str = "target") -> Iterator[BaseDatabaseWrapper]:
    """A connection to another database than the application's own, patient with long statements."""
    if not url.startswith(KINDS):
        raise BackupFailed("データベースのアドレスが読めません（sqlite:////… か postgresql://…）。")
    config = configured(url)
    connections.settings[alias] = connections.configure_settings({"default": {}, alias: config})[alias]
    connection = connections[alias]
    # Known by its alias in this thread only, and to nobody who asks for all databases.
    del connections.settings[alias]
    try:
        be_patient(connection)
        yield connection
    finally:
        connection.close()
        del connections[alias]


def be_patient(connection: BaseDatabaseWrapper) -> None:
    """No limit of time for this session; the application's are for pages."""
    if connection.vendor == "postgresql":
        with connection.cursor() as cursor:
            cursor.execute("SET statement_timeout = 0; SET idle_in_transaction_session_timeout = 0")


@contextmanager
def one_moment(connection: BaseDatabaseWrapper) -> Iterator[None]:
    """All that is read within is of the same moment, while others go on writing."""
    if connection.vendor == "postgresql":
        with transaction.atomic(using=connection.alias), connection.cursor() as cursor:
            cursor.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ READ ONLY")
            yield
        return
    # Not atomic(): ours begin IMMEDIATE, and whoever only reads must not keep others from writing.
    with connection.cursor() as cursor:
        cursor.execute("BEGIN")
        try:
            yield
        finally:
            cursor.execute("ROLLBACK")


def tables(connection: BaseDatabaseWrapper) -> list[str]:
    with connection.cursor() as cursor:
        return sorted(one.name for one in connection.introspection.get_table_list(cursor) if one.type in {"t", "p"})


def filled(connection: BaseDatabaseWrapper) -> list[str]:
    """Tables with rows, other than those that any new database has."""
    found = []
    with connection.cursor() as cursor:
        for table in tables(connection):
            if table not in MADE_BY_MIGRATE:
                cursor.execute(f"SELECT 1 FROM {connection.ops.quote_name(table)} LIMIT 1")  # noqa: S608 - own names
                if cursor.fetchone():
                    found.append(table)
    return found


def name_of(connection: BaseDatabaseWrapper) -> str:
    """By which a person knows it: the file, or the database on the server."""
    name = str(connection.settings_dict["NAME"])
    return Path(name).name if connection.vendor == "sqlite" else name
