import datetime as dt

from django.db import models
from django.db.models import F, Q

from calendars.enums import OF_A_PERSON, Agent, Audience, Detail, Variant
from programs.models import Home, Room, Session
from transition import clock
from transition.models import Membership, Organization, Person, User
from transition.models.base import PublicId

FEED_DAYS = 400
# How long a feed that was ended gently stays as an empty calendar, so that every reader has been emptied.
EMPTY_FOR = dt.timedelta(days=30)


def default_expiry() -> dt.date:
    return clock.today() + dt.timedelta(days=FEED_DAYS)


class CalendarFeedQuerySet(models.QuerySet):
    def live(self, today: dt.date) -> "CalendarFeedQuerySet":
        """Neither revoked nor past their last day."""
        return self.filter(revoked_at=None, expires_on__gte=today)

    def visible_to(self, user: User) -> "CalendarFeedQuerySet":
        """Of people and homes the user may see, of the own organizations, and one's own."""
        mine = Membership.objects.current().filter(user=user).values("organization")
        return self.filter(
            Q(audience__in=OF_A_PERSON, person__in=Person.objects.visible_to(user).values("pk"))
            | Q(audience=Audience.HOME, home__in=Home.objects.run_by(user).values("pk"))
            | Q(audience=Audience.ORGANIZATION, organization__in=mine)
            | Q(audience=Audience.WORKER, user=user)
        )


class CalendarFeed(PublicId):
    """予定表の配信: one secret address for one reader at one level of detail.

    Whose it is, by audience: `person`, `home`, `organization`, or `user` as a member of `organization`.
    Of the secret only its SHA-256 is stored. `emptied_at`: ended gently, an empty calendar for EMPTY_FOR, then
    gone; `revoked_at`: gone at once. `scope` names what was in sight when it was last read.
    `revision` and `changed_at` move whenever the bytes may have changed, `changed_at` by a second at least,
    because that is all an HTTP date can tell apart. `next_change_at` is when a cancelled event drops out by itself.
    """

    # The secret itself: only on the object that `issue` or `rotate` has just returned, and never again.
    token = ""

    # Whether the person agrees that others read along, and the worker still belongs: as `queries.live_feed` found it.
    agreed = True
    is_member = True

    person = models.ForeignKey(
        Person, models.PROTECT, verbose_name="本人", null=True, blank=True, related_name="calendar_feeds"
    )
    home = models.ForeignKey(
        Home, models.PROTECT, verbose_name="ホーム", null=True, blank=True, related_name="calendar_feeds"
    )
    organization = models.ForeignKey(
        Organization, models.PROTECT, verbose_name="組織", null=True, blank=True, related_name="calendar_feeds"
    )
    user = models.ForeignKey(
        User, models.PROTECT, verbose_name="職員", null=True, blank=True, related_name="calendar_feeds"
    )
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
    emptied_at = models.DateTimeField("空にした日時", null=True, blank=True)
    emptied_by = models.ForeignKey(
        User, models.PROTECT, verbose_name="空にした人", null=True, blank=True, related_name="+"
    )
    scope = models.CharField("見える範囲の指紋", max_length=64, blank=True, editable=False)
    revision = models.PositiveIntegerField("版", default=1)
    changed_at = models.DateTimeField("変更日時", default=clock.now)
    next_change_at = models.DateTimeField("次に変わる日時", null=True, blank=True)
    last_fetched_at = models.DateTimeField("最後に読まれた日時", null=True, blank=True)
    page_seen_at = models.DateTimeField("画面が最後に開かれた日時", null=True, blank=True)
    page_before_at = models.DateTimeField("画面がその前に開かれた日時", null=True, blank=True)
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
                name="calendar_feed_belongs_to_its_audience",
                condition=Q(audience__in=OF_A_PERSON, person__isnull=False, home=None, organization=None, user=None)
                | Q(audience=Audience.HOME, home__isnull=False, person=None, organization=None, user=None)
                | Q(audience=Audience.ORGANIZATION, organization__isnull=False, person=None, home=None, user=None)
                | Q(
                    audience=Audience.WORKER,
                    user__isnull=False,
                    organization__isnull=False,
                    person=None,
                    home=None,
                ),
                violation_error_message="だれの予定の配信かが、読む人の立場と合いません。",
            ),
            models.CheckConstraint(
                name="calendar_feed_emptied_at_with_by",
                condition=Q(emptied_at=None, emptied_by=None) | Q(emptied_at__isnull=False, emptied_by__isnull=False),
                violation_error_message="空にした日時と人はいっしょに記録します。",
            ),
            models.CheckConstraint(
                name="calendar_feed_revoked_at_with_by",
                condition=Q(revoked_at=None, revoked_by=None) | Q(revoked_at__isnull=False, revoked_by__isnull=False),
                violation_error_message="停止した日時と人はいっしょに記録します。",
            ),
        ]

    def __str__(self) -> str:
        return self.label

    def is_live(self, now: dt.datetime) -> bool:
        """Answers at all: not revoked, not past its last day, not empty for too long."""
        if self.revoked_at is not None or self.expires_on < now.astimezone(clock.TOKYO).date():
            return False
        return self.emptied_at is None or now < self.emptied_at + EMPTY_FOR

    @property
    def is_emptied(self) -> bool:
        return self.emptied_at is not None


