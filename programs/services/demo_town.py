"""The large fictional municipality as it stands before anybody tries anything: offices, homes, slots, people."""

import datetime as dt
import random
from collections.abc import Sequence
from dataclasses import dataclass, field
from itertools import count, islice, pairwise, product
from typing import TypeVar

from django.contrib.auth.hashers import make_password
from django.db import models

from programs.enums import HomeType, RoomUse, SexPolicy
from programs.models import Home, HomeGuide, Room, Slot
from transition import clock
from transition.domain.text import search_key
from transition.enums import (
    DisabilityKind,
    GrantService,
    MembershipRole,
    OrganizationKind,
    Residence,
    Sex,
)
from transition.models import Contact, Grant, Membership, Organization, Person, SupportLink, User

CITY, CITY_NUMBER = "見本大市", "990028"
SEED = 2026
BATCH = 500
DAY = dt.timedelta(days=1)
YEAR = 364
AREAS = ("みほん区", "れいだい区", "かくう区", "ためし区", "こころみ区", "そうぞう区", "もけい区", "ひながた区")
# Nobody is called so: sample, example, imaginary, pattern, model …
FAMILIES = (
    *(("見本", "みほん"), ("例題", "れいだい"), ("架空", "かくう"), ("仮名", "かめい"), ("作例", "さくれい")),
    *(("試野", "ためしの"), ("虚構", "きょこう"), ("仮想", "かそう"), ("模型", "もけい"), ("雛形", "ひながた")),
    *(("例川", "れいかわ"), ("見本田", "みほんだ"), ("架空山", "かくうやま"), ("試原", "ためしはら")),
    *(("例村", "れいむら"), ("仮谷", "かりたに"), ("作例寺", "さくれいじ"), ("模木", "もぎ")),
)
FEMALE = (
    *(("花子", "はなこ"), ("例子", "れいこ"), ("さくら", "さくら"), ("仮菜", "かな"), ("みほ", "みほ")),
    *(("例美", "れいみ"), ("空美", "くみ"), ("ためこ", "ためこ"), ("もけこ", "もけこ")),
)
MALE = (
    *(("太郎", "たろう"), ("例一", "れいいち"), ("試男", "ためお"), ("空也", "くうや"), ("仮介", "かすけ")),
    *(("例二", "れいじ"), ("見太", "みた"), ("もけお", "もけお"), ("作蔵", "さくぞう")),
)
Row = TypeVar("Row", bound=models.Model)


@dataclass
class Resident:
    """A person while the year is made up: who supports them, what they have used, on which days they are busy."""

    person: Person
    office: Organization
    worker: User
    facility: Organization | None
    grant: Grant | None
    used: int = 0
    busy: set[dt.date] = field(default_factory=set)


@dataclass
class Place:
    """A room with what is offered in it; `taken` are the nights that are gone."""

    room: Room
    host: User
    slots: list[Slot]
    taken: set[dt.date] = field(default_factory=set)


