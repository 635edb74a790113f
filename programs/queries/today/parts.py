"""What the page of the day is made of: sections of items, each one tap from its action; and the words of times."""

import datetime as dt
from dataclasses import dataclass

from django.urls import reverse

from programs.models import Session
from transition import clock
from transition.domain.wareki import format_short
from transition.models import Person

DAY = dt.timedelta(days=1)


@dataclass(frozen=True, slots=True)
class Action:
    """One tap: a link, or with `post` a button that does it at once. The item's title says with what."""

    label: str
    url: str
    post: bool = False


@dataclass(frozen=True, slots=True)
class Item:
    """One thing that waits. `title` links to `url` where there is one; `late` stands for what is overdue."""

    title: str
    meta: str = ""
    url: str = ""
    late: str = ""
    actions: tuple[Action, ...] = ()


@dataclass(frozen=True, slots=True)
class Section:
    """Items of one kind. `code` is the id on the page and the `?section=` of the whole list."""

    SHOWN = 5

    code: str
    title: str
    items: list[Item]
    lead: str = ""
    link: Action | None = None
    people: int = 0

    @property
    def shown(self) -> list[Item]:
        return self.items[: self.SHOWN]

    @property
    def count(self) -> int:
        """How many wait: items, or the `people` whom they stand for."""
        return self.people or len(self.items)

    @property
    def has_more(self) -> bool:
        return len(self.items) > self.SHOWN


@dataclass(frozen=True, slots=True)
class Hint:
    """One calm sentence for a day on which nothing is urgent, and where to go next."""

    text: str
    action: Action | None = None


def day_of(date: dt.date, today: dt.date) -> str:
    """きょう, あす, otherwise 11/22(日)."""
    return {today: "きょう", today + DAY: "あす"}.get(date, format_short(date))


def time_of(moment: dt.datetime) -> str:
    """9:05, on a Japanese clock."""
    local = moment.astimezone(clock.TOKYO)
    return f"{local.hour}:{local.minute:02}"


def when(moment: dt.datetime, today: dt.date) -> str:
    """きょう 9:05."""
    return f"{day_of(clock.local_date(moment), today)} {time_of(moment)}"


def nights_of(session: Session) -> str:
    """12/5(土)〜12/7(月) 2泊."""
    if session.check_in is None or session.check_out is None:
        return ""
    return f"{format_short(session.check_in)}〜{format_short(session.check_out)} {session.nights}泊"


def place_of(session: Session) -> str:
    """Where it is: home and room of a stay, otherwise the place or the program."""
    if session.room is not None:
        return f"{session.room.home.name} {session.room.name}"
    return session.place or session.program.name


def what_of(session: Session) -> str:
    return session.activity or session.place or session.get_kind_display()


def session_url(session: Session, name: str = "session-detail") -> str:
    return reverse(f"programs:{name}", args=[session.public_id])


def person_url(person: Person, name: str = "person-detail") -> str:
    return reverse(f"programs:{name}", args=[person.public_id])
