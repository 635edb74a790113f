"""Take everything from one database into another of either kind: SQLite → PostgreSQL when a town grows, or back.

One transaction on the new side, one moment on the old one. Rows go over in batches, table by table; the keys between
them are looked at when the transaction ends, so that rows may point to each other in any order. At the end every
table must add up to the same on both sides, or nothing was moved.
"""

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import islice
from typing import Any

from django.apps import apps
from django.core.management import call_command
from django.core.management.color import no_style
from django.db import DatabaseError, connections, models, transaction
from django.db.backends.base.base import BaseDatabaseWrapper

from transition.services.backups.databases import MADE_BY_MIGRATE, be_patient, filled, one_moment, tables
from transition.services.backups.digests import Digest, differing, digest
from transition.services.backups.failures import FULL, BackupFailed, NoSpace, NotFree, is_full

BATCH = 500


@dataclass(frozen=True, slots=True)
class Moved:
    tables: int
    rows: int


def move(*, source: BaseDatabaseWrapper, target: BaseDatabaseWrapper, say: Callable[[str], object]) -> Moved:
    """Raises BackupFailed, and then the target holds no rows of ours and the source is as it was."""
    try:
        be_patient(source)
        _refuse_unfit(source, target)
        call_command("migrate", database=target.alias, interactive=False, verbosity=0)
        if found := filled(target):
            raise NotFree(
                f"移す先にはもうデータがあります（{'、'.join(found[:3])} など{len(found)}表）。何も変えていません。"
            )
        with one_moment(source), transaction.atomic(using=target.alias):
            return _move(source, target, say)
    except DatabaseError as error:
        if is_full(error):
            raise NoSpace(FULL) from error
        raise BackupFailed(f"移せませんでした（{type(error).__name__}）。何も移していません。") from error


def _move(source: BaseDatabaseWrapper, target: BaseDatabaseWrapper, say: Callable[[str], object]) -> Moved:
    ordered = in_order()
    for model in reversed(ordered):
        # What migrate itself wrote there; every other table is empty.
        if model._meta.db_table in MADE_BY_MIGRATE:
            model._base_manager.using(target.alias).all()._raw_delete(target.alias)
    before, after = {}, {}
    for model in ordered:
        table = model._meta.db_table
        try:
            before[table] = _copy(model, source.alias, target.alias)
        except DatabaseError as error:
            if is_full(error):
                raise
            raise BackupFailed(
                f"{table} の行を移せませんでした（{type(error).__name__}）。何も移していません。"
            ) from error
        after[table] = digest(_values(model, target.alias))
        say(f"{table}: {before[table].rows:,}")
    if wrong := differing(before, after):
        raise BackupFailed(f"合計が合わない表があります（{'、'.join(wrong[:3])}）。何も移していません。")
    _continue_numbers(ordered, source, target)
    return Moved(len(ordered), sum(one.rows for one in before.values()))


def _refuse_unfit(source: BaseDatabaseWrapper, target: BaseDatabaseWrapper) -> None:
    """What nobody would know how to take along must not be left behind silently."""
    ours = {model._meta.db_table for model in in_order()} | {"django_migrations"}
    if unknown := sorted(set(filled(source)) - ours):
        raise BackupFailed(f"この版が知らない表にデータがあります: {'、'.join(unknown)}")
    with source.cursor() as cursor:
        cursor.execute("SELECT app, name FROM django_migrations")
        applied = set(cursor.fetchall())
    from django.db.migrations.loader import MigrationLoader

    waiting = MigrationLoader(None).disk_migrations.keys() - applied
    if waiting:
        raise BackupFailed("移す前に manage.py migrate を実行してください（いまのデータベースが古い版です）。")
    if set(tables(target)) - ours - {"django_migrations"}:
        raise NotFree("移す先に、このソフトのものでない表があります。空のデータベースを指定してください。")


