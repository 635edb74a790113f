"""予定表の配信: issued, renewed, stopped at once or gently."""

import pytest

from calendars.enums import Audience
from calendars.models import CalendarFeed
from calendars.services import feeds
from tests import factories
from tests.api.alike import NOBODY, fields, queries_of, same, send
from transition.models import AuditEvent, Consent, IdempotencyKey

pytestmark = pytest.mark.django_db
FEEDS = "/api/v1/feeds/"


def family(world, **changes):
    return {"audience": "FAMILY", "person": str(world.person.public_id), "label": "母", **changes}


def test_a_familys_address_is_shown_once_and_opens(world, caller, client):
    program = caller(world.worker)
    made = send(program, FEEDS, family(world), key="k")
    assert made.status_code == 201, made.content
    feed = made.json()
    assert (feed["audience"], feed["detail"], feed["person"]) == ("FAMILY", "NEUTRAL", str(world.person.public_id))
    again = send(program, FEEDS, family(world), key="k")
    assert again.json() == feed | {"address": "", "page_address": ""}
    seen = program.get(f"{FEEDS}{feed['id']}/")
    assert seen.json() == again.json()
    secret = max(feed["address"].split("/"), key=len)
    assert len(secret) > 20
    assert secret not in str(list(IdempotencyKey.objects.values()))
    assert CalendarFeed.objects.count() == 1
    assert client.get(feed["address"]).content.startswith(b"BEGIN:VCALENDAR")
    assert client.get(feed["page_address"]).status_code == 200


def test_rotated_revoked_emptied(world, caller, client):
    program = caller(world.worker)
    feed = send(program, FEEDS, family(world)).json()
    url = f"{FEEDS}{feed['id']}/"
    known = program.get(url)["ETag"]
    fresh = program.post(f"{url}rotate/", headers={"If-Match": known}).json()
    assert client.get(feed["address"]).status_code == 404
    assert client.get(fresh["address"]).status_code == 200
    emptied = send(program, f"{url}empty/")
    assert emptied.json()["emptied_at"] is not None
    assert b"VEVENT" not in client.get(fresh["address"]).content
    assert program.post(f"{url}revoke/", headers={"If-Match": known}).status_code == 412
    assert client.get(fresh["address"]).status_code == 200
    first, again = (send(program, f"{url}revoke/", key="r") for _ in range(2))
    assert first.json()["revoked_at"] is not None
    assert again.content == first.content
    assert client.get(fresh["address"]).status_code == 404
    assert program.get(url).status_code == 404
    assert program.get(FEEDS).json()["results"] == []
    assert AuditEvent.objects.filter(action="feed.revoke").get().data == {"person": world.person.pk}


def test_a_family_reads_along_only_with_consent(world, caller):
    Consent.objects.all().delete()
    program = caller(world.worker)
    refused = send(program, FEEDS, family(world))
    assert (refused.status_code, refused.json()["problems"][0]["code"]) == (409, "feed.consent")
    assert refused.json()["problems"][0]["field"] == "means"
    assert send(program, FEEDS, family(world, means="WORD")).status_code == 201
    assert Consent.objects.get().kind == "CALENDAR"


def test_for_a_home_for_oneself_for_the_organization(world, caller):
    home = caller(world.home_staff)
    made = send(home, FEEDS, {"audience": "HOME", "home": str(world.room.home.public_id), "label": "事務室"})
    assert (made.status_code, made.json()["detail"], made.json()["page_address"]) == (201, "PLACE", "")
    worker = caller(world.worker)
    for audience in ("WORKER", "ORGANIZATION"):
        made = send(worker, FEEDS, {"audience": audience, "label": "わたし"})
        assert (made.status_code, made.json()["organization"]) == (201, str(world.office.public_id))
    listed = worker.get(FEEDS).json()["results"]
    assert [row["audience"] for row in listed] == ["ORGANIZATION", "WORKER"]
    assert [row["audience"] for row in worker.get(f"{FEEDS}?audience=WORKER").json()["results"]] == ["WORKER"]
    assert fields(send(home, FEEDS, {"audience": "WORKER", "label": "わたし"})) == ["audience"]
    assert [row["audience"] for row in home.get(FEEDS).json()["results"]] == ["HOME"]


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"label": " "}, "label"),
        ({"detail": "EVERYTHING"}, "detail"),
        ({"audience": "WORLD"}, "audience"),
        ({"person": NOBODY}, "person"),
        ({"means": "SHOUT"}, "means"),
        ({"expires_on": "2030-01-01"}, "expires_on"),
        ({"audience": "WORKER"}, "person"),
    ],
)
def test_what_makes_no_sense_is_named(world, caller, change, field):
    assert fields(send(caller(world.worker), FEEDS, family(world, **change))) == [field]
    assert not CalendarFeed.objects.exists()


def test_a_homes_calendar_needs_the_home(world, caller):
    assert fields(send(caller(world.home_staff), FEEDS, {"audience": "HOME", "label": "x"})) == ["home"]


def test_a_level_that_the_reader_does_not_have(world, caller):
    body = {"audience": "WORKER", "label": "わたし", "detail": "NEUTRAL"}
    assert fields(send(caller(world.worker), FEEDS, body)) == ["detail"]


def test_strangers_find_nothing(world, caller):
    feed = feeds.issue(person=world.person, label="母", by=world.worker)
    own = feeds.issue_for_worker(user=world.worker, organization=world.office, label="わたし")
    for user in (world.stranger, world.home_staff, world.other_home_staff):
        client = caller(user)
        assert client.get(FEEDS).json()["results"] == []
        same(client.get(f"{FEEDS}{feed.public_id}/"), client.get(f"{FEEDS}{NOBODY}/"))
        for act in ("rotate", "revoke", "empty"):
            assert send(client, f"{FEEDS}{feed.public_id}/{act}/").status_code == 404
        foreign = send(client, FEEDS, family(world))
        same(foreign, send(client, FEEDS, family(world, person=NOBODY)))
        assert fields(foreign) == ["person"]
    # A colleague sees what is the person's, never what is one's own.
    coordinator = caller(world.coordinator)
    assert [row["id"] for row in coordinator.get(FEEDS).json()["results"]] == [str(feed.public_id)]
    assert coordinator.get(f"{FEEDS}{own.public_id}/").status_code == 404
    other_home = {"audience": "HOME", "home": str(world.room.home.public_id), "label": "x"}
    assert fields(send(caller(world.other_home_staff), FEEDS, other_home)) == ["home"]


def test_a_token_that_may_only_read(world, caller):
    reader = caller(world.worker, scopes=["CALENDARS_READ"])
    assert reader.get(FEEDS).status_code == 200
    assert send(reader, FEEDS, family(world)).json()["code"] == "scope_missing"
    assert caller(world.worker, scopes=["PEOPLE_WRITE"]).get(FEEDS).json()["code"] == "scope_missing"


def test_as_many_queries_for_three_as_for_one(world, caller):
    client = caller(world.worker)
    feeds.issue(person=world.person, label="母", by=world.worker)
    one = queries_of(client, FEEDS)
    for label in ("兄", "姉"):
        person = factories.PersonFactory(municipality=world.municipality)
        factories.SupportLinkFactory(person=person, organization=world.office)
        feeds.issue(person=person, label=label, by=world.worker, audience=Audience.PERSON)
    assert queries_of(client, FEEDS) == one
    assert len(client.get(FEEDS).json()["results"]) == 3
