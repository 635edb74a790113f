"""The words of what a home or a facility keeps up to date: free rooms, residents to be asked, calendars elsewhere."""

import datetime as dt
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence

from django.db.models import OuterRef, Q, Subquery
from django.urls import reverse

from programs.domain.spans import calendar_month
from programs.models import ExternalCalendar, Slot
from programs.notifications import words
from programs.notifications.events import FAILURES_TOLD
from programs.notifications.recipients import Readers
from programs.queries.external import page_of
from transition import clock
from transition.enums import OrganizationKind, Residence
from transition.models import IntentionCheck, Notification, SupportLink
from transition.notifications import Told

# Of a resident who has never been asked, in place of a day.
NEVER = dt.date.min


def unasked(organizations: Iterable[int | str], today: dt.date) -> dict[int, list[dt.date]]:
    """By facility the days on which its residents are to be asked, until the end of this month; one query.

    As in the register: only a facility's own askings count.
    """
    checks = IntentionCheck.objects.filter(person=OuterRef("person"), organization=OuterRef("organization"))
    links = (
        SupportLink.objects.on(today)
        .filter(
            organization__in=set(organizations),
            organization__kind=OrganizationKind.FACILITY,
            person__residence=Residence.FACILITY,
        )
        .annotate(next_on=Subquery(checks.order_by("-asked_on", "-pk").values("next_on")[:1]))
        .filter(Q(next_on=None) | Q(next_on__lte=calendar_month(today).end))
    )
    found: dict[int, dict[int, dt.date]] = defaultdict(dict)
    for organization_id, person_id, next_on in links.values_list("organization", "person", "next_on"):
        found[organization_id][person_id] = next_on or NEVER
    return {organization_id: list(days.values()) for organization_id, days in found.items()}


def unconfirmed(now: dt.datetime) -> dict[tuple[str, str], list[Slot]]:
    """Slots that nobody has confirmed for long, by home and by the day on which somebody last did; one query."""
    found: dict[tuple[str, str], list[Slot]] = defaultdict(list)
    slots = Slot.objects.unconfirmed(now).select_related("room__home")
    for slot in slots.order_by("starts_on", "pk"):
        found[str(slot.room.home.public_id), clock.local_date(slot.confirmed_at).isoformat()].append(slot)
    return found


def tell_slots(rows: Sequence[Notification], readers: Readers) -> Mapping[int, Told]:
    """One query. The subject is the home: its slots of one day are told together."""
    stale = unconfirmed(clock.now())
    told = {}
    for row in rows:
        slots = stale.get((row.subject_id, row.data.get("confirmed_on", "")), [])
        if slots and readers.works_for(row.user_id, slots[0].room.home.organization_id):
            told[row.pk] = _slots(slots)
    return told


def tell_residents(rows: Sequence[Notification], readers: Readers) -> Mapping[int, Told]:
    """One query. The subject is the facility, told once a month."""
    today = clock.today()
    mine = [row for row in rows if row.organization_id and readers.works_for(row.user_id, row.organization_id)]
    days = unasked({row.organization_id for row in mine if row.organization_id}, today)
    return {
        row.pk: _residents(days[row.organization_id], today)
        for row in mine
        if row.organization_id in days and row.data.get("month") == f"{today:%Y-%m}"
    }


def tell_calendars(rows: Sequence[Notification], readers: Readers) -> Mapping[int, Told]:
    """One query."""
    silent = ExternalCalendar.objects.current().filter(
        public_id__in={row.subject_id for row in rows}, failures__gte=FAILURES_TOLD
    )
    calendars = {str(calendar.public_id): calendar for calendar in silent.select_related("home")}
    told = {}
    for row in rows:
        calendar = calendars.get(row.subject_id)
        if calendar is not None and _keeps(readers, row.user_id, calendar):
            told[row.pk] = _calendar(calendar)
    return told


def _slots(slots: list[Slot]) -> Told:
    """One slot leads to its own page, with one button; several to the list in which each has one."""
    slot, count = slots[0], len(slots)
    rooms = "、".join(dict.fromkeys(one.room.name for one in slots))
    if count == 1:
        url = reverse("programs:slot-detail", args=[slot.public_id])
    else:
        url = f"{reverse('programs:today')}?section=slots"
    return Told(
        subject="体験枠は、まだ空いていますか",
        summary=f"{slot.FRESH_DAYS}日よりながく確かめていない枠が{count}件あります。ひと押しで「まだ空いています」と伝えられます。",
        url=url,
        action="まだ空いているか答える",
        detail=f"{slot.room.home.name} {rooms}",
    )


def _residents(days: list[dt.date], today: dt.date) -> Told:
    late = sum(day < today for day in days)
    also = f"そのうち、まだ聞いていない方と期限がすぎた方が{late}人です。" if late else ""
    return Told(
        subject="意向確認の時期です",
        summary=f"{today.month}月中に、これからどこでくらしたいかを聞く方が{len(days)}人います。{also}",
        url=f"{reverse('programs:intention-list')}?show=due",
        action="一覧を見る",
    )


def _calendar(calendar: ExternalCalendar) -> Told:
    last = (
        f"最後に読めたのは{words.moment(calendar.good_at)}です。" if calendar.good_at else "まだ一度も読めていません。"
    )
    return Told(
        subject="ほかのカレンダーが読めません",
        summary=f"続けて{calendar.failures}回読めませんでした。{last}そのあとの予定は、こちらに出ません。",
        url=page_of(calendar),
        action="アドレスを確かめる",
        detail=f"{calendar.label}・{calendar.get_problem_display()}",
    )


def _keeps(readers: Readers, user_id: int, calendar: ExternalCalendar) -> bool:
    if calendar.home is not None:
        return readers.works_for(user_id, calendar.home.organization_id)
    return calendar.user_id == user_id and readers.works_somewhere(user_id)
