"""What a home says about its rooms: a new one, nights that cannot be slept in, a day to look at."""

import datetime as dt
from typing import Any

from django import forms

from programs.enums import NightUse, RoomUse
from programs.models import Home
from transition import clock
from transition.fields import JapaneseDateField, LineField

# Closing more nights at once is a slip of the year.
MOST_NIGHTS = 400


class FromForm(forms.Form):
    """?from= of the board."""

    use_required_attribute = False

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        # The name is a keyword of Python, so it cannot be an attribute of the class.
        self.fields["from"] = JapaneseDateField(
            label="日にち", required=False, help_text="例：令和8年12月1日、2026-12-01"
        )


class RoomForm(forms.Form):
    use_required_attribute = False

    name = LineField(label="居室の名前", max_length=40, help_text="例：101号室、2階の南")
    use = forms.ChoiceField(
        label="使い方",
        choices=RoomUse.choices,
        initial=RoomUse.TRIAL,
        widget=forms.RadioSelect,
        help_text="家賃を払っている入居者の部屋は、入院などで留守のあいだも体験に使えません。",
    )

    def __init__(self, *args: Any, home: Home, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.home = home

    def clean(self) -> None:
        rooms = self.home.rooms.count()
        if self.home.capacity is not None and rooms >= self.home.capacity:
            raise forms.ValidationError(
                f"{self.home.name}の定員は{self.home.capacity}人で、居室がもう{rooms}室あります。"
                "定員が変わったときは、市町村に登録を直してもらってください。",
                code="capacity",
            )


class NightsForm(forms.Form):
    """First and last night, both included; what for is only needed to close them."""

    use_required_attribute = False

    first = JapaneseDateField(label="最初の夜", help_text="例：令和8年12月1日、2026-12-01")
    last = JapaneseDateField(label="最後の夜", help_text="1泊だけのときは、同じ日を入れます。")
    use = forms.ChoiceField(
        label="閉じる理由",
        choices=[(use.value, use.label) for use in NightUse if use != NightUse.STAY],
        initial=NightUse.CLOSED,
        widget=forms.RadioSelect,
    )

    def __init__(self, *args: Any, closing: bool = True, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if not closing:
            self.fields["use"].required = False

    def clean(self) -> dict[str, Any]:
        data = super().clean() or {}
        first, last = data.get("first"), data.get("last")
        if first and first < clock.today():
            self.add_error("first", "過去の夜は変えられません。")
        if first and last and last < first:
            self.add_error("last", "最後の夜は、最初の夜と同じ日かあとにしてください。")
        elif first and last and (last - first).days >= MOST_NIGHTS:
            self.add_error("last", f"一度に変えられるのは{MOST_NIGHTS}泊までです。")
        return data

    def dates(self) -> list[dt.date]:
        first, last = self.cleaned_data["first"], self.cleaned_data["last"]
        return [first + dt.timedelta(days=number) for number in range((last - first).days + 1)]
