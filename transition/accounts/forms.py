"""Forms about accounts, in easy words: what django-allauth asks, asked our way, and counted for all processes."""

from typing import Any

from allauth.account import forms as account_forms
from allauth.core import context
from allauth.mfa.base import forms as mfa_forms
from allauth.mfa.base.internal.flows import post_authentication
from allauth.mfa.totp import forms as totp_forms
from allauth.mfa.totp.internal import auth as totp
from django import forms
from django.contrib.auth.password_validation import validate_password
from django.core.exceptions import ValidationError

from transition.accounts.adapter import network
from transition.enums import MembershipRole
from transition.fields import LineField
from transition.models import Invitation, User
from transition.services import account_mails, second_factors, sign_ins

LONGEST_PASSWORD = 1000
ADVICE = (
    "12文字以上にしてください。好きなことばをいくつかつなげると、長くて覚えやすくなります。"
    "よく使われるパスワードは使えません。"
)
WRONG_CODE = "数字が違うか、もう使われています。新しい数字を入れてください。"


def current_password(label: str = "パスワード") -> forms.CharField:
    return forms.CharField(
        label=label,
        strip=False,
        max_length=LONGEST_PASSWORD,
        widget=forms.PasswordInput(attrs={"autocomplete": "current-password"}),
        error_messages={"required": "パスワードを入れてください。"},
    )


def new_password(label: str = "新しいパスワード", help_text: str = ADVICE) -> forms.CharField:
    return forms.CharField(
        label=label,
        strip=False,
        max_length=LONGEST_PASSWORD,
        help_text=help_text,
        widget=forms.PasswordInput(attrs={"autocomplete": "new-password"}),
        error_messages={"required": "パスワードを入れてください。"},
    )


def code_field(label: str, help_text: str) -> forms.CharField:
    return forms.CharField(
        label=label,
        max_length=40,
        help_text=help_text,
        widget=forms.TextInput(
            attrs={"inputmode": "numeric", "autocomplete": "one-time-code", "spellcheck": "false"},
        ),
        error_messages={"required": "数字を入れてください。"},
    )


class _NewPassword(forms.Form):
    """A new password, typed twice, measured against the user's own name and address as well."""

    user: Any

    def clean_password1(self) -> str:
        password: str = self.cleaned_data["password1"]
        validate_password(password, self.user)
        return password

    def clean(self) -> dict[str, Any]:
        found = forms.Form.clean(self) or self.cleaned_data
        first, second = found.get("password1"), found.get("password2")
        if first and second and first != second:
            self.add_error("password2", "2回のパスワードが違います。もう一度入れてください。")
        return found


class _OwnPassword(forms.Form):
    """The password of whoever is signed in; wrong ones count like those of the sign-in page."""

    user: Any

    def _check_own(self, password: str) -> str:
        who = {"email": self.user.email, "network": network(context.request)}
        if wait := sign_ins.wait_for(**who):
            raise ValidationError(sign_ins.words(wait))
        if not self.user.check_password(password):
            raise ValidationError("パスワードが違います。")
        sign_ins.succeeded(**who)
        return password


class ChangePasswordForm(_OwnPassword, _NewPassword, account_forms.ChangePasswordForm):
    oldpassword = current_password("いまのパスワード")
    password1 = new_password()
    password2 = new_password("新しいパスワード（もう一度）", "")

    def clean_oldpassword(self) -> str:
        return self._check_own(self.cleaned_data["oldpassword"])


class ReauthenticateForm(_OwnPassword, account_forms.ReauthenticateForm):
    password = current_password()

    def clean_password(self) -> str:
        return self._check_own(self.cleaned_data["password"])


class ResetPasswordKeyForm(_NewPassword, account_forms.ResetPasswordKeyForm):
    password1 = new_password()
    password2 = new_password("新しいパスワード（もう一度）", "")


