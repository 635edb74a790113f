"""The words of what comes due around a person: certificates, reviews, looks after a move, hours that lapse."""

import datetime as dt
from collections.abc import Callable, Mapping, Sequence
from typing import TypeVar

from django.db.models import Exists, OuterRef, QuerySet
from django.urls import reverse

from programs.domain import wording
from programs.domain.allowances import Allowance
from programs.domain.limits import Account
from programs.enums import Enforcement, FollowUpKind, Window
from programs.models import Enrollment, FollowUp, Review
from programs.notifications import words
from programs.notifications.recipients import Readers
from programs.queries.limits import LimitBook
from programs.queries.today.lapsing import MONTHS
from programs.queries.today.parts import person_url
from transition import clock
from transition.enums import NotificationKind as Kind
from transition.models import Grant, Notification
from transition.models.base import PublicId
from transition.notifications import Told

P = TypeVar("P", bound=PublicId)

LAST_GRANT_DAYS = 14
FOLLOW_UPS = {
    Kind.FOLLOW_UP_30_DAYS: FollowUpKind.VISIT_30_DAYS,
    Kind.FOLLOW_UP_6_MONTHS: FollowUpKind.SIX_MONTHS,
}
# The last days of a month, while an outing can still be planned in it.
LAPSING_DAYS = 7


def last_grants() -> QuerySet[Grant]:
    """Those that no later one of the same service follows."""
    later = Grant.objects.filter(
        person=OuterRef("person"), service=OuterRef("service"), ends_on__gt=OuterRef("ends_on")
    )
    return Grant.objects.filter(~Exists(later)).select_related("person")


def lapsing(account: Account, today: dt.date) -> Allowance | None:
    """What is left of a month that ends within LAPSING_DAYS days; None where another limit is full, as nothing can be
    used then."""
    allowances = [row for row in account.allowances(today) if row.rule.window != Window.STAY]
    if any(row.remaining == 0 for row in allowances if row.rule.enforcement != Enforcement.INFORM):
        return None
    last = today + dt.timedelta(days=LAPSING_DAYS)
    soon = [
        (row.expires_on, row.remaining, row)
        for row in allowances
        if row.remaining and row.rule.window in MONTHS and row.expires_on and today <= row.expires_on <= last
    ]
    return min(soon, key=lambda found: found[:2])[2] if soon else None


def tell_grants(rows: Sequence[Notification], readers: Readers) -> Mapping[int, Told]:
    """One query."""
    today = clock.today()
    grants = _by_id(rows, last_grants)
    return _told(rows, lambda row: _grant(row, grants.get(row.subject_id), readers, today))


def tell_reviews(rows: Sequence[Notification], readers: Readers) -> Mapping[int, Told]:
    """One query."""
    reviews = _by_id(
        rows, lambda: Review.objects.filter(held_on=None).select_related("enrollment__person", "enrollment__program")
    )
    return _told(rows, lambda row: _review(row, reviews.get(row.subject_id), readers))


def tell_follow_ups(rows: Sequence[Notification], readers: Readers) -> Mapping[int, Told]:
    """One query. The subject is the enrollment."""
    open_ones = FollowUp.objects.filter(
        done_on=None, outcome__enrollment__public_id__in={row.subject_id for row in rows}
    )
    of_enrollments = {
        (str(one.outcome.enrollment.public_id), one.kind): one
        for one in open_ones.select_related("outcome__enrollment__person", "outcome__enrollment__program")
    }
    return _told(
        rows, lambda row: _follow_up(row, of_enrollments.get((row.subject_id, FOLLOW_UPS[Kind(row.kind)])), readers)
    )


def tell_allowances(rows: Sequence[Notification], readers: Readers) -> Mapping[int, Told]:
    """Six queries."""
    today = clock.today()
    enrollments = _by_id(rows, lambda: Enrollment.objects.running(today).select_related("person", "program"))
    book = LimitBook(enrollment.person for enrollment in enrollments.values())
    return _told(rows, lambda row: _allowance(row, enrollments.get(row.subject_id), book, readers, today))


