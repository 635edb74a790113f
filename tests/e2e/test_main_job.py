"""The whole job by hand: a listed home is imported, offers a room, a stay is booked, the family's calendar shows it."""

import datetime as dt
import os
import re
import urllib.request
from pathlib import Path

import pytest
from django.core.management import call_command
from icalendar import Calendar
from playwright.sync_api import Page, expect

from programs.models import Home, Session
from tests import factories
from tests.personas import member
from transition import clock
from transition.domain.wareki import format_short, format_wareki
from transition.models import Organization

pytestmark = [pytest.mark.e2e, pytest.mark.django_db(transaction=True)]

# The layout of a prefecture's list, with homes that do not exist.
HEAD = ",,所在地,名　称,郵便番号,住　所,電話番号,共同生活住居名称,事業者名称,代表者職名,事業所番号,枝番,指定年月日,"
ROW = (
    ",{n},架空市東区,みほん寮,000-0000,架空市東区みほん１丁目２－３,000-000-0000,みほん寮{n},社会福祉法人　みほん会,"
    "理事長,９９２００００１１０,{n},2020年4月1日,介護サービス包括型"
)
FULL_WIDTH = str.maketrans("0123456789-", "０１２３４５６７８９－")


@pytest.fixture
def home(tmp_path) -> Home:
    """The first home of the list: a real one when HOME_LISTS names the folder of the published lists."""
    if folder := os.environ.get("HOME_LISTS"):
        path = Path(folder) / "kumamoto_group_homes.csv"
    else:
        path = tmp_path / "list.csv"
        path.write_text("\n".join([HEAD, ROW.format(n=1), ROW.format(n=2)]), encoding="utf-8")
    call_command("import_homes", str(path), verbosity=0)
    return Home.objects.order_by("pk")[0]


@pytest.fixture
def office() -> Organization:
    call_command("load_programs", verbosity=0)
    return factories.OrganizationFactory(name="相談室みほん", municipality=factories.MunicipalityFactory())


@pytest.fixture
def person(office):
    person = factories.PersonFactory(
        given_name="花子", municipality=office.municipality, certificate_number="0000000017"
    )
    factories.SupportLinkFactory(person=person, organization=office)
    year = clock.today().year
    factories.GrantFactory(person=person, starts_on=dt.date(year, 1, 1), ends_on=dt.date(year + 1, 12, 31))
    return person


def in_days(days: int) -> dt.date:
    return clock.today() + dt.timedelta(days=days)


def slow_down(page: Page) -> None:
    """A line on which every answer takes at least half a second."""
    line = {"offline": False, "latency": 500, "downloadThroughput": -1, "uploadThroughput": -1}
    page.context.new_cdp_session(page).send("Network.emulateNetworkConditions", line)


def publish(page: Page, first: dt.date, last: dt.date) -> None:
    """The form that follows a new room."""
    page.get_by_label("最初の夜").fill(format_wareki(first))
    page.get_by_label("最後の朝").fill(
        f"{last:%Y-%m-%d}".translate(str.maketrans("0123456789-", "０１２３４５６７８９－"))
    )
    page.get_by_label("家賃（1日）").fill("１１００")
    page.get_by_label("食費（1日）").fill("800")
    page.get_by_role("button", name="公開する").click()
    expect(page.get_by_role("heading", level=1)).not_to_have_text("枠を公開する")


