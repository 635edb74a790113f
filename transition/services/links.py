"""Issues and revokes the personal links that open the easy view."""

import datetime as dt
from contextlib import suppress

from transition import clock
from transition.domain import tokens
from transition.models import Person, PersonLink, User
from transition.services import audit
from transition.services.transactions import NOT_NOW, RequestKey, lock, writing

# Under which a browser's session holds the id of the link through which it came in.
SESSION_KEY = "person_link"
NOTED_EVERY = dt.timedelta(hours=1)


@writing
def issue(*, person: Person, label: str, by: User, key: RequestKey | None = None) -> PersonLink:
    """A new link. `link.token` holds the secret this one time; it is empty when `key` was used before."""
    lock(Person, [person.pk])
    token, token_hash = tokens.new()
    link = PersonLink(person=person, label=label, created_by=by, token_hash=token_hash)
    link.full_clean()
    link.save()
    link.token = token
    audit.record("person_link.issue", link, by=by)
    return link


@writing
def revoke(*, link: PersonLink, by: User, key: RequestKey | None = None) -> PersonLink:
    """Dead at once: also browsers that have it open are outside at their next request. Again changes nothing."""
    lock(Person, [link.person_id])
    (link,) = lock(PersonLink, [link.pk])
    if link.revoked_at is None:
        link.revoked_at, link.revoked_by = clock.now(), by
        link.save(update_fields=["revoked_at", "revoked_by"])
        audit.record("person_link.revoke", link, by=by)
    return link


def note_use(*, link: PersonLink) -> None:
    """Remember, once an hour at most, that the person looked.

    A single statement outside any transaction; a database too busy for it must not cost anybody the page.
    """
    now = clock.now()
    if link.last_used_at is None or now - link.last_used_at >= NOTED_EVERY:
        with suppress(*NOT_NOW):
            PersonLink.objects.filter(pk=link.pk).update(last_used_at=now)
