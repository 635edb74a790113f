"""What time alone brings due, found in the rows themselves: nothing has to be moved when a session moves.

Each looks at a window of days, so that after an outage what is late is still told, as long as it makes sense, and
writes only what nobody has been told. Before the morning there is nothing to do.
"""

import datetime as dt
import functools
from collections.abc import Callable, Iterable, Sequence

from django.db.models import Q

from programs.domain.spans import DAY, anniversary_month, calendar_month
from programs.enums import HELD_STATES, FollowUpKind, ProgramKind, SessionKind, SessionState
from programs.models import Enrollment, FollowUp, Review, Session
from programs.notifications import homes, papers
from programs.notifications.recipients import Around, Circle, Members, staff
from programs.queries.limits import LimitBook
from programs.queries.today.supporting import is_unrecorded
from transition import clock
from transition.enums import NotificationKind as Kind
from transition.enums import OrganizationKind
from transition.models import Notification, Organization
from transition.services import occasions
from transition.services.occasions import Occasion
from transition.services.transactions import writing

MORNING = dt.time(9)
# What should have been told in the last days and was not, because nothing ran, is told late.
LATE = 7 * DAY
STAY_SOON = 7 * DAY
RECORD_AFTER = 2 * DAY
# No stay is longer; how far back one may have begun whose record is missing.
LONGEST_STAY = 62 * DAY
GRANT_DAYS = {Kind.GRANT_ENDS_60: 60, Kind.GRANT_ENDS_14: papers.LAST_GRANT_DAYS}
REVIEW_SOON = 7 * DAY
# How long before its day a look after a move is told: a visit can be made early, six months are over when they are.
FOLLOW_UPS = (
    (Kind.FOLLOW_UP_30_DAYS, FollowUpKind.VISIT_30_DAYS, 7 * DAY),
    (Kind.FOLLOW_UP_6_MONTHS, FollowUpKind.SIX_MONTHS, 0 * DAY),
)

Planner = Callable[[dt.datetime], int]


def each_morning(find: Callable[[dt.datetime, dt.date], Iterable[Occasion]]) -> Planner:
    """Writes what is found and new. Returns how many rows."""

    @functools.wraps(find)
    def planner(now: dt.datetime) -> int:
        if now.astimezone(clock.TOKYO).time() < MORNING:
            return 0
        rows = occasions.unwritten(find(now, clock.local_date(now)), now)
        if rows:
            _write(rows=rows)
        return len(rows)

    return planner


@writing
def _write(*, rows: Sequence[Notification]) -> None:
    occasions.write(rows)


@each_morning
def coming(now: dt.datetime, today: dt.date) -> list[Occasion]:
    """Stays within a week, stays and outings of tomorrow."""
    ahead = Session.objects.filter(
        Q(kind=SessionKind.STAY, state=SessionState.CONFIRMED)
        | ~Q(kind=SessionKind.STAY)
        & Q(
            state__in=(SessionState.CONFIRMED, SessionState.REQUESTED),
            starts_at__lt=clock.at(today + 2 * DAY, dt.time()),
        ),
        state__in=(SessionState.CONFIRMED, SessionState.REQUESTED),
        starts_at__gte=clock.at(today + DAY, dt.time()),
        starts_at__lt=clock.at(today + STAY_SOON + DAY, dt.time()),
    )
    sessions = list(ahead.select_related("person", "room__home"))
    if not sessions:
        return []
    around = Around(sessions, today)
    return [occasion for session in sessions if (occasion := _coming(session, around, today)) is not None]


@each_morning
def records(now: dt.datetime, today: dt.date) -> list[Occasion]:
    """What ended two days ago and is not written down."""
    over = ~Q(kind=SessionKind.STAY) & Q(state__in=(SessionState.CONFIRMED, SessionState.IN_PROGRESS))
    latest, earliest = now - RECORD_AFTER, now - RECORD_AFTER - LATE
    missing = Session.objects.filter(
        Q(state__in=HELD_STATES) | over,
        record__isnull=True,
        starts_at__gt=earliest - LONGEST_STAY,
        starts_at__lt=latest,
    )
    sessions = [
        session
        for session in missing.select_related("person", "room__home", "record")
        if earliest < (session.actual_ends_at or session.ends_at) <= latest and is_unrecorded(session, now)
    ]
    if not sessions:
        return []
    around = Around(sessions, today)
    return [
        Occasion(
            Kind.RECORD_MISSING,
            f"session:{session.public_id}",
            [*around.supporters(session), *around.home(session)],
            session,
            session.person,
        )
        for session in sessions
    ]


@each_morning
def grants(now: dt.datetime, today: dt.date) -> list[Occasion]:
    """Certificates that end in 60 and in 14 days."""
    windows = {kind: (today + days * DAY - LATE, today + days * DAY) for kind, days in GRANT_DAYS.items()}
    wanted = Q()
    for after, until in windows.values():
        wanted |= Q(ends_on__gt=after, ends_on__lte=until)
    ending = list(papers.last_grants().filter(wanted))
    if not ending:
        return []
    circle = Circle((grant.person_id for grant in ending), today)
    return [
        Occasion(
            kind,
            f"grant:{grant.public_id}:{grant.ends_on}",
            circle.of_person(grant.person_id),
            grant,
            grant.person,
            {"on": grant.ends_on.isoformat()},
        )
        for grant in ending
        for kind, (after, until) in windows.items()
        if after < grant.ends_on <= until
    ]


