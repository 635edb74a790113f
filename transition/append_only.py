"""Evidence is written once: the database itself refuses to change it or to take it out, whoever asks.

The triggers are put in place after every `migrate`, not by one migration: on SQLite Django rebuilds a table to change
it, and its triggers are gone without a word.
"""

from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from typing import Any

from django.db import connections

REFUSAL = "append_only"
# Table → its texts about people, which `erasing` may change once their time is over. Nothing else ever changes.
TABLES: dict[str, tuple[str, ...]] = {
    "transition_auditevent": (),
    "transition_auditseal": (),
    "transition_viewlog": (),
    "programs_sessionevent": ("reason",),
    "programs_override": ("message", "reason"),
    "programs_recordversion": ("content",),
}
_FUNCTION = f"""
CREATE OR REPLACE FUNCTION {REFUSAL}() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF TG_OP = 'UPDATE' AND TG_NARGS > 0 AND current_setting('taiken.erasing', true) = 'on'
        AND to_jsonb(NEW) - TG_ARGV = to_jsonb(OLD) - TG_ARGV THEN
        RETURN NEW;
    END IF;
    RAISE EXCEPTION '{REFUSAL}: % is never changed and never deleted', TG_TABLE_NAME USING ERRCODE = '23001';
END $$
"""


def protect(using: str = "default", tables: Iterable[str] = TABLES) -> None:
    """Idempotent."""
    connection = connections[using]
    there = set(connection.introspection.table_names())
    present = [table for table in tables if table in there]
    with connection.cursor() as cursor:
        if connection.vendor == "postgresql" and present:
            cursor.execute(_FUNCTION)
        for table in present:
            for statement in _statements(connection.vendor, table):
                cursor.execute(statement)


def release(using: str = "default", tables: Iterable[str] = TABLES) -> None:
    """Only for what empties a whole database: tests, and a restore into it."""
    connection = connections[using]
    there = set(connection.introspection.table_names())
    with connection.cursor() as cursor:
        for table in tables:
            if table in there:
                for statement in _drops(connection.vendor, table):
                    cursor.execute(statement)


@contextmanager
def erasing(using: str = "default") -> Iterator[None]:
    """Within a transaction: the texts named in TABLES may be changed, and nothing else of those rows. The one exception
    is the anonymizing of people whose records have been kept long enough (docs/adr/0017)."""
    connection = connections[using]
    if not connection.in_atomic_block:
        raise RuntimeError("erasing needs a transaction")
    with connection.cursor() as cursor:
        if connection.vendor == "postgresql":
            cursor.execute("SET LOCAL taiken.erasing = 'on'")
            yield
            cursor.execute("SET LOCAL taiken.erasing = 'off'")
            return
        with_texts = [(table, texts) for table, texts in TABLES.items() if texts]
        # Of this transaction alone: SQLite lets one write at a time, and takes triggers back with the rest.
        for table, texts in with_texts:
            cursor.execute(f"DROP TRIGGER IF EXISTS {table}_not_changed")
            cursor.execute(_sqlite_update(cursor, table, texts))
        yield
        for table, _ in with_texts:
            cursor.execute(f"DROP TRIGGER IF EXISTS {table}_not_changed")
            cursor.execute(_sqlite(table, "changed", "UPDATE"))


def _statements(vendor: str, table: str) -> list[str]:
    if vendor != "postgresql":
        return [_sqlite(table, "changed", "UPDATE"), _sqlite(table, "deleted", "DELETE")]
    texts = ", ".join(f"'{text}'" for text in TABLES.get(table, ()))
    return [
        *_drops(vendor, table),
        f"CREATE TRIGGER {table}_not_changed BEFORE UPDATE OR DELETE ON {table} "
        f"FOR EACH ROW EXECUTE FUNCTION {REFUSAL}({texts})",
        f"CREATE TRIGGER {table}_not_emptied BEFORE TRUNCATE ON {table} "
        f"FOR EACH STATEMENT EXECUTE FUNCTION {REFUSAL}()",
    ]


def _drops(vendor: str, table: str) -> list[str]:
    if vendor != "postgresql":
        return [f"DROP TRIGGER IF EXISTS {table}_not_{what}" for what in ("changed", "deleted")]
    return [f"DROP TRIGGER IF EXISTS {table}_not_{what} ON {table}" for what in ("changed", "emptied")]


def _sqlite(table: str, what: str, act: str) -> str:
    return (
        f"CREATE TRIGGER IF NOT EXISTS {table}_not_{what} BEFORE {act} ON {table} "
        f"BEGIN SELECT RAISE(ABORT, '{REFUSAL}: {table} is never changed and never deleted'); END"
    )


def _sqlite_update(cursor: Any, table: str, texts: tuple[str, ...]) -> str:
    cursor.execute(f"PRAGMA table_info({table})")
    kept = [row[1] for row in cursor.fetchall() if row[1] not in texts]
    changed = " OR ".join(f'OLD."{name}" IS NOT NEW."{name}"' for name in kept)
    return (
        f"CREATE TRIGGER {table}_not_changed BEFORE UPDATE ON {table} WHEN {changed} "
        f"BEGIN SELECT RAISE(ABORT, '{REFUSAL}: {table} is never changed and never deleted'); END"
    )
