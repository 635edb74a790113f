from django import forms

from calendars.enums import Detail
from calendars.models import CalendarFeed
from transition.domain.text import clean_line


class FeedForm(forms.Form):
    """For whom, and how much of it."""

    label = forms.CharField(
        label="だれの予定表ですか",
        max_length=CalendarFeed._meta.get_field("label").max_length,
        help_text="例：母、兄、おばさん。1人に1つずつ発行します。予定表には出ません。",
        error_messages={"required": "だれの予定表かを入れてください。"},
    )
    detail = forms.ChoiceField(
        label="どこまで見せますか",
        choices=Detail,
        initial=Detail.NEUTRAL,
        widget=forms.RadioSelect,
        help_text="グループホームの名前からは、障害があることがわかります。場所と呼び名は、本人がよいと言ったときだけ選んでください。",
        error_messages={"required": "どこまで見せるかを選んでください。"},
    )

    def clean_label(self) -> str:
        label = clean_line(self.cleaned_data["label"])
        if not label:
            raise forms.ValidationError("だれの予定表かを入れてください。")
        return label
