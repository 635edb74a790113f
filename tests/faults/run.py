"""One run: what was lost, what came twice, how long it took. Prints its figures as JSON and exits with 1 when one of
them is not as it must be.

    python -m tests.faults.run --reminders 150 --kills 4 --terminations 2 --idle-kills 2
    python deploy/dev/postgres.py run -- python -m tests.faults.run …        the same on PostgreSQL
"""

import argparse
import contextlib
import json
import os
import random
import signal
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from tests.faults.killing import Workers, a_worker, anyone, own_environment, sender_to, wait_until, workers
from tests.faults.sink import Sink, sink

# How long the mail server takes for each mail, so that a kill finds somebody at work.
MAIL_SECONDS = 0.05
DRAINED_SECONDS = 120
IDLE_SECONDS = 30
# A task that brings its worker down comes back after 75 seconds, five times.
POISON_SECONDS = 500
STOP_SECONDS = 12 + 10


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--reminders", type=int, default=1_000)
    parser.add_argument("--kills", type=int, default=20)
    parser.add_argument("--terminations", type=int, default=10)
    parser.add_argument("--idle-kills", type=int, default=10)
    parser.add_argument("--poison", action="store_true")
    asked = parser.parse_args()
    # Whoever stops this leaves nothing behind.
    signal.signal(signal.SIGTERM, lambda number, frame: sys.exit(128 + number))
    with (
        tempfile.TemporaryDirectory(prefix="taiken-faults-") as folder,
        sink(MAIL_SECONDS) as (mails, port),
        database(Path(folder)) as url,
    ):
        own_environment(
            DJANGO_SETTINGS_MODULE="tests.faults.settings",
            DATA_DIR=folder,
            DATABASE_URL=url,
            FAULT_MAIL_PORT=str(port),
        )
        prepare()
        asked.port = port
        log = Path(folder) / "log"
        try:
            found = faults(asked, mails, log)
        finally:
            from django.db import connections

            connections.close_all()
        # The reader's name and address.
        found["personal_in_log"] = sum(word in log.read_text(errors="replace") for word in ("読む人", "@example"))
    bad = broken(found)
    sys.stdout.write(json.dumps(found | {"broken": bad}, ensure_ascii=False, indent=1) + "\n")
    sys.exit(bool(bad))


@contextmanager
def database(folder: Path) -> Iterator[str]:
    """A fresh one: a file, or on the PostgreSQL that DATABASE_URL names."""
    url = os.environ.get("DATABASE_URL", "")
    if not url.startswith("postgres"):
        yield f"sqlite:///{folder}/faults.sqlite3"
        return
    import psycopg

    name = f"faults_{os.getpid()}"
    with psycopg.connect(url, autocommit=True) as connection:
        connection.execute(f"CREATE DATABASE {name}".encode())
        try:
            yield f"{url.rpartition('/')[0]}/{name}"
        finally:
            connection.execute(f"DROP DATABASE {name} WITH (FORCE)".encode())


def prepare() -> None:
    import django
    from django.core.management import call_command

    django.setup()
    call_command("migrate", interactive=False, verbosity=0)
    call_command("schedules")


def faults(asked: argparse.Namespace, mails: Sink, log: Path) -> dict[str, Any]:
    from tests import factories
    from transition.services import pulses

    reader = factories.MembershipFactory(user__name="読む人").user
    found: dict[str, Any] = {"database": backend(), "load": round(os.getloadavg()[0], 1)}
    with workers(log) as running:
        wait_until(lambda: pulses_of("canary") > 0, 60)
        pulses.count("quick")
        if asked.kills:
            found["kills"] = killed(asked, reader, mails, running)
            sys.stderr.write(f"{json.dumps(found)}\n")
        if asked.terminations:
            found["terminations"] = terminated(asked, reader, mails, running)
        if asked.poison:
            poison()
        if asked.idle_kills:
            found["idle_kills"] = idle_killed(asked, running)
        if asked.poison:
            found["poison"] = poisoned()
        found["guard_restarts"] = restarts()
        if asked.poison:
            found["rest"] = at_rest(running)
    return found


