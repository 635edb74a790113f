"""Searching a room and asking for a stay."""

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from django import forms

from programs.domain.problems import BLOCK, Problem
from programs.models import Program
from programs.queries.search import Area, Wanted
from transition.domain import text, wareki
from transition.fields import JapaneseDateField, JapaneseIntegerField, TextField

LONGEST_WINDOW = 184
LONGEST_AREA = 40
MOST_AREAS = 50
DEFAULT_WEEKS = 4
NOT_YET = "このままでは申し込めません。下の「確かめること」を見てください。"
SORTS = (("fit", "合うものから"), ("date", "日にちの早いものから"), ("price", "安いものから"))


class AreasField(forms.Field):
    """Municipalities from the address. They stand as boxes beside the results; nonsense in the address is left out."""

    widget = forms.SelectMultiple

    def to_python(self, value: Any) -> tuple[str, ...]:
        names = [text.clean_line(name) for name in value or [] if not text.has_forbidden(name)]
        return tuple(dict.fromkeys(name for name in names if name and len(name) <= LONGEST_AREA))[:MOST_AREAS]


class SearchForm(forms.Form):
    """What the address of a search says. What it leaves out is filled in, so that the first look shows something."""

    def __init__(self, data: Any, *, programs: Sequence[Program], program: Program, today: dt.date) -> None:
        self.programs = {row.code: row for row in programs}
        self.today = today
        asked = {name: data.getlist(name) if name == "area" else data.get(name) for name in data}
        super().__init__({**self._defaults(program), **asked})
        self.fields["program"] = forms.ChoiceField(label="体験事業", choices=[(row.code, row.name) for row in programs])
        self.fields["from"] = JapaneseDateField(label="いつから")
        self.fields["to"] = JapaneseDateField(label="いつまで")
        self.fields["nights"] = JapaneseIntegerField(
            label="泊数", required=False, min_value=1, max_value=60, help_text="空けると期間ちょうど"
        )
        self.fields["area"] = AreasField(label="地域", required=False)
        self.fields["price"] = JapaneseIntegerField(
            label="1日の費用の上限（円）", required=False, min_value=0, max_value=100_000
        )
        self.fields["sort"] = forms.ChoiceField(label="並び順", choices=SORTS, required=False)

    @property
    def is_narrowed(self) -> bool:
        """Whether the conditions that stand folded away say anything."""
        return bool(self.data.get("price") or self.data.get("sort") not in ("", "fit"))

    def _defaults(self, program: Program) -> dict[str, str]:
        first = self.today + dt.timedelta(days=1)
        last = first + dt.timedelta(weeks=DEFAULT_WEEKS)
        return {"program": program.code, "from": str(first), "to": str(last), "nights": "1", "sort": "fit"}

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or {}
        first, last, length = cleaned.get("from"), cleaned.get("to"), cleaned.get("nights")
        if first and first < self.today:
            self.add_error("from", "すぎた日です。今日からあとの日を入力してください。")
        if first and last:
            span = (last - first).days
            if span < 1:
                self.add_error("to", "「いつまで」は「いつから」よりあとの日にしてください。")
            elif span > LONGEST_WINDOW:
                self.add_error("to", f"さがせる期間は{LONGEST_WINDOW}日までです。")
            elif length and length > span:
                self.add_error("nights", f"この期間に泊まれるのは{span}泊までです。期間を広げてください。")
        return cleaned

    def chosen_areas(self) -> list[Area]:
        """What was chosen, also while something else cannot be read."""
        return [Area(name, 0, chosen=True) for name in self.cleaned_data.get("area", ())]

    def wanted(self) -> Wanted:
        values = self.cleaned_data
        return Wanted(
            program=self.programs[values["program"]],
            first=values["from"],
            last=values["to"],
            nights=values["nights"] or (values["to"] - values["from"]).days,
            areas=values["area"],
            price_max=values["price"],
            sort=values["sort"] or "fit",
        )

    def windows(self) -> list[tuple[str, dt.date, dt.date]]:
        """Ready-made periods: next week from Monday to Monday, two weeks, four weeks, eight weeks."""
        tomorrow = self.today + dt.timedelta(days=1)
        monday = self.today + dt.timedelta(days=7 - self.today.weekday())
        named = [("来週", monday, monday + dt.timedelta(weeks=1))]
        return named + [(f"これから{weeks}週間", tomorrow, tomorrow + dt.timedelta(weeks=weeks)) for weeks in (2, 4, 8)]


def passed(typed: str, today: dt.date) -> bool:
    """Whether a date as it stands in an address lies before today."""
    try:
        date = JapaneseDateField(required=False).clean(typed)
    except forms.ValidationError:
        return False
    return date is not None and date < today


@dataclass(frozen=True, slots=True)
class Stay:
    """The dates of a request that make sense by themselves, and the program it is for."""

    check_in: dt.date
    check_out: dt.date
    program: Program


class RequestForm(forms.Form):
    """One stay to ask for. The dates can be changed here; the reason is asked for when a problem needs one."""

    check_in = JapaneseDateField(label="チェックイン日", help_text=wareki.DATE_EXAMPLE)
    check_out = JapaneseDateField(label="チェックアウト日", help_text=wareki.DATE_EXAMPLE)
    note = TextField(
        label="ホームに伝えること",
        required=False,
        max_length=1000,
        widget=forms.Textarea(attrs={"rows": 3}),
        help_text="夜のこと、移動のことなど。返事の前のホームに見えます。名前や連絡先は書かないでください。",
    )
    reason = TextField(
        label="それでも申し込む理由",
        required=False,
        max_length=500,
        widget=forms.Textarea(attrs={"rows": 3}),
        help_text="市町村に確かめたことなど。記録に残ります。",
    )

    def __init__(self, *args: Any, programs: Sequence[Program], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.problems: list[Problem] = []
        self.programs = {row.code: row for row in programs}
        self.fields["program"] = forms.ChoiceField(
            label="体験事業", choices=[(row.code, row.name) for row in programs], widget=forms.HiddenInput
        )

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or {}
        check_in, check_out = cleaned.get("check_in"), cleaned.get("check_out")
        if check_in and check_out and check_out <= check_in:
            self.add_error("check_out", "チェックアウト日はチェックイン日よりあとにしてください。")
        return cleaned

    def stay(self) -> Stay | None:
        """What is asked for, or None while its dates cannot be read. Take it before a refusal is attached."""
        self.full_clean()
        values = self.cleaned_data
        if not all(values.get(name) for name in ("check_in", "check_out", "program")):
            return None
        return Stay(values["check_in"], values["check_out"], self.programs[values["program"]])

    def refuse(self, problems: list[Problem]) -> None:
        """Every problem stands in the list; facts about dates also beside them, a missing reason beside its field."""
        self.problems = problems
        for problem in problems:
            if problem.enforcement == BLOCK and problem.field in self.fields:
                self.add_error(problem.field, problem.message)
        if not self.errors:
            reason = self.cleaned_data.get("reason")
            self.add_error(None if reason else "reason", NOT_YET if reason else "理由を書いてください。")
