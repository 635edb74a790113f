"""How the software itself is: for machines that ask, and for the administrator."""

import datetime as dt
from collections.abc import Iterable
from functools import cache

from django.db import DatabaseError, connection
from django.db.migrations.executor import MigrationExecutor
from django.db.models import Count, Min, Q
from django_q.models import OrmQ, Schedule, Task

from transition import clock
from transition.enums import NotificationState, RunState
from transition.figures import Figure
from transition.models import ApiToken, JobRun, Notification, Pulse
from transition.queries import server
from transition.services import pump

CANARY_DEAD = dt.timedelta(minutes=5)
CANARY_LATE = dt.timedelta(seconds=60)
MAIL_LATE = dt.timedelta(minutes=15)
SCHEDULE_LATE = dt.timedelta(minutes=2)
DAY = dt.timedelta(days=1)


def is_ready() -> bool:
    """Whether requests may come: the database answers, nothing waits to be migrated, the queue lives, last
    night's backup is there (where one is expected), and the disk has room."""
    try:
        return _is_migrated() and age_of(Pulse.CANARY) < CANARY_DEAD and server.is_safe()
    except DatabaseError:
        return False


def age_of(pulse: str) -> dt.timedelta:
    """How long ago it last showed itself; very long when never."""
    at = Pulse.objects.filter(name=pulse).values_list("at", flat=True).first()
    return clock.now() - at if at else dt.timedelta.max


def queue() -> Iterable[Figure]:
    """The queue and what runs it, in 6 queries."""
    now = clock.now()
    pulses = {pulse.name: pulse for pulse in Pulse.objects.filter(name__in=[Pulse.CANARY, Pulse.GUARD])}
    canary, guard = pulses.get(Pulse.CANARY), pulses.get(Pulse.GUARD)
    since = _seconds(now - canary.at) if canary else -1
    yield Figure(
        "canary_age_seconds", "仕事係の最後の返事から", since, "秒", alarm=not 0 <= since <= CANARY_LATE.seconds
    )
    yield Figure("worker_restarts", "仕事係を立て直した回数", guard.count if guard else 0, "回")
    waiting = OrmQ.objects.aggregate(count=Count("pk"), oldest=Min("lock"))
    yield Figure("queue_length", "待っている仕事", waiting["count"], "件")
    oldest = _seconds(now - waiting["oldest"]) if waiting["oldest"] else 0
    yield Figure("queue_oldest_seconds", "いちばん古い仕事の待ち時間", max(oldest, 0), "秒", alarm=oldest > 300)
    failed = Task.objects.filter(success=False, stopped__gte=now - DAY).count()
    yield Figure("task_failures_24h", "24時間の失敗", failed, "件", alarm=failed > 0)
    late = Schedule.objects.filter(next_run__lt=now - SCHEDULE_LATE).exclude(repeats=0).count()
    yield Figure("schedules_late", "時刻をすぎた予定", late, "件", alarm=late > 0)
    broken = JobRun.objects.filter(state=RunState.FAILED, on__gte=clock.today() - DAY * 7).count()
    yield Figure("nightly_failures_7d", "夜の仕事の失敗（7日間）", broken, "件", alarm=broken > 0)


def notifications() -> Iterable[Figure]:
    """Mail by state, how long the oldest could have gone out already, and the live tokens, in 3 queries."""
    now = clock.now()
    states = {state: Count("pk", filter=Q(state=state)) for state in NotificationState.values}
    found = Notification.objects.aggregate(**states)
    for state in NotificationState:
        alarm = state in {NotificationState.FAILED, NotificationState.UNCERTAIN} and found[state] > 0
        yield Figure("notifications", state.label, found[state], "件", (("state", state.value),), alarm)
    oldest = pump.oldest_due()
    late = _seconds(now - oldest) if oldest else 0
    yield Figure(
        "notification_oldest_seconds", "送るはずのお知らせの待ち時間", late, "秒", alarm=late > MAIL_LATE.seconds
    )
    live = ApiToken.objects.live(clock.today()).count()
    yield Figure("api_tokens", "使えるアクセストークン", live, "個")


def _seconds(span: dt.timedelta) -> float:
    return round(span.total_seconds())


@cache
def _migrated_for(alias: str) -> bool:
    executor = MigrationExecutor(connection)
    if executor.migration_plan(executor.loader.graph.leaf_nodes()):
        raise LookupError(alias)
    return True


def _is_migrated() -> bool:
    """Asked again until it is true, then never: migrations are not undone while a process runs."""
    connection.ensure_connection()
    try:
        return _migrated_for(connection.alias)
    except LookupError:
        return False
