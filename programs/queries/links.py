"""Reads of the personal links."""

from transition import clock
from transition.domain.tokens import hash_of
from transition.models import Person, PersonLink


def link_rows(person: Person) -> list[PersonLink]:
    """The links nobody has stopped, the newest first; some may have run out. One query."""
    return list(PersonLink.objects.filter(person=person, revoked_at=None).select_related("created_by"))


def by_token(token: str) -> PersonLink | None:
    """The link behind an address. Unknown, malformed, revoked and run out are the same: None. At most one query."""
    token_hash = hash_of(token)
    if token_hash is None:
        return None
    return PersonLink.objects.live(clock.today()).filter(token_hash=token_hash).first()


def live_link(pk: int) -> PersonLink | None:
    """The link with its person, while it lives. One query."""
    return PersonLink.objects.live(clock.today()).select_related("person").filter(pk=pk).first()
