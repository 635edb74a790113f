from django.db import models
from django.db.models import F, Q

from programs.models.sessions import Session
from transition import clock
from transition.models import User
from transition.models.base import PublicId


class StopRequestQuerySet(models.QuerySet):
    def open(self) -> "StopRequestQuerySet":
        """Nobody has talked with the person yet."""
        return self.filter(handled_at=None)


class StopRequest(PublicId):
    """やめたい: the person said so in the easy view. It changes no session by itself; a worker asks and answers.

    `by` is the signed-in user or empty when it came through the person's own link.
    """

    session = models.ForeignKey(Session, models.PROTECT, verbose_name="体験", related_name="stop_requests")
    at = models.DateTimeField("日時", default=clock.now)
    by = models.ForeignKey(User, models.PROTECT, verbose_name="送った人", null=True, blank=True, related_name="+")
    handled_at = models.DateTimeField("話を聞いた日時", null=True, blank=True)
    handled_by = models.ForeignKey(
        User, models.PROTECT, verbose_name="話を聞いた人", null=True, blank=True, related_name="+"
    )
    answer = models.CharField("聞いたこと・したこと", max_length=300, blank=True)

    objects = StopRequestQuerySet.as_manager()

    class Meta:
        verbose_name = "やめたいという声"
        verbose_name_plural = "やめたいという声"
        ordering = ["-at", "-pk"]
        constraints = [
            models.UniqueConstraint(
                name="stop_request_one_open_per_session",
                fields=["session"],
                condition=Q(handled_at=None),
                violation_error_message="「やめたい」はもう届いています。",
            ),
            models.CheckConstraint(
                name="stop_request_handled_with_answer",
                condition=Q(handled_at=None, handled_by=None, answer="")
                | Q(handled_at__isnull=False, handled_at__gte=F("at"), handled_by__isnull=False) & ~Q(answer=""),
                violation_error_message="話を聞いた日時と人、聞いたことはいっしょに記録します。",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.session_id} {self.at:%Y-%m-%d}"


class DoneMark(models.Model):
    """おわった: the person's own mark on one day of a session."""

    session = models.ForeignKey(Session, models.CASCADE, verbose_name="体験", related_name="done_marks")
    date = models.DateField("日にち")
    at = models.DateTimeField("日時", default=clock.now)

    class Meta:
        verbose_name = "おわったしるし"
        verbose_name_plural = "おわったしるし"
        constraints = [
            models.UniqueConstraint(
                name="done_mark_once_per_day",
                fields=["session", "date"],
                violation_error_message="この日のしるしはもうあります。",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.session_id} {self.date}"


class FamilyRemarkQuerySet(models.QuerySet):
    def unseen(self) -> "FamilyRemarkQuerySet":
        """Nobody who supports the person has read it yet."""
        return self.filter(seen_at=None)

    def unseen_at_home(self) -> "FamilyRemarkQuerySet":
        """Nobody of the home has."""
        return self.filter(home_seen_at=None)


class FamilyRemark(PublicId):
    """家族の声: a worry before a session or a remark after it, written on the family's page without an account.

    `who` is the label of the address it came through, as the worker chose it: 母. `sender` is that address, and
    nobody else's page shows the remark. Supporters and the home each read it for themselves.
    """

    session = models.ForeignKey(Session, models.PROTECT, verbose_name="体験", related_name="family_remarks")
    who = models.CharField("だれから", max_length=40)
    sender = models.UUIDField("届いたアドレス", null=True, blank=True, editable=False)
    text = models.TextField("内容")
    at = models.DateTimeField("日時", default=clock.now)
    seen_at = models.DateTimeField("読んだ日時", null=True, blank=True)
    seen_by = models.ForeignKey(User, models.PROTECT, verbose_name="読んだ人", null=True, blank=True, related_name="+")
    home_seen_at = models.DateTimeField("ホームが読んだ日時", null=True, blank=True)
    home_seen_by = models.ForeignKey(
        User, models.PROTECT, verbose_name="ホームで読んだ人", null=True, blank=True, related_name="+"
    )

    objects = FamilyRemarkQuerySet.as_manager()

    class Meta:
        verbose_name = "家族の声"
        verbose_name_plural = "家族の声"
        ordering = ["-at", "-pk"]
        constraints = [
            models.CheckConstraint(
                name="family_remark_has_text",
                condition=~Q(text=""),
                violation_error_message="内容を書いてください。",
            ),
            models.CheckConstraint(
                name="family_remark_seen_at_with_by",
                condition=Q(seen_at=None, seen_by=None) | Q(seen_at__isnull=False, seen_by__isnull=False),
                violation_error_message="読んだ日時と人はいっしょに記録します。",
            ),
            models.CheckConstraint(
                name="family_remark_home_seen_at_with_by",
                condition=Q(home_seen_at=None, home_seen_by=None)
                | Q(home_seen_at__isnull=False, home_seen_by__isnull=False),
                violation_error_message="ホームが読んだ日時と人はいっしょに記録します。",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.session_id} {self.at:%Y-%m-%d}"
