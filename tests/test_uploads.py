"""Every field that takes a file meets files that have broken other software: refused with a sentence and nothing is
kept, or drawn anew and bare under a name of ours.

The fields are found by walking the forms and the bodies of the API: a new one is asked how to reach it (DOORS).
"""

import functools
import gzip
import io
import re
import subprocess
import sys
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
from bs4 import BeautifulSoup
from django import forms
from django.conf import settings
from django.core.files.storage import default_storage
from django.test import Client
from django.urls import reverse
from PIL import Image
from rest_framework import serializers

from programs.enums import SessionState
from programs.models import HomePhoto, Photo, Portrait, Session
from tests.access import Place, undone
from tests.api.story import keyed
from tests.domain.test_photos import (
    CANARY,
    HEIC,
    PNG_TEXT,
    cut,
    exif,
    jpeg_claiming,
    moving,
    png_bomb,
    png_header,
    saved,
    scene,
    text_bomb,
    zipped,
)
from tests.nasty import MARK
from tests.test_nasty_input import kinds_of
from transition.api.serializers import Sent
from transition.enums import TokenScope
from transition.models import AuditEvent, WishItem
from transition.services import api_tokens

pytestmark = pytest.mark.django_db

API = Path(settings.BASE_DIR) / "docs/api/openapi.yaml"
HOME_PHOTO = {"kind": "HOUSE", "caption": "たてもの"}


# Where files come in


@dataclass(frozen=True)
class Door:
    """A field and one address at which it is asked for; the address as docs/api/openapi.yaml has it, or a page."""

    field: str
    who: str
    address: Callable[[Place], str]
    sent: dict[str, str] = field(default_factory=dict)
    method: str = "POST"
    described: str = ""


def session_photos(place: Place) -> str:
    return f"sessions/{place.session.public_id}/photos/"


def wish_photo(place: Place) -> str:
    return f"people/{place.world.person.public_id}/wish-pages/{place.wish_item.public_id}/photo/"


def api(field: str, who: str, path: Callable[[Place], str], described: str, **details: Any) -> Door:
    return Door(f"programs.api.{field}", who, lambda place: f"/api/v1/{path(place)}", described=described, **details)


DOORS = {
    "page of a session's photos": Door(
        "programs.forms.photos.PhotosForm.photos",
        "worker",
        lambda place: reverse("programs:photo-list", args=[place.session.public_id]),
    ),
    "page of one's face": Door(
        "programs.forms.portraits.PortraitForm.photos", "worker", lambda place: reverse("programs:portrait-edit")
    ),
    "page of a wish": Door(
        "programs.forms.wishes.WishPhotoForm.photos",
        "worker",
        lambda place: reverse("programs:wish-page", args=[place.world.person.public_id, place.wish_item.public_id]),
        {"send_photo": "1"},
    ),
    "page of a home's photos": Door(
        "programs.forms.homes.HomePhotoForm.photos",
        "home",
        lambda place: reverse("programs:home-photo-list", args=[place.world.room.home.public_id]),
        HOME_PHOTO,
    ),
    "API: a session's photos": api(
        "pictures.PictureSent.photo", "worker", session_photos, "post /api/v1/sessions/{session}/photos/"
    ),
    "API: one's face": api(
        "pictures.PictureSent.photo",
        "worker",
        lambda place: "portraits/mine/",
        "put /api/v1/portraits/mine/",
        method="PUT",
    ),
    "API: a wish": api(
        "pictures.PictureSent.photo",
        "worker",
        wish_photo,
        "post /api/v1/people/{person}/wish-pages/{id}/photo/",
    ),
    "API: a home's photos": api(
        "homes.HomePhotoSent.photo",
        "home",
        lambda place: f"homes/{place.world.room.home.public_id}/photos/",
        "post /api/v1/homes/{id}/photos/",
        sent=HOME_PHOTO,
    ),
}


def fields_of_files() -> set[str]:
    of_forms = {kind: kind.base_fields for kind in kinds_of(forms.BaseForm)}
    of_bodies = {kind: kind._declared_fields for kind in kinds_of(Sent)}
    return {
        f"{kind.__module__}.{kind.__qualname__}.{name}"
        for kind, fields in (of_forms | of_bodies).items()
        for name, one in fields.items()
        if isinstance(one, forms.FileField | serializers.FileField)
    }


