import datetime as dt

from django.db import models
from django.db.models import F, Q

from calendars.enums import Agent, Audience, Detail
from programs.models import Session
from transition import clock
from transition.models import Person, User
from transition.models.base import PublicId

FEED_DAYS = 400


def default_expiry() -> dt.date:
    return clock.today() + dt.timedelta(days=FEED_DAYS)


class CalendarFeedQuerySet(models.QuerySet):
    def live(self, today: dt.date) -> "CalendarFeedQuerySet":
        """Neither revoked nor past their last day."""
        return self.filter(revoked_at=None, expires_on__gte=today)

    def visible_to(self, user: User) -> "CalendarFeedQuerySet":
        return self.filter(person__in=Person.objects.visible_to(user))


class CalendarFeed(PublicId):
    """予定表の配信: one secret address for one reader at one level of detail.

    Of the secret only its SHA-256 is stored. `revision` and `changed_at` move whenever the bytes may have
    changed, `changed_at` by a second at least, because that is all an HTTP date can tell apart.
    `next_change_at` is when a cancelled event drops out by itself.
    """

    # The secret itself: only on the object that `issue` or `rotate` has just returned, and never again.
    token = ""

    person = models.ForeignKey(Person, models.PROTECT, verbose_name="本人", related_name="calendar_feeds")
    audience = models.CharField("読む人の立場", max_length=12, choices=Audience, default=Audience.FAMILY)
    detail = models.CharField("見せる内容", max_length=12, choices=Detail, default=Detail.NEUTRAL)
    label = models.CharField("だれの予定表か", max_length=40)
    token_hash = models.CharField("アドレスの指紋", max_length=64, unique=True, editable=False)
    created_at = models.DateTimeField("発行日時", default=clock.now, editable=False)
    created_by = models.ForeignKey(User, models.PROTECT, verbose_name="発行した人", related_name="+")
    expires_on = models.DateField("最後の日", default=default_expiry)
    revoked_at = models.DateTimeField("停止日時", null=True, blank=True)
    revoked_by = models.ForeignKey(
        User, models.PROTECT, verbose_name="停止した人", null=True, blank=True, related_name="+"
    )
    revision = models.PositiveIntegerField("版", default=1)
    changed_at = models.DateTimeField("変更日時", default=clock.now)
    next_change_at = models.DateTimeField("次に変わる日時", null=True, blank=True)
    last_fetched_at = models.DateTimeField("最後に読まれた日時", null=True, blank=True)
    last_agent = models.CharField("読んだソフト", max_length=12, choices=Agent, blank=True)

    objects = CalendarFeedQuerySet.as_manager()

    class Meta:
        verbose_name = "予定表の配信"
        verbose_name_plural = "予定表の配信"
        ordering = ["-created_at", "-pk"]
        constraints = [
            models.CheckConstraint(
                name="calendar_feed_token_hash_sha256",
                condition=Q(("token_hash__regex", r"^[0-9a-f]{64}$")),
                violation_error_message="アドレスはそのままでは保存できません。",
            ),
            models.CheckConstraint(
                name="calendar_feed_has_label",
                condition=~Q(label=""),
                violation_error_message="だれの予定表かを入れてください。",
            ),
            models.CheckConstraint(
                name="calendar_feed_revoked_at_with_by",
                condition=Q(revoked_at=None, revoked_by=None) | Q(revoked_at__isnull=False, revoked_by__isnull=False),
                violation_error_message="停止した日時と人はいっしょに記録します。",
            ),
        ]

    def __str__(self) -> str:
        return self.label

    def is_live(self, today: dt.date) -> bool:
        return self.revoked_at is None and self.expires_on >= today


class FeedEntry(models.Model):
    """The stored text of one session at one level of detail, made when the session changes.

    Rows stay as long as their session: `uid` and `sequence` are how subscribers recognize the event.
    `person` repeats the session's, so that a feed is one walk along one index.
    """

    session = models.ForeignKey(Session, models.CASCADE, verbose_name="体験", related_name="feed_entries")
    person = models.ForeignKey(Person, models.PROTECT, verbose_name="本人", related_name="+")
    detail = models.CharField("見せる内容", max_length=12, choices=Detail)
    uid = models.CharField("UID", max_length=255)
    sequence = models.PositiveIntegerField("変更の回数", default=0)
    changed_at = models.DateTimeField("変更日時")
    starts_at = models.DateTimeField("開始")
    ends_at = models.DateTimeField("終了")
    cancelled_at = models.DateTimeField("中止日時", null=True, blank=True)
    body = models.TextField("iCalendarの本文")

    class Meta:
        verbose_name = "予定表の1件"
        verbose_name_plural = "予定表の1件"
        indexes = [
            models.Index(fields=["person", "detail", "starts_at"], name="feed_entry_person_detail_start"),
            models.Index(
                name="feed_entry_person_cancelled",
                fields=["person", "cancelled_at"],
                condition=Q(cancelled_at__isnull=False),
            ),
        ]
        constraints = [
            models.UniqueConstraint(
                name="feed_entry_once_per_session_and_detail",
                fields=["session", "detail"],
                violation_error_message="この体験の予定表の本文はすでにあります。",
            ),
            models.CheckConstraint(
                name="feed_entry_ends_after_start",
                condition=Q(ends_at__gt=F("starts_at")),
                violation_error_message="終了は開始よりあとにしてください。",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.uid} {self.detail}"
