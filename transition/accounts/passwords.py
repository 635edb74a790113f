"""Passwords that are known to have leaked, without asking anybody: Django's list of 20,000, also in disguise."""

import re
import unicodedata
from typing import Any

from django.contrib.auth.password_validation import CommonPasswordValidator
from django.core.exceptions import ValidationError

# What is hung before or behind a word, to make it long enough.
_TRIMMINGS = re.compile(r"^[\W\d_]+|[\W\d_]+$")
_ROWS = ("0123456789" * 4, "abcdefghijklmnopqrstuvwxyzabcdefghijklmnopqrstuvwxyz", "qwertyuiopasdfghjklzxcvbnm")
MESSAGE = "このパスワードは、よく使われているか、もれたことがあります。別のものにしてください。"


class KnownPasswordValidator(CommonPasswordValidator):
    """Refuses a leaked password, one with digits and signs hung on, one said several times, and plain rows of keys.

    Nobody has to mix kinds of characters: length is what counts.
    """

    def validate(self, password: str, user: Any = None) -> None:
        if any(self._is_known(form) for form in _plain_forms(password)):
            raise ValidationError(MESSAGE, code="password_too_common")

    def get_help_text(self) -> str:
        return "よく使われるパスワードは使えません。"

    def _is_known(self, form: str) -> bool:
        return form in self.passwords or len(set(form)) <= 2 or any(form in row or form[::-1] in row for row in _ROWS)


def _plain_forms(password: str) -> set[str]:
    plain = unicodedata.normalize("NFKC", password).lower().strip()
    forms = {_once(plain), plain, _once(_TRIMMINGS.sub("", plain))}
    # Digits alone are no word with trimmings.
    return {form for form in forms if form}


def _once(text: str) -> str:
    """「abcabc」 is 「abc」."""
    length = (text + text).find(text, 1)
    return text[:length] if 0 < length < len(text) else text
