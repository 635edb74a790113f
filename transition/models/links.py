import datetime as dt

from django.db import models
from django.db.models import Q

from transition import clock
from transition.models.base import PublicId
from transition.models.people import Person
from transition.models.users import User

LINK_DAYS = 400


def default_link_end() -> dt.date:
    return clock.today() + dt.timedelta(days=LINK_DAYS)


class PersonLinkQuerySet(models.QuerySet):
    def live(self, today: dt.date) -> "PersonLinkQuerySet":
        """Neither revoked nor past their last day."""
        return self.filter(revoked_at=None, expires_on__gte=today)

    def visible_to(self, user: User) -> "PersonLinkQuerySet":
        return self.filter(person__in=Person.objects.visible_to(user))


class PersonLink(PublicId):
    """本人用リンク: the secret address, printed as a QR code, that opens the easy view without a sign-in.

    Of the secret only its SHA-256 is stored.
    """

    # The secret itself: only on the object that `issue` has just returned, and never again.
    token = ""

    person = models.ForeignKey(Person, models.PROTECT, verbose_name="本人", related_name="links")
    label = models.CharField("どこで使うか", max_length=40)
    token_hash = models.CharField("リンクの指紋", max_length=64, unique=True, editable=False)
    created_at = models.DateTimeField("発行日時", default=clock.now, editable=False)
    created_by = models.ForeignKey(User, models.PROTECT, verbose_name="発行した人", related_name="+")
    expires_on = models.DateField("最後の日", default=default_link_end)
    revoked_at = models.DateTimeField("停止日時", null=True, blank=True)
    revoked_by = models.ForeignKey(
        User, models.PROTECT, verbose_name="停止した人", null=True, blank=True, related_name="+"
    )
    last_used_at = models.DateTimeField("最後に開かれた日時", null=True, blank=True)

    objects = PersonLinkQuerySet.as_manager()

    class Meta:
        verbose_name = "本人用リンク"
        verbose_name_plural = "本人用リンク"
        ordering = ["-created_at", "-pk"]
        constraints = [
            models.CheckConstraint(
                name="person_link_token_hash_sha256",
                condition=Q(("token_hash__regex", r"^[0-9a-f]{64}$")),
                violation_error_message="リンクはそのままでは保存できません。",
            ),
            models.CheckConstraint(
                name="person_link_has_label",
                condition=~Q(label=""),
                violation_error_message="どこで使うかを入れてください。",
            ),
        ]

    def __str__(self) -> str:
        return self.label

    def is_live(self, today: dt.date) -> bool:
        return self.revoked_at is None and self.expires_on >= today
