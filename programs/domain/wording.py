"""How amounts, dates and breaches are said in Japanese. Used by messages and by templates.

Only display rounds, and here nothing does: minutes are shown to the minute. On the strength of an assumption
nobody is told that something cannot be done (`domain.md` 14).
"""

import datetime as dt

from programs.domain.spans import Period
from programs.enums import SessionAction, SessionKind, SessionState, Unit, Window
from transition.domain.wareki import ERAS

ASK_MUNICIPALITY = "市町村に確認してください"

# Nobody is asked for an outing: it is planned, then certain; the person goes out and comes back.
_OUTING_STATES: dict[str, str] = {SessionState.REQUESTED: "計画中"}
_OUTING_ACTIONS: dict[str, str] = {
    SessionAction.REQUEST: "計画",
    SessionAction.CHECK_IN: "出発",
    SessionAction.CHECK_OUT: "帰着",
}


def state(kind: str, value: str) -> str:
    """The word for a session's state: 申込中 for a stay is 計画中 for an outing or a day visit."""
    label = str(SessionState(value).label)
    return label if kind == SessionKind.STAY else _OUTING_STATES.get(value, label)


def action(kind: str, value: str) -> str:
    """The word for what was done with a session: チェックイン of a stay is 出発 of an outing."""
    label = str(SessionAction(value).label)
    return label if kind == SessionKind.STAY else _OUTING_ACTIONS.get(value, label)


def hours(minutes: int, *, full: bool = False) -> str:
    """Minutes as hours and minutes: 16時間30分, 24時間, 45分. `full` keeps both parts: 23時間00分, 0時間45分."""
    whole, rest = divmod(minutes, 60)
    if full:
        return f"{whole}時間{rest:02d}分"
    if rest == 0 and whole:
        return f"{whole}時間"
    return f"{whole}時間{rest}分" if whole else f"{rest}分"


def amount(unit: str, number: int, *, full: bool = False) -> str:
    """A number with its unit: 50日, 2泊, 3回, and minutes as hours."""
    if unit == Unit.MINUTES:
        return hours(number, full=full)
    return f"{number}{Unit(unit).label}"


def year(day: dt.date) -> str:
    """The year of a date by era: 令和8年. Before 明治 the western number."""
    return next((era.year_name(day) for era in ERAS if era.first <= day), f"{day.year}年")


def date(day: dt.date, today: dt.date | None = None) -> str:
    """令和8年11月22日, or only 11月22日 where `today` lies in the same year."""
    short = f"{day.month}月{day.day}日"
    return short if today is not None and today.year == day.year else year(day) + short


def scope(window: str, period: Period | None, today: dt.date) -> str:
    """What a cap applies to, before の上限: 今月, 令和8年度, 7月10日から8月9日まで, 続けて泊まれる日数."""
    current = period is not None and today in period
    if window == Window.STAY or period is None:
        return "続けて泊まれる日数" if window == Window.STAY else "体験"
    if window == Window.CALENDAR_MONTH:
        month = f"{period.start.month}月"
        return "今月" if current else month if period.start.year == today.year else year(period.start) + month
    if window == Window.FISCAL_YEAR:
        return "年度" if current else f"{year(period.start)}度"
    if window == Window.CALENDAR_YEAR:
        return "今年" if current else year(period.start)
    if window == Window.GRANT:
        return "支給決定の期間"
    if window == Window.ENROLLMENT:
        return "利用期間"
    return f"{date(period.start, today)}から{date(period.end, today)}まで"


def over_limit(
    where: str,
    unit: str,
    *,
    cap: int,
    over: int,
    used: int,
    requested: int,
    shared: int,
    remaining: int,
    assumed: bool,
) -> str:
    """今月の上限24時間を30分こえます（利用済み23時間00分、今回1時間30分、残り1時間00分）。

    `shared` is how many of the requested days another session has already used up, so that the numbers add up.
    `assumed` turns the statement into a possibility to be asked about.
    """
    asked = amount(unit, requested, full=True)
    if shared:
        asked += f"（うち{amount(unit, shared)}は数えずみ）"
    numbers = f"利用済み{amount(unit, used, full=True)}、今回{asked}、残り{amount(unit, remaining, full=True)}"
    verb, end = ("こえる可能性があります", ASK_MUNICIPALITY) if assumed else ("こえます", "")
    return f"{where}の上限{amount(unit, cap)}を{amount(unit, over)}{verb}（{numbers}）。{end}"


def past_first_days(first: dt.date, last: dt.date, *, cap: int, ordinal: int, today: dt.date, assumed: bool) -> str:
    """A day beyond those counted from the first day of use: which day it is, and which was the last."""
    until = date(first + dt.timedelta(days=cap - 1), today)
    verb, end = ("こえる可能性があります", ASK_MUNICIPALITY) if assumed else ("こえます", "")
    return (
        f"使い始めた日（{date(first, today)}）から{cap}日目の{until}までが対象です。"
        f"{date(last, today)}は{ordinal}日目で、{ordinal - cap}日{verb}。{end}"
    )


def unused(period: Period, unit: str, remaining: int, *, over: int, today: dt.date, whole_month: bool) -> str:
    """What is left of a month and will be lost: 今月あと9時間。来月にくりこせません。

    `whole_month` tells a calendar month, which has a name, from one that runs between two dates.
    """
    if over:
        return f"上限を{amount(unit, over)}こえています。"
    if period.end < today:
        return f"使わなかった{amount(unit, remaining)}は、くりこしていません。" if remaining else "使いきりました。"
    name, following = "この月は", "次の月"
    if whole_month:
        name, following = ("今月", "来月") if today in period else (f"{period.start.month}月は", "翌月")
    if not remaining:
        return f"{name.removesuffix('は')}は、いっぱいです。"
    return f"{name}あと{amount(unit, remaining)}。{following}にくりこせません。"
