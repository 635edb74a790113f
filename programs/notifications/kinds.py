"""Of each kind how it is told: the table of docs/notifications.md."""

from collections.abc import Mapping, Sequence

from programs.notifications import homes, papers, planners, sessions
from programs.notifications.recipients import Readers
from transition.enums import HOSTING_KINDS, SUPPORTING_KINDS, Delivery, OrganizationKind
from transition.enums import NotificationKind as Kind
from transition.models import Notification
from transition.notifications import Notice, Semantics, Told, Waits, registry

# Who asks for stays and supports people; a municipality may ask for a stay.
SUPPORTING = (*SUPPORTING_KINDS, OrganizationKind.MUNICIPALITY)
EVERYBODY = (*SUPPORTING, *HOSTING_KINDS)
SESSIONS = frozenset({*sessions.TELLING, Kind.STOP_ASKED, Kind.REMARK_LEFT})
TELLERS = (
    (SESSIONS, sessions.tell),
    (frozenset({Kind.GRANT_ENDS_60, Kind.GRANT_ENDS_14}), papers.tell_grants),
    (frozenset({Kind.REVIEW_DUE}), papers.tell_reviews),
    (frozenset(papers.FOLLOW_UPS), papers.tell_follow_ups),
    (frozenset({Kind.ALLOWANCE_LAPSING}), papers.tell_allowances),
    (frozenset({Kind.SLOT_UNCONFIRMED}), homes.tell_slots),
    (frozenset({Kind.INTENTION_DUE}), homes.tell_residents),
    (frozenset({Kind.CALENDAR_UNREADABLE}), homes.tell_calendars),
)


def tell(rows: Sequence[Notification]) -> Mapping[int, Told]:
    """What still holds for its reader, in words. The readers are asked for once, then each sort of subject once."""
    readers = Readers(rows)
    told: dict[int, Told] = {}
    for kinds, teller in TELLERS:
        if mine := [row for row in rows if row.kind in kinds]:
            told.update(teller(mine, readers))
    return told


def _event(
    kind: Kind, organization_kinds: tuple[OrganizationKind, ...], waits: Waits = Waits.NIGHT, may_be_off: bool = True
) -> Notice:
    """Somebody else has done something: rather told twice than lost."""
    return Notice(
        kind,
        tell,
        semantics=Semantics.AT_LEAST_ONCE,
        waits=waits,
        may_be_off=may_be_off,
        organization_kinds=organization_kinds,
    )


def _reminder(
    kind: Kind,
    organization_kinds: tuple[OrganizationKind, ...],
    waits: Waits = Waits.HOLIDAYS,
    default: Delivery = Delivery.MAIL,
) -> Notice:
    """Time has passed: rather not told than told twice."""
    return Notice(kind, tell, waits=waits, default=default, organization_kinds=organization_kinds)


NOTICES = (
    _event(Kind.REQUEST_ARRIVED, HOSTING_KINDS, may_be_off=False),
    _event(Kind.REQUEST_EXPIRED, EVERYBODY, Waits.HOLIDAYS),
    _event(Kind.SESSION_CONFIRMED, SUPPORTING, Waits.HOLIDAYS),
    _event(Kind.SESSION_DECLINED, SUPPORTING, Waits.HOLIDAYS),
    _event(Kind.SESSION_CANCELLED, EVERYBODY, may_be_off=False),
    _event(Kind.STOP_ASKED, EVERYBODY, Waits.NEVER, may_be_off=False),
    _event(Kind.REMARK_LEFT, EVERYBODY),
    _reminder(Kind.STAY_IN_7_DAYS, EVERYBODY),
    _reminder(Kind.STAY_TOMORROW, EVERYBODY, Waits.NIGHT),
    _reminder(Kind.OUTING_TOMORROW, SUPPORTING, Waits.NIGHT),
    _reminder(Kind.RECORD_MISSING, EVERYBODY, default=Delivery.DIGEST),
    _reminder(Kind.REVIEW_DUE, SUPPORTING, default=Delivery.DIGEST),
    _reminder(Kind.GRANT_ENDS_60, SUPPORTING, default=Delivery.DIGEST),
    _reminder(Kind.GRANT_ENDS_14, SUPPORTING),
    _reminder(Kind.ALLOWANCE_LAPSING, SUPPORTING, default=Delivery.DIGEST),
    _reminder(Kind.SLOT_UNCONFIRMED, HOSTING_KINDS),
    _reminder(Kind.INTENTION_DUE, (OrganizationKind.FACILITY,)),
    _reminder(Kind.FOLLOW_UP_30_DAYS, SUPPORTING),
    _reminder(Kind.FOLLOW_UP_6_MONTHS, SUPPORTING),
    _reminder(Kind.CALENDAR_UNREADABLE, EVERYBODY, default=Delivery.DIGEST),
)


def register() -> None:
    """Once, when the app is ready."""
    registry.register(*NOTICES)
    for planner in planners.PLANNERS:
        registry.plan_with(planner)
