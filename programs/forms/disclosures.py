"""開示等の請求: writing one down, answering it, taking everything out for it."""

from typing import Any

from django import forms

from programs.forms.base import ServiceForm, text_field
from transition import clock
from transition.domain import wareki
from transition.enums import DisclosureAnswer, DisclosureKind, DisclosurePurpose
from transition.fields import JapaneseDateField, LineField
from transition.models import Disclosure

INLINE = {"class": "choices-inline"}
KINDS = (
    (DisclosureKind.DISCLOSE, "記録を見せてほしい（開示）"),
    (DisclosureKind.CORRECT, "まちがいを直してほしい（訂正）"),
    (DisclosureKind.STOP, "使うのをやめてほしい（利用停止）"),
    (DisclosureKind.COMPLAINT, "あつかい方がよくない（苦情）"),
)
ANSWERS = tuple((answer.value, answer.label) for answer in DisclosureAnswer if answer != DisclosureAnswer.WAITING)


class AskForm(ServiceForm):
    kind = forms.ChoiceField(
        label="何を頼まれましたか",
        choices=KINDS,
        widget=forms.RadioSelect,
        error_messages={"required": "何を頼まれたかを選んでください。"},
    )
    asked_by = LineField(label="頼んだ人（本人、または代理人と本人との関係）", max_length=80, help_text="例：本人、母")
    asked_on = JapaneseDateField(label="頼まれた日", help_text=wareki.DATE_EXAMPLE, initial=clock.today)
    content = text_field(label="頼まれた内容", required=False, help_text="直すときは、どこを、どう直すかも書きます。")


class AnswerForm(ServiceForm):
    answer = forms.ChoiceField(
        label="どう答えましたか",
        choices=ANSWERS,
        widget=forms.RadioSelect(attrs=INLINE),
        error_messages={"required": "どう答えたかを選んでください。"},
    )
    answered_on = JapaneseDateField(label="答えた日", help_text=wareki.DATE_EXAMPLE, initial=clock.today)
    reason = text_field(label="したこと・理由", required=False)

    def __init__(self, *args: Any, disclosure: Disclosure, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        corrects = disclosure.kind == DisclosureKind.CORRECT
        self.fields["reason"].help_text = (
            "だれが、どこを、どう直したかを書きます。応じないときは、その理由を書きます。"
            if corrects
            else "応じないとき、一部だけのときは、その理由を書きます。"
        )


class FileForm(ServiceForm):
    purpose = forms.ChoiceField(
        label="何のために取り出しますか",
        choices=DisclosurePurpose.choices,
        widget=forms.RadioSelect,
        error_messages={"required": "何のために取り出すかを選んでください。"},
    )
    with_others = forms.BooleanField(
        label="ほかの人のことも入れる（連絡先の名前と電話、家族の声）",
        required=False,
        help_text="その人がよいと言ったとき、本人がもう知っているときだけ。入れないときは「入れていません」と出ます。",
    )
