"""What came of an enrollment, and one look after the move."""

from typing import Any

from django import forms

from programs.enums import FollowUpKind, NextService, OutcomeCode
from programs.forms.base import ServiceForm, text_field
from programs.models import FollowUp, Outcome
from transition import clock
from transition.domain import wareki
from transition.fields import JapaneseDateField

STILL_THERE = (("yes", "くらしている"), ("no", "もう、くらしていない"))


class OutcomeForm(ServiceForm):
    code = forms.ChoiceField(
        label="どうなりましたか",
        choices=OutcomeCode.choices,
        widget=forms.RadioSelect,
        help_text="引っこすことだけが結果ではありません。新しい希望が出たことも、自分で選んで残ることも、結果です。",
        error_messages={"required": "結果を選んでください。"},
    )
    decided_on = JapaneseDateField(label="決めた日", help_text=wareki.DATE_EXAMPLE, initial=clock.today)
    moved_on = JapaneseDateField(
        label="引っこした日",
        required=False,
        help_text="引っこしたときだけ。30日以内の訪問と、6か月後の確認の日が決まります。",
    )
    next_service = forms.ChoiceField(label="次の支援", choices=[("", "なし"), *NextService.choices], required=False)
    note = text_field(label="どうしてそうなったか", required=False)

    def __init__(self, *args: Any, outcome: Outcome | None, **kwargs: Any) -> None:
        if outcome is not None:
            kwargs["initial"] = {name: getattr(outcome, name) for name in self.base_fields}
        super().__init__(*args, **kwargs)


class FollowUpForm(ServiceForm):
    done_on = JapaneseDateField(label="行った日", help_text=wareki.DATE_EXAMPLE, initial=clock.today)
    still_there = forms.ChoiceField(
        label="いまも、引っこした先でくらしていますか",
        choices=STILL_THERE,
        widget=forms.RadioSelect(attrs={"class": "choices-inline"}),
        error_messages={"required": "どちらかを選んでください。"},
    )
    note = text_field(label="様子", required=False)

    def __init__(self, *args: Any, follow_up: FollowUp, **kwargs: Any) -> None:
        if follow_up.done_on is not None:
            kwargs["initial"] = {
                "done_on": follow_up.done_on,
                "still_there": "yes" if follow_up.still_there else "no",
                "note": follow_up.note,
            }
        super().__init__(*args, **kwargs)
        if follow_up.kind == FollowUpKind.VISIT_30_DAYS:
            self.fields["done_on"].label = "訪問した日"

    def clean_still_there(self) -> bool:
        return bool(self.cleaned_data["still_there"] == "yes")
