"""The address of a calendar elsewhere, and what to call it."""

from programs.forms.base import ServiceForm
from programs.models import ExternalCalendar
from programs.services.external import https_of
from transition import fetch
from transition.fields import LineField

URL = ExternalCalendar._meta.get_field("url")
LABEL = ExternalCalendar._meta.get_field("label")


class ExternalCalendarForm(ServiceForm):
    label = LineField(
        label="名前",
        max_length=LABEL.max_length,
        help_text="例：事務所のGoogleカレンダー",
        error_messages={"required": "名前を入れてください。"},
    )
    url = LineField(
        label="予定表のアドレス",
        max_length=URL.max_length,
        help_text="https:// か webcal:// で始まり、多くは .ics で終わります。保存したあとは、全部は表示しません。",
        error_messages={"required": "アドレスを入れてください。"},
    )

    def __init__(self, *args, **kwargs) -> None:
        super().__init__(*args, **kwargs)
        self.fields["url"].widget.attrs |= {"inputmode": "url", "autocomplete": "off", "spellcheck": "false"}

    def clean_url(self) -> str:
        url = self.cleaned_data["url"]
        if not fetch.is_address(https_of(url)):
            self.add_error("url", "https:// で始まるアドレスを、そのままはりつけてください。")
        return url
