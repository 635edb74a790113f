import datetime as dt
from collections.abc import Collection
from typing import Any, Self

from django.db import models
from django.db.models import F, Q, Value

from transition import clock, seen
from transition.enums import (
    COORDINATING_KINDS,
    SUPPORTING_KINDS,
    DisabilityKind,
    GrantService,
    Residence,
    Sex,
    SupportLevel,
)
from transition.models.base import PublicId
from transition.models.organizations import Membership, Organization
from transition.models.users import User
from transition.validators import validate_certificate_number


class PersonQuerySet(models.QuerySet):
    def visible_to(self, user: User) -> "PersonQuerySet":
        """People of the user's municipality or core center, and people with a current support link.

        `seen_by` on what is found names the user, so that nobody has to ask a second time.
        """
        mine = Membership.objects.current().filter(user=user)
        coordinating = mine.filter(organization__kind__in=COORDINATING_KINDS)
        today = clock.today()
        linked = (
            SupportLink.objects.on(today)
            .filter(organization__kind__in=SUPPORTING_KINDS, organization__in=mine.values("organization"))
            .values("person")
        )
        return self.filter(
            Q(municipality__in=coordinating.values("organization"))
            | Q(municipality__in=coordinating.values("organization__municipality"))
            | Q(pk__in=linked)
        ).annotate(seen_by=Value(user.pk))

    def supported_by(self, organization: Organization) -> "PersonQuerySet":
        """People this organization supports today, or coordinates; nobody of whom only numbers remain."""
        if organization.kind in COORDINATING_KINDS:
            cities = [organization.pk, organization.municipality_id or 0]
            return self.filter(municipality__in=cities, anonymized_at=None)
        if organization.kind not in SUPPORTING_KINDS:
            return self.none()
        links = SupportLink.objects.on(clock.today()).filter(organization=organization)
        return self.filter(pk__in=links.values("person"))


