"""What a person agreed to, until when, given how; withdrawn means gone at once, everywhere."""

import datetime as dt

from django.core.exceptions import ValidationError

from transition import clock
from transition.models import Consent, Person, User
from transition.services import audit
from transition.services.transactions import RequestKey, lock, writing
from transition.signals import consent_withdrawn


@writing
def give(
    *,
    person: Person,
    kind: str,
    means: str,
    given_on: dt.date | None = None,
    ends_on: dt.date | None = None,
    note: str = "",
    by: User,
    key: RequestKey | None = None,
) -> Consent:
    """Record a consent. Raises ValidationError for dates that make no sense."""
    [person] = lock(Person, [person.pk])
    return record_given(person=person, kind=kind, means=means, given_on=given_on, ends_on=ends_on, note=note, by=by)


def record_given(
    *,
    person: Person,
    kind: str,
    means: str,
    given_on: dt.date | None = None,
    ends_on: dt.date | None = None,
    note: str = "",
    by: User,
) -> Consent:
    """`give` as a part of another service's transaction, which holds the person's lock."""
    given_on = given_on or clock.today()
    if given_on > clock.today():
        raise ValidationError({"given_on": "これからの日には、まだ同意していません。今日までの日にしてください。"})
    if ends_on is not None and ends_on < given_on:
        raise ValidationError({"ends_on": "同意の終わりは、同意した日よりあとにしてください。"})
    consent = Consent(person=person, kind=kind, means=means, given_on=given_on, ends_on=ends_on, note=note, by=by)
    consent.full_clean()
    consent.save()
    audit.record("consent.give", consent, by=by, kind=str(kind))
    return consent


@writing
def withdraw(*, consent: Consent, by: User, key: RequestKey | None = None) -> Consent:
    """The person does not agree any more; possible at any time, without a reason. A second time changes nothing."""
    lock(Person, [consent.person_id])
    consent = Consent.objects.get(pk=consent.pk)
    if consent.withdrawn_at is None:
        consent.withdrawn_at, consent.withdrawn_by = clock.now(), by
        consent.save(update_fields=["withdrawn_at", "withdrawn_by"])
        audit.record("consent.withdraw", consent, by=by, kind=consent.kind)
        consent_withdrawn.send(sender=Consent, consent=consent, by=by)
    return consent
