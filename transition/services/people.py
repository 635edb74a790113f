"""Registering people and what their certificates allow."""

import datetime as dt
from typing import Any

from django.contrib.auth.password_validation import validate_password

from transition import clock
from transition.domain.text import search_key
from transition.enums import COORDINATING_KINDS
from transition.models import Grant, Organization, Person, SupportLink, User
from transition.services import audit
from transition.services.transactions import RequestKey, lock, writing


@writing
def register(*, organization: Organization, by: User, key: RequestKey | None = None, **details: Any) -> Person:
    """Add a person and, for a supporting organization, the link that lets it see the person.

    `details` are fields of Person. Raises ValidationError for what a constraint forbids.
    """
    person = Person(**details)
    _save(person)
    if organization.kind not in COORDINATING_KINDS:
        SupportLink.objects.create(person=person, organization=organization, lead=by, starts_on=clock.today())
    audit.record("person.register", person, by=by, organization=organization.pk)
    return person


@writing
def update(*, person: Person, by: User, key: RequestKey | None = None, **details: Any) -> Person:
    """Change what is known about a person. Raises ValidationError for what a constraint forbids."""
    [person] = lock(Person, [person.pk])
    changed = sorted(name for name, value in details.items() if getattr(person, name) != value)
    for name in changed:
        setattr(person, name, details[name])
    if changed:
        _save(person)
        audit.record("person.update", person, by=by, fields=changed)
    return person


@writing
def let_sign_in(
    *, person: Person, email: str, by: User | None, password: str | None = None, is_demo: bool = False
) -> User:
    """Give the person a sign-in of their own for the easy view, without any membership. A second time it stays.

    Raises ValidationError for a weak password or a constraint.
    """
    [person] = lock(Person, [person.pk])
    if person.user is not None:
        return person.user
    user = User(email=email.strip().lower(), name=person.name, is_demo=is_demo)
    if password is not None:
        validate_password(password, user)
    user.set_password(password)
    user.full_clean()
    user.save()
    person.user = user
    person.save(update_fields=["user"])
    audit.record("person.let_sign_in", person, by=by)
    return user


@writing
def add_grant(
    *,
    person: Person,
    service: str,
    starts_on: dt.date,
    ends_on: dt.date,
    days: int | None,
    by: User,
    key: RequestKey | None = None,
) -> Grant:
    """Enter a certificate's grant. Raises ValidationError for what a constraint forbids."""
    [person] = lock(Person, [person.pk])
    grant = Grant(person=person, service=service, starts_on=starts_on, ends_on=ends_on, days=days)
    grant.full_clean()
    grant.save()
    audit.record("grant.add", grant, by=by, service=service)
    return grant


def _save(person: Person) -> None:
    names = (person.family_name, person.given_name, person.family_kana, person.given_kana, person.called)
    person.search_key = search_key("".join(names))
    person.full_clean()
    person.save()
