"""The person card (事前情報シート), in versions; what was written once stays as it was."""

from collections.abc import Mapping

from django.core.exceptions import ValidationError

from transition.domain import card
from transition.models import Person, PersonCard, User
from transition.services import audit
from transition.services.transactions import RequestKey, lock, writing

OUTDATED = "card.outdated"


@writing
def save(
    *, person: Person, content: Mapping[str, str], based_on: int, by: User, key: RequestKey | None = None
) -> PersonCard:
    """Write the next version. `based_on` is the version the writer saw, 0 for none.

    What stands there already is not written again. Raises ValidationError for a text that is too long or an empty
    card, and with code OUTDATED when somebody else wrote a version meanwhile.
    """
    [person] = lock(Person, [person.pk])
    latest = PersonCard.objects.filter(person=person).first()
    new, old = card.cleaned(content), latest.content if latest else {}
    if long := card.too_long(new):
        raise ValidationError({code: [message] for code, message in long.items()})
    if latest is not None and new == old:
        return latest
    if not new:
        raise ValidationError("何も書かれていません。わかることを1つでも書いてください。")
    version = latest.version if latest else 0
    if based_on != version:
        raise ValidationError("書いているあいだに、ほかの人が新しい版を保存しました。", code=OUTDATED)
    written = PersonCard.objects.create(person=person, version=version + 1, content=new, by=by)
    audit.record("card.save", person, by=by, version=written.version, fields=card.changed(old, new))
    return written


@writing
def viewed(*, card: PersonCard, session_id: int, by: User) -> None:
    """A home looked at the card: who, which version, for which stay."""
    audit.record("card.view", card.person, by=by, version=card.version, session=session_id)
