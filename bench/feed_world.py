"""What bench/feed.py measures on: people with many stays, and an office with ten thousand. Django must be set up."""

import datetime as dt
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any

Case = Callable[[], object]
PEOPLE = 300
LED = 30
ESCORTED = 100
BATCH = 500

SETTINGS = """
from transition.settings.test import *
from transition.settings.base import database
DATABASES = {{"default": database("sqlite:///{folder}/db.sqlite3")}}
# Connections are kept between requests, as in production; opening one costs more than a 304.
DATABASES["default"]["CONN_MAX_AGE"] = 60
ROOT_URLCONF = "bench.empty"
ALLOWED_HOSTS = ["*"]
STATIC_ROOT = "{folder}/static"
WHITENOISE_USE_FINDERS = False
"""


@dataclass(frozen=True, slots=True)
class Calendar:
    """A feed, and the stays in it. `token` is its secret."""

    name: str
    events: int
    token: str
    sessions: Any

    @property
    def path(self) -> str:
        return f"/ical/{self.token}/yotei.ics"


class World:
    """Everybody whom the stays of all calendars have in common."""

    def __init__(self) -> None:
        from programs.models import Program
        from transition.enums import OrganizationKind
        from transition.models import Membership, Organization, User

        def organization(kind: str, name: str, city: Any = None) -> Any:
            return Organization.objects.create(kind=kind, name=name, municipality=city)

        self.worker = User.objects.create(email="bench@example.invalid", name="計測")
        self.city = organization(OrganizationKind.MUNICIPALITY, "計測市")
        self.office = organization(OrganizationKind.CONSULTATION, "計測相談支援", self.city)
        self.homes = organization(OrganizationKind.GROUP_HOME, "計測ホーム事業所", self.city)
        # Of the calendars of one person, so that the many are counted by themselves.
        self.other_city = organization(OrganizationKind.MUNICIPALITY, "計測町")
        self.other_homes = organization(OrganizationKind.GROUP_HOME, "計測町ホーム事業所", self.other_city)
        self.program = Program.objects.create(code="bench", name="計測", kind="GROUP_HOME_TRIAL")
        Membership.objects.create(user=self.worker, organization=self.office)

    def of_one_person(self, count: int) -> dict[str, Calendar]:
        """The calendars of a family, of the person, and of a home, each with this many stays of one person."""
        from calendars.enums import Audience, Detail
        from calendars.services import feeds
        from transition.enums import ConsentMeans

        (person,) = self._people([f"人{count}"], self.other_city)
        room = self._room(f"グループホームはるかぜ{count}", self.other_homes)
        sessions = self._stays(count, [person], room)
        family = feeds.issue(person=person, label="母", detail=Detail.PLACE, means=ConsentMeans.GESTURE, by=self.worker)
        own = feeds.issue(person=person, label="本人", detail=Detail.PLACE, audience=Audience.PERSON, by=self.worker)
        home = feeds.issue_for_home(home=room.home, label="事務室", by=self.worker)
        found = {"family": family, "person": own, "home": home}
        return {name: Calendar(name, count, feed.token, sessions) for name, feed in found.items()}

    def of_many_people(self, count: int) -> list[Calendar]:
        """The calendars of an office, its city, the homes and one worker: this many stays of PEOPLE people, a tenth
        of whom the worker leads, and another hundred stays where the worker goes along."""
        from calendars.services import feeds
        from programs.models import Escort
        from transition.models import SupportLink

        people = self._people([f"{number}" for number in range(PEOPLE)], self.city)
        leads = [self.worker] * LED + [None] * (PEOPLE - LED)
        links = [
            SupportLink(person=person, organization=self.office, lead=lead)
            for person, lead in zip(people, leads, strict=True)
        ]
        SupportLink.objects.bulk_create(links)
        sessions = self._stays(count, people, self._room("グループホームみずうみ", self.homes))
        others = sessions.exclude(person__in=people[:LED])[:ESCORTED]
        Escort.objects.bulk_create([Escort(session=session, user=self.worker) for session in others])
        found = {
            "worker": feeds.issue_for_worker(user=self.worker, organization=self.office, label="わたし"),
            "organization": feeds.issue_for_organization(organization=self.office, label="壁", by=self.worker),
            "organization (city)": feeds.issue_for_organization(organization=self.city, label="市", by=self.worker),
            "organization (homes)": feeds.issue_for_organization(organization=self.homes, label="本部", by=self.worker),
        }
        own = sessions.filter(person__in=people[:LED]).count() + ESCORTED
        return [
            Calendar(name, own if name == "worker" else count, feed.token, sessions) for name, feed in found.items()
        ]

    def _people(self, names: Iterable[str], city: Any) -> list[Any]:
        from transition.enums import Residence
        from transition.models import Person

        people = [
            Person(family_name="計測", given_name=name, residence=Residence.FAMILY, municipality=city) for name in names
        ]
        return Person.objects.bulk_create(people)

    def _room(self, name: str, office: Any) -> Any:
        from programs.models import Home, Room

        home = Home.objects.create(organization=office, name=name, area="計測市")
        return Room.objects.create(home=home, name="101号室")

    def _stays(self, count: int, people: list[Any], room: Any) -> Any:
        """Spread over the window, their entries written."""
        from calendars.domain.window import window_on
        from programs.enums import SessionKind, SessionState
        from programs.models import Session
        from transition import clock

        window = window_on(clock.today())
        span = (window.end - window.start).days - 10
        now = clock.now()

        def stay(number: int) -> Session:
            check_in = window.start + dt.timedelta(days=5 + number * span // count)
            check_out = check_in + dt.timedelta(days=2)
            return Session(
                kind=SessionKind.STAY, person=people[number % len(people)], program=self.program, room=room,
                organization=self.office, requested_by=self.worker, check_in=check_in, check_out=check_out,
                starts_at=clock.at(check_in, dt.time(15)), ends_at=clock.at(check_out, dt.time(10)),
                state=SessionState.CONFIRMED, created_at=now, changed_at=now,
            )  # fmt: skip

        Session.objects.bulk_create([stay(number) for number in range(count)], batch_size=BATCH)
        sessions = Session.objects.filter(person__in=people, room=room).select_related("person", "room__home")
        write(sessions)
        return sessions.order_by("starts_at", "pk")


def write(sessions: Any) -> int:
    """The entries of these stays, as a change of each would; how many."""
    from calendars.services import fragments
    from programs.models import Session

    ids = sorted(sessions.values_list("pk", flat=True))
    batches = [ids[start : start + BATCH] for start in range(0, len(ids), BATCH)]
    return sum(fragments.refresh_for(Session.objects.filter(pk__in=batch)) for batch in batches)


def made_anew(calendar: Calendar, get: Callable) -> Case:
    """Cold: every entry gone, written again in all its variants, and then fetched."""
    from calendars.models import FeedEntry

    def case() -> None:
        FeedEntry.objects.filter(session__in=calendar.sessions.order_by().values("pk")).delete()
        write(calendar.sessions)
        if get(calendar.path)[2].count(b"BEGIN:VEVENT") != calendar.events:
            raise SystemExit("events were lost when they were made anew")

    return case


def by_hand(calendar: Calendar) -> Case:
    """The same events formatted by this software from rows that are in memory already."""
    from calendars.domain.ical import Stamps, assemble, fragment

    contents = _contents(calendar)

    def case() -> bytes:
        return assemble(
            fragment(content(), Stamps(uid, 0, session.created_at, session.changed_at)).encode()
            for session, uid, content in contents
        )

    return case


def by_icalendar(calendar: Calendar) -> Case:
    """The same events made by the library; their words are given."""
    import icalendar

    from calendars.domain.ical import HEADER, NAME, TOKYO

    zone = icalendar.Timezone.from_ical(HEADER[HEADER.index(b"BEGIN:VTIMEZONE") :].decode())
    contents = [(session, uid, content()) for session, uid, content in _contents(calendar)]

    def case() -> bytes:
        made = icalendar.Calendar.new(name=NAME, prodid="-//bench//bench//JA", method="PUBLISH")
        made.add_component(zone)
        for session, uid, content in contents:
            event = icalendar.Event.new(
                uid=uid, stamp=session.changed_at, created=session.created_at, last_modified=session.changed_at,
                sequence=0, start=content.starts_at.astimezone(TOKYO), end=content.ends_at.astimezone(TOKYO),
                summary=content.summary, status=content.status.value, transparency="OPAQUE",
                classification="PRIVATE", location=content.location,
                description=getattr(content, "description", None) or None,
            )  # fmt: skip
            made.add_component(event)
        return made.to_ical()

    return case


def _contents(calendar: Calendar) -> list[tuple[Any, str, Callable]]:
    """(session, UID, what makes the words of its event at the level of place)."""
    from calendars.domain.entries import Facts, content_of
    from calendars.enums import Variant
    from programs.enums import SessionKind, SessionState

    def words(session: Any) -> Callable:
        home = session.room.home
        place = f"{home.name}（{home.area}）"
        return lambda: content_of(
            Facts(
                kind=SessionKind(session.kind), state=SessionState(session.state), starts_at=session.starts_at,
                ends_at=session.ends_at, place=place, room=session.room.name,
            ),
            Variant.PLACE,
        )  # fmt: skip

    return [(session, f"{session.public_id}@taiken.invalid", words(session)) for session in calendar.sessions]


def edit(calendar: Calendar) -> tuple[Case, Callable[[], tuple[int, int]]]:
    """Move a stay by a minute as a service would; and (entries rewritten since it began, of how many sessions)."""
    from django.db import transaction

    from calendars.models import FeedEntry
    from programs.models import Session
    from programs.signals import session_changed

    session = calendar.sessions[calendar.events // 2]

    def change() -> None:
        with transaction.atomic():
            session.starts_at += dt.timedelta(minutes=1)
            session.save()
            session_changed.send(sender=Session, session=session)

    def rewritten() -> tuple[int, int]:
        touched = FeedEntry.objects.filter(person=session.person_id, sequence__gt=0)
        return touched.count(), touched.values("session").distinct().count()

    return change, rewritten
