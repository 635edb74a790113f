"""What stands on a family's page. The level of the address decides it: BUSY times, NEUTRAL also what kind of trial,
PLACE also where it is and everything that belongs to a place, NAMES also the name the person wishes to be called.

Titles come from the same words as in the feed. What only PLACE and NAMES tell is looked up for nobody else.
Nine queries at most, whatever the number of sessions.
"""

import datetime as dt
from collections.abc import Iterable
from uuid import UUID

from django.conf import settings
from django.db.models import Exists, OuterRef, Prefetch, Q, Subquery

from calendars import scopes
from calendars.domain import family_words as words
from calendars.domain import grid, ical
from calendars.domain.entries import CANCELLED_FOR, STATUS_OF, Facts, content_of
from calendars.domain.grid import DAY
from calendars.domain.ical import Status
from calendars.domain.window import window_on
from calendars.enums import Audience, CalendarView, Detail
from calendars.models import CalendarFeed
from calendars.queries.agenda import WEEK_STARTS
from calendars.queries.family_parts import Cell, Entry, FamilyPage, Month, Place, Report
from programs.domain import wording
from programs.enums import HELD_STATES, PLANNED_STATES, Face, SessionAction, SessionKind, SessionState
from programs.models import FamilyRemark, HomeGuide, Photo, Rating, Session, SessionEvent
from programs.models.sessions import SessionQuerySet
from programs.services.voices import takes_remarks
from transition import clock
from transition.domain.holidays import day_mark, holiday_name
from transition.enums import ConsentKind
from transition.models import Consent

TELLING_PLACES = (Detail.PLACE, Detail.NAMES)
MOST_COMING, MOST_REPORTS, MOST_REMARKS = 30, 5, 20
# How long the page still tells how a session was.
REPORT_DAYS = 60
# From here on the page says until when it works.
ENDS_SOON_DAYS = 30
CALLED_OFF = tuple(state for state, status in STATUS_OF.items() if status is Status.CANCELLED)
NEW, REPORTED = "あたらしい予定です", "ようすが届きました"
CHANGES: dict[str, str] = {
    SessionAction.REQUEST: NEW,
    SessionAction.CONFIRM: "決まりました",
    SessionAction.MOVE: "日にちや時刻がかわりました",
    SessionAction.DECLINE: "とりやめになりました",
    SessionAction.EXPIRE: "とりやめになりました",
    SessionAction.CANCEL: "とりやめになりました",
    SessionAction.NO_SHOW: "とりやめになりました",
    SessionAction.CUT_SHORT: "予定より早くおわりました",
    SessionAction.CHANGE: "くわしい内容がかわりました",
}


def page_feed(feed: CalendarFeed) -> CalendarFeed:
    """The whole row of what `live_feed` found, and whether the person lets reports and photos be seen. One query."""
    today = clock.today()
    given = Consent.objects.filter(person=OuterRef("person"))
    rows = CalendarFeed.objects.select_related("person").annotate(
        agrees_to_report=Exists(given.given(ConsentKind.REPORT, today)),
        agrees_to_photos=Exists(given.given(ConsentKind.PHOTO, today)),
    )
    found = rows.get(pk=feed.pk)
    found.agreed = feed.agreed
    return found


def is_shown(feed: CalendarFeed) -> bool:
    """Whether anything is shown at all: not ended gently, and a family only while the person agrees."""
    return not feed.is_emptied and (feed.agreed or feed.audience == Audience.PERSON)


def family_page(feed: CalendarFeed, month: str = "") -> FamilyPage:
    """`feed` from `page_feed`; changes are those since the visit before, `feed.page_before_at`. Six queries."""
    now = clock.now()
    teller = _Teller(feed, now)
    coming_rows = list(_coming(feed, teller, now))
    past_rows = list(_past(feed, teller, now))
    teller.mark([*coming_rows, *past_rows], held=past_rows)
    coming = [teller.entry(session) for session in coming_rows]
    past = [teller.entry(session) for session in past_rows]
    entries = sorted({entry.public_id: entry for entry in [*past, *coming]}.values(), key=lambda one: one.starts_at)
    later = [entry for entry in coming if entry.first > teller.today and not entry.is_cancelled]
    listed = [entry for entry in coming if entry.first > teller.today and entry not in later[:1]]
    chosen = [session for session in [*coming_rows, *past_rows] if takes_remarks(session, now)]
    return FamilyPage(
        heading=teller.heading,
        today=teller.today,
        tells_places=teller.tells_places,
        now=[entry for entry in entries if entry.first <= teller.today <= entry.last],
        following=later[0] if later else None,
        coming=listed[:MOST_COMING],
        more=max(0, len(listed) - MOST_COMING),
        changed=[entry for entry in entries if entry.changes],
        reports=_reports(past_rows, teller) if teller.reports else [],
        month=_month(feed, teller, month),
        remarks=_remarks(feed, teller),
        open_to_remarks=[teller.choice(session) for session in chosen],
        ends_on=feed.expires_on if (feed.expires_on - teller.today).days <= ENDS_SOON_DAYS else None,
    )


