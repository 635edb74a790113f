"""The words of what happens to sessions: requests and answers, what is coming, what was said, what is not written."""

import datetime as dt
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from django.urls import reverse
from django.utils.http import urlencode

from programs.enums import SessionKind, SessionState
from programs.models import FamilyRemark, Session, StopRequest
from programs.notifications import words
from programs.notifications.recipients import Readers
from programs.queries.disclosure import guest_of, is_named
from programs.queries.today.parts import person_url, session_url
from programs.queries.today.supporting import is_unrecorded
from transition import clock
from transition.enums import NotificationKind as Kind
from transition.models import Notification
from transition.notifications import Told

# A no, a lapsed request and something called off are worth knowing for so long.
FRESH = dt.timedelta(days=30)
WITH = ("person", "program", "room__home__guide", "organization", "record")


@dataclass(frozen=True, slots=True)
class Case:
    """One notification about one session, for one reader: who sees the person, or hosts the stay, or both."""

    row: Notification
    session: Session
    sees: bool
    hosts: bool
    now: dt.datetime

    @property
    def today(self) -> dt.date:
        return clock.local_date(self.now)

    @property
    def knows(self) -> bool:
        """May know who it is."""
        return self.sees or (self.hosts and is_named(self.session, self.today))

    @property
    def who(self) -> str:
        """Who it is as far as the reader may know, and where."""
        guest = guest_of(self.session, self.today, named=self.knows)
        return f"{guest.label}・{words.where(self.session)}"

    def is_in(self, *states: SessionState) -> bool:
        return self.session.state in states

    @property
    def is_fresh(self) -> bool:
        return self.session.changed_at > self.now - FRESH

    @property
    def is_on_the_day(self) -> bool:
        """Still begins on the day for which it was written, and has not begun."""
        begins_on = self.session.check_in or clock.local_date(self.session.starts_at)
        return self.row.data.get("on") == begins_on.isoformat() and self.session.starts_at > self.now


def tell(rows: Sequence[Notification], readers: Readers) -> Mapping[int, Told]:
    """Three queries at most: sessions, those who want to stop, families' remarks."""
    now = clock.now()
    told = {}
    for case, stop, remark in _cases(rows, readers, now):
        if not (case.sees or case.hosts):
            continue
        if stop is not None:
            found = _stop(case, stop)
        elif remark is not None:
            found = _remark(case, remark)
        else:
            found = TELLING[case.row.kind](case)
        if found is not None:
            told[case.row.pk] = found
    return told


def _cases(
    rows: Sequence[Notification], readers: Readers, now: dt.datetime
) -> list[tuple[Case, StopRequest | None, FamilyRemark | None]]:
    found: list[tuple[Case, StopRequest | None, FamilyRemark | None]] = []

    def case(row: Notification, session: Session) -> Case:
        home = session.room.home.organization_id if session.room else 0
        return Case(row, session, readers.sees(row.user_id, session.person), readers.works_for(row.user_id, home), now)

    plain = [row for row in rows if row.kind in TELLING]
    if plain:
        sessions = Session.objects.filter(public_id__in={row.subject_id for row in plain}).select_related(*WITH)
        by_id = {str(session.public_id): session for session in sessions}
        found += [(case(row, by_id[row.subject_id]), None, None) for row in plain if row.subject_id in by_id]
    if asked := [row for row in rows if row.kind == Kind.STOP_ASKED]:
        stops = StopRequest.objects.open().filter(public_id__in={row.subject_id for row in asked})
        of_stops = {str(stop.public_id): stop for stop in stops.select_related(*(f"session__{name}" for name in WITH))}
        found += [
            (case(row, stop.session), stop, None) for row in asked if (stop := of_stops.get(row.subject_id)) is not None
        ]
    if left := [row for row in rows if row.kind == Kind.REMARK_LEFT]:
        remarks = FamilyRemark.objects.filter(public_id__in={row.subject_id for row in left})
        of_remarks = {str(one.public_id): one for one in remarks.select_related(*(f"session__{name}" for name in WITH))}
        found += [
            (case(row, one.session), None, one) for row in left if (one := of_remarks.get(row.subject_id)) is not None
        ]
    return found


def _arrived(case: Case) -> Told | None:
    session = case.session
    until = session.expires_at
    if not case.hosts or not case.is_in(SessionState.REQUESTED) or until is None or until <= case.now:
        return None
    return Told(
        subject="体験の申込が届きました",
        summary=f"{words.span(session)}の申込です。{words.moment(until)}までに返事をしてください。",
        url=session_url(session),
        action="返事をする",
        detail=f"{case.who}・{session.organization.name}から",
    )


def _confirmed(case: Case) -> Told | None:
    session = case.session
    if not case.sees or not case.is_in(SessionState.CONFIRMED) or session.ends_at <= case.now:
        return None
    return Told(
        subject="体験が確定しました",
        summary=f"{words.span(session)}のお泊まりが決まりました。本人と家族に伝えてください。",
        url=session_url(session),
        action="体験を見る",
        detail=case.who,
    )


def _declined(case: Case) -> Told | None:
    if not case.sees or not case.is_in(SessionState.DECLINED) or not case.is_fresh:
        return None
    return Told(
        subject="体験の申込が断られました",
        summary=f"{words.span(case.session)}のお泊まりは、受けられないという返事です。理由は画面で見られます。",
        url=_search(case.session),
        action="別の部屋をさがす",
        detail=f"{case.who}・理由：{case.session.get_decline_reason_display()}",
    )


