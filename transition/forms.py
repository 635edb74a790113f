from django import forms
from django.contrib.auth.forms import AuthenticationForm, UsernameField


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

    def clean_username(self) -> str:
        return self.cleaned_data["username"].strip().lower()


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
