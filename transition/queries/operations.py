"""The operations page: what runs, what failed, what comes next."""

import re
from dataclasses import dataclass

from django.conf import settings
from django.db.models import QuerySet
from django_q.models import Schedule, Task

from transition.enums import NotificationState
from transition.figures import Section, registry
from transition.models import JobRun, Notification

MOST = 50
# "ValueError: …": what failed, without what it was said about.
_CLASS = re.compile(r"^(?:[a-z_]\w*\.)*([A-Z]\w*)", re.MULTILINE)


@dataclass(frozen=True, slots=True)
class FailedTask:
    id: str
    func: str
    stopped: object
    tries: int
    kind: str
    may_be_retried: bool


@dataclass(frozen=True, slots=True)
class Operations:
    sections: list[Section]
    failures: list[FailedTask]
    schedules: list[dict[str, object]]
    runs: list[JobRun]
    unsettled: QuerySet[Notification]
    version: str


def read() -> Operations:
    """Everything on the page, in a bounded number of queries."""
    return Operations(
        sections=registry.read(),
        failures=failures(),
        schedules=_schedules(),
        runs=list(JobRun.objects.all()[:20]),
        unsettled=unsettled()[:MOST],
        version=settings.VERSION,
    )


def failures() -> list[FailedTask]:
    """The last tasks that failed; only the class of the error, whose text may name somebody."""
    rows = Task.objects.filter(success=False).order_by("-stopped")[:MOST]
    return [
        FailedTask(row.id, row.func, row.stopped, row.attempt_count, _kind(row.result), not (row.args or row.kwargs))
        for row in rows
    ]


def unsettled() -> QuerySet[Notification]:
    """Mail that did not go out, or of which nobody knows."""
    states = (NotificationState.FAILED, NotificationState.UNCERTAIN)
    return Notification.objects.filter(state__in=states).select_related("user", "organization").order_by("-due_at")


def _schedules() -> list[dict[str, object]]:
    last = dict(Task.objects.filter(pk__in=Schedule.objects.values("task")).values_list("pk", "stopped"))
    return [
        {"name": one.name, "every": one.minutes, "last": last.get(one.task), "next": one.next_run}
        for one in Schedule.objects.order_by("name")
    ]


def _kind(result: object) -> str:
    found = _CLASS.findall(str(result or ""))
    return found[-1] if found else "不明"
