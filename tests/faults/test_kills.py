"""A small run of what `python -m bench.faults` does in full: parts of the queue are killed, and nothing is lost.

Broken once each, and a run says so: SENT written before the mail goes out (lost), no SENDING before it (twice).
"""

import json
import os
import subprocess
import sys

import pytest
from django.conf import settings
from django.db import connection

pytestmark = [pytest.mark.slow, pytest.mark.django_db(transaction=True), pytest.mark.real_time]


def environment() -> dict[str, str]:
    """The run makes a database of its own beside the one of this test."""
    env = {name: value for name, value in os.environ.items() if name != "DJANGO_SETTINGS_MODULE"}
    if connection.vendor != "postgresql":
        env.pop("DATABASE_URL", None)
    return env


def test_nothing_is_lost_and_nothing_that_goes_once_goes_twice():
    small = ["--reminders", "150", "--kills", "4", "--terminations", "2", "--idle-kills", "2"]
    done = subprocess.run(
        [sys.executable, "-m", "tests.faults.run", *small],
        cwd=settings.BASE_DIR,
        env=environment(),
        capture_output=True,
        text=True,
        timeout=400,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr[-2_000:]
    found = json.loads(done.stdout)
    assert found["broken"] == []
    assert found["kills"]["reminders"] == 148
    assert found["terminations"]["terminated"] == 2
    assert len(found["idle_kills"]["seconds"]) == 2
