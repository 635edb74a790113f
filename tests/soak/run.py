"""One soak: starts everything, kills parts of it while the programs ask, and says what was found.

    python -m tests.soak.run --seconds 300 --database postgres
    python -m tests.soak.run --seconds 30 --database postgres --bug no_lock

Prints a table (with --json its figures) and exits with 1 when anything is broken.
"""

import argparse
import contextlib
import json
import os
import random
import signal
import statistics
import subprocess
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from tests.soak import check, history, past, state, ways
from tests.soak.clients import MOST_TIMES
from tests.soak.history import Operation
from tests.soak.servers import ROOT, Postgres, Queue, Web, environment, processes

SETTLE_SECONDS = 2
# In a run as long as this the queue must come back afterwards: a guard's 25 s, a sweep each minute, a minute's rest.
LONG_SECONDS = 60
HEALED_SECONDS = 240
# So many seconds between two kills: none.
NEVER = 100_000
MOST_SAID = 5
ANSWERS_A_KILL = 5


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--seconds", type=float, default=300)
    parser.add_argument("--minutes", type=lambda text: float(text) * 60, dest="seconds", help="instead of --seconds")
    parser.add_argument("--database", choices=("sqlite", "postgres"), default="sqlite")
    parser.add_argument("--least", type=int, default=0, help="operations; a slow machine takes up to six times as long")
    parser.add_argument("--clients", type=int, default=30)
    parser.add_argument("--people", type=int, default=12)
    parser.add_argument("--rooms", type=int, default=6)
    parser.add_argument("--nights", type=int, nargs="+", default=[1, 1, 2, 3, 7], help="of stays, by chance")
    parser.add_argument("--bug", default="")
    parser.add_argument("--kill-every", type=float, default=4, help="seconds between two kills of web processes")
    parser.add_argument("--crash-every", type=float, default=18, help="seconds between two crashes of PostgreSQL")
    parser.add_argument("--seed", default="1")
    parser.add_argument("--keep", type=Path, help="a folder for what was written down")
    parser.add_argument("--json", action="store_true")
    asked = parser.parse_args()
    with processes.entrance(), folder(asked.keep) as home:
        found = soak(asked, home)
    sys.stdout.write(json.dumps(found, ensure_ascii=False, indent=1) + "\n" if asked.json else table(found))
    sys.exit(bool(found["broken"]))


@contextlib.contextmanager
def folder(kept: Path | None) -> Iterator[Path]:
    with contextlib.ExitStack() as stack:
        if kept is None:
            name = stack.enter_context(tempfile.TemporaryDirectory(prefix="taiken-soak-", ignore_cleanup_errors=True))
            kept = Path(name)
        kept.mkdir(parents=True, exist_ok=True)
        # Others may pass through it, not look into it: PostgreSQL may run as another account than we do.
        kept.chmod(0o711)
        yield kept


def soak(asked: argparse.Namespace, home: Path) -> dict[str, Any]:
    (home / "history").mkdir(exist_ok=True)
    with contextlib.ExitStack() as stack:
        database = None
        url = f"sqlite:///{home}/soak.sqlite3"
        if asked.database == "postgres":
            (home / "postgres").mkdir(exist_ok=True)
            database = Postgres(home / "postgres")
            stack.callback(database.stop)
            url = database.url
        environment(
            DJANGO_SETTINGS_MODULE="tests.soak.settings",
            DATA_DIR=str(home),
            DATABASE_URL=url,
            SOAK_BUG=asked.bug,
            PYTHONPATH=str(ROOT),
        )
        words = [
            sys.executable,
            "-m",
            "tests.soak.world",
            home / "world.json",
            asked.clients,
            asked.people,
            asked.rooms,
        ]
        subprocess.run([str(word) for word in words], cwd=ROOT, check=True, stdin=subprocess.DEVNULL)
        world = json.loads((home / "world.json").read_text()) | {"nights": asked.nights}
        (home / "world.json").write_text(json.dumps(world))
        web = Web(home / "web.log", dict(os.environ))
        stack.callback(web.stop)
        queue = Queue(home / "queue.log")
        stack.callback(queue.stop)
        begun = time.time()
        load(asked, home, web, queue, database)
        took = time.time() - begun
        time.sleep(SETTLE_SECONDS)
        healed = sealed_again(url) if asked.seconds >= LONG_SECONDS and not asked.bug else None
        end, told = state.read(url), history.read(home / "history")
        found = check.check(end, told) | {"H4": ways.compare(web.port, world, end)}
        chain = subprocess.run(
            [sys.executable, "manage.py", "verify_audit"], cwd=ROOT, capture_output=True, text=True, check=False
        )
        found["chain"] = [] if chain.returncode == 0 else [chain.stderr[-300:]]
        if healed is not None and healed > HEALED_SECONDS:
            found["chain"].append(f"{state.unsealed(url)} events without a seal after {HEALED_SECONDS} s at rest")
        found["deadlocks"] = ["deadlock"] * (database.deadlocks if database else 0)
        found["faults"] = [f"{one.action} {one.number}: 500" for one in told if 500 in one.faults]
        return figures(asked, told, took, found) | {
            "lost": len(past.lost(end, told)),
            "doubled": len(past.doubled(end, told)),
            "kills web": web.kills,
            "kills queue": queue.hits,
            "crash restarts": database.crashes if database else 0,
            "lock timeouts": database.lock_timeouts if database else 0,
            "sealed again after": healed,
            "chain": chain.stdout.strip(),
            "broken": any(found.values()),
        }


