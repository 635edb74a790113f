"""What the queue runs. A task lost or run twice changes nothing: the truth is in our own rows."""

from programs.services import sessions
from programs.signals import swept


def sweep() -> None:
    """Once a minute: let requests past their deadline expire, and tell the apps above that it is time."""
    sessions.expire_requests()
    swept.send_robust(sender=None)
