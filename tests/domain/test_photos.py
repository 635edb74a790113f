"""Photos by their bytes alone: what is taken comes out upright and bare, everything else gets a sentence."""

import base64
import io
import re
import struct
import zipfile
import zlib

import pytest
from PIL import Image, ImageDraw, ImageFile, PngImagePlugin

from programs.domain.photos import MAX_BYTES, Picture, prepare

CANARY = "CANARY-34.6937N"
RED, BLUE = (220, 20, 20), (20, 20, 220)
DAMAGED, FORMAT, PIXELS, ANIMATED = "photo.damaged", "photo.format", "photo.pixels", "photo.animated"
# 64 × 32, left red, right blue, stored to be turned by 90 degrees, with maker and place in its EXIF. Made with
# pillow-heif, because the kept plugin only reads.
HEIC = base64.b64decode(
    "AAAAHGZ0eXBoZWljAAAAAG1pZjFoZWljbWlhZgAAAchtZXRhAAAAAAAAACFoZGxyAAAAAAAAAABwaWN0AAAAAAAAAAAAAAAAAAAA"
    "ADRpbG9jAAAAAERAAAIAAQAAAAAB7AABAAAAAAAAAHUAAgAAAAACYQABAAAAAAAAALAAAAA4aWluZgAAAAAAAgAAABVpbmZlAgAA"
    "AAABAABodmMxAAAAABVpbmZlAgAAAQACAABFeGlmAAAAAA5waXRtAAAAAAABAAABB2lwcnAAAADmaXBjbwAAAHZodmNDAQNwAAAA"
    "kAAAAAAAHvAA/P34+AAADwNgAAEAGEABDAH//wNwAAADAJAAAAMAAAMAHroCQGEAAQAqQgEBA3AAAAMAkAAAAwAAAwAeoCCBBZbq"
    "5Ka5uAhoMCAAAAMDIAAAAwAhYgABAAZEAcFzwIkAAAATY29scm5jbHgAAQANAAaAAAAAFGlzcGUAAAAAAAAAQAAAAEAAAAAoY2xh"
    "cAAAAEAAAAABAAAAIAAAAAEAAAAAAAAAAv///+AAAAACAAAAEHBpeGkAAAAAAwgICAAAAAlpcm90AwAAABlpcG1hAAAAAAAAAAEA"
    "AQaBAgMFhIYAAAAaaXJlZgAAAAAAAAAOY2RzYwACAAEAAQAAAS1tZGF0AAAAcSgBrwngOSMkv//6Mb//+EaeQ/a5hcF//g8Wff4V"
    "/n/+ze9RXZWFbILbD0Opm8R2/qm/EqRhs0lk1uPxAzLY2gjY37MO7eK5BhNXY9wvM5r6IBgHij0hse84jiQ9+d7o0P4za2n34T+L"
    "/A4yy2T7lHcCAAAABkV4aWYAAE1NACoAAAAIAAMBDwACAAAADQAAADIBEgADAAAAAQAGAACIJQAEAAAAAQAAAEAAAAAAQ0FOQVJZ"
    "LU1BS0VSAAAABAABAAIAAAACTgAAAAACAAUAAAADAAAAdgADAAIAAAACRQAAAAAEAAUAAAADAAAAjgAAAAAAAAAiAAAAAQAAACkA"
    "AAABAAAAAAAAAAEAAACHAAAAAQAAAB4AAAABAAAAAAAAAAE="
)


