"""Does the chain over the audit events still hold, and where not: edited, removed, reordered, inserted, cut off."""

import datetime as dt
from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum

from django.conf import settings
from django.db.models import Exists, OuterRef

from transition import clock
from transition.domain import chain
from transition.models import AuditEvent, AuditSeal
from transition.nightly import Invariant
from transition.services.seals import LATEST, RESTS, Head, newest_sealed

CHUNK = 2_000
# The minute's sweep may be late by so much.
PATIENCE = dt.timedelta(minutes=5)
# So far back each night; everything by the command.
LOOKED_BACK = dt.timedelta(days=90)


class Fault(StrEnum):
    """What is wrong with the first bad row."""

    CHANGED = "監査記録か封の内容が、あとから変えられています（内容または順番）。"
    EVENT_GONE = "封のある監査記録が、なくなっています。"
    SEAL_GONE = "封がなくなっています。"
    INSERTED = "封のない監査記録が、あとから入れられています。"
    WAITING = "封をする仕事が止まっています。"
    CUT_OFF = "最後の封から先が、切り取られています。"
    OTHER_HEAD = "控えた封と、いまの封がちがいます。"


@dataclass(frozen=True, slots=True)
class Finding:
    """`number` of the seal and `event` by id: 0 where there is none."""

    fault: Fault
    number: int = 0
    event: int = 0

    def __str__(self) -> str:
        where = [f"封 {self.number}" if self.number else "", f"監査記録 {self.event}" if self.event else ""]
        return f"{'、'.join(part for part in where if part) or '全体'}: {self.fault}"


@dataclass(frozen=True, slots=True)
class Verdict:
    """`checked` seals; None: the chain holds."""

    checked: int
    head: Head
    finding: Finding | None


def verify(*, since: dt.datetime | None = None, known: Head | None = None) -> Verdict:
    """Walk the chain. `since`: only seals from then on, trusting the one before. `known`: a head kept outside."""
    first = AuditSeal.objects.filter(at__gte=since).order_by("number").first() if since else None
    before = AuditSeal.objects.filter(number__lt=first.number).order_by("-number").first() if first else None
    head = Head(before.number, before.code) if before else Head(0, chain.BEGINNING)
    checked, finding = 0, None
    key = settings.AUDIT_KEY.encode()
    for number, event_id, code, event in _links(head.number):
        finding = _fault_of(key, head, number, event_id, code, event)
        if finding:
            break
        head, checked = Head(number, code), checked + 1
        if known and known.number == number and not chain.same(known.code, code):
            finding = Finding(Fault.OTHER_HEAD, number, event_id)
            break
    if finding is None and known and known.number > head.number:
        finding = Finding(Fault.CUT_OFF, head.number + 1)
    return Verdict(checked, head, finding or _unsealed(since))


def broken(most: int) -> list[str]:
    """For the nightly look: the first bad seal or event. All others after it may be good or not."""
    found = verify(since=clock.now() - LOOKED_BACK).finding
    return [f"{found.number}/{found.event}"] if found else []


INVARIANT = Invariant("audit.chain", "監査記録の封が合いません。", broken)


def _fault_of(
    key: bytes, head: Head, number: int, event_id: int, code: str, event: tuple[object, ...] | None
) -> Finding | None:
    if number != head.number + 1:
        return Finding(Fault.SEAL_GONE, head.number + 1)
    if event is None:
        return Finding(Fault.EVENT_GONE, number, event_id)
    if not chain.same(chain.seal(key, head.code, number, event), code):
        return Finding(Fault.CHANGED, number, event_id)
    return None


def _links(after: int) -> Iterator[tuple[int, int, str, tuple[object, ...] | None]]:
    """The seals by number, each with the columns of its event, None when it is gone."""
    while True:
        seals = AuditSeal.objects.filter(number__gt=after).order_by("number")
        rows = list(seals.values_list("number", "event_id", "code")[:CHUNK])
        if not rows:
            return
        wanted = AuditEvent.objects.filter(pk__in=[row[1] for row in rows]).order_by()
        events = {event[0]: event for event in wanted.values_list(*chain.COLUMNS)}
        for number, event_id, code in rows:
            yield number, event_id, code, events.get(event_id)
        after = rows[-1][0]


def _unsealed(since: dt.datetime | None) -> Finding | None:
    """An event that has rested and has no seal: from a past that is sealed, or because nobody seals any more."""
    sealed = AuditSeal.objects.filter(event_id=OuterRef("pk"))
    events = AuditEvent.objects.filter(~Exists(sealed), at__lte=clock.now() - RESTS - PATIENCE)
    event = (events.filter(at__gte=since) if since else events).order_by("pk").first()
    if event is None:
        return None
    is_past = AuditSeal.objects.exists() and event.at < newest_sealed() - LATEST
    return Finding(Fault.INSERTED if is_past else Fault.WAITING, event=event.pk)
