"""Five ways to get it wrong. Each is put into the servers of one run when they start, and the run must find it.

no_lock         people and rooms are read without a lock; on SQLite, where the transaction is the lock, without one
no_unique_key   nothing says that a night is there once; the keys are dropped from the database of the run
out_of_order    nights are put in one by one as chance has it, and no room is locked before, which would hide it
key_outside     the key of a request is written after its effect, in a transaction of its own
wrong_order     who cancels locks the room before the person

SQLite has one writer at a time: there is no order to get wrong (ONLY_ON_POSTGRES).
"""

import contextlib
import random
import sys
import time
import types
from collections.abc import Callable, Iterable
from importlib import import_module
from typing import Any

ONLY_ON_POSTGRES = ("out_of_order", "wrong_order")
# What the key is late by, about as long as a busy server takes to write an answer.
LATE_SECONDS = 0.1
# Between the first lock and the second, and between two nights.
PAUSE_SECONDS = 0.03

SERVICES = ("sessions", "outings", "nights", "slots", "homes", "records")


def no_lock() -> None:
    from django.db import connection

    from transition.services import transactions

    def read(model: Any, ids: Iterable[int]) -> list[Any]:
        rows = list(model._default_manager.filter(pk__in=set(ids)).order_by("pk"))
        transactions._ask_condition()
        return rows

    _everywhere("lock", transactions.lock, read)
    if connection.vendor == "sqlite":
        without = types.SimpleNamespace(atomic=lambda **_: contextlib.nullcontext())
        transactions.transaction = without  # type: ignore[assignment]
        _everywhere("transaction", sys.modules["django.db.transaction"], without)


def no_unique_key() -> None:
    """In the database: see `unlock_nights`."""


def out_of_order() -> None:
    from programs.models import Room, RoomNight
    from transition.services import transactions

    lock = transactions.lock

    def one_by_one(nights: Iterable[Any], **_: Any) -> list[Any]:
        shuffled = list(nights)
        random.shuffle(shuffled)
        for night in shuffled:
            night.save()
            time.sleep(PAUSE_SECONDS)
        return shuffled

    def without_rooms(model: Any, ids: Iterable[int]) -> list[Any]:
        return list(model.objects.filter(pk__in=set(ids)).order_by("pk")) if model is Room else lock(model, ids)

    _everywhere("lock", lock, without_rooms)
    RoomNight.objects.bulk_create = one_by_one  # type: ignore[method-assign]


def key_outside() -> None:
    from django.apps import apps
    from django.db import IntegrityError, transaction
    from django.db.models import Model

    from transition.models import IdempotencyKey
    from transition.services import transactions

    def answer(key: Any, act: Callable[[], Any]) -> Any:
        used = IdempotencyKey.objects.filter(user_id=key.user_id, link_id=key.link_id, key=key.key).first()
        if used is not None:
            transactions._condition.set(None)
            kept = used.answer
            return apps.get_model(kept["model"])._default_manager.get(pk=kept["pk"]) if kept else None
        made = act()

        def remember() -> None:
            time.sleep(LATE_SECONDS)
            kept = {"model": made._meta.label, "pk": made.pk} if isinstance(made, Model) else {}
            with contextlib.suppress(IntegrityError):
                IdempotencyKey.objects.create(
                    user_id=key.user_id, link_id=key.link_id, key=key.key, fingerprint=key.fingerprint, answer=kept
                )

        transaction.on_commit(remember)
        return made

    transactions._answer_once = answer


def wrong_order() -> None:
    from programs.models import Room, Session
    from transition.models import Person
    from transition.services import transactions

    sessions: Any = _services()["sessions"]
    right = sessions._locked

    def wrong(session: Any) -> Any:
        if sys._getframe(1).f_code.co_name != "cancel":
            return right(session)
        if session.room_id:
            transactions.lock(Room, [session.room_id])
            time.sleep(PAUSE_SECONDS)
        transactions.lock(Person, [session.person_id])
        return Session.objects.select_related("person", "program", "slot", "room__home").get(pk=session.pk)

    sessions._locked = wrong


BUGS: dict[str, Callable[[], None]] = {
    bug.__name__: bug for bug in (no_lock, no_unique_key, out_of_order, key_outside, wrong_order)
}


def unlock_nights() -> None:
    """Take the unique keys of the nights out of the database of this run."""
    from django.db import connection

    from programs.models import RoomNight

    with connection.schema_editor() as editor:
        for constraint in RoomNight._meta.constraints:
            if constraint.name.startswith("room_night_once_per_"):
                editor.remove_constraint(RoomNight, constraint)


def _services() -> dict[str, types.ModuleType]:
    return {name: import_module(f"programs.services.{name}") for name in SERVICES}


def _everywhere(name: str, old: Any, new: Any) -> None:
    """In every module of ours that has it under this name."""
    _services()
    for module in list(sys.modules.values()):
        ours = getattr(module, "__name__", "").startswith(("transition.services", "programs.services"))
        if ours and getattr(module, name, None) is old:
            setattr(module, name, new)
