"""The guard, with small programs in place of the worker: what it starts again, what it leaves alone, how it ends."""

import os
import signal
import subprocess
import sys
import textwrap
import time
from pathlib import Path

import psutil
import pytest

from transition import guard

pytestmark = pytest.mark.real_time

# A worker that answers as long as it is asked through a file, and has a child of its own.
WORKER = """
    import os, signal, subprocess, sys, time
    from pathlib import Path
    from transition import guard
    os.register_at_fork(after_in_child=guard.die_with_parent)
    folder = Path(sys.argv[1])
    (folder / f"started-{os.getpid()}").touch()
    child = os.fork()
    if not child:
        time.sleep(100)
    stop = []
    signal.signal(signal.SIGTERM, lambda *_: stop.append(1))
    while not stop:
        if not (folder / "deaf").exists():
            guard.show_life()
        if (folder / "work").exists():
            if not any(folder.glob("begun")):
                guard.begin_work()
                (folder / "begun").touch()
        time.sleep(0.05)
    (folder / ("in-order" if guard.is_stopping() else "out-of-order")).touch()
    os.kill(child, signal.SIGKILL)
"""
GUARD = """
    import sys
    from pathlib import Path
    from transition import guard
    folder = Path(sys.argv[1])
    guard.ASK_SECONDS, guard.SILENT_SECONDS, guard.START_SECONDS = 0.2, 1.0, 5.0
    def started(restarts):
        (folder / f"restarts-{restarts}").touch()
    watch = guard.Guard([sys.executable, str(folder / "worker.py"), str(folder)], lambda: None, started, 5.0)
    watch.run()
"""


@pytest.fixture
def folder(tmp_path):
    (tmp_path / "worker.py").write_text(textwrap.dedent(WORKER))
    (tmp_path / "guard.py").write_text(textwrap.dedent(GUARD))
    return tmp_path


@pytest.fixture
def guarded(folder):
    root = Path(guard.__file__).resolve().parents[1]
    process = subprocess.Popen(
        [sys.executable, folder / "guard.py", folder], env={**os.environ, "PYTHONPATH": str(root)}
    )
    try:
        until(lambda: list(folder.glob("started-*")))
        yield process
    finally:
        below = psutil.Process(process.pid).children(recursive=True) if process.poll() is None else []
        process.kill()
        process.wait()
        psutil.wait_procs(below, 5)


def until(holds, seconds=15):
    deadline = time.monotonic() + seconds
    while not holds():
        assert time.monotonic() < deadline, "it never came true"
        time.sleep(0.05)


def started(folder) -> set[int]:
    return {int(path.name.partition("-")[2]) for path in folder.glob("started-*")}


def lives(pid: int) -> bool:
    return psutil.pid_exists(pid) and psutil.Process(pid).status() != psutil.STATUS_ZOMBIE


def test_a_worker_that_lives_and_does_not_answer_is_started_again(folder, guarded):
    [first] = started(folder)
    children = psutil.Process(first).children()
    (folder / "deaf").touch()
    until((folder / "restarts-1").exists)
    (folder / "deaf").unlink()
    until(lambda: len(started(folder)) == 2)
    assert not lives(first)
    assert not any(lives(one.pid) for one in children)


def test_a_worker_at_work_is_left_alone(folder, guarded):
    (folder / "work").touch()
    time.sleep(0.5)
    (folder / "deaf").touch()
    time.sleep(2.5)
    assert len(started(folder)) == 1
    # Longer than any task may take: then it is not work any more.
    (folder / "work").unlink()
    until((folder / "restarts-1").exists)


def test_a_worker_that_ends_is_started_again_without_what_it_left(folder, guarded):
    [first] = started(folder)
    until(psutil.Process(first).children)
    [child] = psutil.Process(first).children()
    os.kill(first, signal.SIGKILL)
    until(lambda: len(started(folder)) == 2)
    until(lambda: not lives(child.pid))


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_asked_to_stop_it_lets_the_worker_end_in_order(folder, guarded, number):
    [first] = started(folder)
    guarded.send_signal(number)
    assert guarded.wait(10) == 0
    assert (folder / "in-order").exists()
    assert not lives(first)


@pytest.mark.skipif(sys.platform != "linux", reason="only Linux tells a child of its parent's end")
def test_even_kill_9_of_the_guard_leaves_nobody_behind(folder, guarded):
    [first] = started(folder)
    below = [first, *(one.pid for one in psutil.Process(first).children())]
    guarded.kill()
    guarded.wait()
    until(lambda: not any(lives(pid) for pid in below))


def test_without_a_guard_nothing_is_written(monkeypatch):
    monkeypatch.delenv(guard.FOLDER, raising=False)
    guard.begin_work()
    guard.end_work()
    assert guard.is_stopping() is False
