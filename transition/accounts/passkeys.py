"""Forms about passkeys: what a browser answers is read as an object of its kind, or refused; no answer is a fault."""

import struct
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, ClassVar

from allauth.mfa.webauthn import forms as webauthn_forms
from django import forms
from django.core.exceptions import ValidationError

from transition.fields import LineField

UNREADABLE = "パスキーの答えを読めませんでした。もう一度ためしてください。"
# What reading bytes of a stranger's making ends with, in the libraries that do.
FAULTS = (
    ValueError,
    TypeError,
    LookupError,
    AttributeError,
    ArithmeticError,
    AssertionError,
    RecursionError,
    struct.error,
)


@contextmanager
def _refused() -> Iterator[None]:
    try:
        yield
    except FAULTS as fault:
        raise ValidationError(UNREADABLE, code="invalid") from fault


class CredentialField(forms.JSONField):
    """An object with something in it. Others, like 0, would count as a passkey that nobody has."""

    widget = forms.HiddenInput
    default_error_messages: ClassVar = {"required": UNREADABLE, "invalid": UNREADABLE}

    def to_python(self, value: Any) -> Any:
        with _refused():
            found = super().to_python(value)
        if found is not None and not isinstance(found, dict):
            raise ValidationError(UNREADABLE, code="invalid")
        return found


class _Credential(forms.Form):
    credential = CredentialField()

    def clean_credential(self) -> Any:
        with _refused():
            return super().clean_credential()  # type: ignore[misc]


class AddPasskeyForm(webauthn_forms.AddWebAuthnForm):
    name = LineField(label="パスキーの名前", required=False, max_length=40, help_text="例：事務所のパソコン")
    passwordless = forms.BooleanField(
        label="パスワードの代わりにも使う",
        required=False,
        initial=True,
        help_text=(
            "この機器の顔・指紋・暗証番号だけで、サインインできるようになります。"
            "みんなで使うタブレットでは、登録しないでください。"
        ),
    )
    credential = CredentialField()

    def clean(self) -> Any:
        with _refused():
            return super().clean()


class AuthenticateByPasskeyForm(_Credential, webauthn_forms.AuthenticateWebAuthnForm):
    """As the second factor, after the password."""


class SignInByPasskeyForm(_Credential, webauthn_forms.LoginWebAuthnForm):
    """Instead of the password."""


class ReauthenticateByPasskeyForm(_Credential, webauthn_forms.ReauthenticateWebAuthnForm):
    """Before something that matters."""
