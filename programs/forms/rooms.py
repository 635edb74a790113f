"""What a home says about its rooms: a new one, nights that cannot be slept in, a day to look at."""

import datetime as dt
from collections.abc import Iterable
from typing import Any, cast

from django import forms
from django.http import QueryDict

from programs.enums import NightUse, RoomUse
from programs.forms.base import ServiceForm
from programs.models import Home, Room
from programs.services.homes import capacity_problem
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


class SpanForm(FromForm):
    """?from=&to= of a new slot, as chosen on the board."""

    to = JapaneseDateField(required=False)


class ChosenNightsForm(ServiceForm):
    """Nights chosen on the board, each as "room:date", and what becomes of them."""

    PUBLISH, CLOSE, OPEN = "publish", "close", "open"

    act = forms.ChoiceField(choices=[(act, act) for act in (PUBLISH, CLOSE, OPEN)])
    use = forms.ChoiceField(
        label="閉じる理由",
        choices=[(use.value, use.label) for use in NightUse if use != NightUse.STAY],
        initial=NightUse.CLEANING,
    )

    def __init__(self, *args: Any, rooms: Iterable[Room], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.rooms = {str(room.public_id): room for room in rooms}
        self.sent = cast(QueryDict, self.data).getlist("night") if self.is_bound else []
        self.chosen: dict[int, list[dt.date]] = {}

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or {}
        for sent in self.sent[: MOST_NIGHTS + 1]:
            room, _, written = sent.partition(":")
            try:
                date = dt.date.fromisoformat(written)
                self.chosen.setdefault(self.rooms[room].pk, []).append(date)
            except (KeyError, ValueError):
                raise forms.ValidationError("この画面は古くなっています。もう一度選んでください。") from None
        if not self.sent:
            raise forms.ValidationError("夜を選んでください。")
        if len(self.sent) > MOST_NIGHTS:
            raise forms.ValidationError(f"一度に変えられるのは{MOST_NIGHTS}泊までです。")
        if cleaned.get("act") == self.PUBLISH and self.span() is None:
            raise forms.ValidationError("公開するときは、1つの居室の続いた夜を選んでください。")
        return cleaned

    def span(self) -> tuple[Room, dt.date, dt.date] | None:
        """The one room with its first night and the morning after the last, if the nights follow each other."""
        if len(self.chosen) != 1:
            return None
        [(pk, dates)] = self.chosen.items()
        nights = sorted(set(dates))
        if (nights[-1] - nights[0]).days + 1 != len(nights):
            return None
        room = next(room for room in self.rooms.values() if room.pk == pk)
        return room, nights[0], nights[-1] + dt.timedelta(days=1)

    @property
    def count(self) -> int:
        return sum(len(set(dates)) for dates in self.chosen.values())


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
        if problem := capacity_problem(self.home):
            raise forms.ValidationError(problem.message, code="capacity")


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
