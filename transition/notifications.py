"""What each kind of notification means: the app that knows what it is about registers its words and rules.

The pump (services/notifications.py) and the inbox ask here; they know nothing of sessions or slots.
"""

import datetime as dt
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum

from transition.domain.quiet import Waits
from transition.enums import Delivery, NotificationKind, OrganizationKind
from transition.models import Notification

# How often a mail is tried before it stands as failed.
MOST_TRIES = 5


class Semantics(StrEnum):
    """What a mail that a crash has interrupted becomes: `ONCE` is never sent twice, and a person is shown what is
    uncertain; `AT_LEAST_ONCE` is sent again under the same Message-ID."""

    ONCE = "ONCE"
    AT_LEAST_ONCE = "AT_LEAST_ONCE"


@dataclass(frozen=True, slots=True)
class Told:
    """One notification in words. `subject` and `summary` go by mail and name nobody; `detail` stands only behind the
    sign-in and may name the person; `url` is a path that leads to the action, `action` its label."""

    subject: str
    summary: str
    url: str
    action: str
    detail: str = ""


@dataclass(frozen=True, slots=True)
class Notice:
    """How one kind is told. `tell` gets several notifications of the kind at once and returns, by primary key, the
    words for those that still hold true today: its subject lives, its reader may still see it, consent is still
    given. What is missing in the answer is obsolete and told to nobody."""

    kind: NotificationKind
    tell: Callable[[Sequence[Notification]], Mapping[int, Told]]
    semantics: Semantics = Semantics.ONCE
    waits: Waits = Waits.HOLIDAYS
    default: Delivery = Delivery.MAIL
    # Kinds that somebody must hear of offer no OFF.
    may_be_off: bool = True
    # In which kinds of organization people work who are told of it; the others are not asked how.
    organization_kinds: tuple[OrganizationKind, ...] = tuple(OrganizationKind)


@dataclass(slots=True)
class Registry:
    notices: dict[str, Notice] = field(default_factory=dict)
    # Each looks, once a minute, for what has come due, and writes the rows; it may be repeated at any time.
    planners: list[Callable[[dt.datetime], object]] = field(default_factory=list)

    def register(self, *notices: Notice) -> None:
        for notice in notices:
            self.notices[notice.kind] = notice

    def plan_with(self, planner: Callable[[dt.datetime], object]) -> None:
        if planner not in self.planners:
            self.planners.append(planner)

    def of(self, kind: str) -> Notice:
        """Raises KeyError for a kind that nobody has registered."""
        return self.notices[kind]

    def tell(self, notifications: Iterable[Notification]) -> dict[int, Told]:
        """The words for all that still hold. Kinds that are told by the same function are asked for together."""
        by_teller: dict[Callable[[Sequence[Notification]], Mapping[int, Told]], list[Notification]] = {}
        for notification in notifications:
            if notification.kind in self.notices:
                by_teller.setdefault(self.notices[notification.kind].tell, []).append(notification)
        told: dict[int, Told] = {}
        for tell, rows in by_teller.items():
            told.update(tell(rows))
        return told


registry = Registry()
