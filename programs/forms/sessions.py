"""The questions that go with an answer, a cancellation, an arrival or a departure. Fields are named like the
arguments of the services, so that their problems stand beside them."""

import datetime as dt
from typing import Any

from django import forms

from programs.enums import DeclineReason, SessionState
from programs.models import Session
from transition import clock
from transition.domain.wareki import moment_of
from transition.fields import JapaneseDateField, JapaneseTimeField, TextField

REASON_LENGTH = 1000


def _text(**kwargs: Any) -> TextField:
    return TextField(max_length=REASON_LENGTH, widget=forms.Textarea(attrs={"rows": 3}), **kwargs)


class StepForm(forms.Form):
    """Nothing to ask."""

    use_required_attribute = False

    def __init__(self, *args: Any, session: Session, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.session = session


class DeclineForm(StepForm):
    decline_reason = forms.ChoiceField(
        label="理由",
        choices=DeclineReason.choices,
        widget=forms.RadioSelect,
        help_text="申し込んだ組織に伝わります。断られた理由は、市町村が制度を見直すときの材料にもなります。",
        error_messages={"required": "理由を選んでください。"},
    )
    note = _text(label="ひとこと", required=False, help_text="ほかの日なら受けられる、など。")


class CancelForm(StepForm):
    reason = _text(label="取り消す理由", required=False)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["reason"].required = self.session.state == SessionState.CONFIRMED


class MomentForm(StepForm):
    """When it happened; empty means now."""

    on = JapaneseDateField(label="日にち", required=False, help_text="空なら、きょうです。")
    at = JapaneseTimeField(
        label="時刻", required=False, end_of_day=True, help_text="空なら、いまの時刻です。例：15:00、午後3時"
    )

    def clean(self) -> dict[str, Any]:
        data = super().clean() or {}
        on = data.get("on")
        if on and on != clock.today() and not data.get("at") and "at" not in self.errors:
            self.add_error("at", "きょうではない日には、時刻も入れてください。")
        return data

    def moment(self) -> dt.datetime | None:
        on, at = self.cleaned_data["on"], self.cleaned_data["at"]
        return clock.at(*moment_of(on or clock.today(), at)) if at else None


class CutShortForm(MomentForm):
    reason = _text(
        label="ようす",
        required=False,
        help_text="責めるためではなく、次の体験を考えるために書きます。書かなくてもかまいません。",
    )


class NoShowForm(StepForm):
    reason = _text(label="わかっていること", required=False)


class OverrideForm(StepForm):
    reason = _text(
        label="それでも受けてよい理由", help_text="だれが、なぜそう判断したか。市町村に確かめたときは、その内容も。"
    )
