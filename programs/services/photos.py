"""Photos of a session: taken only while the person agrees, gone for good when they no longer do.

The files are written before their row and removed when the row does not come to be; they go after the row has gone.
"""

from collections.abc import Iterable
from uuid import uuid4

from django.core.files.base import ContentFile
from django.core.files.storage import default_storage
from django.db import transaction

from programs.domain import photos
from programs.domain.problems import Problem, Refused
from programs.enums import SessionState
from programs.models import Photo, Session
from programs.queries.records import RECORDABLE_STATES, photo_consent
from transition.models import Person, User
from transition.services import audit
from transition.services.transactions import RequestKey, lock, writing

MAX_PER_SESSION = 10


def add(*, session: Session, data: bytes, by: User, key: RequestKey | None = None) -> Photo:
    """Take one photo, as it came from the phone. Raises Refused."""
    # Asked before decoding, which costs a second, and again under the lock.
    if problems := _problems(session):
        raise Refused(problems)
    picture = photos.prepare(data)
    if isinstance(picture, Problem):
        raise Refused([picture])
    names = store_file(picture.large), store_file(picture.small)
    try:
        photo = _add(session=session, picture=picture, names=names, by=by, key=key)
    except BaseException:
        delete_files(names)
        raise
    if photo.large != names[0]:
        # This sending had arrived before; its photo is there already.
        delete_files(names)
    return photo


@writing
def _add(
    *, session: Session, picture: photos.Picture, names: tuple[str, str], by: User, key: RequestKey | None
) -> Photo:
    lock(Person, [session.person_id])
    session = Session.objects.select_related("person").get(pk=session.pk)
    if problems := _problems(session):
        raise Refused(problems)
    photo = Photo.objects.create(
        session=session, large=names[0], small=names[1], width=picture.width, height=picture.height, by=by
    )
    audit.record("photo.add", photo, by=by, session=session.pk)
    return photo


@writing
def remove(*, photo: Photo, by: User, key: RequestKey | None = None) -> Session:
    """Take one photo out; a second time changes nothing."""
    session = photo.session
    lock(Person, [session.person_id])
    _remove(Photo.objects.filter(pk=photo.pk), by=by)
    return session


def remove_all(*, person: Person, by: User | None) -> None:
    """Every photo of a person; part of the caller's transaction, which holds the person's lock."""
    _remove(Photo.objects.filter(session__person=person), by=by)


def _remove(found: Iterable[Photo], *, by: User | None) -> None:
    for photo in list(found):
        audit.record("photo.remove", photo, by=by, session=photo.session_id)
        names = photo.large, photo.small
        photo.delete()
        transaction.on_commit(lambda names=names: delete_files(names), robust=True)  # type: ignore[misc]


def _problems(session: Session) -> list[Problem]:
    problems = []
    if not photo_consent(session.person):
        message = "本人の「写真を撮って残す」同意がないので、写真を入れられません。"
        problems.append(Problem("photo.consent", message, field="photos"))
    if session.state not in RECORDABLE_STATES:
        state = SessionState(session.state).label
        problems.append(Problem("photo.state", f"この体験は「{state}」なので、写真を入れられません。", field="photos"))
    if Photo.objects.filter(session=session).count() >= MAX_PER_SESSION:
        message = f"写真は1回の体験で{MAX_PER_SESSION}枚までです。どれかを消してから入れてください。"
        problems.append(Problem("photo.many", message, field="photos"))
    return problems


def store_file(content: bytes) -> str:
    name = uuid4().hex
    return default_storage.save(f"photos/{name[:2]}/{name}.jpg", ContentFile(content))


def delete_files(names: Iterable[str]) -> None:
    for name in names:
        default_storage.delete(name)
