"""How every service writes: one durable transaction, retried when the database asks for it.

A lost race on a unique key is not an error: the service names, per constraint, what it means, and the
caller gets that instead of an IntegrityError. A request key makes a double click, a resend or a replay have
one effect and the same answer; it is stored in the transaction of the effect itself.
"""

import functools
import hashlib
import random
import re
import time
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass
from typing import Any, ParamSpec, TypeVar, cast
from uuid import UUID

from django.apps import apps
from django.core.exceptions import PermissionDenied
from django.db import IntegrityError, InternalError, OperationalError, models, transaction

from transition.models import IdempotencyKey

P = ParamSpec("P")
M = TypeVar("M", bound=models.Model)
R = TypeVar("R")

TRIES = 6
# Serialization failure, deadlock, lock timeout.
RETRIED_STATES = {"40001", "40P01", "55P03"}
# Too busy, or (what PostgreSQL calls an internal error) only reading for now: a note that may be lost is let go.
NOT_NOW = (OperationalError, InternalError)
KEY_CONSTRAINTS = (
    "idempotency_key_once_per_user",
    "idempotency_key_once_per_link",
    "idempotency_key_once_per_sender",
)


class ConstraintBroken(Exception):  # noqa: N818 - reads as what happened
    """A database constraint had the last word. `name` is the constraint's name, "" when unknown."""

    def __init__(self, name: str) -> None:
        self.name = name
        super().__init__(name)


class PreconditionFailed(Exception):  # noqa: N818 - reads as what happened
    """What the caller wanted to change is not any more as the caller knew it."""


class KeyReused(Exception):  # noqa: N818 - reads as what happened
    """The same request key came with another content."""


@dataclass(frozen=True, slots=True)
class RequestKey:
    """Names one sending of one form by one user; through one person's link or another secret address, which have no
    user, by the link or by the address's public id (`sender`)."""

    user_id: int | None
    key: str
    fingerprint: str
    link_id: int | None = None
    sender: UUID | None = None

    @classmethod
    def of(
        cls,
        user_id: int | None,
        key: str,
        content: Mapping[str, Any],
        link_id: int | None = None,
        sender: UUID | None = None,
    ) -> "RequestKey | None":
        """None when the form carried no key. `content` is what was sent, without the key itself."""
        if not key:
            return None
        text = "\n".join(f"{name}={content[name]}" for name in sorted(content))
        return cls(user_id, key[:64], hashlib.sha256(text.encode()).hexdigest(), link_id, sender)


# What must still be true once the locks are held; asked once, by the first `lock()` of the transaction.
_condition: ContextVar[Callable[[], bool] | None] = ContextVar("condition", default=None)


@contextmanager
def only_if(is_true: Callable[[], bool]) -> Iterator[None]:
    """The service called within does nothing, and raises PreconditionFailed, unless this holds when it has its lock.

    Asked before the lock, two callers could both be told yes. A service that takes no lock cannot be called so.
    """
    token = _condition.set(is_true)
    try:
        yield
        if _condition.get() is not None:
            raise RuntimeError("the service took no lock under which the condition could be asked")
    finally:
        _condition.reset(token)


def _ask_condition() -> None:
    is_true = _condition.get()
    _condition.set(None)
    if is_true is not None and not is_true():
        raise PreconditionFailed


