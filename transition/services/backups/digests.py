"""What a table adds up to: its number of rows and a sum over them that does not depend on their order.

Each row is hashed, and the hashes are added up modulo 2^256: one row changed, missing or doubled gives another sum.
"""

import datetime as dt
import hashlib
import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any
from uuid import UUID

_MODULUS = 2**256


@dataclass(frozen=True, slots=True)
class Digest:
    rows: int
    sum: str


def digest(rows: Iterable[Sequence[Any]]) -> Digest:
    """The columns must come in the same order each time."""
    count = total = 0
    for row in rows:
        hashed = hashlib.sha256()
        for value in row:
            text = canonical(value).encode("utf-8", "surrogatepass")
            hashed.update(b"%d:" % len(text))
            hashed.update(text)
        total = (total + int.from_bytes(hashed.digest())) % _MODULUS
        count += 1
    return Digest(count, f"{total:064x}")


def canonical(value: Any) -> str:
    """One spelling for one value, whatever database it came from; the first letter is its type."""
    match value:
        case None:
            return "n"
        case bool():
            return f"b{value:d}"
        case int():
            return f"i{value}"
        case str():
            return f"s{value}"
        case float():
            return f"f{value!r}"
        case Decimal():
            return f"d{value.normalize():f}" if value else "d0"
        case dt.datetime():
            return f"t{value.astimezone(dt.UTC).isoformat() if value.tzinfo else value.isoformat()}"
        case dt.date() | dt.time():
            return f"t{value.isoformat()}"
        case dt.timedelta():
            return f"u{value // dt.timedelta(microseconds=1)}"
        case UUID():
            return f"s{value}"
        case bytes() | memoryview():
            return f"x{bytes(value).hex()}"
        case Mapping() | list():
            return "j" + json.dumps(value, sort_keys=True, ensure_ascii=False, separators=(",", ":"))
    raise TypeError(f"no spelling for {type(value).__name__}")


def differing(expected: Mapping[str, Digest], found: Mapping[str, Digest]) -> list[str]:
    """The names of tables that are not equal, or not in both."""
    return sorted(name for name in expected.keys() | found.keys() if expected.get(name) != found.get(name))
