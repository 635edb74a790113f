"""People who come and go: today, tomorrow, and what nobody wrote down on its day."""

import datetime as dt
from collections.abc import Callable, Iterable

from django.db.models import Q

from programs.enums import SessionKind, SessionState
from programs.models import Session
from programs.queries.today.parts import DAY, Action, Item, day_of, place_of, session_url, time_of


def moving(today: dt.date) -> Q:
    """Stays that begin or end by tomorrow and are not known to have done so."""
    return Q(kind=SessionKind.STAY) & (
        Q(state=SessionState.CONFIRMED, check_in__lte=today + DAY)
        | Q(state=SessionState.IN_PROGRESS, check_out__lte=today + DAY)
    )


def moves(session: Session, today: dt.date) -> bool:
    """`moving` for a row that is at hand."""
    until = today + DAY
    if session.check_in is None or session.check_out is None:
        return False
    return (session.state == SessionState.CONFIRMED and session.check_in <= until) or (
        session.state == SessionState.IN_PROGRESS and session.check_out <= until
    )


def move_items(
    sessions: Iterable[Session], today: dt.date, name: Callable[[Session], str], *, hosted: bool
) -> list[Item]:
    """Who comes or goes, the earliest first. `hosted`: for the home, which writes down that they did."""
    rows = sorted((row for row in sessions if moves(row, today)), key=lambda row: (_moment(row), row.pk))
    return [_item(row, today, name(row), hosted=hosted) for row in rows]


def _item(session: Session, today: dt.date, name: str, *, hosted: bool) -> Item:
    arrives = session.state == SessionState.CONFIRMED
    moment = _moment(session)
    date = (session.check_in if arrives else session.check_out) or today
    verb = "来ます" if arrives and hosted else "行きます" if arrives else "帰ります"
    late = ""
    if date < today:
        late = "来たかどうかの記録がまだです" if arrives else "チェックアウトの記録がまだです"
    step = Action("チェックイン", session_url(session, "session-check-in"))
    if not arrives:
        step = Action("チェックアウト", session_url(session, "session-check-out"))
    seen = Action("くわしく見る", session_url(session))
    return Item(
        title=f"{day_of(date, today)} {time_of(moment)} {name}が{verb}",
        meta=place_of(session),
        url=session_url(session),
        late=late,
        actions=(step if hosted and date <= today else seen,),
    )


def _moment(session: Session) -> dt.datetime:
    return session.starts_at if session.state == SessionState.CONFIRMED else session.ends_at
