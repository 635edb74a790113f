"""Wakes the pump where something is to be told at once. A lost wake costs seconds: the canary looks as well."""

import datetime as dt
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar

from django.db import transaction
from django_q.tasks import async_task

from transition import clock

SEND = "transition.tasks.send"
_sends_anyway: ContextVar[bool] = ContextVar("_sends_anyway", default=False)


def wake() -> None:
    async_task(SEND)


def wake_for(due_at: dt.datetime | None) -> None:
    """Once what the caller writes is committed, if it is due by then. None: at once."""
    if (due_at is None or due_at <= clock.now()) and not _sends_anyway.get():
        transaction.on_commit(wake, robust=True)


@contextmanager
def sending_anyway() -> Iterator[None]:
    """What is written within is followed by the pump itself, which need not be woken."""
    token = _sends_anyway.set(True)
    try:
        yield
    finally:
        _sends_anyway.reset(token)
