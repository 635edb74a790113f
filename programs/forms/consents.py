"""Recording a consent."""

from django import forms

from programs.forms.base import ServiceForm
from transition import clock
from transition.domain import wareki
from transition.enums import ConsentKind, ConsentMeans
from transition.fields import JapaneseDateField, LineField

INLINE = {"class": "choices-inline"}


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
    ends_on = JapaneseDateField(label="いつまで", required=False, help_text="空なら、やめるまで続きます。")
    note = LineField(
        label="説明したこと・様子", max_length=300, required=False, help_text="例：写真を見せて説明した。うなずいた。"
    )
