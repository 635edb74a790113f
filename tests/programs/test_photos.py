"""Photos of a session: only with consent, only for those who may know, and gone when the person says so."""

import io
from pathlib import Path

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.urls import reverse
from PIL import Image

from programs.domain.problems import Refused
from programs.models import Photo, Session
from programs.services import photos
from tests import factories
from tests.personas import World, make_world, member
from tests.programs.pages import at, client_of, confirmed, queries_of, soup, text
from tests.programs.recording import outing, page_of, save, url
from tests.programs.stories import outing_world
from transition.models import AuditEvent, Consent
from transition.services import consents
from transition.services.transactions import ConstraintBroken
from transition.signals import consent_withdrawn
from transition.uploads import LIMIT

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("media")]


@pytest.fixture
def world() -> World:
    return outing_world()


@pytest.fixture
def worker(world):
    return client_of(world.worker)


def agreed(world: World, **details) -> Consent:
    return consents.give(person=world.person, kind="PHOTO", means="GESTURE", by=world.worker, **details)


def picture(color=(200, 30, 30), kind="JPEG", **options) -> bytes:
    out = io.BytesIO()
    Image.new("RGB", (640, 480), color).save(out, kind, **options)
    return out.getvalue()


def file(name="a.jpg", content: bytes | None = None) -> SimpleUploadedFile:
    return SimpleUploadedFile(name, picture() if content is None else content, "image/jpeg")


def taken(world: World, session: Session, number=1) -> list[Photo]:
    return [photos.add(session=session, data=picture((number, 0, 0)), by=world.worker) for number in range(number)]


def files_in(media: Path) -> list[Path]:
    return sorted(path for path in media.rglob("*") if path.is_file())


def photo_url(photo: Photo, size="small") -> str:
    return reverse("programs:photo", args=[photo.public_id, size])


# In


def test_several_at_once_without_javascript_then_seen_on_the_sessions_page(world, worker, media):
    agreed(world)
    session = outing(world)
    sent = {"photos": [file(), file("b.png", picture(kind="PNG"))], "idempotency_key": "k"}
    response = worker.post(url(session, "photo-list"), sent, follow=True)
    assert response.redirect_chain == [(f"{page_of(session)}#h-photos", 302)]
    assert text(soup(response).select_one(".messages")) == "写真を2枚入れました。"
    shown = [image["src"] for image in soup(response).select(".photos img")]
    assert shown == [photo_url(photo) for photo in Photo.objects.all()]
    assert len(files_in(media)) == 4
    assert {oct(path.stat().st_mode & 0o777) for path in files_in(media)} == {"0o600"}
    assert AuditEvent.objects.filter(action="photo.add").count() == 2


def test_every_form_of_the_page_carries_its_token(world, worker):
    agreed(world)
    session = outing(world)
    taken(world, session)
    for address in (page_of(session), url(session, "photo-list"), url(session)):
        forms = soup(worker.get(address)).select("main form[method=post]")
        assert [bool(form.select("[name=csrfmiddlewaretoken]")) for form in forms] == [True] * len(forms)


def test_pressing_twice_takes_them_once(world, worker, media):
    agreed(world)
    session = outing(world)
    for _ in range(2):
        sent = {"photos": [file(), file("b.jpg", picture((9, 9, 9)))], "idempotency_key": "k"}
        assert worker.post(url(session, "photo-list"), sent).status_code == 302
    assert (Photo.objects.count(), len(files_in(media))) == (2, 4)


def test_each_file_is_taken_whole_or_named_with_the_reason(world, worker, media):
    agreed(world)
    session = outing(world)
    sent = [
        file("good.jpg"),
        file("cut.jpg", picture()[:700]),
        file("<b>.jpg", b"<script>alert(1)</script>"),
        file("empty.jpg", b""),
        file("huge.jpg", picture() + bytes(LIMIT)),
    ]
    response = worker.post(url(session, "photo-list"), {"photos": sent})
    assert response.status_code == 422
    assert [text(row) for row in soup(response).select(".error-summary li")] == [
        "cut.jpg ：写真がこわれているか、途中で切れています。もう一度送るか、別の写真を選んでください。",
        "<b>.jpg ：写真ではないファイルか、使えない形式です。JPEG、PNG、WebP、HEICの写真を選んでください。",
        "empty.jpg ：ファイルが空です。もう一度選んでください。",
        "huge.jpg ：写真が大きすぎます。1枚20MBまでです。",
    ]
    assert (Photo.objects.count(), len(files_in(media))) == (1, 2)


