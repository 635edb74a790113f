"""A month of days on which a worker can go along: two times a day, both empty when not free."""

import datetime as dt
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from django import forms

from programs.domain.problems import Problem
from programs.models import EscortDay
from programs.services.escorts import Hours
from transition import clock
from transition.domain.holidays import day_mark, holiday_name
from transition.domain.wareki import WEEKDAYS, format_short
from transition.fields import JapaneseTimeField


@dataclass(frozen=True, slots=True)
class Row:
    date: dt.date
    mark: str
    holiday: str
    is_past: bool
    starts: forms.BoundField
    ends: forms.BoundField


class EscortDaysForm(forms.Form):
    """`from_<date>` and `to_<date>` for every day. `weekdays` with its times fills the days still empty."""

    use_required_attribute = False

    weekdays = forms.MultipleChoiceField(
        label="曜日",
        required=False,
        choices=[(str(number), name) for number, name in enumerate(WEEKDAYS)],
        widget=forms.CheckboxSelectMultiple(attrs={"class": "choices-inline"}),
    )
    starts = JapaneseTimeField(label="から", required=False)
    ends = JapaneseTimeField(label="まで", required=False, end_of_day=True)

    def __init__(self, *args: Any, dates: Sequence[dt.date], kept: Mapping[dt.date, EscortDay], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.problems: list[Problem] = []
        self.today = clock.today()
        self.dates = [date for date in dates if date >= self.today]
        for date in self.dates:
            row, label = kept.get(date), format_short(date)
            self.fields[f"from_{date}"] = JapaneseTimeField(
                label=f"{label}から", required=False, initial=row and row.starts
            )
            self.fields[f"to_{date}"] = JapaneseTimeField(
                label=f"{label}まで", required=False, end_of_day=True, initial=row and row.ends
            )

    def rows(self) -> list[Row]:
        return [
            Row(
                date=date,
                mark=day_mark(date),
                holiday=holiday_name(date) or "",
                is_past=date < self.today,
                starts=self[f"from_{date}"],
                ends=self[f"to_{date}"],
            )
            for date in self.dates
        ]

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or {}
        for date in self.dates:
            self._check(f"from_{date}", f"to_{date}", cleaned)
        if cleaned.get("weekdays") and (cleaned.get("starts") is None or cleaned.get("ends") is None):
            self.add_error("starts", "曜日でまとめて入れるときは、時刻も入れてください。")
        self._check("starts", "ends", cleaned)
        return cleaned

    def days(self) -> dict[dt.date, Hours | None]:
        """Every day of the month from today on; a weekday's times only where the day's own are empty."""
        cleaned = self.cleaned_data
        weekly = (cleaned.get("starts"), cleaned.get("ends"))
        found: dict[dt.date, Hours | None] = {}
        for date in self.dates:
            hours = (cleaned.get(f"from_{date}"), cleaned.get(f"to_{date}"))
            if hours == (None, None) and str(date.weekday()) in cleaned["weekdays"] and not holiday_name(date):
                hours = weekly
            found[date] = (hours[0], hours[1]) if hours[0] is not None and hours[1] is not None else None
        return found

    def _check(self, first: str, last: str, cleaned: dict[str, Any]) -> None:
        starts, ends = cleaned.get(first), cleaned.get(last)
        if first in self.errors or last in self.errors:
            return
        if (starts is None) != (ends is None):
            self.add_error(first if starts is None else last, "「から」と「まで」の両方を入れてください。")
        elif starts is not None and ends is not None and ends <= starts:
            self.add_error(last, "「まで」は「から」よりあとにしてください。")
