import datetime as dt
import json
from io import StringIO

import pytest
from django.core.management import CommandError, call_command
from django_q.models import Schedule

from calendars.domain.levels import levels
from calendars.enums import Audience
from programs.models import (
    Enrollment,
    GoalScore,
    Home,
    Outcome,
    Rating,
    RecordVersion,
    Review,
    RoomNight,
    Session,
    Slot,
)
from programs.services import sessions
from programs.tasks import sweep
from tests import factories
from tests.personas import make_world
from transition.models import AuditEvent, Goal, IntentionCheck, Membership, Organization, Person, Wish
from transition.services import retention

pytestmark = pytest.mark.django_db

COUNTED = (
    *(Organization, Membership, Person, Home, Slot, Session, RoomNight),
    *(Enrollment, Goal, Wish, RecordVersion, Rating, GoalScore, Review, Outcome, IntentionCheck),
)


def counts() -> list[int]:
    return [model.objects.count() for model in COUNTED]


def accounts() -> dict:
    out = StringIO()
    call_command("demo_accounts", "--json", stdout=out)
    return json.loads(out.getvalue())


def test_seeding_twice_changes_nothing():
    call_command("seed")
    before, events = counts(), AuditEvent.objects.count()
    assert len(set(Session.objects.values_list("state", flat=True))) == 7
    call_command("seed")
    assert all(before)
    assert counts() == before
    assert AuditEvent.objects.count() == events


def test_seeding_on_a_later_day_keeps_everything_and_adds_the_coming_weeks(frozen_time):
    call_command("seed")
    stays, offered = set(Session.objects.values_list("pk", "state")), Slot.objects.count()
    frozen_time.shift(14 * 24 * 60 * 60)
    retention.purge()
    call_command("seed")
    assert set(Session.objects.values_list("pk", "state")) == stays
    assert Slot.objects.count() == offered + 2


def test_one_account_per_role_signs_in_and_the_addresses_open(client):
    call_command("seed")
    answer = accounts()
    roles = [account["role"] for account in answer["accounts"]]
    assert roles == ["municipality", "core_center", "worker", "facility", "group_home", "administrator", "person"]
    for account in answer["accounts"]:
        assert client.login(username=account["email"], password=account["password"])
        assert client.get("/", follow=True).status_code == 200
    given = [(feed["audience"], feed["detail"]) for feed in answer["feeds"]]
    assert sorted(given) == sorted((str(audience), str(detail)) for audience in Audience for detail in levels(audience))
    for feed in answer["feeds"]:
        assert b"BEGIN:VEVENT" in client.get(feed["path"]).content
    assert {feed["path"] for feed in accounts()["feeds"]}.isdisjoint({feed["path"] for feed in answer["feeds"]})
    for feed in answer["feeds"]:
        assert client.get(feed["path"]).status_code == 404


def test_every_demo_person_has_one_fresh_link(client):
    call_command("seed")
    first, second = accounts()["links"], accounts()["links"]
    assert [link["person"] for link in second] == list(Person.objects.order_by("pk").values_list("called", flat=True))
    assert {client.get(link["path"]).status_code for link in first} == {404}
    assert {client.get(link["path"])["Location"] for link in second} == {"/me/"}


def test_every_role_that_works_somewhere_has_one_fresh_token(client):
    call_command("seed")

    def answers(token, noun):
        return client.get(f"/api/v1/{noun}/", headers={"Authorization": f"Bearer {token['token']}"}).status_code

    first, second = accounts()["tokens"], accounts()["tokens"]
    assert [one["role"] for one in second] == ["municipality", "core_center", "worker", "facility", "group_home"]
    assert {answers(one, "people") for one in first} == {401}
    assert {answers(one, noun) for one in second for noun in ("people", "sessions", "slots")} == {200}
    for one in second:
        assert "HOMES_WRITE" in one["scopes"] or one["role"] != "group_home"
        assert ("PROGRAMS_WRITE" in one["scopes"]) is (one["role"] in ("municipality", "core_center"))


@pytest.mark.parametrize("command", ["seed", "demo_accounts"])
def test_real_accounts_keep_demo_commands_away(command):
    factories.UserFactory()
    with pytest.raises(CommandError):
        call_command(command)
    assert not Person.objects.exists()


@pytest.mark.parametrize("command", ["seed", "demo_accounts"])
def test_never_outside_demo_settings(command, settings):
    settings.DEMO = False
    with pytest.raises(CommandError):
        call_command(command)


def test_one_schedule_however_often_it_is_made():
    Schedule.objects.create(name="left over", func="nowhere.to_be_found")
    for _ in range(2):
        call_command("schedules")
    assert list(Schedule.objects.order_by("name").values_list("func", "schedule_type", "minutes")) == [
        ("programs.tasks.sweep", "I", 1),
        ("transition.tasks.tell", "I", 1),
    ]


def test_the_sweep_lets_requests_expire(frozen_time):
    world = make_world()
    session = sessions.request_stay(
        person=world.person,
        program=world.program,
        slot=world.slot,
        check_in=world.slot.starts_on,
        check_out=world.slot.ends_on.replace(year=2026, month=12, day=3),
        organization=world.office,
        by=world.worker,
    )
    frozen_time.move_to(session.expires_at)
    sweep()
    session.refresh_from_db()
    assert session.state == "EXPIRED"


@pytest.mark.parametrize("day", ["2026-12-10", "2027-01-01", "2027-03-31", "2027-08-31", "2028-02-29"])
def test_the_stories_fit_any_day_of_the_year(day, frozen_time):
    frozen_time.move_to(dt.datetime.fromisoformat(f"{day}T15:30:00+00:00"))
    call_command("seed", verbosity=0)
    assert {"COMPLETED", "CONFIRMED", "REQUESTED", "IN_PROGRESS"} <= set(
        Session.objects.values_list("state", flat=True)
    )


def test_every_role_of_the_demo_has_something_to_do(client):
    call_command("seed")
    for account in accounts()["accounts"]:
        if account["role"] in {"person", "administrator"}:
            continue
        assert client.login(username=account["email"], password=account["password"])
        page = client.get("/", follow=True)
        assert page.redirect_chain == [("/today/", 302)]
        assert page.context["sections"], account["role"]
