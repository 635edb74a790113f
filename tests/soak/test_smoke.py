"""A short run of what `make soak` does for minutes: nothing is broken, and something was asked, killed and answered."""

import json
import os
import subprocess
import sys

import pytest
from django.conf import settings
from django.db import connection

pytestmark = [pytest.mark.slow, pytest.mark.django_db, pytest.mark.real_time]

SECONDS = 20
# Making the world takes longest; on a machine that does other work, much longer.
LIMIT_SECONDS = 400


def test_nothing_is_lost_doubled_or_broken_while_processes_are_killed():
    """On PostgreSQL with a server of its own, which is stopped at once in the midst of it."""
    env = {name: value for name, value in os.environ.items() if name not in ("DJANGO_SETTINGS_MODULE", "DATABASE_URL")}
    database = "postgres" if connection.vendor == "postgresql" else "sqlite"
    words = ["--json", "--seconds", str(SECONDS), "--least", "60", "--clients", "16", "--database", database]
    done = subprocess.run(
        [sys.executable, "-m", "tests.soak.run", *words],
        cwd=settings.BASE_DIR,
        env=env,
        capture_output=True,
        text=True,
        timeout=LIMIT_SECONDS,
        check=False,
    )
    assert done.returncode == 0, done.stdout[-3_000:] + done.stderr[-2_000:]
    found = json.loads(done.stdout)
    assert (found["broken"], found["lost"], found["doubled"], found["replays wrong"]) == (False, 0, 0, 0)
    assert found["accepted"] > 0
    assert found["kills web"] > 0
    assert found["kills queue"] > 0
    assert found["crash restarts"] > 0 or database == "sqlite"