def test_what_is_too_large_never_reaches_the_disk_whole(world, worker, monkeypatch):
    agreed(world)
    session = outing(world)
    seen = []
    monkeypatch.setattr("programs.views.photos._read", lambda sent: seen.append(sent.size) or b"")
    worker.post(url(session, "photo-list"), {"photos": [file("a.jpg", bytes(2 * LIMIT))]})
    assert LIMIT < seen[0] < LIMIT + 200_000


def test_nothing_chosen_is_said_beside_the_field(world, worker):
    agreed(world)
    response = worker.post(url(outing(world), "photo-list"), {})
    assert response.status_code == 422
    assert text(soup(response).select_one(".field-errors")) == "写真を選んでください。"


def test_ten_are_enough(world, worker, media):
    agreed(world)
    session = outing(world)
    taken(world, session, 9)
    sent = {"photos": [file("10.jpg"), file("11.jpg")]}
    response = worker.post(url(session, "photo-list"), sent)
    assert "11.jpg ：写真は1回の体験で10枚までです。" in text(soup(response).select_one(".error-summary"))
    assert (Photo.objects.count(), len(files_in(media))) == (10, 20)
    assert not soup(worker.get(page_of(session))).select("input[type=file]")


def test_without_consent_nothing_is_taken(world, worker, media):
    session = outing(world)
    assert not soup(worker.get(page_of(session))).select("input[type=file]")
    response = worker.post(url(session, "photo-list"), {"photos": [file()]})
    assert "同意がないので、写真を入れられません。" in text(soup(response).select_one(".error-summary"))
    assert not files_in(media)


@pytest.mark.parametrize("details", [{"given_on": "2026-10-01", "ends_on": "2026-11-21"}])
def test_a_consent_that_has_ended_is_none(world, details):
    Consent.objects.create(person=world.person, kind="PHOTO", means="WORD", by=world.worker, **details)
    with pytest.raises(Refused) as refused:
        photos.add(session=outing(world), data=picture(), by=world.worker)
    assert [problem.code for problem in refused.value.problems] == ["photo.consent"]


def test_when_the_row_cannot_be_the_files_go(world, media, monkeypatch):
    agreed(world)
    session = outing(world)

    def broken(*args, **kwargs):
        raise ConstraintBroken("x")

    monkeypatch.setattr("programs.services.photos._add", broken)
    with pytest.raises(ConstraintBroken):
        photos.add(session=session, data=picture(), by=world.worker)
    assert not files_in(media)


# Out


def test_how_it_is_served(world, worker):
    agreed(world)
    [photo] = taken(world, outing(world))
    for size, side in (("large", 640), ("small", 400)):
        response = worker.get(photo_url(photo, size))
        image = Image.open(io.BytesIO(response.content))
        assert (response.status_code, image.format, image.width) == (200, "JPEG", side)
        assert {
            name: response[name]
            for name in (
                "Content-Type",
                "Content-Disposition",
                "X-Content-Type-Options",
                "Content-Security-Policy",
                "Cross-Origin-Resource-Policy",
                "Cache-Control",
            )
        } == {
            "Content-Type": "image/jpeg",
            "Content-Disposition": "inline",
            "X-Content-Type-Options": "nosniff",
            "Content-Security-Policy": "sandbox; default-src 'none'",
            "Cross-Origin-Resource-Policy": "same-origin",
            "Cache-Control": "private, no-store",
        }
    assert worker.get(photo_url(photo, "original")).status_code == 404
    assert worker.post(photo_url(photo, "small")).status_code == 405


def test_strangers_find_nothing(world, worker):
    agreed(world)
    session = outing(world)
    [photo] = taken(world, session)
    stranger = client_of(world.stranger)
    missing = reverse("programs:photo", args=["00000000-0000-4000-8000-000000000000", "small"])
    assert text(soup(stranger.get(photo_url(photo)))) == text(soup(stranger.get(missing)))
    for address in (photo_url(photo), url(session, "photo-list")):
        assert stranger.get(address).status_code == 404
    assert stranger.post(reverse("programs:photo-remove", args=[photo.public_id])).status_code == 404
    assert Photo.objects.count() == 1


