"""Does each night's jobs once. The row of a job is written before its work: what kills its worker five times stands
as failed, and the others go on."""

import datetime as dt
import time

from django.db.models import F
from django_q.tasks import async_task

from transition import clock, guard
from transition.enums import RunState
from transition.models import JobRun
from transition.nightly import registry
from transition.services import pulses
from transition.services.sole import sole
from transition.services.transactions import writing

TASK = "transition.tasks.night"
BEGINS = dt.time(3)
MOST_TRIES = 5
# After the first, second, … failure of a night.
PAUSE = dt.timedelta(minutes=5)
# A task of the queue has a minute; no job takes half of it.
PATIENCE_SECONDS = 25


def wake_if_due() -> None:
    if any(_due(name) for name in _waiting()):
        async_task(TASK)


def run() -> int:
    """Do what is left for today; how many jobs were done. 0 when another worker is at it."""
    done, until = 0, time.monotonic() + PATIENCE_SECONDS
    with sole("nightly") as alone:
        if not alone:
            return 0
        for name in _waiting():
            if time.monotonic() > until or guard.is_stopping():
                break
            done += _do(name)
    return done


def _waiting() -> list[str]:
    """The jobs of today that are neither done nor given up."""
    now = clock.now().astimezone(clock.TOKYO)
    if now.time() < BEGINS:
        return []
    finished = JobRun.objects.filter(on=now.date()).exclude(state=RunState.RUNNING).values_list("job", flat=True)
    return [name for name in registry.jobs if name not in set(finished)]


def _due(name: str) -> bool:
    """Not tried yet today, or a while ago."""
    begun = JobRun.objects.filter(job=name, on=clock.today()).first()
    return begun is None or begun.started_at + PAUSE * begun.tries <= clock.now()


def _do(name: str) -> bool:
    begun = _begin(name=name) if _due(name) else None
    if begun is None:
        return False
    try:
        found = registry.jobs[name]()
    except Exception as error:
        pulses.failed(f"night:{name}", error)
        _note_failure(run=begun, failure=type(error).__name__)
        return False
    _finish(run=begun, found=found)
    return True


@writing
def _begin(*, name: str) -> JobRun | None:
    """Write the try down; None when there were enough of them."""
    now = clock.now()
    run, is_new = JobRun.objects.get_or_create(job=name, on=clock.today(), defaults={"started_at": now})
    if is_new:
        return run
    if run.tries >= MOST_TRIES:
        run.state, run.finished_at, run.failure = RunState.FAILED, now, run.failure or "interrupted"
        run.save()
        return None
    run.tries, run.started_at = run.tries + 1, now
    run.save()
    return run


@writing
def _note_failure(*, run: JobRun, failure: str) -> None:
    """Tried again in a while, unless that was the last time."""
    given_up = run.tries >= MOST_TRIES
    JobRun.objects.filter(pk=run.pk).update(
        failure=failure,
        state=RunState.FAILED if given_up else RunState.RUNNING,
        finished_at=clock.now() if given_up else F("finished_at"),
    )


@writing
def _finish(*, run: JobRun, found: int) -> None:
    JobRun.objects.filter(pk=run.pk).update(state=RunState.DONE, finished_at=clock.now(), found=found, failure="")
