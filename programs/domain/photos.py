"""From what a phone sends to a photo that can be kept: decoded under limits, upright, new pixels, no metadata.

Formats go by content, never by name. The list of formats is what protects: Pillow knows dozens that nobody
photographs in. What comes out is a new JPEG, so nothing of the file that came in is ever served.
"""

import logging
import warnings
from dataclasses import dataclass
from io import BytesIO
from typing import Final

import pi_heif
from PIL import Image, ImageFile, ImageOps

from programs.domain.problems import Problem

MAX_BYTES: Final = 20 * 1024 * 1024
MAX_PIXELS: Final = 50_000_000
# Its decoder holds the picture four times over.
MAX_WEBP_PIXELS: Final = 20_000_000
LARGE, SMALL = 1600, 400
QUALITY: Final = 85
# Whole megabytes for the eye.
_MEGABYTES: Final = MAX_BYTES // (1024 * 1024)

ANSWER: Final = "JPEG、PNG、WebP、HEICの写真を選んでください。"
_HEIF_BRANDS: Final = (b"heic", b"heix", b"heim", b"heis", b"mif1")
_WHITE: Final = (255, 255, 255)

pi_heif.register_heif_opener(thumbnails=False, decode_threads=1)
# Pillow warns at this size and refuses at twice as much; here the warning refuses as well.
Image.MAX_IMAGE_PIXELS = MAX_PIXELS
warnings.simplefilter("error", Image.DecompressionBombWarning)

logger = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Picture:
    """Two JPEGs of one photo; `width` and `height` are those of the large one."""

    large: bytes
    small: bytes
    width: int
    height: int


def prepare(data: bytes) -> Picture | Problem:
    """The photo in two sizes, or the one reason why it is not taken."""
    if not data:
        return _no("empty", "ファイルが空です。もう一度選んでください。")
    if len(data) > MAX_BYTES:
        return _no("bytes", f"写真が大きすぎます。1枚{_MEGABYTES}MBまでです。")
    kind = _format(data)
    if kind is None:
        return _no("format", f"写真ではないファイルか、使えない形式です。{ANSWER}")
    try:
        return _decode(data, kind)
    except (Image.DecompressionBombError, Image.DecompressionBombWarning):
        return _too_many_pixels()
    except Exception as error:
        # Whatever a damaged file does to a decoder, its sender gets a sentence. The log gets no content.
        logger.info("photo refused: %s %s", kind, type(error).__name__)
        return _no("damaged", "写真がこわれているか、途中で切れています。もう一度送るか、別の写真を選んでください。")


def _decode(data: bytes, kind: str) -> Picture | Problem:
    # The PDF writer makes Pillow forgive cut files, for the whole process, when it is loaded.
    ImageFile.LOAD_TRUNCATED_IMAGES = False
    if kind == "PNG":
        # Decoding alone forgives wrong checksums and a missing end.
        with Image.open(BytesIO(data), formats=(kind,)) as checked:
            checked.verify()
    with Image.open(BytesIO(data), formats=(kind,)) as image:
        # The header's word, before a single pixel is made room for.
        most = MAX_WEBP_PIXELS if kind == "WEBP" else MAX_PIXELS
        if image.width * image.height > most:
            return _too_many_pixels(most)
        if kind in {"PNG", "WEBP"} and getattr(image, "is_animated", False):
            return _no("animated", "動く画像は使えません。動かない写真を選んでください。")
        if kind == "JPEG":
            # Decodes at the smallest sufficient scale; phones may put a second frame behind the first: unused.
            image.draft("RGB", (LARGE, LARGE))
        image.load()
        upright = _upright(_shrunk(image, LARGE))
    large = _repainted(upright)
    return Picture(_jpeg(large), _jpeg(_shrunk(large.copy(), SMALL)), large.width, large.height)


def _format(data: bytes) -> str | None:
    """By the first bytes. A file cut short of what its own header promises passes as its format and fails later."""
    if data.startswith(b"\xff\xd8\xff"):
        return "JPEG"
    if data.startswith(b"\x89PNG\r\n\x1a\n"):
        return "PNG"
    if data[:4] == b"RIFF" and data[8:12] == b"WEBP":
        return "WEBP"
    if data[4:8] == b"ftyp" and data[8:12] in _HEIF_BRANDS:
        return "HEIF"
    return None


def _upright(image: Image.Image) -> Image.Image:
    """Turned as the camera was held. A damaged note about it leaves the photo as it is."""
    try:
        return ImageOps.exif_transpose(image)
    except Exception:
        return image


def _shrunk(image: Image.Image, side: int) -> Image.Image:
    """Made to fit into a square, in place where that saves memory; never enlarged."""
    plain = _reduced(image, side)
    plain.thumbnail((side, side), Image.Resampling.LANCZOS, reducing_gap=2.0)
    return plain


def _reduced(image: Image.Image, side: int) -> Image.Image:
    """At most about four times `side`, plain. Strip by strip: a second copy of the whole would double the memory."""
    times = max(max(image.size) // (2 * side), 1)
    if times == 1:
        return _plain(image)
    strips = []
    for top in range(0, image.height, 64 * times):
        bottom = min(top + 64 * times, image.height)
        strips.append(_plain(image.crop((0, top, image.width, bottom))).reduce(times))
    whole = Image.new(strips[0].mode, (strips[0].width, sum(strip.height for strip in strips)))
    # How the camera was held is asked for later.
    whole.info = strips[0].info
    top = 0
    for strip in strips:
        whole.paste(strip, (0, top))
        top += strip.height
    return whole


def _plain(image: Image.Image) -> Image.Image:
    """8 bits a channel, RGB or RGBA."""
    if image.mode.startswith("I;16") or image.mode in {"I", "F"}:
        grey = image.convert("I") if image.mode != "F" else image
        return grey.point(lambda value: value * (1 / 256)).convert("L").convert("RGB")
    if image.mode in {"RGB", "RGBA"} and "transparency" not in image.info:
        return image
    has_alpha = image.mode in {"RGBA", "LA", "PA", "La", "RGBa"} or "transparency" in image.info
    return image.convert("RGBA" if has_alpha else "RGB")


def _repainted(image: Image.Image) -> Image.Image:
    """New pixels on white; nothing else of the old image comes along."""
    new = Image.new("RGB", image.size, _WHITE)
    new.paste(image, mask=image.getchannel("A") if image.mode == "RGBA" else None)
    return new


def _jpeg(image: Image.Image) -> bytes:
    out = BytesIO()
    image.save(out, "JPEG", quality=QUALITY, optimize=True)
    return out.getvalue()


def _too_many_pixels(most: int = MAX_PIXELS) -> Problem:
    return _no("pixels", f"写真の画素が多すぎます。{most // 10_000:,}万画素までです。")


def _no(code: str, message: str) -> Problem:
    return Problem(f"photo.{code}", message, field="photos")
