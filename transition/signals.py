"""What the apps above may listen to. Sent inside the transaction of the change itself."""

from django.dispatch import Signal

# consent: the transition.models.Consent that was withdrawn; by: who wrote it down.
consent_withdrawn = Signal()
# membership: the transition.models.Membership that has just ended; by: who ended it, or None.
membership_ended = Signal()