def described_doors() -> set[str]:
    """Every operation that takes a form with a file, from the description that another test keeps true."""
    found, path, method = set(), "", ""
    for line in API.read_text().splitlines():
        if way := re.fullmatch(r"  (/\S+):", line):
            path = way[1]
        elif way := re.fullmatch(r"    (get|post|put|patch|delete):", line):
            method = way[1]
        elif line.strip() == "multipart/form-data:":
            found.add(f"{method} {path}")
    return found


def test_every_field_that_takes_a_file_is_tried():
    assert fields_of_files() == {door.field for door in DOORS.values()}
    assert described_doors() == {door.described for door in DOORS.values()} - {""}


# What comes in


@dataclass(frozen=True)
class File:
    make: Callable[[], bytes]
    is_taken: bool
    name: str = "photo.jpg"
    type: str = "image/jpeg"

    @functools.cached_property
    def content(self) -> bytes:
        return self.make()


def bad(make: Callable[[], bytes], name: str = "photo.jpg", type: str = "image/jpeg") -> File:
    return File(functools.cache(make), False, name, type)


def good(make: Callable[[], bytes], name: str = "photo.jpg", type: str = "image/jpeg") -> File:
    return File(functools.cache(make), True, name, type)


def plain() -> bytes:
    return saved(scene(64, 48), "JPEG")


def both() -> bytes:
    """A JPEG to a viewer, an archive to whoever unpacks it, a page to whoever guesses."""
    return plain() + zipped() + f"<script>{CANARY}</script>".encode()


def everything_in_it() -> bytes:
    data = saved(scene(), "JPEG", exif=exif(6), comment=CANARY.encode(), xmp=CANARY.encode(), icc_profile=b"x" * 300)
    iptc = b"Photoshop 3.0\x008BIM\x04\x04" + CANARY.encode()
    return data[:2] + b"\xff\xed" + (len(iptc) + 2).to_bytes(2, "big") + iptc + data[2:]


def svg() -> bytes:
    return f'<?xml version="1.0"?><svg xmlns="http://www.w3.org/2000/svg" onload="{MARK}"><image/></svg>'.encode()


FILES = {
    "SVG": bad(svg, "photo.svg", "image/svg+xml"),
    "SVG as a JPEG": bad(svg),
    "HTML as a JPEG": bad(f"<!doctype html><script>{MARK}</script>".encode),
    "HTML whose name is HTML as well": bad(lambda: b"<!doctype html>", f"<img src=x onerror={MARK}>.jpg"),
    "no photo under a name turned around": bad(lambda: b"MZ" + bytes(99), "photo\u202egpj.exe"),
    "ZIP": bad(zipped, "photo.zip", "application/zip"),
    "gzip bomb": bad(lambda: gzip.compress(bytes(50_000_000))),
    "PNG with a text bomb": bad(text_bomb, "photo.png", "image/png"),
    "PNG that says 50,000 × 50,000": bad(lambda: png_header(50_000, 50_000) + b"\0\0\0\0IDAT"),
    "PNG bomb of 64 megapixels": bad(lambda: png_bomb(8_000, 8_000)),
    "JPEG that says 65,500 × 65,500": bad(lambda: jpeg_claiming(65_500, 65_500)),
    "JPEG cut short": bad(lambda: cut("JPEG", 0.6)),
    "PNG cut short": bad(lambda: cut("PNG", 0.6)),
    "HEIC cut short": bad(lambda: HEIC[:700]),
    "animated PNG": bad(lambda: moving("PNG"), "photo.png", "image/png"),
    "animated WebP": bad(lambda: moving("WEBP"), "photo.webp", "image/webp"),
    "GIF": bad(lambda: saved(scene(), "GIF"), "photo.gif", "image/gif"),
    "TIFF": bad(lambda: saved(scene(), "TIFF")),
    "EPS": bad(lambda: b"%!PS-Adobe-3.0 EPSF-3.0\n%%BoundingBox: 0 0 9 9\n(%pipe%id) (w) file\n"),
    "PSD": bad(lambda: b"8BPS\0\1" + bytes(6) + b"\0\3\0\0\x40\0\0\0\x40\0\0\x08\0\3" + bytes(99)),
    "PDF": bad(lambda: b"%PDF-1.7\n1 0 obj<</OpenAction 2 0 R>>endobj"),
    "program": bad(lambda: b"\x7fELF" + bytes(200), "photo.jpg.php"),
    "empty": bad(lambda: b""),
    "more than 20 MB": bad(lambda: plain() + bytes(20 * 1024 * 1024)),
    "a name that is a folder": bad(plain, ".."),
    "JPEG and ZIP and HTML in one": good(both),
    "JPEG with place, maker, comment, XMP, IPTC": good(everything_in_it),
    "PNG with a comment and a place": good(lambda: saved(scene(), "PNG", exif=exif(), pnginfo=PNG_TEXT), "a.png"),
    "WebP with XMP": good(lambda: saved(scene(), "WEBP", exif=exif(), xmp=CANARY.encode()), "a.webp"),
    "HEIC from a phone": good(lambda: HEIC, "IMG_0001.HEIC", "image/heic"),
    "JPEG of five megabytes": good(lambda: plain() + bytes(5_000_000)),
    "JPEG said to be a page": good(plain, "photo.html", "text/html"),
    "name that climbs": good(plain, "../../../../tmp/climbed.jpg"),
    "name that climbs backwards": good(plain, "..\\\\..\\\\climbed.jpg"),
    "name turned around": good(plain, "photo\u202egpj.exe"),
    "name of 300 characters": good(plain, "写" * 296 + ".jpg"),
    "name with HTML and a zero": good(plain, f"<img src=x onerror={MARK}>\0.php"),
}


