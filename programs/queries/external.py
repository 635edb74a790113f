"""外の予定表: the list of a home's or one's own, and where busy times meet nights and hours."""

import datetime as dt
from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from itertools import pairwise

from django.db.models import QuerySet
from django.urls import reverse

from programs.domain.problems import Problem
from programs.enums import Enforcement, ReadProblem
from programs.models import BusyTime, ExternalCalendar, Home
from transition import clock
from transition.models import User

# When a night is not bound to a slot: from the usual check-in to the usual check-out.
EVENING, MORNING = dt.time(15, 0), dt.time(10, 0)
HOME_OUTSIDE = "home.outside"
# A reading that is older than this is worth a word.
STALE = dt.timedelta(hours=3)

HELP = {
    ReadProblem.ADDRESS: "この予定表を外して、公開されたアドレスを登録し直してください。",
    ReadProblem.UNREACHABLE: "アドレスが正しいか確かめてください。正しいときは、あとで自動で読み直します。",
    ReadProblem.TIMEOUT: "あとで自動で読み直します。続くときは、予定の少ない予定表にしてください。",
    ReadProblem.STATUS: "公開をやめたか、アドレスが変わったようです。新しいアドレスを登録し直してください。",
    ReadProblem.TOO_LARGE: "予定の少ない予定表を作って、そのアドレスを登録してください。",
    ReadProblem.TOO_MANY: "予定の少ない予定表を作って、そのアドレスを登録してください。",
    ReadProblem.NOT_ICAL: "ページのアドレスではなく、iCal形式（.ics）のアドレスを登録してください。",
}


@dataclass(frozen=True, slots=True)
class Line:
    """One calendar with what it holds and how reading goes."""

    calendar: ExternalCalendar
    coming: int
    now: dt.datetime

    @property
    def help(self) -> str:
        return HELP[ReadProblem(self.calendar.problem)] if self.calendar.problem else ""

    @property
    def is_old(self) -> bool:
        """What is shown was read a while ago."""
        good = self.calendar.good_at
        return good is not None and self.now - good > STALE


def lines(calendars: QuerySet[ExternalCalendar]) -> list[Line]:
    """Two queries, however many calendars. The address leaves this list only as its hint."""
    now = clock.now()
    rows = list(calendars)
    coming: dict[int, int] = defaultdict(int)
    for pk in BusyTime.objects.filter(calendar__in=rows, ends_at__gt=now).values_list("calendar", flat=True):
        coming[pk] += 1
    return [Line(row, coming[row.pk], now) for row in rows]


def page_of(calendar: ExternalCalendar) -> str:
    """The list in which it stands."""
    if calendar.home is not None:
        return reverse("programs:external-list", args=[calendar.home.public_id])
    return reverse("programs:own-external-list")


def busy_nights(homes: QuerySet[Home], first: dt.date, last: dt.date) -> dict[int, set[dt.date]]:
    """By home: the dates from `first` up to `last` whose night overlaps busy times. One query."""
    start, end = clock.at(first, EVENING), clock.at(last, MORNING)
    rows = BusyTime.objects.overlapping(start, end).filter(calendar__home__in=homes).order_by()
    found: dict[int, set[dt.date]] = defaultdict(set)
    dates = [first + dt.timedelta(days=number) for number in range((last - first).days + 1)]
    for home, starts_at, ends_at in rows.values_list("calendar__home", "starts_at", "ends_at"):
        found[home] |= {
            date
            for date, morning in pairwise(dates)
            if starts_at < clock.at(morning, MORNING) and ends_at > clock.at(date, EVENING)
        }
    return found


def home_note() -> Problem:
    """Told, never a reason to refuse: what stands there is the home's own business."""
    return Problem(
        HOME_OUTSIDE,
        "ホームの外の予定表では、この期間に予定が入っています。",
        enforcement=Enforcement.INFORM,
    )


def escort_notes(escorts: Iterable[User], starts_at: dt.datetime, ends_at: dt.datetime) -> list[Problem]:
    """Told of those whose own calendar elsewhere has something at this time. One query."""
    busy = set(
        BusyTime.objects.overlapping(starts_at, ends_at)
        .filter(calendar__user__in=[user.pk for user in escorts])
        .values_list("calendar__user", flat=True)
    )
    return [
        Problem(
            "escort.outside",
            f"{user.name}さんの外の予定表では、この時間に予定が入っています。",
            enforcement=Enforcement.INFORM,
        )
        for user in escorts
        if user.pk in busy
    ]
