"""Two people, two homes with three rooms, two offices and a city, each with a program that speaks to the API."""

import datetime as dt
import uuid
from dataclasses import dataclass, field
from typing import Any

from rest_framework.test import APIClient

from calendars.services import feeds
from programs.enums import ProgramKind
from programs.models import Enrollment, Program, Room
from tests import factories
from tests.personas import member
from transition import clock
from transition.enums import ConsentKind, MembershipRole, OrganizationKind, TokenScope
from transition.models import Person, User
from transition.services import api_tokens

API = "/api/v1/"
SUPPORTERS = ("worker", "colleague", "coordinator")
HOSTS = ("house", "other_house")
ACTORS = (*SUPPORTERS, *HOSTS)


@dataclass
class Town:
    people: list[Person]
    rooms: list[Room]
    stays: Program
    outings: Program
    users: dict[str, User]
    clients: dict[str, APIClient]
    enrollments: list[Enrollment]
    # Address of the feed → whose sessions it must show: ("person" or "home", pk).
    feeds: dict[str, tuple[str, int]] = field(default_factory=dict)

    def host_of(self, room: Room) -> str:
        return HOSTS[0] if room.home_id == self.rooms[0].home_id else HOSTS[1]


def build(grant_ends: int, grant_days: int, limits: list[dict[str, Any]]) -> Town:
    today = clock.today()
    city = factories.MunicipalityFactory(name="架空市")
    office = factories.OrganizationFactory(name="相談室みほん", municipality=city)
    other = factories.OrganizationFactory(name="相談室となり", municipality=city)
    houses = [factories.HomeFactory(organization__kind=OrganizationKind.GROUP_HOME) for _ in range(2)]
    rooms = [factories.RoomFactory(home=houses[number]) for number in (0, 0, 1)]
    users = {
        "worker": member(office),
        "colleague": member(other),
        "coordinator": member(city, MembershipRole.COORDINATOR),
        "house": member(houses[0].organization),
        "other_house": member(houses[1].organization),
    }
    stays = factories.ProgramFactory(code="group-home-trial", needs_grant="GROUP_HOME_TRIAL")
    outings = factories.ProgramFactory(code="outing", kind=ProgramKind.OUTING, months=6)
    people = [factories.PersonFactory(municipality=city) for _ in range(2)]
    enrollments = []
    for person in people:
        for organization in (office, other):
            factories.SupportLinkFactory(person=person, organization=organization)
        begins, ends = today - dt.timedelta(days=60), today + dt.timedelta(days=grant_ends)
        factories.GrantFactory(person=person, starts_on=begins, ends_on=ends, days=grant_days)
        factories.ConsentFactory(person=person, kind=ConsentKind.CALENDAR)
        begins, ends = today - dt.timedelta(days=20), today + dt.timedelta(days=120)
        enrollments.append(
            factories.EnrollmentFactory(
                person=person, program=outings, organization=office, starts_on=begins, ends_on=ends
            )
        )
    for number, values in enumerate(limits):
        program = stays if values.pop("of") == "stays" else outings
        factories.LimitFactory(program=program, code=f"limit-{number}", **values)
    for room in rooms:
        begins, ends = today, today + dt.timedelta(days=50)
        factories.SlotFactory(room=room, starts_on=begins, ends_on=ends, max_nights=14)
    town = Town(people, rooms, stays, outings, users, {}, enrollments)
    for name, user in users.items():
        where = user.memberships.get().organization
        token = api_tokens.issue(organization=where, label="架空", scopes=TokenScope.values, by=user)
        town.clients[name] = APIClient(raise_request_exception=True)
        town.clients[name].credentials(HTTP_AUTHORIZATION=f"Bearer {token.token}")
    for person in people:
        feed = feeds.issue(person=person, label="母", by=users["worker"])
        town.feeds[feed.token] = ("person", person.pk)
    feed = feeds.issue_for_home(home=houses[0], label="ホーム", by=users["house"])
    town.feeds[feed.token] = ("home", houses[0].pk)
    return town


def uid_of(public_id: uuid.UUID) -> str:
    """Under which name every calendar shows a session, as promised to those who have it."""
    return f"{uuid.uuid5(public_id, 'calendar')}@taiken.invalid"
