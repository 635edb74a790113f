"""One session as its page shows it: to the home that hosts it and to those who support the person."""

import datetime as dt
from dataclasses import dataclass

from django.db.models import Exists, OuterRef, Value

from programs.domain import session_flow
from programs.enums import SessionAction, SessionKind, SessionState
from programs.models import FamilyRemark, Override, RecordDraft, Room, Session, SessionEvent, Slot, StopRequest
from programs.models.sessions import SessionQuerySet
from programs.queries import outings
from programs.queries.disclosure import Guest, guest_of, is_named
from programs.queries.voices import remarks_of, stops_of
from transition import clock
from transition.enums import ConsentKind
from transition.models import Consent, Goal, Person, PersonCard, User, WishItem

PERMISSIONS = {
    SessionAction.CONFIRM: "programs.answer_session",
    SessionAction.DECLINE: "programs.answer_session",
    SessionAction.CANCEL: "programs.cancel_session",
    SessionAction.CHECK_IN: "programs.run_session",
    SessionAction.CHECK_OUT: "programs.run_session",
    SessionAction.CUT_SHORT: "programs.run_session",
    SessionAction.NO_SHOW: "programs.run_session",
}


@dataclass(frozen=True, slots=True)
class Price:
    label: str
    per_day: int
    total: int


@dataclass(frozen=True, slots=True)
class Page:
    session: Session
    guest: Guest
    sees_person: bool
    events: list[SessionEvent]
    overrides: list[Override]
    prices: list[Price]
    days: int
    escorts: list[User]
    wishes: list[WishItem]
    goals: list[Goal]
    stops: list[StopRequest]
    remarks: list[FamilyRemark]

    @property
    def open_stop(self) -> StopRequest | None:
        """The person wants to stop and nobody has talked with them yet; not for a home that may not know the name."""
        told = self.sees_person or self.guest.name
        return next((stop for stop in self.stops if stop.handled_at is None), None) if told else None

    @property
    def new_remarks(self) -> list[FamilyRemark]:
        """Of families, not read yet on this reader's side."""
        return [row for row in self.remarks if (row.seen_at if self.sees_person else row.home_seen_at) is None]

    @property
    def read_remarks(self) -> list[FamilyRemark]:
        new = self.new_remarks
        return [row for row in self.remarks if row not in new]

    @property
    def answered_stops(self) -> list[StopRequest]:
        return [stop for stop in self.stops if stop.handled_at is not None]

    @property
    def total(self) -> int:
        return sum(price.total for price in self.prices)


def for_reader(user: User) -> SessionQuerySet:
    """The sessions the user may see: `sees_person` as one who supports the person, `is_hosted` as the home.

    `agrees_to_photos`, `agrees_to_card`: the person does today. `has_draft`: the user has begun to write the record.
    """
    person = Person.objects.visible_to(user).filter(pk=OuterRef("person"))
    room = Room.objects.run_by(user).filter(pk=OuterRef("room"))
    agreed = Consent.objects.filter(person=OuterRef("person")).given(ConsentKind.PHOTO, clock.today())
    to_card = Consent.objects.filter(person=OuterRef("person")).given(ConsentKind.CARD, clock.today())
    draft = RecordDraft.objects.filter(session=OuterRef("pk"), user=user)
    return (
        Session.objects.visible_to(user)
        .annotate(
            read_by=Value(user.pk),
            sees_person=Exists(person),
            is_hosted=Exists(room),
            agrees_to_photos=Exists(agreed),
            agrees_to_card=Exists(to_card),
            has_card=Exists(PersonCard.objects.filter(person=OuterRef("person"))),
            has_draft=Exists(draft),
            has_remarks=Exists(FamilyRemark.objects.filter(session=OuterRef("pk"))),
        )
        .select_related(
            "person", "program", "enrollment", "slot", "room__home", "organization", "requested_by", "record__by"
        )
    )


def page(session: Session, today: dt.date) -> Page:
    """`session` comes from `for_reader`."""
    sees_person: bool = session.sees_person  # type: ignore[attr-defined]
    days = session.nights + 1 if session.nights else 0
    is_outing = session.kind != SessionKind.STAY
    knows = sees_person or is_named(session, today)
    return Page(
        session=session,
        guest=guest_of(session, today, named=knows),
        sees_person=sees_person,
        events=list(session.events.select_related("by").order_by("pk")),
        overrides=list(session.overrides.select_related("by").order_by("pk")),
        prices=_prices(session.slot, days) if session.slot else [],
        days=days,
        escorts=outings.escorts_of(session) if is_outing else [],
        wishes=[row.item for row in session.session_wishes.select_related("item")] if is_outing else [],
        goals=[row.goal for row in session.session_goals.select_related("goal")] if is_outing else [],
        stops=stops_of(session),
        remarks=remarks_of(session) if knows and session.has_remarks else [],  # type: ignore[attr-defined]
    )


def permission_for(action: SessionAction, session: Session) -> str | None:
    """What it takes: a home says yes to a stay; to an outing those do who plan it."""
    if action == SessionAction.CONFIRM and session.kind != SessionKind.STAY:
        return "programs.change_outing"
    return PERMISSIONS.get(action)


def actions(session: Session, user: User, now: dt.datetime) -> list[SessionAction]:
    """What this user can do with the session of `for_reader` at this moment, in the order of the buttons."""
    granted: dict[str, bool] = {}
    found = []
    for action in session_flow.actions_from(session.state):
        permission = permission_for(action, session)
        if permission is None or not _is_time_for(action, session, now):
            continue
        if permission not in granted:
            granted[permission] = user.has_perm(permission, session)
        if granted[permission]:
            found.append(action)
    # A home declines; calling off a request is for those who made it.
    if SessionAction.DECLINE in found and not session.sees_person:  # type: ignore[attr-defined]
        found = [action for action in found if action != SessionAction.CANCEL]
    return found


def can_override(session: Session, user: User) -> bool:
    waits = session_flow.next_state(session.state, SessionAction.CONFIRM) is not None
    return waits and user.has_perm("programs.override_session", session)


def can_change(session: Session, actions: list[SessionAction]) -> bool:
    """Move it or write it anew; those who may call off an outing that has not begun may do that too."""
    changeable = session.kind != SessionKind.STAY and session.state in session_flow.CHANGEABLE_STATES
    return changeable and SessionAction.CANCEL in actions


def reached_by(action: SessionAction) -> SessionState | None:
    """The one state that an action leads to, from wherever it is possible."""
    return next((row[action] for row in session_flow.TRANSITIONS.values() if action in row), None)


def _is_time_for(action: SessionAction, session: Session, now: dt.datetime) -> bool:
    match action:
        case SessionAction.CONFIRM:
            return session.expires_at is None or now < session.expires_at
        case SessionAction.CHECK_IN:
            return clock.local_date(session.starts_at) <= clock.local_date(now)
        case SessionAction.NO_SHOW:
            return session.starts_at <= now
    return True


def _prices(slot: Slot, days: int) -> list[Price]:
    """Per item for the whole stay; both the first and the last day count."""
    items = (
        ("家賃", slot.price_rent),
        ("食費", slot.price_food),
        ("光熱水費", slot.price_utilities),
        ("日用品費", slot.price_supplies),
    )
    return [Price(label, yen, yen * days) for label, yen in items]
