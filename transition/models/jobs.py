"""What the software remembers about its own work."""

from django.db import models
from django.db.models import Q

from transition import clock
from transition.enums import RunState


class Pulse(models.Model):
    """When a part of the software last showed that it lives, and how often it had to be started again."""

    # A task that the guard puts into the queue every few seconds and the worker answers.
    CANARY = "canary"
    # The guard itself; `count` is how often it had to start the worker again.
    GUARD = "guard"

    name = models.CharField("名前", max_length=40, unique=True)
    at = models.DateTimeField("日時", default=clock.now)
    count = models.PositiveIntegerField("回数", default=0)

    class Meta:
        verbose_name = "鼓動"
        verbose_name_plural = "鼓動"

    def __str__(self) -> str:
        return self.name


class JobRun(models.Model):
    """One job on one day in Japan. The row is written before the work, so that a job which kills its worker is
    tried a few times and then stands as failed; nothing runs twice on a day."""

    job = models.CharField("仕事", max_length=40)
    on = models.DateField("日にち")
    state = models.CharField("状態", max_length=10, choices=RunState, default=RunState.RUNNING)
    tries = models.PositiveSmallIntegerField("試した回数", default=1)
    started_at = models.DateTimeField("始めた日時", default=clock.now)
    finished_at = models.DateTimeField("終えた日時", null=True, blank=True)
    found = models.PositiveIntegerField("件数", default=0)
    failure = models.CharField("失敗の種類", max_length=80, blank=True)

    class Meta:
        verbose_name = "仕事の実行"
        verbose_name_plural = "仕事の実行"
        ordering = ["-on", "job"]
        constraints = [
            models.UniqueConstraint(
                name="job_run_once_a_day",
                fields=["job", "on"],
                violation_error_message="この日の仕事はもう始まっています。",
            ),
            models.CheckConstraint(
                name="job_run_done_is_finished",
                condition=Q(state=RunState.RUNNING, finished_at=None)
                | ~Q(state=RunState.RUNNING) & Q(finished_at__isnull=False),
                violation_error_message="終わった仕事には終えた日時があります。",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.job} {self.on}"


class RateCount(models.Model):
    """How often something was asked for in one stretch of time. `key` is a keyed hash and names nobody."""

    key = models.CharField("何を", max_length=64)
    since = models.DateTimeField("いつから")
    count = models.PositiveIntegerField("回数", default=0)

    class Meta:
        verbose_name = "回数"
        verbose_name_plural = "回数"
        constraints = [
            models.UniqueConstraint(
                name="rate_count_once_per_stretch",
                fields=["key", "since"],
                violation_error_message="この時間の回数はもう数えています。",
            ),
        ]
        indexes = [models.Index(fields=["since"], name="rate_count_since")]

    def __str__(self) -> str:
        return f"{self.since:%Y-%m-%d %H:%M} {self.count}"
