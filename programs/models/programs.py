import datetime as dt

from django.db import models
from django.db.models import F, Q

from programs.domain.limit_help import LimitHelp, explain
from programs.enums import Certainty, Counting, Enforcement, ProgramKind, Unit, Window
from transition.enums import GrantService
from transition.models import Organization
from transition.models.base import PublicId


class ProgramQuerySet(models.QuerySet):
    def for_municipality(self, municipality_id: int | None) -> "ProgramQuerySet":
        """The municipality's own copies, and the general programs it has not copied."""
        own = Program.objects.filter(municipality=municipality_id)
        return self.filter(Q(municipality=municipality_id) | Q(municipality=None) & ~Q(code__in=own.values("code")))


class Program(PublicId):
    """体験事業. A row without municipality is the general one; a municipality may keep its own copy.

    `residences` lists where a person must live to take part (empty: anywhere); `months` is the length of an
    enrollment, empty when the program needs none; `needs_grant` names the service on the certificate.
    """

    code = models.SlugField("コード", max_length=40)
    name = models.CharField("名称", max_length=80)
    kind = models.CharField("種類", max_length=20, choices=ProgramKind)
    municipality = models.ForeignKey(
        Organization, models.PROTECT, verbose_name="市町村", null=True, blank=True, related_name="programs"
    )
    months = models.PositiveSmallIntegerField("期間（月）", null=True, blank=True)
    needs_grant = models.CharField("必要な支給決定", max_length=20, choices=GrantService, blank=True)
    residences = models.JSONField("対象の住まい", default=list, blank=True)
    note = models.TextField("説明", blank=True)
    source = models.CharField("根拠", max_length=300, blank=True)
    certainty = models.CharField("確かさ", max_length=10, choices=Certainty, default=Certainty.ASSUMED)
    order = models.PositiveSmallIntegerField("並び順", default=0)

    objects = ProgramQuerySet.as_manager()

    class Meta:
        verbose_name = "体験事業"
        verbose_name_plural = "体験事業"
        ordering = ["order", "pk"]
        constraints = [
            models.UniqueConstraint(
                name="program_code_unique_general",
                fields=["code"],
                condition=Q(municipality=None),
                violation_error_message="このコードの事業はすでにあります。",
            ),
            models.UniqueConstraint(
                name="program_code_unique_per_municipality",
                fields=["municipality", "code"],
                condition=Q(municipality__isnull=False),
                violation_error_message="この市町村にはこのコードの事業がすでにあります。",
            ),
        ]

    def __str__(self) -> str:
        return self.name


class LimitQuerySet(models.QuerySet):
    def on(self, date: dt.date) -> "LimitQuerySet":
        return self.filter(Q(valid_from=None) | Q(valid_from__lte=date), Q(valid_to=None) | Q(valid_to__gte=date))


class Limit(models.Model):
    """上限: one dated cap with its legal source. Minutes for MINUTES, else whole days, nights, times.

    `tiers` is a list of [last day, label] for windows counted from the first day of use.
    """

    program = models.ForeignKey(Program, models.CASCADE, verbose_name="体験事業", related_name="limits")
    code = models.SlugField("コード", max_length=40)
    name = models.CharField("名称", max_length=80)
    unit = models.CharField("単位", max_length=10, choices=Unit)
    amount = models.PositiveIntegerField("上限")
    window = models.CharField("数える期間", max_length=20, choices=Window)
    counting = models.CharField("数え方", max_length=20, choices=Counting)
    enforcement = models.CharField("こえたとき", max_length=10, choices=Enforcement)
    certainty = models.CharField("確かさ", max_length=10, choices=Certainty)
    tiers = models.JSONField("段階", default=list, blank=True)
    valid_from = models.DateField("適用開始日", null=True, blank=True)
    valid_to = models.DateField("適用終了日", null=True, blank=True)
    source = models.CharField("根拠", max_length=300)
    note = models.CharField("補足", max_length=300, blank=True)

    objects = LimitQuerySet.as_manager()

    class Meta:
        verbose_name = "上限"
        verbose_name_plural = "上限"
        ordering = ["pk"]
        constraints = [
            models.UniqueConstraint(
                name="limit_code_unique_per_start",
                fields=["program", "code", "valid_from"],
                violation_error_message="同じ適用開始日の上限がすでにあります。",
            ),
            models.UniqueConstraint(
                name="limit_code_unique_without_start",
                fields=["program", "code"],
                condition=Q(valid_from=None),
                violation_error_message="適用開始日のない上限がすでにあります。",
            ),
            models.CheckConstraint(
                name="limit_amount_positive",
                condition=Q(amount__gt=0),
                violation_error_message="上限は1以上にしてください。",
            ),
            models.CheckConstraint(
                name="limit_ends_after_start",
                condition=Q(valid_from=None) | Q(valid_to=None) | Q(valid_to__gte=F("valid_from")),
                violation_error_message="適用終了日は適用開始日よりあとにしてください。",
            ),
            models.CheckConstraint(
                name="limit_assumed_never_refuses",
                condition=~Q(certainty=Certainty.ASSUMED, enforcement=Enforcement.REFUSE),
                violation_error_message="未確認の上限で止めることはできません。",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.name} {self.amount} {self.unit}"

    @property
    def help(self) -> LimitHelp:
        return explain(self)
