"""Plays the fictional person cards of `data/demo_cards.yaml`: versions, contacts, and consents to show them."""

import datetime as dt
import functools
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import yaml

from programs.services.demo_keys import Step, demo_key, done_before
from transition import clock
from transition.domain.months import months_later
from transition.enums import ConsentKind
from transition.models import Person, User
from transition.services import cards, consents, contacts

DATA = Path(__file__).resolve().parent.parent / "data" / "demo_cards.yaml"
CONSENT_MONTHS = 6


class Cards:
    """Written on top of the people and staff that the demo's first part has made."""

    def __init__(self, people: dict[str, Person], staff: dict[str, User]) -> None:
        self.people, self.staff = people, staff
        self.today = clock.today()
        self.data: dict[str, Any] = yaml.safe_load(DATA.read_text(encoding="utf-8"))

    def steps(self) -> Iterator[Step]:
        for item in self.data["people"]:
            for number, card in enumerate(item["cards"]):
                yield functools.partial(self.card, item, number, card)
            for number, contact in enumerate(item["contacts"]):
                yield functools.partial(self.contact, item, number, contact)
            if "consent" in item:
                yield functools.partial(self.consent, item)

    def card(self, item: dict[str, Any], number: int, card: dict[str, Any]) -> None:
        by = self.staff[item["office"]]
        key = demo_key(by, "card", item["person"], number)
        if done_before(key):
            return
        with clock.pretend(self.moment(card["day"])):
            cards.save(person=self.people[item["person"]], content=card["content"], based_on=number, by=by, key=key)

    def contact(self, item: dict[str, Any], number: int, contact: dict[str, Any]) -> None:
        by = self.staff[item["office"]]
        key = demo_key(by, "contact", item["person"], number)
        contacts.add(person=self.people[item["person"]], by=by, key=key, **contact)

    def consent(self, item: dict[str, Any]) -> None:
        by, given = self.staff[item["office"]], item["consent"]
        moment = self.moment(given["day"])
        with clock.pretend(moment):
            consents.give(
                person=self.people[item["person"]],
                kind=ConsentKind.CARD,
                means=given["means"],
                ends_on=months_later(clock.today(), CONSENT_MONTHS),
                note=given["note"],
                by=by,
                key=demo_key(by, "consent-card", item["person"]),
            )

    def moment(self, offset: int) -> dt.datetime:
        return clock.at(self.today + dt.timedelta(days=offset), dt.time(9))
