"""What the queue runs. A task lost or run twice changes nothing: the truth is in our own rows."""

from calendars.services import feeds, refreshes
from transition.tasks import job


@job
def refresh_feeds() -> None:
    """Woken by a change that many calendars show; every minute while there is something left to do."""
    refreshes.run()


def sweep() -> None:
    """Once a minute."""
    feeds.revoke_of_former_members()
    if refreshes.is_due():
        refreshes.wake()
