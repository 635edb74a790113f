"""Changing a limit from a day on."""

import datetime as dt
from typing import Any

from django import forms
from django.core.exceptions import ValidationError

from programs.enums import Enforcement, Unit
from programs.models import Limit
from programs.queries.programs import WINDOW_WORDS
from transition.domain import wareki
from transition.fields import JapaneseDateField, JapaneseIntegerField, LineField

ENFORCEMENTS = (
    (Enforcement.REFUSE, "止める（市町村と基幹相談支援センターのコーディネーターだけが、理由を書いて進められます）"),
    (Enforcement.ASK, "理由を聞く（理由を書けば申し込めます）"),
    (Enforcement.INFORM, "知らせる（そのまま申し込めます）"),
)


class LimitForm(forms.Form):
    """A new amount for the same unit. Minutes are entered as hours and minutes, `clean` puts them together."""

    amount = JapaneseIntegerField(label="上限", min_value=0, max_value=10_000)
    minutes = JapaneseIntegerField(label="分", min_value=0, max_value=59, required=False)
    window = forms.ChoiceField(label="どの期間に", choices=[(code, words) for code, words in WINDOW_WORDS.items()])
    enforcement = forms.ChoiceField(label="こえるとき", choices=ENFORCEMENTS, widget=forms.RadioSelect)
    valid_from = JapaneseDateField(
        label="いつから", help_text=f"この日より前は、いままでの上限のままです。{wareki.DATE_EXAMPLE}"
    )
    source = LineField(
        label="根拠", max_length=300, help_text="要綱や通知の名前と条（例: 架空市外出体験事業実施要綱 第5条）"
    )

    def __init__(self, *args: Any, limit: Limit, today: dt.date, **kwargs: Any) -> None:
        self.in_minutes = limit.unit == Unit.MINUTES
        hours, minutes = divmod(limit.amount, 60)
        first_of_next = (today.replace(day=1) + dt.timedelta(days=32)).replace(day=1)
        kwargs["initial"] = {
            "amount": hours if self.in_minutes else limit.amount,
            "minutes": minutes,
            "window": limit.window,
            "enforcement": limit.enforcement,
            "valid_from": first_of_next,
        }
        super().__init__(*args, **kwargs)
        self.problems: list[Any] = []
        self.fields["amount"].label = f"上限（{Unit(limit.unit).label}）"
        if not self.in_minutes:
            del self.fields["minutes"]

    def clean_amount(self) -> int:
        amount = self.cleaned_data["amount"]
        if not self.in_minutes and amount < 1:
            raise ValidationError("1以上の数を入力してください。")
        return amount

    def values(self) -> dict[str, Any]:
        """What the service takes."""
        values = dict(self.cleaned_data)
        minutes = values.pop("minutes", None) or 0
        if self.in_minutes:
            values["amount"] = values["amount"] * 60 + minutes
        return values
