"""The key of the backups, from the environment only: BACKUP_KEY.

`age1…` is the public half, which can only write backups; `AGE-SECRET-KEY-1…` is the secret half, which writes and
reads them. A server that holds only the public half cannot open its own backups, and neither can who breaks into it.
"""

from dataclasses import dataclass

import pyrage
from django.conf import settings

from transition.services.backups.failures import WrongKey

MISSING = "環境変数 BACKUP_KEY がありません。manage.py backup_key で鍵を作り、環境に入れてください。"
SECRET_MARK = "AGE-SECRET-KEY-"  # noqa: S105 - how a key begins, not a key


@dataclass(frozen=True, slots=True)
class Pair:
    public: str
    secret: str


def new() -> Pair:
    identity = pyrage.x25519.Identity.generate()
    return Pair(public=str(identity.to_public()), secret=str(identity))


def recipient() -> pyrage.x25519.Recipient:
    """To whom backups are encrypted."""
    key = _key()
    try:
        if key.upper().startswith(SECRET_MARK):
            return pyrage.x25519.Identity.from_str(key).to_public()
        return pyrage.x25519.Recipient.from_str(key)
    except (pyrage.RecipientError, pyrage.IdentityError) as error:
        raise WrongKey("BACKUP_KEY が鍵の形をしていません（age1… か AGE-SECRET-KEY-1…）。") from error


def identity() -> pyrage.x25519.Identity:
    """Who can read them."""
    key = _key()
    if not key.upper().startswith(SECRET_MARK):
        raise WrongKey(
            "バックアップを読むには、秘密の鍵（AGE-SECRET-KEY-1…）が要ります。"
            "保管してある鍵を、この実行のときだけ環境変数 BACKUP_KEY に入れてください。"
        )
    try:
        return pyrage.x25519.Identity.from_str(key)
    except pyrage.IdentityError as error:
        raise WrongKey("BACKUP_KEY が鍵の形をしていません（AGE-SECRET-KEY-1…）。") from error


def _key() -> str:
    key: str = settings.BACKUP_KEY.strip()
    if not key:
        raise WrongKey(MISSING)
    return key
