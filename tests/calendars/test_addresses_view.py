"""Where a worker hands out addresses and stops them."""

import re

import pytest
from bs4 import BeautifulSoup
from django.urls import reverse

from calendars.enums import Detail
from calendars.models import CalendarFeed
from calendars.services import feeds
from tests.factories import MembershipFactory, OrganizationFactory
from transition.enums import OrganizationKind

ADDRESS = re.compile(r"http://testserver/ical/([A-Za-z0-9_-]{43})/yotei\.ics")


@pytest.fixture
def signed_in(client, world):
    client.force_login(world.worker)
    return client


@pytest.fixture
def list_url(world) -> str:
    return reverse("calendars:feed-list", args=[world.person.public_id])


@pytest.fixture
def issue_url(world) -> str:
    return reverse("calendars:feed-issue", args=[world.person.public_id])


def url(name: str, feed: CalendarFeed) -> str:
    return reverse(f"calendars:{name}", args=[feed.public_id])


def page(response) -> BeautifulSoup:
    return BeautifulSoup(response.content, "html.parser")


def sent(client, issue_url, **fields):
    return client.post(issue_url, {"label": "母", "detail": "NEUTRAL", "idempotency_key": "k1", **fields})


def test_issuing_shows_the_address_once(signed_in, issue_url, list_url):
    response = sent(signed_in, issue_url)
    assert response.status_code == 200
    assert response["Cache-Control"] == "no-store"
    (token,) = set(ADDRESS.findall(response.content.decode()))
    assert page(response).find(id="address").get_text() == f"http://testserver/ical/{token}/yotei.ics"
    assert page(response).find("a", href=f"webcal://testserver/ical/{token}/yotei.ics")
    assert signed_in.get(f"/ical/{token}/yotei.ics").status_code == 200
    for again in (signed_in.get(list_url), sent(signed_in, issue_url)):
        assert again.status_code == 200
        assert again["Cache-Control"] == "no-store"
        assert token not in again.content.decode()
        assert "/ical/" not in again.content.decode()
    assert CalendarFeed.objects.count() == 1


def test_the_text_comes_before_the_button(signed_in, issue_url):
    body = sent(signed_in, issue_url).content.decode()
    assert body.index("http://testserver/ical/") < body.index("webcal://")


def test_the_page_promises_nothing_it_cannot_keep(signed_in, issue_url):
    text = page(sent(signed_in, issue_url)).get_text()
    assert "4時間から24時間ごと" in text
    assert "電話" in text


@pytest.mark.parametrize(
    ("fields", "message"),
    [
        ({"label": ""}, "だれの予定表かを入れてください。"),
        ({"label": "\u200b 　"}, "だれの予定表かを入れてください。"),
        ({"detail": ""}, "どこまで見せるかを選んでください。"),
        ({"detail": "EVERYTHING"}, "正しく選択してください。"),
    ],
)
def test_what_is_missing_is_said_and_nothing_is_issued(signed_in, issue_url, fields, message):
    response = sent(signed_in, issue_url, **fields)
    assert response.status_code == 422
    assert message in response.content.decode()
    assert not CalendarFeed.objects.exists()


def test_the_same_form_with_another_content_is_asked_again(signed_in, issue_url):
    sent(signed_in, issue_url)
    response = sent(signed_in, issue_url, label="父")
    assert response.status_code == 409
    assert CalendarFeed.objects.count() == 1


def test_the_default_is_the_neutral_level(signed_in, list_url):
    chosen = page(signed_in.get(list_url)).find("input", checked=True)
    assert chosen["value"] == Detail.NEUTRAL


def test_the_list_tells_who_reads_what(signed_in, list_url, feed, address):
    signed_in.get(address, headers={"User-Agent": "Google-Calendar-Importer"})
    feeds.revoke(feed=feeds.issue(person=feed.person, label="元の人", by=feed.created_by), by=feed.created_by)
    text = page(signed_in.get(list_url)).find("table").get_text()
    for word in ("母", "お泊まり・おでかけなどの種類", "Googleカレンダー", "11/22(日)", feed.created_by.name):
        assert word in text
    assert "元の人" not in text


def test_the_list_costs_the_same_for_more_addresses(signed_in, list_url, feed, django_assert_max_num_queries):
    for number in range(5):
        feeds.issue(person=feed.person, label=f"親戚{number}", by=feed.created_by)
    with django_assert_max_num_queries(12):
        signed_in.get(list_url)


def test_revoking_asks_first(signed_in, list_url, feed, address):
    assert signed_in.get(url("feed-revoke", feed)).status_code == 200
    assert signed_in.get(address).status_code == 200
    response = signed_in.post(url("feed-revoke", feed))
    assert (response.status_code, response["Location"]) == (302, list_url)
    assert signed_in.get(address).status_code == 404
    assert CalendarFeed.objects.get().revoked_by == feed.created_by
    assert signed_in.get(url("feed-revoke", feed)).status_code == 404


def test_rotating_asks_first_and_shows_the_new_address_once(signed_in, feed, address):
    assert "/ical/" not in signed_in.get(url("feed-rotate", feed)).content.decode()
    assert signed_in.get(address).status_code == 200
    response = signed_in.post(url("feed-rotate", feed), {"idempotency_key": "k1"})
    (token,) = set(ADDRESS.findall(response.content.decode()))
    assert signed_in.get(address).status_code == 404
    repeated = signed_in.post(url("feed-rotate", feed), {"idempotency_key": "k1"})
    assert "/ical/" not in repeated.content.decode()
    assert signed_in.get(f"/ical/{token}/yotei.ics").status_code == 200


def paths(world, feed) -> list[tuple[str, str]]:
    return [
        ("get", reverse("calendars:feed-list", args=[world.person.public_id])),
        ("post", reverse("calendars:feed-issue", args=[world.person.public_id])),
        *[(method, url(name, feed)) for name in ("feed-rotate", "feed-revoke") for method in ("get", "post")],
    ]


@pytest.mark.parametrize("who", ["stranger", "home_staff", "other_home_staff"])
def test_others_find_nothing(client, world, feed, who):
    client.force_login(getattr(world, who))
    statuses = [getattr(client, method)(path, {"label": "x"}).status_code for method, path in paths(world, feed)]
    assert statuses == [404] * len(statuses)
    assert CalendarFeed.objects.count() == 1
    assert CalendarFeed.objects.get().token_hash == feed.token_hash


def test_without_signing_in_one_is_asked_to(client, world, feed):
    for method, path in paths(world, feed):
        response = getattr(client, method)(path)
        assert (response.status_code, response["Location"].split("?")[0]) == (302, "/sign-in/")


def test_the_coordinator_of_the_municipality_may_too(client, world, feed):
    client.force_login(world.coordinator)
    assert client.get(reverse("calendars:feed-list", args=[world.person.public_id])).status_code == 200


def test_supporting_one_person_says_nothing_about_another(client, world, feed):
    other = OrganizationFactory(kind=OrganizationKind.FACILITY, municipality=world.municipality)
    client.force_login(MembershipFactory(organization=other).user)
    assert client.get(reverse("calendars:feed-list", args=[world.person.public_id])).status_code == 404
