"""Every page that a role reaches from its start: readable, accessible, narrow enough, and silent in the console."""

import pytest
from django.conf import settings
from playwright.sync_api import Page, expect

from programs.models import Session
from programs.services import demo as demo_data
from transition.models import User

pytestmark = [pytest.mark.e2e, pytest.mark.django_db(transaction=True)]

ROLES = ["municipality", "core_center", "worker", "facility", "group_home"]
# One page of each kind is enough: these parts of an address are the same page for another row.
MOST_PAGES = 60


def sign_in(signed_in, role: str, **options) -> Page:
    email = next(member["email"] for member in demo_data.read()["members"] if member["role"] == role)
    return signed_in(User.objects.get(email=email), settings.DEMO_PASSWORD, **options)


def kind_of(path: str) -> str:
    """The path with every identifier taken out, and without its query."""
    return "/".join("…" if part.isdigit() or len(part) == 36 else part for part in path.partition("?")[0].split("/"))


def links(page: Page) -> list[str]:
    hrefs = page.eval_on_selector_all("a[href^='/']", "nodes => nodes.map(node => node.getAttribute('href'))")
    return [href.split("#")[0] for href in hrefs if not href.startswith(("/ical/", "/static/"))]


@pytest.fixture(scope="session")
def examined() -> set[str]:
    """Kinds of page that axe has seen already; roles share most of them."""
    return set()


@pytest.mark.parametrize("role", ROLES)
def test_every_page_of_a_role(demo, signed_in, accessible, examined, role):
    page = sign_in(signed_in, role, viewport={"width": 1280, "height": 900})
    noise = []
    page.on("console", lambda message: noise.append(message.text) if message.type in ("error", "warning") else None)
    page.on("pageerror", lambda error: noise.append(str(error)))
    waiting, seen = [page.url.replace(page.evaluate("location.origin"), "")], set()
    while waiting and len(seen) < MOST_PAGES:
        path = waiting.pop(0)
        if kind_of(path) in seen:
            continue
        seen.add(kind_of(path))
        response = page.goto(path)
        assert response.status == 200, path
        expect(page.locator("h1")).to_have_count(1)
        for width in (1280, 320):
            page.set_viewport_size({"width": width, "height": 900})
            assert page.evaluate("document.documentElement.scrollWidth") <= width, f"{path} at {width} px"
        if kind_of(path) not in examined:
            accessible(page)
            examined.add(kind_of(path))
        page.set_viewport_size({"width": 1280, "height": 900})
        assert not noise, path
        waiting += links(page)
    assert len(seen) >= 3


def test_a_home_answers_a_request_with_the_keyboard_only(demo, signed_in):
    page = sign_in(signed_in, "group_home")
    waiting = Session.objects.filter(state="REQUESTED", room__home__organization__name="グループホームかくう").get()
    page.keyboard.press("Tab")
    expect(page.locator(":focus")).to_have_text("本文へ進む")
    tab_to(page, "申込")
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", level=1)).to_contain_text("申込")
    tab_to(page, "確定する")
    page.keyboard.press("Enter")
    expect(page.get_by_text("確定").first).to_be_visible()
    page.wait_for_load_state("networkidle")
    waiting.refresh_from_db()
    assert waiting.state == "CONFIRMED"


def tab_to(page: Page, text: str) -> None:
    """Press Tab until the focus is visibly on a link or button that begins with the text."""
    for _ in range(60):
        page.keyboard.press("Tab")
        focus = page.locator(":focus")
        if focus.count() and (focus.inner_text() or "").strip().startswith(text):
            outline = focus.evaluate("node => getComputedStyle(node).outlineStyle")
            assert outline != "none", f"no visible focus on {text}"
            return
    raise AssertionError(f"{text} cannot be reached with Tab")


def test_nothing_about_people_stays_in_the_browser(demo, signed_in):
    page = sign_in(signed_in, "worker")
    page.get_by_label("名前・ふりがな・呼び名").fill("みほん")
    page.get_by_role("button", name="さがす").click()
    page.get_by_role("link", name="見本 花子", exact=True).click()
    page.wait_for_load_state("networkidle")
    stored = page.evaluate("JSON.stringify([Object.values(sessionStorage), Object.values(localStorage)])")
    assert "見本" not in stored
