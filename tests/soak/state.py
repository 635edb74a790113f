"""The database at the end of a run, read with plain SQL: no Django, nothing of the application's code."""

import contextlib
import datetime as dt
import json
import sqlite3
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

Row = dict[str, Any]

# Table → its columns. Times come with their zone, days as days, public ids as text.
READ: Mapping[str, Sequence[str]] = {
    "programs_session": (
        "id", "public_id", "kind", "person_id", "program_id", "enrollment_id", "slot_id", "room_id", "check_in",
        "check_out", "starts_at", "ends_at", "actual_starts_at", "actual_ends_at", "state", "organization_id",
        "requested_by_id", "created_at",
    ),
    "programs_sessionevent": ("id", "session_id", "action", "state", "by_id", "at"),
    "programs_override": ("id", "session_id", "problem_code", "limit_id", "reason", "by_id", "at"),
    "programs_roomnight": ("id", "room_id", "date", "use", "session_id", "person_id"),
    "programs_slot": ("id", "room_id", "starts_on", "ends_on", "withdrawn_at"),
    "programs_room": ("id", "public_id", "home_id", "use"),
    "programs_home": ("id", "organization_id"),
    "programs_program": ("id", "code", "municipality_id", "needs_grant"),
    "programs_limit": ("id", "program_id", "code", "unit", "amount", "window", "enforcement"),
    "programs_enrollment": ("id", "person_id", "program_id", "starts_on", "ends_on"),
    "transition_person": ("id", "public_id", "municipality_id"),
    "transition_grant": ("id", "person_id", "service", "starts_on", "ends_on"),
    "transition_supportlink": ("person_id", "organization_id"),
    "transition_membership": ("user_id", "organization_id", "role"),
    "transition_organization": ("id", "kind", "municipality_id"),
    "transition_auditevent": ("id", "action", "subject_type", "subject_id"),
    "transition_notification": ("id", "kind", "user_id", "subject_type", "subject_id"),
    "transition_idempotencykey": ("id", "user_id", "key", "answer"),
}  # fmt: skip
MOMENTS = {"starts_at", "ends_at", "actual_starts_at", "actual_ends_at", "created_at", "at", "withdrawn_at"}
DAYS = {"check_in", "check_out", "date", "starts_on", "ends_on"}


@dataclass
class State:
    sessions: list[Row] = field(default_factory=list)
    events: list[Row] = field(default_factory=list)
    overrides: list[Row] = field(default_factory=list)
    nights: list[Row] = field(default_factory=list)
    slots: list[Row] = field(default_factory=list)
    rooms: list[Row] = field(default_factory=list)
    homes: list[Row] = field(default_factory=list)
    programs: list[Row] = field(default_factory=list)
    limits: list[Row] = field(default_factory=list)
    enrollments: list[Row] = field(default_factory=list)
    people: list[Row] = field(default_factory=list)
    grants: list[Row] = field(default_factory=list)
    links: list[Row] = field(default_factory=list)
    members: list[Row] = field(default_factory=list)
    organizations: list[Row] = field(default_factory=list)
    audit: list[Row] = field(default_factory=list)
    told: list[Row] = field(default_factory=list)
    keys: list[Row] = field(default_factory=list)


def read(url: str) -> State:
    """`sqlite:///path` or `postgresql://…`."""
    tables = _sqlite(url.removeprefix("sqlite:///")) if url.startswith("sqlite") else _postgres(url)
    return State(*([_plain(row) for row in tables[name]] for name in READ))


def unsealed(url: str) -> int:
    """How many audit events have no seal yet."""
    query = "SELECT (SELECT count(*) FROM transition_auditevent) - (SELECT count(*) FROM transition_auditseal)"
    if url.startswith("sqlite"):
        with contextlib.closing(sqlite3.connect(url.removeprefix("sqlite:///"))) as connection:
            return int(connection.execute(query).fetchone()[0])
    import psycopg

    with psycopg.connect(url) as connection:
        return int(connection.execute(query).fetchone()[0])  # type: ignore[index]


def _sqlite(path: str) -> dict[str, list[Row]]:
    connection = sqlite3.connect(f"file:{path}?mode=ro", uri=True)
    try:
        connection.row_factory = sqlite3.Row
        return {
            table: [dict(row) for row in connection.execute(_query(table, columns))] for table, columns in READ.items()
        }
    finally:
        connection.close()


def _postgres(url: str) -> dict[str, list[Row]]:
    import psycopg
    from psycopg.rows import dict_row

    with psycopg.connect(url, row_factory=dict_row) as connection:
        connection.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ")
        return {table: list(connection.execute(_query(table, columns).encode())) for table, columns in READ.items()}


def _query(table: str, columns: Sequence[str]) -> str:
    quoted = ", ".join(f'"{column}"' for column in columns)
    return f'SELECT {quoted} FROM {table} ORDER BY "{columns[0]}"'


def _plain(row: Row) -> Row:
    return {name: _value(name, value) for name, value in row.items()}


def _value(name: str, value: Any) -> Any:
    if value is None:
        return None
    if name in MOMENTS:
        return value if isinstance(value, dt.datetime) else dt.datetime.fromisoformat(value).replace(tzinfo=dt.UTC)
    if name in DAYS:
        return value if isinstance(value, dt.date) else dt.date.fromisoformat(value)
    if name == "public_id":
        return str(value if isinstance(value, UUID) else UUID(value))
    if name == "answer":
        return json.loads(value) if isinstance(value, str) else value
    return value
