"""The day of a home: requests to answer, guests who come and go, rooms to keep fresh."""

import datetime as dt

from django.db.models import Exists, OuterRef, Q
from django.urls import reverse

from programs.enums import HELD_STATES, RoomUse, SessionState
from programs.models import Home, Room, Session, Slot
from programs.queries.disclosure import DAYS_AFTER, NAMED_STATES, guest_of, is_named
from programs.queries.today import remarks, stays
from programs.queries.today.parts import (
    DAY,
    Action,
    Hint,
    Item,
    Section,
    day_of,
    nights_of,
    place_of,
    session_url,
    when,
)
from transition import clock
from transition.domain.wareki import format_short
from transition.models import Organization


def sections(organization: Organization, now: dt.datetime) -> list[Section]:
    """Two queries. Who it is, a home reads only where `disclosure` says so."""
    today = clock.local_date(now)
    rows = _sessions(organization, now)

    def name(session: Session) -> str:
        return guest_of(session, today, named=is_named(session, today)).label

    missing = [row for row in rows if _lacks_record(row, today)]
    missing.sort(key=lambda row: (row.starts_at, row.pk), reverse=True)
    return [
        Section("requests", "返事を待っている申込", [_request(row, name(row), now) for row in rows if _waits(row)]),
        remarks.section((row for row in rows if is_named(row, today)), today, name),
        Section("stays", "来る人・帰る人", stays.move_items(rows, today, name, hosted=True)),
        Section("records", "記録がまだの体験", [_record(row, name(row)) for row in missing]),
        Section(
            "slots",
            "まだ空いていますか",
            [_slot(slot, now) for slot in _unconfirmed(organization, now)],
            lead="30日よりながく確かめていない枠です。さがす人の画面に「未確認」と出ています。",
        ),
    ]


def hint(organization: Organization, today: dt.date) -> Hint:
    """Led from nothing to a published room, step by step."""
    offered = Slot.objects.open().filter(room=OuterRef("pk"), ends_on__gt=today)
    rooms = Room.objects.filter(home__organization=organization, use=RoomUse.TRIAL)
    room = rooms.annotate(is_offered=Exists(offered)).order_by("-is_offered", "home", "name", "pk").first()
    if room is None:
        return _no_room(organization)
    if room.is_offered:
        return Hint("申込が届くと、ここに出ます。", Action("居室の空き", reverse("programs:board")))
    text = "空いている日を公開すると、申込が届くようになります。"
    return Hint(text, Action("空いている日を公開する", reverse("programs:slot-create", args=[room.public_id])))


def _no_room(organization: Organization) -> Hint:
    home = Home.objects.filter(organization=organization).order_by("name", "pk").first()
    if home is None:
        return Hint("ホームの登録は、市町村の担当者がします。連絡してください。")
    text = "体験に使える居室を登録すると、空いている日を公開できます。"
    return Hint(text, Action("居室を登録する", reverse("programs:room-create", args=[home.public_id])))


def _sessions(organization: Organization, now: dt.datetime) -> list[Session]:
    today = clock.local_date(now)
    recent = clock.at(today - (DAYS_AFTER + 1) * DAY, dt.time())
    unrecorded = Q(record__isnull=True, state__in=HELD_STATES) & (
        Q(ends_at__gte=recent) | Q(actual_ends_at__gte=recent)
    )
    rows = remarks.with_remark(Session.objects.filter(room__home__organization=organization), at_home=True)
    heard = Q(remark_at__isnull=False, state__in=NAMED_STATES)
    rows = rows.filter(Q(state=SessionState.REQUESTED) | stays.moving(today) | unrecorded | heard)
    # The same order as in the inbox: the nearest deadline first.
    return list(
        rows.select_related("person", "program", "room__home", "organization", "record").order_by("expires_at", "pk")
    )


def _waits(session: Session) -> bool:
    return session.state == SessionState.REQUESTED


def _lacks_record(session: Session, today: dt.date) -> bool:
    """Held, not written down, and still a guest whom the home knows."""
    lacks = session.state in HELD_STATES and getattr(session, "record", None) is None
    return lacks and is_named(session, today)


def _request(session: Session, name: str, now: dt.datetime) -> Item:
    today = clock.local_date(now)
    is_late = session.expires_at is not None and session.expires_at <= now
    until = f"返事は{when(session.expires_at, today)}まで" if session.expires_at else ""
    confirm = Action("確定する", session_url(session, "session-confirm"), post=True)
    decline = Action("お断り…", session_url(session, "session-decline"))
    return Item(
        title=f"{nights_of(session)} {place_of(session)}",
        meta=f"{name}・{session.organization.name}・{until}",
        url=session_url(session),
        late="返事の期限がすぎました" if is_late else "",
        actions=() if is_late else (confirm, decline),
    )


def _record(session: Session, name: str) -> Item:
    return Item(
        title=f"{name} {place_of(session)}",
        meta=nights_of(session),
        url=session_url(session),
        actions=(Action("記録を書く", session_url(session, "record-edit")),),
    )


def _unconfirmed(organization: Organization, now: dt.datetime) -> list[Slot]:
    slots = Slot.objects.unconfirmed(now).filter(room__home__organization=organization)
    return list(slots.select_related("room__home").order_by("confirmed_at", "pk"))


def _slot(slot: Slot, now: dt.datetime) -> Item:
    confirmed = day_of(clock.local_date(slot.confirmed_at), clock.local_date(now))
    return Item(
        title=f"{slot.room.home.name} {slot.room.name} {format_short(slot.starts_on)}〜{format_short(slot.ends_on)}",
        meta=f"最後に確かめた日 {confirmed}",
        url=reverse("programs:slot-detail", args=[slot.public_id]),
        actions=(Action("まだ空いています", reverse("programs:slot-confirm-free", args=[slot.public_id]), post=True),),
    )
