import datetime as dt

from django.db import models
from django.db.models import Q

from programs.enums import DeliveryProblem, DeliveryState, WebhookEvent
from programs.models.homes import Home
from programs.models.sessions import Session
from transition import clock
from transition.enums import COORDINATING_KINDS, SUPPORTING_KINDS
from transition.models import Membership, Organization, SupportLink, User
from transition.models.base import PublicId


class WebhookQuerySet(models.QuerySet):
    def active(self) -> "WebhookQuerySet":
        return self.filter(removed_at=None, disabled_at=None)

    def kept_by(self, user: User) -> "WebhookQuerySet":
        """Of the organizations the user works for now; those taken out are gone for everybody."""
        mine = Membership.objects.current().filter(user=user)
        return self.filter(organization__in=mine.values("organization"), removed_at=None)

    def seeing(self, session: Session) -> "WebhookQuerySet":
        """Of the organizations whose members may see the session now: those of `Session.objects.visible_to`."""
        links = SupportLink.objects.on(clock.today()).filter(
            person=session.person_id, organization__kind__in=SUPPORTING_KINDS
        )
        municipality = session.person.municipality_id
        coordinating = Organization.objects.filter(
            Q(pk=municipality) | Q(municipality=municipality), kind__in=COORDINATING_KINDS
        )
        return self.filter(
            Q(organization__in=links.values("organization"))
            | Q(organization__in=coordinating.values("pk"))
            | Q(organization__in=Home.objects.filter(rooms=session.room_id).values("organization"))
        )


class Webhook(PublicId):
    """ウェブフック: an address of another system that one organization wants to be called.

    The secret that signs the calls is derived from the server's own key, `public_id` and `secret_version`; it is
    stored nowhere. `events` is a list of WebhookEvent codes; `failures` counts failed calls since the last good one.
    """

    # The secret itself: only on the object that `add` or `renew_secret` has just returned.
    secret = ""

    organization = models.ForeignKey(Organization, models.PROTECT, verbose_name="組織", related_name="webhooks")
    label = models.CharField("名前", max_length=60)
    url = models.CharField("アドレス", max_length=500)
    events = models.JSONField("知らせること", default=list)
    secret_version = models.PositiveIntegerField("署名の鍵の版", default=1)
    created_at = models.DateTimeField("登録日時", default=clock.now, editable=False)
    created_by = models.ForeignKey(User, models.PROTECT, verbose_name="登録した人", related_name="+")
    failures = models.PositiveIntegerField("続けて失敗した回数", default=0)
    failing_since = models.DateTimeField("いつから失敗しているか", null=True, blank=True)
    last_delivered_at = models.DateTimeField("最後に届いた日時", null=True, blank=True)
    disabled_at = models.DateTimeField("止めた日時", null=True, blank=True)
    removed_at = models.DateTimeField("外した日時", null=True, blank=True)

    objects = WebhookQuerySet.as_manager()

    class Meta:
        verbose_name = "ウェブフック"
        verbose_name_plural = "ウェブフック"
        ordering = ["pk"]
        constraints = [
            models.UniqueConstraint(
                name="webhook_url_once_per_organization",
                fields=["organization", "url"],
                condition=Q(removed_at=None),
                violation_error_message="このアドレスはもう登録されています。",
            ),
        ]

    def __str__(self) -> str:
        return self.label

    def wants(self, event: str) -> bool:
        return event in self.events


class WebhookDeliveryQuerySet(models.QuerySet):
    def due(self, now: dt.datetime) -> "WebhookDeliveryQuerySet":
        """To be sent now: their time has come, or whoever was sending them has been lost. What is meant for a
        webhook that has been disabled waits."""
        lost = Q(state=DeliveryState.SENDING, claimed_at__lte=now - WebhookDelivery.LOST_AFTER)
        waiting = self.filter(webhook__removed_at=None, webhook__disabled_at=None)
        return waiting.filter(Q(state=DeliveryState.NEW, due_at__lte=now) | lost)

    def in_flight(self, now: dt.datetime) -> "WebhookDeliveryQuerySet":
        return self.filter(state=DeliveryState.SENDING, claimed_at__gt=now - WebhookDelivery.LOST_AFTER)


class WebhookDelivery(PublicId):
    """One call: written in the transaction that causes it. `payload` holds public ids, codes and dates, no person's
    name. Its `public_id` is sent along, so that the other side can tell a repeated call."""

    # Only on the object of whoever has just claimed it.
    is_mine = False
    # A worker has been lost when it has not said for so long what came of a call.
    LOST_AFTER = dt.timedelta(minutes=2)
    RETRY_AFTER = tuple(dt.timedelta(minutes=minutes) for minutes in (1, 5, 30, 120, 480))

    webhook = models.ForeignKey(Webhook, models.PROTECT, verbose_name="ウェブフック", related_name="deliveries")
    event = models.CharField("何が起きたか", max_length=20, choices=WebhookEvent)
    payload = models.JSONField("内容")
    due_at = models.DateTimeField("送る日時", default=clock.now)
    state = models.CharField("状態", max_length=10, choices=DeliveryState, default=DeliveryState.NEW)
    tries = models.PositiveSmallIntegerField("試した回数", default=0)
    claimed_at = models.DateTimeField("送り始めた日時", null=True, blank=True)
    status = models.PositiveSmallIntegerField("相手の答え", null=True, blank=True)
    failure = models.CharField("失敗の種類", max_length=40, choices=DeliveryProblem, blank=True)
    delivered_at = models.DateTimeField("届いた日時", null=True, blank=True)
    created_at = models.DateTimeField("登録日時", default=clock.now, editable=False)

    objects = WebhookDeliveryQuerySet.as_manager()

    class Meta:
        verbose_name = "ウェブフックの送信"
        verbose_name_plural = "ウェブフックの送信"
        ordering = ["-pk"]
        indexes = [models.Index(fields=["state", "due_at"], name="webhook_delivery_pump")]
        constraints = [
            models.CheckConstraint(
                name="webhook_delivery_delivered_has_moment",
                condition=Q(state=DeliveryState.DELIVERED, delivered_at__isnull=False)
                | ~Q(state=DeliveryState.DELIVERED) & Q(delivered_at=None),
                violation_error_message="届いた送信には、届いた日時があります。",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.event} {self.created_at:%Y-%m-%d %H:%M}"
