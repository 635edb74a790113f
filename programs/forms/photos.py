"""Several files from one field; what is in them is for the service to judge."""

from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.core.files.uploadedfile import UploadedFile

MOST_AT_ONCE = 10


class SeveralFiles(forms.FileInput):
    allow_multiple_selected = True

    def value_from_datadict(self, data: Any, files: Any, name: str) -> list[UploadedFile]:
        return files.getlist(name)


class PhotosField(forms.FileField):
    widget = SeveralFiles

    def clean(self, data: Any, initial: Any = None) -> list[UploadedFile]:
        files = [file for file in data or [] if file]
        if not files:
            raise ValidationError("写真を選んでください。", code="required")
        if len(files) > MOST_AT_ONCE:
            raise ValidationError(f"一度に送れるのは{MOST_AT_ONCE}枚までです。", code="many")
        return files


class PhotosForm(forms.Form):
    use_required_attribute = False

    photos = PhotosField(
        label="写真を選ぶ",
        help_text="何枚か一度に選べます。JPEG・PNG・WebP・HEIC、1枚20MBまで。撮った場所などの情報は消して保存します。",
        widget=SeveralFiles(attrs={"accept": "image/jpeg,image/png,image/webp,image/heic,image/heif,.heic,.heif"}),
    )
