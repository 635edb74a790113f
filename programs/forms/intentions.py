"""The form of one 意向確認."""

from typing import Any

from django import forms

from programs.forms.people import ConstraintsBeside
from transition import clock
from transition.domain import wareki
from transition.enums import Expression, IntentionAnswer, IntentionWish
from transition.fields import JapaneseDateField, LineField
from transition.models import IntentionCheck
from transition.services.intentions import default_next


class IntentionForm(ConstraintsBeside):
    model = IntentionCheck

    asked_on = JapaneseDateField(label="聞いた日", help_text=wareki.DATE_EXAMPLE)
    asker = LineField(label="聞いた人", max_length=80)
    method = LineField(label="聞きかた", max_length=200, help_text="例: 写真を見せて、ことばで")
    answer = forms.ChoiceField(
        label="どこで、だれとくらしたいか",
        choices=IntentionAnswer.choices,
        widget=forms.RadioSelect(attrs={"class": "choices-inline"}),
        help_text="「わからない」も「まだ答えがない」も、そのまま残します。",
    )
    wants = forms.MultipleChoiceField(
        label="やってみたいこと",
        choices=IntentionWish.choices,
        required=False,
        widget=forms.CheckboxSelectMultiple(attrs={"class": "choices-inline"}),
    )
    expression = forms.ChoiceField(
        label="表しかた",
        choices=[("", "選ばない（まだ答えがない）"), *Expression.choices],
        required=False,
        widget=forms.RadioSelect(attrs={"class": "choices-inline"}),
        help_text="本人がどうやって答えたか。「まだ答えがない」ときは選びません。",
    )
    inferred = forms.BooleanField(label="支援者が読み取った（本人がはっきり表したのではない）", required=False)
    basis = LineField(
        label="何から読み取ったか", max_length=300, required=False, help_text="例: 見学の写真をくり返し手に取っていた。"
    )
    present = LineField(label="いっしょにいた人", max_length=200, required=False)
    next_on = JapaneseDateField(label="次に聞く日", required=False)

    def __init__(self, *args: Any, asker: str, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["asker"].initial = asker
        self.fields["asked_on"].initial = clock.today
        later = default_next(clock.today())
        months = (later.year - clock.today().year) * 12 + later.month - clock.today().month
        self.fields[
            "next_on"
        ].help_text = (
            f"空けておくと、聞いた日の{months}か月あとになります（今日聞いたなら{wareki.format_wareki(later)}）。"
        )
