import datetime as dt

from django.db import models
from django.db.models import F, Q

from programs.enums import HomeType, RoomUse, SexPolicy
from transition import clock
from transition.models import Membership, Organization, User
from transition.models.base import PublicId


class HomeQuerySet(models.QuerySet):
    def run_by(self, user: User) -> "HomeQuerySet":
        """Homes of the organizations the user works for now."""
        mine = Membership.objects.current().filter(user=user)
        return self.filter(organization__in=mine.values("organization"))


class Home(PublicId):
    """共同生活住居. One office runs several; the branch (枝番) tells them apart."""

    organization = models.ForeignKey(Organization, models.PROTECT, verbose_name="事業所", related_name="homes")
    name = models.CharField("名称", max_length=120)
    branch = models.CharField("枝番", max_length=10, blank=True)
    search_key = models.TextField("検索用", blank=True, editable=False)
    home_type = models.CharField("類型", max_length=20, choices=HomeType, blank=True)
    area = models.CharField("市区町村", max_length=40, blank=True)
    postal_code = models.CharField("郵便番号", max_length=8, blank=True)
    address = models.CharField("住所", max_length=200, blank=True)
    phone = models.CharField("電話番号", max_length=20, blank=True)
    capacity = models.PositiveSmallIntegerField("定員", null=True, blank=True)
    designated_on = models.DateField("指定年月日", null=True, blank=True)
    created_at = models.DateTimeField("登録日時", default=clock.now, editable=False)

    objects = HomeQuerySet.as_manager()

    class Meta:
        verbose_name = "ホーム"
        verbose_name_plural = "ホーム"
        ordering = ["pk"]
        indexes = [models.Index(fields=["area"], name="home_area")]
        constraints = [
            models.UniqueConstraint(
                name="home_branch_unique_per_office",
                fields=["organization", "branch"],
                condition=~Q(branch=""),
                violation_error_message="この枝番のホームはすでに登録されています。",
            ),
            models.UniqueConstraint(
                name="home_name_unique_per_office_without_branch",
                fields=["organization", "name"],
                condition=Q(branch=""),
                violation_error_message="この名称のホームはすでに登録されています。",
            ),
        ]

    def __str__(self) -> str:
        return self.name


class RoomQuerySet(models.QuerySet):
    def run_by(self, user: User) -> "RoomQuerySet":
        return self.filter(home__in=Home.objects.run_by(user))


