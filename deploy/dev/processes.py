"""Start programs so that every one of them is gone at the end: after success, failure, Ctrl-C and SIGTERM."""

import contextlib
import ctypes
import os
import signal
import subprocess
import sys
import types
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import NoReturn

import psutil

ROOT = Path(__file__).resolve().parents[2]
BIN = ROOT / ".venv" / "bin"
STOPS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)
PR_SET_PDEATHSIG = 1
PR_SET_CHILD_SUBREAPER = 36


class Refused(Exception):  # noqa: N818 - reads as what happened, not as a fault
    """Something the person at the keyboard can put right; its text is the whole message."""


def environment(**changes: str | None) -> dict[str, str]:
    """This process's environment with the project's programs first on PATH; None takes a variable away."""
    env = {**os.environ, "PATH": f"{BIN}{os.pathsep}{os.environ.get('PATH', os.defpath)}", "PYTHONUNBUFFERED": "1"}
    for name, value in changes.items():
        if value is None:
            env.pop(name, None)
        else:
            env[name] = value
    return env


@contextlib.contextmanager
def entrance(*, runs_until_stopped: bool = False) -> Iterator[None]:
    """Around a whole script: one line instead of a traceback for what was refused, and nothing left behind."""

    def stop(number: int, _frame: types.FrameType | None) -> NoReturn:
        ignore_stops()
        sys.exit(0 if runs_until_stopped else 128 + number)

    for number in STOPS:
        # Only nohup and the like ignore SIGHUP from the start, and they mean it.
        if number != signal.SIGHUP or signal.getsignal(number) != signal.SIG_IGN:
            signal.signal(number, stop)
    adopt_orphans()
    try:
        yield
    except Refused as refused:
        print(f"make: {refused}", file=sys.stderr)
        sys.exit(1)
    finally:
        ignore_stops()
        stop_descendants()


def ignore_stops() -> None:
    """The first request to stop is enough; a second one must not interrupt the tidying up."""
    for number in STOPS:
        signal.signal(number, signal.SIG_IGN)


def run(command: Sequence[str | Path], *, env: Mapping[str, str] | None = None) -> int:
    """Run to the end and return the exit code; when we are stopped, the whole process group stops first."""
    with group(command, env=env) as child:
        return child.wait()


@contextlib.contextmanager
def group(
    command: Sequence[str | Path],
    *,
    env: Mapping[str, str] | None = None,
    patience: float = 20,
) -> Iterator[subprocess.Popen[bytes]]:
    """A child that leads its own process group, so that Ctrl-C reaches only us and we end all of them."""
    child = subprocess.Popen(
        command,
        cwd=ROOT,
        env=env,
        stdin=subprocess.DEVNULL,
        start_new_session=True,
        preexec_fn=lambda: die_with_parent(signal.SIGTERM),  # noqa: PLW1509 - we start no threads
    )
    try:
        yield child
    finally:
        # honcho gives its own children five seconds; pytest uses SIGINT to tear down what is open.
        for number in (signal.SIGINT, signal.SIGTERM, signal.SIGKILL):
            if child.poll() is not None:
                break
            with contextlib.suppress(ProcessLookupError):
                os.killpg(child.pid, number)
            with contextlib.suppress(subprocess.TimeoutExpired):
                child.wait(patience)
            patience = min(patience, 5)


def adopt_orphans() -> None:
    """Where Linux allows it, a grandchild whose parent died becomes our child, so that we can find it."""
    prctl(PR_SET_CHILD_SUBREAPER, 1)


def die_with_parent(number: int) -> None:
    """Run in a child before it becomes its program: on Linux, even `kill -9` of its parent ends it."""
    prctl(PR_SET_PDEATHSIG, number)


def prctl(option: int, value: int) -> None:
    if sys.platform == "linux":
        with contextlib.suppress(OSError, AttributeError):
            ctypes.CDLL(None).prctl(option, value, 0, 0, 0)


def stop_descendants() -> None:
    left = psutil.Process().children(recursive=True)
    for end in (psutil.Process.terminate, psutil.Process.kill):
        for process in left:
            with contextlib.suppress(psutil.Error):
                end(process)
        _, left = psutil.wait_procs(left, timeout=5)
