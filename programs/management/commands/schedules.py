from typing import Any

from django.core.management.base import BaseCommand
from django.db import transaction
from django_q.models import Schedule

SWEEP = "programs.sweep"


class Command(BaseCommand):
    help = "仕事の列に、1分ごとの見回りを1つだけ登録します。何度実行しても同じです。"

    def handle(self, *args: Any, **options: Any) -> None:
        with transaction.atomic():
            Schedule.objects.exclude(name=SWEEP).delete()
            schedule, _ = Schedule.objects.update_or_create(
                name=SWEEP,
                defaults={
                    "func": "programs.tasks.sweep",
                    "schedule_type": Schedule.MINUTES,
                    "minutes": 1,
                    "repeats": -1,
                },
            )
            Schedule.objects.filter(name=SWEEP).exclude(pk=schedule.pk).delete()
