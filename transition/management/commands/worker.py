import os
import sys
from pathlib import Path
from typing import Any

from django import db
from django.conf import settings
from django.core.management.base import BaseCommand, CommandParser
from django.utils import timezone
from django_q.cluster import Cluster
from django_q.models import OrmQ
from django_q.tasks import async_task

from transition import guard, tasks
from transition.models import Pulse
from transition.services import pulses

# What the queue itself allows a task beyond its time, and some seconds to end in order.
LATITUDE_SECONDS = 8


class Command(BaseCommand):
    help = "仕事係（キューのワーカー）を見張りつきで動かします。止めるには Ctrl-C か SIGTERM。キュー1つに1つだけです。"

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--inside", action="store_true", help="見張りなしの中身（見張りが使います）")

    def handle(self, *args: Any, inside: bool, **options: Any) -> None:
        if inside:
            # Every process of the cluster dies with the one that made it, however that one died.
            os.register_at_fork(after_in_child=guard.die_with_parent)
            Cluster().start()
            return
        timeout: Any = settings.Q_CLUSTER["timeout"]
        watch = guard.Guard(
            command=[sys.executable, str(Path(settings.BASE_DIR) / "manage.py"), "worker", "--inside"],
            ask=ask,
            started=started,
            longest_work=timeout + LATITUDE_SECONDS,
            say=self.stderr.write,
        )
        watch.run()


def ask() -> None:
    db.close_old_connections()
    # Not to be remembered: one every few seconds would push out all that tells something.
    async_task(tasks.CANARY, save=False)


def started(restarts: int) -> None:
    """What the worker before this one had taken out of the queue and not done is free again."""
    db.close_old_connections()
    if settings.Q_CLUSTER.get("orm"):
        OrmQ.objects.filter(lock__gt=timezone.now()).update(lock=timezone.now())  # noqa: TID251 - the queue's own clock
    if restarts:
        pulses.count(Pulse.GUARD)
    else:
        pulses.beat(Pulse.GUARD)
    # Children must not share this connection.
    db.connections.close_all()
