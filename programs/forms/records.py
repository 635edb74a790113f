"""Two minutes on a phone: everything is filled in that is known, and only the times are asked for."""

import datetime as dt
from collections.abc import Iterable
from typing import Any

from django import forms
from django.http import QueryDict

from programs.domain import records
from programs.domain.records import Content
from programs.domain.score_chart import signed
from programs.enums import NextStep
from programs.queries.records import GoalLine, WishLine
from transition import clock
from transition.domain.wareki import moment_of
from transition.fields import JapaneseDateField, JapaneseTimeField, LineField, TextField
from transition.models import Goal, WishItem

LONGEST_TEXT = 2000


def _text(label: str, **kwargs: Any) -> TextField:
    widget = forms.Textarea(attrs={"rows": 3})
    return TextField(label=label, required=False, max_length=LONGEST_TEXT, widget=widget, **kwargs)


class RecordForm(forms.Form):
    """`initial` is a content: what was planned or saved, or a draft as it was typed."""

    use_required_attribute = False

    based_on = forms.IntegerField(min_value=0, widget=forms.HiddenInput)
    start_on = JapaneseDateField(label="始まりの日")
    start_at = JapaneseTimeField(label="始まりの時刻")
    end_on = JapaneseDateField(label="終わりの日")
    end_at = JapaneseTimeField(label="終わりの時刻", end_of_day=True)
    place = LineField(label="行った所", max_length=120, required=False)
    companions = LineField(label="いっしょに行った人", max_length=200, required=False)
    wishes = forms.MultipleChoiceField(
        label="かなえた希望", required=False, widget=forms.CheckboxSelectMultiple, help_text="あてはまるものを全部。"
    )
    shown = _text("本人が見せたようす", help_text="ことば・表情・身ぶり・行動。見たままに。")
    helped = _text("役に立ったこと", help_text="次もそうするとよいこと。")
    incident = _text("困ったこと・事故", help_text="なければ空のままでかまいません。")
    family_note = _text(
        "家族へのひとこと",
        help_text="家族のページに出ます。本人が「体験のようすと写真を家族などに見せる」に同意しているあいだだけです。",
    )
    next_step = forms.ChoiceField(
        label="次は", required=False, widget=forms.RadioSelect, choices=[("", "まだ書かない"), *NextStep.choices]
    )
    next_note = _text("次にすること")

    def __init__(
        self,
        data: QueryDict | None = None,
        *,
        goals: Iterable[GoalLine] = (),
        wishes: Iterable[WishLine] = (),
        **kwargs: Any,
    ) -> None:
        super().__init__(data, **kwargs)
        self.goals = list(goals)
        lines = list(wishes)
        self.items = {str(line.item.public_id): line.item for line in lines}
        self._near = {str(line.item.public_id) for line in lines if line.followed or line.wanted}
        if self.items:
            self.fields["wishes"].choices = [(key, item.name) for key, item in self.items.items()]  # type: ignore[attr-defined]
        else:
            del self.fields["wishes"]
        for line in self.goals:
            self._ask(line)

    def _ask(self, line: GoalLine) -> None:
        # A score that was given cannot be taken back, only be followed by another.
        none = [] if line.score is not None else [("", "つけない")]
        levels = [(str(number), f"{signed(number)}　{text}") for number, text in line.goal.levels]
        self.fields[records.SCORE + line.key] = forms.ChoiceField(
            label=f"目標「{line.goal.words}」", choices=none + levels, required=False, widget=forms.RadioSelect
        )
        self.fields[records.NOTE + line.key] = LineField(label="点についてひとこと", max_length=200, required=False)

    def clean(self) -> dict[str, Any]:
        data = super().clean() or {}
        for line in self.goals:
            score, note = data.get(records.SCORE + line.key), data.get(records.NOTE + line.key)
            if note and not score:
                self.add_error(records.SCORE + line.key, "ひとことを書いたら、点も選んでください。")
        return data

    def started_at(self) -> dt.datetime:
        return clock.at(self.cleaned_data["start_on"], self.cleaned_data["start_at"])

    def ended_at(self) -> dt.datetime:
        return clock.at(*moment_of(self.cleaned_data["end_on"], self.cleaned_data["end_at"]))

    def followed(self) -> list[WishItem] | None:
        if "wishes" not in self.fields:
            return None
        return [self.items[key] for key in self.cleaned_data["wishes"]]

    def scores(self) -> dict[Goal, tuple[int, str]]:
        data = self.cleaned_data
        return {
            line.goal: (int(data[records.SCORE + line.key]), data[records.NOTE + line.key])
            for line in self.goals
            if data[records.SCORE + line.key]
        }

    def near_wishes(self) -> list[forms.boundfield.BoundWidget]:
        """Those that the session follows or the person wants; all, where there is none."""
        return [option for option in self["wishes"] if option.data["value"] in self._near or not self._near]

    def other_wishes(self) -> list[forms.boundfield.BoundWidget]:
        return [option for option in self["wishes"] if self._near and option.data["value"] not in self._near]

    def goal_fields(self) -> list[tuple[GoalLine, forms.BoundField, forms.BoundField]]:
        return [(line, self[records.SCORE + line.key], self[records.NOTE + line.key]) for line in self.goals]

    def linked_goals(self) -> list[tuple[GoalLine, forms.BoundField, forms.BoundField]]:
        return [row for row in self.goal_fields() if row[0].linked or row[0].score is not None]

    def other_goals(self) -> list[tuple[GoalLine, forms.BoundField, forms.BoundField]]:
        return [row for row in self.goal_fields() if not (row[0].linked or row[0].score is not None)]

    def typed(self) -> Content:
        """What was typed, as it was typed: the content of a draft."""
        content: Content = {}
        for name in self.fields:
            if name == "based_on":
                continue
            data = self.data
            content[name] = data.getlist(name) if name == records.WISHES else data.get(name, "")  # type: ignore[attr-defined]
        return content

    def content(self) -> Content:
        """What was typed, as a record would say it."""
        data = self.cleaned_data
        content = self.typed()
        for name in ("shown", "helped", "incident", "family_note", "next_note", "place", "companions"):
            content[name] = data[name]
        return content | {
            "start_on": f"{self.started_at().astimezone(clock.TOKYO):%Y-%m-%d}",
            "start_at": f"{self.started_at().astimezone(clock.TOKYO):%H:%M}",
            "end_on": f"{self.ended_at().astimezone(clock.TOKYO):%Y-%m-%d}",
            "end_at": f"{self.ended_at().astimezone(clock.TOKYO):%H:%M}",
        }

    def typed_version(self) -> int:
        """The version it began with; 0 when that is unreadable."""
        written = str(self.data.get("based_on", ""))
        return int(written) if written.isdecimal() and len(written) < 9 else 0
