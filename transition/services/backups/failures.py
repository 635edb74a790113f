"""What can go wrong with a backup, in words for the administrator and with an exit code for machines."""

import errno
import sqlite3

import psycopg


class BackupFailed(Exception):  # noqa: N818 - reads as what happened
    """`exit_code`: 2 the key, 3 no space, 4 the file is not as written, 5 the target is not free, 1 otherwise."""

    exit_code = 1


class WrongKey(BackupFailed):
    exit_code = 2


class NoSpace(BackupFailed):
    exit_code = 3


class Damaged(BackupFailed):
    exit_code = 4


class NotFree(BackupFailed):
    exit_code = 5


FULL = (
    "ディスクがいっぱいで、書けませんでした。空きを作ってから、もう一度実行してください。"
    "とちゅうまでのファイルは消しました。元のデータはそのままです。"
)


def is_full(error: BaseException | None) -> bool:
    """Whether a full disk is behind it; it shows itself in many ways."""
    while error is not None:
        match error:
            case OSError(errno=errno.ENOSPC | errno.EDQUOT | errno.EFBIG) | psycopg.errors.DiskFull():
                return True
            case sqlite3.Error(sqlite_errorcode=sqlite3.SQLITE_FULL | sqlite3.SQLITE_IOERR_WRITE):
                return True
        error = error.__cause__ or error.__context__
    return False
