from django.db import models
from django.db.models import F, Q

from programs.models.sessions import Session
from transition.models import Goal, User, WishItem


class Escort(models.Model):
    """Who goes along. One worker cannot be on two outings at the same time; the service checks under a lock."""

    session = models.ForeignKey(Session, models.CASCADE, verbose_name="体験", related_name="escorts")
    user = models.ForeignKey(User, models.PROTECT, verbose_name="付き添う人", related_name="escorts")

    class Meta:
        verbose_name = "付き添い"
        verbose_name_plural = "付き添い"
        constraints = [
            models.UniqueConstraint(
                name="escort_once_per_session",
                fields=["session", "user"],
                violation_error_message="この人はすでに付き添いに入っています。",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.user} – {self.session_id}"


class EscortDay(models.Model):
    """A span of time on one day at which a worker can go along. No row: not free."""

    user = models.ForeignKey(User, models.CASCADE, verbose_name="付き添う人", related_name="escort_days")
    date = models.DateField("日にち")
    starts = models.TimeField("から")
    ends = models.TimeField("まで")

    class Meta:
        verbose_name = "付き添える日"
        verbose_name_plural = "付き添える日"
        ordering = ["date", "starts"]
        constraints = [
            models.UniqueConstraint(
                name="escort_day_once_per_date",
                fields=["user", "date"],
                violation_error_message="この日はすでに登録されています。",
            ),
            models.CheckConstraint(
                name="escort_day_ends_after_start",
                condition=Q(ends__gt=F("starts")),
                violation_error_message="終わりの時刻は、始まりよりあとにしてください。",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.user} {self.date}"


class SessionWish(models.Model):
    """A wish that a session follows."""

    session = models.ForeignKey(Session, models.CASCADE, verbose_name="体験", related_name="session_wishes")
    item = models.ForeignKey(WishItem, models.PROTECT, verbose_name="やってみたいこと", related_name="+")

    class Meta:
        verbose_name = "体験と希望"
        verbose_name_plural = "体験と希望"
        constraints = [
            models.UniqueConstraint(
                name="session_wish_once",
                fields=["session", "item"],
                violation_error_message="この希望はすでに入っています。",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.session_id} {self.item}"


class SessionGoal(models.Model):
    """A goal that a session works toward."""

    session = models.ForeignKey(Session, models.CASCADE, verbose_name="体験", related_name="session_goals")
    goal = models.ForeignKey(Goal, models.PROTECT, verbose_name="目標", related_name="session_goals")

    class Meta:
        verbose_name = "体験と目標"
        verbose_name_plural = "体験と目標"
        constraints = [
            models.UniqueConstraint(
                name="session_goal_once",
                fields=["session", "goal"],
                violation_error_message="この目標はすでに入っています。",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.session_id} {self.goal_id}"
