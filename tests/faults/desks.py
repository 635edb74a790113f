"""Offices, each with one person, one room that is free for it alone, and somebody who is signed in.

Django must be set up, and its database be there.
"""

import datetime as dt
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Desk:
    # Of whoever is signed in.
    cookie: str
    person: str
    slot: str
    program: str
    first_day: dt.date


def desks(count: int) -> list[Desk]:
    from django.conf import settings
    from django.core.management import call_command
    from django.test import Client

    from tests import factories
    from tests.personas import make_world

    call_command("migrate", verbosity=0, interactive=False)
    world = make_world()
    found = []
    for _ in range(count):
        person = factories.PersonFactory(municipality=world.municipality)
        factories.SupportLinkFactory(person=person, organization=world.office)
        factories.GrantFactory(person=person)
        slot = factories.SlotFactory(published_by=world.home_staff)
        client = Client()
        client.force_login(world.worker)
        cookie = client.cookies[settings.SESSION_COOKIE_NAME].value
        names = str(person.public_id), str(slot.public_id), world.program.code
        found.append(Desk(cookie, *names, first_day=slot.starts_on + dt.timedelta(days=3)))
    return found
