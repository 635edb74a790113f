import datetime as dt

from django.db import models
from django.db.models import Exists, OuterRef

from transition import clock
from transition.enums import TokenScope
from transition.models.base import PublicId
from transition.models.organizations import Membership, Organization
from transition.models.users import User

TOKEN_DAYS = 365


def default_token_end() -> dt.date:
    return clock.today() + dt.timedelta(days=TOKEN_DAYS)


class ApiTokenQuerySet(models.QuerySet):
    def live(self, today: dt.date) -> "ApiTokenQuerySet":
        """Neither revoked nor past their last day, of somebody who still works there."""
        working = Membership.objects.current().filter(user=OuterRef("user"), organization=OuterRef("organization"))
        return self.filter(Exists(working), revoked_at=None, expires_on__gte=today, user__is_active=True)

    def visible_to(self, user: User) -> "ApiTokenQuerySet":
        """One's own: not even a colleague sees them."""
        return self.filter(user=user)


class ApiToken(PublicId):
    """アクセストークン: a program acts for one user in one organization, within its scopes.

    Of the secret only its SHA-256 is stored. `scopes` is a list of TokenScope codes.
    """

    # The secret itself: only on the object that `issue` has just returned, and never again.
    token = ""

    user = models.ForeignKey(User, models.PROTECT, verbose_name="利用者", related_name="api_tokens")
    organization = models.ForeignKey(Organization, models.PROTECT, verbose_name="組織", related_name="+")
    label = models.CharField("何に使うか", max_length=60)
    scopes = models.JSONField("できること", default=list)
    token_hash = models.CharField("トークンの指紋", max_length=64, unique=True, editable=False)
    created_at = models.DateTimeField("発行日時", default=clock.now, editable=False)
    expires_on = models.DateField("最後の日", default=default_token_end)
    last_used_at = models.DateTimeField("最後に使われた日時", null=True, blank=True)
    revoked_at = models.DateTimeField("止めた日時", null=True, blank=True)

    objects = ApiTokenQuerySet.as_manager()

    class Meta:
        verbose_name = "アクセストークン"
        verbose_name_plural = "アクセストークン"
        ordering = ["-pk"]

    def __str__(self) -> str:
        return self.label

    @property
    def scope_labels(self) -> list[str]:
        return [str(TokenScope(scope).label) for scope in self.scopes]
