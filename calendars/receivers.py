"""Listens to what happens below, inside the transaction in which it happens.

An event shows more than its session: when the home is renamed or the person wishes to be called otherwise,
programs that already have the event must hear of it too.
"""

from typing import Any

from django.db.models.signals import post_save
from django.dispatch import receiver

from calendars.services import fragments
from programs.models import Home, Session
from programs.signals import session_changed
from transition.models import Person


@receiver(session_changed, dispatch_uid="calendars.session_changed")
def session_changed_refreshes(session: Session, **kwargs: Any) -> None:
    fragments.refresh(Session.objects.filter(pk=session.pk))


@receiver(post_save, sender=Home, dispatch_uid="calendars.home_saved")
def home_refreshes(instance: Home, created: bool, **kwargs: Any) -> None:
    if not created:
        fragments.refresh_for(Session.objects.filter(room__home=instance))


@receiver(post_save, sender=Person, dispatch_uid="calendars.person_saved")
def person_refreshes(instance: Person, created: bool, **kwargs: Any) -> None:
    if not created:
        fragments.refresh_for(Session.objects.filter(person=instance))
