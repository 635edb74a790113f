"""What programs do when something changes below."""

from collections.abc import Sequence
from typing import Any

from django.contrib.auth.signals import user_logged_in
from django.dispatch import receiver
from django.http import HttpRequest

from programs.models import Session, Slot
from programs.services import deliveries, photos
from programs.signals import session_changed, slot_published
from transition.enums import ConsentKind
from transition.models import Consent, User
from transition.services.links import SESSION_KEY
from transition.signals import consent_withdrawn


@receiver(consent_withdrawn)
def forget_photos(sender: type[Consent], consent: Consent, by: User, **kwargs: Any) -> None:
    """Who does not agree to photos any more has none. In the transaction of the withdrawal itself."""
    if consent.kind == ConsentKind.PHOTO:
        photos.remove_all(person=consent.person, by=by)


@receiver(session_changed, dispatch_uid="programs.tell_of_session")
def tell_of_session(session: Session, **kwargs: Any) -> None:
    """Other systems that want to hear of it. In the transaction of the change itself."""
    deliveries.session_changed(session)


@receiver(slot_published, dispatch_uid="programs.tell_of_slots")
def tell_of_slots(slots: Sequence[Slot], **kwargs: Any) -> None:
    deliveries.slots_published(slots)


@receiver(user_logged_in)
def end_like_any_sign_in(sender: type[User], request: HttpRequest, **kwargs: Any) -> None:
    """A sign-in lasts as long as any other, also in a browser that came in through a personal link."""
    if SESSION_KEY in request.session:
        request.session.set_expiry(None)