@each_morning
def reviews(now: dt.datetime, today: dt.date) -> list[Occasion]:
    """Reviews whose day is near."""
    due = Review.objects.filter(held_on=None, due_on__gt=today - LATE, due_on__lte=today + REVIEW_SOON)
    found = list(due.select_related("enrollment__person"))
    leading = _leading([review.enrollment for review in found])
    return [
        Occasion(
            Kind.REVIEW_DUE,
            f"review:{review.public_id}:{review.due_on}",
            leading(review.enrollment),
            review,
            review.enrollment.person,
            {"on": review.due_on.isoformat()},
        )
        for review in found
    ]


@each_morning
def follow_ups(now: dt.datetime, today: dt.date) -> list[Occasion]:
    """Looks after a move whose day is near, or has come."""
    wanted = Q()
    for _, which, before in FOLLOW_UPS:
        wanted |= Q(kind=which, due_on__gt=today - LATE, due_on__lte=today + before)
    due = FollowUp.objects.filter(wanted, done_on=None).select_related("outcome__enrollment__person")
    found = list(due)
    leading = _leading([one.outcome.enrollment for one in found])
    kinds = {str(which): kind for kind, which, _ in FOLLOW_UPS}
    return [
        Occasion(
            kinds[one.kind],
            f"enrollment:{one.outcome.enrollment.public_id}:{one.due_on}",
            leading(one.outcome.enrollment),
            one.outcome.enrollment,
            one.outcome.enrollment.person,
            {"on": one.due_on.isoformat()},
        )
        for one in found
    ]


@each_morning
def allowances(now: dt.datetime, today: dt.date) -> list[Occasion]:
    """Hours of the outing program that are lost when a month ends within a week."""
    running = Enrollment.objects.running(today).filter(program__kind=ProgramKind.OUTING)
    ending = [row for row in running.select_related("person", "program") if _month_ends_soon(row, today)]
    if not ending:
        return []
    circle = Circle((row.person_id for row in ending), today)
    book = LimitBook(row.person for row in ending)
    found = []
    for row in ending:
        left = papers.lapsing(book.account(row.person, row.program, today), today)
        if left is not None and left.expires_on is not None:
            on = left.expires_on.isoformat()
            reason = f"enrollment:{row.public_id}:{on}"
            members = circle.of_person(row.person_id)
            found.append(Occasion(Kind.ALLOWANCE_LAPSING, reason, members, row, row.person, {"on": on}))
    return found


@each_morning
def slots(now: dt.datetime, today: dt.date) -> list[Occasion]:
    """Rooms of which nobody has said for a month that they are still free; those of one home and day together."""
    stale = homes.unconfirmed(now)
    of = {key: found[0].room.home for key, found in stale.items()}
    members = staff(home.organization_id for home in of.values())
    return [
        Occasion(
            Kind.SLOT_UNCONFIRMED,
            f"home:{home_id}:{confirmed_on}",
            members.get(home.organization_id, []),
            home,
            data={"confirmed_on": confirmed_on},
        )
        for (home_id, confirmed_on), home in of.items()
    ]


@each_morning
def residents(now: dt.datetime, today: dt.date) -> list[Occasion]:
    """Once a month, whom a facility has to ask this month."""
    month = f"{today:%Y-%m}"
    facilities = {row.pk: row for row in Organization.objects.filter(kind=OrganizationKind.FACILITY)}
    due = homes.unasked(facilities, today)
    members = staff(due)
    return [
        Occasion(
            Kind.INTENTION_DUE,
            f"facility:{facilities[pk].public_id}:{month}",
            members.get(pk, []),
            facilities[pk],
            data={"month": month},
        )
        for pk in due
    ]


PLANNERS: tuple[Planner, ...] = (coming, records, grants, reviews, follow_ups, allowances, slots, residents)


def _coming(session: Session, around: Around, today: dt.date) -> Occasion | None:
    begins_on = session.check_in or clock.local_date(session.starts_at)
    kind, members = Kind.STAY_TOMORROW, [*around.supporters(session), *around.home(session)]
    if session.kind != SessionKind.STAY:
        kind, members = Kind.OUTING_TOMORROW, around.going(session)
    elif begins_on > today + DAY:
        kind = Kind.STAY_IN_7_DAYS
        # Who has just said yes, or heard it, needs no reminder.
        if session.changed_at >= clock.at(begins_on - STAY_SOON, MORNING):
            return None
    data = {"on": begins_on.isoformat()}
    return Occasion(kind, f"session:{session.public_id}:{begins_on}", members, session, session.person, data)


def _leading(enrollments: Sequence[Enrollment]) -> Callable[[Enrollment], Members]:
    """Who leads an enrollment, else everybody in its organization; one query."""
    members = staff({enrollment.organization_id for enrollment in enrollments})

    def of(enrollment: Enrollment) -> Members:
        everybody = members.get(enrollment.organization_id, [])
        return [member for member in everybody if member.user_id == enrollment.lead_id] or everybody

    return of


def _month_ends_soon(enrollment: Enrollment, today: dt.date) -> bool:
    """Whether a month of any limit may end within the days, without reading the limits."""
    last = today + papers.LAPSING_DAYS * DAY
    return min(calendar_month(today).end, anniversary_month(enrollment.starts_on, today).end) <= last
