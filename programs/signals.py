"""What the apps above may listen to. Sent inside the transaction of the change itself."""

from django.dispatch import Signal

# session: the programs.models.Session that was made or changed.
session_changed = Signal()
# slots: the programs.models.Slot that were published together.
slot_published = Signal()
# Once a minute, from the queue.
swept = Signal()
