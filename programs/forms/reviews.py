"""One review: what was said, what helped, how far each goal has come, what happens next."""

from typing import Any

from django import forms

from programs.domain.score_chart import signed
from programs.forms.base import ServiceForm, text_field
from programs.services.reviews import GivenScore
from transition import clock
from transition.fields import JapaneseDateField, LineField
from transition.models import Goal


class ReviewForm(ServiceForm):
    held_on = JapaneseDateField(label="行った日", initial=clock.today)
    present = LineField(
        label="出席した人", max_length=300, required=False, help_text="本人もいっしょに。例：本人、母、担当、施設の職員"
    )
    person_said = text_field(label="本人のことば・様子", required=False)
    wishes = text_field(label="出てきた希望", required=False, help_text="新しい希望は、それだけで結果のひとつです。")
    helped = text_field(label="役に立ったこと", required=False)
    decision = text_field(label="これからどうするか")

    def __init__(self, *args: Any, goals: list[Goal], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.goals = goals
        for goal in goals:
            self.fields[_score(goal)] = forms.ChoiceField(
                label="どのくらいまで来ましたか",
                choices=[("", "今回はつけない"), *((score, _level(score, text)) for score, text in goal.levels)],
                required=False,
                widget=forms.RadioSelect,
            )
            self.fields[_note(goal)] = LineField(label="ひとこと", max_length=200, required=False)

    def texts(self) -> list[forms.BoundField]:
        """What is asked about the review as a whole."""
        return [self[name] for name in self.base_fields]

    def goal_fields(self, goal: Goal) -> tuple[forms.BoundField, forms.BoundField]:
        return self[_score(goal)], self[_note(goal)]

    def values(self) -> dict[str, Any]:
        """What the service takes."""
        data = self.cleaned_data
        return {name: data[name] for name in self.base_fields} | {
            "goal_scores": [
                GivenScore(goal, int(data[_score(goal)]), data[_note(goal)])
                for goal in self.goals
                if data[_score(goal)] != ""
            ]
        }


def _level(score: int, text: str) -> str:
    return f"{signed(score)}（期待する所）　{text}" if score == 0 else f"{signed(score)}　{text}"


def _score(goal: Goal) -> str:
    return f"score_{goal.public_id.hex}"


def _note(goal: Goal) -> str:
    return f"note_{goal.public_id.hex}"
