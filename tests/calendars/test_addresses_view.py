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
from transition.models import Consent

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
    return client.post(
        issue_url, {"audience": "FAMILY", "label": "母", "detail": "NEUTRAL", "idempotency_key": "k1", **fields}
    )


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
    chosen = page(signed_in.get(list_url)).find("input", {"name": "detail"}, checked=True)
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


OWN = {"audience": "WORKER", "label": "わたしのスマートフォン", "detail": "PLACE", "idempotency_key": "k2"}


def test_a_home_hands_out_its_own_addresses(client, world):
    client.force_login(world.home_staff)
    home = world.room.home
    sending = client.post(f"/homes/{home.public_id}/feeds/issue/", {**OWN, "audience": "", "label": "事務室"})
    assert ADDRESS.search(sending.content.decode())
    feed = CalendarFeed.objects.get()
    assert (feed.audience, feed.home, feed.detail) == ("HOME", home, "PLACE")
    listed = page(client.get(f"/homes/{home.public_id}/feeds/")).get_text()
    assert "居室と時間" in listed
    assert "本人" not in page(client.get(f"/homes/{home.public_id}/feeds/")).find("form", class_="form").get_text()


def test_a_worker_and_an_office_have_their_own(signed_in, world):
    for audience in ("WORKER", "ORGANIZATION"):
        sent_ = signed_in.post("/calendar/feeds/issue/", {**OWN, "audience": audience, "idempotency_key": audience})
        assert ADDRESS.search(sent_.content.decode())
    assert set(CalendarFeed.objects.values_list("audience", "user", "organization")) == {
        ("WORKER", world.worker.pk, world.office.pk),
        ("ORGANIZATION", None, world.office.pk),
    }


def test_a_colleague_sees_the_offices_addresses_and_not_mine(client, signed_in, world):
    for audience in ("WORKER", "ORGANIZATION"):
        signed_in.post("/calendar/feeds/issue/", {**OWN, "audience": audience, "idempotency_key": audience})
    colleague = MembershipFactory(organization=world.office).user
    client.force_login(colleague)
    assert len(page(client.get("/calendar/feeds/")).find("tbody").find_all("tr")) == 1
    mine = CalendarFeed.objects.get(audience="WORKER")
    assert client.get(url("feed-revoke", mine)).status_code == 404
    client.force_login(world.stranger)
    assert client.get(url("feed-revoke", CalendarFeed.objects.get(audience="ORGANIZATION"))).status_code == 404


def test_an_office_with_homes_has_no_calendar_of_a_worker(client, world):
    client.force_login(world.home_staff)
    response = client.post("/calendar/feeds/issue/", OWN)
    assert CalendarFeed.objects.get().audience == "ORGANIZATION"
    assert response.status_code == 200


@pytest.mark.parametrize(("how", "status"), [("gently", 200), ("now", 404), ("", 404)])
def test_an_address_ends_gently_or_at_once(signed_in, world, how, status):
    feed = feeds.issue(person=world.person, label="母", by=world.worker)
    signed_in.post(url("feed-revoke", feed), {"how": how})
    assert signed_in.get(f"/ical/{feed.token}/yotei.ics").status_code == status
    listed = page(signed_in.get(f"/people/{world.person.public_id}/feeds/")).get_text()
    assert ("空にしました" in listed) == (how == "gently")


def test_the_form_asks_for_consent_only_where_there_is_none(signed_in, issue_url, list_url):
    assert page(signed_in.get(list_url)).find("input", {"name": "means"}) is None
    Consent.objects.all().delete()
    assert page(signed_in.get(list_url)).find("input", {"name": "means"})
    refused = sent(signed_in, issue_url)
    assert refused.status_code == 422
    assert "どうやって確かめたか選んでください" in refused.content.decode()
    assert sent(signed_in, issue_url, audience="PERSON", idempotency_key="k3").status_code == 200
    assert Consent.objects.count() == 0
    assert sent(signed_in, issue_url, means="WORD", idempotency_key="k4").status_code == 200
    assert Consent.objects.count() == 1


def test_a_family_gets_its_page_as_a_card_and_an_office_does_not(signed_in, issue_url, world):
    found = page(sent(signed_in, issue_url))
    address = found.find(id="page-address").get_text().strip()
    assert re.fullmatch(r"http://testserver/ical/[A-Za-z0-9_-]{43}/", address)
    assert found.select_one(".qr-card svg.qr")
    assert signed_in.get(address).status_code == 200
    own = {"audience": "ORGANIZATION", "label": "事務室", "detail": "PLACE", "idempotency_key": "k2"}
    issued = page(signed_in.post(reverse("calendars:own-feed-issue"), own))
    assert issued.find(id="address")
    assert not issued.find(id="page-address")
    assert not issued.select_one(".qr-card")


def test_calendars_lead_to_their_addresses(signed_in, client, world):
    organization = page(signed_in.get(reverse("calendars:organization-calendar")))
    assert organization.find("a", href=reverse("calendars:own-feed-list"))
    client.force_login(world.home_staff)
    home = page(client.get(reverse("calendars:home-calendar", args=[world.room.home.public_id])))
    assert home.find("a", href=reverse("calendars:home-feed-list", args=[world.room.home.public_id]))