def body(door: Door, file: File) -> bytes:
    """As it goes over the wire; Django's own test client would tidy the name up."""
    parts = [
        f'--wall\r\nContent-Disposition: form-data; name="{name}"\r\n\r\n{value}\r\n'.encode()
        for name, value in door.sent.items()
    ]
    name = file.name.replace('"', "%22")
    head = f'--wall\r\nContent-Disposition: form-data; name="{the_field(door)}"; filename="{name}"\r\n'
    return b"".join([*parts, f"{head}Content-Type: {file.type}\r\n\r\n".encode(), file.content, b"\r\n--wall--\r\n"])


def the_field(door: Door) -> str:
    return door.field.rpartition(".")[2]


# What comes of it

LISTS = (Photo, HomePhoto, Portrait, WishItem, AuditEvent)


def rows() -> list[list[dict[str, Any]]]:
    return [list(model.objects.order_by("pk").values()) for model in LISTS]


def names() -> set[str]:
    pairs = [pair for model in (Photo, HomePhoto, Portrait) for pair in model.objects.values_list("large", "small")]
    return {name for pair in pairs for name in pair} | set(WishItem.objects.values_list("photo", flat=True))


def files() -> set[str]:
    root = Path(default_storage.location)
    return {str(path.relative_to(root)) for path in root.rglob("*") if path.is_file()}


def sentences(response) -> list[str]:
    """What stands beside the field, or under the name of the file where several are sent at once."""
    if response["Content-Type"].startswith("application/"):
        return [one["message"] for one in response.json()["problems"] if one["field"] == "photo"]
    page = BeautifulSoup(response.content.decode(), "html.parser")
    assert not [tag for tag in page.select("[onerror], [onload], script, svg") if MARK in str(tag)]
    control = page.find(attrs={"name": "photos"})
    beside = control.find_parent(class_="field").select(".field-errors") if control else []
    listed = [name.find_parent("li") for name in page.select(".error-summary bdi")]
    return [found.get_text(" ", strip=True) for found in [*beside, *listed]]


def segments(jpeg: bytes) -> list[int]:
    """The markers up to the picture itself."""
    at, found = 2, []
    while jpeg[at + 1] != 0xDA:
        found.append(jpeg[at + 1])
        at += 2 + int.from_bytes(jpeg[at + 2 : at + 4], "big")
    return found


