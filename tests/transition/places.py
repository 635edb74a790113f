"""Other databases than the one of the tests, of either kind, made for one test and gone afterwards."""

import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from uuid import uuid4

import psycopg
from django.conf import settings
from django.db import connection


def address() -> str:
    """Of the database the tests run on."""
    values = connection.settings_dict
    if connection.vendor == "sqlite":
        return f"sqlite:///{values['NAME']}"
    return f"postgresql://{values['USER']}:{values['PASSWORD']}@{values['HOST']}:{values['PORT']}/{values['NAME']}"


@contextmanager
def empty(folder: Path) -> Iterator[str]:
    """The address of an empty database of the kind the tests run on."""
    if connection.vendor == "sqlite":
        yield f"sqlite:///{folder}/empty-{uuid4().hex[:8]}.sqlite3"
        return
    name = f"empty_{uuid4().hex[:12]}"
    server = address().rpartition("/")[0]
    with psycopg.connect(f"{server}/postgres", autocommit=True) as other:
        other.execute(f"CREATE DATABASE {name}".encode())
        try:
            yield f"{server}/{name}"
        finally:
            other.execute(f"DROP DATABASE {name} WITH (FORCE)".encode())


def manage(url: str, *command: str, **environment: str) -> subprocess.CompletedProcess[str]:
    """manage.py on another database."""
    return subprocess.run(
        [sys.executable, "manage.py", *command],
        cwd=settings.BASE_DIR,
        env={**os.environ, "DJANGO_SETTINGS_MODULE": "transition.settings.dev", "DATABASE_URL": url, **environment},
        capture_output=True,
        text=True,
        check=False,
    )
