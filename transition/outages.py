"""When the database or the disk cannot write, or cannot be reached: what it is, and what to tell whom.

Reading goes on wherever it can. What was confirmed stays; what was not stands in the browser still, and may be sent
again: the form's key sees to it that it counts once.
"""

import errno
import shutil
import sqlite3
from dataclasses import dataclass
from enum import Enum
from pathlib import Path

import psycopg
from django.conf import settings
from django.db import DatabaseError, InterfaceError

# Below both, uploads are refused while small writes still go through.
UPLOADS_NEED_SHARE = 0.10
UPLOADS_NEED_BYTES = 10_000_000_000

_KEPT = (
    "入力した内容は、ブラウザの「戻る」で残っています。少し待ってから、もう一度送ってください（二重にはなりません）。"
)
_CALL = "続くときは、システムの担当者に知らせてください。すでに登録された内容は、そのままです。"


@dataclass(frozen=True, slots=True)
class Words:
    code: str
    status: int
    title: str
    # Whether the same may be sent again, and by whom it is to be put right.
    detail: str
    retry_after: int


class Outage(Enum):
    """What a person who meets it should know."""

    FULL = Words("disk_full", 507, "いまは保存できません", f"サーバーの空きがなくなっています。{_KEPT}{_CALL}", 300)
    READ_ONLY = Words("read_only", 503, "いまは見ることだけできます", f"いまは保存できません。{_KEPT}{_CALL}", 60)
    AWAY = Words("database_away", 503, "いまはつながりません", f"データベースにつながりません。{_KEPT}{_CALL}", 10)
    BUSY = Words("busy", 503, "ただいま混み合っています", _KEPT, 5)
    NEARLY_FULL = Words(
        "disk_nearly_full",
        507,
        "いまは写真やファイルを入れられません",
        f"サーバーの空きが少ないため、写真やファイルは受け取れません。ほかの操作はできます。{_CALL}",
        300,
    )


class DiskNearlyFull(Exception):  # noqa: N818 - reads as what happened
    """An upload came while there is little room left."""


# By SQLSTATE: classes 08 and 57P are about the connection, 53 about room.
_POSTGRES = {
    "53100": Outage.FULL,
    "53200": Outage.BUSY,
    "53300": Outage.BUSY,
    "25006": Outage.READ_ONLY,
    "57P01": Outage.AWAY,
    "57P02": Outage.AWAY,
    "57P03": Outage.AWAY,
    "57P05": Outage.AWAY,
    "55P03": Outage.BUSY,
    "40001": Outage.BUSY,
    "40P01": Outage.BUSY,
}
_SQLITE = {
    sqlite3.SQLITE_FULL: Outage.FULL,
    sqlite3.SQLITE_READONLY: Outage.READ_ONLY,
    sqlite3.SQLITE_BUSY: Outage.BUSY,
    sqlite3.SQLITE_CANTOPEN: Outage.AWAY,
}
_FILES = {
    errno.ENOSPC: Outage.FULL,
    errno.EDQUOT: Outage.FULL,
    errno.EFBIG: Outage.FULL,
    errno.EROFS: Outage.READ_ONLY,
}


def of(error: BaseException | None) -> Outage | None:
    """Which outage is behind an error; None for a fault of ours."""
    for _ in range(10):
        match error:
            case None:
                return None
            case DiskNearlyFull():
                return Outage.NEARLY_FULL
            case OSError(errno=number) if number in _FILES:
                return _FILES[number]
            case sqlite3.Error():
                if (found := _of_sqlite(error)) is not None:
                    return found
            case psycopg.Error():
                return _of_postgres(error)
            case InterfaceError() if "closed" in str(error):
                return Outage.AWAY
        error = error.__cause__ or (error.__context__ if isinstance(error, DatabaseError | OSError) else None)
    return None


def _of_sqlite(error: sqlite3.Error) -> Outage | None:
    code: int = getattr(error, "sqlite_errorcode", 0) or 0
    if code in {sqlite3.SQLITE_IOERR_WRITE, sqlite3.SQLITE_IOERR_TRUNCATE, sqlite3.SQLITE_IOERR_FSYNC}:
        return Outage.FULL
    # The lowest byte is the kind, the rest its details.
    return _SQLITE.get(code & 0xFF)


def _of_postgres(error: psycopg.Error) -> Outage | None:
    state = error.sqlstate or ""
    if found := _POSTGRES.get(state):
        return found
    if state.startswith("08") or (not state and isinstance(error, psycopg.OperationalError | psycopg.InterfaceError)):
        return Outage.AWAY
    return None


def is_room_for_uploads() -> bool:
    """Asked before a file is taken, so that the last room is left to what people write."""
    usage = shutil.disk_usage(upload_folder())
    return usage.free >= min(usage.total * UPLOADS_NEED_SHARE, UPLOADS_NEED_BYTES)


def upload_folder() -> Path:
    """Where uploads go, or what stands above it before the first came."""
    folder = Path(settings.MEDIA_ROOT)
    while not folder.exists():
        folder = folder.parent
    return folder
