"""A disk of 40 MB that fills up while people write through the real web server, a database that only reads, a server
that restarts: what was confirmed is there afterwards, once, and nobody is shown a fault.

    python -m tests.faults.disk                                                    SQLite, needs root (it mounts)
    python deploy/dev/postgres.py run --data DIR -- python -m tests.faults.disk    the same on PostgreSQL

PostgreSQL keeps its tables on the small disk, in a tablespace, and its write-ahead log elsewhere, as it should be: when
that is full the server stops (docs/operations.md). Prints its figures as JSON; exits with 1 when one is wrong.
"""

import argparse
import contextlib
import json
import os
import pwd
import shutil
import signal
import subprocess
import sys
import tempfile
import threading
import time
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from uuid import uuid4

import psutil
import psycopg

from tests.faults.killing import wait_until
from tests.faults.web import Browser, Web

DISK_MB = 40
CLIENTS = 6
NEEDED = ("mount", "umount")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--seconds", type=int, default=8, help="how long each phase takes")
    asked = parser.parse_args()
    if os.geteuid() != 0 or not all(map(shutil.which, NEEDED)):
        sys.exit("NOT RUN: only root can mount a disk that fills up.")
    signal.signal(signal.SIGTERM, lambda number, frame: sys.exit(128 + number))
    with tempfile.TemporaryDirectory(prefix="taiken-disk-") as folder:
        home = Path(folder)
        home.chmod(0o711)
        with small_disk(home / "small") as disk, database(disk) as url:
            os.environ |= {
                "DJANGO_SETTINGS_MODULE": "transition.settings.dev",
                "DATA_DIR": str(disk),
                "DATABASE_URL": url,
                "DEBUG": "0",
            }
            found = run(disk, home / "log", asked.seconds)
            log = (home / "log").read_text(errors="replace")
    found["broken"] = list(broken(found))
    sys.stdout.write(json.dumps(found, ensure_ascii=False, indent=1) + "\n")
    if found["broken"]:
        sys.stderr.write(log[-3_000:])
    sys.exit(bool(found["broken"]))


def broken(found: dict[str, Any]) -> Iterator[str]:
    statuses = Counter()
    for phase in ("before", "full", "healed"):
        statuses.update(found[phase]["answers"])
    if statuses.get("500"):
        yield "somebody was shown a fault"
    if not found["full"]["answers"].get("507"):
        yield "the disk never filled up"
    if found["full"]["said"] is not True:
        yield "the page does not say it"
    if found["confirmed and not there"] or found["twice"]:
        yield "something confirmed is lost, or there twice"
    if found["waiting forms sent again"] != found["waiting forms accepted"]:
        yield "it does not heal alone"
    if found["upload while nearly full"] != 507 or found["reading while full"] != [200]:
        yield "uploads or reading"
    for phase in ("read only", "restart"):
        if found[phase] is not None and (set(found[phase]) - {"503", "302", "200"} or "503" not in found[phase]):
            yield phase


@contextlib.contextmanager
def small_disk(place: Path) -> Iterator[Path]:
    place.mkdir()
    subprocess.run(["mount", "-t", "tmpfs", "-o", f"size={DISK_MB}m,mode=755", "tmpfs", place], check=True)
    try:
        yield place
    finally:
        subprocess.run(["umount", "-l", place], check=True)


@contextlib.contextmanager
def database(disk: Path) -> Iterator[str]:
    given = os.environ.get("DATABASE_URL", "")
    if not given.startswith("postgres"):
        yield f"sqlite:///{disk}/db.sqlite3"
        return
    with psycopg.connect(given, autocommit=True) as connection:
        row = connection.execute("SELECT pg_backend_pid()").fetchone()
        owner = psutil.Process(row[0] if row else 0).uids().real
        space = disk / "tables"
        space.mkdir(mode=0o700)
        os.chown(space, owner, pwd.getpwuid(owner).pw_gid)
        connection.execute(f"CREATE TABLESPACE small LOCATION '{space}'".encode())
        connection.execute("CREATE DATABASE small TABLESPACE small")
    try:
        yield f"{given.rpartition('/')[0]}/small"
    finally:
        with reached(given) as connection:
            connection.execute("ALTER SYSTEM RESET default_transaction_read_only")
            connection.execute("SELECT pg_reload_conf()")
            connection.execute("DROP DATABASE small WITH (FORCE)")
            connection.execute("DROP TABLESPACE small")


def reached(url: str) -> psycopg.Connection:
    """As soon as the server takes connections again."""
    for _ in range(300):
        with contextlib.suppress(psycopg.OperationalError):
            return psycopg.connect(url, autocommit=True)
        time.sleep(0.1)
    raise RuntimeError("PostgreSQL does not come back")


