"""Files that no row names any more go: what a crash between a file and its row has left behind."""

import datetime as dt
from collections.abc import Iterator

from django.apps import apps
from django.core.files.storage import default_storage
from django.db.models import QuerySet

from transition import clock
from transition.domain.retention import plan

# A file is written before its row; so long nobody asks for the row.
YOUNG = dt.timedelta(days=1)
# Where the photo services put what they take in. Nothing else is ever looked at.
FOLDERS = ("photos", "wishes")


def sweep() -> int:
    """Take out what is older than a day and named by no row. Returns how many files."""
    known = _named()
    old = [name for folder in FOLDERS for name in _files(folder) if name not in known and _is_old(name)]
    # A row may have come meanwhile.
    known = _named() if old else known
    for name in old:
        if name not in known:
            default_storage.delete(name)
    return len(old)


def _named() -> set[str]:
    found: set[str] = set()
    for label, fields in plan().files.items():
        for row in QuerySet(apps.get_model(label)).values_list(*fields).iterator():
            found |= {str(name) for name in row if name}
    return found


def _files(folder: str) -> Iterator[str]:
    try:
        inner, names = default_storage.listdir(folder)
    except FileNotFoundError:
        return
    for name in names:
        yield f"{folder}/{name}"
    for name in inner:
        yield from _files(f"{folder}/{name}")


def _is_old(name: str) -> bool:
    try:
        return default_storage.get_modified_time(name) < clock.now() - YOUNG
    except FileNotFoundError:
        return False
