from django.db import models
from django.db.models import Q

from transition import clock
from transition.enums import ViewedBy
from transition.models.base import AppendOnly
from transition.models.links import PersonLink
from transition.models.users import User


class AuditEvent(AppendOnly):
    """Evidence of one act: who, what, on which row. No foreign keys, no personal text."""

    at = models.DateTimeField("日時", default=clock.now, editable=False)
    actor = models.BigIntegerField("行為者", null=True, editable=False)
    action = models.CharField("行為", max_length=60, editable=False)
    subject_type = models.CharField("対象の種類", max_length=40, editable=False)
    subject_id = models.CharField("対象", max_length=40, editable=False)
    data = models.JSONField("番号と数", default=dict, editable=False)

    class Meta:
        verbose_name = "監査記録"
        verbose_name_plural = "監査記録"
        ordering = ["pk"]
        indexes = [models.Index(fields=["subject_type", "subject_id"], name="audit_subject")]

    def __str__(self) -> str:
        return f"{self.action} {self.subject_type} {self.subject_id}"


class AuditSeal(AppendOnly):
    """One link of the chain over the audit events: an HMAC, with a key that is not in the database, over the event and
    the link before. An event that is changed, taken out or put in afterwards breaks the chain there."""

    number = models.PositiveBigIntegerField("番号", unique=True, editable=False)
    event_id = models.BigIntegerField("監査記録", unique=True, editable=False)
    code = models.CharField("封", max_length=64, editable=False)
    at = models.DateTimeField("封をした日時", default=clock.now, editable=False)

    class Meta:
        verbose_name = "監査記録の封"
        verbose_name_plural = "監査記録の封"
        ordering = ["number"]

    def __str__(self) -> str:
        return f"{self.number}"


class ViewLog(AppendOnly):
    """Somebody read something about a person. No foreign keys, no personal text: it outlives what it speaks of."""

    at = models.DateTimeField("日時", default=clock.now, editable=False)
    actor = models.BigIntegerField("見た人", null=True, editable=False)
    organization = models.BigIntegerField("どの組織として", null=True, editable=False)
    # Empty for a list: its people are in `data`.
    person = models.BigIntegerField("本人", null=True, editable=False)
    what = models.CharField("何を", max_length=60, editable=False)
    door = models.CharField("どこから", max_length=6, choices=ViewedBy, default=ViewedBy.SCREEN, editable=False)
    data = models.JSONField("番号と数", default=dict, editable=False)

    class Meta:
        verbose_name = "閲覧記録"
        verbose_name_plural = "閲覧記録"
        ordering = ["pk"]
        indexes = [
            models.Index(fields=["person", "at"], name="view_log_person"),
            models.Index(fields=["actor", "at"], name="view_log_actor"),
        ]

    def __str__(self) -> str:
        return f"{self.what} {self.at:%Y-%m-%d %H:%M}"


class IdempotencyKey(models.Model):
    """The answer to one form or API call, stored in the same transaction as its effect.

    Sent by a user, by a person through their own link, or by whoever holds another secret address: `sender` is its
    public id.
    """

    user = models.ForeignKey(User, models.CASCADE, verbose_name="利用者", null=True)
    link = models.ForeignKey(PersonLink, models.CASCADE, verbose_name="本人用リンク", null=True, related_name="+")
    sender = models.UUIDField("アドレス", null=True)
    key = models.CharField("キー", max_length=64)
    fingerprint = models.CharField("内容の指紋", max_length=64)
    answer = models.JSONField("答え", default=dict)
    # What the API answered, word for word: {"status", "body"}. Empty for forms.
    response = models.JSONField("返した内容", default=dict)
    created_at = models.DateTimeField("日時", default=clock.now)

    class Meta:
        verbose_name = "二重送信よけ"
        verbose_name_plural = "二重送信よけ"
        constraints = [
            models.UniqueConstraint(
                name="idempotency_key_once_per_user",
                fields=["user", "key"],
                violation_error_message="この送信はすでに受け付けました。",
            ),
            models.UniqueConstraint(
                name="idempotency_key_once_per_link",
                fields=["link", "key"],
                violation_error_message="この送信はすでに受け付けました。",
            ),
            models.UniqueConstraint(
                name="idempotency_key_once_per_sender",
                fields=["sender", "key"],
                violation_error_message="この送信はすでに受け付けました。",
            ),
            models.CheckConstraint(
                name="idempotency_key_has_one_sender",
                condition=Q(user__isnull=False, link=None, sender=None)
                | Q(user=None, link__isnull=False, sender=None)
                | Q(user=None, link=None, sender__isnull=False),
                violation_error_message="送った人は、利用者か本人用リンクかアドレスのどれか1つです。",
            ),
        ]

    def __str__(self) -> str:
        return self.key
