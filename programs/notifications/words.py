"""Dates and sentences that several kinds share. Western dates without the year: a mail is read within days."""

import datetime as dt

from programs.enums import SessionKind
from programs.models import Session
from programs.queries.today.parts import place_of, time_of, what_of
from transition import clock
from transition.domain.wareki import weekday_of


def day(date: dt.date) -> str:
    """12月5日（土）."""
    return f"{date.month}月{date.day}日（{weekday_of(date)}）"


def moment(at: dt.datetime) -> str:
    """12月5日（土）15:00."""
    return f"{day(clock.local_date(at))}{time_of(at)}"


def begins(session: Session) -> str:
    """12月5日（土）: the day on which it begins."""
    return day(session.check_in or clock.local_date(session.starts_at))


def span(session: Session) -> str:
    """12月5日（土）から2泊, 12月5日（土）10:00から12:00まで."""
    if session.kind == SessionKind.STAY:
        return f"{begins(session)}から{session.nights}泊"
    last = clock.local_date(session.ends_at)
    end = time_of(session.ends_at) if last == clock.local_date(session.starts_at) else moment(session.ends_at)
    return f"{moment(session.starts_at)}から{end}まで"


def noun(session: Session) -> str:
    """お泊まり, おでかけ, 日中の体験."""
    return str(SessionKind(session.kind).label)


def where(session: Session) -> str:
    """For `detail` only: home and room, or what is done and where."""
    if session.kind == SessionKind.STAY:
        return place_of(session)
    return what_of(session)