def killed(asked: argparse.Namespace, reader: Any, mails: Sink, running: Workers) -> dict[str, Any]:
    """SIGKILL of random parts of the queue, in the midst of work and while there is none."""
    each = asked.reminders // asked.kills
    before = Counter(mails.arrived)
    keys = []
    hit = 0
    for number in range(asked.kills):
        come = sum(mails.arrived.values())
        keys += remind(reader, f"kill{number}", each)
        if number % 2:
            # While there is nothing to do.
            with contextlib.suppress(AssertionError):
                wait_until(lambda: not unsent(), 8)
        else:
            # In the midst of it, or whatever state the last kill has left.
            with contextlib.suppress(AssertionError):
                wait_until(lambda come=come: sum(mails.arrived.values()) > come, 20, every=0.01)
            time.sleep(random.uniform(0, each * MAIL_SECONDS / 2))
        choose = (sender_to(asked.port), a_worker, anyone, anyone)[number % 4]
        for attempt in range(100):
            if running.kill_one(choose if attempt < 3 else anyone):
                hit += 1
                break
            time.sleep(0.2)
    took = wait_until(lambda: not unsent(), DRAINED_SECONDS * 2)
    return counted(keys, before, mails) | {"killed": hit, "drained_seconds": round(took, 1)}


def terminated(asked: argparse.Namespace, reader: Any, mails: Sink, running: Workers) -> dict[str, Any]:
    before = Counter(mails.arrived)
    keys, times = [], []
    for number in range(asked.terminations):
        new = remind(reader, f"term{number}", 30)
        keys += new
        # In the midst of it.
        wait_until(lambda new=new: any_sent(new), 90, every=0.05)
        time.sleep(random.uniform(0, 0.8))
        times.append(running.terminate())
    wait_until(lambda: not unsent(), DRAINED_SECONDS)
    return counted(keys, before, mails) | {"terminated": len(times), "longest_stop_seconds": round(max(times), 1)}


def idle_killed(asked: argparse.Namespace, running: Workers) -> dict[str, Any]:
    from django_q.tasks import async_task

    times = []
    for _ in range(asked.idle_kills):
        quick = pulses_of("quick")
        async_task("tests.faults.told.tasks.quick")
        wait_until(lambda quick=quick: pulses_of("quick") > quick, 60)
        time.sleep(random.uniform(1, 3))
        wait_until(lambda: running.kill_one(a_worker), 30)
        quick = pulses_of("quick")
        async_task("tests.faults.told.tasks.quick")
        times.append(wait_until(lambda quick=quick: pulses_of("quick") > quick, 90, every=0.1))
    return {"killed": len(times), "longest_seconds": round(max(times), 1), "seconds": [round(one, 1) for one in times]}


def poison() -> None:
    from django_q.tasks import async_task

    async_task("tests.faults.told.tasks.poison")


def poisoned() -> dict[str, Any]:
    from django_q.models import OrmQ, Task

    failed = Task.objects.filter(success=False, func="tests.faults.told.tasks.poison")
    wait_until(failed.exists, POISON_SECONDS)
    wait_until(lambda: not any("poison" in str(one.func()) for one in OrmQ.objects.all()), 60)
    return {"tries": pulses_of("poison"), "failed": failed.count()}


def remind(reader: Any, name: str, count: int) -> list[str]:
    """Half of them to go out once, half at least once; written as any service writes them."""
    from django.db import transaction

    from transition.enums import NotificationKind
    from transition.services.notifications import notify

    keys = []
    with transaction.atomic():
        for number in range(count):
            kind = (NotificationKind.STAY_TOMORROW, NotificationKind.RECORD_MISSING)[number % 2]
            notify(kind=kind, reason=f"{name}:{number}", users=[reader])
            keys.append(f"{kind}:{name}:{number}:{reader.pk}")
    return keys


