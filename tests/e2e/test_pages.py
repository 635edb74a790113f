"""Every page that a role reaches from its start, in every state: readable, accessible, narrow enough, silent.

States: full (demo data), empty (an office that began today), wrong (each form sent empty), open (each disclosure),
at 1280 and at 320 px, light and, for a sample, dark. `pytest -s` prints how much was looked at.
"""

import sys
import time

import pytest
from django.core.management import call_command
from playwright.sync_api import Page, expect

from programs.models import RoomNight, Session, Slot
from tests import factories
from tests.e2e.examination import DOWNLOADS, FORMS, SEND_WRONG, Examiner, kind_of, links, path_of
from tests.personas import member
from transition.enums import OrganizationKind

pytestmark = [pytest.mark.e2e, pytest.mark.django_db(transaction=True)]

ROLES = ["municipality", "core_center", "worker", "facility", "group_home", "administrator"]
# Far more kinds of page than there are: a crawl that goes astray ends here.
MOST_KINDS = 120
DARK_EVERY = 3


@pytest.fixture(scope="session")
def examined() -> set[str]:
    """Kinds of page that were looked at already; roles share most of them."""
    return set()


def crawl(page: Page, examined: set[str], *, state: str = "full") -> Examiner:
    """Follow every link to a kind of page not seen yet; look at it full, then with each form sent wrong.

    What looks the same whatever the data is left out where the state is another one than "full".
    """
    examiner, started = Examiner(), time.monotonic()
    noise: list[str] = []
    page.on("console", lambda message: noise.append(message.text) if message.type in ("error", "warning") else None)
    page.on("pageerror", lambda error: noise.append(str(error)))
    waiting, seen = [path_of(page)], set()
    while waiting and len(seen) < MOST_KINDS:
        path = waiting.pop(0)
        kind = kind_of(path)
        if kind in seen or path.partition("?")[0].endswith(DOWNLOADS):
            continue
        seen.add(kind)
        response = page.goto(path)
        if not (response.headers.get("content-type") or "").startswith("text/html"):
            noise.clear()  # The browser's own viewer of pictures dresses them against our policy.
            continue
        if response.status != 200:
            examiner.wrong.append(f"{path} answers {response.status}")
            continue
        expect(page.locator("h1")).to_have_count(1)
        waiting += links(page)
        if kind in examined:
            continue
        examined.add(kind)
        if state == "full":
            examiner.examine(page, dark=len(examined) % DARK_EVERY == 0)
            send_each_form_wrong(page, path, examiner, noise)
        else:
            examiner.look(page, state)
        for text in noise:
            examiner.wrong.append(f"{kind} [console] {text}")
        noise.clear()
    seconds = time.monotonic() - started
    sys.stdout.write(f"\n{len(seen)} kinds of page, axe: {dict(examiner.counts)}, {seconds:.0f} s\n")
    return examiner


def send_each_form_wrong(page: Page, path: str, examiner: Examiner, noise: list[str]) -> None:
    page.goto(path)
    for form in page.evaluate(FORMS):
        if not form["typed"]:
            continue
        if path_of(page) != path or examiner.counts["wrong"]:
            page.goto(path)
        with page.expect_navigation() as answer:
            page.evaluate(SEND_WRONG, form["index"])
        # The browser itself notes a 422 in its console.
        noise[:] = [text for text in noise if "status of 422" not in text]
        if answer.value.status == 422:
            examiner.look(page, "wrong")
            examiner.width(page, "wrong")
            if not page.locator("main :is(.field-errors, .error-summary, .problem)").count():
                examiner.note(page, "wrong", "422, and nothing says why")


@pytest.mark.parametrize("role", ROLES)
def test_every_page_of_a_role(signed_in_as, examined, role):
    page = signed_in_as(role, viewport={"width": 1280, "height": 900})
    crawl(page, examined).fail_if_wrong()


@pytest.mark.parametrize(
    "kind", [OrganizationKind.GROUP_HOME, OrganizationKind.FACILITY, OrganizationKind.MUNICIPALITY]
)
def test_every_page_of_an_office_that_began_today(signed_in, transactional_db, kind):
    """Nothing is there yet, so every list is empty and says what to do first."""
    call_command("load_programs", verbosity=0)
    city = None if kind == OrganizationKind.MUNICIPALITY else factories.MunicipalityFactory()
    page = signed_in(member(factories.OrganizationFactory(kind=kind, municipality=city), "COORDINATOR"))
    crawl(page, set(), state="empty").fail_if_wrong()


def test_a_home_answers_a_request_with_the_keyboard_only(signed_in_as):
    page = signed_in_as("group_home")
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


def test_a_home_publishes_and_closes_nights_with_the_keyboard_only(signed_in, transactional_db):
    room = factories.RoomFactory()
    page = signed_in(member(room.home.organization))

    def choose_nights(count: int) -> None:
        tab_to(page, "夜を選んで公開する")
        page.keyboard.press("Enter")
        expect(page.locator("#board-nights")).to_be_visible()
        page.wait_for_load_state("networkidle")
        tab_to(page, selector="table.board input[type=checkbox]")
        page.keyboard.press("Space")
        for _ in range(count - 1):
            page.keyboard.press("Shift+ArrowRight")
        expect(page.locator("#board-count")).to_have_text(f"{count}泊を選んでいます")

    tab_to(page, "居室の空き")
    page.keyboard.press("Enter")
    choose_nights(3)
    tab_to(page, "公開する")
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", level=1)).to_have_text("枠を公開する")
    tab_to(page, "公開する")
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", level=1)).not_to_have_text("枠を公開する")
    slot = Slot.objects.get()
    assert (slot.ends_on - slot.starts_on).days == 3

    tab_to(page, "居室の空き", fresh=True)
    page.keyboard.press("Enter")
    choose_nights(2)
    tab_to(page, "閉じる")
    page.keyboard.press("Enter")
    page.wait_for_load_state("networkidle")
    expect(page.locator("table.board .is-closed")).to_have_count(2)
    assert RoomNight.objects.filter(room=room).count() == 2


def tab_to(page: Page, text: str = "", *, selector: str = "*", fresh: bool = False) -> None:
    """Press Tab until the focus is visibly on something that begins with the text. `fresh`: from the page's start."""
    if fresh:
        page.evaluate("document.activeElement.blur(); getSelection().removeAllRanges()")
        page.reload()
    for _ in range(80):
        page.keyboard.press("Tab")
        focus = page.locator(f":focus:is({selector})")
        if focus.count() and (focus.inner_text() or "").strip().startswith(text):
            outline = focus.evaluate(
                "node => [node, ...(node.labels || [])].map((one) => getComputedStyle(one).outlineStyle)"
            )
            assert set(outline) != {"none"}, f"no visible focus on {text or selector}"
            return
    raise AssertionError(f"{text or selector} cannot be reached with Tab")


def test_nothing_about_people_stays_in_the_browser(signed_in_as):
    page = signed_in_as("worker")
    page.get_by_role("link", name="本人", exact=True).click()
    page.get_by_label("名前・ふりがな・呼び名").fill("みほん")
    page.get_by_role("button", name="さがす").click()
    page.get_by_role("link", name="見本 花子", exact=True).click()
    page.wait_for_load_state("networkidle")
    stored = page.evaluate("JSON.stringify([Object.values(sessionStorage), Object.values(localStorage)])")
    assert "見本" not in stored
