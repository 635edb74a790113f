import datetime as dt

from django.db import models
from django.db.models import F, Q

from transition import clock
from transition.enums import ConsentKind, ConsentMeans
from transition.models.base import PublicId
from transition.models.people import Person
from transition.models.users import User

# To whom what was agreed to goes; nobody else sees it because of it.
TO_WHOM = {
    ConsentKind.PHOTO: "本人と、支援する人",
    ConsentKind.PROGRAM: "利用する事業の相談支援事業所・ホーム・市町村",
    ConsentKind.CARD: "体験が確定したホームの人",
    ConsentKind.CALENDAR: "予定表のアドレスを渡した人",
    ConsentKind.REPORT: "予定表のアドレスを渡した人",
}


class ConsentQuerySet(models.QuerySet):
    def given(self, kind: str, on: dt.date) -> "ConsentQuerySet":
        """In force on that day: given, not withdrawn, not past its end."""
        return self.filter(Q(ends_on=None) | Q(ends_on__gte=on), kind=kind, given_on__lte=on, withdrawn_at=None)


class Consent(PublicId):
    """同意: what, until when, given how. Withdrawn means gone at once, everywhere."""

    person = models.ForeignKey(Person, models.PROTECT, verbose_name="本人", related_name="consents")
    kind = models.CharField("何に", max_length=10, choices=ConsentKind)
    means = models.CharField("どうやって", max_length=10, choices=ConsentMeans)
    given_on = models.DateField("同意した日", default=clock.today)
    ends_on = models.DateField("いつまで", null=True, blank=True)
    note = models.CharField("説明したこと・様子", max_length=300, blank=True)
    by = models.ForeignKey(User, models.PROTECT, verbose_name="書いた人", related_name="+")
    withdrawn_at = models.DateTimeField("やめた日時", null=True, blank=True)
    withdrawn_by = models.ForeignKey(
        User, models.PROTECT, verbose_name="やめたと書いた人", null=True, blank=True, related_name="+"
    )

    objects = ConsentQuerySet.as_manager()

    class Meta:
        verbose_name = "同意"
        verbose_name_plural = "同意"
        ordering = ["-given_on", "-pk"]
        constraints = [
            models.CheckConstraint(
                name="consent_ends_after_given",
                condition=Q(ends_on=None) | Q(ends_on__gte=F("given_on")),
                violation_error_message="同意の終わりは、同意した日よりあとにしてください。",
            ),
            models.CheckConstraint(
                name="consent_withdrawn_at_with_by",
                condition=Q(withdrawn_at=None, withdrawn_by=None)
                | Q(withdrawn_at__isnull=False, withdrawn_by__isnull=False),
                violation_error_message="同意をやめた日時と書いた人はいっしょに記録します。",
            ),
        ]

    @property
    def to_whom(self) -> str:
        return TO_WHOM[ConsentKind(self.kind)]

    def __str__(self) -> str:
        return f"{self.get_kind_display()} {self.given_on}"
