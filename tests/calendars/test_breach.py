"""A leak that was made up: whose data, which kinds, and by what."""

import csv
import datetime as dt
import json
from io import StringIO

import pytest
from django.core.management import CommandError, call_command
from django.urls import reverse

from calendars.models import CalendarFeed
from calendars.services import feeds
from tests import factories
from tests.api.test_access import token
from tests.personas import make_world
from tests.programs.pages import client_of, request
from transition import clock
from transition.models import Person, PersonLink, ViewLog
from transition.services import contacts, links

pytestmark = pytest.mark.django_db
DAY = "2026-11-22"


@pytest.fixture
def world():
    return make_world()


def options(named: dict) -> list[str]:
    return [f"--{name}={value}" for name, value in named.items()]


def report(**named) -> dict:
    out = StringIO()
    call_command("breach_report", *options({"since": DAY, **named}), "--json", stdout=out)
    return json.loads(out.getvalue())


def person_page(person, name="person-detail"):
    return reverse(f"programs:{name}", args=[person.public_id])


def names(found: dict) -> set[str]:
    return {row["id"] for row in found["people"]}


def test_a_worker_whose_password_was_known(world, frozen_time):
    """Looks at one person, at the list, takes one file out, and changes something of a third."""
    other, third, unseen = (factories.PersonFactory(municipality=world.municipality) for _ in range(3))
    for person in (other, third, unseen):
        factories.SupportLinkFactory(person=person, organization=world.office)
    client_of(world.worker).get(person_page(unseen))
    frozen_time.shift(24 * 60 * 60)
    client = client_of(world.worker)
    factories.PersonCardFactory(person=world.person)
    client.get(person_page(world.person, "card"))
    client.get(person_page(other, "consent-list"))
    client.get(reverse("programs:month-sheet", args=[world.person.public_id, "2026-11"]), {"format": "csv"})
    contacts.add(person=third, by=world.worker, name="見本 花江", relation="母")
    found = report(user=world.worker.email, since="2026-11-23")
    assert (found["people_seen"], found["people_reachable"]) == (3, 4)
    assert names(found) == {str(person.public_id) for person in (world.person, other, third)}
    assert found["reachable"] == [str(unseen.public_id)]
    assert (found["cards"], found["photos"]) == (1, 0)
    assert found["views"] == {"事前情報シート": 1, "同意": 1, "月の記録": 1}
    assert found["acts"] == {"連絡先を加えた": 1, "月の記録を表で書き出した": 1}
    assert [one["what"] for one in found["exports"]] == ["月の記録を表で書き出した"]
    assert {"同意", "家族などの連絡先", "事前情報シート（健康・薬・食事・伝え方など）"} <= set(found["kinds"])
    client.get(reverse("programs:people"))
    assert report(user=world.worker.email, since="2026-11-23")["people_seen"] == 4
    earlier = report(user=world.worker.email, since=DAY, until=DAY)
    assert names(earlier) == {str(unseen.public_id)}


def test_the_numbers_come_first(world):
    client_of(world.worker).get(person_page(world.person))
    out = StringIO()
    call_command("breach_report", *options({"since": DAY, "user": world.worker.email}), stdout=out)
    first, second, *_ = out.getvalue().splitlines()
    assert (first, second) == ("見られた本人: 1人", "見られた可能性のある本人: 1人（上を含む）")
    assert world.person.name in out.getvalue()


