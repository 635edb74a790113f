"""What somebody does with what they were told: read it, and choose how to hear of such things from now on."""

from collections.abc import Mapping

from django.core.exceptions import ValidationError

from transition import clock
from transition.enums import Delivery, NotificationKind
from transition.models import Notification, NotificationChoice, User
from transition.notifications import Notice, registry
from transition.services import audit
from transition.services.transactions import RequestKey, lock, writing


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
