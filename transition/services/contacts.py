"""連絡先 around a person: added, changed, and no longer used; never deleted."""

from typing import Any

from django.core.exceptions import ValidationError
from django.db.models import Max

from transition import clock
from transition.domain.card import MOST_CONTACTS
from transition.domain.phones import normalize_phone, phone_problem
from transition.models import Contact, Person, User
from transition.services import audit
from transition.services.transactions import RequestKey, lock, writing


@writing
def add(*, person: Person, by: User, key: RequestKey | None = None, **details: Any) -> Contact:
    """`details` are fields of Contact. Raises ValidationError for what makes no sense."""
    [person] = lock(Person, [person.pk])
    last = Contact.objects.filter(person=person).aggregate(last=Max("order"))["last"]
    contact = Contact(person=person, order=0 if last is None else last + 1, **details)
    _check(contact)
    contact.save()
    audit.record("contact.add", contact, by=by, on_card=contact.on_card)
    return contact


@writing
def change(*, contact: Contact, by: User, key: RequestKey | None = None, **details: Any) -> Contact:
    """Put it into other words; one that is no longer used stays as it was."""
    contact = _locked(contact)
    if contact.retired_at is not None:
        raise ValidationError("この連絡先は、もう使わないことになっています。")
    before = {name: getattr(contact, name) for name in details}
    for name, value in details.items():
        setattr(contact, name, value)
    _check(contact)
    changed = sorted(name for name, value in before.items() if getattr(contact, name) != value)
    if changed:
        contact.save(update_fields=changed)
        audit.record("contact.change", contact, by=by, fields=changed)
    return contact


@writing
def retire(*, contact: Contact, by: User, key: RequestKey | None = None) -> Contact:
    """Not used any more: off the list and off the card at once. A second time changes nothing."""
    contact = _locked(contact)
    if contact.retired_at is None:
        contact.retired_at = clock.now()
        contact.save(update_fields=["retired_at"])
        audit.record("contact.retire", contact, by=by)
    return contact


def _locked(contact: Contact) -> Contact:
    lock(Person, [contact.person_id])
    return Contact.objects.select_related("person").get(pk=contact.pk)


def _check(contact: Contact) -> None:
    contact.phone = normalize_phone(contact.phone)
    if contact.phone and (wrong := phone_problem(contact.phone)):
        raise ValidationError({"phone": wrong})
    if contact.on_card:
        if not contact.phone:
            raise ValidationError({"phone": "事前情報シートに載せるときは、電話番号を入れてください。"})
        others = Contact.objects.current().filter(person=contact.person_id, on_card=True).exclude(pk=contact.pk)
        if others.count() >= MOST_CONTACTS:
            raise ValidationError({"on_card": f"事前情報シートに載せられるのは{MOST_CONTACTS}人までです。"})
    contact.full_clean()
