"""What the queue runs. A task lost or run twice changes nothing: the truth is in our own rows."""

from programs.services import deliveries, external, sessions
from programs.signals import swept
from transition.tasks import each, job


@job
def sweep() -> None:
    """Once a minute: let requests past their deadline expire, and tell the apps above that it is time."""
    each(sessions.expire_requests, external.wake_if_due, deliveries.wake_if_due, tell_above)


def tell_above() -> None:
    swept.send_robust(sender=None)


@job
def deliver_webhooks() -> None:
    """Woken by what other systems are to be told, and by the sweep while something waits: calling takes seconds."""
    deliveries.deliver_due()


@job
def read_external_calendars() -> None:
    """Woken by the sweep while a calendar elsewhere is due: reading takes seconds, and the sweep does not wait."""
    external.read_due()
