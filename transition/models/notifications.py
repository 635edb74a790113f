import datetime as dt

from django.db import models
from django.db.models import Exists, OuterRef, Q

from transition import clock
from transition.enums import Delivery, NotificationKind, NotificationState
from transition.models.base import PublicId
from transition.models.organizations import Membership, Organization
from transition.models.people import Person
from transition.models.users import User


class NotificationQuerySet(models.QuerySet):
    def visible_to(self, user: User | OuterRef) -> "NotificationQuerySet":
        """One's own, as long as one works for the organization it was told for."""
        working = Membership.objects.current().filter(user=OuterRef("user"), organization=OuterRef("organization"))
        return self.filter(Q(organization=None) | Exists(working), user=user)

    def shown(self, now: dt.datetime) -> "NotificationQuerySet":
        """What stands in the inbox: due, still true, of a kind its reader wants, and not itself a bundle of others."""
        choices = NotificationChoice.objects.filter(user=OuterRef("user"), kind=OuterRef("kind"))
        due = self.filter(due_at__lte=now).exclude(state=NotificationState.OBSOLETE)
        return due.exclude(kind=NotificationKind.DIGEST).exclude(Exists(choices.filter(delivery=Delivery.OFF)))

    def unread(self) -> "NotificationQuerySet":
        return self.filter(read_at=None)


class Notification(PublicId):
    """お知らせ: one reason told to one user, on the screen from `due_at` on and, if so chosen, by mail.

    `reason_key` names the reason and the reader: the same is never told twice. `subject_type` and `subject_id` (a
    public id) say what it is about, `data` holds dates and numbers; no personal text. The row is written in the
    transaction that causes it; the mail's state is the truth about the mail.
    """

    kind = models.CharField("種類", max_length=20, choices=NotificationKind)
    reason_key = models.CharField("理由", max_length=200, unique=True)
    user = models.ForeignKey(User, models.PROTECT, verbose_name="読む人", related_name="notifications")
    organization = models.ForeignKey(
        Organization, models.PROTECT, verbose_name="組織", null=True, blank=True, related_name="+"
    )
    person = models.ForeignKey(Person, models.PROTECT, verbose_name="本人", null=True, blank=True, related_name="+")
    subject_type = models.CharField("対象の種類", max_length=40, blank=True)
    subject_id = models.CharField("対象", max_length=40, blank=True)
    data = models.JSONField("日にちと数", default=dict, blank=True)
    due_at = models.DateTimeField("知らせる日時", default=clock.now)
    state = models.CharField("メールの状態", max_length=10, choices=NotificationState, default=NotificationState.NEW)
    tries = models.PositiveSmallIntegerField("試した回数", default=0)
    claimed_at = models.DateTimeField("送り始めた日時", null=True, blank=True)
    message_id = models.CharField("Message-ID", max_length=200, blank=True)
    sent_at = models.DateTimeField("送った日時", null=True, blank=True)
    failure = models.CharField("失敗の種類", max_length=80, blank=True)
    bundle = models.ForeignKey(
        "self", models.PROTECT, verbose_name="まとめ", null=True, blank=True, related_name="bundled"
    )
    read_at = models.DateTimeField("読んだ日時", null=True, blank=True)
    created_at = models.DateTimeField("登録日時", default=clock.now, editable=False)

    objects = NotificationQuerySet.as_manager()

    class Meta:
        verbose_name = "お知らせ"
        verbose_name_plural = "お知らせ"
        ordering = ["-due_at", "-pk"]
        indexes = [
            models.Index(fields=["user", "read_at", "due_at"], name="notification_inbox"),
            models.Index(fields=["state", "due_at"], name="notification_pump"),
        ]
        constraints = [
            models.CheckConstraint(
                name="notification_sent_has_moment",
                condition=Q(state=NotificationState.SENT, sent_at__isnull=False)
                | ~Q(state=NotificationState.SENT) & Q(sent_at=None),
                violation_error_message="送ったお知らせには、送った日時があります。",
            ),
            models.CheckConstraint(
                name="notification_sending_is_claimed",
                condition=~Q(state=NotificationState.SENDING) | Q(claimed_at__isnull=False),
                violation_error_message="送っているお知らせには、送り始めた日時があります。",
            ),
            models.CheckConstraint(
                name="notification_bundled_has_bundle",
                condition=Q(state=NotificationState.BUNDLED, bundle__isnull=False)
                | ~Q(state=NotificationState.BUNDLED) & Q(bundle=None),
                violation_error_message="まとめに入れたお知らせには、まとめがあります。",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.get_kind_display()} {self.due_at:%Y-%m-%d %H:%M}"


class NotificationChoice(models.Model):
    """How one user wants to hear of one kind; without a row the kind's own default holds."""

    user = models.ForeignKey(User, models.CASCADE, verbose_name="利用者", related_name="notification_choices")
    kind = models.CharField("種類", max_length=20, choices=NotificationKind)
    delivery = models.CharField("受け取り方", max_length=10, choices=Delivery)

    class Meta:
        verbose_name = "お知らせの受け取り方"
        verbose_name_plural = "お知らせの受け取り方"
        constraints = [
            models.UniqueConstraint(
                name="notification_choice_once_per_kind",
                fields=["user", "kind"],
                violation_error_message="この種類の受け取り方はもう選んでいます。",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.get_kind_display()} {self.get_delivery_display()}"
