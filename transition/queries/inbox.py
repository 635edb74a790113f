"""What stands in a user's inbox, in words, and how the user hears of each kind of thing."""

import datetime as dt
from collections.abc import Iterable
from dataclasses import dataclass

from django.db.models import BooleanField, Count, ExpressionWrapper, OuterRef, Q, QuerySet, Subquery
from django.db.models.functions import Coalesce

from transition.enums import NotificationKind, NotificationState
from transition.models import Notification, User
from transition.notifications import Notice, Told, registry

# What became of a mail that may not have come.
MAIL_WORDS: dict[str, str] = {
    NotificationState.FAILED: "メールは送れませんでした。",
    NotificationState.UNCERTAIN: "メールが届いたか分かりません。",
}
# Every kind has its place; what nobody can choose about (DIGEST) has none.
GROUPS: tuple[tuple[str, tuple[NotificationKind, ...]], ...] = (
    (
        "申込と返事",
        (
            NotificationKind.REQUEST_ARRIVED,
            NotificationKind.REQUEST_EXPIRED,
            NotificationKind.SESSION_CONFIRMED,
            NotificationKind.SESSION_DECLINED,
            NotificationKind.SESSION_CANCELLED,
        ),
    ),
    ("本人と家族の声", (NotificationKind.STOP_ASKED, NotificationKind.REMARK_LEFT)),
    (
        "予定の前",
        (NotificationKind.STAY_IN_7_DAYS, NotificationKind.STAY_TOMORROW, NotificationKind.OUTING_TOMORROW),
    ),
    (
        "記録と振り返り",
        (
            NotificationKind.RECORD_MISSING,
            NotificationKind.REVIEW_DUE,
            NotificationKind.INTENTION_DUE,
            NotificationKind.FOLLOW_UP_30_DAYS,
            NotificationKind.FOLLOW_UP_6_MONTHS,
        ),
    ),
    (
        "期限",
        (
            NotificationKind.GRANT_ENDS_60,
            NotificationKind.GRANT_ENDS_14,
            NotificationKind.ALLOWANCE_LAPSING,
            NotificationKind.SLOT_UNCONFIRMED,
            NotificationKind.FEED_ENDING,
        ),
    ),
    (
        "つながりと点検",
        (NotificationKind.CALENDAR_UNREADABLE, NotificationKind.WEBHOOK_DISABLED, NotificationKind.CONSISTENCY),
    ),
)


@dataclass(frozen=True, slots=True)
class Row:
    """One notification of the list. `told` is None when it does not hold any more, or not for this reader."""

    notification: Notification
    told: Told | None
    mail: str


def unread_count(user: User, now: dt.datetime) -> int:
    return Notification.objects.visible_to(user).shown(now).unread().count()


def unread_of(user: str, now: dt.datetime) -> Coalesce:
    """The same number, for the user in that column of another query."""
    unread = Notification.objects.visible_to(OuterRef(user)).shown(now).unread().order_by()
    return Coalesce(Subquery(unread.values("user").annotate(count=Count("pk")).values("count")), 0)


def reader(user_id: int, now: dt.datetime) -> tuple[User, int] | None:
    """A user who may sign in and the number of what is unread, in one query."""
    user = User.objects.filter(pk=user_id, is_active=True).annotate(unread=unread_of("pk", now)).first()
    return (user, user.unread) if user else None


def inbox(user: User, now: dt.datetime, *, only_unread: bool = False) -> QuerySet[Notification]:
    """What nobody has read yet first, each from the newest."""
    mine = Notification.objects.visible_to(user).shown(now).select_related("organization", "bundle")
    if only_unread:
        return mine.unread()
    return mine.order_by(ExpressionWrapper(Q(read_at=None), BooleanField()).desc(), "-due_at", "-pk")


def rows(notifications: Iterable[Notification]) -> list[Row]:
    """With their words; each kind looks up its own all at once."""
    found = list(notifications)
    told = registry.tell(found)
    return [Row(one, told.get(one.pk), MAIL_WORDS.get(_mail_state(one), "")) for one in found]


def notices_by_group(user: User, kinds_of_organization: Iterable[str]) -> list[tuple[str, list[Notice]]]:
    """What somebody who works in these kinds of organization may be told of; the administrator also of what is told
    to no organization. Empty groups are left out."""
    kinds = set(kinds_of_organization)
    found = []
    for title, members in GROUPS:
        notices = [registry.notices[kind] for kind in members if kind in registry.notices]
        mine = [
            notice
            for notice in notices
            if kinds & set(notice.organization_kinds) or (user.is_superuser and not notice.organization_kinds)
        ]
        if mine:
            found.append((title, mine))
    return found


def _mail_state(notification: Notification) -> str:
    """Of the mail that tells it, which may be a bundle."""
    return notification.bundle.state if notification.bundle else notification.state
