from django.db import models
from django.db.models import Q

from transition import clock
from transition.enums import Expression, WishChoice
from transition.models.base import AppendOnly, PublicId
from transition.models.organizations import Organization
from transition.models.people import Person
from transition.models.users import User


class WishItem(PublicId):
    """One page of the wish book: a word and a drawing. `organization` empty: everybody's book.

    `drawing` names a file in static/transition/wishes/; a photo of the real thing takes its place.
    """

    code = models.SlugField("コード", max_length=40)
    name = models.CharField("ことば", max_length=20)
    drawing = models.CharField("絵", max_length=40, default="other.svg")
    photo = models.FileField("写真", upload_to="wishes/", blank=True)
    organization = models.ForeignKey(
        Organization, models.PROTECT, verbose_name="組織", null=True, blank=True, related_name="wish_items"
    )
    order = models.PositiveSmallIntegerField("並び順", default=0)
    retired_at = models.DateTimeField("使わなくなった日時", null=True, blank=True)

    class Meta:
        verbose_name = "やってみたいこと"
        verbose_name_plural = "やってみたいこと"
        ordering = ["order", "pk"]
        constraints = [
            models.UniqueConstraint(
                name="wish_item_code_unique_general",
                fields=["code"],
                condition=Q(organization=None),
                violation_error_message="このコードはすでにあります。",
            ),
            models.UniqueConstraint(
                name="wish_item_code_unique_per_organization",
                fields=["organization", "code"],
                condition=Q(organization__isnull=False),
                violation_error_message="このコードはすでにあります。",
            ),
        ]

    def __str__(self) -> str:
        return self.name


class Wish(AppendOnly):
    """やってみたいこと: one answer to one page, kept for ever; the latest is what holds now.

    `expression` says how it was shown, `inferred` that a supporter concluded it, then `basis` says from what.
    """

    person = models.ForeignKey(Person, models.PROTECT, verbose_name="本人", related_name="wishes")
    item = models.ForeignKey(WishItem, models.PROTECT, verbose_name="やってみたいこと", related_name="wishes")
    choice = models.CharField("答え", max_length=8, choices=WishChoice)
    expression = models.CharField("表しかた", max_length=8, choices=Expression)
    inferred = models.BooleanField("支援者が読み取った", default=False)
    basis = models.CharField("何から", max_length=200, blank=True)
    present = models.CharField("いっしょにいた人", max_length=200, blank=True)
    by = models.ForeignKey(User, models.PROTECT, verbose_name="書いた人", null=True, related_name="+")
    at = models.DateTimeField("日時", default=clock.now)

    class Meta:
        verbose_name = "希望"
        verbose_name_plural = "希望"
        ordering = ["-at", "-pk"]
        indexes = [models.Index(fields=["person", "item", "-at"], name="wish_person_item")]
        constraints = [
            models.CheckConstraint(
                name="wish_inferred_with_basis",
                condition=Q(inferred=False) | ~Q(basis=""),
                violation_error_message="読み取ったときは、何から読み取ったかを書いてください。",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.item} {self.get_choice_display()}"
