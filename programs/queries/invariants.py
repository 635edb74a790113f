"""What can only be otherwise by a fault: nights, histories and limits. Each asks a bounded number of queries, whatever
there is, and gives the public ids of at most as many rows as asked for."""

import datetime as dt
from collections.abc import Sequence

from django.db.models import Count, F, Max, Min, OuterRef, Q, QuerySet, Subquery

from programs.enums import COUNTING_STATES, PLANNED_STATES, Enforcement, NightUse, SessionKind
from programs.models import Override, Session, SessionEvent
from programs.queries.limits import LimitBook, use_of
from transition import clock
from transition.models import Person
from transition.nightly import Invariant

# Of so many people, those whose sessions changed last, limits are counted anew each night.
MOST_PEOPLE = 300


def nights_of_the_dead(most: int) -> Sequence[str]:
    """Nights held by stays that do not take place."""
    held = Session.objects.exclude(state__in=COUNTING_STATES).filter(room_nights__isnull=False)
    return _ids(held.distinct(), most)


def nights_unlike_the_stay(most: int) -> Sequence[str]:
    """Planned stays whose nights are not those from check-in to check-out, in their room, of their person."""
    stays = Session.objects.filter(kind=SessionKind.STAY, state__in=PLANNED_STATES).annotate(
        held=Count("room_nights", filter=Q(room_nights__room=F("room"), room_nights__person=F("person"))),
        every=Count("room_nights"),
        first=Min("room_nights__date"),
        last=Max("room_nights__date"),
    )
    found = []
    for stay in stays.order_by("pk").iterator(chunk_size=1_000):
        whole = (stay.nights, stay.nights, stay.check_in, stay.check_out and stay.check_out - dt.timedelta(days=1))
        if (stay.held, stay.every, stay.first, stay.last) != whole:
            found.append(str(stay.public_id))
            if len(found) == most:
                break
    return found


def nights_outside_the_stay(most: int) -> Sequence[str]:
    """Nights of stays that took place, outside of their dates."""
    outside = Q(room_nights__date__lt=F("check_in")) | Q(room_nights__date__gte=F("check_out"))
    stays = Session.objects.filter(kind=SessionKind.STAY, room_nights__use=NightUse.STAY)
    return _ids(stays.filter(outside).distinct(), most)


def states_without_history(most: int) -> Sequence[str]:
    """Sessions whose state is not the one that their history ends with."""
    events = SessionEvent.objects.filter(session=OuterRef("pk")).order_by("-pk")
    sessions = Session.objects.annotate(told=Subquery(events.values("state")[:1]))
    return _ids(sessions.filter(Q(told=None) | ~Q(told=F("state"))), most)


def limits_without_decision(most: int) -> Sequence[str]:
    """Coming sessions with which a limit is passed that nobody decided to pass, for this person."""
    today = clock.today()
    coming = Session.objects.filter(state__in=PLANNED_STATES, ends_at__gt=clock.now())
    last = Person.objects.filter(sessions__in=coming).annotate(changed=Max("sessions__changed_at"))
    people = list(last.order_by("-changed", "pk")[:MOST_PEOPLE])
    book = LimitBook(people)
    decided = set(Override.objects.filter(session__person__in=people).values_list("session__person", "limit"))
    found = []
    for session in coming.filter(person__in=people).select_related("person", "program").order_by("pk"):
        account = book.account(session.person, session.program, clock.local_date(session.starts_at))
        for problem in account.check(use_of(session), today):
            passed = problem.limit_id is not None and problem.enforcement != Enforcement.INFORM
            if passed and (session.person_id, problem.limit_id) not in decided:
                found.append(str(session.public_id))
                break
        if len(found) == most:
            break
    return found


def _ids(sessions: QuerySet[Session], most: int) -> list[str]:
    return [str(one) for one in sessions.order_by("pk").values_list("public_id", flat=True)[:most]]


INVARIANTS = (
    Invariant("nights.dead", "行われない体験が、居室の夜を押さえています。", nights_of_the_dead),
    Invariant("nights.unlike", "お泊まりの日にちと、押さえている夜が合いません。", nights_unlike_the_stay),
    Invariant("nights.outside", "お泊まりの日にちの外に、押さえた夜があります。", nights_outside_the_stay),
    Invariant("sessions.history", "体験の状態と、履歴の最後が合いません。", states_without_history),
    Invariant("limits.undecided", "判断の記録がないまま、上限をこえる予定があります。", limits_without_decision),
)
