"""What a reader may see of one session in each variant of its words."""

import datetime as dt
from dataclasses import dataclass

from calendars.domain.ical import TOKYO, Content, Status
from calendars.enums import Variant
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

# A home's own calendar names its guests from its answer until they have left.
NAMED_IN_A_HOME = (SessionState.CONFIRMED, SessionState.IN_PROGRESS)
_PLACELESS = (Variant.BUSY, Variant.NEUTRAL)
# What only those read who have an account here: their events lead to the page of the session.
FOR_STAFF = (Variant.CODE, Variant.STAFF_NAMES, Variant.ROOM, Variant.ROOM_NAMES)
_WEEKDAYS = "月火水木金土日"


@dataclass(frozen=True, slots=True)
class Facts:
    """A session as far as any feed may tell of it. `called` is the name the person wishes to be called, `code`
    tells people apart without naming them, `room` is the room's own name, `url` the page of the session."""

    kind: SessionKind
    state: SessionState
    starts_at: dt.datetime
    ends_at: dt.datetime
    ended_early_at: dt.datetime | None = None
    place: str = ""
    room: str = ""
    called: str = ""
    code: str = ""
    url: str = ""


def content_of(facts: Facts, variant: Variant) -> Content:
    """The event. A stay cut short ends when it really ended, so that nobody waits at the wrong door."""
    status = STATUS_OF[facts.state]
    ends_at = facts.ends_at
    if facts.state is SessionState.CUT_SHORT and facts.ended_early_at and facts.ended_early_at > facts.starts_at:
        ends_at = facts.ended_early_at
    return Content(
        starts_at=facts.starts_at,
        ends_at=ends_at,
        status=status,
        summary=_summary(facts, variant, status),
        location="" if variant in _PLACELESS else facts.place,
        description="" if variant in _PLACELESS or status is Status.CANCELLED else _doors(facts, ends_at),
        url=facts.url if variant in FOR_STAFF else "",
    )


def variants_of(kind: SessionKind) -> tuple[Variant, ...]:
    """In which words a session of this kind is stored: only a stay has a room."""
    rooms = (Variant.ROOM, Variant.ROOM_NAMES)
    return tuple(variant for variant in Variant if kind is SessionKind.STAY or variant not in rooms)


def _doors(facts: Facts, ends_at: dt.datetime) -> str:
    """When a guest comes and when to be there for the way home: month views show of a stay its days only."""
    if facts.kind is not SessionKind.STAY:
        return ""
    return f"{_moment(facts.starts_at)}に入り、{_moment(ends_at)}に出ます。"


def _moment(moment: dt.datetime) -> str:
    local = moment.astimezone(TOKYO)
    return f"{local.month}月{local.day}日（{_WEEKDAYS[local.weekday()]}）{local:%H:%M}"


def _summary(facts: Facts, variant: Variant, status: Status) -> str:
    title = _title(facts, variant)
    if status is Status.TENTATIVE:
        return f"{title}{REQUESTED_SUFFIX}"
    if status is Status.CANCELLED:
        return f"{CANCELLED_PREFIX}{title}"
    return title


def _title(facts: Facts, variant: Variant) -> str:
    kind = str(facts.kind.label)
    if variant is Variant.BUSY:
        return BUSY
    if variant is Variant.CODE:
        return f"{kind} {facts.code}" if facts.code else kind
    if variant in (Variant.ROOM, Variant.ROOM_NAMES):
        kind = f"{facts.room} {kind}"
    named = variant in (Variant.NAMES, Variant.STAFF_NAMES) or (
        variant is Variant.ROOM_NAMES and facts.state in NAMED_IN_A_HOME
    )
    return f"{facts.called} {kind}" if named and facts.called else kind