def in_order() -> list[type[models.Model]]:
    """Every model with a table, what is pointed to first as far as there is such an order."""
    left = [model for model in apps.get_models(include_auto_created=True) if _has_table(model)]
    ordered: list[type[models.Model]] = []
    while left:
        free = [model for model in left if not _points_to(model) & (set(left) - {model})]
        # In a circle the database itself looks at the keys when the transaction ends.
        ordered += free or left[:1]
        left = [model for model in left if model not in ordered]
    return ordered


def _has_table(model: type[models.Model]) -> bool:
    return model._meta.managed and not model._meta.proxy


def _points_to(model: type[models.Model]) -> set[Any]:
    return {field.related_model for field in model._meta.local_fields if field.is_relation}


def _copy(model: type[models.Model], source: str, target: str) -> Digest:
    """All rows as they are, with their ids; says what they added up to on the way."""
    fields = [field for field in model._meta.local_concrete_fields if not field.generated]
    names = [field.attname for field in fields]
    places = connections[target].ops.bulk_batch_size(fields, [None] * BATCH)
    rows = iter(_rows(model, source))
    batch = max(1, min(BATCH, places))
    manager = model._base_manager.using(target)
    while chunk := list(islice(rows, batch)):
        made = [model(**{name: getattr(row, name) for name in names}) for row in chunk]
        # raw: nothing is set anew on the way, such as times of the last change.
        manager._insert(made, fields=fields, using=target, raw=True)  # type: ignore[attr-defined]
    return digest(_values(model, source))


def _rows(model: type[models.Model], alias: str) -> Iterable[models.Model]:
    return model._base_manager.using(alias).order_by("pk").iterator(chunk_size=BATCH)


def _values(model: type[models.Model], alias: str) -> Iterator[Sequence[Any]]:
    names = sorted(field.attname for field in model._meta.local_concrete_fields)
    yield from model._base_manager.using(alias).order_by().values_list(*names).iterator(chunk_size=BATCH)


def _continue_numbers(
    ordered: list[type[models.Model]], source: BaseDatabaseWrapper, target: BaseDatabaseWrapper
) -> None:
    """The next row gets a number that was never given, not even to a row that is gone: trails name rows by number."""
    with target.cursor() as cursor:
        for statement in target.ops.sequence_reset_sql(no_style(), ordered):
            cursor.execute(statement)
        for model in ordered:
            pk = model._meta.pk
            if not isinstance(pk, models.AutoField | models.BigAutoField):
                continue
            table, column = model._meta.db_table, str(pk.column)
            last = _last_number(source, table, column)
            if last > _last_number(target, table, column):
                _set_number(target, table, column, last)


def _last_number(connection: BaseDatabaseWrapper, table: str, column: str) -> int:
    """The highest number ever given."""
    with connection.cursor() as cursor:
        if connection.vendor == "sqlite":
            cursor.execute("SELECT seq FROM sqlite_sequence WHERE name = %s", [table])
        else:
            cursor.execute(
                "SELECT last_value FROM pg_sequences WHERE schemaname = current_schema()"
                " AND quote_ident(schemaname) || '.' || quote_ident(sequencename) = pg_get_serial_sequence(%s, %s)",
                [connection.ops.quote_name(table), column],
            )
        row = cursor.fetchone()
    return (row[0] if row else 0) or 0


def _set_number(connection: BaseDatabaseWrapper, table: str, column: str, number: int) -> None:
    with connection.cursor() as cursor:
        if connection.vendor == "postgresql":
            cursor.execute(
                "SELECT setval(pg_get_serial_sequence(%s, %s), %s)", [connection.ops.quote_name(table), column, number]
            )
            return
        cursor.execute("UPDATE sqlite_sequence SET seq = %s WHERE name = %s", [number, table])
        if not cursor.rowcount:
            cursor.execute("INSERT INTO sqlite_sequence (name, seq) VALUES (%s, %s)", [table, number])