class Room(PublicId):
    """居室: one bed. A room whose rent a resident pays may not be offered, even while the resident is away."""

    home = models.ForeignKey(Home, models.PROTECT, verbose_name="ホーム", related_name="rooms")
    name = models.CharField("名称", max_length=40)
    use = models.CharField("使い方", max_length=10, choices=RoomUse, default=RoomUse.TRIAL)

    objects = RoomQuerySet.as_manager()

    class Meta:
        verbose_name = "居室"
        verbose_name_plural = "居室"
        ordering = ["home", "name", "pk"]
        constraints = [
            models.UniqueConstraint(
                name="room_name_unique_per_home",
                fields=["home", "name"],
                violation_error_message="この名称の居室はすでにあります。",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.home.name} {self.name}"


class SlotQuerySet(models.QuerySet):
    def run_by(self, user: User) -> "SlotQuerySet":
        return self.filter(room__in=Room.objects.run_by(user))

    def open(self) -> "SlotQuerySet":
        return self.filter(withdrawn_at=None)

    def unconfirmed(self, now: dt.datetime) -> "SlotQuerySet":
        """Open and not over, and nobody has said for a long time that the room is still free."""
        since = now - dt.timedelta(days=Slot.FRESH_DAYS)
        return self.open().filter(ends_on__gt=clock.local_date(now), confirmed_at__lt=since)

    def overlapping(self, starts_on: dt.date, ends_on: dt.date) -> "SlotQuerySet":
        """Sharing at least one night with [starts_on, ends_on)."""
        return self.filter(starts_on__lt=ends_on, ends_on__gt=starts_on)


class Slot(PublicId):
    """体験枠: a room offered for the nights from `starts_on` up to the morning of `ends_on`.

    Prices are yen per day. An empty level or kinds list means no condition; `medical_care` and `wheelchair`
    say whether the home can take someone who needs them. `series` joins slots published by one pattern.
    """

    FRESH_DAYS = 30

    room = models.ForeignKey(Room, models.PROTECT, verbose_name="居室", related_name="slots")
    starts_on = models.DateField("最初の夜")
    ends_on = models.DateField("最後の朝")
    min_nights = models.PositiveSmallIntegerField("最短の泊数", default=1)
    max_nights = models.PositiveSmallIntegerField("最長の泊数", default=7)
    check_in_time = models.TimeField("チェックイン", default=dt.time(15, 0))
    check_out_time = models.TimeField("チェックアウト", default=dt.time(10, 0))
    price_rent = models.PositiveIntegerField("家賃（1日）", default=0)
    price_food = models.PositiveIntegerField("食費（1日）", default=0)
    price_utilities = models.PositiveIntegerField("光熱水費（1日）", default=0)
    price_supplies = models.PositiveIntegerField("日用品費（1日）", default=0)
    sex = models.CharField("性別の条件", max_length=10, choices=SexPolicy, default=SexPolicy.ANY)
    level_min = models.PositiveSmallIntegerField("区分の下限", null=True, blank=True)
    level_max = models.PositiveSmallIntegerField("区分の上限", null=True, blank=True)
    disability_kinds = models.JSONField("対象の障害種別", default=list, blank=True)
    medical_care = models.BooleanField("医療的ケアに対応できる", default=False)
    wheelchair = models.BooleanField("車いすで使える", default=False)
    note = models.TextField("ひとこと", blank=True)
    series = models.UUIDField("まとめて公開", null=True, blank=True)
    published_at = models.DateTimeField("公開日時", default=clock.now)
    published_by = models.ForeignKey(User, models.PROTECT, verbose_name="公開した人", related_name="published_slots")
    confirmed_at = models.DateTimeField("空きを確かめた日時", default=clock.now)
    withdrawn_at = models.DateTimeField("取り下げ日時", null=True, blank=True)
    withdrawn_by = models.ForeignKey(
        User, models.PROTECT, verbose_name="取り下げた人", null=True, blank=True, related_name="+"
    )

    objects = SlotQuerySet.as_manager()

    class Meta:
        verbose_name = "体験枠"
        verbose_name_plural = "体験枠"
        ordering = ["starts_on", "pk"]
        indexes = [models.Index(fields=["ends_on", "starts_on"], name="slot_dates")]
        constraints = [
            models.CheckConstraint(
                name="slot_ends_after_start",
                condition=Q(ends_on__gt=F("starts_on")),
                violation_error_message="最後の朝は最初の夜よりあとにしてください。",
            ),
            models.CheckConstraint(
                name="slot_nights_in_order",
                condition=Q(min_nights__gte=1) & Q(max_nights__gte=F("min_nights")),
                violation_error_message="最長の泊数は最短の泊数以上にしてください。",
            ),
            models.CheckConstraint(
                name="slot_levels_in_order",
                condition=Q(level_min=None) | Q(level_max=None) | Q(level_max__gte=F("level_min")),
                violation_error_message="区分の上限は下限以上にしてください。",
            ),
            models.CheckConstraint(
                name="slot_withdrawn_at_with_by",
                condition=Q(withdrawn_at=None, withdrawn_by=None)
                | Q(withdrawn_at__isnull=False, withdrawn_by__isnull=False),
                violation_error_message="取り下げた日時と人はいっしょに記録します。",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.room} {self.starts_on}–{self.ends_on}"

    @property
    def price_per_day(self) -> int:
        """Yen per day, all items."""
        return self.price_rent + self.price_food + self.price_utilities + self.price_supplies

    def is_unconfirmed(self, now: dt.datetime) -> bool:
        """Nobody has said for FRESH_DAYS days that the room is still free."""
        return now - self.confirmed_at > dt.timedelta(days=self.FRESH_DAYS)
