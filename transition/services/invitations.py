"""Who may sign in at all: whoever was invited, by the secret address in a mail, once, within seven days."""

from typing import Any

from django.contrib.auth.password_validation import validate_password
from django.core.exceptions import ValidationError
from django.db import transaction

from transition import clock
from transition.domain import tokens
from transition.enums import MembershipRole
from transition.models import Invitation, Membership, Organization, User
from transition.services import account_mails, audit
from transition.services.transactions import RequestKey, lock, writing

# Who has as much to say or more.
RANKS = (MembershipRole.STAFF, MembershipRole.COORDINATOR, MembershipRole.MANAGER)
GONE = "この招待は、もう使えません。招待した人に、もう一度たのんでください。"


@writing
def invite(
    *,
    organization: Organization,
    email: str,
    name: str,
    by: User | None,
    role: str = MembershipRole.STAFF,
    key: RequestKey | None = None,
) -> Invitation:
    """Send somebody an address that makes them a member. `invitation.token` holds the secret this one time.

    An open invitation for the same address is taken back. Raises ValidationError for somebody who works there
    already, a role above one's own, and what a constraint forbids.
    """
    lock(Organization, [organization.pk])
    email = email.strip().lower()
    if by is not None and not may_give(by, organization, role):
        raise ValidationError({"role": "自分より上の役割の人は、招待できません。"})
    if Membership.objects.current().filter(organization=organization, user__email=email).exists():
        raise ValidationError({"email": "この人は、もう所属しています。"})
    before = Invitation.objects.open(clock.now()).filter(organization=organization, email=email)
    for earlier in before:
        _revoke(earlier, by=by)
    secret, token_hash = tokens.new()
    invitation = Invitation(
        organization=organization, email=email, name=name, role=role, created_by=by, token_hash=token_hash
    )
    # Nobody has accepted yet, and the software itself may invite.
    invitation.full_clean(exclude=["accepted_by", "created_by"])
    invitation.save()
    invitation.token = secret
    audit.record("invitation.send", invitation, by=by, organization=organization.pk, role=str(role))
    transaction.on_commit(lambda: account_mails.invite(invitation), robust=True)
    return invitation


@writing
def revoke(*, invitation: Invitation, by: User, key: RequestKey | None = None) -> Invitation:
    """The address is dead at once. Again, or once it was taken, changes nothing."""
    [invitation] = lock(Invitation, [invitation.pk])
    _revoke(invitation, by=by)
    return invitation


@writing
def accept(*, invitation: Invitation, by: User | None = None, name: str = "", password: str = "") -> Membership:
    """Become a member: with a new sign-in, or `by` the one of that address, who has signed in.

    Raises ValidationError for an invitation that is used up, somebody else's sign-in, and a weak password.
    """
    lock(Organization, [invitation.organization_id])
    [invitation] = lock(Invitation, [invitation.pk])
    if not Invitation.objects.open(clock.now()).filter(pk=invitation.pk).exists():
        raise ValidationError(GONE)
    user = User.objects.filter(email=invitation.email).first()
    if user is None:
        user = _new_user(invitation, name=name, password=password)
    elif by is None or by.pk != user.pk:
        raise ValidationError("このメールアドレスには、もうアカウントがあります。サインインしてから受けてください。")
    membership = Membership.objects.current().filter(user=user, organization=invitation.organization_id).first()
    if membership is None:
        membership = Membership(user=user, organization=invitation.organization, role=invitation.role)
        membership.save()
        details: dict[str, Any] = {"organization": invitation.organization_id, "role": invitation.role}
        audit.record("membership.add", membership, by=user, **details)
    invitation.accepted_at, invitation.accepted_by = clock.now(), user
    invitation.save(update_fields=["accepted_at", "accepted_by"])
    audit.record("invitation.accept", invitation, by=user)
    return membership


def find(secret: str) -> Invitation | None:
    """The open invitation behind a secret address; None for everything else, whatever it was."""
    token_hash = tokens.hash_of(secret)
    if token_hash is None:
        return None
    open_ones = Invitation.objects.open(clock.now()).select_related("organization")
    return open_ones.filter(token_hash=token_hash).first()


def may_give(user: User, organization: Organization, role: str) -> bool:
    """Nobody makes or unmakes a member with more to say than oneself."""
    own = Membership.objects.current().filter(user=user, organization=organization).first()
    return own is not None and not is_above(role, own.role)


def is_above(role: str, other: str) -> bool:
    return RANKS.index(MembershipRole(role)) > RANKS.index(MembershipRole(other))


def _revoke(invitation: Invitation, *, by: User | None) -> None:
    if invitation.accepted_at is None and invitation.revoked_at is None:
        invitation.revoked_at = clock.now()
        invitation.save(update_fields=["revoked_at"])
        audit.record("invitation.revoke", invitation, by=by)


def _new_user(invitation: Invitation, *, name: str, password: str) -> User:
    user = User(email=invitation.email, name=name or invitation.name)
    try:
        validate_password(password, user)
    except ValidationError as error:
        raise ValidationError({"password": error.messages}) from None
    user.set_password(password)
    user.full_clean()
    user.save()
    audit.record("user.register", user, by=user)
    return user
