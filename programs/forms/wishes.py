"""What a person says, and how they showed it."""

from django import forms

from programs.enums import Face
from transition.enums import Expression, WishChoice
from transition.fields import LineField
from transition.services.wishes import Answer

INLINE = {"class": "choices-inline"}


class WishForm(forms.Form):
    """`choice` is the button that was pressed."""

    use_required_attribute = False

    choice = forms.ChoiceField(choices=WishChoice, error_messages={"required": "どれか1つを選んでください。"})
    expression = forms.ChoiceField(
        label="どうやって表しましたか",
        choices=Expression,
        initial=Expression.WORD,
        widget=forms.RadioSelect(attrs=INLINE),
    )
    inferred = forms.BooleanField(label="はっきりした返事ではなく、支援者が読み取った", required=False)
    basis = LineField(
        label="何から読み取りましたか", required=False, max_length=200, help_text="例：写真をじっと見て、手をのばした"
    )
    present = LineField(label="いっしょにいた人", required=False, max_length=200)

    def clean(self) -> None:
        super().clean()
        if self.cleaned_data.get("inferred") and not self.cleaned_data.get("basis") and "basis" not in self.errors:
            self.add_error("basis", "読み取ったときは、何から読み取ったかを書いてください。")

    def answer(self) -> Answer:
        return Answer(**self.cleaned_data)


class WishPhotoForm(forms.Form):
    use_required_attribute = False

    photos = forms.FileField(
        label="写真を選ぶ",
        help_text="行き先や物だけを写し、人は写さないでください。JPEG・PNG・WebP・HEIC、20MBまで。",
        error_messages={"required": "写真を選んでください。", "empty": "この写真は空です。"},
        widget=forms.FileInput(attrs={"accept": "image/jpeg,image/png,image/webp,image/heic,image/heif,.heic,.heif"}),
    )


class RatingForm(forms.Form):
    use_required_attribute = False

    face = forms.ChoiceField(
        label="どうでしたか",
        choices=Face,
        widget=forms.RadioSelect(attrs=INLINE),
        error_messages={"required": "顔を1つ選んでください。"},
    )
    word = LineField(label="ことば", required=False, max_length=200, help_text="本人のことばのとおりに書きます。")
    by_person = forms.TypedChoiceField(
        label="だれが選びましたか",
        choices=[("1", "本人が選んだ"), ("0", "支援者がようすから書いた")],
        coerce=lambda value: value == "1",
        initial="1",
        widget=forms.RadioSelect(attrs=INLINE),
    )
    expression = forms.ChoiceField(
        label="どうやって表しましたか",
        choices=Expression,
        initial=Expression.FACE,
        widget=forms.RadioSelect(attrs=INLINE),
    )
    basis = LineField(
        label="何から分かりましたか",
        required=False,
        max_length=200,
        help_text="支援者が書くときに。例：帰り道で何度も笑った",
    )
