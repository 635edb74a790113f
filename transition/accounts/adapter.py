"""How django-allauth is fitted in: its own mails and messages are ours, and what it keeps secret is encrypted."""

import base64
import hashlib
from typing import Any

from allauth.account.adapter import DefaultAccountAdapter
from allauth.mfa.adapter import DefaultMFAAdapter
from allauth.mfa.models import Authenticator
from cryptography.fernet import Fernet, MultiFernet
from django.conf import settings
from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect

from transition.domain.networks import network_of
from transition.models import User
from transition.queries import second_factors

BACKEND = "django.contrib.auth.backends.ModelBackend"
NOWHERE = "0.0.0.0"  # noqa: S104 - no address is known
SAID = {
    "account/messages/password_changed.txt": "パスワードを変えました。",
    "mfa/messages/totp_activated.txt": "認証アプリを登録しました。",
    "mfa/messages/totp_deactivated.txt": "認証アプリの登録を消しました。",
    "mfa/messages/webauthn_added.txt": "パスキーを登録しました。",
    "mfa/messages/webauthn_removed.txt": "パスキーの登録を消しました。",
    "mfa/messages/recovery_codes_generated.txt": "予備のコードを作りました。なくさない所にしまってください。",
}
WAYS = {
    "reauthenticate": "パスワードで確かめる",
    "mfa_reauthenticate": "認証アプリか予備のコードで確かめる",
    "mfa_reauthenticate:webauthn": "パスキーで確かめる",
}


def network(request: HttpRequest) -> str:
    return network_of(request.META.get("REMOTE_ADDR", ""), request.headers.get("X-Forwarded-For", ""))


class AccountAdapter(DefaultAccountAdapter):
    error_messages = DefaultAccountAdapter.error_messages | {
        "enter_current_password": "いまのパスワードが違います。",
        "incorrect_password": "パスワードが違います。",
        "invalid_password_reset": "このアドレスは使えません。もう一度、はじめからやり直してください。",
    }

    def is_open_for_signup(self, request: HttpRequest) -> bool:
        return False

    def login(self, request: HttpRequest, user: Any) -> None:
        user.backend = BACKEND
        super().login(request, user)

    def reauthenticate(self, user: Any, password: str) -> bool:
        return bool(user.check_password(password))

    def respond_user_inactive(self, request: HttpRequest, user: Any) -> HttpResponse:
        messages.error(request, "このアカウントは止められています。事業所の管理者に知らせてください。")
        return redirect("transition:sign-in")

    def get_client_ip(self, request: HttpRequest) -> str:
        """Of an IPv6 address only the network: the rest changes every day and names a device."""
        found = network(request).partition("/")[0]
        return NOWHERE if found == "unknown" else found

    def send_mail(self, template_prefix: str, email: str, context: dict[str, Any]) -> None:
        """Never: mails go through the queue (services/account_mails.py)."""

    def send_notification_mail(self, *args: Any, **kwargs: Any) -> None:
        """Never; see receivers.py."""

    def add_message(
        self,
        request: HttpRequest,
        level: int,
        message_template: str | None = None,
        message_context: dict[str, Any] | None = None,
        extra_tags: str = "",
        message: str | None = None,
    ) -> None:
        if said := message or SAID.get(message_template or ""):
            messages.add_message(request, level, said, extra_tags=extra_tags)

    def get_reauthentication_methods(self, user: Any) -> list[dict[str, Any]]:
        return [way | {"description": WAYS[way["id"]]} for way in super().get_reauthentication_methods(user)]


class MFAAdapter(DefaultMFAAdapter):
    error_messages = DefaultMFAAdapter.error_messages | {
        "cannot_delete_authenticator": (
            "所属に2つめの確認が要るため、最後の1つは消せません。先に別のものを登録してください。"
        ),
        "cannot_generate_recovery_codes": "先に認証アプリかパスキーを登録してください。",
        "incorrect_code": "確かめられませんでした。もう一度ためしてください。",
    }

    def get_totp_issuer(self) -> str:
        return settings.SITE_NAME

    def get_public_key_credential_rp_entity(self) -> dict[str, str]:
        return super().get_public_key_credential_rp_entity() | {"name": settings.SITE_NAME}

    def _get_site_name(self) -> str:
        return settings.SITE_NAME

    def generate_authenticator_name(self, user: Any, type: Any) -> str:
        return f"パスキー{Authenticator.objects.filter(user_id=user.pk, type=type).count() + 1}"

    def can_delete_authenticator(self, authenticator: Authenticator) -> bool:
        user: User = authenticator.user
        return not second_factors.is_last(authenticator) or not second_factors.is_required(user)

    def encrypt(self, text: str) -> str:
        return _keys().encrypt(text.encode()).decode()

    def decrypt(self, encrypted_text: str) -> str:
        return _keys().decrypt(encrypted_text.encode()).decode()


def _keys() -> MultiFernet:
    """What the seeds of second factors are encrypted with: derived from the server's own key; older ones still read."""
    secrets = [settings.SECRET_KEY, *settings.SECRET_KEY_FALLBACKS]
    derived = [hashlib.blake2b(b"second factors", key=_short(secret), digest_size=32).digest() for secret in secrets]
    return MultiFernet([Fernet(base64.urlsafe_b64encode(key)) for key in derived])


def _short(secret: str) -> bytes:
    return hashlib.sha512(secret.encode()).digest()
