"""Looking at pages as their reader does, and making what they show."""

import datetime as dt
import re

import time_machine
from bs4 import BeautifulSoup, Tag
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from programs.models import Session
from programs.services import sessions
from tests import factories
from tests.personas import World
from transition import clock
from transition.models import Person, User

HTMX = {"HX-Request": "true"}


def client_of(user: User) -> Client:
    client = Client()
    client.force_login(user)
    return client


def soup(response) -> BeautifulSoup:
    return BeautifulSoup(response.content.decode(), "html.parser")


def part(response, element_id: str) -> Tag:
    """One element of a page, without what is new in every rendering."""
    found = soup(response).find(id=element_id)
    assert found is not None, element_id
    for secret in found.select("[name=csrfmiddlewaretoken], [name=idempotency_key]"):
        secret.decompose()
    return found


def text(element) -> str:
    return re.sub(r"\s+", " ", element.get_text(" ")).strip()


def buttons(response) -> list[str]:
    """What can be pressed in the page's own part, in order."""
    return [text(found) for found in soup(response).select("main .button") if not found.find_parent(id="network")]


def field_error(response, name: str) -> str:
    """The message beside a field."""
    control = soup(response).find(attrs={"name": name})
    assert control is not None, name
    field = control.find_parent(class_="field")
    error = field.select_one(".field-errors")
    return text(error) if error else ""


def queries_of(client: Client, url: str) -> int:
    with CaptureQueriesContext(connection) as queries:
        assert client.get(url).status_code == 200
    return len(queries)


def person_of(world: World, **details) -> Person:
    person = factories.PersonFactory(municipality=world.municipality, **details)
    factories.SupportLinkFactory(person=person, organization=world.office)
    factories.GrantFactory(person=person)
    return person


def request(world: World, check_in: str, check_out: str, **more) -> Session:
    """A stay asked for by the world's worker."""
    return sessions.request_stay(
        person=more.pop("person", world.person),
        program=world.program,
        slot=more.pop("slot", world.slot),
        check_in=dt.date.fromisoformat(check_in),
        check_out=dt.date.fromisoformat(check_out),
        organization=world.office,
        by=world.worker,
        **more,
    )


def confirmed(world: World, check_in: str, check_out: str, **more) -> Session:
    return sessions.confirm(session=request(world, check_in, check_out, **more), by=world.home_staff)


def in_progress(world: World, check_in: str, check_out: str, **more) -> Session:
    """One that began on time."""
    session = confirmed(world, check_in, check_out, **more)
    with time_machine.travel(session.starts_at, tick=False):
        return sessions.check_in(session=session, by=world.home_staff)


def at(day: str, time: str) -> dt.datetime:
    return clock.at(dt.date.fromisoformat(day), dt.time.fromisoformat(time))
