"""Each look at a person leaves one row: who, as which organization, what, and whether from outside the daily circle."""

import sqlite3
import threading

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from programs.enums import SessionState
from programs.models import Session
from tests import factories
from tests.api.test_access import token
from tests.personas import make_world, member
from tests.programs.pages import client_of, request
from transition import seen
from transition.enums import MembershipRole, ViewedBy
from transition.models import AuditEvent, Membership, Person, ViewLog
from transition.services import views

pytestmark = pytest.mark.django_db


@pytest.fixture
def world():
    return make_world()


def page(person: Person) -> str:
    return reverse("programs:person-detail", args=[person.public_id])


def test_a_record_written_is_noted(world):
    session = factories.SessionFactory(person=world.person, organization=world.office, state=SessionState.COMPLETED)
    Session.objects.filter(pk=session.pk).update(starts_at="2026-11-20T00:00Z", ends_at="2026-11-20T02:00Z")
    client = client_of(world.worker)
    assert client.get(reverse("programs:record-edit", args=[session.public_id])).status_code == 200
    assert [(row.what, row.person) for row in ViewLog.objects.all()] == [("record", world.person.pk)]


def test_once_in_ten_minutes_by_each_reader_and_thing(world, frozen_time):
    worker, coordinator = client_of(world.worker), client_of(world.coordinator)
    for _ in range(3):
        worker.get(page(world.person))
    assert ViewLog.objects.count() == 1
    coordinator.get(page(world.person))
    worker.get(reverse("programs:consent-list", args=[world.person.public_id]))
    assert ViewLog.objects.count() == 3
    frozen_time.shift(10 * 60 - 1)
    worker.get(page(world.person))
    assert ViewLog.objects.count() == 3
    frozen_time.shift(1)
    worker.get(page(world.person))
    assert ViewLog.objects.count() == 4


def test_a_list_leaves_one_row_with_its_people(world):
    more = [factories.PersonFactory(municipality=world.municipality) for _ in range(6)]
    client = client_of(world.coordinator)
    for _ in range(2):
        client.get(reverse("programs:people"))
    ids = sorted(person.pk for person in (world.person, *more))
    (row,) = ViewLog.objects.all()
    assert (row.person, row.what, row.data) == (None, "people", {"count": 7, "people": ids})
    factories.PersonFactory(municipality=world.municipality)
    client.get(reverse("programs:people"))
    assert ViewLog.objects.count() == 2


def test_a_refusal_and_a_stranger_leave_nothing(world):
    for user in (world.stranger, world.home_staff):
        assert client_of(user).get(page(world.person)).status_code == 404
    assert ViewLog.objects.count() == 0


def test_what_comes_back_with_an_error_has_been_seen(world):
    edit = reverse("programs:person-update", args=[world.person.public_id])
    assert client_of(world.worker).post(edit, {}).status_code == 422
    assert [row.what for row in ViewLog.objects.all()] == ["person"]


def test_from_outside_the_daily_circle(world):
    """Whoever supports or hosts the person is inside, and of those who coordinate only the person's lead."""
    lead = member(world.municipality, MembershipRole.COORDINATOR)
    factories.SupportLinkFactory(person=world.person, organization=world.municipality, lead=lead)
    found = {}
    for name, user in {"worker": world.worker, "coordinator": world.coordinator, "lead": lead}.items():
        client_of(user).get(page(world.person))
        (row,) = ViewLog.objects.filter(actor=user.pk)
        found[name] = row.data
        assert row.organization == user.memberships.get().organization_id
    assert found == {"worker": {}, "coordinator": {"outside": True}, "lead": {}}
    views.note(people=[world.person.pk], what="session", by=world.home_staff.pk, organization=world.home_office)
    request(world, "2026-12-05", "2026-12-07")
    views.note(people=[world.person.pk], what="card", by=world.home_staff.pk, organization=world.home_office)
    data = list(ViewLog.objects.filter(actor=world.home_staff.pk).order_by("pk").values_list("data", flat=True))
    assert data == [{"outside": True}, {}]


def test_a_token_is_named(world):
    place = type("Only", (), {"users": {"worker": world.worker}})
    client = token(place, "worker")
    client.get(f"/api/v1/people/{world.person.public_id}/")
    (row,) = ViewLog.objects.all()
    assert (row.door, row.data) == (ViewedBy.API, {"token": world.worker.api_tokens.get().pk})


def test_who_works_nowhere_any_more(world):
    views.note(people=[world.person.pk], what="person", by=world.worker.pk, organization=None)
    assert ViewLog.objects.get().data == {"outside": True}
    assert Membership.objects.filter(user=world.worker).exists()


def test_a_look_costs_one_statement(world):
    for people, as_list in ([world.person.pk], False), ([world.person.pk], True):
        with CaptureQueriesContext(connection) as queries:
            views.note(people=people, what="person", by=world.worker.pk, organization=world.office, as_list=as_list)
        assert len(queries) == 1


def test_nobody_is_watched_outside_of_a_request(world):
    seen.saw(world.person.pk)
    with seen.watching() as people:
        Person.objects.get()
    Person.objects.get()
    assert list(people) == [world.person.pk]


@pytest.mark.django_db(transaction=True)
def test_of_a_database_that_takes_nothing_pages_can_be_read_and_nothing_taken_out(caplog):
    """What a person needs tonight can be read; the look stands in the log. A file leaves with its evidence or not."""
    world = make_world()
    worker, coordinator = client_of(world.worker), client_of(world.coordinator)
    coordinator.raise_request_exception = False
    on = {"sqlite": "PRAGMA query_only = 1", "postgresql": "SET default_transaction_read_only = on"}
    off = {"sqlite": "PRAGMA query_only = 0", "postgresql": "SET default_transaction_read_only = off"}
    connection.cursor().execute(on[connection.vendor])
    try:
        assert worker.get(page(world.person)).status_code == 200
        refused = coordinator.get("/audit/?format=csv")
    finally:
        connection.cursor().execute(off[connection.vendor])
    assert f"actor {world.worker.pk}, people {world.person.pk}, what person" in caplog.text
    assert refused.status_code == 503
    assert world.person.name not in refused.content.decode()
    assert (ViewLog.objects.count(), AuditEvent.objects.filter(action__startswith="export.").count()) == (0, 0)


@pytest.mark.real_time
@pytest.mark.django_db(transaction=True)
def test_a_busy_database_costs_the_note_and_not_the_page(caplog):
    if connection.vendor != "sqlite":
        pytest.skip("PostgreSQL has no writer that others wait for")
    world = make_world()
    client = client_of(world.worker)
    client.get(page(world.person))
    path = connection.settings_dict["NAME"]
    holding, done = threading.Event(), threading.Event()

    def hold() -> None:
        writer = sqlite3.connect(path, isolation_level=None)
        writer.execute("BEGIN IMMEDIATE")
        holding.set()
        done.wait(20)
        writer.execute("ROLLBACK")
        writer.close()

    thread = threading.Thread(target=hold)
    thread.start()
    holding.wait(20)
    try:
        response = client.get(reverse("programs:consent-list", args=[world.person.public_id]))
    finally:
        done.set()
        thread.join()
    assert response.status_code == 200
    assert ViewLog.objects.count() == 1
    lost = f"view lost (OperationalError): actor {world.worker.pk}, people {world.person.pk}, what consents"
    assert lost in caplog.text
    # Afterwards writers wait for each other again as long as ever.
    assert connection.cursor().execute("PRAGMA busy_timeout").fetchone()[0] == 20_000
