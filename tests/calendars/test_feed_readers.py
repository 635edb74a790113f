"""Who gets a calendar, who gets the one 404, and what is remembered of it."""

import datetime as dt
import logging

import icalendar
import pytest

from calendars.enums import Agent, Detail
from calendars.models import CalendarFeed, FeedEntry
from calendars.services import feeds
from tests.calendars.conftest import address_of

HOUR = dt.timedelta(hours=1)
UNKNOWN = "A" * 43


def titles(response) -> list[str]:
    return [str(event["SUMMARY"]) for event in icalendar.Calendar.from_ical(response.content).walk("VEVENT")]


# Who


@pytest.mark.parametrize("detail", Detail)
def test_a_feed_carries_its_own_level(client, stay, world, detail):
    stay()
    address = address_of(feeds.issue(person=world.person, label="母", detail=detail, by=world.worker))
    body = client.get(address).content.decode()
    assert ("お泊まり" in body) == (detail != Detail.BUSY)
    assert ("LOCATION" in body) == (detail in (Detail.PLACE, Detail.NAMES))
    assert ("はなさん" in body) == (detail == Detail.NAMES)


def test_a_feed_carries_one_person_only(client, stay, world, address):
    stay()
    FeedEntry.objects.update(person=world.person)
    other = type(world.person).objects.create(
        family_name="別", given_name="人", residence="FAMILY", municipality=world.municipality
    )
    foreign = address_of(feeds.issue(person=other, label="母", means="WORD", by=world.worker))
    assert titles(client.get(foreign)) == []
    assert titles(client.get(address)) == ["お泊まり"]


def answers_of(client, path, **headers) -> tuple:
    response = client.get(path, headers=headers)
    return response.status_code, response.content, sorted(response.headers.items()), dict(response.cookies)


def test_every_address_that_is_none_gets_the_same_404(client, stay, world, frozen_time):
    stay()
    revoked = feeds.issue(person=world.person, label="母", by=world.worker)
    etag = client.get(address_of(revoked))["ETag"]
    feeds.revoke(feed=revoked, by=world.worker)
    rotated = feeds.issue(person=world.person, label="父", by=world.worker)
    feeds.rotate(feed=rotated, by=world.worker)
    expired = feeds.issue(person=world.person, label="兄", by=world.worker)
    CalendarFeed.objects.filter(pk=expired.pk).update(expires_on=dt.date(2026, 11, 21))
    paths = [
        *map(address_of, (revoked, rotated, expired)),
        f"/ical/{UNKNOWN}/yotei.ics",
        "/ical/short/yotei.ics",
        f"/ical/{'A' * 500}/yotei.ics",
        "/ical/%E3%81%82/yotei.ics",
        "/ical/%FF%FE/yotei.ics",
        f"/ical/{UNKNOWN}/other.ics",
        f"/ical/{UNKNOWN}/",
        f"/ical/{UNKNOWN}",
        f"/ical/{revoked.token_hash}/yotei.ics",
        f"/ical/{world.person.public_id}/yotei.ics",
    ]
    answers = [answers_of(client, path) for path in paths]
    answers += [answers_of(client, path, **{"If-None-Match": tag}) for path in paths for tag in ("*", etag)]
    answers += [answers_of(client, path, **{"If-Modified-Since": "Sun, 22 Nov 2026 01:00:00 GMT"}) for path in paths]
    assert answers == [answers[0]] * len(answers)
    status, body, headers, cookies = answers[0]
    assert (status, cookies) == (404, {})
    assert UNKNOWN.encode() not in body
    assert dict(headers)["Content-Type"] == "text/plain; charset=utf-8"
    assert "Vary" not in dict(headers)
    assert {client.head(path).status_code for path in paths} == {404}


def test_the_last_day_still_works(client, feed, address, frozen_time):
    assert feed.expires_on == dt.date(2027, 12, 27)
    frozen_time.move_to(dt.datetime(2027, 12, 27, 14, 59, 59, tzinfo=dt.UTC))
    assert client.get(address).status_code == 200
    frozen_time.shift(dt.timedelta(seconds=1))
    assert client.get(address).status_code == 404


# What is remembered


def test_the_fetch_is_remembered_by_family_of_program(client, address, frozen_time):
    client.get(address, headers={"User-Agent": "iOS/18.1 (22B83) dataaccessd/1.0"})
    feed = CalendarFeed.objects.get()
    assert (feed.last_fetched_at, feed.last_agent) == (dt.datetime(2026, 11, 22, 1, tzinfo=dt.UTC), Agent.APPLE)
    frozen_time.shift(HOUR - dt.timedelta(seconds=1))
    client.get(address, headers={"User-Agent": "Google-Calendar-Importer"})
    assert CalendarFeed.objects.get().last_agent == Agent.APPLE
    frozen_time.shift(dt.timedelta(seconds=1))
    client.get(address, headers={"User-Agent": "Google-Calendar-Importer"})
    assert CalendarFeed.objects.get().last_agent == Agent.GOOGLE


def test_a_token_is_in_no_log(client, feed, address, caplog):
    caplog.set_level(logging.DEBUG)
    feeds.revoke(feed=feed, by=feed.created_by)
    client.get(address)
    client.post(address)
    client.get(f"/ical/{UNKNOWN}/other.ics")
    client.get(f"{address}?a=%00")
    messages = [record.getMessage() for record in caplog.records if record.name == "django.request"]
    assert len(messages) == 4
    assert all("/ical/***" in message for message in messages)
    assert feed.token not in caplog.text
    assert UNKNOWN not in caplog.text
