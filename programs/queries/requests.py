"""What a request for one stay would mean before it is sent: its problems, its price, the limits before and after."""

import datetime as dt
from dataclasses import dataclass

from programs.domain import wording
from programs.domain.limit_rules import LimitRule
from programs.domain.problems import Problem
from programs.domain.spans import Period
from programs.domain.tallies import Tally, tallies
from programs.domain.uses import Use
from programs.enums import SessionKind
from programs.models import Program, Slot
from programs.queries import stays
from programs.queries.limits import LimitBook
from transition import clock
from transition.models import Organization, Person, User


@dataclass(frozen=True, slots=True)
class Effect:
    """One limit before and after the stay, in the window the stay touches."""

    rule: LimitRule
    tally: Tally

    @property
    def after(self) -> int:
        return self.tally.used + self.tally.added

    @property
    def is_over(self) -> bool:
        return self.tally.over(self.rule.amount) > 0

    @property
    def before_text(self) -> str:
        return wording.amount(self.rule.unit, self.tally.used)

    @property
    def after_text(self) -> str:
        return wording.amount(self.rule.unit, self.after)

    @property
    def cap_text(self) -> str:
        return wording.amount(self.rule.unit, self.rule.amount)

    @property
    def left_text(self) -> str:
        return wording.amount(self.rule.unit, max(0, self.rule.amount - self.after))

    @property
    def period(self) -> Period | None:
        return self.tally.period


@dataclass(frozen=True, slots=True)
class Price:
    """One item of the slot's price, in yen."""

    name: str
    day: int
    stay: int


@dataclass(frozen=True, slots=True)
class Preview:
    nights: int
    days: int
    effects: list[Effect]
    prices: list[Price]
    problems: list[Problem]

    @property
    def day_price(self) -> int:
        return sum(price.day for price in self.prices)

    @property
    def stay_price(self) -> int:
        return sum(price.stay for price in self.prices)


def preview(
    person: Person, program: Program, slot: Slot, check_in: dt.date, check_out: dt.date, book: LimitBook
) -> Preview:
    """Two queries besides the book's five. Prices are for every day, both ends counted."""
    length = max(0, (check_out - check_in).days)
    days = length + 1 if length else 0
    items = (
        ("家賃", slot.price_rent),
        ("食費", slot.price_food),
        ("光熱水費", slot.price_utilities),
        ("日用品費", slot.price_supplies),
    )
    return Preview(
        nights=length,
        days=days,
        effects=_effects(person, program, slot, check_in, check_out, book) if length else [],
        prices=[Price(name, day, day * days) for name, day in items if day],
        problems=stays.all_problems(person, program, slot, check_in, check_out, book=book),
    )


def _effects(
    person: Person, program: Program, slot: Slot, check_in: dt.date, check_out: dt.date, book: LimitBook
) -> list[Effect]:
    starts_at, ends_at = stays.moments(slot, check_in, check_out)
    request = Use(kind=SessionKind.STAY, start=starts_at, end=ends_at, check_in=check_in, check_out=check_out)
    account = book.account(person, program, check_in)
    return [
        Effect(rule, tally) for rule in account.rules for tally in tallies(rule, account.uses, request, account.context)
    ]


def booking_organization(user: User, person: Person, current: Organization) -> Organization:
    """The office that asks: the user's current one if it supports the person, else another that does."""
    mine = [current, *Organization.objects.of(user).exclude(pk=current.pk)]
    return next((one for one in mine if Person.objects.supported_by(one).filter(pk=person.pk).exists()), current)


def answer_deadline(moment: dt.datetime | None) -> str:
    """令和8年11月29日10時 for a message; empty without one."""
    if moment is None:
        return ""
    local = moment.astimezone(clock.TOKYO)
    minutes = f"{local.minute:02}分" if local.minute else ""
    return f"{wording.date(local.date())}{local.hour}時{minutes}"
