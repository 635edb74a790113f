"""The date box says at once what it understood, and means what the server means."""

import pytest
from playwright.sync_api import Page, expect

from transition.domain.wareki import format_wareki, parse_date, parse_time

pytestmark = [pytest.mark.e2e, pytest.mark.django_db(transaction=True)]

DATES = [
    "2026-12-02",
    "2026/12/2",
    "20261202",
    "２０２６ー１２ー０２",
    "令和8年12月2日",
    "令和８年１２月２日（水）",
    "令和8年12月2日（木）",
    "R8.12.2",
    "r8-12-2",
    "㋿8年12月2日",
    "令和元年5月1日",
    "令和元年4月30日",
    "平成31年4月30日",
    "平成31年5月1日",
    "昭和64年1月7日",
    "令和0年1月1日",
    "2026-02-29",
    "2028-02-29",
    "2026-13-01",
    "12月2日",
    "8-12-2",
    "1899-12-31",
    "2100-12-31",
    "2101-01-01",
    "あした",
]
TIMES = ["15:00", "午後3時", "午後３時半", "15時30分", "1530", "正午", "午後12時", "24:00", "25時", "9:61", "夕方"]


@pytest.fixture
def guide(page: Page, live_server, settings) -> Page:
    settings.DEMO = True
    page.goto(f"{live_server.url}/styleguide/")
    return page


def read(page: Page, box, text: str) -> str:
    box.fill("")
    box.fill(text)
    page.wait_for_timeout(350)
    hint = box.locator("xpath=ancestor::*[contains(@class, 'field')][1]").locator(".date-read")
    return hint.inner_text().removesuffix("と読みました") if hint.count() else ""


def meant(parse, say, text: str) -> str:
    try:
        return say(parse(text))
    except ValueError:
        return ""


def test_it_reads_what_the_server_reads(guide):
    box = guide.locator("#sample-form [data-date]")
    assert {text: read(guide, box, text) for text in DATES} == {
        text: meant(parse_date, format_wareki, text) for text in DATES
    }
    box = guide.locator("#sample-form [data-time]")
    said = {text: meant(parse_time, lambda time: f"{time.hour}:{time.minute:02}", text) for text in TIMES}
    # A time that was written as it is read needs no second word.
    assert {text: read(guide, box, text) for text in TIMES} == said | {"15:00": ""}


def test_the_button_opens_the_browsers_calendar_and_takes_its_answer(guide):
    button = guide.locator("#sample-form .date-pick")
    expect(button).to_have_accessible_name("カレンダーで選ぶ：はじまりの日")
    guide.evaluate("HTMLInputElement.prototype.showPicker = function () { window.shown = this.type; }")
    guide.locator("#sample-form [data-date]").fill("令和8年12月2日")
    button.click()
    assert guide.evaluate("window.shown") == "date"
    native = guide.locator("#sample-form .date-native")
    assert native.input_value() == "2026-12-02"
    native.evaluate("node => { node.value = '2026-12-03'; node.dispatchEvent(new Event('change')); }")
    expect(guide.locator("#sample-form [data-date]")).to_have_value("2026-12-03")
    expect(guide.locator("#sample-form .date-read")).to_have_text("令和8年12月3日（木）と読みました")
    expect(button).to_be_focused()
