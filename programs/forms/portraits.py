"""One file for the own face; what is in it is for the service to judge."""

from django import forms

from programs.forms.base import ServiceForm

ACCEPTED = "image/jpeg,image/png,image/webp,image/heic,image/heif,.heic,.heif"


class PortraitForm(ServiceForm):
    photos = forms.FileField(
        label="顔写真を選ぶ",
        help_text="JPEG・PNG・WebP・HEIC、20MBまで。撮った場所などの情報は消して保存します。",
        widget=forms.FileInput(attrs={"accept": ACCEPTED}),
        error_messages={"required": "写真を選んでください。", "empty": "ファイルが空です。もう一度選んでください。"},
    )
