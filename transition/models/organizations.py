from django.db import models
from django.db.models import F, Q

from transition import clock
from transition.enums import MembershipRole, OrganizationKind
from transition.models.base import PublicId
from transition.models.users import User
from transition.validators import validate_municipality_number, validate_office_number


class OrganizationQuerySet(models.QuerySet):
    def of(self, user: User) -> "OrganizationQuerySet":
        """Those the user belongs to now."""
        return self.filter(pk__in=Membership.objects.current().filter(user=user).values("organization"))


class Organization(PublicId):
    """An office that works here. One office number may run several homes."""

    kind = models.CharField("種類", max_length=20, choices=OrganizationKind)
    name = models.CharField("名称", max_length=120)
    search_key = models.TextField("検索用", blank=True, editable=False)
    corporation_name = models.CharField("法人名", max_length=120, blank=True)
    office_number = models.CharField("事業所番号", max_length=10, blank=True, validators=[validate_office_number])
    municipality_number = models.CharField(
        "市町村番号", max_length=6, blank=True, validators=[validate_municipality_number]
    )
    municipality = models.ForeignKey(
        "self", models.PROTECT, verbose_name="市町村", null=True, blank=True, related_name="offices"
    )
    postal_code = models.CharField("郵便番号", max_length=8, blank=True)
    address = models.CharField("住所", max_length=200, blank=True)
    phone = models.CharField("電話番号", max_length=20, blank=True)
    created_at = models.DateTimeField("登録日時", default=clock.now, editable=False)

    objects = OrganizationQuerySet.as_manager()

    class Meta:
        verbose_name = "組織"
        verbose_name_plural = "組織"
        ordering = ["pk"]
        constraints = [
            models.UniqueConstraint(
                name="organization_kind_office_number_unique",
                fields=["kind", "office_number"],
                condition=~Q(office_number=""),
                violation_error_message="この事業所番号はすでに登録されています。",
            ),
            models.CheckConstraint(
                name="organization_office_number_10_digits",
                condition=Q(office_number="") | Q(office_number__regex=r"^[0-9]{10}$"),
                violation_error_message="事業所番号は10桁の数字です。",
            ),
            models.UniqueConstraint(
                name="organization_municipality_number_unique",
                fields=["municipality_number"],
                condition=~Q(municipality_number=""),
                violation_error_message="この市町村番号はすでに登録されています。",
            ),
            models.CheckConstraint(
                name="organization_municipality_number_6_digits",
                condition=Q(municipality_number="")
                | Q(municipality_number__regex=r"^[0-9]{6}$", kind=OrganizationKind.MUNICIPALITY),
                violation_error_message="市町村番号は6桁の数字で、市町村だけが持ちます。",
            ),
        ]

    def __str__(self) -> str:
        return self.name


class MembershipQuerySet(models.QuerySet):
    def current(self) -> "MembershipQuerySet":
        return self.filter(ended_at=None)


class Membership(models.Model):
    """A user in an organization; never deleted, only ended."""

    user = models.ForeignKey(User, models.PROTECT, verbose_name="利用者", related_name="memberships")
    organization = models.ForeignKey(Organization, models.PROTECT, verbose_name="組織", related_name="memberships")
    role = models.CharField("役割", max_length=20, choices=MembershipRole, default=MembershipRole.STAFF)
    started_at = models.DateTimeField("開始日時", default=clock.now)
    ended_at = models.DateTimeField("終了日時", null=True, blank=True)

    objects = MembershipQuerySet.as_manager()

    class Meta:
        verbose_name = "所属"
        verbose_name_plural = "所属"
        constraints = [
            models.UniqueConstraint(
                name="membership_one_current_per_organization",
                fields=["user", "organization"],
                condition=Q(ended_at=None),
                violation_error_message="すでにこの組織に所属しています。",
            ),
            models.CheckConstraint(
                name="membership_ends_after_start",
                condition=Q(ended_at=None) | Q(ended_at__gte=F("started_at")),
                violation_error_message="終了は開始よりあとにしてください。",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.user} @ {self.organization}"
