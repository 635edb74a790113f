"""顔写真 of those who go along: put in and taken out by themselves.

The files are written before their row and removed when the row does not come to be; replaced ones go after it.
"""

from uuid import uuid4

from django.db import transaction

from programs.domain import photos
from programs.domain.problems import Problem, Refused
from programs.models import Portrait
from programs.services.photos import delete_files, store_file
from transition import clock
from transition.models import User
from transition.services import audit
from transition.services.transactions import RequestKey, lock, writing


def put(*, data: bytes, by: User, key: RequestKey | None = None) -> Portrait:
    """The user's own face in place of any earlier one. Raises Refused."""
    picture = photos.prepare(data)
    if isinstance(picture, Problem):
        raise Refused([picture])
    names = store_file(picture.large), store_file(picture.small)
    try:
        portrait = _put(picture=picture, names=names, by=by, key=key)
    except BaseException:
        delete_files(names)
        raise
    if portrait.large != names[0]:
        # This sending had arrived before; its photo is there already.
        delete_files(names)
    return portrait


@writing
def _put(*, picture: photos.Picture, names: tuple[str, str], by: User, key: RequestKey | None) -> Portrait:
    lock(User, [by.pk])
    portrait = Portrait.objects.filter(user=by).first() or Portrait(user=by, by=by)
    if portrait.pk:
        _forget_files(portrait)
    # With a new address: no browser shows the old face under it.
    portrait.public_id, portrait.at = uuid4(), clock.now()
    (portrait.large, portrait.small), portrait.width, portrait.height = names, picture.width, picture.height
    portrait.save()
    audit.record("portrait.put", portrait, by=by)
    return portrait


@writing
def remove(*, by: User, key: RequestKey | None = None) -> None:
    """Take the user's own face out; a second time changes nothing."""
    lock(User, [by.pk])
    portrait = Portrait.objects.filter(user=by).first()
    if portrait is not None:
        _forget_files(portrait)
        audit.record("portrait.remove", portrait, by=by)
        portrait.delete()


def _forget_files(portrait: Portrait) -> None:
    names = portrait.large, portrait.small
    transaction.on_commit(lambda: delete_files(names), robust=True)
