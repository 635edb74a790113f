"""Small signs of life and of failure: how often something happened, and when last. Names classes, never people."""

import datetime as dt
import logging

from django.db.models import F

from transition import clock
from transition.models import Pulse

logger = logging.getLogger(__name__)
FAILED = "failed:"
# When the last backup was made (services/backups/making.py).
BACKUP = "backup"
LONGEST = 40


def beat(name: str) -> None:
    """It lives."""
    Pulse.objects.update_or_create(name=name[:LONGEST], defaults={"at": clock.now()})


def count(name: str) -> int:
    """Once more; how often by now."""
    name = name[:LONGEST]
    if not Pulse.objects.filter(name=name).update(at=clock.now(), count=F("count") + 1):
        Pulse.objects.get_or_create(name=name, defaults={"count": 1})
    return Pulse.objects.values_list("count", flat=True).get(name=name)


def counts(prefix: str) -> dict[str, int]:
    """How often each of what begins so happened, by the rest of its name."""
    rows = Pulse.objects.filter(name__startswith=prefix).order_by("name").values_list("name", "count")
    return {name.removeprefix(prefix): count for name, count in rows}


def failed(what: str, error: BaseException) -> None:
    """Only the class of the error: its text may name somebody."""
    logger.warning("%s failed: %s", what, type(error).__name__)
    count(f"{FAILED}{what}")


def has_failed_since(what: str, moment: dt.datetime) -> bool:
    return Pulse.objects.filter(name=f"{FAILED}{what}"[:LONGEST], at__gt=moment).exists()


def forget(name: str) -> None:
    Pulse.objects.filter(name=name[:LONGEST]).delete()