def reported_photo(feed: CalendarFeed, public_id: UUID) -> Photo | None:
    """A photo that the page of `feed`, from `page_feed`, shows at this moment. One query."""
    now = clock.now()
    if not is_shown(feed) or not _tells_reports(feed) or not feed.agrees_to_photos:  # type: ignore[attr-defined]
        return None
    rows = Photo.objects.filter(public_id=public_id, session__person=feed.person_id, session__state__in=HELD_STATES)
    return rows.filter(session__ends_at__gt=now - REPORT_DAYS * DAY, session__record__isnull=False).first()


class _Teller:
    """Says of a session what the address may tell, and nothing else."""

    def __init__(self, feed: CalendarFeed, now: dt.datetime) -> None:
        self.feed, self.now, self.today = feed, now, clock.local_date(now)
        self.variant = scopes.variant(feed)
        self.tells_places = feed.detail in TELLING_PLACES
        self.reports = _tells_reports(feed)
        self.changes: dict[int, list[str]] = {}
        assert feed.person is not None  # noqa: S101 - only audiences of a person have a page
        self.called = feed.person.called if feed.detail == Detail.NAMES else ""

    @property
    def heading(self) -> str:
        return f"{self.called}の予定" if self.called else ical.NAME

    def mark(self, sessions: list[Session], *, held: list[Session]) -> None:
        """Look up what happened to these since the visit before. One query, none at the first visit."""
        since = self.feed.page_before_at
        if since is None:
            return
        told = {session.pk: session for session in sessions}
        for session in sessions:
            if session.created_at > since:
                self._mark(session.pk, NEW)
        events = SessionEvent.objects.filter(session__in=told, at__gt=since).order_by("pk")
        for session_pk, action in events.values_list("session", "action"):
            if action != SessionAction.CHANGE or self.tells_places:
                self._mark(session_pk, CHANGES.get(action, ""))
        for session in held if self.reports else []:
            record = getattr(session, "record", None)
            if record is not None and record.at > since:
                self._mark(session.pk, REPORTED)

    def _mark(self, session_pk: int, word: str) -> None:
        said = self.changes.setdefault(session_pk, [])
        if word and word not in said:
            said.append(word)

    def entry(self, session: Session) -> Entry:
        content = content_of(self._facts(session), self.variant)
        return Entry(
            public_id=session.public_id,
            title=content.summary,
            status=content.status,
            starts_at=content.starts_at.astimezone(clock.TOKYO),
            ends_at=content.ends_at.astimezone(clock.TOKYO),
            today=self.today,
            changes=self.changes.get(session.pk, []),
            place=_place(session, content.location) if self.tells_places else None,
        )

    def choice(self, session: Session) -> tuple[str, str]:
        entry = self.entry(session)
        return str(entry.public_id), f"{entry.day} {entry.title}"

    def _facts(self, session: Session) -> Facts:
        place = ""
        if self.tells_places:
            home = session.room.home if session.room else None
            place = (f"{home.name}（{home.area}）" if home.area else home.name) if home else session.place
        return Facts(
            kind=SessionKind(session.kind),
            state=SessionState(session.state),
            starts_at=session.starts_at,
            ends_at=session.ends_at,
            ended_early_at=session.actual_ends_at,
            place=place,
            called=self.called,
        )


def _tells_reports(feed: CalendarFeed) -> bool:
    """A report tells of a place and shows faces: never below that level, and never without the person's word."""
    return feed.detail in TELLING_PLACES and feed.agrees_to_report  # type: ignore[attr-defined]


def _sessions(feed: CalendarFeed, teller: _Teller) -> SessionQuerySet:
    sessions = Session.objects.filter(person=feed.person_id)
    if teller.tells_places:
        return sessions.select_related("room__home__guide", "slot", "organization")
    return sessions


def _coming(feed: CalendarFeed, teller: _Teller, now: dt.datetime) -> Iterable[Session]:
    """Planned and not over before today, and for a while what was called off."""
    today = clock.at(teller.today, dt.time.min)
    planned = Q(state__in=PLANNED_STATES, ends_at__gt=today)
    called_off = Q(state__in=CALLED_OFF, changed_at__gt=now - CANCELLED_FOR, ends_at__gt=today - CANCELLED_FOR)
    end = clock.at(window_on(teller.today).end, dt.time.min)
    found = _sessions(feed, teller).filter(planned | called_off, starts_at__lt=end)
    return found.order_by("starts_at", "pk")[: MOST_COMING * 2]


