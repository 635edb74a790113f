"""How every service writes: one durable transaction, retried when the database asks for it.

A lost race on a unique key is not an error: the service names, per constraint, what it means, and the
caller gets that instead of an IntegrityError.
"""

import functools
import random
import re
import time
from collections.abc import Callable, Iterable
from typing import ParamSpec, TypeVar

from django.apps import apps
from django.db import IntegrityError, OperationalError, models, transaction

P = ParamSpec("P")
R = TypeVar("R")

TRIES = 6
# Serialization failure, deadlock, lock timeout.
RETRIED_STATES = {"40001", "40P01", "55P03"}


class ConstraintBroken(Exception):  # noqa: N818 - reads as what happened
    """A database constraint had the last word. `name` is the constraint's name, "" when unknown."""

    def __init__(self, name: str) -> None:
        self.name = name
        super().__init__(name)


def writing(function: Callable[P, R]) -> Callable[P, R]:
    """Run a service in its own durable transaction.

    Retries serialization failures, deadlocks, lock timeouts and SQLite's "database is locked" up to TRIES
    times with random backoff. Raises ConstraintBroken, outside the transaction, for an integrity error.
    """

    @functools.wraps(function)
    def inner(*args: P.args, **kwargs: P.kwargs) -> R:
        for attempt in range(1, TRIES + 1):
            try:
                with transaction.atomic(durable=True):
                    return function(*args, **kwargs)
            except IntegrityError as error:
                raise ConstraintBroken(broken_constraint(error)) from error
            except OperationalError as error:
                if attempt == TRIES or not _worth_retrying(error):
                    raise
            time.sleep(random.uniform(0.005, 0.03) * 2**attempt)  # noqa: S311 - not a secret
        raise AssertionError("unreachable")

    return inner


def lock(model: type[models.Model], ids: Iterable[int]) -> list[models.Model]:
    """Lock rows by ascending id and return them fresh. On SQLite the transaction itself is the lock."""
    rows = model._default_manager.filter(pk__in=set(ids)).order_by("pk")
    return list(rows.select_for_update(of=("self",), no_key=True))


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
                model._meta.get_field(name).column for name in constraint.fields
            }:
                return constraint.name
    return ""


def _worth_retrying(error: OperationalError) -> bool:
    state = getattr(error.__cause__, "sqlstate", None)
    return state in RETRIED_STATES or "database is locked" in str(error)
