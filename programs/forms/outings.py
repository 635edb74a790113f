"""The questions of planning an outing: once whole, and for its time alone. Fields are named like the fields of the
problems that the services answer with."""

import datetime as dt
from typing import Any

from django import forms

from programs.domain.problems import BLOCK, Problem
from programs.enums import OUTING_STEPS, Step, Transport
from programs.models import Session
from programs.services.outings import MOST_REPEATS
from transition import clock
from transition.domain import wareki
from transition.fields import JapaneseDateField, JapaneseIntegerField, JapaneseTimeField, LineField, TextField
from transition.models import User

NOT_YET = "このままでは入れられません。下の「確かめること」を見てください。"


class ReasonForm(forms.Form):
    """What every one of them ends with: problems, and the reason that passes some of them."""

    use_required_attribute = False

    reason = TextField(
        label="それでも行う理由",
        required=False,
        max_length=500,
        widget=forms.Textarea(attrs={"rows": 3}),
        help_text="市町村に確かめたことなど。記録に残ります。",
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.problems: list[Problem] = []

    def refuse(self, problems: list[Problem]) -> None:
        """Every problem stands in the list; facts also beside their field, a missing reason beside its own."""
        self.problems = problems
        for problem in problems:
            if problem.enforcement == BLOCK and problem.field in self.fields:
                self.add_error(problem.field, problem.message)
        if not self.errors:
            missing = not self.cleaned_data.get("reason")
            self.add_error("reason" if missing else None, "理由を書いてください。" if missing else NOT_YET)


class TimeForm(ReasonForm):
    """When: a day from a time to a time, past midnight only with the day on which it ends."""

    on = JapaneseDateField(label="日にち", help_text=wareki.DATE_EXAMPLE)
    starts = JapaneseTimeField(label="出発", help_text=wareki.TIME_EXAMPLE)
    ends = JapaneseTimeField(label="帰着", end_of_day=True, help_text=wareki.TIME_EXAMPLE)
    ends_on = JapaneseDateField(
        label="帰る日", required=False, help_text="夜をまたぐときだけ。空なら、出発と同じ日です。"
    )

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or {}
        span = self._span(cleaned)
        if span and span[1] <= span[0]:
            self.add_error("ends", "帰着は出発よりあとにしてください。夜をまたぐときは「帰る日」も入れてください。")
        return cleaned

    def span(self) -> tuple[dt.datetime, dt.datetime] | None:
        """From when to when, or None while that cannot be read."""
        if not self.is_bound:
            return None
        self.full_clean()
        span = self._span(self.cleaned_data)
        return span if span and span[1] > span[0] else None

    @staticmethod
    def _span(cleaned: dict[str, Any]) -> tuple[dt.datetime, dt.datetime] | None:
        on, starts, ends = (cleaned.get(name) for name in ("on", "starts", "ends"))
        if on is None or starts is None or ends is None:
            return None
        return clock.at(on, starts), clock.at(*wareki.moment_of(cleaned.get("ends_on") or on, ends))

    @staticmethod
    def initial_of(session: Session) -> dict[str, Any]:
        start, end = session.starts_at.astimezone(clock.TOKYO), session.ends_at.astimezone(clock.TOKYO)
        other_day = end.date() if end.date() != start.date() else None
        return {"on": start.date(), "starts": start.time(), "ends": end.time(), "ends_on": other_day}


class Names(forms.ModelMultipleChoiceField):
    """Rows to tick, by the name that people call them."""

    widget = forms.CheckboxSelectMultiple(attrs={"class": "choices-inline"})

    def label_from_instance(self, obj: Any) -> str:
        return f"{obj.name}さん" if isinstance(obj, User) else str(obj)


class OutingForm(TimeForm):
    """The whole outing."""

    activity = LineField(label="すること", max_length=80, help_text="本人のことばで。例：買い物、映画、ホームの見学")
    place = LineField(label="場所", required=False, max_length=120)
    step = forms.ChoiceField(label="段階", choices=[(step.value, step.label) for step in OUTING_STEPS])
    transport = forms.ChoiceField(label="行きかた", required=False, choices=[("", "決めていない"), *Transport.choices])
    transport_cost = JapaneseIntegerField(
        label="交通費（円）", required=False, min_value=0, max_value=1_000_000, help_text="本人と付き添いの合計。"
    )
    note = TextField(label="メモ", required=False, max_length=1000, widget=forms.Textarea(attrs={"rows": 3}))
    confirm = forms.BooleanField(label="もう決まっている（確定で入れる）", required=False)

    def __init__(self, *args: Any, escorts: Any, wishes: Any, goals: Any, is_new: bool, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["escorts"] = Names(escorts, label="付き添う人", required=False)
        self.fields["wishes"] = Names(wishes, label="かなえる「やってみたいこと」", required=False)
        self.fields["goals"] = Names(goals, label="めざす目標", required=False)
        self.lists = [name for name, rows in (("wishes", wishes), ("goals", goals)) if rows]
        if not is_new:
            del self.fields["confirm"]

    @staticmethod
    def initial_of(session: Session) -> dict[str, Any]:
        return TimeForm.initial_of(session) | {
            "activity": session.activity,
            "place": session.place,
            "step": session.step or Step.OUTING,
            "transport": session.transport,
            "transport_cost": session.transport_cost,
            "note": session.note,
            "escorts": [row.user_id for row in session.escorts.all()],
            "wishes": [row.item_id for row in session.session_wishes.all()],
            "goals": [row.goal_id for row in session.session_goals.all()],
        }

    def content(self) -> dict[str, Any]:
        """What the services call it, without the time."""
        names = ("activity", "place", "step", "transport", "note", "reason")
        values = {name: self.cleaned_data[name] for name in names}
        lists = {name: list(self.cleaned_data[name]) for name in ("escorts", "wishes", "goals")}
        return values | lists | {"transport_cost": self.cleaned_data["transport_cost"] or 0}


class CopyForm(ReasonForm):
    """The day and the time at which the copy begins; it is as long as the original."""

    on = JapaneseDateField(label="日にち", help_text=wareki.DATE_EXAMPLE)
    starts = JapaneseTimeField(label="出発", help_text=wareki.TIME_EXAMPLE)

    def begins(self) -> dt.datetime | None:
        if not self.is_bound:
            return None
        self.full_clean()
        on, starts = self.cleaned_data.get("on"), self.cleaned_data.get("starts")
        return clock.at(on, starts) if on is not None and starts is not None else None


class RepeatForm(ReasonForm):
    """How many weeks more, or until which day."""

    times = JapaneseIntegerField(
        label="あと何回", required=False, min_value=1, max_value=MOST_REPEATS, help_text="毎週同じ曜日、同じ時刻に。"
    )
    until = JapaneseDateField(label="いつまで", required=False, help_text=f"回数のかわりに。{wareki.DATE_EXAMPLE}")

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or {}
        given = [name for name in ("times", "until") if cleaned.get(name)]
        if len(given) != 1 and not self.errors:
            self.add_error("times", "「あと何回」か「いつまで」の、どちらか1つを入れてください。")
        return cleaned