class Person(PublicId):
    """本人. Disability kinds are a list of DisabilityKind codes."""

    family_name = models.CharField("姓", max_length=40)
    given_name = models.CharField("名", max_length=40)
    family_kana = models.CharField("せい", max_length=80)
    given_kana = models.CharField("めい", max_length=80)
    called = models.CharField("呼び名", max_length=40, blank=True)
    search_key = models.TextField("検索用", blank=True, editable=False)
    birth_date = models.DateField("生年月日", null=True, blank=True)
    sex = models.CharField("性別", max_length=12, choices=Sex, default=Sex.UNANSWERED)
    support_level = models.PositiveSmallIntegerField("障害支援区分", choices=SupportLevel, null=True, blank=True)
    disability_kinds = models.JSONField("障害種別", default=list, blank=True)
    medical_care = models.BooleanField("医療的ケアが必要", default=False)
    wheelchair = models.BooleanField("車いすを使う", default=False)
    residence = models.CharField("いまの住まい", max_length=12, choices=Residence)
    municipality = models.ForeignKey(
        Organization, models.PROTECT, verbose_name="援護の実施市町村", related_name="people"
    )
    certificate_number = models.CharField(
        "受給者証番号", max_length=10, blank=True, validators=[validate_certificate_number]
    )
    user = models.OneToOneField(
        User, models.PROTECT, verbose_name="本人のサインイン", null=True, blank=True, related_name="person"
    )
    created_at = models.DateTimeField("登録日時", default=clock.now, editable=False)
    # From then on only numbers remain of the person.
    anonymized_at = models.DateTimeField("匿名にした日時", null=True, blank=True, editable=False)

    objects = PersonQuerySet.as_manager()

    class Meta:
        verbose_name = "本人"
        verbose_name_plural = "本人"
        ordering = ["family_kana", "given_kana", "pk"]
        constraints = [
            models.CheckConstraint(
                name="person_certificate_number_10_digits",
                condition=Q(certificate_number="") | Q(certificate_number__regex=r"^[0-9]{10}$"),
                violation_error_message="受給者証番号は10桁の数字です。",
            ),
            models.UniqueConstraint(
                name="person_certificate_number_unique",
                fields=["municipality", "certificate_number"],
                condition=~Q(certificate_number=""),
                violation_error_message="この受給者証番号の方はすでに登録されています。",
            ),
            models.CheckConstraint(
                name="person_support_level_known",
                condition=Q(support_level=None) | Q(support_level__range=(0, 6)),
                violation_error_message="障害支援区分は非該当か1から6です。",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.family_name} {self.given_name}"

    @property
    def name(self) -> str:
        return f"{self.family_name} {self.given_name}"

    @property
    def code(self) -> str:
        """Four signs that tell people apart in a calendar without naming anybody."""
        return self.public_id.hex[:4].upper()

    @classmethod
    def from_db(cls, db: str | None, field_names: Collection[str], values: Collection[Any], **rest: Any) -> Self:
        person = super().from_db(db, field_names, values, **rest)
        seen.saw(person.pk)
        return person

    @property
    def kana(self) -> str:
        return f"{self.family_kana} {self.given_kana}"

    def age_on(self, date: dt.date) -> int | None:
        """Full years on that date; None when the birth date is not known."""
        if self.birth_date is None:
            return None
        had_birthday = (date.month, date.day) >= (self.birth_date.month, self.birth_date.day)
        return date.year - self.birth_date.year - (not had_birthday)

    @property
    def disability_labels(self) -> list[str]:
        return [DisabilityKind(kind).label for kind in self.disability_kinds]


class SupportLinkQuerySet(models.QuerySet):
    def on(self, date: dt.date) -> "SupportLinkQuerySet":
        return self.filter(Q(ends_on=None) | Q(ends_on__gte=date), starts_on__lte=date)


class SupportLink(models.Model):
    """支援関係: an organization works with a person, from–to; the lead is the worker in charge."""

    person = models.ForeignKey(Person, models.PROTECT, verbose_name="本人", related_name="support_links")
    organization = models.ForeignKey(Organization, models.PROTECT, verbose_name="組織", related_name="support_links")
    lead = models.ForeignKey(User, models.PROTECT, verbose_name="担当", null=True, blank=True, related_name="led_links")
    starts_on = models.DateField("開始日", default=clock.today)
    ends_on = models.DateField("終了日", null=True, blank=True)

    objects = SupportLinkQuerySet.as_manager()

    class Meta:
        verbose_name = "支援関係"
        verbose_name_plural = "支援関係"
        constraints = [
            models.UniqueConstraint(
                name="support_link_one_open_per_organization",
                fields=["person", "organization"],
                condition=Q(ends_on=None),
                violation_error_message="この組織との支援関係はすでにあります。",
            ),
            models.CheckConstraint(
                name="support_link_ends_after_start",
                condition=Q(ends_on=None) | Q(ends_on__gte=F("starts_on")),
                violation_error_message="終了日は開始日よりあとにしてください。",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.organization} – {self.person_id}"


class Grant(PublicId):
    """支給決定: what a certificate allows. `days` empty: the certificate names no amount."""

    person = models.ForeignKey(Person, models.PROTECT, verbose_name="本人", related_name="grants")
    service = models.CharField("サービス", max_length=20, choices=GrantService)
    starts_on = models.DateField("支給開始日")
    ends_on = models.DateField("支給終了日")
    days = models.PositiveSmallIntegerField("支給日数", null=True, blank=True)
    created_at = models.DateTimeField("登録日時", default=clock.now, editable=False)

    class Meta:
        verbose_name = "支給決定"
        verbose_name_plural = "支給決定"
        ordering = ["starts_on", "pk"]
        constraints = [
            models.CheckConstraint(
                name="grant_ends_after_start",
                condition=Q(ends_on__gte=F("starts_on")),
                violation_error_message="支給終了日は支給開始日よりあとにしてください。",
            ),
            models.UniqueConstraint(
                name="grant_person_service_start_unique",
                fields=["person", "service", "starts_on"],
                violation_error_message="同じ開始日の支給決定がすでにあります。",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.get_service_display()} {self.starts_on}–{self.ends_on}"
