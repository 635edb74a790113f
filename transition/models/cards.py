from django.db import models
from django.db.models import Q

from transition import clock
from transition.models.base import AppendOnly, PublicId
from transition.models.people import Person
from transition.models.users import User


class PersonCard(AppendOnly):
    """事前情報シート: what a home must know before the first night, in versions; the latest holds.

    `content` maps codes of `transition.domain.card.FIELDS` to text; a code without text is left out.
    """

    person = models.ForeignKey(Person, models.PROTECT, verbose_name="本人", related_name="cards")
    version = models.PositiveIntegerField("版")
    content = models.JSONField("内容", default=dict)
    by = models.ForeignKey(User, models.PROTECT, verbose_name="書いた人", related_name="+")
    at = models.DateTimeField("書いた日時", default=clock.now)

    class Meta:
        verbose_name = "事前情報シート"
        verbose_name_plural = "事前情報シート"
        ordering = ["-version"]
        constraints = [
            models.UniqueConstraint(
                name="person_card_version_once",
                fields=["person", "version"],
                violation_error_message="この版はすでにあります。",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.person_id} v{self.version}"


class ContactQuerySet(models.QuerySet):
    def current(self) -> "ContactQuerySet":
        return self.filter(retired_at=None)


class Contact(PublicId):
    """連絡先 around a person: family, doctor, guardian. `on_card`: printed on the person card for a home."""

    person = models.ForeignKey(Person, models.PROTECT, verbose_name="本人", related_name="contacts")
    name = models.CharField("名前", max_length=80)
    relation = models.CharField("本人との関係", max_length=40)
    phone = models.CharField("電話番号", max_length=20, blank=True)
    hours = models.CharField("つながる時間", max_length=80, blank=True)
    note = models.CharField("メモ", max_length=200, blank=True)
    on_card = models.BooleanField("事前情報シートに載せる", default=False)
    order = models.PositiveSmallIntegerField("並び順", default=0)
    created_at = models.DateTimeField("登録日時", default=clock.now, editable=False)
    retired_at = models.DateTimeField("使わなくなった日時", null=True, blank=True)

    objects = ContactQuerySet.as_manager()

    class Meta:
        verbose_name = "連絡先"
        verbose_name_plural = "連絡先"
        ordering = ["order", "pk"]
        constraints = [
            models.CheckConstraint(
                name="contact_has_name_and_relation",
                condition=~Q(name="") & ~Q(relation=""),
                violation_error_message="名前と本人との関係を入れてください。",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.name}（{self.relation}）"
