"""What the queue runs. A task lost or run twice changes nothing: the truth is in our own rows."""

from programs.services import sessions


def sweep() -> None:
    """Once a minute: let requests past their deadline expire."""
    sessions.expire_requests()
