"""Every component in every state on one page; for builders, outside production only."""

import datetime as dt
import re
from pathlib import Path
from types import SimpleNamespace

from django import forms
from django.conf import settings
from django.contrib.auth.decorators import login_not_required
from django.contrib.staticfiles import finders
from django.core.paginator import Paginator
from django.http import Http404, HttpRequest, HttpResponse

from transition.domain.wareki import DATE_EXAMPLE, TIME_EXAMPLE
from transition.enums import DisabilityKind, Residence, Sex
from transition.fields import JapaneseDateField, JapaneseTimeField
from transition.htmx import render_page

STATES = (
    ("REQUESTED", "申込中"),
    ("CONFIRMED", "確定"),
    ("IN_PROGRESS", "体験中"),
    ("COMPLETED", "終了"),
    ("CUT_SHORT", "途中で終了"),
    ("DECLINED", "お断り"),
    ("EXPIRED", "期限切れ"),
    ("CANCELLED", "取消"),
    ("NO_SHOW", "来られなかった"),
)
MARKS = {
    "free": ("○", "空き"),
    "requested": ("△", "申込"),
    "confirmed": ("●", "確定"),
    "closed": ("×", "休"),
    "none": ("－", "なし"),
}


LIMIT_HELP = {
    "counted": "時間です。出発から帰着まで、分の単位で数えます。",
    "window": "月の1日から終わりの日までです。",
    "beyond": "理由を書けば進められます。",
    "source": "見本市「外出体験」要綱",
    "note": "",
    "certainty": "未確認です。市町村に確認してください",
}
_TOKEN = re.compile(r"^    (--[a-z0-9-]+): ([^;{]+);$", re.MULTILINE)


class SampleForm(forms.Form):
    name = forms.CharField(label="体験の名前", help_text="ご本人に伝わる名前にします。")
    start = JapaneseDateField(label="はじまりの日", help_text=DATE_EXAMPLE)
    time = JapaneseTimeField(label="入る時刻", help_text=TIME_EXAMPLE)
    nights = forms.IntegerField(label="泊数", min_value=1, max_value=30)
    residence = forms.ChoiceField(label="いまの住まい", choices=[("", "選んでください"), *Residence.choices])
    sex = forms.ChoiceField(
        label="性別", choices=Sex.choices, widget=forms.RadioSelect(attrs={"class": "choices-inline"})
    )
    kinds = forms.MultipleChoiceField(
        label="障害の種類",
        choices=DisabilityKind.choices,
        required=False,
        widget=forms.CheckboxSelectMultiple,
        help_text="当てはまるものを、いくつでも。",
    )
    note = forms.CharField(label="伝えたいこと", required=False, widget=forms.Textarea(attrs={"rows": 3}))
    agreed = forms.BooleanField(label="ご本人に説明し、同意を得ました")


def _problem(enforcement: str, message: str, **more: object) -> SimpleNamespace:
    return SimpleNamespace(
        **{
            "enforcement": enforcement,
            "message": message,
            "frees_up_on": None,
            "largest_request": None,
            "source": "",
            **more,
        }
    )


def _board() -> tuple[list[SimpleNamespace], list[SimpleNamespace]]:
    first = dt.date(2026, 11, 20)
    days = []
    for number in range(21):
        date = first + dt.timedelta(days=number)
        mark = {5: "土", 6: "日"}.get(date.weekday(), "")
        tint = {5: "is-saturday", 6: "is-holiday"}.get(date.weekday(), "")
        if date == dt.date(2026, 11, 23):
            mark, tint = "祝", "is-holiday"
        weekday = "月火水木金土日"[date.weekday()]
        days.append(SimpleNamespace(date=date, weekday=weekday, mark=mark, tint=tint, today=number == 2))
    rooms = []
    names = ("101号室", "102号室", "はるかぜホーム別棟2階の角部屋", "サテライト")
    for index, name in enumerate(names):
        cells = []
        for number, day in enumerate(days):
            state = ("free", "free", "requested", "confirmed", "confirmed", "closed", "none")[(number + index * 3) % 7]
            mark, word = MARKS[state]
            cells.append(SimpleNamespace(state=state, mark=mark, word=word, day=day))
        rooms.append(SimpleNamespace(name=name, cells=cells))
    return days, rooms


def _tokens() -> dict[str, list[tuple[str, str]]]:
    """The custom properties as app.css has them now."""
    sheet = Path(str(finders.find("transition/app.css"))).read_text(encoding="utf-8")
    found = _TOKEN.findall(sheet.partition("@media")[0])
    plain = [(name, value) for name, value in found if value.startswith("#") and name[-1].isdigit()]
    spaces = [(name, value) for name, value in found if name.startswith(("--space", "--radius", "--target"))]
    roles = [(name, value) for name, value in found if (name, value) not in plain and value.startswith(("#", "var(--"))]
    return {"colors": plain, "roles": roles, "spaces": spaces}


@login_not_required
def styleguide(request: HttpRequest) -> HttpResponse:
    if not (settings.DEMO or settings.DEBUG):
        raise Http404
    days, rooms = _board()
    bad = SampleForm(
        {"bad-name": "", "bad-start": "2026-02-30", "bad-nights": "99", "bad-note": "打った文字は残ります"},
        prefix="bad",
    )
    bad.full_clean()
    context = {
        "states": STATES,
        "days": days,
        "week": days[2:9],
        "tokens": _tokens(),
        "limit_help": LIMIT_HELP,
        "rooms": rooms,
        "sample": SampleForm(prefix="good", initial={"sex": Sex.FEMALE}),
        "bad": bad,
        "problems": [
            _problem("BLOCK", "11月24日の夜は、この部屋がもう埋まっています。"),
            _problem(
                "REFUSE",
                "今月は24時間までです。これまで21時間、今回5時間で、2時間こえます。",
                frees_up_on=dt.date(2026, 12, 1),
                source="大阪市 外出体験事業 要綱 第5条",
            ),
            _problem("ASK", "続けて30日をこえます（31日）。市町村に確認してください", largest_request=30, unit="DAYS"),
            _problem("INFORM", "今年度の残りは12日です。"),
        ],
        "page": Paginator(range(43), 10).page(2),
    }
    return render_page(request, "transition/styleguide.html", context, partials={"sample-form"})
