"""The chain over the audit events: each seal is a keyed hash over the event, its place, and the seal before.

The key is not in the database, so whoever can write there cannot make seals that fit.
"""

import datetime as dt
import hashlib
import hmac
import json
from collections.abc import Mapping, Sequence
from typing import Any

# What stands before the first seal.
BEGINNING = "0" * 64
# Every column of an event, in this order. Another order or another column is another chain.
COLUMNS = ("pk", "at", "actor", "action", "subject_type", "subject_id", "data")


def seal(key: bytes, before: str, number: int, event: Sequence[Any]) -> str:
    """The code of seal `number` over `event`, the values of COLUMNS, after the code `before`."""
    written = json.dumps([before, number, *map(_plain, event)], ensure_ascii=False, sort_keys=True)
    return hmac.new(key, written.encode("utf-8", "surrogatepass"), hashlib.sha256).hexdigest()


def same(one: str, other: str) -> bool:
    return hmac.compare_digest(one.encode(), other.encode())


def _plain(value: Any) -> Any:
    if isinstance(value, dt.datetime):
        return value.astimezone(dt.UTC).isoformat(timespec="microseconds")
    if isinstance(value, Mapping):
        return {str(name): _plain(inner) for name, inner in value.items()}
    return value