def writing(function: Callable[P, R]) -> Callable[P, R]:
    """Run a service in its own durable transaction.

    Retries serialization failures, deadlocks, lock timeouts and SQLite's "database is locked" up to TRIES
    times with random backoff. Raises ConstraintBroken, outside the transaction, for an integrity error.
    A service that declares `key: RequestKey | None` and returns a row, or None, answers a repeated key with that
    same row, or None, and does nothing; KeyReused when the key was used for another content.
    """

    @functools.wraps(function)
    def inner(*args: P.args, **kwargs: P.kwargs) -> R:
        key = kwargs.get("key")
        condition = _condition.get()
        for attempt in range(1, TRIES + 1):
            # What is tried again asks again.
            _condition.set(condition)
            try:
                with transaction.atomic(durable=True):
                    if not isinstance(key, RequestKey):
                        return function(*args, **kwargs)
                    return _answer_once(key, lambda: function(*args, **kwargs))
            except IntegrityError as error:
                name = broken_constraint(error)
                # Another sending of the same form was a moment faster: read its answer.
                if name not in KEY_CONSTRAINTS or attempt == TRIES:
                    raise ConstraintBroken(name) from error
            except OperationalError as error:
                if attempt == TRIES or not _worth_retrying(error):
                    raise
            time.sleep(random.uniform(0.005, 0.03) * 2**attempt)  # noqa: S311 - not a secret
        raise AssertionError("unreachable")

    return inner


def _answer_once(key: RequestKey, act: Callable[[], R]) -> R:
    """The stored answer, or the act's. The key's row comes first, so that a second sending waits for it."""
    sent_by = {"user_id": key.user_id, "link_id": key.link_id, "sender": key.sender}
    used = IdempotencyKey.objects.filter(**sent_by, key=key.key).first()
    if used is not None:
        if used.fingerprint != key.fingerprint:
            raise KeyReused
        # Nothing is done now, so nothing has to hold.
        _condition.set(None)
        if not used.answer:
            return cast(R, None)
        answered = apps.get_model(used.answer["model"])._default_manager.filter(pk=used.answer["pk"]).first()
        if answered is None:
            # What the first sending made has been taken out since.
            raise KeyReused
        return cast(R, answered)
    row = IdempotencyKey.objects.create(**sent_by, key=key.key, fingerprint=key.fingerprint)
    answer = act()
    if isinstance(answer, models.Model):
        row.answer = {"model": answer._meta.label, "pk": answer.pk}
        row.save(update_fields=["answer"])
    return answer


def lock(model: type[M], ids: Iterable[int], *, also_anonymous: bool = False) -> list[M]:
    """Lock rows by ascending id and return them fresh. On SQLite the transaction itself is the lock.

    Raises PermissionDenied for a person of whom only numbers remain: what was written now would never go.
    """
    rows = model._default_manager.filter(pk__in=set(ids)).order_by("pk")
    locked = list(rows.select_for_update(of=("self",), no_key=True))
    _ask_condition()
    if not also_anonymous and any(getattr(row, "anonymized_at", None) for row in locked):
        raise PermissionDenied("only numbers remain of this person")
    return locked


def broken_constraint(error: IntegrityError) -> str:
    """The name of the constraint behind an integrity error, on PostgreSQL and SQLite; "" when unknown."""
    diagnostics = getattr(error.__cause__, "diag", None)
    if diagnostics is not None:
        return diagnostics.constraint_name or ""
    text = str(error)
    if found := re.search(r"CHECK constraint failed: (\w+)", text):
        return found.group(1)
    if found := re.search(r"UNIQUE constraint failed: index '(\w+)'", text):
        return found.group(1)
    if found := re.search(r"UNIQUE constraint failed: (.+)", text):
        columns = [column.strip().split(".") for column in found.group(1).split(",")]
        return _unique_constraint(columns[0][0], {column for _, column in columns})
    return ""


def _unique_constraint(table: str, columns: set[str]) -> str:
    for model in apps.get_models():
        if model._meta.db_table != table:
            continue
        for constraint in model._meta.constraints:
            if isinstance(constraint, models.UniqueConstraint) and columns == {
                cast("models.Field[Any, Any]", model._meta.get_field(name)).column for name in constraint.fields
            }:
                return constraint.name
    return ""


def _worth_retrying(error: OperationalError) -> bool:
    state = getattr(error.__cause__, "sqlstate", None)
    return state in RETRIED_STATES or "database is locked" in str(error)
