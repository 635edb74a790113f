"""What runs during a soak, and how parts of it are killed: PostgreSQL, the web processes, the queue.

All of it is started and killed from one thread: a program dies with the thread that started it.
"""

import contextlib
import os
import random
import signal
import subprocess
import sys
import time
from pathlib import Path

import psutil

from tests.faults.killing import ROOT, Workers, is_alive, sentinel_and_below, wait_until, web_answers

sys.path.insert(0, str(ROOT / "deploy" / "dev"))

import postgres
import processes

WEB_PROCESSES, WEB_THREADS = 3, 4
READY_SECONDS = 180
CRASH_SECONDS = 30
# What a deadlock is found after; a second, as PostgreSQL has it, would hide most of them behind each other.
SETTINGS = {"deadlock_timeout": "200ms", "log_min_messages": "warning"}


class Postgres:
    """As safe as any: what it has confirmed is on the disk. Always at the same port."""

    def __init__(self, home: Path) -> None:
        self.home = home
        self.account = postgres.choose_account(postgres.find_binaries(), home)
        postgres.initialize(postgres.find_binaries(), home, self.account)
        self.port = postgres.free_port()
        self.password = (home / "password").read_text()
        self.crashes = 0
        self._start()

    @property
    def url(self) -> str:
        return f"postgresql://postgres:{self.password}@127.0.0.1:{self.port}/{postgres.DATABASE}"

    @property
    def log(self) -> str:
        return (self.home / "log").read_text(errors="replace")

    @property
    def deadlocks(self) -> int:
        return self.log.count("deadlock detected")

    @property
    def lock_timeouts(self) -> int:
        return self.log.count("canceling statement due to lock timeout")

    def _start(self) -> None:
        settings = {
            "listen_addresses": "127.0.0.1",
            "unix_socket_directories": "",
            "max_connections": str(postgres.MAX_CONNECTIONS),
            "port": str(self.port),
            **SETTINGS,
        }
        options = [f"-c{name}={value}" for name, value in settings.items()]
        binary = postgres.find_binaries() / "postgres"
        with (self.home / "log").open("a") as output:
            self.process = self.account.start([binary, "-D", self.home / "cluster", *options], stdout=output)
        if not postgres.wait(self.process, f"postgresql://postgres:{self.password}@127.0.0.1:{self.port}"):
            raise RuntimeError(self.log[-500:])

    def crash(self) -> None:
        """What `pg_ctl stop -m immediate` does, and a start that has to recover."""
        self.process.send_signal(signal.SIGQUIT)
        self.process.wait(CRASH_SECONDS)
        self.crashes += 1
        self._start()

    def stop(self) -> None:
        postgres.stop(self.process)


class Web:
    """gunicorn with the settings that are shipped (gunicorn.py says what differs), and one process more."""

    def __init__(self, log: Path, env: dict[str, str]) -> None:
        self.port = postgres.free_port()
        self.kills = 0
        command = [sys.executable, "-m", "gunicorn", "transition.wsgi", "--config", "tests/soak/gunicorn.py"]
        command += ["--bind", f"127.0.0.1:{self.port}", "--no-control-socket"]
        command += ["--workers", str(WEB_PROCESSES), "--threads", str(WEB_THREADS)]
        self.master = psutil.Popen(
            command,
            cwd=ROOT,
            env=env,
            stdin=subprocess.DEVNULL,
            stdout=log.open("ab"),
            stderr=subprocess.STDOUT,
            preexec_fn=lambda: processes.die_with_parent(signal.SIGTERM),
        )
        wait_until(lambda: web_answers(self.port), READY_SECONDS)

    def kill_one(self) -> None:
        found = [one for one in self.master.children() if is_alive(one)]
        if found:
            with contextlib.suppress(psutil.NoSuchProcess):
                random.choice(found).send_signal(signal.SIGKILL)
                self.kills += 1

    def stop(self) -> None:
        below = self.master.children(recursive=True)
        self.master.send_signal(signal.SIGTERM)
        with contextlib.suppress(psutil.TimeoutExpired):
            self.master.wait(15)
        for one in [self.master, *below]:
            with contextlib.suppress(psutil.NoSuchProcess):
                one.kill()
        psutil.wait_procs([self.master, *below], 10)


class Queue(Workers):
    """The queue's two workers under their guard."""

    def __init__(self, log: Path) -> None:
        super().__init__(log)
        self.hits = 0
        wait_until(lambda: bool(sentinel_and_below(self.processes())), READY_SECONDS)

    def kill_any(self) -> None:
        if self.kill_one(lambda found: random.choice(found) if found else None):
            self.hits += 1


def environment(**values: str) -> None:
    """For everything started from here on."""
    os.environ.update(values)


def pause(until: float) -> None:
    time.sleep(max(0.0, until - time.monotonic()))
