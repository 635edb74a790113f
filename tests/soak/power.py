"""Has the soak the power to find what it looks for? Every bug of bugs.py in turn, and what the same harness says.

    python -m tests.soak.power --seconds 30 --database postgres [BUG…]

Exits with 1 when a bug was not found.
"""

import argparse
import json
import subprocess
import sys
from typing import Any

from tests.soak.bugs import BUGS, ONLY_ON_POSTGRES
from tests.soak.servers import ROOT, processes

# Three people and two rooms for everybody; long stays of many people where they must meet in the middle of a room.
HOT = ["--people", "3", "--rooms", "2"]
HEAT = {"out_of_order": ["--people", "12", "--rooms", "2", "--nights", "3", "5", "7"]}
# Where nothing needs to die to be found, nothing does: more is asked in the same time.
NEVER = "100000"
# What a slow machine takes its time for.
LEAST = "500"
KILLED = ("key_outside",)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--seconds", default="30")
    parser.add_argument("--database", choices=("sqlite", "postgres"), default="postgres")
    parser.add_argument("bugs", nargs="*", choices=[*BUGS, []])
    asked = parser.parse_args()
    wanted = asked.bugs or [bug for bug in BUGS if asked.database == "postgres" or bug not in ONLY_ON_POSTGRES]
    missed = []
    with processes.entrance():
        say(f"{'bug':16}{'operations':>12}{'findings':>10}   where")
        for bug in wanted:
            found = one(bug, asked.database, asked.seconds)
            where = ", ".join(f"{name} {number}" for name, number in found["found"].items() if number)
            findings = sum(found["found"].values())
            say(f"{bug:16}{found['operations']:>12}{findings:>10}   {where}")
            if not findings:
                missed.append(bug)
    if missed:
        say(f"not found: {', '.join(missed)}")
    sys.exit(bool(missed))


def say(line: str) -> None:
    sys.stdout.write(f"{line}\n")
    sys.stdout.flush()


def one(bug: str, database: str, seconds: str) -> dict[str, Any]:
    words = [sys.executable, "-m", "tests.soak.run", "--json", "--bug", bug, "--database", database]
    words += ["--seconds", seconds, "--crash-every", NEVER]
    words += [*HEAT.get(bug, HOT), "--least", LEAST]
    if bug not in KILLED:
        words += ["--kill-every", NEVER]
    done = subprocess.run(words, cwd=ROOT, stdout=subprocess.PIPE, text=True, check=False)
    if done.returncode not in (0, 1) or not done.stdout:
        raise RuntimeError(f"the run with {bug} ended with {done.returncode}")
    found: dict[str, Any] = json.loads(done.stdout)
    return found


if __name__ == "__main__":
    main()
