"""What a person decides about mails that did not go out, or of which nobody knows."""

from transition.enums import NotificationState
from transition.models import Notification, User
from transition.services import audit
from transition.services.transactions import RequestKey, lock, writing
from transition.services.waking import wake_for

UNSETTLED = (NotificationState.FAILED, NotificationState.UNCERTAIN)


@writing
def resend(*, notification: Notification, by: User, key: RequestKey | None = None) -> Notification:
    """It goes out again, under the same Message-ID. What is settled by now is left as it is."""
    (notification,) = lock(Notification, [notification.pk])
    if notification.state in UNSETTLED:
        notification.state, notification.tries, notification.failure = NotificationState.NEW, 0, ""
        notification.save(update_fields=["state", "tries", "failure"])
        audit.record("notification.resend", notification, by=by)
        wake_for(None)
    return notification


@writing
def let_be(*, notification: Notification, by: User, key: RequestKey | None = None) -> Notification:
    """It is good as it is: it stays in the inbox, and no mail follows."""
    (notification,) = lock(Notification, [notification.pk])
    if notification.state in UNSETTLED:
        notification.state = NotificationState.UNMAILED
        notification.save(update_fields=["state"])
        audit.record("notification.let_be", notification, by=by)
    return notification
