"""What programs do when something changes below."""

from typing import Any

from django.dispatch import receiver

from programs.services import photos
from transition.enums import ConsentKind
from transition.models import Consent, User
from transition.signals import consent_withdrawn


@receiver(consent_withdrawn)
def forget_photos(sender: type[Consent], consent: Consent, by: User, **kwargs: Any) -> None:
    """Who does not agree to photos any more has none. In the transaction of the withdrawal itself."""
    if consent.kind == ConsentKind.PHOTO:
        photos.remove_all(person=consent.person, by=by)