def test_one_line_for_each_person_to_be_told(world, frozen_time):
    """Known by hand: two looks at one, a third person in a list only, a fourth within reach."""
    listed, unseen = (factories.PersonFactory(municipality=world.municipality) for _ in range(2))
    factories.SupportLinkFactory(person=unseen, organization=world.office)
    Person.objects.filter(pk=listed.pk).update(family_name="=見本")
    client = client_of(world.worker)
    client.get(person_page(world.person, "consent-list"))
    ids = [world.person.pk, listed.pk]
    looked = {"actor": world.worker.pk, "organization": world.office.pk}
    frozen_time.shift(3600)
    ViewLog.objects.create(**looked, what="people", data={"count": 2, "people": ids})
    out = StringIO()
    call_command("breach_report", *options({"since": DAY, "user": world.worker.email}), "--csv", stdout=out)
    header, *rows = csv.reader(StringIO(out.getvalue().removeprefix("\ufeff")))
    assert header == ["公開ID", "本人", "市町村", "見られたか", "情報の種類", "閲覧の数", "最初の閲覧", "最後の閲覧"]
    found = {row[0]: row[1:] for row in rows}
    assert len(rows) == len(found) == 3
    first, second, third = (found[str(person.public_id)] for person in (world.person, listed, unseen))
    assert first[2] == second[2] == "見られた"
    assert first[4:] == ["2", "2026-11-22 10:00", "2026-11-22 11:00"]
    assert second[4:] == ["1", "2026-11-22 11:00", "2026-11-22 11:00"]
    assert "同意" in first[3].split("、")
    assert "同意" not in second[3].split("、")
    assert second[0].startswith("'=見本")
    assert third[2:] == ["見られた可能性がある", "", "0", "", ""]


def test_an_access_token(world):
    place = type("Only", (), {"users": {"worker": world.worker}})
    client = token(place, "worker")
    other = factories.PersonFactory(municipality=world.municipality)
    factories.SupportLinkFactory(person=other, organization=world.office)
    client.get(f"/api/v1/people/{world.person.public_id}/")
    client_of(world.worker).get(person_page(other))
    found = report(token=str(world.worker.api_tokens.get().public_id))
    assert names(found) == {str(world.person.public_id)}
    assert found["people_reachable"] == 2


def test_an_organization_and_a_home(world):
    session = request(world, "2026-12-05", "2026-12-07")
    client_of(world.worker).get(person_page(world.person))
    client_of(world.home_staff).get(reverse("programs:session-detail", args=[session.public_id]))
    for organization, what in ((world.office, "本人の画面"), (world.home_office, "1回の体験")):
        found = report(org=str(organization.public_id))
        assert found["views"] == {what: 1}
        assert names(found) == {str(world.person.public_id)}


def test_a_calendar_that_was_passed_on(world):
    feed = feeds.issue(person=world.person, label="母", detail="NEUTRAL", by=world.worker)
    unread = report(feed=str(feed.public_id))
    assert (unread["people_seen"], unread["people_reachable"], unread["kinds"]) == (0, 1, [])
    CalendarFeed.objects.filter(pk=feed.pk).update(last_fetched_at=clock.now() + dt.timedelta(days=9))
    found = report(feed=str(feed.public_id), until=DAY)
    assert (found["people_seen"], found["kinds"]) == (1, ["予定の種類と日時"])


def test_a_card_of_a_person_that_was_lost(world):
    link = links.issue(person=world.person, label="へや", by=world.worker)
    assert report(link=str(link.public_id))["people_seen"] == 0
    PersonLink.objects.filter(pk=link.pk).update(last_used_at=clock.now())
    found = report(link=str(link.public_id))
    assert (found["people_seen"], "写真" in found["kinds"]) == (1, True)


def test_what_cannot_be_reported(world):
    for named in ({"user": "nobody@example.jp"}, {"feed": "x"}, {"token": str(world.person.public_id)}, {"org": "1"}):
        with pytest.raises(CommandError, match="見つかりません"):
            call_command("breach_report", *options({"since": DAY, **named}))
    with pytest.raises(CommandError):
        call_command("breach_report", f"--since={DAY}")
    with pytest.raises(CommandError, match="--until が"):
        call_command("breach_report", f"--since={DAY}", "--until=2026-11-21", f"--user={world.worker.email}")
    assert ViewLog.objects.count() == 0
