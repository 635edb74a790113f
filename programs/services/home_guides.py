"""What a home publishes of itself: its guide and its photos. No guest appears in either."""

from typing import Any

from django.db import transaction
from django.db.models import Max

from programs.domain import photos
from programs.domain.problems import Problem, Refused
from programs.enums import HomePhotoKind
from programs.models import Home, HomeGuide, HomePhoto, Room
from programs.services.photos import delete_files, store_file
from transition import clock
from transition.models import User
from transition.services import audit
from transition.services.transactions import RequestKey, lock, writing

MAX_PHOTOS = 12


@writing
def write(*, home: Home, by: User, key: RequestKey | None = None, **words: Any) -> HomeGuide:
    """Put the guide's words in place. Raises ValidationError for what a column cannot hold."""
    lock(Home, [home.pk])
    guide = HomeGuide.objects.filter(home=home).first()
    is_new = guide is None
    guide = guide or HomeGuide(home=home, changed_by=by)
    changed = sorted(name for name, value in words.items() if getattr(guide, name) != value)
    if not is_new and not changed:
        return guide
    for name in changed:
        setattr(guide, name, words[name])
    guide.changed_at, guide.changed_by = clock.now(), by
    guide.full_clean()
    guide.save()
    audit.record("home_guide.write", guide, by=by, home=home.pk, organization=home.organization_id, fields=changed)
    return guide


def add_photo(
    *,
    home: Home,
    data: bytes,
    kind: str,
    caption: str,
    by: User,
    room: Room | None = None,
    key: RequestKey | None = None,
) -> HomePhoto:
    """Take one photo, as it came from the phone. Raises Refused."""
    # Asked before decoding, which costs a second, and again under the lock.
    if problems := _photo_problems(home, kind, caption, room):
        raise Refused(problems)
    picture = photos.prepare(data)
    if isinstance(picture, Problem):
        raise Refused([picture])
    names = store_file(picture.large), store_file(picture.small)
    try:
        photo = _add_photo(
            home=home, picture=picture, names=names, kind=kind, caption=caption, room=room, by=by, key=key
        )
    except BaseException:
        delete_files(names)
        raise
    if photo.large != names[0]:
        # This sending had arrived before; its photo is there already.
        delete_files(names)
    return photo


@writing
def _add_photo(
    *,
    home: Home,
    picture: photos.Picture,
    names: tuple[str, str],
    kind: str,
    caption: str,
    room: Room | None,
    by: User,
    key: RequestKey | None,
) -> HomePhoto:
    lock(Home, [home.pk])
    if problems := _photo_problems(home, kind, caption, room):
        raise Refused(problems)
    last = home.photos.aggregate(last=Max("order"))["last"]
    photo = HomePhoto(
        home=home,
        kind=kind,
        room=room,
        caption=caption,
        order=0 if last is None else last + 1,
        large=names[0],
        small=names[1],
        width=picture.width,
        height=picture.height,
        by=by,
    )
    photo.full_clean()
    photo.save()
    audit.record("home_photo.add", photo, by=by, home=home.pk, organization=home.organization_id, kind=str(kind))
    return photo


@writing
def remove_photo(*, photo: HomePhoto, by: User, key: RequestKey | None = None) -> None:
    """Take one photo out; a second time changes nothing."""
    lock(Home, [photo.home_id])
    for found in HomePhoto.objects.filter(pk=photo.pk):
        audit.record("home_photo.remove", found, by=by, home=found.home_id, organization=found.home.organization_id)
        names = found.large, found.small
        found.delete()
        transaction.on_commit(lambda names=names: delete_files(names), robust=True)  # type: ignore[misc]


def _photo_problems(home: Home, kind: str, caption: str, room: Room | None) -> list[Problem]:
    problems = []
    if not caption.strip():
        message = "写真の説明を入力してください。目の見えない人には、この説明が読まれます。"
        problems.append(Problem("home_photo.caption", message, field="caption"))
    if room is not None and (kind != HomePhotoKind.ROOM or room.home_id != home.pk):
        message = "居室を選べるのは、このホームの居室の写真だけです。"
        problems.append(Problem("home_photo.room", message, field="room"))
    if home.photos.count() >= MAX_PHOTOS:
        message = f"写真は1つのホームで{MAX_PHOTOS}枚までです。どれかを消してから入れてください。"
        problems.append(Problem("home_photo.many", message, field="photos"))
    return problems
