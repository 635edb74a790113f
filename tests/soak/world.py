"""Everybody and everything of a run, in an empty database; written as JSON for the programs and for the checker.

Run as a program of its own, so that neither of them ever needs Django:

    python -m tests.soak.world FILE CLIENTS PEOPLE ROOMS
"""

import datetime as dt
import json
import sys
from pathlib import Path
from typing import Any

# Of whom feed, API, page and export are compared.
COMPARED = 3
DAYS_AHEAD = 300
DAYS_GRANTED = 400
# How many programs ask for each kind of organization, of a hundred.
SHARES = (("office", 52), ("coordinator", 10), ("home", 32), ("stranger", 6))


def main() -> None:
    import django

    django.setup()
    from django.conf import settings
    from django.core.management import call_command
    from django.db import connections

    from tests.soak import bugs

    call_command("migrate", interactive=False, verbosity=0)
    call_command("load_programs", verbosity=0)
    call_command("schedules")
    if settings.SOAK_BUG == "no_unique_key":
        bugs.unlock_nights()
    made = make(*map(int, sys.argv[2:]))
    Path(sys.argv[1]).write_text(json.dumps(made, ensure_ascii=False, default=str))
    connections.close_all()


def make(clients: int, persons: int, beds: int) -> dict[str, Any]:
    from programs.models import Program
    from tests import factories
    from transition import clock
    from transition.enums import MembershipRole, OrganizationKind

    kinds, today = OrganizationKind, clock.today()
    city, other = (factories.MunicipalityFactory(name=name) for name in ("架空市", "となりの架空市"))
    offices = [factories.OrganizationFactory(municipality=city, name=f"相談みほん{one}") for one in "AB"]
    far = factories.OrganizationFactory(municipality=other, name="遠い相談所")
    houses = [factories.OrganizationFactory(kind=kinds.GROUP_HOME, name=f"みほんホーム{one}") for one in "AB"]
    homes = [factories.HomeFactory(organization=house) for house in houses]
    members: dict[str, list[Any]] = {"office": [], "coordinator": [], "home": [], "stranger": []}
    for kind, share in SHARES:
        where = {"office": offices, "coordinator": [city], "home": houses, "stranger": [far]}[kind]
        role = MembershipRole.COORDINATOR if kind == "coordinator" else MembershipRole.STAFF
        # Nobody is told of what they did themselves: two at least, so that somebody is told.
        for number in range(max(2 * len(where), round(clients * share / 100))):
            organization = where[number % len(where)]
            members[kind].append(factories.MembershipFactory(organization=organization, role=role, user__password="!"))
    people = [_person(number, city, offices, today) for number in range(persons)]
    stranger = _person(persons, other, [far], today)
    programs = {program.code: program for program in Program.objects.all()}
    enrollments = {
        person.pk: factories.EnrollmentFactory(
            person=person,
            program=programs["outing"],
            organization=offices[0] if person is not stranger else far,
            starts_on=today - dt.timedelta(days=20),
            ends_on=today + dt.timedelta(days=165),
        )
        for person in [*people, stranger]
    }
    rooms = [factories.RoomFactory(home=homes[number % 2]) for number in range(beds)]
    publisher = members["home"][0].user
    slots = [
        factories.SlotFactory(
            room=room,
            starts_on=today,
            ends_on=today + dt.timedelta(days=DAYS_AHEAD),
            published_by=publisher,
            # Late, so that stays can begin today, and be checked in and out.
            check_in_time=dt.time(23, 59) if number % 2 else dt.time(15),
        )
        for number, room in enumerate(rooms)
    ]
    return {
        "today": today,
        "clients": [
            {"kind": kind, "token": _token(one), "home": index % 2, "user": one.user_id}
            for kind, found in members.items()
            for index, one in enumerate(found)
        ],
        "people": [_of(person, enrollments[person.pk]) for person in people],
        "stranger": _of(stranger, enrollments[stranger.pk]),
        "rooms": [
            {"id": room.public_id, "slot": slot.public_id, "home": number % 2, "late": number % 2 == 1}
            for number, (room, slot) in enumerate(zip(rooms, slots, strict=True))
        ],
        "programs": {code: program.public_id for code, program in programs.items()},
        "compared": [_doors(person, members["office"][0]) for person in people[:COMPARED]],
        "coordinator": _token(members["coordinator"][0]),
        "cookie": _cookie(members["office"][0].user),
    }


def _person(number: int, city: Any, offices: list[Any], today: dt.date) -> Any:
    from tests import factories
    from transition.enums import GrantService, Residence

    person = factories.PersonFactory(municipality=city, residence=Residence.FACILITY)
    for office in offices:
        factories.SupportLinkFactory(person=person, organization=office)
    first, last = today - dt.timedelta(days=30), today + dt.timedelta(days=DAYS_GRANTED)
    grants = [(first, last)]
    if number % 3 == 0:
        # Renewed with the fiscal year.
        turn = dt.date(today.year + (today.month > 3), 4, 1)
        grants = [(first, turn - dt.timedelta(days=1)), (turn, last)]
    for begins, ends in grants:
        factories.GrantFactory(person=person, starts_on=begins, ends_on=ends)
    factories.GrantFactory(
        person=person, service=GrantService.TRANSITION_SUPPORT, starts_on=first, ends_on=last, days=None
    )
    return person


def _of(person: Any, enrollment: Any) -> dict[str, Any]:
    return {"id": person.public_id, "enrollment": enrollment.public_id}


def _token(member: Any) -> str:
    from transition.enums import TokenScope
    from transition.services import api_tokens

    organization, by = member.organization, member.user
    return api_tokens.issue(organization=organization, label="試験", scopes=TokenScope.values, by=by).token


def _doors(person: Any, member: Any) -> dict[str, Any]:
    from calendars.services import feeds
    from transition.enums import ConsentMeans

    feed = feeds.issue(person=person, label="母", by=member.user, means=ConsentMeans.WORD)
    return {"person": person.public_id, "feed": feed.token}


def _cookie(user: Any) -> str:
    from django.test import Client

    browser = Client()
    browser.force_login(user, backend="django.contrib.auth.backends.ModelBackend")
    return browser.cookies["sessionid"].value


if __name__ == "__main__":
    main()
