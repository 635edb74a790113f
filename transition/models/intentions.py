from django.db import models
from django.db.models import F, Q

from transition import clock
from transition.enums import Expression, IntentionAnswer
from transition.models.base import AppendOnly, PublicId
from transition.models.organizations import Organization
from transition.models.people import Person
from transition.models.users import User


class IntentionCheck(PublicId, AppendOnly):
    """意向確認: one asking of one resident, how it was asked and answered. Asked again, it is another row.

    `wants` is a list of IntentionWish codes.
    """

    person = models.ForeignKey(Person, models.PROTECT, verbose_name="本人", related_name="intention_checks")
    organization = models.ForeignKey(
        Organization, models.PROTECT, verbose_name="聞いた組織", related_name="intention_checks"
    )
    asked_on = models.DateField("聞いた日")
    asker = models.CharField("聞いた人", max_length=80)
    method = models.CharField("聞きかた（ことば、写真、見学など）", max_length=200)
    answer = models.CharField("答え", max_length=12, choices=IntentionAnswer)
    wants = models.JSONField("やってみたいこと", default=list, blank=True)
    expression = models.CharField("表しかた", max_length=8, choices=Expression, blank=True)
    inferred = models.BooleanField("支援者が読み取った", default=False)
    basis = models.CharField("何から", max_length=300, blank=True)
    present = models.CharField("いっしょにいた人", max_length=200, blank=True)
    next_on = models.DateField("次に聞く日")
    by = models.ForeignKey(User, models.PROTECT, verbose_name="書いた人", related_name="+")
    at = models.DateTimeField("書いた日時", default=clock.now)

    class Meta:
        verbose_name = "意向確認"
        verbose_name_plural = "意向確認"
        ordering = ["-asked_on", "-pk"]
        indexes = [models.Index(fields=["person", "-asked_on"], name="intention_person_asked")]
        constraints = [
            models.CheckConstraint(
                name="intention_check_next_after_asked",
                condition=Q(next_on__gt=F("asked_on")),
                violation_error_message="次に聞く日は、聞いた日よりあとにしてください。",
            ),
            models.CheckConstraint(
                name="intention_check_inferred_with_basis",
                condition=Q(inferred=False) | ~Q(basis=""),
                violation_error_message="読み取ったときは、何から読み取ったかを書いてください。",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.asked_on} {self.get_answer_display()}"
