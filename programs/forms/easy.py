"""What comes from the person's own buttons."""

from django import forms

from programs.domain.easy_words import WORDS
from programs.enums import Face
from transition.enums import WishChoice
from transition.fields import LineField


class FaceForm(forms.Form):
    use_required_attribute = False

    face = forms.ChoiceField(choices=Face)


class WordForm(forms.Form):
    """The face that was chosen, with one word: a drawing's or the person's own."""

    use_required_attribute = False

    face = forms.ChoiceField(choices=Face)
    chosen = forms.ChoiceField(choices=[(word.code, word.text) for word in WORDS], required=False)
    word = LineField(label="じぶんの ことばで", required=False, max_length=200)

    def text(self) -> str:
        chosen = self.cleaned_data["chosen"]
        return next((word.text for word in WORDS if word.code == chosen), self.cleaned_data["word"])


class ChosenWishForm(forms.Form):
    use_required_attribute = False

    choice = forms.ChoiceField(choices=WishChoice)