class ResetPasswordForm(account_forms.ResetPasswordForm):
    """Says the same, and takes as long, whether the address is known or not."""

    email = forms.EmailField(
        label="メールアドレス",
        widget=forms.TextInput(attrs={"inputmode": "email", "autocomplete": "username", "spellcheck": "false"}),
        error_messages={
            "required": "メールアドレスを入れてください。",
            "invalid": "メールアドレスの形になっていません。",
        },
    )

    def clean_email(self) -> str:
        return str(self.cleaned_data["email"]).strip().lower()

    def save(self, request: Any, **kwargs: Any) -> str:
        email: str = self.cleaned_data["email"]
        if sign_ins.may_ask_for_reset(email=email, network=network(request)):
            account_mails.offer_reset(email)
        return email


class _Code(forms.Form):
    user: User
    authenticator: Any

    def clean_code(self) -> str:
        if wait := sign_ins.wait_for_code(user=self.user):
            raise ValidationError(sign_ins.words(wait))
        code: str = self.cleaned_data["code"]
        found = second_factors.use_code(user=self.user, code=code, by=self.user)
        if found is None:
            raise ValidationError(WRONG_CODE)
        sign_ins.code_succeeded(user=self.user)
        found.user = self.user
        self.authenticator = found
        return code


CODE_HELP = "認証アプリに出ている6けたの数字です。予備のコード（8けた）も使えます。"


class AuthenticateForm(_Code, mfa_forms.AuthenticateForm):
    code = code_field("確認の数字", CODE_HELP)

    def save(self) -> None:
        # Whoever has just shown both factors need not show them again to look after them.
        post_authentication(context.request, self.authenticator, reauthenticated=True)


class ReauthenticateByCodeForm(_Code, mfa_forms.ReauthenticateForm):
    code = code_field("確認の数字", CODE_HELP)


class ActivateTOTPForm(totp_forms.ActivateTOTPForm):
    code = code_field("アプリに出た数字", "読み取ったあとにアプリに出る、6けたの数字です。")

    def clean_code(self) -> str:
        code: str = second_factors.plain(self.cleaned_data["code"])
        if not totp.validate_totp_code(self.secret, code):
            raise ValidationError("数字が違います。アプリに出ている新しい数字を入れてください。")
        return code


class InvitationForm(forms.Form):
    name = LineField(label="名前", max_length=User._meta.get_field("name").max_length)
    email = forms.EmailField(
        label="メールアドレス",
        max_length=Invitation._meta.get_field("email").max_length,
        widget=forms.TextInput(attrs={"inputmode": "email", "autocomplete": "off", "spellcheck": "false"}),
        help_text="この人が仕事で使う、ひとりで見るアドレスです。ここに招待を送ります。",
        error_messages={"invalid": "メールアドレスの形になっていません。"},
    )
    role = forms.ChoiceField(label="役割", choices=MembershipRole.choices, initial=MembershipRole.STAFF)


class ResetSecondFactorForm(forms.Form):
    """Whose second factor an administrator takes away."""

    user: User

    email = forms.EmailField(
        label="メールアドレス",
        max_length=User._meta.get_field("email").max_length,
        widget=forms.TextInput(attrs={"inputmode": "email", "autocomplete": "off", "spellcheck": "false"}),
        error_messages={"invalid": "メールアドレスの形になっていません。"},
    )
    sure = forms.BooleanField(label="本人からの頼みであることを、会うか、知っている番号に電話をかけて確かめました")

    def clean_email(self) -> str:
        email = str(self.cleaned_data["email"]).strip().lower()
        found = User.objects.filter(email=email, is_active=True).first()
        if found is None:
            raise ValidationError("このメールアドレスのアカウントはありません。")
        self.user = found
        return email


class AcceptForm(forms.Form):
    """Somebody without an account takes an invitation."""

    name = LineField(label="名前", max_length=User._meta.get_field("name").max_length)
    password = new_password("パスワードを決める")
    again = new_password("パスワード（もう一度）", "")

    def clean(self) -> dict[str, Any]:
        found = super().clean() or {}
        if found.get("password") and found.get("again") and found["password"] != found["again"]:
            self.add_error("again", "2回のパスワードが違います。もう一度入れてください。")
        return found
