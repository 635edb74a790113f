"""A photo of the real thing in place of a drawing, in one office's own wish book."""

from django.db import transaction

from programs.domain import photos
from programs.domain.problems import Problem, Refused
from programs.services.photos import delete_files, store_file
from transition.models import Organization, User, WishItem
from transition.services import audit
from transition.services.transactions import RequestKey, lock, writing


def show(
    *, item: WishItem, data: bytes, organization: Organization, by: User, key: RequestKey | None = None
) -> WishItem:
    """Put the photo on the office's own page of this code, which takes the general one's place. Raises Refused."""
    picture = photos.prepare(data)
    if isinstance(picture, Problem):
        raise Refused([picture])
    name = store_file(picture.small)
    try:
        own = _show(item=item, name=name, organization=organization, by=by, key=key)
    except BaseException:
        delete_files([name])
        raise
    if own.photo.name != name:
        # This sending had arrived before; its photo is there already.
        delete_files([name])
    return own


@writing
def _show(*, item: WishItem, name: str, organization: Organization, by: User, key: RequestKey | None) -> WishItem:
    lock(Organization, [organization.pk])
    values = {"name": item.name, "drawing": item.drawing, "order": item.order}
    own, _ = WishItem.objects.get_or_create(code=item.code, organization=organization, defaults=values)
    former = own.photo.name
    own.photo.name = name
    own.save(update_fields=["photo"])
    if former:
        transaction.on_commit(lambda: delete_files([former]), robust=True)
    audit.record("wish_item.photo", own, by=by, organization=organization.pk)
    return own
