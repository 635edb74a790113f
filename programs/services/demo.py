"""Plays the fictional data of `data/demo.yaml` through the real services.

Every step carries a request key, so that seeding again, or after it was interrupted, adds only what is missing.
"""

import contextlib
import datetime as dt
import functools
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import yaml
from django.conf import settings

from programs.domain import spans
from programs.domain.home_lists import HomeRow
from programs.domain.problems import Refused
from programs.enums import DeclineReason, NightUse, RoomUse, SessionState
from programs.models import Home, Program, Room, Session, Slot
from programs.services import homes, nights, portraits, sessions, slots, voices
from programs.services.demo_cards import Cards
from programs.services.demo_faces import drawn_face
from programs.services.demo_families import Families
from programs.services.demo_homes import HomePages
from programs.services.demo_keys import Step, demo_key, done_before
from programs.services.demo_story import Stories
from programs.services.slots import Offer, Pattern
from transition import clock
from transition.models import Organization, Person, SupportLink, User
from transition.services import organizations, people, users

DATA = Path(__file__).resolve().parent.parent / "data" / "demo.yaml"
PROGRAM = "group-home-trial"


def read() -> dict[str, Any]:
    data: dict[str, Any] = yaml.safe_load(DATA.read_text(encoding="utf-8"))
    return data


def steps() -> list[Step]:
    """What is to be done, in order; the caller shows the progress."""
    return list(Seed(read()).steps())


