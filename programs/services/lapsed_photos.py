"""A consent to photos that has run out takes its photos along, as one that is withdrawn does."""

from django.db.models import Exists, OuterRef

from programs.models import Photo
from programs.queries.records import photo_consent
from programs.services import photos
from transition import clock
from transition.enums import ConsentKind
from transition.models import Consent, Person
from transition.services import audit
from transition.services.transactions import lock, writing


def run() -> int:
    """Returns of how many people."""
    agreed = Consent.objects.filter(person=OuterRef("session__person")).given(ConsentKind.PHOTO, clock.today())
    ids = Photo.objects.filter(~Exists(agreed)).order_by()
    return sum(_take_out(person_id=pk) for pk in sorted(set(ids.values_list("session__person", flat=True))))


@writing
def _take_out(*, person_id: int) -> bool:
    [person] = lock(Person, [person_id])
    if photo_consent(person):
        return False
    photos.remove_all(person=person, by=None)
    audit.record("consent.lapse", person, by=None, kind=str(ConsentKind.PHOTO))
    return True
