"""Twelve signed-in browsers press the button at once. The legal number wins; everyone gets a page, never an error.

The service alone is raced in test_races.py; here the whole way is: sign-in, form, service, page.
"""

import datetime as dt
import threading
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from uuid import uuid4

import pytest
from django.db import connection, connections
from django.test import Client
from django.urls import reverse

from programs.enums import Enforcement
from programs.models import RoomNight, Session, SessionEvent, Slot
from tests import factories
from tests.personas import World, make_world, member
from tests.programs.pages import field_error, soup, text
from transition.models import AuditEvent, IdempotencyKey, Person, User

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.race]

CLIENTS = 12
FRIDAY = dt.date(2026, 12, 4)


@dataclass(frozen=True)
class Press:
    """One press of the button: who presses, where, and what the form holds."""

    user: User
    url: str
    form: dict[str, str]


def press(world: World, user: User, *, person: Person, slot: Slot, check_in: dt.date, key: str = "") -> Press:
    """A stay of two nights."""
    form = {
        "program": world.program.code,
        "check_in": str(check_in),
        "check_out": str(check_in + dt.timedelta(days=2)),
        "note": "夜は静かな部屋がよいです。",
        "idempotency_key": key or str(uuid4()),
    }
    return Press(user, reverse("programs:session-request", args=[person.public_id, slot.public_id]), form)


def race(presses: list[Press]) -> list:
    """Every press from its own browser, signed in before, released from one barrier; the responses."""
    barrier = threading.Barrier(len(presses))
    # An error in the application is an answer with 500 here, so that every answer is counted.
    clients = [Client(raise_request_exception=False) for _ in presses]
    for client, one in zip(clients, presses, strict=True):
        client.force_login(one.user)

    def send(client: Client, one: Press):
        connection.ensure_connection()
        barrier.wait(timeout=30)
        try:
            return client.post(one.url, one.form)
        finally:
            connections.close_all()

    with ThreadPoolExecutor(len(presses)) as pool:
        return list(pool.map(send, clients, presses))


def supported_people(world: World) -> list[Person]:
    people = factories.PersonFactory.create_batch(CLIENTS, municipality=world.municipality)
    for person in people:
        factories.SupportLinkFactory(person=person, organization=world.office)
    return people


def assert_no_trace_of_the_others(won: int) -> None:
    """What was refused left nothing: no session, no night, no history, no evidence, no key."""
    sessions = list(Session.objects.prefetch_related("room_nights"))
    assert len(sessions) == won
    assert [session.room_nights.count() for session in sessions] == [2] * won
    assert RoomNight.objects.count() == 2 * won
    assert SessionEvent.objects.count() == won
    assert AuditEvent.objects.filter(action="session.request").count() == won
    assert IdempotencyKey.objects.count() == won


@pytest.mark.parametrize("round_number", range(3))
def test_twelve_workers_want_one_room(round_number):
    world = make_world()
    presses = [
        press(world, member(world.office), person=person, slot=world.slot, check_in=FRIDAY)
        for person in supported_people(world)
    ]
    responses = race(presses)
    assert Counter(response.status_code for response in responses) == {302: 1, 422: CLIENTS - 1}

    session = Session.objects.get()
    [won] = [n for n, response in enumerate(responses) if response.status_code == 302]
    assert responses[won].url == reverse("programs:session-detail", args=[session.public_id])
    assert presses[won].url.split("/")[2] == str(session.person.public_id)
    for response in responses:
        if response.status_code == 422:
            nights = "この居室は、12月4日、12月5日の夜が埋まっています。"
            assert [text(found) for found in soup(response).select(".problem")] == [f"できません {nights}"]
            assert field_error(response, "check_in") == nights
    assert_no_trace_of_the_others(won=1)


@pytest.mark.parametrize("round_number", range(3))
def test_one_form_sent_twelve_times(round_number):
    world = make_world()
    key = str(uuid4())
    one = press(world, world.worker, person=world.person, slot=world.slot, check_in=FRIDAY, key=key)
    responses = race([one] * CLIENTS)

    session = Session.objects.get()
    page = reverse("programs:session-detail", args=[session.public_id])
    assert [(response.status_code, response.get("Location")) for response in responses] == [(302, page)] * CLIENTS
    assert_no_trace_of_the_others(won=1)


@pytest.mark.parametrize("round_number", range(3))
def test_one_person_at_a_limit(round_number):
    """Two stays of three days fit into six days; twelve workers ask for one each, on other days and in other rooms."""
    world = make_world()
    factories.LimitFactory(program=world.program, amount=6, enforcement=Enforcement.ASK)
    slots = factories.SlotFactory.create_batch(CLIENTS)
    presses = [
        press(world, member(world.office), person=world.person, slot=slot, check_in=FRIDAY + dt.timedelta(days=3 * n))
        for n, slot in enumerate(slots)
    ]
    responses = race(presses)
    assert Counter(response.status_code for response in responses) == {302: 2, 422: CLIENTS - 2}

    for response in responses:
        if response.status_code == 422:
            [problem] = [text(found) for found in soup(response).select(".problem")]
            over = "年度の上限6日を3日こえます（利用済み6日、今回3日、残り0日）。"
            assert problem.startswith(f"理由が要ります {over}")
            assert field_error(response, "reason") == "理由を書いてください。"
    assert_no_trace_of_the_others(won=2)
