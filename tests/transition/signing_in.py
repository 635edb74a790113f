"""Signing in as people do, with what they have: a password, an app on a telephone, 管理モード."""

from allauth.mfa.models import Authenticator
from allauth.mfa.totp.internal.auth import TOTP, format_hotp_value, generate_totp_secret, hotp_value
from django.test import Client
from django.utils.module_loading import import_string
from django_q.models import OrmQ

from tests.factories import PASSWORD
from transition import clock
from transition.models import User

SIGN_IN = "/sign-in/"
CODE = "/sign-in/code/"


def sign_in(client: Client, user: User, password: str = PASSWORD, **more):
    return client.post(SIGN_IN, {"username": user.email, "password": password}, **more)


def give_app(user: User) -> str:
    """Register an authenticator app; its secret."""
    secret = generate_totp_secret()
    TOTP.activate(user, secret)
    return secret


def code_of(secret: str, steps: int = 0) -> str:
    """What the app shows now, or so many half minutes later."""
    return format_hotp_value(hotp_value(secret, int(clock.now().timestamp()) // 30 + steps))


def factors_of(user: User) -> list[str]:
    return sorted(Authenticator.objects.filter(user=user).values_list("type", flat=True))


def in_staff_mode(user: User) -> Client:
    client = Client()
    sign_in(client, user)
    client.post("/operations/staff-mode/")
    # What it said is read, and stands on no other page.
    client.get("/account/")
    return client


def run_queue() -> None:
    """What the worker would do now with the mails of accounts."""
    for row in OrmQ.objects.order_by("pk"):
        task = row.task
        if task["func"] == "transition.accounts.tasks.send":
            import_string(task["func"])(*task["args"])
            row.delete()
