"""Is what was confirmed still there after SIGKILL? A program commits and says so over a pipe, one number after the
other, until it is killed at a random moment; on PostgreSQL the server's own process for it is killed as well, so that
the server must recover.

    python -m tests.faults.durability --rounds 20                                                    SQLite
    python deploy/dev/postgres.py run --data DIR -- python -m tests.faults.durability --rounds 20    PostgreSQL

Prints its figures as JSON; exits with 1 when a number that was said is missing. SIGKILL leaves the system's
memory as it is; that the disk has it before we say so is `synchronous` and `fsync`, which are shown, not tried.
"""

import argparse
import json
import os
import random
import signal
import subprocess
import sys
import tempfile
import time

from tests.faults.killing import ROOT

WRITER = """
import os, sys
import django
django.setup()
from django.db import connection
from transition.services import pulses
from transition.services.transactions import writing
pid = 0
if connection.vendor == "postgresql":
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_backend_pid()")
        [pid] = cursor.fetchone()
os.write(1, f"pid {pid}\\n".encode())
number = int(sys.argv[1])
while True:
    number += 1
    writing(pulses.beat)(f"acked-{number}")
    os.write(1, f"{number}\\n".encode())
"""


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--rounds", type=int, default=20)
    asked = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="taiken-durability-") as folder:
        os.environ |= {"DJANGO_SETTINGS_MODULE": "transition.settings.dev", "DATA_DIR": folder}
        if not os.environ.get("DATABASE_URL", "").startswith("postgres"):
            os.environ["DATABASE_URL"] = f"sqlite:///{folder}/db.sqlite3"
        found = rounds(asked.rounds)
    sys.stdout.write(json.dumps(found, indent=1) + "\n")
    sys.exit(bool(found["lost"]) or not found["confirmed"])


def rounds(count: int) -> dict[str, object]:
    import django

    django.setup()
    from django.core.management import call_command
    from django.db import connection

    call_command("migrate", verbosity=0, interactive=False)
    said: list[int] = []
    for number in range(count):
        said += one_round(number * 100_000)
        settle()
    from transition.models import Pulse

    there = set(Pulse.objects.filter(name__startswith="acked-").values_list("name", flat=True))
    return {
        "database": connection.vendor,
        "setting": setting(),
        "rounds": count,
        "confirmed": len(said),
        "lost": len([one for one in said if f"acked-{one}" not in there]),
        "there and never confirmed": len(there) - len(said),
    }


def one_round(start: int) -> list[int]:
    with subprocess.Popen(
        [sys.executable, "-c", WRITER, str(start)], cwd=ROOT, stdout=subprocess.PIPE, text=True
    ) as process:
        if process.stdout is None:
            raise RuntimeError("no pipe")
        server = int(process.stdout.readline().split()[1])
        time.sleep(random.uniform(0.2, 1.0))
        if server and random.random() < 0.5:
            os.kill(server, signal.SIGKILL)
        process.kill()
        lines = process.stdout.read().split("\n")
    # A line that was cut short was not heard.
    return [int(line) for line in lines[:-1]]


def settle() -> None:
    """PostgreSQL recovers for a moment."""
    from django.db import OperationalError, connection

    for _ in range(100):
        try:
            connection.close()
            connection.ensure_connection()
        except OperationalError:
            time.sleep(0.2)
        else:
            return


def setting() -> str:
    from django.db import connection

    with connection.cursor() as cursor:
        if connection.vendor == "sqlite":
            cursor.execute("PRAGMA synchronous")
            return {1: "NORMAL", 2: "FULL"}.get(cursor.fetchone()[0], "?")
        cursor.execute("SHOW fsync")
        [fsync] = cursor.fetchone()
        cursor.execute("SHOW synchronous_commit")
        return f"fsync {fsync}, synchronous_commit {cursor.fetchone()[0]}"


if __name__ == "__main__":
    main()
