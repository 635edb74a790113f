"""One process at a time, everywhere: a lock of the database that dies with the process that holds it.

Whoever holds it knows that whatever another one has left half done belongs to a process that is no more, and may
take it up at once instead of waiting until it must have died.
"""

import fcntl
import hashlib
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from django.db import DatabaseError, connection

# The server notices within half a minute when the machine at the other end is gone.
_KEEPALIVE = "SET tcp_keepalives_idle = 10; SET tcp_keepalives_interval = 5; SET tcp_keepalives_count = 4"


@contextmanager
def sole(name: str) -> Iterator[bool]:
    """Whether we are the only one who holds this name now; never waits.

    PostgreSQL: an advisory lock of the session (not through a pool that shares sessions). SQLite: a locked file
    beside the database, which is on one machine anyway.
    """
    if connection.vendor == "postgresql":
        with _in_session(name) as held:
            yield held
    else:
        with _in_file(name) as held:
            yield held


@contextmanager
def _in_session(name: str) -> Iterator[bool]:
    key = int.from_bytes(hashlib.sha256(name.encode()).digest()[:8], signed=True)
    with connection.cursor() as cursor:
        cursor.execute(_KEEPALIVE)
        cursor.execute("SELECT pg_try_advisory_lock(%s)", [key])
        held = bool(cursor.fetchone()[0])
    try:
        yield held
    finally:
        if held:
            # A connection that was lost has lost its locks as well.
            with suppress(DatabaseError), connection.cursor() as cursor:
                cursor.execute("SELECT pg_advisory_unlock(%s)", [key])


@contextmanager
def _in_file(name: str) -> Iterator[bool]:
    database = str(connection.settings_dict["NAME"])
    if "memory" in database:
        yield True
        return
    with Path(f"{database}-{name}.lock").open("w") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            yield False
            return
        yield True
