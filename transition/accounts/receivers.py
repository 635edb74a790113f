"""Listens to django-allauth and to Django: what happens to an account leaves evidence, and its user is told.

Called inside the transaction of the change, where views/second_factors.py opens one.
"""

from typing import Any

from allauth.account.internal.flows.login import AUTHENTICATION_METHODS_SESSION_KEY, get_authentication_records
from allauth.account.signals import authentication_step_completed, password_changed, password_reset, password_set
from allauth.account.signals import user_logged_in as signed_in_fully
from allauth.mfa.models import Authenticator
from allauth.mfa.signals import authenticator_reset
from allauth.usersessions.models import UserSession
from django.contrib.auth.signals import user_logged_in, user_logged_out
from django.db.models.signals import post_delete, post_save
from django.dispatch import receiver
from django.http import HttpRequest

from transition.accounts.adapter import AccountAdapter
from transition.accounts.signed_in import stamp
from transition.enums import AccountMail
from transition.models import User
from transition.services import account_mails, audit

Type = Authenticator.Type
LONGEST_AGENT = 200


@receiver(user_logged_in, dispatch_uid="transition.accounts.signed_in")
def begin(request: HttpRequest, user: User, **kwargs: Any) -> None:
    stamp(request)
    if request.session.session_key is None:
        # Somebody else was signed in here: that session is gone, and the new one has no key yet.
        request.session.create()
    agent = request.META.get("HTTP_USER_AGENT", "")[:LONGEST_AGENT]
    row = {"user": user, "ip": AccountAdapter(request).get_client_ip(request), "user_agent": agent}
    UserSession.objects.update_or_create(session_key=request.session.session_key, defaults=row)


@receiver(signed_in_fully, dispatch_uid="transition.signed_in_fully")
def note_sign_in(request: HttpRequest, user: User, **kwargs: Any) -> None:
    audit.record("user.sign_in", user, by=user)


@receiver(authentication_step_completed, dispatch_uid="transition.signed_in_by_passkey")
def a_passkey_is_fresh(request: HttpRequest, user: User, **kwargs: Any) -> None:
    """Who has just signed in by passkey is not asked again at once, as nobody is who has typed a password."""
    if kwargs.get("passwordless"):
        records = get_authentication_records(request, user)
        request.session[AUTHENTICATION_METHODS_SESSION_KEY] = [*records[:-1], records[-1] | {"reauthenticated": True}]


@receiver(user_logged_out, dispatch_uid="transition.signed_out")
def forget(request: HttpRequest, user: User | None, **kwargs: Any) -> None:
    UserSession.objects.filter(session_key=request.session.session_key).delete()


@receiver(post_save, sender=Authenticator, dispatch_uid="transition.factor_added")
def factor_added(instance: Authenticator, created: bool, **kwargs: Any) -> None:
    if not created:
        return
    audit.record("user.add_factor", instance.user, by=instance.user, kind=str(instance.type))
    if instance.type != Type.RECOVERY_CODES:
        account_mails.tell_of_change(AccountMail.FACTOR_ADDED, instance.user)


@receiver(post_delete, sender=Authenticator, dispatch_uid="transition.factor_removed")
def factor_removed(instance: Authenticator, **kwargs: Any) -> None:
    if instance.type == Type.RECOVERY_CODES:
        return  # replaced by new ones, or gone with the last factor
    audit.record("user.remove_factor", instance.user, by=instance.user, kind=str(instance.type))
    account_mails.tell_of_change(AccountMail.FACTOR_REMOVED, instance.user)


@receiver(authenticator_reset, dispatch_uid="transition.recovery_codes_renewed")
def recovery_codes_renewed(user: User, **kwargs: Any) -> None:
    account_mails.tell_of_change(AccountMail.RECOVERY_CODES, user)


@receiver(password_changed, dispatch_uid="transition.password_changed")
@receiver(password_set, dispatch_uid="transition.password_set")
@receiver(password_reset, dispatch_uid="transition.password_reset")
def note_password(user: User, **kwargs: Any) -> None:
    audit.record("user.change_password", user, by=user)
    account_mails.tell_of_change(AccountMail.PASSWORD, user)
