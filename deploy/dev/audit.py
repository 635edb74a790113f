"""Which of the locked packages have a known hole. Part of `make check`; asks the package index once a day.

Fails on a known hole. Where nobody can be asked (no network, an index that knows nothing about holes) it says so
loudly and does not fail: a machine without network must still be able to check everything else.
"""

import datetime as dt
import hashlib
import json
import subprocess
import sys
import tempfile
from dataclasses import dataclass
from pathlib import Path

from processes import BIN, ROOT, environment

LOCK = ROOT / "requirements-dev.lock"
REMEMBERED = ROOT / ".data" / "audit.json"
SECONDS = 300
# Has holes that everybody knows. Whoever finds none in it would find none anywhere.
CONTROL = "django==3.2.0"
# Known holes that do not concern us: the id, and why.
IGNORED: dict[str, str] = {}
FRAME = "!" * 72


@dataclass(frozen=True, slots=True)
class Found:
    holes: list[str]
    unknown: list[str]


def judge(output: str) -> Found | None:
    """What pip-audit found; None when it could not ask."""
    try:
        rows = json.loads(output)["dependencies"]
    except (ValueError, KeyError, TypeError):
        return None
    holes = [
        f"{row['name']} {row['version']}: {hole['id']} {', '.join(hole.get('aliases', []))}"
        f" → {', '.join(hole.get('fix_versions', [])) or 'no fix yet'}"
        for row in rows
        for hole in row.get("vulns", [])
        if not {hole["id"], *hole.get("aliases", [])} & IGNORED.keys()
    ]
    return Found(holes, [row["name"] for row in rows if "skip_reason" in row])


def ask(requirements: Path) -> Found | None:
    """Ask for pinned packages only: nothing is installed, nothing is resolved."""
    command = [BIN / "pip-audit", "--requirement", requirements, "--no-deps", "--disable-pip"]
    options = ["--format=json", "--progress-spinner=off", "--timeout=10"]
    try:
        done = subprocess.run(
            [*command, *options], env=environment(), capture_output=True, text=True, check=False, timeout=SECONDS
        )
    except (OSError, subprocess.TimeoutExpired):
        return None
    return judge(done.stdout)


def index_knows_holes() -> bool:
    with tempfile.TemporaryDirectory() as folder:
        control = Path(folder) / "requirements.txt"
        control.write_text(f"{CONTROL}\n", encoding="utf-8")
        found = ask(control)
    return found is not None and bool(found.holes)


def not_asked(why: str) -> int:
    print(FRAME)
    print(f"pip-audit: NOT CHECKED. {why}")
    print("Known holes in the packages were not looked for; run `make check` where the package index can be asked.")
    print("（パッケージの既知の弱点は、確かめられませんでした）")
    print(FRAME)
    return 0


def main() -> int:
    lock = hashlib.sha256(LOCK.read_bytes()).hexdigest()
    today = {"on": dt.datetime.now(dt.UTC).date().isoformat(), "lock": lock}
    try:
        if json.loads(REMEMBERED.read_text(encoding="utf-8")) == today:
            print("No known hole when it was asked earlier today.")
            return 0
    except (OSError, ValueError):
        pass
    if not index_knows_holes():
        return not_asked(f"Nobody could be asked: not even {CONTROL}, which has known holes, was known to have one.")
    found = ask(LOCK)
    if found is None:
        return not_asked("The package index did not answer.")
    if found.holes:
        print("Known holes:", *found.holes, sep="\n  ")
        return 1
    if found.unknown:
        return not_asked(f"Nothing is known about {len(found.unknown)} packages: {', '.join(found.unknown)}")
    REMEMBERED.parent.mkdir(parents=True, exist_ok=True)
    REMEMBERED.write_text(json.dumps(today), encoding="utf-8")
    print("No known hole.")
    return 0


if __name__ == "__main__":
    sys.exit(main())
