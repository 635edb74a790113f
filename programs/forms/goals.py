"""A goal with its five levels, and closing it."""

from typing import Any

from django import forms

from programs.domain.goal_examples import EXAMPLES
from programs.forms.base import ServiceForm, text_field
from transition.domain import wareki
from transition.enums import GoalArea, GoalHorizon, GoalState
from transition.fields import JapaneseDateField, LineField
from transition.models import Goal, Person
from transition.services.goals import CLOSED

INLINE = {"class": "choices-inline"}
# Field, its sign, what the level means; the one in the middle is what is expected.
LEVELS = (
    ("level_minus_2", "−2", "いまの様子、または、とてもむずかしかった"),
    ("level_minus_1", "−1", "もう少し"),
    ("level_0", "0", "期待する所"),
    ("level_plus_1", "＋1", "期待より少しよい"),
    ("level_plus_2", "＋2", "期待よりずっとよい"),
)


def _level(sign: str, meaning: str) -> LineField:
    return LineField(
        label=f"{sign}　{meaning}",
        max_length=200,
        error_messages={"required": f"{sign} のときの様子を書いてください。"},
    )


class GoalForm(ServiceForm):
    """The levels are written before the first score; afterward they stay as they are."""

    words = LineField(
        label="本人のことば", max_length=200, help_text="言ったとおりに。ことばがないときは、様子から読み取ったこと。"
    )
    wording = text_field(label="支援者の書きかた", rows=2, max_length=300, required=False)
    area = forms.ChoiceField(label="分野", choices=GoalArea.choices, initial=GoalArea.ENJOY)
    horizon = forms.ChoiceField(
        label="長さ",
        choices=[
            (GoalHorizon.SHORT, "短期（1〜3か月）"),
            (GoalHorizon.LONG, "長期（6〜12か月）"),
        ],
        initial=GoalHorizon.SHORT,
        widget=forms.RadioSelect(attrs=INLINE),
    )
    parent = forms.ModelChoiceField(
        label="どの長期目標のための目標ですか",
        queryset=Goal.objects.none(),
        to_field_name="public_id",
        required=False,
        empty_label="なし",
    )
    level_minus_2 = _level(*LEVELS[0][1:])
    level_minus_1 = _level(*LEVELS[1][1:])
    level_0 = _level(*LEVELS[2][1:])
    level_plus_1 = _level(*LEVELS[3][1:])
    level_plus_2 = _level(*LEVELS[4][1:])
    target_on = JapaneseDateField(label="いつまでに", help_text=wareki.DATE_EXAMPLE)

    def __init__(self, *args: Any, person: Person, goal: Goal | None = None, scored: bool = False, **kwargs: Any):
        if goal is not None:
            values = {name: getattr(goal, name) for name in self.base_fields if name != "parent"}
            kwargs["initial"] = values | {"parent": goal.parent.public_id if goal.parent else None}
        super().__init__(*args, **kwargs)
        self.scored = scored
        others = Goal.objects.filter(person=person, horizon=GoalHorizon.LONG, state=GoalState.ACTIVE)
        if goal is not None:
            others = (others | Goal.objects.filter(steps=goal)).exclude(pk=goal.pk)
        self.fields["parent"].queryset = others  # type: ignore[attr-defined]
        for name, _, _ in LEVELS:
            self.fields[name].disabled = scored
        self._show_examples()

    def levels(self) -> list[tuple[forms.BoundField, bool]]:
        """The five boxes, and which is the expected one."""
        return [(self[name], name == "level_0") for name, _, _ in LEVELS]

    def _show_examples(self) -> None:
        example = EXAMPLES.get(str(self["area"].value()), EXAMPLES[GoalArea.ENJOY])
        shown = {"words": example.words, "wording": example.wording}
        shown |= dict(zip((name for name, _, _ in LEVELS), example.levels, strict=True))
        for name, text in shown.items():
            self.fields[name].widget.attrs["placeholder"] = f"例：{text}"


class CloseGoalForm(ServiceForm):
    state = forms.ChoiceField(
        label="どうなりましたか",
        choices=[(state.value, state.label) for state in CLOSED],
        widget=forms.RadioSelect(attrs=INLINE),
        error_messages={"required": "「達成」「変更」「とりやめ」から選んでください。"},
    )
    reason = text_field(
        label="理由・そのときの様子",
        max_length=200,
        help_text="やめるのも、変えるのも、本人が決めたことならよいことです。",
    )
