import datetime as dt
from collections.abc import Iterator, Mapping, Sequence
from typing import Any, cast

from django import forms
from django.conf import settings
from django.contrib.auth.forms import AuthenticationForm, UsernameField
from django.core.exceptions import ValidationError
from django.http import HttpRequest

from transition import clock
from transition.accounts.adapter import network
from transition.enums import Delivery, TokenScope
from transition.fields import JapaneseDateField, LineField
from transition.models import ApiToken
from transition.models.tokens import TOKEN_DAYS
from transition.notifications import Notice
from transition.services import sign_ins


class SignInForm(AuthenticationForm):
    """E-mail address and password; full-width letters are made plain, capitals do not matter."""

    username = UsernameField(
        label="メールアドレス",
        widget=forms.TextInput(attrs={"inputmode": "email", "autocomplete": "username", "spellcheck": "false"}),
        error_messages={"required": "メールアドレスを入れてください。"},
    )
    password = forms.CharField(
        label="パスワード",
        strip=False,
        widget=forms.PasswordInput(attrs={"autocomplete": "current-password"}),
        error_messages={"required": "パスワードを入れてください。"},
    )

    error_messages = {
        "invalid_login": "メールアドレスかパスワードが違います。どちらも確かめて、もう一度入れてください。",
        "inactive": "このアカウントは止められています。事業所の管理者に知らせてください。",
    }

    # Seconds, when this address was tried too often from here.
    wait = 0

    def clean_username(self) -> str:
        return self.cleaned_data["username"].strip().lower()

    def clean(self) -> dict[str, Any]:
        email = self.cleaned_data.get("username")
        if not email or not self.cleaned_data.get("password"):
            return self.cleaned_data
        who = {"email": email, "network": network(cast(HttpRequest, self.request))}
        self.wait = sign_ins.wait_for(**who)
        if self.wait:
            raise ValidationError(sign_ins.words(self.wait), code="wait")
        found = super().clean()
        sign_ins.succeeded(**who)
        return found

    def confirm_login_allowed(self, user: Any) -> None:
        super().confirm_login_allowed(user)
        if user.is_demo and not settings.DEMO:
            # Its password is published; it may have come with a copied database.
            raise self.get_invalid_login_error()


class ChoicesForm(forms.Form):
    """How one hears of each kind of thing: a field a kind, named by its code."""

    def __init__(
        self, *args: Any, groups: Sequence[tuple[str, Sequence[Notice]]], chosen: Mapping[str, str], **kwargs: Any
    ) -> None:
        super().__init__(*args, **kwargs)
        self.groups = groups
        for _, notices in groups:
            for notice in notices:
                self.fields[notice.kind] = _choice_of(notice, chosen.get(notice.kind, notice.default))

    def by_group(self) -> Iterator[tuple[str, list[forms.BoundField]]]:
        for title, notices in self.groups:
            yield title, [self[notice.kind] for notice in notices]


def _choice_of(notice: Notice, chosen: str) -> forms.ChoiceField:
    choices = [
        (code, f"{label}（はじめの設定）" if code == notice.default else label)
        for code, label in Delivery.choices
        if notice.may_be_off or code != Delivery.OFF
    ]
    return forms.ChoiceField(label=str(notice.kind.label), choices=choices, initial=chosen)


class TokenForm(forms.Form):
    """What a program with the token is for, what it may do, and until when."""

    label = LineField(
        label="何に使いますか",
        max_length=ApiToken._meta.get_field("label").max_length,
        help_text="例：町の予約ソフト、玄関の表示板。ソフトごとに1つずつ発行します。",
        error_messages={"required": "何に使うかを入れてください。"},
    )
    scopes = forms.MultipleChoiceField(
        label="できること",
        choices=TokenScope.choices,
        widget=forms.CheckboxSelectMultiple,
        help_text="要るものだけを選びます。あなた自身にできないことは、トークンにもできません。",
        error_messages={"required": "できることを1つ以上選んでください。"},
    )
    expires_on = JapaneseDateField(label="最後の日", help_text=f"今日から{TOKEN_DAYS}日後までの日にします。")

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["expires_on"].initial = clock.today() + dt.timedelta(days=TOKEN_DAYS)


def ask_plainly() -> None:
    """What an empty field says, in place of Django's 「このフィールドは必須です。」, which names no act."""
    asked: dict[type[forms.Field], str] = {
        forms.Field: "入力してください。",
        forms.ChoiceField: "選んでください。",
        forms.FileField: "ファイルを選んでください。",
        forms.BooleanField: "確かめて、チェックを入れてください。",
    }
    for field, words in asked.items():
        field.default_error_messages = {**field.default_error_messages, "required": words}
