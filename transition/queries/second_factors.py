"""Whether a user has a second factor, and whether one is needed."""

from collections.abc import Iterable

from allauth.mfa.models import Authenticator
from django.conf import settings
from django.db.models import QuerySet

from transition.models import Membership, User

Type = Authenticator.Type


def of(user: User) -> QuerySet[Authenticator]:
    """What can stand beside a password; recovery codes only stand in for it."""
    return Authenticator.objects.filter(user_id=user.pk, type__in=(Type.TOTP, Type.WEBAUTHN)).order_by("pk")


def is_last(authenticator: Authenticator) -> bool:
    return not of(authenticator.user).exclude(pk=authenticator.pk).exists()


def is_required(user: User, memberships: Iterable[Membership] | None = None) -> bool:
    """Of administrators, and of whoever works for one of settings.SECOND_FACTOR_KINDS. Of nobody in the demo."""
    if settings.DEMO:
        return False
    if user.is_superuser:
        return True
    if memberships is None:
        memberships = Membership.objects.current().filter(user=user).select_related("organization")
    return any(membership.organization.kind in settings.SECOND_FACTOR_KINDS for membership in memberships)
