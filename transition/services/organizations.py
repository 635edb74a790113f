"""Registering organizations and who works in them."""

from typing import Any

from django.contrib.auth.password_validation import validate_password

from transition import clock
from transition.domain.text import search_key
from transition.enums import MembershipRole
from transition.models import Membership, Organization, User
from transition.services import api_tokens, audit, sign_ins
from transition.services.transactions import RequestKey, lock, writing
from transition.signals import membership_ended


@writing
def register(*, by: User | None, key: RequestKey | None = None, **details: Any) -> Organization:
    """Add an organization. Raises ValidationError for what a constraint forbids."""
    organization = Organization(**details)
    organization.search_key = search_key(organization.name)
    organization.full_clean()
    organization.save()
    audit.record("organization.register", organization, by=by, kind=str(organization.kind))
    return organization


@writing
def add_member(
    *,
    organization: Organization,
    email: str,
    name: str,
    role: str = MembershipRole.STAFF,
    password: str | None = None,
    is_demo: bool = False,
    by: User | None,
) -> Membership:
    """Let someone work in an organization; makes the sign-in when the address is new.

    Without a password the sign-in cannot be used until one is set. An address that has a sign-in keeps its
    name and password. Raises ValidationError for a weak password or a constraint.
    """
    lock(Organization, [organization.pk])
    user = User.objects.filter(email=email.strip().lower()).first()
    if user is None:
        user = User(email=email.strip().lower(), name=name, is_demo=is_demo)
        if password is not None:
            validate_password(password, user)
        user.set_password(password)
        user.full_clean()
        user.save()
    membership, made = Membership.objects.get_or_create(
        user=user, organization=organization, ended_at=None, defaults={"role": role}
    )
    if made:
        audit.record("membership.add", membership, by=by, organization=organization.pk, role=str(role))
    return membership


@writing
def end_membership(*, membership: Membership, by: User | None, key: RequestKey | None = None) -> Membership:
    """Someone leaves: never deleted, only ended.

    With it end, in the same transaction, the tokens and the calendar addresses (calendars.receivers) of this user in
    this organization, and without any other membership every browser's sign-in. What is allowed by membership, as
    webhooks are, ends by itself.
    """
    [membership] = lock(Membership, [membership.pk])
    if membership.ended_at is None:
        membership.ended_at = clock.now()
        membership.save(update_fields=["ended_at"])
        audit.record("membership.end", membership, by=by, organization=membership.organization_id)
        api_tokens.revoke_all_of(membership.user, membership.organization, by=by)
        membership_ended.send(sender=Membership, membership=membership, by=by)
        if not Membership.objects.current().filter(user=membership.user_id).exists():
            sign_ins.end_all_of(membership.user, by=by)
    return membership
