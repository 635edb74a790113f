"""What is left when processes of the queue are killed, on SQLite and on PostgreSQL.

    python -m bench.faults [--database sqlite|postgres|both] [--reminders 1000] [--kills 20]

Each database in turn: the worker under its guard (`manage.py worker`), a mail server on this machine that counts by
Message-ID, and reminders written as any service writes them, half of a kind that goes out once, half of one that goes
out at least once. Then

kills          SIGKILL of a random process of the queue (main, sentinel, pusher, monitor, worker), every second one
               while there is nothing to do
terminations   SIGTERM to the guard in the midst of sending, and another start
poison         a task that brings its worker down every time it is begun
idle kills     SIGKILL of a worker that waits, and how long until the next task is done

Budget: nothing lost, nothing that goes once sent twice; uncertain and sent again at most once a kill; drained within
120 s of the last kill; after SIGTERM nothing lost, uncertain or sent twice, and the end within the task's time + 10 s;
the next task within 30 s of each idle kill; the poison ends after 5 tries. Takes about 15 minutes for each database.

What differs from real life is time: tasks have 12 seconds and come back after 75 (60 and 300 in production).
"""

import argparse
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent / "deploy" / "dev"))

from processes import ROOT, entrance, environment, run


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--database", choices=("sqlite", "postgres", "both"), default="both")
    parser.add_argument("--reminders", default="1000")
    parser.add_argument("--kills", default="20")
    asked = parser.parse_args()
    command = [sys.executable, "-m", "tests.faults.run", "--poison"]
    command += ["--reminders", asked.reminders, "--kills", asked.kills]
    server = [sys.executable, ROOT / "deploy" / "dev" / "postgres.py", "run", "--"]
    broken = False
    for name, whole in (("sqlite", command), ("postgres", [*server, *command])):
        if asked.database in {name, "both"}:
            print(f"\n{name}", flush=True)
            broken |= run(whole, env=environment(DATABASE_URL=None)) != 0
    sys.exit(broken)


if __name__ == "__main__":
    with entrance():
        main()
