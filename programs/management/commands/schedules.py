from typing import Any

from django.core.management.base import BaseCommand
from django.db import transaction
from django_q.models import Schedule

# Once a minute each, without arguments: one schedule that cannot be read would stop all of them. Everything else that
# comes due stands in rows of our own.
SCHEDULES = {"programs.sweep": "programs.tasks.sweep", "transition.tell": "transition.tasks.tell"}


class Command(BaseCommand):
    help = "仕事の列に、1分ごとの見回りを登録します。ほかの予定は消します。何度実行しても同じです。"

    def handle(self, *args: Any, **options: Any) -> None:
        with transaction.atomic():
            kept = []
            for name, func in SCHEDULES.items():
                every_minute = {"func": func, "schedule_type": Schedule.MINUTES, "minutes": 1, "repeats": -1}
                known = Schedule.objects.filter(name=name).order_by("pk").first()
                schedule, _ = Schedule.objects.update_or_create(
                    pk=known and known.pk, defaults={"name": name, "args": None, "kwargs": None, **every_minute}
                )
                kept.append(schedule.pk)
            Schedule.objects.exclude(pk__in=kept).delete()
