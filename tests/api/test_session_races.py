"""Twelve programs ask for the same night at once, through HTTP. One gets it, the others hear why not, none an error.

The service alone is raced in tests/programs/test_races.py, the screens in tests/programs/test_http_races.py.
"""

import threading
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from uuid import uuid4

import pytest
from django.db import connection, connections
from rest_framework.test import APIClient

from programs.models import RoomNight, Session, SessionEvent
from tests.api.test_sessions import SESSIONS, stay
from tests.personas import World, make_world, member
from tests.programs.test_http_races import CLIENTS, supported_people
from transition.enums import TokenScope
from transition.models import IdempotencyKey
from transition.services import api_tokens

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.race]


def programs_of(world: World) -> list[APIClient]:
    """Each with a token of its own; an error in the application is an answer with 500."""
    clients = []
    for _ in range(CLIENTS):
        token = api_tokens.issue(
            organization=world.office, label="架空", scopes=[TokenScope.SESSIONS_WRITE], by=member(world.office)
        )
        client = APIClient(raise_request_exception=False)
        client.credentials(HTTP_AUTHORIZATION=f"Bearer {token.token}")
        clients.append(client)
    return clients


def race(clients: list[APIClient], bodies: list[dict], keys: list[str]) -> list:
    barrier = threading.Barrier(len(clients))

    def send(client: APIClient, body: dict, key: str):
        connection.ensure_connection()
        barrier.wait(timeout=30)
        try:
            return client.post(SESSIONS, body, format="json", headers={"Idempotency-Key": key})
        finally:
            connections.close_all()

    with ThreadPoolExecutor(len(clients)) as pool:
        return list(pool.map(send, clients, bodies, keys))


@pytest.mark.parametrize("round_number", range(2))
def test_twelve_programs_want_one_room(round_number):
    world = make_world()
    bodies = [stay(world, person=str(person.public_id)) for person in supported_people(world)]
    answers = race(programs_of(world), bodies, [str(uuid4()) for _ in bodies])
    assert Counter(answer.status_code for answer in answers) == {201: 1, 409: CLIENTS - 1}
    for answer in answers:
        if answer.status_code == 409:
            assert [one["code"] for one in answer.json()["problems"]] == ["room.taken"]
    assert Session.objects.count() == SessionEvent.objects.count() == IdempotencyKey.objects.count() == 1
    assert RoomNight.objects.count() == 2


@pytest.mark.parametrize("round_number", range(2))
def test_one_request_sent_twelve_times_by_one_program(round_number):
    """A program that lost its connections sends again and again: one stay, and everybody hears of that one."""
    world = make_world()
    token = api_tokens.issue(
        organization=world.office, label="架空", scopes=[TokenScope.SESSIONS_WRITE], by=world.worker
    )
    clients = [APIClient(raise_request_exception=False) for _ in range(CLIENTS)]
    for client in clients:
        client.credentials(HTTP_AUTHORIZATION=f"Bearer {token.token}")
    answers = race(clients, [stay(world)] * CLIENTS, ["once"] * CLIENTS)
    assert Counter(answer.status_code for answer in answers) == {201: CLIENTS}
    session = Session.objects.get()
    assert {answer.json()["id"] for answer in answers} == {str(session.public_id)}
    assert len({answer.content for answer in answers}) == 1
    assert RoomNight.objects.count() == 2
    again = clients[0].post(SESSIONS, stay(world), format="json", headers={"Idempotency-Key": "once"})
    assert (again.content, again["Idempotent-Replayed"]) == (answers[0].content, "true")
