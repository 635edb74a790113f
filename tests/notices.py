"""Kinds of notifications that only a test knows."""

from collections.abc import Iterator
from contextlib import contextmanager

from transition.notifications import Notice, registry


@contextmanager
def only_notices(*notices: Notice) -> Iterator[None]:
    """Nothing is told but these, and nothing is planned; afterwards everything is as it was."""
    before = dict(registry.notices), list(registry.planners)
    registry.notices.clear()
    registry.planners.clear()
    registry.register(*notices)
    try:
        yield
    finally:
        registry.notices.clear()
        registry.notices.update(before[0])
        registry.planners[:] = before[1]