@pytest.mark.parametrize("java_script_enabled", [True, False], ids=["htmx", "without JavaScript"])
def test_from_the_published_list_to_the_familys_calendar(
    signed_in, home, office, person, live_server, java_script_enabled
):
    options = {"java_script_enabled": java_script_enabled}
    first, last = in_days(10), in_days(12)

    # The home offers a room.
    house = signed_in(member(home.organization), **options)
    house.get_by_role("link", name="居室を登録する").click()
    house.get_by_label("居室の名前").fill("１０１号室")
    house.get_by_role("button", name="登録する").click()
    publish(house, in_days(1), in_days(30))

    # The worker finds it for this person and asks for two nights.
    desk = signed_in(member(office), **options)
    expect(desk.get_by_role("heading", level=1)).to_have_text("きょう")
    desk.get_by_role("link", name="本人", exact=True).click()
    desk.get_by_role("link", name="見本 花子", exact=True).click()
    desk.get_by_role("link", name="部屋をさがす").first.click()
    desk.get_by_label("体験事業").select_option("group-home-trial")
    desk.get_by_label("いつから").fill(format_wareki(first))
    desk.get_by_label("いつまで").fill(format_wareki(last))
    offers = desk.locator("#results").get_by_role("link", name=format_short(first))
    if java_script_enabled:
        # On a slow line the answer for one night is still there, and must not be followed.
        desk.get_by_label("泊数").focus()
        expect(offers.first).to_be_visible()
        slow_down(desk)
    desk.get_by_label("泊数").fill("２")
    desk.get_by_role("button", name="さがす", exact=True).click()
    offers.first.click()
    expect(desk.get_by_role("heading", level=1)).to_have_text("体験を申し込む")
    expect(desk.get_by_text("2泊3日").first).to_be_visible()
    expect(desk.get_by_text("5,700円").first).to_be_visible()
    desk.get_by_label("ホームに伝えること").fill("部屋の電気は少しつけたまま寝ます。")
    desk.get_by_role("button", name="仮に押さえて申し込む").click()
    expect(desk.get_by_text("仮に押さえました").first).to_be_visible()

    # The family subscribes while it is still a request.
    desk.goto(f"/people/{person.public_id}/feeds/")
    desk.get_by_label("だれの予定表ですか").fill("母")
    desk.get_by_role("group", name=re.compile("どうやって確かめましたか")).get_by_label("ことば").check()
    desk.get_by_role("button", name="アドレスを発行する").click()
    address = desk.locator("#address").input_value()
    [event] = subscribed(address, live_server)
    assert event["STATUS"] == "TENTATIVE"

    # The home answers in one tap.
    house.get_by_role("link", name="申込").first.click()
    expect(house.get_by_text("見本")).to_have_count(0)
    house.get_by_role("button", name=re.compile("確定する")).click()
    expect(house.get_by_text("確定").first).to_be_visible()
    session = Session.objects.get()
    assert session.state == "CONFIRMED"

    # The calendar has it, with the right times and nothing that names anybody.
    [event] = subscribed(address, live_server)
    assert event["STATUS"] == "CONFIRMED"
    assert event.start == clock.at(first, dt.time(15))
    assert event.end == clock.at(last, dt.time(10))
    assert str(event["SUMMARY"]) == "お泊まり"
    assert event["SEQUENCE"] == 1
    text = event.to_ical().decode()
    for secret in ("見本", "花子", "はなさん", home.name, home.organization.name, "電気"):
        assert secret not in text

    # And says so when it is called off.
    desk.goto(f"/sessions/{session.public_id}/")
    expect(desk.get_by_text("確定").first).to_be_visible()
    desk.get_by_role("link", name=re.compile("取り消す|取消")).first.click()
    desk.get_by_label(re.compile("理由")).fill("熱が出たため")
    desk.get_by_role("button", name=re.compile("取り消す|取消")).click()
    expect(desk.locator(".badge-cancelled").first).to_be_visible()
    [event] = subscribed(address, live_server)
    assert event["STATUS"] == "CANCELLED"
    assert str(event["SUMMARY"]).startswith("【中止】")


def subscribed(address: str, live_server) -> list:
    """Fetch the address as a calendar program would, without cookies, and read it with icalendar."""
    assert address.startswith(live_server.url)
    with urllib.request.urlopen(address) as response:
        assert response.headers["Content-Type"] == "text/calendar; charset=utf-8"
        return list(Calendar.from_ical(response.read()).walk("VEVENT"))
