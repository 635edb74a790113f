from django.db import models

from programs.enums import HomePhotoKind
from programs.models.homes import Home, Room
from transition import clock
from transition.models import User
from transition.models.base import PublicId


class HomeGuide(models.Model):
    """案内: what a home says of itself to those who may come. `bring` and `provided` hold one thing a line.

    `easy_name` is the name as the person reads it, with readings in the markup of `transition.domain.ruby`.
    """

    home = models.OneToOneField(Home, models.CASCADE, verbose_name="ホーム", related_name="guide")
    easy_name = models.CharField("やさしい名前", max_length=60, blank=True)
    introduction = models.TextField("どんなホームか", blank=True)
    day = models.TextField("1日の流れ", blank=True)
    bring = models.TextField("持ってくるもの", blank=True)
    provided = models.TextField("ホームにあるもの", blank=True)
    rules = models.TextField("きまり", blank=True)
    access = models.TextField("行きかた・送迎", blank=True)
    night_contact = models.CharField("夜の連絡先", max_length=120, blank=True)
    changed_at = models.DateTimeField("変更日時", default=clock.now)
    changed_by = models.ForeignKey(User, models.PROTECT, verbose_name="変更した人", related_name="+")

    class Meta:
        verbose_name = "ホームの案内"
        verbose_name_plural = "ホームの案内"

    def __str__(self) -> str:
        return f"{self.home}"


class Picture(PublicId):
    """A photo of a place or of somebody who works there, re-encoded in two sizes; shows no guest or resident."""

    large = models.CharField("大きい写真", max_length=80)
    small = models.CharField("小さい写真", max_length=80)
    width = models.PositiveIntegerField("幅")
    height = models.PositiveIntegerField("高さ")
    by = models.ForeignKey(User, models.PROTECT, verbose_name="入れた人", related_name="+")
    at = models.DateTimeField("日時", default=clock.now)

    class Meta:
        abstract = True


class HomePhoto(Picture):
    """ホームの写真: the house, a room, a meal, the staff. `room` only with the kind ROOM."""

    home = models.ForeignKey(Home, models.CASCADE, verbose_name="ホーム", related_name="photos")
    kind = models.CharField("何の写真か", max_length=8, choices=HomePhotoKind)
    room = models.ForeignKey(Room, models.CASCADE, verbose_name="居室", null=True, blank=True, related_name="photos")
    caption = models.CharField("説明", max_length=60)
    order = models.PositiveSmallIntegerField("並び順", default=0)

    class Meta:
        verbose_name = "ホームの写真"
        verbose_name_plural = "ホームの写真"
        ordering = ["order", "pk"]
        constraints = [
            models.CheckConstraint(
                name="home_photo_room_only_of_rooms",
                condition=models.Q(room=None) | models.Q(kind=HomePhotoKind.ROOM),
                violation_error_message="居室を選べるのは、居室の写真だけです。",
            ),
        ]

    def __str__(self) -> str:
        return self.caption


class Portrait(Picture):
    """顔写真 of somebody who goes along, put in by themselves, so that the person knows who comes."""

    user = models.OneToOneField(User, models.CASCADE, verbose_name="利用者アカウント", related_name="portrait")

    class Meta:
        verbose_name = "顔写真"
        verbose_name_plural = "顔写真"

    def __str__(self) -> str:
        return f"{self.user}"
