"""Recording a consent."""

from typing import Any

from django import forms

from programs.forms.base import ServiceForm
from transition import clock
from transition.domain import wareki
from transition.domain.months import months_later
from transition.enums import ConsentKind, ConsentMeans
from transition.fields import JapaneseDateField, LineField

INLINE = {"class": "choices-inline"}
# How long a home may read the card when nobody says otherwise: enough for a few trials, not for ever.
CARD_MONTHS = 6


class ConsentForm(ServiceForm):
    kind = forms.ChoiceField(
        label="何についての同意ですか",
        choices=ConsentKind.choices,
        widget=forms.RadioSelect(attrs=INLINE),
        error_messages={"required": "何についての同意かを選んでください。"},
    )
    means = forms.ChoiceField(
        label="本人は、どうやって同意しましたか",
        choices=ConsentMeans.choices,
        widget=forms.RadioSelect(attrs=INLINE),
        error_messages={"required": "どうやって同意したかを選んでください。"},
    )
    given_on = JapaneseDateField(label="同意した日", help_text=wareki.DATE_EXAMPLE, initial=clock.today)
    ends_on = JapaneseDateField(
        label="いつまで",
        required=False,
        help_text=f"空なら、やめるまで続きます。事前情報シートは、空なら{CARD_MONTHS}か月です。",
    )
    note = LineField(
        label="説明したこと・様子", max_length=300, required=False, help_text="例：写真を見せて説明した。うなずいた。"
    )

    def __init__(self, *args: Any, kind: str = "", **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if kind:
            self.initial["kind"] = kind
        if kind == ConsentKind.CARD:
            self.initial["ends_on"] = months_later(clock.today(), CARD_MONTHS)

    def clean(self) -> dict[str, Any]:
        content = super().clean() or self.cleaned_data
        given_on, ends_on = content.get("given_on"), content.get("ends_on")
        if content.get("kind") == ConsentKind.CARD and given_on and ends_on is None and "ends_on" not in self.errors:
            content["ends_on"] = months_later(given_on, CARD_MONTHS)
        return content