def _grant(row: Notification, grant: Grant | None, readers: Readers, today: dt.date) -> Told | None:
    if grant is None or not _is_for(row, grant.ends_on) or not readers.sees(row.user_id, grant.person):
        return None
    left = (grant.ends_on - today).days
    # Told once more two weeks before, and not twice on that day.
    if left < 0 or (row.kind == Kind.GRANT_ENDS_60 and left <= LAST_GRANT_DAYS):
        return None
    until = f"あと{left}日です。" if left else "きょうまでです。"
    return Told(
        subject=f"支給決定が{words.day(grant.ends_on)}に終わります",
        summary=f"{until}続けて使うときは、更新の手続きがいります。新しい支給決定が出たら、登録してください。",
        url=person_url(grant.person, "grant-create"),
        action="新しい支給決定を登録する",
        detail=f"{grant.person.name}さん・{grant.get_service_display()}",
    )


def _review(row: Notification, review: Review | None, readers: Readers) -> Told | None:
    if review is None or not _is_for(row, review.due_on) or not readers.keeps(row.user_id, review.enrollment):
        return None
    enrollment = review.enrollment
    return Told(
        subject="振り返りの時期です",
        summary=f"予定の日は{words.day(review.due_on)}です。本人といっしょに、できたことと、これからを話してください。",
        url=reverse("programs:review-hold", args=[enrollment.public_id, review.month]),
        action="振り返る",
        detail=f"{enrollment.person.name}さん・{enrollment.program.name}・{review.month}か月の振り返り",
    )


def _follow_up(row: Notification, found: FollowUp | None, readers: Readers) -> Told | None:
    if found is None or not _is_for(row, found.due_on):
        return None
    enrollment = found.outcome.enrollment
    if not readers.keeps(row.user_id, enrollment):
        return None
    if found.kind == FollowUpKind.VISIT_30_DAYS:
        subject = "引っこしのあとの訪問の時期です"
        summary = f"{words.day(found.due_on)}までに訪ねて、ようすを書いてください。"
    else:
        subject = "引っこしから6か月です"
        summary = f"{words.day(found.due_on)}で6か月です。いまもくらしているかを確かめて、書いてください。"
    return Told(
        subject=subject,
        summary=summary,
        url=reverse("programs:follow-up-record", args=[enrollment.public_id, found.kind]),
        action="記録する",
        detail=f"{enrollment.person.name}さん・{enrollment.program.name}・{found.get_kind_display()}",
    )


def _allowance(
    row: Notification, enrollment: Enrollment | None, book: LimitBook, readers: Readers, today: dt.date
) -> Told | None:
    if enrollment is None or not readers.sees(row.user_id, enrollment.person):
        return None
    left = lapsing(book.account(enrollment.person, enrollment.program, today), today)
    if left is None or left.expires_on is None or not _is_for(row, left.expires_on):
        return None
    amount = wording.amount(left.unit, left.remaining)
    assumed = wording.ASK_MUNICIPALITY if left.rule.assumed else ""
    return Told(
        subject=f"{words.day(left.expires_on)}で使えなくなる分があります",
        summary=f"あと{amount}残っています。使わなかった分は、次の月にくりこせません。{assumed}",
        url=reverse("programs:planner", args=[enrollment.public_id]),
        action="計画する",
        detail=f"{enrollment.person.name}さん・{enrollment.program.name}",
    )


def _is_for(row: Notification, date: dt.date) -> bool:
    """Still due on the day for which it was written."""
    return bool(row.data.get("on") == date.isoformat())


def _by_id(rows: Sequence[Notification], among: Callable[[], QuerySet[P]]) -> dict[str, P]:
    found = among().filter(public_id__in={row.subject_id for row in rows})
    return {str(one.public_id): one for one in found}


def _told(rows: Sequence[Notification], tell: Callable[[Notification], Told | None]) -> Mapping[int, Told]:
    return {row.pk: told for row in rows if (told := tell(row)) is not None}