def test_a_home_sees_its_guests_photos_while_it_knows_the_guest(frozen_time):
    world = make_world()
    agreed(world)
    session = confirmed(world, "2026-12-01", "2026-12-02")
    frozen_time.move_to(at("2026-12-02", "12:00"))
    [photo] = taken(world, session)
    response = client_of(world.home_staff).get(photo_url(photo))
    assert response.status_code == 200
    frozen_time.move_to(at("2026-12-17", "12:00"))
    assert client_of(world.home_staff).get(photo_url(photo)).status_code == 404
    assert client_of(world.other_home_staff).get(photo_url(photo)).status_code == 404


def test_one_is_taken_out(world, worker, media, django_capture_on_commit_callbacks):
    agreed(world)
    session = outing(world)
    first, second = taken(world, session, 2)
    gone = reverse("programs:photo-remove", args=[first.public_id])
    with django_capture_on_commit_callbacks(execute=True):
        assert worker.post(gone)["Location"] == url(session, "photo-list")
    assert list(Photo.objects.all()) == [second]
    assert len(files_in(media)) == 2
    assert worker.get(photo_url(first)).status_code == 404
    assert worker.post(gone).status_code == 404


@pytest.mark.django_db(transaction=True)
def test_withdrawn_consent_takes_every_photo_and_its_files_away(media):
    world = outing_world()
    consent = agreed(world)
    one, two = outing(world), outing(world, day="2026-11-20")
    kept = [*taken(world, one, 2), *taken(world, two)]
    other = outing_world_of(world)
    worker = client_of(world.worker)
    assert len(files_in(media)) == 8
    consents.withdraw(consent=consent, by=world.worker)
    assert [worker.get(photo_url(photo)).status_code for photo in kept] == [404] * 3
    assert list(Photo.objects.values_list("session__person", flat=True)) == [other.person_id]
    assert len(files_in(media)) == 2
    assert AuditEvent.objects.filter(action="photo.remove").count() == 3
    assert not soup(worker.get(page_of(one))).select(".photos")


def outing_world_of(world: World) -> Session:
    """Another person's session with a photo."""
    person = factories.PersonFactory(municipality=world.municipality)
    factories.SupportLinkFactory(person=person, organization=world.office)
    consents.give(person=person, kind="PHOTO", means="WORD", by=world.worker)
    session = outing(world, person=person)
    photos.add(session=session, data=picture(), by=world.worker)
    return session


@pytest.mark.django_db(transaction=True)
def test_a_withdrawal_that_fails_leaves_the_files(media, monkeypatch):
    world = outing_world()
    consent = agreed(world)
    [photo] = taken(world, outing(world))

    send = consent_withdrawn.send

    def send_and_fail(*args, **kwargs):
        send(*args, **kwargs)
        assert not Photo.objects.exists()
        raise RuntimeError

    monkeypatch.setattr(consent_withdrawn, "send", send_and_fail)
    with pytest.raises(RuntimeError):
        consents.withdraw(consent=consent, by=world.worker)
    consent.refresh_from_db()
    assert Photo.objects.get() == photo
    assert len(files_in(media)) == 2
    assert consent.withdrawn_at is None


def test_another_consents_withdrawal_leaves_the_photos(world, media):
    agreed(world)
    taken(world, outing(world))
    program = consents.give(person=world.person, kind="PROGRAM", means="WORD", by=world.worker)
    consents.withdraw(consent=program, by=world.worker)
    assert Photo.objects.count() == 1


def test_a_consent_that_ends_hides_the_photos_at_once(world, worker, frozen_time):
    agreed(world, ends_on=at("2026-11-25", "00:00").date())
    [photo] = taken(world, outing(world))
    frozen_time.move_to(at("2026-11-26", "09:00"))
    assert client_of(world.worker).get(photo_url(photo)).status_code == 404


def test_queries_do_not_grow(world, worker):
    agreed(world)
    session = outing(world)
    save(session, world)
    taken(world, session)
    few = queries_of(worker, url(session, "photo-list")), queries_of(worker, page_of(session))
    taken(world, session, 3)
    assert (queries_of(worker, url(session, "photo-list")), queries_of(worker, page_of(session))) == few
    assert max(few) <= 13  # one of them notes who looked


def test_a_colleague_may_add(world):
    agreed(world)
    session = outing(world)
    response = client_of(member(world.office)).post(url(session, "photo-list"), {"photos": [file()]})
    assert response.status_code == 302
