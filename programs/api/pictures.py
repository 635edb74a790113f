"""Pictures of the API: taken in as one file of a form, given out as a JPEG to those who may see it."""

from typing import Any

from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.negotiation import DefaultContentNegotiation

from programs.domain.photos import MAX_BYTES
from transition.api.serializers import Sent


class AsItComes(DefaultContentNegotiation):
    """A picture is a JPEG and a refusal is JSON, whatever was asked for."""

    def select_renderer(self, request: Any, renderers: Any, format_suffix: Any = None) -> Any:
        return renderers[0], renderers[0].media_type


class PictureSent(Sent):
    """What is in the file is for the service to judge."""

    photo = serializers.FileField(help_text="JPEG・PNG・WebP・HEIC、20MBまで。撮った場所などの情報は消して保存します。")

    def validate_photo(self, file: Any) -> bytes:
        """One byte more than a photo may have tells that it is too large."""
        content: bytes = file.read(MAX_BYTES + 1)
        file.seek(0)
        return content


MULTIPART = {"multipart/form-data": PictureSent}
# What services call it.
PHOTO = {"photos": "photo"}


def gives_jpeg(summary: str) -> Any:
    """Describes an operation that answers with a picture."""
    return extend_schema(summary=summary, responses={(200, "image/jpeg"): OpenApiTypes.BINARY})
