"""Which people a request has read, noticed where they come out of the database, so that no screen can forget it."""

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar

# By id, in the order of their reading; None while nobody watches.
_people: ContextVar[dict[int, None] | None] = ContextVar("people", default=None)


@contextmanager
def watching() -> Iterator[dict[int, None]]:
    people: dict[int, None] = {}
    token = _people.set(people)
    try:
        yield people
    finally:
        _people.reset(token)


def saw(*ids: int | None) -> None:
    """For what shows somebody without reading their row, such as a photo."""
    people = _people.get()
    if people is not None:
        people.update((pk, None) for pk in ids if pk is not None)
