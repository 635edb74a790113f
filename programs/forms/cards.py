"""The person card and the contacts around a person."""

from collections.abc import Iterator, Mapping
from typing import Any, cast

from django import forms
from django.http import QueryDict

from programs.forms.base import ServiceForm
from transition.domain import card
from transition.fields import LineField


class CardForm(ServiceForm):
    """One box for each field of the card, none of them required. `based_on` is the version the writer saw."""

    based_on = forms.IntegerField(min_value=0, widget=forms.HiddenInput)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for field in card.FIELDS:
            self.fields[field.code] = LineField(
                label=field.label,
                required=False,
                max_length=field.limit,
                help_text=f"{field.hint}（{field.limit}文字まで）",
                widget=forms.Textarea(attrs={"rows": 2}),
            )
        self.newer: Mapping[str, str] = {}

    def groups(self) -> Iterator[tuple[card.Group, list[tuple[forms.BoundField, str | None]]]]:
        """With each box, what a newer version says there, where it says something else."""
        for group in card.GROUPS:
            yield group, [(self[field.code], self.newer.get(field.code)) for field in group.fields]

    def content(self) -> dict[str, str]:
        return {field.code: self.cleaned_data[field.code] for field in card.FIELDS}

    def beside(self, newer: Mapping[str, str], version: int) -> None:
        """Keep what was typed, show what a newer version says, and take that version as seen."""
        typed = self.content()
        self.newer = {code: newer.get(code, "") for code in card.changed(newer, typed)}
        sent = cast(QueryDict, self.data).copy()
        sent["based_on"] = str(version)
        self.data = sent


class ContactForm(ServiceForm):
    """Short enough that the contacts find room on the card."""

    name = LineField(label="名前", max_length=20, help_text="例：見本 花（母）、みほん診療所")
    relation = LineField(label="本人との関係", max_length=8, help_text="例：母、後見人、かかりつけ医")
    phone = LineField(
        label="電話番号",
        max_length=40,
        required=False,
        help_text="例：000-0000-0000。全角でもかまいません。",
        widget=forms.TextInput(attrs={"inputmode": "tel", "autocomplete": "off"}),
    )
    hours = LineField(label="つながる時間", max_length=18, required=False, help_text="例：平日の夜7時から9時")
    note = LineField(label="メモ", max_length=200, required=False, help_text="事前情報シートには載りません。")
    on_card = forms.BooleanField(
        label="事前情報シートに載せる",
        required=False,
        help_text=f"本人の同意があるあいだ、とまるホームの人が見ます。{card.MOST_CONTACTS}人まで。",
    )