def counted(keys: list[str], before: Counter[str], mails: Sink) -> dict[str, Any]:
    from transition.enums import NotificationKind, NotificationState
    from transition.models import Notification
    from transition.services.mails import message_id

    rows = {row.reason_key: row for row in Notification.objects.filter(reason_key__in=keys)}
    assert len(rows) == len(keys)
    came = {key: mails.arrived[message_id(key)] - before[message_id(key)] for key in keys}
    once = [key for key in keys if rows[key].kind == NotificationKind.STAY_TOMORROW]
    often = [key for key in keys if key not in set(once)]
    uncertain = [key for key in keys if rows[key].state == NotificationState.UNCERTAIN]
    return {
        "reminders": len(keys),
        "lost": sum(came[key] == 0 and key not in uncertain for key in keys),
        "unsent": sum(rows[key].state not in {NotificationState.SENT, NotificationState.UNCERTAIN} for key in keys),
        "once_twice": sum(came[key] > 1 for key in once),
        "uncertain": len(uncertain),
        "at_least_once_extra": sum(max(0, came[key] - 1) for key in often),
        "sent_without_mail": sum(came[key] == 0 and rows[key].state == NotificationState.SENT for key in keys),
    }


def broken(found: dict[str, Any]) -> list[str]:
    """What is not as it must be."""
    bad = []
    kills = found.get("kills", {})
    stops = found.get("terminations", {})
    most = kills.get("killed", 0)
    bounds = {
        "kills": {"lost": 0, "unsent": 0, "once_twice": 0, "sent_without_mail": 0, "uncertain": most,
                  "at_least_once_extra": most, "drained_seconds": DRAINED_SECONDS},
        "terminations": {"lost": 0, "unsent": 0, "once_twice": 0, "sent_without_mail": 0, "uncertain": 0,
                         "at_least_once_extra": 0, "longest_stop_seconds": STOP_SECONDS},
        "idle_kills": {"longest_seconds": IDLE_SECONDS},
    }  # fmt: skip
    for part, values in (("kills", kills), ("terminations", stops), ("idle_kills", found.get("idle_kills", {}))):
        for name, bound in bounds[part].items():
            if values.get(name, 0) > bound:
                bad.append(f"{part}.{name} is {values[name]}, more than {bound}")
    if "poison" in found and found["poison"]["tries"] != 5:
        bad.append(f"poison was tried {found['poison']['tries']} times")
    if found.get("personal_in_log"):
        bad.append("something personal stands in the log")
    return bad


def any_sent(keys: list[str]) -> bool:
    from transition.models import Notification

    return Notification.objects.filter(reason_key__in=keys, sent_at__isnull=False).exists()


def unsent() -> bool:
    from transition.enums import NotificationState
    from transition.models import Notification

    return Notification.objects.filter(state__in=(NotificationState.NEW, NotificationState.SENDING)).exists()


def pulses_of(name: str) -> int:
    """How often; a beat alone counts as one."""
    from transition.models import Pulse

    pulse = Pulse.objects.filter(name=name).first()
    return max(pulse.count, 1) if pulse else 0


def restarts() -> int:
    from transition.models import Pulse

    return Pulse.objects.get(name=Pulse.GUARD).count


def backend() -> str:
    from django.db import connection

    return connection.vendor


def at_rest(running: Workers, seconds: float = 10) -> dict[str, Any]:
    """What the guard and its worker cost while there is nothing to do: PSS, and CPU time of a second."""
    everyone = [running.guard, *running.processes()]

    def used() -> float:
        return sum(sum(one.cpu_times()[:2]) for one in everyone)

    before = used()
    time.sleep(seconds)
    cpu = (used() - before) / seconds
    memory = sum(one.memory_full_info().pss for one in everyone) / 1e6
    return {"processes": len(everyone), "pss_mb": round(memory), "cpu_percent": round(cpu * 100, 1)}


if __name__ == "__main__":
    main()
