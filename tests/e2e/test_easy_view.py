"""The person's own view in a real browser: through the link, by touch, read aloud, printed, magnified."""

import datetime as dt

import pytest
from playwright.sync_api import Page, expect

from programs.models import DoneMark, Rating, StopRequest
from tests.personas import make_world
from tests.programs import easy_pages as make
from tests.programs.easy import link_of
from transition import clock
from transition.models import Wish, WishItem

pytestmark = [pytest.mark.e2e, pytest.mark.django_db(transaction=True)]

# Speaks at once, and writes down what.
VOICE = """
window.said = [];
window.SpeechSynthesisUtterance = function (text) { this.text = text; };
Object.defineProperty(window, "speechSynthesis", { value: {
  getVoices: () => [{ lang: "LANG", name: "test" }],
  addEventListener: () => {},
  cancel: () => { window.cancelled = true; },
  speak: (utterance) => { window.said.push(utterance.text); },
} });
"""


@pytest.fixture
def world(transactional_db):
    world = make_world()
    # Under way at any hour at which the tests may run.
    make.outing(world, 0, 0, 20, activity="電車に乗る", starts_at=clock.at(make.day(0), dt.time.min))
    make.stay(world, 2)
    make.item("cafe", "お茶を のむ")
    return world


@pytest.fixture
def opened(browser, live_server, browser_context_args, world):
    contexts = []

    def open_page(voice: str = "", **options) -> Page:
        context = browser.new_context(base_url=live_server.url, **{**browser_context_args, **options})
        contexts.append(context)
        context.set_default_timeout(15_000)
        if voice:
            context.add_init_script(VOICE.replace("LANG", voice))
        page = context.new_page()
        page.goto(f"/me/enter/{link_of(world.person).token}/")
        return page

    yield open_page
    for context in contexts:
        context.close()


def test_a_day_without_javascript(opened, world):
    page = opened(java_script_enabled=False, viewport={"width": 800, "height": 1000})
    page.get_by_role("button", name="おわった").click()
    expect(page.get_by_role("heading", name="おわった こと")).to_be_visible()
    assert DoneMark.objects.count() == 1
    page.get_by_role("link", name="かおを えらぶ").click()
    page.get_by_role("button", name="よかった").click()
    page.get_by_role("button", name="たのしかった").click()
    expect(page.get_by_text("ありがとう。")).to_be_visible()
    assert Rating.objects.order_by("-pk")[0].word == "たのしかった"
    page.get_by_role("link", name="きょうに もどる").click()
    page.get_by_role("link", name="やりたいこと").click()
    page.get_by_role("link", name="ひらく").click()
    page.get_by_role("button", name="やってみたい").click()
    assert Wish.objects.get().choice == "WANT"
    page.get_by_role("link", name="これから").click()
    page.locator("ol a.inside").last.click()
    page.get_by_role("link", name="やめたい").click()
    page.get_by_role("link", name="いいえ").click()
    page.get_by_role("link", name="やめたい").click()
    page.get_by_role("button", name="はい、やめたい").click()
    expect(page.get_by_role("heading", level=1)).to_contain_text("つたえました。")
    assert StopRequest.objects.count() == 1


def test_read_aloud_says_each_reading_once_and_stops(opened):
    page = opened(voice="ja-JP")
    button = page.get_by_role("button", name="よみあげ")
    button.click()
    said = page.evaluate("window.said")
    assert "でんしゃにのる" in said
    assert not [text for text in said if any("\u4e00" <= letter <= "\u9fff" for letter in text)]
    assert "まず" in said
    assert "つぎ" in said
    page.get_by_role("button", name="とめる").click()
    assert page.evaluate("window.cancelled")
    expect(button).to_be_visible()


def test_without_a_japanese_voice_no_button_is_there(opened):
    page = opened(voice="en-US")
    expect(page.locator("#speak button")).to_have_count(0)


@pytest.mark.parametrize("look", [{}, {"color_scheme": "dark"}, {"forced_colors": "active"}], ids=str)
def test_every_page_is_accessible_and_has_big_targets(opened, accessible, look, world):
    page = opened(viewport={"width": 360, "height": 800}, **look)
    night = world.person.sessions.get(kind="STAY").public_id
    trip = world.person.sessions.get(kind="OUTING").public_id
    item = WishItem.objects.get().public_id
    paths = ["", "next/", "wishes/", f"wishes/{item}/", "choices/", "cards/", f"sessions/{night}/"]
    paths += [f"sessions/{night}/stop/", f"sessions/{trip}/rating/"]
    for path in paths:
        page.goto(f"/me/{path}")
        accessible(page)
        low = page.evaluate(
            "[...document.querySelectorAll('a, button, input:not([type=hidden])')].filter(node => "
            "node.offsetHeight && node.offsetHeight < 64).map(node => node.outerHTML)"
        )
        assert low == [], path
        # 320 px, and 400 % of a small laptop.
        for width in (320, 256):
            page.set_viewport_size({"width": width, "height": 800})
            assert page.evaluate("document.documentElement.scrollWidth") <= width, f"{path} at {width} px"
        page.set_viewport_size({"width": 360, "height": 800})


def test_the_keyboard_reaches_the_button(opened):
    page = opened()
    for _ in range(6):
        page.keyboard.press("Tab")
        focus = page.locator(":focus")
        assert focus.evaluate("node => getComputedStyle(node).outlineStyle") == "solid"
        if "おわった" in focus.inner_text():
            break
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", name="おわった こと")).to_be_visible()


def test_the_cards_print_on_paper(opened):
    page = opened()
    page.goto("/me/cards/")
    page.emulate_media(media="print")
    expect(page.locator("nav.ways")).to_be_hidden()
    expect(page.locator("h1")).to_be_hidden()
    card = page.locator(".cut li").last
    assert card.evaluate("node => getComputedStyle(node).borderTopStyle") == "dashed"
    # A4 without margins is 703 px wide.
    assert 3 * card.bounding_box()["width"] <= 703