class Seed:
    """Remembers what the names in the file stand for while the steps run."""

    def __init__(self, data: dict[str, Any]) -> None:
        self.data = data
        self.today = clock.today()
        self.organizations: dict[str, Organization] = {}
        self.staff: dict[str, User] = {}
        self.rooms: dict[str, Room] = {}
        self.people: dict[str, Person] = {}

    def steps(self) -> Iterator[Step]:
        for name, act in (
            ("organizations", self.organization),
            ("members", self.member),
            ("administrators", self.administrator),
            ("homes", self.home),
            ("rooms", self.room),
            ("people", self.person),
            ("stays", self.stay),
        ):
            for item in self.data[name]:
                yield functools.partial(act, item)
        yield from Stories(self.people, self.organizations, self.staff).steps()
        yield from HomePages(self.host).steps()
        yield from self.easy()
        yield from Cards(self.people, self.staff).steps()
        yield from Families(self.people, self.staff).steps()

    def easy(self) -> Iterator[Step]:
        """What the easy view shows: a person who signs in, one who wants to stop, the faces of those who go along."""
        for item in self.data["people"]:
            if "signs_in" in item:
                yield functools.partial(self.signs_in, item)
        for item in self.data["stays"]:
            if item.get("wants_to_stop"):
                yield functools.partial(self.wants_to_stop, item)
        for number, item in enumerate(self.data["members"]):
            yield functools.partial(self.face, item["email"], number)

    def signs_in(self, item: dict[str, Any]) -> None:
        person = self.people[item["ref"]]
        people.let_sign_in(
            person=person, email=item["signs_in"], password=settings.DEMO_PASSWORD, is_demo=True, by=None
        )

    def wants_to_stop(self, item: dict[str, Any]) -> None:
        """Said once; answered, it is not said again by the next seeding."""
        session = Session.objects.filter(person=self.people[item["person"]], state=SessionState.IN_PROGRESS).first()
        if session is not None and not session.stop_requests.exists():
            voices.ask_to_stop(session=session, by=None)

    def face(self, email: str, number: int) -> None:
        user = User.objects.get(email=email)
        key = demo_key(user, "face")
        if not done_before(key):
            portraits.put(data=drawn_face(number), by=user, key=key)

    def day(self, offset: int) -> dt.date:
        return self.today + dt.timedelta(days=offset)

    def organization(self, item: dict[str, Any]) -> None:
        details = {name: value for name, value in item.items() if name not in ("ref", "municipality")}
        if "municipality" in item:
            details["municipality"] = self.organizations[item["municipality"]]
        found = Organization.objects.filter(kind=item["kind"], name=item["name"]).first()
        self.organizations[item["ref"]] = found or organizations.register(by=None, **details)

    def member(self, item: dict[str, Any]) -> None:
        membership = organizations.add_member(
            organization=self.organizations[item["organization"]],
            email=item["email"],
            name=item["name"],
            role=item["membership"],
            password=settings.DEMO_PASSWORD,
            is_demo=True,
            by=None,
        )
        self.staff.setdefault(item["organization"], membership.user)

    def administrator(self, item: dict[str, Any]) -> None:
        users.make_administrator(
            email=item["email"], name=item["name"], password=settings.DEMO_PASSWORD, is_demo=True, by=None
        )

    def home(self, item: dict[str, Any]) -> None:
        if Home.objects.filter(name=item["name"], organization__office_number=item["office"]).exists():
            return
        details = {name: value for name, value in item.items() if name != "office"}
        homes.import_rows([HomeRow(line=0, office_number=item["office"], **details)], by=None)

    def room(self, item: dict[str, Any]) -> None:
        home = Home.objects.get(name=item["home"], organization__in=self.organizations.values())
        by = self.host(home)
        use = item.get("use", RoomUse.TRIAL)
        room = Room.objects.filter(home=home, name=item["name"]).first()
        room = room or homes.add_room(home=home, name=item["name"], use=use, by=by)
        self.rooms[item["ref"]] = room
        offer = Offer(**item.get("offer", {}))
        for number, slot in enumerate(item.get("slots", [])):
            published = min(slot.get("published", 0), slot["from"])
            with clock.pretend(self.moment(published)):
                offered = slots.publish(
                    room=room,
                    starts_on=self.day(slot["from"]),
                    ends_on=self.day(slot["to"]),
                    offer=offer,
                    by=by,
                    key=demo_key(by, "slot", item["ref"], number),
                )
            if "published" not in slot:
                slots.confirm_free(slot=offered, by=by, key=demo_key(by, "free", item["ref"], number))
        if pattern := item.get("pattern"):
            weeks = dt.timedelta(weeks=pattern["weeks"])
            weekly = Pattern(pattern["weekday"], pattern["nights"], self.today, self.today + weeks)
            # Every week already offered is left out, so a later start only adds the weeks that have come.
            with contextlib.suppress(Refused):
                slots.publish_pattern(room=room, pattern=weekly, offer=offer, by=by)
        for closed in item.get("closed", []):
            first = self.day(closed["from"])
            dates = spans.nights(first, first + dt.timedelta(days=closed["nights"]))
            if not room.occupied_nights.exclude(use=NightUse.STAY).exists():
                nights.close(chosen={room.pk: dates}, use=NightUse(closed["use"]), by=by)

    def person(self, item: dict[str, Any]) -> None:
        offices = [self.organizations[ref] for ref in item["offices"]]
        by = self.staff[item["offices"][0]]
        family_kana, given_kana = item["kana"].split()
        person = people.register(
            organization=offices[0],
            by=by,
            key=demo_key(by, "person", item["ref"]),
            family_name=item["family"],
            given_name=item["given"],
            family_kana=family_kana,
            given_kana=given_kana,
            called=item["called"],
            birth_date=item["born"],
            sex=item["sex"],
            support_level=item["level"],
            disability_kinds=item["kinds"],
            medical_care=item.get("medical_care", False),
            wheelchair=item.get("wheelchair", False),
            residence=item["residence"],
            municipality=self.organizations["city"],
            certificate_number=item["number"],
        )
        self.people[item["ref"]] = person
        for office in offices[1:]:
            SupportLink.objects.get_or_create(person=person, organization=office, ends_on=None)
        if "granted" in item:
            people.add_grant(
                person=person,
                service="GROUP_HOME_TRIAL",
                starts_on=self.day(-100),
                ends_on=self.day(264),
                days=item["granted"],
                by=by,
                key=demo_key(by, "grant", item["ref"]),
            )

    def stay(self, item: dict[str, Any]) -> None:
        """A stay and everything that has become of it, each act at the moment it would have happened."""
        person, room = self.people[item["person"]], self.rooms[item["room"]]
        first, last = self.day(item["from"]), self.day(item["from"] + item["nights"])
        host = self.host(room.home)
        office = SupportLink.objects.filter(person=person).order_by("pk")[0].organization
        worker = self.staff_of(office)
        key = demo_key(worker, "stay", item["person"], item["room"], item["from"])
        if done_before(key):
            return
        asked = self.moment(min(item["from"] - 5, -1))
        with clock.pretend(asked):
            session = sessions.request_stay(
                person=person,
                program=Program.objects.get(code=PROGRAM, municipality=None),
                slot=Slot.objects.open().overlapping(first, last).get(room=room),
                check_in=first,
                check_out=last,
                organization=office,
                by=worker,
                note=item.get("note", ""),
                reason="デモのため",
                key=key,
            )
        self.become(session, item, host, worker)

    def become(self, session: Session, item: dict[str, Any], host: User, worker: User) -> None:
        what, reason = item["what"], item.get("reason", "")
        answered = session.created_at + dt.timedelta(hours=3)
        name = (item["person"], item["from"])
        if what == "declined":
            with clock.pretend(answered):
                sessions.decline(
                    session=session,
                    decline_reason=DeclineReason.STAFFING,
                    by=host,
                    key=demo_key(host, "decline", *name),
                )
        elif what != "requested":
            with clock.pretend(answered):
                sessions.confirm(session=session, by=host, key=demo_key(host, "confirm", *name))
        if what == "cancelled":
            sessions.cancel(session=session, by=worker, reason=reason, key=demo_key(worker, "cancel", *name))
        if what in ("in_progress", "completed", "cut_short"):
            with clock.pretend(session.starts_at + dt.timedelta(minutes=10)):
                sessions.check_in(session=session, by=host, key=demo_key(host, "check-in", *name))
        if what == "completed":
            with clock.pretend(session.ends_at):
                sessions.check_out(session=session, by=host, key=demo_key(host, "check-out", *name))
        if what == "cut_short":
            with clock.pretend(session.starts_at + dt.timedelta(hours=18)):
                sessions.cut_short(session=session, by=host, reason=reason, key=demo_key(host, "cut-short", *name))

    def moment(self, offset: int) -> dt.datetime:
        """Nine in the morning of a day before today, now for today."""
        return clock.at(self.day(offset), dt.time(9)) if offset < 0 else clock.now()

    def host(self, home: Home) -> User:
        return self.staff_of(home.organization)

    def staff_of(self, organization: Organization) -> User:
        return next(user for ref, user in self.staff.items() if self.organizations[ref] == organization)
