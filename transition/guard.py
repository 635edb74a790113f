"""Keeps the worker of the queue alive, and tells it when to stop. Plain Python: it must work when nothing else does.

The worker is a group of processes. One of them, killed while it waits, can leave all others waiting for ever, although
each of them lives. So the guard puts a canary into the queue every few seconds and looks for the sign that a worker
took it and the queue has noted so. Without one, and with no worker at work, it ends the whole group and starts another.
"""

import contextlib
import ctypes
import os
import shutil
import signal
import subprocess
import sys
import tempfile
import time
import types
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path

# Names the folder through which worker and guard know of each other.
FOLDER = "TAIKEN_GUARD_FOLDER"
ASK_SECONDS = 5.0
SILENT_SECONDS = 15.0
# The first answer takes longer; a machine so slow that even this is not enough gets ever more.
START_SECONDS = 20.0
LONGEST_START = 300.0
# A worker that ends by itself at once is started again ever more slowly.
LONGEST_PAUSE = 30.0
PR_SET_PDEATHSIG = 1


def sign(name: str) -> Path | None:
    """A file in the folder of our guard; None where there is no guard."""
    folder = os.environ.get(FOLDER)
    return Path(folder) / name if folder else None


def is_stopping() -> bool:
    """Long work asks now and then, and ends early."""
    stop = sign("stop")
    return stop is not None and stop.exists()


def show_life() -> None:
    _touch(sign("beat"))


def begin_work() -> None:
    """From now on this process is busy, and must not be taken for dead."""
    _touch(sign(f"busy-{os.getpid()}"))


def end_work() -> None:
    busy = sign(f"busy-{os.getpid()}")
    if busy is not None:
        busy.unlink(missing_ok=True)


def _touch(path: Path | None) -> None:
    if path is not None:
        # Without its folder the guard is no more, and so are we in a moment.
        with contextlib.suppress(OSError):
            path.touch()


def die_with_parent() -> None:
    """Even `kill -9` of the parent ends this process, on Linux."""
    if sys.platform == "linux":
        with contextlib.suppress(OSError, AttributeError):
            ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, signal.SIGKILL, 0, 0, 0)


@dataclass
class Guard:
    """`ask` puts a canary into the queue, `started` is called before each start with how many there were before.

    `longest_work` is how many seconds one task may take at most.
    """

    command: Sequence[str]
    ask: Callable[[], None]
    started: Callable[[int], None]
    longest_work: float
    say: Callable[[str], None] = print
    restarts: int = 0
    _stopping: bool = False
    _folder: Path = field(default=Path(), init=False)

    def run(self) -> None:
        """Until somebody says stop: SIGTERM or SIGINT; then the worker may finish what it is at."""
        for number in (signal.SIGTERM, signal.SIGINT):
            signal.signal(number, self._note_stop)
        self._folder = Path(tempfile.mkdtemp(prefix="taiken-guard-"))
        try:
            pause, patience = 1.0, START_SECONDS
            while not self._is_told_to_stop():
                if self._run_once(patience):
                    pause, patience = 1.0, START_SECONDS
                else:
                    self._wait(pause)
                    pause, patience = min(pause * 2, LONGEST_PAUSE), min(patience * 1.5, LONGEST_START)
                self.restarts += 1
        finally:
            shutil.rmtree(self._folder, ignore_errors=True)

    def _note_stop(self, _number: int, _frame: types.FrameType | None) -> None:
        self._stopping = True

    def _is_told_to_stop(self) -> bool:
        return self._stopping

    def _run_once(self, patience: float) -> bool:
        """Whether it has answered at least once."""
        for path in self._folder.iterdir():
            path.unlink(missing_ok=True)
        with contextlib.suppress(Exception):
            self.started(self.restarts)
        child = subprocess.Popen(  # noqa: S603 - our own command
            self.command,
            env={**os.environ, FOLDER: str(self._folder)},
            stdin=subprocess.DEVNULL,
            # Its own group, so that all of it can be ended at once, and a Ctrl-C reaches only us.
            start_new_session=True,
            preexec_fn=die_with_parent,  # noqa: PLW1509 - we start no threads
        )
        try:
            return self._watch(child, patience)
        finally:
            self._end(child)

    def _watch(self, child: "subprocess.Popen[bytes]", patience: float) -> bool:
        """Until the worker ended, is silent for too long, or we are to stop. Whether it has answered at least once."""
        has_lived, unanswered = False, False
        seen, asked = time.monotonic(), 0.0
        while not self._is_told_to_stop():
            if child.poll() is not None:
                self.say(f"worker ended by itself ({child.returncode})")
                break
            now = time.monotonic()
            if self._has_beaten():
                has_lived, seen, unanswered = True, now, False
            if now - asked > ASK_SECONDS:
                asked = now
                try:
                    self.ask()
                    unanswered = True
                except Exception as error:
                    # No queue, no answer: that is not the worker's fault.
                    self.say(f"no canary: {type(error).__name__}")
                    seen = now
            limit = SILENT_SECONDS if has_lived else patience
            if unanswered and now - seen > limit and not self._is_busy(seen + 2 * ASK_SECONDS):
                self.say(f"worker silent for {now - seen:.0f} seconds")
                break
            self._wait(0.5)
        return has_lived

    def _has_beaten(self) -> bool:
        beat = self._folder / "beat"
        try:
            beat.unlink()
        except FileNotFoundError:
            return False
        return True

    def _is_busy(self, moment: float) -> bool:
        """Whether a process that lives has been at one task since that moment, and no longer than a task may take.

        Tasks begun later are no excuse: they are taken, and what came of them is not noted.
        """
        for path in self._folder.glob("busy-*"):
            with contextlib.suppress(OSError, ValueError):
                os.kill(int(path.name.removeprefix("busy-")), 0)
                at_it = time.time() - path.stat().st_mtime  # noqa: TID251 - compared with a file
                if time.monotonic() - moment <= at_it < self.longest_work:
                    return True
        return False

    def _end(self, child: "subprocess.Popen[bytes]") -> None:
        """In order when asked to stop, else at once; and nothing of the group is left."""
        if self._stopping and child.poll() is None:
            (self._folder / "stop").touch()
            child.send_signal(signal.SIGTERM)
            with contextlib.suppress(subprocess.TimeoutExpired):
                child.wait(self.longest_work)
        with contextlib.suppress(ProcessLookupError):
            os.killpg(child.pid, signal.SIGKILL)
        child.wait()

    def _wait(self, seconds: float) -> None:
        until = time.monotonic() + seconds
        while not self._stopping and time.monotonic() < until:
            time.sleep(min(0.25, seconds))
