from django.db import models
from django.db.models import Q

from transition import clock
from transition.enums import DisclosureAnswer, DisclosureKind
from transition.models.base import PublicId
from transition.models.people import Person
from transition.models.users import User


class DisclosureQuerySet(models.QuerySet):
    def visible_to(self, user: User) -> "DisclosureQuerySet":
        return self.filter(person__in=Person.objects.visible_to(user))


class Disclosure(PublicId):
    """開示等の請求: the person, or who stands for the person, asks what is kept, for a correction, or for an end; and
    what was answered."""

    person = models.ForeignKey(Person, models.PROTECT, verbose_name="本人", related_name="disclosures")
    kind = models.CharField("何を", max_length=10, choices=DisclosureKind)
    asked_on = models.DateField("請求された日", default=clock.today)
    asked_by = models.CharField("請求した人（本人・代理人）", max_length=80)
    content = models.TextField("請求の内容", blank=True)
    answer = models.CharField("答え", max_length=10, choices=DisclosureAnswer, default=DisclosureAnswer.WAITING)
    answered_on = models.DateField("答えた日", null=True, blank=True)
    reason = models.TextField("理由・したこと", blank=True)
    by = models.ForeignKey(User, models.PROTECT, verbose_name="書いた人", related_name="+")
    answered_by = models.ForeignKey(
        User, models.PROTECT, verbose_name="答えた人", null=True, blank=True, related_name="+"
    )
    created_at = models.DateTimeField("登録日時", default=clock.now, editable=False)

    objects = DisclosureQuerySet.as_manager()

    class Meta:
        verbose_name = "開示等の請求"
        verbose_name_plural = "開示等の請求"
        ordering = ["-asked_on", "-pk"]
        constraints = [
            models.CheckConstraint(
                name="disclosure_answered_on_with_answer",
                condition=Q(answer=DisclosureAnswer.WAITING, answered_on=None)
                | ~Q(answer=DisclosureAnswer.WAITING) & Q(answered_on__isnull=False),
                violation_error_message="答えと答えた日は、いっしょに記録します。",
            ),
            models.CheckConstraint(
                name="disclosure_answered_on_with_by",
                condition=Q(answered_on=None, answered_by=None)
                | Q(answered_on__isnull=False, answered_by__isnull=False),
                violation_error_message="答えた日と答えた人は、いっしょに記録します。",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.get_kind_display()} {self.asked_on}"
