"""What somebody does with what they were told: read it, and choose how to hear of such things from now on."""

import datetime as dt
from collections.abc import Mapping

from django.core.exceptions import ValidationError

from transition import clock
from transition.enums import Delivery, NotificationKind, NotificationState
from transition.models import Notification, NotificationChoice, Pulse, User
from transition.notifications import Notice, registry
from transition.services import audit, pulses
from transition.services.transactions import RequestKey, lock, writing

TIDIED = "inbox"
TIDY_EVERY = dt.timedelta(minutes=10)
MOST_TIDIED = 2_000
# Just being sent, or done with.
UNTIDY = (NotificationState.SENDING, NotificationState.OBSOLETE)


@writing
def mark_read(*, notification: Notification, by: User, key: RequestKey | None = None) -> Notification:
    """Again changes nothing: the first moment counts."""
    (notification,) = lock(Notification, [notification.pk])
    if notification.read_at is None:
        notification.read_at = clock.now()
        notification.save(update_fields=["read_at"])
        audit.record("notification.read", notification, by=by)
    return notification


@writing
def mark_all_read(*, by: User, key: RequestKey | None = None) -> None:
    """Everything that stands in the inbox now; what is still to come stays unread."""
    lock(User, [by.pk])
    now = clock.now()
    count = Notification.objects.visible_to(by).shown(now).unread().update(read_at=now)
    if count:
        audit.record("notification.read_all", by, by=by, count=count)


@writing
def choose(*, kind: str, delivery: str, by: User, key: RequestKey | None = None) -> NotificationChoice:
    """How the user hears of one kind from now on.

    Raises ValidationError for a kind that nobody can choose about, and for OFF where somebody must hear of it.
    """
    lock(User, [by.pk])
    return _choose(kind, delivery, by)


@writing
def choose_several(*, deliveries: Mapping[str, str], by: User, key: RequestKey | None = None) -> None:
    """A whole page of choices at once, by kind. What is already so, also by default, is not written down."""
    lock(User, [by.pk])
    chosen = dict(by.notification_choices.values_list("kind", "delivery"))
    for kind, delivery in deliveries.items():
        if delivery != chosen.get(kind, _notice(kind).default):
            _choose(kind, delivery, by)


def tidy_if_due() -> None:
    """Every few minutes, whether mails may go out or not."""
    now = clock.now()
    if not Pulse.objects.filter(name=TIDIED, at__gt=now - TIDY_EVERY).exists():
        pulses.beat(TIDIED)
        tidy()


def tidy() -> int:
    """Unread notifications that do not hold any more ring for nobody: told to nobody yet, they are obsolete; told
    already, they count as read. How many."""
    now = clock.now()
    unread = Notification.objects.unread().filter(due_at__lte=now).exclude(state__in=UNTIDY)
    found = list(unread.exclude(kind=NotificationKind.DIGEST).order_by("pk")[:MOST_TIDIED])
    told = registry.tell(found)
    over = [row.pk for row in found if row.pk not in told and row.kind in registry.notices]
    return _let_go(ids=over)


@writing
def _let_go(*, ids: list[int]) -> int:
    rows = Notification.objects.filter(pk__in=ids, read_at=None)
    rows.filter(state=NotificationState.NEW).update(state=NotificationState.OBSOLETE)
    return rows.update(read_at=clock.now())


def _choose(kind: str, delivery: str, by: User) -> NotificationChoice:
    notice = _notice(kind)
    if delivery not in Delivery.values:
        raise ValidationError({"delivery": "受け取り方を選んでください。"})
    if delivery == Delivery.OFF and not notice.may_be_off:
        raise ValidationError(
            {"delivery": "このお知らせは止められません。メールがいらないときは「画面だけ」を選んでください。"}
        )
    choice, _ = NotificationChoice.objects.update_or_create(user=by, kind=kind, defaults={"delivery": delivery})
    audit.record("notification.choose", by, by=by, kind=kind, delivery=delivery)
    return choice


def _notice(kind: str) -> Notice:
    """Raises ValidationError unless one can choose how to hear of this kind."""
    notice = registry.notices.get(kind)
    if notice is None or kind == NotificationKind.DIGEST:
        raise ValidationError({"kind": "この種類のお知らせは選べません。"})
    return notice