def _expired(case: Case) -> Told | None:
    session = case.session
    if not case.is_in(SessionState.EXPIRED) or not case.is_fresh:
        return None
    if session.kind != SessionKind.STAY:
        return Told(
            subject="確定しないまま、予定の時刻がすぎました",
            summary=f"{words.span(session)}の{words.noun(session)}は、計画から外れました。",
            url=session_url(session),
            action="体験を見る",
            detail=case.who,
        )
    told = f"{words.span(session)}の申込は、返事がないまま期限がすぎました。部屋は、また空いています。"
    if case.sees:
        url, action = _search(session), "別の部屋をさがす"
    else:
        url, action = session_url(session), "申込を見る"
    return Told("申込の期限がすぎました", told, url, action, case.who)


def _cancelled(case: Case) -> Told | None:
    if not case.is_in(SessionState.CANCELLED) or not case.is_fresh:
        return None
    return Told(
        subject="体験が取り消されました",
        summary=f"{words.span(case.session)}の{words.noun(case.session)}は、なくなりました。理由は画面で見られます。",
        url=session_url(case.session),
        action="体験を見る",
        detail=case.who,
    )


def _stay_in_7_days(case: Case) -> Told | None:
    tomorrow = case.today + dt.timedelta(days=1)
    if not case.is_on_the_day or case.session.check_in is None or case.session.check_in <= tomorrow:
        return None
    return _stay(case)


def _stay_tomorrow(case: Case) -> Told | None:
    return _stay(case) if case.is_on_the_day else None


def _stay(case: Case) -> Told | None:
    """With what to bring, which is the home's own text and stays behind the sign-in."""
    session = case.session
    if not case.is_in(SessionState.CONFIRMED):
        return None
    bring = _bring(session)
    what = "持ち物の一覧を、画面で見られます。" if bring else "持ち物と行きかたを確かめてください。"
    if case.hosts and not case.sees:
        what = "部屋と、来る人の準備をしてください。"
    return Told(
        subject=f"{words.begins(session)}からお泊まりがあります",
        summary=f"{words.moment(session.starts_at)}から{session.nights}泊です。{what}",
        url=session_url(session),
        action="体験を見る",
        detail=f"{case.who}・持ち物：{bring}" if bring else case.who,
    )


def _outing_tomorrow(case: Case) -> Told | None:
    session = case.session
    if not case.is_on_the_day or not case.is_in(SessionState.CONFIRMED, SessionState.REQUESTED):
        return None
    is_open = session.state == SessionState.REQUESTED
    what = (
        "まだ確定していません。行くときは、確定してください。" if is_open else "付き添いと行きかたを確かめてください。"
    )
    return Told(
        subject=f"{words.begins(session)}に{words.noun(session)}があります",
        summary=f"{words.span(session)}です。{what}",
        url=session_url(session),
        action="確定する" if is_open else "体験を見る",
        detail=case.who,
    )


def _record_missing(case: Case) -> Told | None:
    if not is_unrecorded(case.session, case.now) or not case.knows:
        return None
    return Told(
        subject="体験の記録がまだです",
        summary=f"{words.begins(case.session)}からの{words.noun(case.session)}の記録が書かれていません。2分で書けます。",
        url=session_url(case.session, "record-edit"),
        action="記録を書く",
        detail=case.who,
    )


def _stop(case: Case, stop: StopRequest) -> Told | None:
    if case.sees:
        what = "まず、話を聞いてください。"
        url, action = reverse("programs:stop-request-answer", args=[stop.public_id]), "話を聞いて書く"
    elif case.is_in(SessionState.IN_PROGRESS):
        what = "まず、様子を見て、話を聞いてください。支援する人にも知らせています。"
        url, action = session_url(case.session), "体験を見る"
    else:
        return None
    summary = f"{words.begins(case.session)}からの{words.noun(case.session)}のことです。{what}"
    return Told("本人が「やめたい」と言っています", summary, url, action, case.who)


def _remark(case: Case, remark: FamilyRemark) -> Told | None:
    is_new = (case.sees and remark.seen_at is None) or (not case.sees and remark.home_seen_at is None)
    if not is_new or not case.knows:
        return None
    return Told(
        subject="家族からの声が届きました",
        summary=f"{words.begins(case.session)}からの{words.noun(case.session)}についてです。画面で読んでください。",
        url=session_url(case.session),
        action="声を読む",
        detail=f"{case.who}・{remark.who}から",
    )


def _search(session: Session) -> str:
    return f"{person_url(session.person, 'slot-search')}?{urlencode({'program': session.program.code})}"


def _bring(session: Session) -> str:
    """パジャマ、薬、タオル; nothing where the home says nothing."""
    guide = getattr(session.room.home, "guide", None) if session.room else None
    return "、".join(line.strip() for line in guide.bring.splitlines() if line.strip()) if guide else ""


TELLING: dict[str, Callable[[Case], Told | None]] = {
    Kind.REQUEST_ARRIVED: _arrived,
    Kind.REQUEST_EXPIRED: _expired,
    Kind.SESSION_CONFIRMED: _confirmed,
    Kind.SESSION_DECLINED: _declined,
    Kind.SESSION_CANCELLED: _cancelled,
    Kind.STAY_IN_7_DAYS: _stay_in_7_days,
    Kind.STAY_TOMORROW: _stay_tomorrow,
    Kind.OUTING_TOMORROW: _outing_tomorrow,
    Kind.RECORD_MISSING: _record_missing,
}
