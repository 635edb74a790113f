"""Seals the audit events, a minute after they were written, and says where the chain ends.

Events are numbered in the order of their sealing. A long transaction may commit an older id later: its event is sealed
when it is seen, as long as it is not older than LATEST beside what is sealed already. What is older stays without a
seal, and `verify` calls it put in afterwards; so nobody can write into the past.
"""

import datetime as dt
import logging
from dataclasses import dataclass

from django.conf import settings
from django.db.models import Exists, Max, OuterRef, QuerySet

from transition import clock
from transition.domain import chain
from transition.models import AuditEvent, AuditSeal
from transition.services.sole import sole
from transition.services.transactions import ConstraintBroken, writing

logger = logging.getLogger(__name__)

# No transaction of ours is open for longer (lock, statement and idle timeouts, settings/base.py).
RESTS = dt.timedelta(seconds=60)
LATEST = dt.timedelta(minutes=5)
# An older id that is committed later is looked for among so many last ids.
LOOKED_BACK = 20_000
BATCH = 1_000
MOST_BATCHES = 20


@dataclass(frozen=True, slots=True)
class Head:
    """The end of the chain: kept outside, it shows when seals were cut off."""

    number: int
    code: str

    def __str__(self) -> str:
        return f"{self.number}:{self.code}"


def seal() -> int:
    """Seal what has rested; how many. 0 when another process is at it."""
    total = 0
    with sole("seals") as alone:
        for _ in range(MOST_BATCHES if alone else 0):
            try:
                count = _seal_some()
            except ConstraintBroken:
                # Somebody else was faster, past the lock: the unique numbers had the last word.
                break
            total += count
            if count < BATCH:
                break
    return total


def head() -> Head:
    last = AuditSeal.objects.order_by("-number").first()
    return Head(last.number, last.code) if last else Head(0, chain.BEGINNING)


def note_head() -> int:
    """Once a night into the log, which is kept elsewhere, and its number into the run of the job."""
    found = head()
    logger.info("audit head %s", found)
    return found.number


@writing
def _seal_some() -> int:
    last = AuditSeal.objects.order_by("-number").select_for_update(of=("self",), no_key=True).first()
    number, code = (last.number, last.code) if last else (0, chain.BEGINNING)
    key = settings.AUDIT_KEY.encode()
    now = clock.now()
    seals = []
    for event in _waiting(last, now).values_list(*chain.COLUMNS)[:BATCH]:
        number += 1
        code = chain.seal(key, code, number, event)
        seals.append(AuditSeal(number=number, event_id=event[0], code=code, at=now))
    AuditSeal.objects.bulk_create(seals)
    return len(seals)


def _waiting(last: AuditSeal | None, now: dt.datetime) -> QuerySet[AuditEvent]:
    """Without a seal, rested, and not from a past that is sealed already; by id."""
    events = AuditEvent.objects.filter(at__lte=now - RESTS).order_by("pk")
    if last is None:
        return events
    sealed = AuditSeal.objects.filter(event_id=OuterRef("pk"))
    events = events.filter(~Exists(sealed), pk__gt=_highest() - LOOKED_BACK)
    return events.filter(at__gte=newest_sealed() - LATEST)


def newest_sealed() -> dt.datetime:
    """The latest moment under a seal, among the last ones."""
    lately = AuditSeal.objects.order_by("-number").values("event_id")[:BATCH]
    found = AuditEvent.objects.filter(pk__in=list(lately.values_list("event_id", flat=True))).aggregate(at=Max("at"))
    return found["at"] or dt.datetime.min.replace(tzinfo=dt.UTC) + LATEST


def _highest() -> int:
    return AuditSeal.objects.aggregate(pk=Max("event_id"))["pk"] or 0
