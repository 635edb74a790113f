import datetime as dt

from django.db import models
from django.db.models import Q
from django.db.models.functions import Lower

from transition import clock
from transition.enums import MembershipRole
from transition.models.base import PublicId
from transition.models.organizations import Membership, Organization
from transition.models.users import User

INVITATION_DAYS = 7


def default_invitation_end() -> dt.datetime:
    return clock.now() + dt.timedelta(days=INVITATION_DAYS)


class InvitationQuerySet(models.QuerySet):
    def open(self, now: dt.datetime) -> "InvitationQuerySet":
        """Neither taken, nor taken back, nor too late."""
        return self.filter(accepted_at=None, revoked_at=None, expires_at__gt=now)

    def visible_to(self, user: User) -> "InvitationQuerySet":
        """Of the organizations the user works for now."""
        mine = Membership.objects.current().filter(user=user)
        return self.filter(organization__in=mine.values("organization"))


class Invitation(PublicId):
    """招待: the only way to a sign-in. A secret address, sent by mail, of which only the SHA-256 is stored."""

    # The secret itself: only on the object that `invite` has just returned.
    token = ""

    email = models.EmailField("メールアドレス")
    name = models.CharField("名前", max_length=80)
    organization = models.ForeignKey(Organization, models.PROTECT, verbose_name="組織", related_name="invitations")
    role = models.CharField("役割", max_length=20, choices=MembershipRole, default=MembershipRole.STAFF)
    token_hash = models.CharField("招待の指紋", max_length=64, unique=True, editable=False)
    created_at = models.DateTimeField("招待した日時", default=clock.now, editable=False)
    created_by = models.ForeignKey(User, models.PROTECT, verbose_name="招待した人", null=True, related_name="+")
    expires_at = models.DateTimeField("いつまで", default=default_invitation_end)
    accepted_at = models.DateTimeField("受けた日時", null=True, blank=True)
    accepted_by = models.ForeignKey(User, models.PROTECT, verbose_name="受けた人", null=True, related_name="+")
    revoked_at = models.DateTimeField("取り消した日時", null=True, blank=True)

    objects = InvitationQuerySet.as_manager()

    class Meta:
        verbose_name = "招待"
        verbose_name_plural = "招待"
        ordering = ["-pk"]
        constraints = [
            models.CheckConstraint(
                name="invitation_email_lower_case",
                condition=Q(email=Lower("email")),
                violation_error_message="メールアドレスは小文字で保存します。",
            ),
            models.CheckConstraint(
                name="invitation_accepted_at_with_by",
                condition=Q(accepted_at=None, accepted_by=None)
                | Q(accepted_at__isnull=False, accepted_by__isnull=False),
                violation_error_message="招待を受けた日時と人はいっしょに記録します。",
            ),
        ]

    def __str__(self) -> str:
        return self.email
