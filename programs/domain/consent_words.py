"""What a person is told before agreeing, in easy words (`domain.md` 8.2): what, to whom, until when, and how to stop.

Readings in the markup of `transition.domain.ruby`; each line has a drawing of transition/static/transition.
"""

import datetime as dt
from dataclasses import dataclass
from typing import Final

PHOTO, PROGRAM, CARD, CALENDAR, REPORT = "PHOTO", "PROGRAM", "CARD", "CALENDAR", "REPORT"


@dataclass(frozen=True, slots=True)
class Line:
    drawing: str
    text: str


@dataclass(frozen=True, slots=True)
class Words:
    """`tip` is for whoever reads it with the person."""

    kind: str
    label: str
    title: str
    tip: str
    lines: tuple[Line, ...]

    @property
    def slug(self) -> str:
        return self.kind.lower()


_ONLY_THEY: Final = ("easy/people.svg", "だれに：アドレスを わたした 人《ひと》だけです。")
_UNTIL_YOU_STOP: Final = ("easy/calendar.svg", "いつまで：あなたが やめるまで です。")
_CLOSED: Final = ("easy/check.svg", "やめると、すぐに 見《み》られなく なります。")
_ALWAYS: Final = ("easy/stop.svg", "いやに なったら、いつでも やめられます。")
_NOBODY: Final = ("wishes/face-good.svg", "やめても、だれも おこりません。")

_TITLES: Final = {
    PHOTO: ("写真《しゃしん》を とって、のこします", "見本の写真を見せながら話すと、わかりやすくなります。"),
    PROGRAM: ("くらしを ためします", "利用を始めるときは、いつ終わるかもつたえます。"),
    CARD: ("あなたの 紙《かみ》を 見《み》せます", "シートを見せながら話すと、わかりやすくなります。"),
    CALENDAR: (
        "よていを 見《み》せます",
        "家族のページを見せながら話します。「ようすと写真」とは、べつべつに聞いてください。",
    ),
    REPORT: ("ようすを 見《み》せます", "家族のページを見せながら話します。「予定」とは、べつべつに聞いてください。"),
}
_LINES: Final[dict[str, tuple[tuple[str, str], ...]]] = {
    PHOTO: (
        ("easy/camera.svg", "なにを：あなたの 写真《しゃしん》を とって、のこします。"),
        ("easy/star.svg", "どうして：たのしかった ことを おもい 出《だ》す ためです。"),
        ("easy/people.svg", "だれに：あなたと、てつだう 人《ひと》だけです。"),
        ("easy/home.svg", "家族《かぞく》に 見《み》せるかは、べつに 聞《き》きます。"),
        _UNTIL_YOU_STOP,
        _ALWAYS,
        ("easy/check.svg", "やめると、写真《しゃしん》は きえます。"),
        _NOBODY,
    ),
    PROGRAM: (
        ("easy/home.svg", "なにを：くらしを ためして みます。"),
        ("easy/ear.svg", "あなたの ことを、てつだう 人《ひと》たちで 話《はな》します。"),
        ("easy/people.svg", "だれと：相談《そうだん》の 人《ひと》と、ホームの 人《ひと》です。"),
        ("easy/letter.svg", "市役所《しやくしょ》の 人《ひと》にも つたえます。"),
        ("easy/calendar.svg", "いつまで：おわると きめた 日《ひ》までです。"),
        _ALWAYS,
        _NOBODY,
    ),
    CARD: (
        ("easy/card.svg", "なにを：あなたの ことを 書《か》いた 紙《かみ》を 見《み》せます。"),
        ("easy/medicine.svg", "すきな こと、にがてな こと、くすりの ことです。"),
        ("easy/home.svg", "だれに：あなたが とまる ホームの 人《ひと》だけです。"),
        ("easy/calendar.svg", "いつまで：{until}まで です。"),
        ("easy/moon.svg", "とまった あと {days}日《にち》で 見《み》られなく なります。"),
        _ALWAYS,
        _CLOSED,
        _NOBODY,
    ),
    CALENDAR: (
        ("easy/clock.svg", "なにを：いつ 行《い》くかを 見《み》せます。"),
        ("easy/place.svg", "どこへ 行《い》くかも 見《み》せるか、えらべます。"),
        _ONLY_THEY,
        _UNTIL_YOU_STOP,
        _ALWAYS,
        _CLOSED,
        _NOBODY,
    ),
    REPORT: (
        ("wishes/face-good.svg", "なにを：楽《たの》しかったか、どう すごしたかです。"),
        ("easy/star.svg", "あなたが えらんだ 顔《かお》も 見《み》せます。"),
        ("easy/camera.svg", "写真《しゃしん》を とって よいときは、写真《しゃしん》もです。"),
        _ONLY_THEY,
        _UNTIL_YOU_STOP,
        _ALWAYS,
        _CLOSED,
        _NOBODY,
    ),
}


def words(kind: str, label: str, *, until: dt.date, days: int) -> Words:
    """`until` is when a home may no longer read the card, `days` how long it may after a stay. Raises KeyError."""
    title, tip = _TITLES[kind]
    told = {"until": f"{until.year}年《ねん》 {until.month}月《がつ》 {until.day}日《にち》", "days": days}
    return Words(kind, label, title, tip, tuple(Line(drawing, text.format(**told)) for drawing, text in _LINES[kind]))
