"""Which address another system is called at, and for what."""

from django import forms

from programs.enums import CHOSEN_EVENTS
from programs.forms.base import ServiceForm
from programs.models import Webhook
from transition import fetch
from transition.fields import LineField

URL = Webhook._meta.get_field("url")
LABEL = Webhook._meta.get_field("label")


class WebhookForm(ServiceForm):
    label = LineField(
        label="名前",
        max_length=LABEL.max_length,
        help_text="例：市のホームページ",
        error_messages={"required": "名前を入れてください。"},
    )
    url = LineField(
        label="受け取るアドレス",
        max_length=URL.max_length,
        help_text="https:// で始まる、インターネットに公開されたアドレスです。",
        error_messages={"required": "アドレスを入れてください。"},
    )
    events = forms.MultipleChoiceField(
        label="知らせること",
        choices=[(event.value, event.label) for event in CHOSEN_EVENTS],
        widget=forms.CheckboxSelectMultiple,
        error_messages={"required": "知らせることを1つ以上選んでください。"},
    )

    def __init__(self, *args, **kwargs) -> None:
        super().__init__(*args, **kwargs)
        self.fields["url"].widget.attrs |= {"inputmode": "url", "autocomplete": "off", "spellcheck": "false"}

    def clean_url(self) -> str:
        url = self.cleaned_data["url"]
        if not fetch.is_address(url):
            self.add_error("url", "https:// で始まるアドレスを、そのままはりつけてください。")
        return url
