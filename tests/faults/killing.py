"""Starts the worker under its guard and kills parts of it.

Django must be set up with tests.faults.settings, and its database be there.
"""

import http.client
import os
import random
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import psutil

ROOT = Path(__file__).resolve().parents[2]


class Workers:
    """The guard and everything below it."""

    def __init__(self, log: Path) -> None:
        self.log = log
        self.kills: list[str] = []
        self.guard = self._start()

    def _start(self) -> psutil.Popen:
        return psutil.Popen(
            [sys.executable, "manage.py", "worker"],
            cwd=ROOT,
            stdin=subprocess.DEVNULL,
            stdout=self.log.open("ab"),
            stderr=subprocess.STDOUT,
        )

    def processes(self) -> list[psutil.Process]:
        """Of the queue: its main process, sentinel, pusher, monitor and workers; not the guard."""
        return [one for one in self.guard.children(recursive=True) if is_alive(one)]

    def kill_one(self, choose: Callable[[list[psutil.Process]], psutil.Process | None]) -> bool:
        found = choose(self.processes())
        if found is None:
            return False
        try:
            found.send_signal(signal.SIGKILL)
        except psutil.NoSuchProcess:
            return False
        return True

    def terminate(self) -> float:
        """Ask the guard to end everything in order, and start again; how long it took to end."""
        below = self.processes()
        begun = time.monotonic()
        self.guard.send_signal(signal.SIGTERM)
        code = self.guard.wait(60)
        took = time.monotonic() - begun
        assert code == 0, f"the guard ended with {code}"
        assert not [one for one in below if is_alive(one)], "something was left behind"
        self.guard = self._start()
        return took

    def stop(self) -> None:
        below = self.processes() if self.guard.is_running() else []
        for one in [self.guard, *below]:
            try:
                one.kill()
            except psutil.NoSuchProcess:
                continue
        self.guard.wait(10)
        psutil.wait_procs(below, 10)


def is_alive(process: psutil.Process) -> bool:
    try:
        return process.status() != psutil.STATUS_ZOMBIE
    except psutil.NoSuchProcess:
        return False


@contextmanager
def workers(log: Path) -> Iterator[Workers]:
    running = Workers(log)
    try:
        yield running
    finally:
        running.stop()


def anyone(processes: list[psutil.Process]) -> psutil.Process | None:
    return random.choice(processes) if processes else None


def sentinel_and_below(processes: list[psutil.Process]) -> list[psutil.Process]:
    """Those that the sentinel started: workers, monitor, pusher, in this order."""
    by_parent: dict[int, list[psutil.Process]] = {}
    for one in processes:
        try:
            by_parent.setdefault(one.ppid(), []).append(one)
        except psutil.NoSuchProcess:
            continue
    largest = max(by_parent.values(), key=len, default=[])
    return sorted(largest, key=lambda one: one.pid) if len(largest) >= 4 else []


def a_worker(processes: list[psutil.Process]) -> psutil.Process | None:
    """One of the two workers: they are started before monitor and pusher, and the younger ones take their place."""
    below = sentinel_and_below(processes)
    return random.choice(below[:2]) if below else None


def sender_to(port: int) -> Callable[[list[psutil.Process]], psutil.Process | None]:
    """Whoever speaks to the mail server at this port."""

    def choose(processes: list[psutil.Process]) -> psutil.Process | None:
        for one in processes:
            try:
                if any(link.raddr and link.raddr.port == port for link in one.net_connections("tcp")):
                    return one
            except psutil.Error:
                continue
        return None

    return choose


def wait_until(holds: Callable[[], bool], seconds: float, every: float = 0.2) -> float:
    """How long it took; raises AssertionError when it does not come true."""
    begun = time.monotonic()
    while not holds():
        if time.monotonic() - begun > seconds:
            raise AssertionError(f"not within {seconds:.0f} s")
        time.sleep(every)
    return time.monotonic() - begun


def web_answers(port: int) -> bool:
    line = http.client.HTTPConnection("127.0.0.1", port, timeout=20)
    try:
        line.request("GET", "/healthz")
        return line.getresponse().status == 200
    except OSError:
        return False
    finally:
        line.close()


def own_environment(**values: str) -> None:
    os.environ.update(values)