def _past(feed: CalendarFeed, teller: _Teller, now: dt.datetime) -> Iterable[Session]:
    """What was held lately, the latest first."""
    found = _sessions(feed, teller).filter(state__in=HELD_STATES, ends_at__gt=now - REPORT_DAYS * DAY)
    if teller.reports:
        latest = Rating.objects.filter(session=OuterRef("pk")).order_by("-at", "-pk")
        found = found.select_related("room__home__guide", "slot", "organization", "record").annotate(
            face=Subquery(latest.values("face")[:1]), word=Subquery(latest.values("word")[:1])
        )
        if feed.agrees_to_photos:  # type: ignore[attr-defined]
            found = found.prefetch_related(Prefetch("photos", Photo.objects.order_by("pk")))
    return found.order_by("-starts_at", "-pk")[:MOST_REPORTS]


def _reports(sessions: list[Session], teller: _Teller) -> list[Report]:
    shows_photos = teller.feed.agrees_to_photos  # type: ignore[attr-defined]
    found = []
    for session in sessions:
        record = getattr(session, "record", None)
        if record is None:
            continue
        face: str = session.face or ""  # type: ignore[attr-defined]
        photos = list(session.photos.all()) if shows_photos else []
        word = str(Face(face).label) if face else ""
        found.append(Report(teller.entry(session), record.family_note, face, word, session.word or "", photos))  # type: ignore[attr-defined]
    return [report for report in found if report.note or report.face or report.photos]


def _place(session: Session, where: str) -> Place:
    home = session.room.home if session.room else None
    guide: HomeGuide | None = getattr(home, "guide", None) if home else None
    settled = session.state in (SessionState.CONFIRMED, SessionState.IN_PROGRESS)
    night_contact = guide.night_contact if guide and settled else ""
    return Place(
        where=where,
        address=home.address if home else "",
        phone=home.phone if home else "",
        access=guide.access if guide else "",
        bring=words.lines(guide.bring) if guide else [],
        provided=words.lines(guide.provided) if guide else [],
        price_per_day=session.slot.price_per_day if session.slot else 0,
        days=session.nights + 1,
        fare=session.transport_cost,
        night_contact=night_contact,
        night_phone=words.phone_in(night_contact),
        is_stay=session.kind == SessionKind.STAY,
        is_settled=settled,
        office=session.organization.name,
        office_phone=session.organization.phone,
    )


def _month(feed: CalendarFeed, teller: _Teller, asked: str) -> Month:
    """The month asked for, of those that the feed covers. One query."""
    months = _months(teller.today)
    first = next((month for month in months if f"{month:%Y-%m}" == asked), teller.today.replace(day=1))
    start, end = grid.period(CalendarView.MONTH, first, WEEK_STARTS[settings.CALENDAR_WEEK_STARTS])
    sessions = _sessions(feed, teller).exclude(state__in=CALLED_OFF)
    touching = sessions.overlapping(clock.at(start, dt.time.min), clock.at(end + DAY, dt.time.min))
    entries = [teller.entry(session) for session in touching.order_by("starts_at", "pk")]
    weeks = [[_cell(day, first, teller.today, entries) for day in days] for days in grid.weeks(start, end)]
    place = months.index(first)
    return Month(
        heading=f"{wording.year(first)}{first.month}月",
        weeks=weeks,
        weekdays=["月火水木金土日"[cell.date.weekday()] for cell in weeks[0]],
        entries=[entry for entry in entries if _touches(entry, first)],
        previous=f"{months[place - 1]:%Y-%m}" if place else "",
        following=f"{months[place + 1]:%Y-%m}" if place + 1 < len(months) else "",
    )


def _months(today: dt.date) -> list[dt.date]:
    window = window_on(today)
    found = [window.start]
    while (following := (found[-1] + 31 * DAY).replace(day=1)) < window.end:
        found.append(following)
    return found


def _cell(date: dt.date, month: dt.date, today: dt.date, entries: list[Entry]) -> Cell:
    outside = date.month != month.month
    count = 0 if outside else len([entry for entry in entries if entry.first <= date <= entry.last])
    return Cell(date, day_mark(date), holiday_name(date) or "", date == today, outside, count)


def _touches(entry: Entry, month: dt.date) -> bool:
    number = month.year * 12 + month.month
    return entry.first.year * 12 + entry.first.month <= number <= entry.last.year * 12 + entry.last.month


def _remarks(feed: CalendarFeed, teller: _Teller) -> list[tuple[FamilyRemark, str]]:
    """What came through this very address, the newest first, with the day it is about. One query."""
    found = FamilyRemark.objects.filter(sender=feed.public_id, session__person=feed.person_id)
    rows = found.select_related("session").order_by("-at", "-pk")[:MOST_REMARKS]
    return [(row, words.day(clock.local_date(row.session.starts_at), teller.today)) for row in rows]
