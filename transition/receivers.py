"""Listens to the queue: who is at work, and how often one task has been begun.

A task that brings its worker down is never counted as failed by the queue; here each beginning is written down before
it, and the sixth does not happen.
"""

from typing import Any

from django.db import DatabaseError
from django.dispatch import receiver
from django_q.signals import post_execute, post_execute_in_worker, pre_execute

from transition import guard
from transition.services import pulses

MOST_TRIES = 5
# Of this process, which does one task at a time.
_given_up = [False]


def has_been_given_up() -> bool:
    return _given_up[0]


@receiver(pre_execute, dispatch_uid="transition.begin_task")
def begin(task: dict[str, Any], **kwargs: Any) -> None:
    guard.begin_work()
    _given_up[0] = False
    if not _counts(task):
        return
    try:
        _given_up[0] = pulses.count(_name(task)) > MOST_TRIES
    except DatabaseError:
        # The task itself will say the same.
        return
    if _given_up[0]:
        # Out of the queue, whatever is said about failures otherwise.
        task["ack_failure"] = True


@receiver(post_execute_in_worker, dispatch_uid="transition.end_task")
def end(task: dict[str, Any], **kwargs: Any) -> None:
    guard.end_work()
    if _counts(task) and (task.get("success") or _given_up[0]):
        try:
            pulses.forget(_name(task))
        except DatabaseError:
            return
    _given_up[0] = False


@receiver(post_execute, dispatch_uid="transition.note_result")
def note_result(**kwargs: Any) -> None:
    """In the process that keeps the results, the last of the way: a worker that was killed while it handed one over
    can keep all others from ever being heard."""
    guard.show_life()


def _counts(task: dict[str, Any]) -> bool:
    """Only what came out of the queue; the canary may be asked for as often as one likes."""
    return "ack_id" in task and task.get("save", True)


def _name(task: dict[str, Any]) -> str:
    return f"task:{task['id']}"
