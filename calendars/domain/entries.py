"""What a reader may see of one session at one level of detail."""

import datetime as dt
from dataclasses import dataclass

from calendars.domain.ical import Content, Status
from calendars.enums import Detail
from programs.enums import SessionKind, SessionState

BUSY = "予定あり"
REQUESTED_SUFFIX = "（申込中）"
CANCELLED_PREFIX = "【中止】"
# How long a cancelled event stays with its mark, so that every reader has seen it, before it drops out.
CANCELLED_FOR = dt.timedelta(days=30)

STATUS_OF = {
    SessionState.REQUESTED: Status.TENTATIVE,
    SessionState.CONFIRMED: Status.CONFIRMED,
    SessionState.IN_PROGRESS: Status.CONFIRMED,
    SessionState.COMPLETED: Status.CONFIRMED,
    SessionState.CUT_SHORT: Status.CONFIRMED,
    SessionState.DECLINED: Status.CANCELLED,
    SessionState.EXPIRED: Status.CANCELLED,
    SessionState.CANCELLED: Status.CANCELLED,
    SessionState.NO_SHOW: Status.CANCELLED,
}


@dataclass(frozen=True, slots=True)
class Facts:
    """A session as far as any feed may tell of it. `called` is the name the person wishes to be called."""

    kind: SessionKind
    state: SessionState
    starts_at: dt.datetime
    ends_at: dt.datetime
    ended_early_at: dt.datetime | None = None
    place: str = ""
    called: str = ""


def content_of(facts: Facts, detail: Detail) -> Content:
    """The event. A stay cut short ends when it really ended, so that nobody waits at the wrong door."""
    status = STATUS_OF[facts.state]
    ends_at = facts.ends_at
    if facts.state is SessionState.CUT_SHORT and facts.ended_early_at and facts.ended_early_at > facts.starts_at:
        ends_at = facts.ended_early_at
    return Content(
        starts_at=facts.starts_at,
        ends_at=ends_at,
        status=status,
        summary=_summary(facts, detail, status),
        location=facts.place if detail in (Detail.PLACE, Detail.NAMES) else "",
    )


def _summary(facts: Facts, detail: Detail, status: Status) -> str:
    title = BUSY if detail is Detail.BUSY else facts.kind.label
    if detail is Detail.NAMES and facts.called:
        title = f"{facts.called} {title}"
    if status is Status.TENTATIVE:
        return f"{title}{REQUESTED_SUFFIX}"
    if status is Status.CANCELLED:
        return f"{CANCELLED_PREFIX}{title}"
    return title
