"""What a limit means, for someone who has never heard of it: what is counted, in which window, what follows.

Plain words only. A limit is never called against the law, and an assumed one ends with whom to ask.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Protocol

from programs.domain.wording import ASK_MUNICIPALITY
from programs.enums import Certainty, Counting, Enforcement, Unit, Window


class Explained(Protocol):
    """A rule or the row it is stored in."""

    @property
    def unit(self) -> str: ...
    @property
    def amount(self) -> int: ...
    @property
    def window(self) -> str: ...
    @property
    def counting(self) -> str: ...
    @property
    def enforcement(self) -> str: ...
    @property
    def certainty(self) -> str: ...
    @property
    def source(self) -> str: ...
    @property
    def note(self) -> str: ...
    @property
    def tiers(self) -> Iterable[Sequence[int | str]]: ...


@dataclass(frozen=True, slots=True)
class LimitHelp:
    """One sentence or two for each question; `certainty` comes last on every screen."""

    counted: str
    window: str
    beyond: str
    source: str
    note: str
    certainty: str


_DAYS = {
    Counting.INCLUSIVE: "日数です。入った日も出た日も数えます（2泊3日なら3日）。",
    Counting.EXCLUDE_LAST: "日数です。出た日は数えません（2泊3日なら2日）。",
    Counting.INTERIOR: "日数です。入った日と出た日は数えません（2泊3日なら1日）。",
}
_COUNTED = {
    Unit.MINUTES: "時間です。出発から帰着まで、分の単位で数えます。",
    Unit.NIGHTS: "泊まった夜の数です（2泊3日なら2泊）。",
    Unit.TIMES: "回数です。1つの体験を1回と数えます。",
}
_FROM_FIRST_DAY = "暦の日です。はじめて使った日を1日目として、使わない日も数えます。"
_PLANNED_AND_HELD = "これからの分は予定の長さ、終わった分は実際の長さで数えます。"
_WINDOWS = {
    Window.STAY: "続けて泊まっているあいだです。泊まらない日が丸1日あると、そこで切れて、はじめから数えます。",
    Window.CALENDAR_MONTH: "月の1日から終わりの日までです。次の月になると、はじめから数えます。",
    Window.ANNIVERSARY_MONTH: "利用を始めた日から1か月ごとです（10日に始めたら、次の月の9日まで）。",
    Window.FISCAL_YEAR: "4月1日から次の年の3月31日までです。",
    Window.CALENDAR_YEAR: "1月1日から12月31日までです。",
    Window.GRANT: "受給者証にある支給決定の期間です。受給者証の登録がなければ、4月から次の年の3月までで数えます。",
    Window.ROLLING_12_MONTHS: "その日までの12か月です。12か月より前の分は、数えなくなります。",
    Window.ENROLLMENT: "この事業を利用する期間の、はじめから終わりまでです。",
    Window.FROM_FIRST_DAY: "はじめて使った日から{amount}日目までです。使わない日があっても、期間はのびません。",
}
_BEYOND = {
    Enforcement.REFUSE: (
        "そのままでは申し込めません。市町村か基幹相談支援センターのコーディネーターが、理由を書けば進められます。"
    ),
    Enforcement.ASK: "理由を書けば進められます。理由は記録に残ります。",
    Enforcement.INFORM: "そのまま進められます。こえることを画面でお知らせします。",
}
_ALWAYS_RECORDED = "実際にした体験は、こえていても記録できます。"


def explain(limit: Explained) -> LimitHelp:
    """The whole help of one limit."""
    assumed = limit.certainty == Certainty.ASSUMED
    enforcement = Enforcement(limit.enforcement)
    if assumed and enforcement == Enforcement.REFUSE:
        enforcement = Enforcement.ASK
    return LimitHelp(
        counted=_counted(limit),
        window=_WINDOWS[Window(limit.window)].format(amount=limit.amount) + _tiers(limit.tiers),
        beyond=_BEYOND[enforcement] + _ALWAYS_RECORDED,
        source=limit.source or "登録されていません。",
        note=limit.note,
        certainty=f"未確認です。{ASK_MUNICIPALITY}" if assumed else "根拠の資料で確かめてあります。",
    )


def _counted(limit: Explained) -> str:
    if limit.window == Window.FROM_FIRST_DAY:
        return _FROM_FIRST_DAY
    words = _COUNTED.get(Unit(limit.unit)) or _DAYS.get(Counting(limit.counting), _DAYS[Counting.INCLUSIVE])
    return words + _PLANNED_AND_HELD


def _tiers(tiers: Iterable[Sequence[int | str]]) -> str:
    """1日目から5日目までが（Ⅰ）、6日目から15日目までが（Ⅱ）です。"""
    parts, first = [], 1
    for last, label in sorted((int(tier[0]), tier[1]) for tier in tiers):
        parts.append(f"{first}日目から{last}日目までが{label}")
        first = last + 1
    return "、".join(parts) + "です。" if parts else ""