def sealed_again(url: str) -> int:
    """Seconds until the queue, left in peace now, has come back by itself and sealed everything."""
    begun = time.monotonic()
    while state.unsealed(url) and time.monotonic() - begun <= HEALED_SECONDS:
        time.sleep(1)
    return round(time.monotonic() - begun)


class Progress:
    """How many answers the programs have written down."""

    def __init__(self, folder: Path) -> None:
        self.folder, self.count = folder, 0
        self._read: dict[Path, int] = {}

    def since(self, before: int) -> int:
        for path in self.folder.glob("*.jsonl"):
            with path.open("rb") as file:
                file.seek(self._read.get(path, 0))
                new = file.read()
            self._read[path] = self._read.get(path, 0) + len(new)
            self.count += new.count(b'"what": "ended"')
        return self.count - before


def load(asked: argparse.Namespace, home: Path, web: Web, queue: Queue, database: Postgres | None) -> None:
    """The programs ask; meanwhile one thing after the other is killed. Ends when the last answer is there."""
    words = [sys.executable, "-m", "tests.soak.clients", home / "world.json", home / "history", web.port]
    clients = subprocess.Popen(
        [str(word) for word in [*words, asked.seconds, asked.least, asked.seed]],
        cwd=ROOT,
        stdin=subprocess.DEVNULL,
        preexec_fn=lambda: processes.die_with_parent(signal.SIGTERM),  # noqa: PLW1509 - we start no threads
    )
    begun = time.monotonic()
    until = begun + asked.seconds * (MOST_TIMES if asked.least else 1)
    chance = random.Random(asked.seed)
    # The first ones soon, so that a short run has them too; NEVER is never.
    kills, crashes = asked.kill_every < NEVER, asked.crash_every < NEVER
    next_web = begun + 2 if kills else until
    next_queue = begun + 3 if kills else until
    next_crash = begun + min(8, asked.seconds / 3) if crashes else until
    progress, heard = Progress(home / "history"), 0
    try:
        while clients.poll() is None:
            now = time.monotonic()
            # Something must be answered between two kills, however slow the machine is.
            if now < until and now >= next_web and (web.kills == 0 or progress.since(heard) >= ANSWERS_A_KILL):
                web.kill_one()
                heard = progress.count
                next_web = now + asked.kill_every * chance.uniform(0.5, 1.5)
            if now < until and now >= next_queue:
                queue.kill_any()
                next_queue = now + asked.kill_every * chance.uniform(0.5, 1.5)
            if database is not None and now < until and now >= next_crash:
                database.crash()
                next_crash = time.monotonic() + asked.crash_every * chance.uniform(0.7, 1.3)
            time.sleep(0.05)
    finally:
        if clients.poll() is None:
            clients.kill()
            clients.wait()
    if clients.returncode:
        raise RuntimeError(f"the programs ended with {clients.returncode}")


def figures(asked: argparse.Namespace, told: list[Operation], took: float, found: check.Found) -> dict[str, Any]:
    waits = sorted((one.ended - one.attempts[-1]) * 1000 for one in told if one.ended is not None and one.attempts)
    whole = sorted((one.ended - one.sent) * 1000 for one in told if one.ended is not None)
    cut = statistics.quantiles(waits, n=100) if len(waits) > 1 else [0.0] * 99
    replays = [one for one in told for _ in one.replays]
    answers = Counter(one.status for one in told)
    faults = Counter(status for one in told for status in one.faults)
    return {
        "database": asked.database,
        "bug": asked.bug or "none",
        "seconds": round(took),
        "load": round(os.getloadavg()[0], 1),
        "clients": asked.clients,
        "requests": sum(len(one.attempts) for one in told) + len(replays),
        "operations": len(told),
        "accepted": sum(one.accepted for one in told),
        "refused": sum(one.refused for one in told),
        "unknown": sum(one.unknown for one in told),
        "by status": {str(status): number for status, number in sorted(answers.items(), key=str)},
        "replays": len(replays),
        "replays wrong": len(found["H2"]),
        "503": faults.get(503, 0),
        "other faults": {str(status): number for status, number in faults.items() if status != 503},
        "no answer": sum(max(0, len(one.attempts) - 1) - len(one.faults) + one.unknown for one in told),
        "p50 ms": round(cut[49]),
        "p99 ms": round(cut[98]),
        "max ms": round(waits[-1]) if waits else 0,
        "longest until answered ms": round(whole[-1]) if whole else 0,
        "found": check.count(found),
        "said": {name: said[:MOST_SAID] for name, said in found.items() if said},
    }


def table(found: dict[str, Any]) -> str:
    lines = [f"{name:28}{value}" for name, value in found.items() if name not in ("said", "found")]
    lines += [f"{name:28}{number}" for name, number in found["found"].items()]
    lines += [f"  {name}: {one}" for name, said in found["said"].items() for one in said]
    return "\n".join(lines) + "\n"


if __name__ == "__main__":
    main()
