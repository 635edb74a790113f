"""What a worker heard after the person had said やめたい, and the names of personal links."""

from programs.forms.base import ServiceForm, text_field
from transition.fields import LineField


class StopAnswerForm(ServiceForm):
    answer = text_field(
        label="聞いたこと・決めたこと",
        max_length=300,
        error_messages={"required": "聞いたこと・決めたことを書いてください。"},
        help_text="例：夜の音がこわかった。耳せんを使って、あと1日ためすことにした。",
    )


class LinkForm(ServiceForm):
    label = LineField(
        label="どこで使いますか",
        max_length=40,
        error_messages={"required": "どこで使うかを入れてください。"},
        help_text="例：へやのかべ、母のスマートフォン。1か所に1つずつ発行します。",
    )
