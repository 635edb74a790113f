from typing import Any

from django import forms
from django.db.models import QuerySet
from django.utils.http import urlencode

from calendars.domain.levels import default_level
from calendars.enums import OF_A_PERSON, Audience, CalendarView
from calendars.models import CalendarFeed
from calendars.owners import Owner
from programs.models import Program
from programs.services.voices import LONGEST_REMARK
from transition.domain.text import clean_line
from transition.enums import ConsentMeans
from transition.fields import JapaneseDateField, TextField
from transition.models import User

NAMES_HELP = (
    "グループホームの名前からは、障害があることがわかります。場所と呼び名は、本人がよいと言ったときだけ選んでください。"
)


class FeedForm(forms.Form):
    """Who reads along, how much of it, and, where it is needed, how the person agreed."""

    audience = forms.ChoiceField(
        label="だれが読みますか",
        widget=forms.RadioSelect,
        error_messages={"required": "だれが読むかを選んでください。"},
    )
    label = forms.CharField(
        label="だれの予定表ですか",
        max_length=CalendarFeed._meta.get_field("label").max_length,
        help_text="例：母、兄、おばさん。1人に1つずつ発行します。予定表には出ません。",
        error_messages={"required": "だれの予定表かを入れてください。"},
    )
    detail = forms.ChoiceField(
        label="どこまで見せますか",
        widget=forms.RadioSelect,
        error_messages={"required": "どこまで見せるかを選んでください。"},
    )
    means = forms.ChoiceField(
        label="本人が「家族などに見せる」に同意したことを、どうやって確かめましたか",
        choices=ConsentMeans,
        widget=forms.RadioSelect,
        error_messages={"required": "どうやって確かめたか選んでください。"},
        help_text="家族などの予定表に必要です。同意としてきょうの日付で残し、本人がやめたいと言ったらすぐに見えなくなります。",
    )

    def __init__(self, *args: Any, owner: Owner, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        audiences = list(owner.audiences)
        self.fields["audience"].choices = list(owner.audiences.items())  # type: ignore[attr-defined]
        self.fields["audience"].initial = audiences[0]
        if len(audiences) == 1:
            del self.fields["audience"]
        self.only_audience = audiences[0]
        self.fields["detail"].choices = list(owner.levels_of(audiences[0]).items())  # type: ignore[attr-defined]
        self.fields["detail"].initial = default_level(audiences[0])
        if audiences[0] in OF_A_PERSON:
            self.fields["detail"].help_text = NAMES_HELP
        else:
            self.fields["label"].help_text = "例：わたしのスマートフォン、事務室の画面。予定表には出ません。"
            self.fields["label"].label = "どこで使いますか"
        if not owner.asks_consent():
            del self.fields["means"]
        elif self.is_bound and self.data.get("audience") != Audience.FAMILY:
            self.fields["means"].required = False

    def clean_label(self) -> str:
        label = clean_line(self.cleaned_data["label"])
        if not label:
            raise forms.ValidationError("だれの予定表かを入れてください。")
        return label

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or {}
        cleaned.setdefault("means", "")
        if "audience" not in self.fields:
            cleaned["audience"] = self.only_audience
        elif cleaned.get("audience") != Audience.FAMILY:
            cleaned["means"] = ""
        return cleaned


class OneOf(forms.ModelChoiceField):
    """A choice out of rows; whatever names none of them gets the same answer."""

    def to_python(self, value: Any) -> Any:
        try:
            return super().to_python(value)
        except forms.ValidationError:
            raise forms.ValidationError("選べるものの中から選んでください。", code="invalid_choice") from None


class AgendaForm(forms.Form):
    """What is looked at in a calendar; workers and programs only where there are some to choose among."""

    use_required_attribute = False

    view = forms.CharField(required=False, widget=forms.HiddenInput)
    date = JapaneseDateField(label="日にち", required=False, help_text="例：令和8年12月1日、2026-12-01")
    worker = OneOf(User.objects.none(), label="担当・付き添い", required=False, empty_label="みんな")
    program = OneOf(
        Program.objects.none(), label="体験事業", required=False, empty_label="すべて", to_field_name="public_id"
    )
    all = forms.BooleanField(label="取り消しやお断りも見る", required=False)

    def __init__(
        self,
        *args: Any,
        workers: QuerySet[User] | None = None,
        programs: QuerySet[Program] | None = None,
        **kwargs: Any,
    ) -> None:
        super().__init__(*args, **kwargs)
        for name, rows in (("worker", workers), ("program", programs)):
            if rows is None:
                del self.fields[name]
            else:
                self.fields[name].queryset = rows  # type: ignore[attr-defined]

    def clean_view(self) -> str:
        """The month, whatever else was asked for."""
        asked = self.cleaned_data["view"]
        return asked if asked in CalendarView.values else CalendarView.MONTH.value

    def kept(self, **changes: str) -> str:
        """What was chosen, as the query of an address."""
        chosen = self.cleaned_data
        worker, program = chosen.get("worker"), chosen.get("program")
        words = {
            "worker": str(worker.pk) if worker else "",
            "program": str(program.public_id) if program else "",
            "all": "1" if chosen.get("all") else "",
        } | changes
        return urlencode({name: word for name, word in words.items() if word})


class RemarkForm(forms.Form):
    """家族の声: about which session, and the words. A family has no account, so nobody is asked who writes."""

    use_required_attribute = False

    session = forms.ChoiceField(
        label="どの予定のことですか",
        error_messages={
            "required": "どの予定のことかを選んでください。",
            "invalid_choice": "この予定には、もう書けません。ほかの予定を選んでください。",
        },
    )
    text = TextField(
        label="伝えたいこと",
        max_length=LONGEST_REMARK,
        widget=forms.Textarea(attrs={"rows": 5}),
        help_text=f"心配なこと、気づいたこと、おねがい。{LONGEST_REMARK}文字まで。",
        error_messages={"required": "伝えたいことを書いてください。"},
    )

    def __init__(self, *args: Any, sessions: list[tuple[str, str]], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["session"].choices = sessions  # type: ignore[attr-defined]
