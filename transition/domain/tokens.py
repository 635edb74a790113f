"""The secret part of an address that needs no sign-in: 256 random bits in URL-safe letters; stored only as SHA-256."""

import hashlib
import re
import secrets
from typing import Final

LENGTH: Final = 43
_BYTES: Final = 32
_TOKEN: Final = re.compile(rf"[A-Za-z0-9_-]{{{LENGTH}}}")


def new() -> tuple[str, str]:
    """A token, and what is stored of it."""
    token = secrets.token_urlsafe(_BYTES)
    return token, _hash(token)


def hash_of(token: str) -> str | None:
    """What is stored of a token; None for what cannot be one."""
    return _hash(token) if _TOKEN.fullmatch(token) else None


def _hash(token: str) -> str:
    return hashlib.sha256(token.encode()).hexdigest()
