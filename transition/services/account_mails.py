"""Mails about accounts: an invitation, an address for a new password, and that something about the account changed.

They go out through the queue, so that neither the page nor its time tells whether an address is known, and a mail
server that is down costs nobody the answer. The queue holds ids only: a secret address is made when its mail is
written, and is never stored.
"""

from typing import Any

from allauth.account.forms import default_token_generator
from allauth.account.utils import user_pk_to_url_str
from django.conf import settings
from django.core.mail import EmailMessage
from django.db import transaction
from django.template.loader import render_to_string
from django.urls import reverse
from django_q.tasks import async_task

from transition.domain import tokens
from transition.enums import AccountMail
from transition.models import Invitation, User
from transition.services.transactions import lock, writing

TASK = "transition.accounts.tasks.send"
# Kind of mail → (subject, what happened).
CHANGES: dict[str, str] = {
    AccountMail.PASSWORD: "パスワードが変わりました",
    AccountMail.FACTOR_ADDED: "サインインの2つめの確認が登録されました",
    AccountMail.FACTOR_REMOVED: "サインインの2つめの確認が消されました",
    AccountMail.RECOVERY_CODES: "予備のコードが作り直されました",
}


def invite(invitation: Invitation) -> None:
    async_task(TASK, AccountMail.INVITATION.value, invitation.pk)


def offer_reset(email: str) -> None:
    """A mail with an address for a new password, if such a sign-in exists. Takes as long if not."""
    async_task(TASK, AccountMail.RESET.value, _id_of(email))


def tell_of_change(kind: AccountMail, user: User) -> None:
    """Once what the caller writes is committed."""
    transaction.on_commit(lambda: async_task(TASK, kind.value, user.pk), robust=True)


def send(kind: str, pk: int) -> None:
    """What the queue calls. Nobody is told twice of different secrets: a new one replaces the one before."""
    if kind == AccountMail.INVITATION:
        invitation = renew(pk=pk)
        if invitation is not None:
            link = _link("transition:invitation", invitation.token)
            values = {"organization": invitation.organization, "link": link, "ends": invitation.expires_at}
            _send(invitation.email, f"{invitation.organization}からの招待", "emails/invitation.txt", values)
        return
    user = User.objects.filter(pk=pk, is_active=True).first()
    if user is None:
        return
    if kind == AccountMail.RESET:
        key = {"uidb36": user_pk_to_url_str(user), "key": default_token_generator.make_token(user)}
        link = _link("account_reset_password_from_key", **key)
        _send(user.email, "新しいパスワードを決める", "emails/password_reset.txt", {"link": link})
        return
    said = CHANGES[kind]
    values = {"said": said, "link": _link("account_reset_password"), "sign_ins": _link("transition:own-sign-ins")}
    _send(user.email, said, "emails/account_change.txt", values)


@writing
def renew(*, pk: int) -> Invitation | None:
    """The invitation with a fresh secret, if it is still open."""
    found = lock(Invitation, [pk])
    if not found or found[0].accepted_at is not None or found[0].revoked_at is not None:
        return None
    invitation: Invitation = found[0]
    invitation.token, invitation.token_hash = tokens.new()
    invitation.save(update_fields=["token_hash"])
    return invitation


def _id_of(email: str) -> int:
    return User.objects.filter(email=email.strip().lower(), is_active=True).values_list("pk", flat=True).first() or 0


def _link(name: str, *args: Any, **kwargs: Any) -> str:
    return f"{settings.SITE_ADDRESS}{reverse(name, args=args, kwargs=kwargs)}"


def _send(address: str, subject: str, template: str, values: dict[str, Any]) -> None:
    values |= {"site_name": settings.SITE_NAME}
    EmailMessage(
        subject=" ".join(f"【{settings.SITE_NAME}】{subject}".split())[:120],
        body=render_to_string(template, values),
        to=[address],
        headers={"Auto-Submitted": "auto-generated"},
    ).send()
