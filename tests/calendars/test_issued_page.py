"""The one page that shows an address: how it gets into a phone, and how soon each program notices a change."""

from urllib.parse import parse_qs, urlsplit

import pytest
from bs4 import BeautifulSoup

from calendars.models import CalendarFeed
from calendars.services.feeds import LONGEST_ADDRESS
from programs.views.links import drawn

OWN = {"label": "わたしのスマートフォン", "detail": "PLACE", "idempotency_key": "k"}
PROGRAMS = ("iPhone", "Google", "Outlook", "TimeTree", "Yahoo!カレンダー", "Thunderbird", "Nextcloud")


@pytest.fixture
def issue(client, world):
    def post(audience: str, **headers) -> BeautifulSoup:
        home = world.room.home
        client.force_login(world.home_staff if audience == "HOME" else world.worker)
        path = {
            "HOME": f"/homes/{home.public_id}/feeds/issue/",
            "FAMILY": f"/people/{world.person.public_id}/feeds/issue/",
        }.get(audience, "/calendar/feeds/issue/")
        response = client.post(path, {**OWN, "audience": audience}, headers=headers)
        assert response.status_code == 200
        return BeautifulSoup(response.content, "html.parser")

    return post


@pytest.mark.parametrize("audience", ["HOME", "WORKER", "ORGANIZATION"])
def test_staff_take_it_to_their_own_programs(issue, audience):
    page = issue(audience)
    address = page.find(id="address").get_text()
    webcal = address.replace("http:", "webcal:")
    assert str(page.select_one("svg.qr")) == str(BeautifulSoup(drawn(webcal), "html.parser"))
    google = page.find("a", string="Googleカレンダーに入れる")
    outlook = page.find("a", string="Outlookに入れる")
    assert parse_qs(urlsplit(google["href"]).query) == {"cid": [webcal]}
    assert parse_qs(urlsplit(outlook["href"]).query) == {"url": [address]}
    assert google["rel"] == outlook["rel"] == ["noreferrer"]


def test_a_familys_page_leads_nobody_elses_program_there(issue):
    """The worker issues it, and a link pressed here would put it into the worker's own calendar."""
    page = issue("FAMILY")
    assert page.find("a", string="Googleカレンダーに入れる") is None
    assert len(page.select("svg.qr")) == 1


@pytest.mark.parametrize("audience", ["FAMILY", "WORKER"])
def test_each_program_has_its_way_in_and_its_time(issue, audience):
    rows = issue(audience).select("section[aria-labelledby=h-how] dl div")
    assert all("新しくなるまで：" in row.get_text() for row in rows)
    named = " ".join(row.dt.get_text() for row in rows)
    assert [program for program in PROGRAMS if program not in named] == []


def test_sent_twice_it_shows_nothing_of_it(issue):
    issue("WORKER")
    again = issue("WORKER")
    assert again.select("svg.qr, #address, section") == []
    assert "/ical/" not in str(again)
    assert CalendarFeed.objects.count() == 1


@pytest.mark.parametrize(("letters", "said"), [(0, False), (1, True)])
def test_an_address_too_long_for_google_says_so(issue, settings, letters, said):
    path = f"http:///ical/{'x' * 43}/yotei.ics"
    host = ("x" * 60 + ".") * 3
    host += "x" * (LONGEST_ADDRESS - len(path) - len(host) + letters)
    settings.ALLOWED_HOSTS = [host]
    page = issue("WORKER", Host=host)
    assert len(page.find(id="address").get_text()) == LONGEST_ADDRESS + letters
    assert ("Googleカレンダーでは読めません" in page.get_text()) == said
