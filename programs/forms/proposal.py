"""What the one who plans would like, kept in the address; and the pieces that are taken over."""

import datetime as dt
from typing import Any
from urllib.parse import urlencode

from django import forms
from django.core.signing import BadSignature, Signer
from django.http import QueryDict

from programs.domain.proposal import ANY, AVOID, NEVER, ProposedOuting, Wanted
from transition.domain.wareki import WEEKDAYS
from transition.fields import JapaneseIntegerField, JapaneseTimeField

HOLIDAYS = ((ANY, "気にしない"), (AVOID, "なるべくさける"), (NEVER, "入れない"))
YES_NO = (("1", "入れる"), ("0", "入れない"))
USUAL = Wanted()


class WantedForm(forms.Form):
    """Preferences. What the address leaves out is the usual."""

    use_required_attribute = False

    per_month = JapaneseIntegerField(label="ひと月に何回まで", min_value=1, max_value=12)
    at_least = JapaneseIntegerField(label="ひと月に少なくとも", min_value=0, max_value=8)
    per_week = JapaneseIntegerField(label="週に何回まで", min_value=1, max_value=7)
    gap = JapaneseIntegerField(label="あいだをあける日数", min_value=0, max_value=30)
    earliest = JapaneseTimeField(label="何時から")
    latest = JapaneseTimeField(label="何時まで", end_of_day=True)
    weekdays = forms.MultipleChoiceField(
        label="曜日",
        choices=[(str(number), name) for number, name in enumerate(WEEKDAYS)],
        widget=forms.CheckboxSelectMultiple(attrs={"class": "choices-inline"}),
        error_messages={"required": "曜日を1つは選んでください。"},
    )
    holidays = forms.ChoiceField(label="祝日", choices=HOLIDAYS)
    homes = forms.ChoiceField(label="グループホームの見学・食事・日中", choices=YES_NO)

    def __init__(self, data: QueryDict) -> None:
        given = {name: data.getlist(name) if name == "weekdays" else data[name] for name in data}
        # A form was sent: a box that is not ticked is not in the address.
        sent = "per_month" in data
        usual = _address(USUAL)
        if sent:
            usual.pop("weekdays")
        super().__init__({**usual, **given})

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or {}
        if cleaned.get("earliest") and cleaned.get("latest") and cleaned["latest"] <= cleaned["earliest"]:
            self.add_error("latest", "「何時まで」は「何時から」よりあとにしてください。")
        per_month, at_least = cleaned.get("per_month"), cleaned.get("at_least")
        if per_month is not None and at_least is not None and at_least > per_month:
            self.add_error("at_least", "「ひと月に何回まで」より多くはできません。")
        return cleaned

    def wanted(self) -> Wanted:
        values = self.cleaned_data
        return Wanted(
            per_month=values["per_month"],
            at_least=values["at_least"],
            gap=values["gap"],
            per_week=values["per_week"],
            weekdays=frozenset(int(day) for day in values["weekdays"]),
            earliest=_minutes(values["earliest"]),
            latest=_minutes(values["latest"]),
            holidays=values["holidays"],
            homes=values["homes"] == "1",
        )

    def address(self, change: dict[str, Any], *, anew: bool) -> str:
        """The address of these wishes with some of them changed."""
        values = {**_address(self.wanted()), **{name: _plain(value) for name, value in change.items()}}
        if int(str(values["at_least"])) > int(str(values["per_month"])):
            values["per_month"] = values["at_least"]
        return "?" + urlencode({**values, **({"anew": "1"} if anew else {})}, doseq=True)


class Pieces:
    """Pieces of a proposal on their way through the page: signed, for one enrollment and one reader."""

    def __init__(self, enrollment: str, user: int) -> None:
        self.signer = Signer(salt=f"proposal {enrollment} {user}")

    def token(self, piece: ProposedOuting) -> str:
        fields = [piece.date.isoformat(), piece.start, piece.end, piece.activity, piece.step, piece.escort]
        return self.signer.sign_object([*fields, piece.wish, piece.aim])

    def piece(self, token: str) -> ProposedOuting | None:
        """None for anything that this page never gave out."""
        try:
            date, *rest = self.signer.unsign_object(token)
        except BadSignature:
            return None
        return ProposedOuting(dt.date.fromisoformat(date), *rest)


def _address(wanted: Wanted) -> dict[str, Any]:
    return {
        "per_month": wanted.per_month,
        "at_least": wanted.at_least,
        "per_week": wanted.per_week,
        "gap": wanted.gap,
        "earliest": _time(wanted.earliest),
        "latest": _time(wanted.latest),
        "weekdays": [str(day) for day in sorted(wanted.weekdays)],
        "holidays": wanted.holidays,
        "homes": "1" if wanted.homes else "0",
    }


def _minutes(time: dt.time) -> int:
    """END_OF_DAY, a moment before midnight, is midnight."""
    return 1440 if time >= dt.time(23, 59) else time.hour * 60 + time.minute


def _time(minutes: int) -> str:
    return f"{minutes // 60}:{minutes % 60:02d}"


def _plain(value: Any) -> Any:
    return [str(part) for part in value] if isinstance(value, (range, list, tuple)) else value