def scene(width=320, height=200, mode="RGB") -> Image.Image:
    """Red left half, blue right half, and noise that does not compress away."""
    image = Image.effect_noise((width, height), 40).convert("RGB")
    draw = ImageDraw.Draw(image)
    draw.rectangle((0, 0, width // 2 - 1, height // 2), fill=RED)
    draw.rectangle((width // 2, 0, width, height // 2), fill=BLUE)
    return image.convert(mode)


def saved(image: Image.Image, kind: str, **options) -> bytes:
    out = io.BytesIO()
    image.save(out, kind, **options)
    return out.getvalue()


def exif(orientation=1) -> bytes:
    data = Image.Exif()
    data[0x010F], data[0x0112] = CANARY, orientation
    data[0x8825] = {1: "N", 2: (34.0, 41.0, 37.0), 3: "E", 4: (135.0, 30.0, 7.0)}
    return data.tobytes()


def chunk(name: bytes, body: bytes) -> bytes:
    return struct.pack(">I", len(body)) + name + body + struct.pack(">I", zlib.crc32(name + body))


def png_header(width: int, height: int, depth=8, color=2) -> bytes:
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", struct.pack(">IIBBBBB", width, height, depth, color, 0, 0, 0))


def png_bomb(width: int, height: int) -> bytes:
    """A few kilobytes that say they are huge, and are: one-bit rows of zeros."""
    rows = zlib.compressobj(9)
    body = b"".join(rows.compress(bytes((width + 7) // 8 + 1)) for _ in range(height)) + rows.flush()
    return png_header(width, height, 1, 0) + chunk(b"IDAT", body) + chunk(b"IEND", b"")


def jpeg_claiming(width: int, height: int) -> bytes:
    data = bytearray(saved(scene(64, 64), "JPEG"))
    at = data.index(b"\xff\xc0") + 5
    data[at : at + 4] = struct.pack(">HH", height, width)
    return bytes(data)


def webp_header(side: int) -> bytes:
    body = b"VP8X" + struct.pack("<I", 10) + b"\x00\x00\x00\x00" + (side - 1).to_bytes(3, "little") * 2
    return b"RIFF" + struct.pack("<I", len(body) + 4) + b"WEBP" + body


def zipped() -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as archive:
        archive.writestr("photo.jpg", saved(scene(), "JPEG"))
    return out.getvalue()


def moving(kind: str) -> bytes:
    return saved(scene(), kind, save_all=True, append_images=[scene(mode="L").convert("RGB")], duration=100)


def text_bomb() -> bytes:
    """A PNG whose compressed comment unpacks to far more than a comment."""
    body = b"Comment\0\0" + zlib.compress(b"A" * 80_000_000, 9)
    whole = saved(scene(), "PNG")
    return whole[:33] + chunk(b"zTXt", body) + whole[33:]


def cut(kind: str, part: float, **options) -> bytes:
    whole = saved(scene(), kind, **options)
    return whole[: int(len(whole) * part)]


def flipped_png() -> bytes:
    whole = bytearray(saved(scene(), "PNG"))
    whole[len(whole) // 2] ^= 0xFF
    return bytes(whole)


HOSTILE = {
    "empty": (lambda: b"", "photo.empty"),
    "only a JPEG's first bytes": (lambda: b"\xff\xd8\xff\xe0", DAMAGED),
    "only a PNG's first bytes": (lambda: b"\x89PNG\r\n\x1a\n", DAMAGED),
    "only a WebP's first bytes": (lambda: b"RIFF\x00\x00\x00\x00WEBP", DAMAGED),
    "only a HEIC's first bytes": (lambda: b"\x00\x00\x00\x18ftypheic", DAMAGED),
    "JPEG cut at 5 %": (lambda: cut("JPEG", 0.05), DAMAGED),
    "JPEG cut at 50 %": (lambda: cut("JPEG", 0.5), DAMAGED),
    "JPEG cut at 95 %": (lambda: cut("JPEG", 0.95), DAMAGED),
    "progressive JPEG cut at 60 %": (lambda: cut("JPEG", 0.6, progressive=True), DAMAGED),
    "progressive JPEG cut at 95 %": (lambda: cut("JPEG", 0.95, progressive=True), DAMAGED),
    "PNG cut at 5 %": (lambda: cut("PNG", 0.05), DAMAGED),
    "PNG cut at 50 %": (lambda: cut("PNG", 0.5), DAMAGED),
    "PNG without its end": (lambda: saved(scene(), "PNG")[:-12], DAMAGED),
    "PNG with a flipped byte": (flipped_png, DAMAGED),
    "PNG of no size": (lambda: png_header(0, 0) + chunk(b"IEND", b""), DAMAGED),
    "PNG without pixels": (lambda: png_header(64, 64) + chunk(b"IEND", b""), DAMAGED),
    "PNG with a text bomb": (text_bomb, DAMAGED),
    "WebP cut at 30 %": (lambda: cut("WEBP", 0.3), DAMAGED),
    "WebP cut at 95 %": (lambda: cut("WEBP", 0.95), DAMAGED),
    "lossless WebP cut at 50 %": (lambda: cut("WEBP", 0.5, lossless=True), DAMAGED),
    "WebP that is only a header": (lambda: webp_header(800), DAMAGED),
    "HEIC cut at 30 %": (lambda: HEIC[: len(HEIC) * 3 // 10], DAMAGED),
    "HEIC cut at 95 %": (lambda: HEIC[: len(HEIC) * 95 // 100], DAMAGED),
    "noise after a JPEG's beginning": (lambda: b"\xff\xd8\xff" + bytes(range(256)) * 40, DAMAGED),
    "PNG that says 50,000 × 50,000": (lambda: png_header(50_000, 50_000) + chunk(b"IDAT", b""), PIXELS),
    "PNG that says 2 milliard × 2 milliard": (lambda: png_header(2**31 - 1, 2**31 - 1) + chunk(b"IEND", b""), PIXELS),
    "PNG bomb of 64 megapixels": (lambda: png_bomb(8_000, 8_000), PIXELS),
    "PNG bomb of 144 megapixels": (lambda: png_bomb(12_000, 12_000), PIXELS),
    "JPEG that says 65,500 × 65,500": (lambda: jpeg_claiming(65_500, 65_500), PIXELS),
    "WebP that says 16,383 × 16,383": (lambda: webp_header(16_383), PIXELS),
    "WebP just too large": (lambda: saved(Image.new("RGB", (4_480, 4_480)), "WEBP", method=0), PIXELS),
    "JPEG just too large": (lambda: jpeg_claiming(7_072, 7_072), PIXELS),
    "animated PNG": (lambda: moving("PNG"), ANIMATED),
    "animated WebP": (lambda: moving("WEBP"), ANIMATED),
    "GIF": (lambda: saved(scene(), "GIF"), FORMAT),
    "animated GIF": (lambda: moving("GIF"), FORMAT),
    "TIFF": (lambda: saved(scene(), "TIFF"), FORMAT),
    "BMP": (lambda: saved(scene(), "BMP"), FORMAT),
    "AVIF": (lambda: saved(scene(), "AVIF"), FORMAT),
    "JPEG 2000": (lambda: saved(scene(), "JPEG2000"), FORMAT),
    "ICO": (lambda: saved(scene(64, 64), "ICO"), FORMAT),
    "EPS": (lambda: saved(scene(), "EPS"), FORMAT),
    "PDF": (lambda: saved(scene(), "PDF"), FORMAT),
    "SVG": (lambda: b'<svg xmlns="http://www.w3.org/2000/svg"><script>alert(1)</script></svg>', FORMAT),
    "HTML": (lambda: b"<!doctype html><script>alert(1)</script>", FORMAT),
    "HTML before a JPEG": (lambda: b"<script>alert(1)</script>" + saved(scene(), "JPEG"), FORMAT),
    "ZIP with a JPEG": (zipped, FORMAT),
    "MP4": (lambda: b"\x00\x00\x00\x18ftypmp42" + bytes(64), FORMAT),
    "program": (lambda: b"MZ" + bytes(400), FORMAT),
    "text": ("写真".encode, FORMAT),
    "NULs": (lambda: bytes(1000), FORMAT),
    "more than 20 MB": (lambda: saved(scene(), "JPEG") + bytes(MAX_BYTES), "photo.bytes"),
}


@pytest.fixture(autouse=True)
def forgiving_pillow(monkeypatch):
    """As it is once the PDF writer has been loaded into the process."""
    monkeypatch.setattr(ImageFile, "LOAD_TRUNCATED_IMAGES", True)


@pytest.mark.parametrize("name", HOSTILE)
def test_what_is_not_a_whole_photo_is_refused_with_a_sentence(name):
    make, code = HOSTILE[name]
    found = prepare(make())
    assert not isinstance(found, Picture), name
    assert found.code == code
    assert re.search(r"[ぁ-ん].*。$", found.message)


def opened(data: bytes) -> Image.Image:
    image = Image.open(io.BytesIO(data))
    image.load()
    return image


def near(pixel, color) -> bool:
    return all(abs(one - other) < 40 for one, other in zip(pixel, color, strict=True))


def taken(data: bytes) -> Picture:
    found = prepare(data)
    assert isinstance(found, Picture), found
    for made, side in ((found.large, 1600), (found.small, 400)):
        image = opened(made)
        assert (image.format, image.mode) == ("JPEG", "RGB")
        assert max(image.size) <= side
        assert not image.getexif()
        assert set(image.info) <= {"jfif", "jfif_version", "jfif_unit", "jfif_density"}
        assert CANARY.encode() not in made
    assert opened(found.large).size == (found.width, found.height)
    return found


PNG_TEXT = PngImagePlugin.PngInfo()
PNG_TEXT.add_text("Comment", CANARY)

GOOD = {
    "JPEG": lambda: saved(scene(), "JPEG", exif=exif(), comment=CANARY.encode()),
    "progressive JPEG": lambda: saved(scene(), "JPEG", progressive=True),
    "JPEG with XMP": lambda: saved(scene(), "JPEG", xmp=f"<x>{CANARY}</x>".encode()),
    "JPEG with a color profile": lambda: saved(scene(), "JPEG", icc_profile=CANARY.encode() * 40),
    "grey JPEG": lambda: saved(scene(mode="L"), "JPEG"),
    "CMYK JPEG": lambda: saved(scene(mode="CMYK"), "JPEG"),
    "JPEG with a second frame": lambda: saved(scene(), "MPO", save_all=True, append_images=[scene()], exif=exif()),
    "PNG": lambda: saved(scene(), "PNG", exif=exif(), pnginfo=PNG_TEXT),
    "PNG with transparency": lambda: saved(scene(mode="RGBA"), "PNG"),
    "PNG with a palette": lambda: saved(scene(mode="P"), "PNG"),
    "one-bit PNG": lambda: saved(scene(mode="1"), "PNG"),
    "grey PNG with transparency": lambda: saved(scene(mode="LA"), "PNG"),
    "interlaced PNG": lambda: saved(scene(), "PNG", interlace=1),
    "WebP": lambda: saved(scene(), "WEBP", exif=exif(), xmp=CANARY.encode()),
    "WebP with transparency": lambda: saved(scene(mode="RGBA"), "WEBP", lossless=True),
    "HEIC": lambda: HEIC,
    "one pixel": lambda: saved(Image.new("RGB", (1, 1)), "PNG"),
    "very long": lambda: saved(Image.new("RGB", (20_000, 3), RED), "PNG"),
}


@pytest.mark.parametrize("name", GOOD)
def test_a_photo_comes_out_small_and_bare(name):
    taken(GOOD[name]())


@pytest.mark.parametrize("orientation", range(1, 9))
@pytest.mark.parametrize("kind", ["JPEG", "PNG", "WEBP"])
def test_whichever_way_the_phone_was_held(kind, orientation):
    back = {1: None, 2: 0, 3: 3, 4: 1, 5: 5, 6: 2, 7: 6, 8: 4}[orientation]
    stored = scene() if back is None else scene().transpose(Image.Transpose(back))
    found = taken(saved(stored, kind, exif=exif(orientation)))
    assert (found.width, found.height) == (320, 200)
    image = opened(found.large)
    assert near(image.getpixel((20, 20)), RED)
    assert near(image.getpixel((300, 20)), BLUE)


def test_heic_is_turned_once():
    found = taken(HEIC)
    assert (found.width, found.height) == (32, 64)
    assert near(opened(found.large).getpixel((16, 4)), RED)
    assert near(opened(found.large).getpixel((16, 60)), BLUE)


def test_large_photos_are_made_smaller_and_small_ones_are_not_made_larger():
    large = taken(saved(Image.new("RGB", (4_000, 3_000), RED), "JPEG"))
    assert (large.width, large.height) == (1_600, 1_200)
    assert opened(large.small).size == (400, 300)
    small = taken(saved(scene(100, 50), "JPEG"))
    assert (opened(small.large).size, opened(small.small).size) == ((100, 50), (100, 50))


def test_fifty_megapixels_are_still_a_photo():
    found = taken(saved(Image.new("L", (7_070, 7_070), 128), "JPEG"))
    assert (found.width, found.height) == (1_600, 1_600)


def test_what_was_clear_becomes_white():
    palette = Image.new("P", (50, 50))
    palette.putpalette([*RED, *BLUE])
    for stored in (
        saved(Image.new("RGBA", (50, 50), (*RED, 0)), "PNG"),
        saved(palette, "PNG", transparency=0),
        saved(Image.new("RGB", (50, 50), RED), "PNG", transparency=RED),
        saved(Image.new("LA", (50, 50), (30, 0)), "PNG"),
    ):
        assert near(opened(taken(stored).large).getpixel((25, 25)), (255, 255, 255))


@pytest.mark.parametrize("mode", ["RGB", "RGBA", "LA", "P", "L"])
def test_what_is_made_smaller_in_strips_stays_whole_and_upright(mode):
    found = taken(saved(scene(6_500, 3_301, "RGB").convert(mode), "PNG", compress_level=1, exif=exif(3)))
    assert (found.width, found.height) in {(1_600, 812), (1_600, 813)}
    image, dark, light = opened(found.large), (70, 70, 70), (40, 40, 90)
    left, right = (dark, light) if mode in {"L", "LA"} else (RED, BLUE)
    for y in (420, 600, 800):
        assert all(abs(one - other) < 60 for one, other in zip(image.getpixel((1_580, y)), left, strict=True))
        assert all(abs(one - other) < 60 for one, other in zip(image.getpixel((20, y)), right, strict=True))


def test_what_was_clear_in_a_large_picture_becomes_white():
    for stored in (
        saved(Image.new("RGBA", (3_300, 3_300), (*RED, 0)), "PNG", compress_level=1),
        saved(Image.new("RGB", (3_300, 3_300), RED), "PNG", transparency=RED, compress_level=1),
    ):
        assert near(opened(taken(stored).large).getpixel((25, 1_590)), (255, 255, 255))


def test_sixteen_bits_of_grey_keep_their_brightness():
    found = taken(saved(Image.new("I;16", (50, 50), 128 * 256), "PNG"))
    assert near(opened(found.large).getpixel((25, 25)), (128, 128, 128))


def test_inverted_cmyk_keeps_its_colors():
    image = opened(taken(saved(scene(mode="CMYK"), "JPEG")).large)
    assert near(image.getpixel((20, 20)), RED)


def test_nothing_behind_the_picture_comes_along():
    tail = b"<script>alert(1)</script>PK\x03\x04" + CANARY.encode()
    found = taken(saved(scene(), "JPEG") + tail)
    assert b"<script>" not in found.large + found.small


@pytest.mark.filterwarnings("ignore:Corrupt EXIF data")
def test_a_damaged_note_about_orientation_is_no_reason_to_refuse():
    for broken in (b"Exif\0\0MM\0*" + b"\xff" * 30, b"Exif\0\0", b"Exif\0\0II*\0" + struct.pack("<I", 2**31)):
        taken(saved(scene(), "JPEG", exif=broken))
