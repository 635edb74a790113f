"""The person card as it is read: by those who support the person, and by the home that receives them."""

import datetime as dt
from dataclasses import dataclass, field

from programs.enums import SessionKind, SessionState
from programs.models import Session
from programs.queries.disclosure import DAYS_AFTER, is_named
from transition import clock
from transition.domain import card as fields
from transition.enums import ConsentKind
from transition.models import Consent, Contact, Person, PersonCard

# A stay that has not begun, or has: the home is about to need the card.
_COMING = (SessionState.CONFIRMED, SessionState.IN_PROGRESS)


@dataclass(frozen=True, slots=True)
class Part:
    """A group of the card with what was written in it."""

    title: str
    lines: list[tuple[str, str]]


@dataclass(frozen=True, slots=True)
class Sheet:
    """One A4. `session` is the stay for which a home reads it, `keep_until` the last day it may keep it."""

    person: Person
    card: PersonCard
    contacts: list[Contact]
    newest: int
    session: Session | None = None
    keep_until: dt.date | None = None

    @property
    def voice(self) -> str:
        return str(self.card.content.get(fields.VOICE.code, ""))

    @property
    def allergy(self) -> str:
        """Empty when nobody has asked yet, which is not the same as none."""
        return str(self.card.content.get(fields.ALLERGY.code, ""))

    @property
    def parts(self) -> list[Part]:
        found = []
        for group in fields.GROUPS[1:]:
            said = [(line.label, self.card.content.get(line.code, "")) for line in group.fields]
            found.append(Part(group.title, [(label, words) for label, words in said if words]))
        return [part for part in found if part.lines]

    @property
    def is_old(self) -> bool:
        return self.card.version < self.newest


@dataclass(frozen=True, slots=True)
class Door:
    """Whether the home of a stay may read the card today, and if not, why."""

    session: Session
    named: bool
    has_card: bool
    agreed: bool
    coming: bool = field(init=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "coming", self.session.state in _COMING)

    @property
    def is_open(self) -> bool:
        return self.named and self.has_card and self.agreed


def latest(person: Person) -> PersonCard | None:
    return PersonCard.objects.filter(person=person).select_related("by").first()


def versions(person: Person) -> list[PersonCard]:
    return list(PersonCard.objects.filter(person=person).select_related("by").defer("content"))


def sheet(card: PersonCard, *, newest: int) -> Sheet:
    return Sheet(person=card.person, card=card, contacts=contacts_on(card.person), newest=newest)


def contacts_on(person: Person) -> list[Contact]:
    """Today's, whatever the version: a number that is no longer used helps nobody at night."""
    return list(Contact.objects.current().filter(person=person, on_card=True)[: fields.MOST_CONTACTS])


def door(session: Session, today: dt.date) -> Door | None:
    """Of a stay that comes from `session_page.for_reader`; None for anything else: nobody takes in an outing."""
    if session.kind != SessionKind.STAY:
        return None
    return Door(
        session=session,
        named=is_named(session, today),
        has_card=session.has_card,  # type: ignore[attr-defined]
        agreed=session.agrees_to_card,  # type: ignore[attr-defined]
    )


def session_sheet(session: Session, today: dt.date) -> Sheet | None:
    """The latest card for the home of this stay; None when nobody has written one."""
    card = latest(session.person)
    if card is None:
        return None
    return Sheet(
        person=session.person,
        card=card,
        contacts=contacts_on(session.person),
        newest=card.version,
        session=session,
        keep_until=_keep_until(session, today),
    )


def _keep_until(session: Session, today: dt.date) -> dt.date:
    """Until the home no longer sees the guest, or until the consent ends, whichever is first."""
    last = clock.local_date(session.actual_ends_at or session.ends_at) + dt.timedelta(days=DAYS_AFTER)
    given = Consent.objects.filter(person=session.person_id).given(ConsentKind.CARD, today)
    ends = [ends_on or dt.date.max for ends_on in given.values_list("ends_on", flat=True)]
    return min(last, max(ends, default=last))