def assert_bare(name: str) -> None:
    """Nothing but a picture, as the house makes them, under a name that says nothing."""
    assert re.fullmatch(r"photos/([0-9a-f]{2})/\1[0-9a-f]{30}\.jpg", name)
    made = (Path(default_storage.location) / name).read_bytes()
    # The start, tables, sizes and codes. No APP1 to APP15, no comment; nothing after the end.
    assert set(segments(made)) <= {0xE0, 0xDB, 0xC0, 0xC2, 0xC4}
    assert made.endswith(b"\xff\xd9")
    assert not re.search(rb"CANARY|<script|PK\x03\x04", made)
    with Image.open(io.BytesIO(made)) as image:
        image.load()
        assert (image.format, image.mode, max(image.size) <= 1600) == ("JPEG", "RGB", True)
        assert not image.getexif()


@pytest.fixture(autouse=True)
def no_file_left_over(place):
    """What was taken is rolled back, its files are not."""
    before = files()
    yield
    for name in files() - before:
        default_storage.delete(name)


def sender(place: Place, door: Door) -> tuple[Client, dict[str, str]]:
    if not door.described:
        return place.client(door.who), {}
    user = place.users[door.who]
    where = user.memberships.current()[0].organization
    issued = api_tokens.issue(organization=where, label="架空の予約ソフト", scopes=TokenScope.values, by=user)
    return Client(), {"Authorization": f"Bearer {issued.token}"} | keyed("k")["headers"]


@pytest.mark.parametrize("door", DOORS)
def test_no_file_does_harm(place, door):
    door = DOORS[door]
    with undone():
        Session.objects.filter(pk=place.session.pk).update(state=SessionState.CONFIRMED)
        client, headers = sender(place, door)
        for told, file in FILES.items():
            with undone():
                before, had, kept = rows(), files(), names()
                response = client.generic(
                    door.method,
                    door.address(place),
                    body(door, file),
                    "multipart/form-data; boundary=wall",
                    headers=headers,
                )
                shown = (told, response.status_code, response.content.decode()[:300])
                if file.is_taken:
                    assert response.status_code in (200, 201, 302), shown
                    assert files() - had == names() - kept != set(), shown
                    for name in files() - had:
                        assert_bare(name)
                else:
                    assert response.status_code in (400, 409, 422), shown
                    said = sentences(response)
                    assert said, shown
                    assert all(re.search(r"[ぁ-ん].*。$", one) for one in said), (told, said)
                    assert (files(), rows()) == (had, before), shown


# What the worst of them costs

COST = """
import pathlib, re, sys, time
from programs.domain.photos import prepare
def most():
    return int(re.search(r"VmHWM:\\s+(\\d+)", pathlib.Path("/proc/self/status").read_text())[1]) // 1024
data = sys.stdin.buffer.read()
before, began = most(), time.monotonic()
print(type(prepare(data)).__name__, most() - before, time.monotonic() - began)
"""
MEGABYTES, SECONDS = 400, 20
# As many pixels as are taken, in the ways that take most room.
COSTLY = {
    "grey PNG with transparency": lambda: saved(Image.new("LA", (7_070, 7_070)), "PNG", compress_level=1),
    "PNG with a clear color": lambda: saved(
        Image.new("RGB", (7_070, 7_070)), "PNG", compress_level=1, transparency=(1, 2, 3)
    ),
    "WebP with transparency": lambda: saved(Image.new("RGBA", (4_472, 4_472)), "WEBP", lossless=True, method=0),
}


@pytest.mark.skipif(sys.platform != "linux", reason="asks the kernel for the peak of one process")
@pytest.mark.parametrize("name", COSTLY)
def test_the_worst_photo_fits_into_a_small_machine(name):
    # The peak that getrusage tells a child begins with its parent's.
    made = COSTLY[name]()
    program = [sys.executable, "-c", COST]
    told = subprocess.run(program, input=made, capture_output=True, cwd=settings.BASE_DIR, check=False)
    kind, megabytes, seconds = told.stdout.decode().split() or [told.stderr.decode(), 0, 0]
    assert kind == "Picture"
    assert (int(megabytes) < MEGABYTES, float(seconds) < SECONDS) == (True, True), (megabytes, seconds)
