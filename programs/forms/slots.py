"""Publishing a room: which nights, once or every week, how long, for whom and at what price."""

import datetime as dt
from typing import Any, ClassVar

from django import forms

from programs.enums import SexPolicy
from programs.models import Slot
from programs.services.slots import DAYS_A_WEEK, Offer, Pattern
from transition.domain.wareki import WEEKDAYS
from transition.enums import DisabilityKind, SupportLevel
from transition.fields import JapaneseDateField, JapaneseIntegerField, JapaneseTimeField, TextField

SPAN, PATTERN = "SPAN", "PATTERN"
PRICES = ("price_rent", "price_food", "price_utilities", "price_supplies")
MOST_NIGHTS = 180
DEAREST = 100_000
NOTE_LENGTH = 1000

_LEVELS = [("", "条件なし"), *((str(level), label) for level, label in SupportLevel.choices)]


class PriceForm(forms.Form):
    """Yen per day by item; used alone to show their sum while someone types."""

    use_required_attribute = False

    price_rent = JapaneseIntegerField(label="家賃（1日）", min_value=0, max_value=DEAREST, required=False)
    price_food = JapaneseIntegerField(label="食費（1日）", min_value=0, max_value=DEAREST, required=False)
    price_utilities = JapaneseIntegerField(label="光熱水費（1日）", min_value=0, max_value=DEAREST, required=False)
    price_supplies = JapaneseIntegerField(label="日用品費（1日）", min_value=0, max_value=DEAREST, required=False)

    def total(self) -> int | None:
        """The sum of what was typed, or None while something cannot be read."""
        if not self.is_bound:
            return sum(self.initial.get(name) or 0 for name in PRICES)
        if any(name in self.errors for name in PRICES):
            return None
        return sum(self.cleaned_data.get(name) or 0 for name in PRICES)


class SlotForm(PriceForm):
    """`mode` says whose fields count: one span of nights, or a stay every week. The others may hold anything."""

    FIELDS_OF: ClassVar = {
        SPAN: ("starts_on", "ends_on"),
        PATTERN: ("weekday", "nights", "first_on", "last_on"),
    }

    mode = forms.ChoiceField(
        label="公開のしかた",
        choices=[(SPAN, "この期間"), (PATTERN, "くり返し（毎週）")],
        initial=SPAN,
        widget=forms.RadioSelect(attrs={"class": "choices-inline"}),
    )
    starts_on = JapaneseDateField(label="最初の夜", help_text="例：令和8年12月1日、2026-12-01")
    ends_on = JapaneseDateField(label="最後の朝", help_text="この日の朝までです。夜は泊まれません。")
    weekday = forms.TypedChoiceField(
        label="曜日",
        choices=[("", "選んでください"), *((str(number), f"{name}曜日") for number, name in enumerate(WEEKDAYS))],
        coerce=int,
        empty_value=None,
        help_text="チェックインの曜日です。",
    )
    nights = JapaneseIntegerField(label="泊数", min_value=1, max_value=DAYS_A_WEEK, help_text="1から7まで。")
    first_on = JapaneseDateField(label="いつから", help_text="この日よりあとの曜日から始まります。")
    last_on = JapaneseDateField(label="いつまで", help_text="最後のチェックインが、この日までになります。")

    min_nights = JapaneseIntegerField(label="最短の泊数", min_value=1, max_value=MOST_NIGHTS, initial=1)
    max_nights = JapaneseIntegerField(label="最長の泊数", min_value=1, max_value=MOST_NIGHTS, initial=7)
    check_in_time = JapaneseTimeField(label="チェックイン", help_text="例：15:00、午後3時", initial=dt.time(15))
    check_out_time = JapaneseTimeField(label="チェックアウト", help_text="例：10:00", initial=dt.time(10))

    sex = forms.ChoiceField(
        label="性別",
        choices=SexPolicy.choices,
        initial=SexPolicy.ANY,
        widget=forms.RadioSelect(attrs={"class": "choices-inline"}),
    )
    level_min = forms.TypedChoiceField(
        label="区分の下限", choices=_LEVELS, coerce=int, empty_value=None, required=False
    )
    level_max = forms.TypedChoiceField(
        label="区分の上限", choices=_LEVELS, coerce=int, empty_value=None, required=False
    )
    disability_kinds = forms.MultipleChoiceField(
        label="対象の障害種別",
        choices=DisabilityKind.choices,
        required=False,
        widget=forms.CheckboxSelectMultiple(attrs={"class": "choices-inline"}),
        help_text="選ばなければ、どなたでも申し込めます。",
    )
    medical_care = forms.BooleanField(label="医療的ケアに対応できる", required=False)
    wheelchair = forms.BooleanField(label="車いすで使える", required=False)
    note = TextField(
        label="ひとこと",
        max_length=NOTE_LENGTH,
        required=False,
        widget=forms.Textarea(attrs={"rows": 3}),
        help_text="さがす人に見えます。食事、夜の職員、ペットなど。",
    )

    field_order = ("mode",)

    def clean(self) -> dict[str, Any]:
        data = super().clean() or {}
        for mode, names in self.FIELDS_OF.items():
            if mode != data.get("mode"):
                for name in names:
                    self.errors.pop(name, None)
        return data

    @property
    def is_pattern(self) -> bool:
        return self.cleaned_data["mode"] == PATTERN

    def offer(self) -> Offer:
        data = self.cleaned_data
        return Offer(
            min_nights=data["min_nights"],
            max_nights=data["max_nights"],
            check_in_time=data["check_in_time"],
            check_out_time=data["check_out_time"],
            **{name: data[name] or 0 for name in PRICES},
            sex=data["sex"],
            level_min=data["level_min"],
            level_max=data["level_max"],
            disability_kinds=tuple(data["disability_kinds"]),
            medical_care=data["medical_care"],
            wheelchair=data["wheelchair"],
            note=data["note"],
        )

    def pattern(self) -> Pattern:
        data = self.cleaned_data
        return Pattern(data["weekday"], data["nights"], data["first_on"], data["last_on"])


def initial_of(slot: Slot | None, starts_on: dt.date, ends_on: dt.date | None = None) -> dict[str, Any]:
    """What the form begins with: the room's last slot, so that only the dates are new, and those as chosen."""
    kept: dict[str, Any] = {"starts_on": starts_on, "first_on": starts_on} | ({"ends_on": ends_on} if ends_on else {})
    if slot is None:
        return kept
    names = (
        *PRICES,
        "min_nights",
        "max_nights",
        "check_in_time",
        "check_out_time",
        "sex",
        "level_min",
        "level_max",
        "disability_kinds",
        "medical_care",
        "wheelchair",
        "note",
    )
    kept |= {name: getattr(slot, name) for name in names}
    if ends_on and (ends_on - starts_on).days < slot.min_nights:
        kept["min_nights"] = (ends_on - starts_on).days
    return kept
