"""What `manage.py check` says about the settings of the queue."""

import importlib.util
import math
from typing import Any

from django.conf import settings
from django.core.checks import CheckMessage, Error, Warning, register

TASKS_SAY_SECONDS = 3


@register
def queue(**kwargs: Any) -> list[CheckMessage]:
    """The clock of a retry starts when a task leaves the queue, not when it begins: it may wait behind all others that
    were taken with it. With less than this, what is still at work is begun a second time."""
    conf: dict[str, Any] = settings.Q_CLUSTER
    found: list[CheckMessage] = []
    if missing := [name for name in ("workers", "queue_limit", "bulk", "timeout", "retry") if not conf.get(name)]:
        said = f"Q_CLUSTER needs {', '.join(missing)}: what django-q2 takes otherwise depends on the machine."
        return [Error(said, id="transition.E001")]
    waiting = math.ceil((conf["queue_limit"] + conf["bulk"]) / conf["workers"])
    least = (conf["timeout"] + TASKS_SAY_SECONDS) * (1 + waiting) + 10
    if conf["retry"] <= least:
        said = f"Q_CLUSTER: retry is {conf['retry']}; with these settings it must be more than {least}."
        found.append(Error(said, id="transition.E002"))
    if conf.get("catch_up", True):
        said = "Q_CLUSTER: catch_up must be off, or an outage is followed by every run it has missed."
        found.append(Error(said, id="transition.E003"))
    if not conf.get("max_attempts"):
        found.append(
            Error("Q_CLUSTER: max_attempts is missing; a task that fails is tried for ever.", id="transition.E004")
        )
    if conf.get("redis") and importlib.util.find_spec("redis") is None:
        said = "Q_REDIS_URL is set, but the package redis is not installed: pip install redis."
        found.append(Error(said, id="transition.E005"))
    elif conf.get("redis"):
        said = "The Redis broker keeps no receipts: what a crash loses is found again by the sweep of the next minute."
        found.append(Warning(said, id="transition.W001"))
    return found