class FeedEntry(models.Model):
    """The stored text of one session in one variant of its words, made when the session changes.

    Rows stay as long as their session: `uid` and `sequence` are how subscribers recognize the event.
    `person` and `home` repeat the session's, so that a feed is one walk along one index.
    """

    session = models.ForeignKey(Session, models.CASCADE, verbose_name="体験", related_name="feed_entries")
    person = models.ForeignKey(Person, models.PROTECT, verbose_name="本人", related_name="+")
    home = models.ForeignKey(Home, models.PROTECT, verbose_name="ホーム", null=True, blank=True, related_name="+")
    variant = models.CharField("ことば", max_length=12, choices=Variant)
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
            models.Index(fields=["person", "variant", "starts_at"], name="feed_entry_person_start"),
            models.Index(fields=["home", "variant", "starts_at"], name="feed_entry_home_start"),
            models.Index(
                name="feed_entry_person_cancelled",
                fields=["person", "cancelled_at"],
                condition=Q(cancelled_at__isnull=False),
            ),
        ]
        constraints = [
            models.UniqueConstraint(
                name="feed_entry_once_per_session_and_variant",
                fields=["session", "variant"],
                violation_error_message="この体験の予定表の本文はすでにあります。",
            ),
            models.CheckConstraint(
                name="feed_entry_ends_after_start",
                condition=Q(ends_at__gt=F("starts_at")),
                violation_error_message="終了は開始よりあとにしてください。",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.uid} {self.variant}"


class FeedRefreshQuerySet(models.QuerySet):
    def pending(self) -> "FeedRefreshQuerySet":
        return self.filter(done_at=None).order_by("pk")


class FeedRefresh(models.Model):
    """予定表の書き直し: something that so many events show has changed that they are written anew in the background.

    Of a home, a room or a person; of none of them: everything, because the software writes `format` now, or is
    reached at another `site`. Written in the transaction of the change itself; the work notes `position`, the last
    session done, so that it may stop at any time. What is ready waits as PreparedEntry until all of it is, and then
    takes effect at one moment.
    """

    home = models.ForeignKey(Home, models.CASCADE, verbose_name="ホーム", null=True, blank=True, related_name="+")
    room = models.ForeignKey(Room, models.CASCADE, verbose_name="居室", null=True, blank=True, related_name="+")
    person = models.ForeignKey(Person, models.CASCADE, verbose_name="本人", null=True, blank=True, related_name="+")
    format = models.PositiveSmallIntegerField("書式の版", null=True, blank=True)
    site = models.CharField("リンク先", max_length=300, blank=True)
    noted_at = models.DateTimeField("気づいた日時", default=clock.now)
    position = models.BigIntegerField("どこまで", default=0)
    done_at = models.DateTimeField("終わった日時", null=True, blank=True)

    objects = FeedRefreshQuerySet.as_manager()

    class Meta:
        verbose_name = "予定表の書き直し"
        verbose_name_plural = "予定表の書き直し"
        constraints = [
            models.CheckConstraint(
                name="feed_refresh_of_one_thing",
                condition=Q(home__isnull=False, room=None, person=None, format=None)
                | Q(room__isnull=False, home=None, person=None, format=None)
                | Q(person__isnull=False, home=None, room=None, format=None)
                | Q(format__isnull=False, home=None, room=None, person=None),
                violation_error_message="書き直すのは、ホーム、居室、本人、書式のどれか1つです。",
            ),
            models.UniqueConstraint(
                name="feed_refresh_once_per_format",
                fields=["format"],
                violation_error_message="この書式の書き直しはすでにあります。",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.noted_at:%Y-%m-%d %H:%M}"


class PreparedEntry(models.Model):
    """What an entry will say once all others of its refresh are ready as well. Its columns are FeedEntry's."""

    refresh = models.ForeignKey(FeedRefresh, models.CASCADE, verbose_name="書き直し", related_name="prepared")
    entry = models.OneToOneField(FeedEntry, models.CASCADE, verbose_name="予定表の1件", related_name="prepared")
    sequence = models.PositiveIntegerField("変更の回数")
    changed_at = models.DateTimeField("変更日時")
    starts_at = models.DateTimeField("開始")
    ends_at = models.DateTimeField("終了")
    cancelled_at = models.DateTimeField("中止日時", null=True, blank=True)
    body = models.TextField("iCalendarの本文")

    class Meta:
        verbose_name = "準備のできた1件"
        verbose_name_plural = "準備のできた1件"

    def __str__(self) -> str:
        return str(self.entry_id)
