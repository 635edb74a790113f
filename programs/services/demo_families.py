"""Plays what families see and say in the demo, from `data/demo_families.yaml`, on top of people and stays."""

import datetime as dt
import functools
import uuid
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import yaml

from programs.models import Session
from programs.services import photos, ratings, records, voices
from programs.services.demo_keys import Step, demo_key, done_before
from programs.services.demo_story import drawn_photo
from transition import clock
from transition.enums import Expression
from transition.models import Person, User
from transition.services import consents

DATA = Path(__file__).resolve().parent.parent / "data" / "demo_families.yaml"
SENDER = uuid.uuid5(uuid.NAMESPACE_URL, "demo-family")


class Families:
    def __init__(self, people: dict[str, Person], staff: dict[str, User]) -> None:
        self.people, self.staff = people, staff
        self.today = clock.today()
        self.data: dict[str, Any] = yaml.safe_load(DATA.read_text(encoding="utf-8"))

    def steps(self) -> Iterator[Step]:
        for item in self.data["families"]:
            for given in item["consents"]:
                yield functools.partial(self.consent, item, given)
            yield functools.partial(self.report, item)
            yield functools.partial(self.remark, item)

    def consent(self, item: dict[str, Any], given: dict[str, Any]) -> None:
        by = self.staff[item["office"]]
        with clock.pretend(clock.at(self.day(given["day"]), dt.time(9))):
            consents.give(
                person=self.people[item["person"]],
                kind=given["kind"],
                means=given["means"],
                note=given["note"],
                by=by,
                key=demo_key(by, "consent-family", item["person"], given["kind"]),
            )

    def report(self, item: dict[str, Any]) -> None:
        """Written an hour after the stay, with the person's face and one picture; once."""
        by, said = self.staff[item["office"]], item["report"]
        session, key = self.stay(item, said), demo_key(by, "report", item["person"])
        if session is None or session.actual_ends_at is None or done_before(key):
            return
        with clock.pretend(session.actual_ends_at + dt.timedelta(hours=1)):
            photos.add(session=session, data=drawn_photo(said["photo"]), by=by)
            ratings.rate(
                session=session, face=said["face"], word=said["word"], expression=Expression.WORD, by_person=True, by=by
            )
            records.save(
                session=session,
                based_on=0,
                actual_starts_at=session.actual_starts_at or session.starts_at,
                actual_ends_at=session.actual_ends_at,
                place=session.room.home.name if session.room else session.place,
                shown=said["shown"],
                helped=said["helped"],
                family_note=said["family_note"].strip(),
                next_step=said["next"],
                by=by,
                key=key,
            )

    def remark(self, item: dict[str, Any]) -> None:
        said = item["remark"]
        session = self.stay(item, said)
        if session is not None and not session.family_remarks.exists():
            voices.leave_remark(session=session, sender=SENDER, who=said["who"], text=said["text"])

    def stay(self, item: dict[str, Any], said: dict[str, Any]) -> Session | None:
        mine = Session.objects.filter(person=self.people[item["person"]], check_in=self.day(said["stay"]))
        return mine.select_related("room__home").first()

    def day(self, offset: int) -> dt.date:
        return self.today + dt.timedelta(days=offset)
