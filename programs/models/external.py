import datetime as dt
from urllib.parse import urlsplit

from django.db import models
from django.db.models import F, Q

from programs.enums import ReadProblem
from programs.models.homes import Home
from transition import clock
from transition.models import Membership, User
from transition.models.base import PublicId


class ExternalCalendarQuerySet(models.QuerySet):
    def current(self) -> "ExternalCalendarQuerySet":
        return self.filter(removed_at=None)

    def visible_to(self, user: User) -> "ExternalCalendarQuerySet":
        """Of the homes the user works for, and the user's own."""
        return self.filter(Q(home__in=Home.objects.run_by(user)) | Q(user=user))

    def due(self, now: dt.datetime) -> "ExternalCalendarQuerySet":
        """To be read, the longest waiting first. Nobody reads for those who work nowhere any more."""
        working = Membership.objects.current().values("user")
        wanted = Q(home__isnull=False) | Q(user__in=working, user__is_active=True)
        return self.current().filter(wanted, due_at__lte=now).order_by("due_at", "pk")


class ExternalCalendar(PublicId):
    """外の予定表: the address of a home's or a worker's own calendar elsewhere, read for its busy times only.

    The last good reading stays in BusyTime when a later one fails; `problem` says why it failed.
    `etag` and `modified` are what the other side gave, for conditional requests. `due_at`: when to read next.
    """

    home = models.ForeignKey(
        Home, models.CASCADE, verbose_name="ホーム", null=True, blank=True, related_name="external_calendars"
    )
    user = models.ForeignKey(
        User, models.CASCADE, verbose_name="職員", null=True, blank=True, related_name="external_calendars"
    )
    label = models.CharField("名前", max_length=40)
    url = models.CharField("アドレス", max_length=1000)
    etag = models.CharField("ETag", max_length=200, blank=True, editable=False)
    modified = models.CharField("Last-Modified", max_length=60, blank=True, editable=False)
    created_at = models.DateTimeField("登録日時", default=clock.now, editable=False)
    created_by = models.ForeignKey(User, models.PROTECT, verbose_name="登録した人", related_name="+")
    due_at = models.DateTimeField("次に読む日時", default=clock.now)
    read_at = models.DateTimeField("最後に読んだ日時", null=True, blank=True)
    good_at = models.DateTimeField("最後に読めた日時", null=True, blank=True)
    problem = models.CharField("読めなかった理由", max_length=12, choices=ReadProblem, blank=True)
    failures = models.PositiveSmallIntegerField("続けて読めなかった回数", default=0)
    removed_at = models.DateTimeField("やめた日時", null=True, blank=True)

    objects = ExternalCalendarQuerySet.as_manager()

    class Meta:
        verbose_name = "外の予定表"
        verbose_name_plural = "外の予定表"
        ordering = ["created_at", "pk"]
        indexes = [models.Index(fields=["due_at"], name="external_calendar_due", condition=Q(removed_at=None))]
        constraints = [
            models.CheckConstraint(
                name="external_calendar_of_home_or_user",
                condition=Q(home__isnull=False, user=None) | Q(home=None, user__isnull=False),
                violation_error_message="ホームか職員のどちらかの予定表です。",
            ),
            models.CheckConstraint(
                name="external_calendar_https",
                condition=Q(url__startswith="https://"),
                violation_error_message="https:// で始まるアドレスだけ使えます。",
            ),
        ]

    def __str__(self) -> str:
        return self.label

    @property
    def hint(self) -> str:
        """As much of the address as is ever shown again: whoever knows all of it reads the calendar."""
        return f"{urlsplit(self.url).hostname}…{self.url[-4:]}"


class BusyTimeQuerySet(models.QuerySet):
    def overlapping(self, start: dt.datetime, end: dt.datetime) -> "BusyTimeQuerySet":
        return self.filter(starts_at__lt=end, ends_at__gt=start, calendar__removed_at=None)


class BusyTime(models.Model):
    """When somebody is busy according to a calendar elsewhere: times only, no titles, places or names are kept."""

    calendar = models.ForeignKey(ExternalCalendar, models.CASCADE, verbose_name="外の予定表", related_name="busy_times")
    starts_at = models.DateTimeField("開始")
    ends_at = models.DateTimeField("終了")
    all_day = models.BooleanField("終日", default=False)

    objects = BusyTimeQuerySet.as_manager()

    class Meta:
        verbose_name = "ふさがっている時間"
        verbose_name_plural = "ふさがっている時間"
        ordering = ["starts_at", "pk"]
        indexes = [models.Index(fields=["calendar", "starts_at"], name="busy_time_calendar_start")]
        constraints = [
            models.CheckConstraint(
                name="busy_time_ends_after_start",
                condition=Q(ends_at__gt=F("starts_at")),
                violation_error_message="終了は開始よりあとにしてください。",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.starts_at:%Y-%m-%d %H:%M}"