class Town:
    """Everything of the municipality that the year of sessions is built on."""

    def __init__(self, size: int, password: str) -> None:
        self.size = size
        self.today = clock.today()
        self.chance = random.Random(SEED)  # noqa: S311 - made-up data, no secret
        self.password = make_password(password)
        self.numbers = count(1)
        self.staff: dict[int, list[User]] = {}
        self.city = self._organizations([("MUNICIPALITY", CITY)], municipality_number=CITY_NUMBER)[0]
        self._people_who_work_here()
        self.places = self._homes()
        self.residents = self._people()

    def day(self, offset: int) -> dt.date:
        return self.today + offset * DAY

    def worker(self, organization: Organization) -> User:
        return self.chance.choice(self.staff[organization.pk])

    def _people_who_work_here(self) -> None:
        kind = OrganizationKind
        near = {"municipality": self.city}
        [core] = self._organizations([(kind.CORE_CENTER, f"{CITY}基幹相談支援センター")], **near)
        offices = [(kind.CONSULTATION, f"相談室みほん{n}") for n in self._up_to(50)]
        facilities = [(kind.FACILITY, f"支援施設れいだい{n}園") for n in self._up_to(60)]
        self.offices = self._organizations(offices, **near)
        self.facilities = self._organizations(facilities, **near)
        [self.hospital] = self._organizations([(kind.HOSPITAL, "架空こころの病院")], **near)
        self.hosts = self._organizations([(kind.GROUP_HOME, f"ホームの会かくう{n}") for n in self._up_to(15)], **near)
        self._members([self.city, core], 2, MembershipRole.COORDINATOR)
        self._members([*self.offices, *self.facilities, self.hospital], 4)
        self._members(self.hosts, 2)

    def _up_to(self, people: int) -> range:
        """1 to one for so many people."""
        return range(1, max(1, self.size // people) + 1)

    def _organizations(self, named: Sequence[tuple[str, str]], **more: object) -> list[Organization]:
        return stored([Organization(kind=kind, name=name, search_key=search_key(name), **more) for kind, name in named])

    def _members(self, organizations: list[Organization], each: int, role: str = MembershipRole.STAFF) -> None:
        """The first of the first organization of a kind is large-<kind>1@demo.example."""
        of_kind: dict[str, count[int]] = {}
        rows = []
        for organization in organizations:
            numbers = of_kind.setdefault(organization.kind, count(1))
            for number in islice(numbers, each):
                email = f"large-{organization.kind.lower().replace('_', '-')}{number}@demo.example"
                name = f"{organization.name} 職員{number}"
                rows.append((organization, User(email=email, name=name, password=self.password, is_demo=True)))
        stored([user for _, user in rows])
        stored([Membership(user=user, organization=organization, role=role) for organization, user in rows])
        for organization, user in rows:
            self.staff.setdefault(organization.pk, []).append(user)

    def _homes(self) -> list[Place]:
        """80 homes for 300 people, of two or three rooms, in every area; one room in eight has its resident."""
        homes = [self._home(number) for number in range(1, max(2, self.size * 80 // 300) + 1)]
        stored(homes)
        stored([self._guide(home) for home in homes])
        rooms = stored(
            [
                Room(
                    home=home,
                    name=f"{101 + number}号室",
                    use=RoomUse.RENTED if self.chance.random() < 0.12 else RoomUse.TRIAL,
                )
                for home in homes
                for number in range(self.chance.choice((2, 2, 3)))
            ]
        )
        places = [Place(room, self.worker(room.home.organization), []) for room in rooms]
        for place in places:
            if place.room.use == RoomUse.TRIAL:
                place.slots = self._slots(place)
        stored([slot for place in places for slot in place.slots])
        return places

    def _home(self, number: int) -> Home:
        area = AREAS[number % len(AREAS)]
        name = f"ホームかくう{number}"
        return Home(
            organization=self.hosts[number % len(self.hosts)],
            name=name,
            branch=str(number),
            search_key=search_key(name),
            home_type=self.chance.choice(HomeType.values),
            area=f"{CITY}{area}",
            address=f"{CITY}{area}もけい町{number}-1",
            capacity=self.chance.randint(4, 10),
        )

    def _guide(self, home: Home) -> HomeGuide:
        return HomeGuide(
            home=home,
            introduction="見本のホームです。居間が広く、庭があります。",
            day="7:00 起きる\n7:30 朝ごはん\n18:00 夕ごはん\n21:00 寝る用意",
            bring="着がえ\n飲んでいる薬\n歯ブラシ",
            provided="タオル\n寝具\nテレビ",
            rules="たばこは外で。\n夜9時からは静かに。",
            access="最寄りの「みほん停留所」から歩いて5分。",
            changed_by=self.worker(home.organization),
        )

    def _slots(self, place: Place) -> list[Slot]:
        """Four quarters of a year behind and the coming four months, under the same conditions."""
        chance = self.chance
        conditions = {
            "sex": chance.choice((SexPolicy.ANY, SexPolicy.ANY, SexPolicy.FEMALE, SexPolicy.MALE)),
            "level_min": chance.choice((None, None, None, 3)),
            "wheelchair": chance.random() < 0.4,
            "medical_care": chance.random() < 0.3,
            "max_nights": chance.choice((4, 7, 14)),
            "price_rent": chance.randrange(800, 2200, 50),
            "price_food": chance.randrange(600, 1000, 50),
            "price_utilities": 400,
            "price_supplies": 100,
        }
        edges = (-YEAR, -273, -182, -91, 40, 120)
        slots = []
        for first, last in pairwise(edges):
            published = clock.at(self.day(min(first - 10, -1)), dt.time(9))
            looked_at = clock.at(self.day(-chance.randint(1, 50)), dt.time(9)) if last > 0 else published
            slots.append(
                Slot(
                    room=place.room,
                    starts_on=self.day(first),
                    ends_on=self.day(last),
                    published_at=published,
                    confirmed_at=max(published, looked_at),
                    published_by=place.host,
                    **conditions,
                )
            )
        return slots

    def _people(self) -> list[Resident]:
        persons = stored([self._person(number) for number in range(self.size)])
        residents = [self._resident(person, number) for number, person in enumerate(persons)]
        links = []
        for resident in residents:
            begun = self.day(-self.chance.randint(60, 500))
            links.append(
                SupportLink(person=resident.person, organization=resident.office, lead=resident.worker, starts_on=begun)
            )
            if resident.facility:
                lead = self.worker(resident.facility)
                links.append(
                    SupportLink(person=resident.person, organization=resident.facility, lead=lead, starts_on=begun)
                )
        stored(links)
        stored([resident.grant for resident in residents if resident.grant])
        stored([self._contact(resident) for resident in residents])
        return residents

    def _person(self, number: int) -> Person:
        chance = self.chance
        sex = Sex.FEMALE if number % 2 else Sex.MALE
        pairs = product(FAMILIES, FEMALE if sex == Sex.FEMALE else MALE)
        (family, family_kana), (given, given_kana) = next(islice(pairs, number // 2 * 11 % 162, None))
        names = (family, given, family_kana, given_kana, f"{given}さん")
        return Person(
            family_name=family,
            given_name=given,
            family_kana=family_kana,
            given_kana=given_kana,
            called=f"{given}さん",
            search_key=search_key("".join(names)),
            birth_date=dt.date(chance.randint(1955, 2005), chance.randint(1, 12), chance.randint(1, 28)),
            sex=sex,
            support_level=chance.choice((2, 3, 3, 4, 4, 5, 6)),
            disability_kinds=chance.choice(
                ([DisabilityKind.INTELLECTUAL], [DisabilityKind.INTELLECTUAL], [DisabilityKind.MENTAL])
            ),
            medical_care=chance.random() < 0.06,
            wheelchair=chance.random() < 0.1,
            residence=chance.choice(
                (Residence.FACILITY, Residence.FACILITY, Residence.FAMILY, Residence.FAMILY, Residence.HOSPITAL)
            ),
            municipality=self.city,
            certificate_number=f"{9_000_000_000 + number}",
        )

    def _resident(self, person: Person, number: int) -> Resident:
        office = self.offices[number % len(self.offices)]
        facility = None
        if person.residence == Residence.FACILITY:
            facility = self.facilities[number % len(self.facilities)]
        elif person.residence == Residence.HOSPITAL:
            facility = self.hospital
        return Resident(person, office, self.worker(office), facility, self._grant(person))

    def _grant(self, person: Person) -> Grant | None:
        """Four in five have a certificate of one year; some of these end within the month."""
        if self.chance.random() > 0.8:
            return None
        starts_on = self.day(-self.chance.randint(30, 355))
        return Grant(
            person=person,
            service=GrantService.GROUP_HOME_TRIAL,
            starts_on=starts_on,
            ends_on=starts_on + YEAR * DAY,
            days=self.chance.choice((20, 30, 50)),
        )

    def _contact(self, resident: Resident) -> Contact:
        relation = self.chance.choice(("母", "父", "姉", "後見人"))
        return Contact(
            person=resident.person,
            name=f"{resident.person.family_name} 例",
            relation=relation,
            phone="000-0000-0000",
            hours="夕方から",
            on_card=True,
        )


def stored(rows: list[Row]) -> list[Row]:
    """The rows, in the database and with their keys."""
    if rows:
        type(rows[0])._default_manager.bulk_create(rows, batch_size=BATCH)
    return rows
