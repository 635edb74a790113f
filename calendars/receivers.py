"""Listens to what happens below, inside the transaction in which it happens.

An event shows more than its session: when the home or the room is renamed or the person wishes to be called
otherwise, programs that already have the event must hear of it too.
"""

from collections.abc import Iterable
from typing import Any

from django.db.models.signals import post_save, pre_delete
from django.dispatch import receiver

from calendars import tasks
from calendars.services import feeds, refreshes
from programs.models import Home, Room, Session
from programs.signals import session_changed, swept
from transition.models import Membership, Person, User
from transition.signals import membership_ended


@receiver(session_changed, dispatch_uid="calendars.session_changed")
def session_changed_refreshes(session: Session, **kwargs: Any) -> None:
    refreshes.session_changed(session)


@receiver(pre_delete, sender=Session, dispatch_uid="calendars.session_deleted")
def session_deleted_moves(instance: Session, **kwargs: Any) -> None:
    refreshes.session_leaves(instance)


@receiver(post_save, sender=Home, dispatch_uid="calendars.home_saved")
def home_refreshes(instance: Home, created: bool, update_fields: Iterable[str] | None, **kwargs: Any) -> None:
    if not created and _may_concern(update_fields, "name", "area"):
        refreshes.renamed(home=instance)


@receiver(post_save, sender=Room, dispatch_uid="calendars.room_saved")
def room_refreshes(instance: Room, created: bool, update_fields: Iterable[str] | None, **kwargs: Any) -> None:
    if not created and _may_concern(update_fields, "name"):
        refreshes.renamed(room=instance)


@receiver(post_save, sender=Person, dispatch_uid="calendars.person_saved")
def person_refreshes(instance: Person, created: bool, update_fields: Iterable[str] | None, **kwargs: Any) -> None:
    if not created and _may_concern(update_fields, "called"):
        refreshes.renamed(person=instance)


@receiver(membership_ended, dispatch_uid="calendars.membership_ended")
def member_leaves(membership: Membership, by: User | None, **kwargs: Any) -> None:
    feeds.empty_of_member(user=membership.user, organization=membership.organization, by=by)


@receiver(swept, dispatch_uid="calendars.swept")
def sweep(**kwargs: Any) -> None:
    tasks.sweep()


def _may_concern(update_fields: Iterable[str] | None, *shown: str) -> bool:
    """Whether what events show was among the columns written."""
    return update_fields is None or not set(shown).isdisjoint(update_fields)