def run(disk: Path, log: Path, seconds: int) -> dict[str, Any]:
    import django

    django.setup()
    from tests.faults.desks import desks

    offices = desks(CLIENTS)
    browsers = [Browser(one) for one in offices]
    is_sqlite = os.environ["DATABASE_URL"].startswith("sqlite")
    found: dict[str, Any] = {"database": "SQLite" if is_sqlite else "PostgreSQL"}
    web = Web(log)
    try:
        everybody = Everybody(browsers, web)
        found["before"] = everybody.work(seconds)
        ballast = Ballast(disk)
        ballast.leave(3_000_000)
        found["upload while nearly full"] = browsers[0].upload(web.port)
        ballast.leave(0)
        found["full"] = everybody.work(seconds)
        found["reading while full"] = sorted({one.read(web.port) for one in browsers})
        waiting = [key for one in browsers for key in one.waiting]
        found["waiting forms sent again"] = len(waiting)
        ballast.remove()
        began = time.monotonic()
        accepted = sum(one.send_again(web.port) for one in browsers)
        found["waiting forms accepted"] = accepted
        found["healed after, s"] = round(time.monotonic() - began, 2)
        found["healed"] = everybody.work(seconds)
        found["read only"] = read_only_disk(web, browsers, log) if is_sqlite else read_only(web, browsers)
        found["restart"] = None if is_sqlite else restart(web, browsers)
    finally:
        web.stop()
    found |= at_the_end(browsers)
    return found


class Everybody:
    """All clients at once, each with one form after the other."""

    def __init__(self, browsers: list[Browser], web: Web) -> None:
        self.browsers = browsers
        self.web = web

    def work(self, seconds: float) -> dict[str, Any]:
        for one in self.browsers:
            one.answers.clear()
        until = time.monotonic() + seconds
        threads = [threading.Thread(target=one.work, args=[self.web.port, until]) for one in self.browsers]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        total: Counter[str] = Counter()
        for one in self.browsers:
            total.update(one.answers)
        pages = [one.page for one in self.browsers if one.page]
        said = all("いまは保存できません" in page and "もう一度送ってください" in page for page in pages) and bool(
            pages
        )
        return {"answers": dict(total), "said": said}


class Ballast:
    """What lies on the disk besides."""

    def __init__(self, disk: Path) -> None:
        self.disk = disk
        self.path = disk / "ballast"

    def leave(self, free: int) -> None:
        block = b"x" * 4096
        with self.path.open("ab", buffering=0) as file, contextlib.suppress(OSError):
            while shutil.disk_usage(self.disk).free > free:
                file.write(block)

    def remove(self) -> None:
        self.path.unlink()


def read_only(web: Web, browsers: list[Browser]) -> dict[str, int]:
    with psycopg.connect(os.environ["DATABASE_URL"], autocommit=True) as connection:
        connection.execute("ALTER SYSTEM SET default_transaction_read_only = on")
        connection.execute("SELECT pg_reload_conf()")
    time.sleep(0.5)
    answers = Counter(str(one.send(web.port, str(uuid4()))) for one in browsers)
    answers.update(str(one.read(web.port)) for one in browsers)
    with psycopg.connect(os.environ["DATABASE_URL"], autocommit=True) as connection:
        connection.execute("SET default_transaction_read_only = off")
        connection.execute("ALTER SYSTEM RESET default_transaction_read_only")
        connection.execute("SELECT pg_reload_conf()")
    time.sleep(0.5)
    return dict(answers)


def read_only_disk(web: Web, browsers: list[Browser], log: Path) -> dict[str, int]:
    """The file system below SQLite was mounted anew, for reading only, as Linux does after an error of the disk."""
    from django.db import connections

    disk = os.environ["DATA_DIR"]
    web.stop()
    connections.close_all()
    subprocess.run(["mount", "-o", "remount,ro", disk], check=True)
    reader = Web(log)
    try:
        answers = Counter(str(one.send(reader.port, str(uuid4()))) for one in browsers)
        answers.update(str(one.read(reader.port)) for one in browsers)
    finally:
        reader.stop()
        subprocess.run(["mount", "-o", "remount,rw", disk], check=True)
    return dict(answers)


def restart(web: Web, browsers: list[Browser]) -> dict[str, int]:
    """A killed backend makes PostgreSQL recover: connections are lost, and it refuses new ones until it is done."""
    answers: Counter[str] = Counter()
    for _ in range(3):
        with reached(os.environ["DATABASE_URL"]) as connection:
            row = connection.execute("SELECT pg_backend_pid()").fetchone()
            if row is None:
                raise RuntimeError("no backend")
            os.kill(row[0], signal.SIGKILL)
            connection.close()
        until = time.monotonic() + 3
        while time.monotonic() < until:
            for one in browsers:
                answers[str(one.send(web.port, str(uuid4())))] += 1
    wait_until(lambda: browsers[0].read(web.port) == 200, 15)
    return dict(answers)


def at_the_end(browsers: list[Browser]) -> dict[str, Any]:
    """What was confirmed, against the database."""
    from django.db import connections

    from programs.models import Session

    connections.close_all()
    there = Counter(str(one) for one in Session.objects.values_list("public_id", flat=True))
    confirmed = [one for browser in browsers for one in browser.confirmed]
    by_key = Counter(key for browser in browsers for key in browser.keys_confirmed)
    days = Counter(Session.objects.exclude(state="CANCELLED").values_list("person_id", "check_in"))
    return {
        "confirmed": len(confirmed),
        "confirmed and not there": len([one for one in confirmed if one not in there]),
        "twice": sum(count > 1 for count in by_key.values()) + sum(count > 1 for count in days.values()),
        "integrity": integrity(),
    }


def integrity() -> str:
    from django.db import connection

    if connection.vendor != "sqlite":
        return "–"
    with connection.cursor() as cursor:
        cursor.execute("PRAGMA integrity_check")
        return str(cursor.fetchone()[0])


if __name__ == "__main__":
    main()
