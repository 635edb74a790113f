"""The policy of the pages (CSP) in a real browser: nothing of ours breaks it, and what is injected does not run."""

import pytest
from playwright.sync_api import Page

from calendars.enums import Detail
from calendars.services import feeds
from tests.e2e.examination import DOWNLOADS, kind_of, links, path_of
from transition.models import Person, Pulse
from transition.services import links as links_of_people

pytestmark = [pytest.mark.e2e, pytest.mark.django_db(transaction=True)]

MOST_KINDS = 60
FEW = 8
NUMBER = "0000000017"
CANARIES = ("見本", "花子", "相談", "@example", "@demo", NUMBER, "sessionid", "csrftoken")
LISTEN = """() => {
  window.broken = [];
  document.addEventListener("securitypolicyviolation", (event) => window.broken.push(event.effectiveDirective));
}"""
STORED = """async () => {
  const databases = indexedDB.databases ? await indexedDB.databases() : [];
  const cached = "caches" in window ? await caches.keys() : [];
  return JSON.stringify([{...sessionStorage}, {...localStorage}, databases, cached, document.cookie]);
}"""
# How much there is in each place where a browser keeps: localStorage, sessionStorage, IndexedDB, caches, cookies that
# a script can read, service workers. htmx remembers for one tab the address that stands in its bar.
COUNTED = """async () => [
  localStorage.length,
  Object.keys(sessionStorage).filter((key) => key !== "htmx-current-path-for-history").length,
  (await indexedDB.databases()).length,
  "caches" in window ? (await caches.keys()).length : 0,
  document.cookie.length,
  "serviceWorker" in navigator ? (await navigator.serviceWorker.getRegistrations()).length : 0,
]"""
NOTHING = [0] * 6


def walk(page: Page, start: str, most: int) -> int:
    """Along the links of what opens, one page of each kind; how many."""
    waiting, seen, broken = [start], set(), []
    while waiting and len(seen) < most:
        path = waiting.pop(0)
        kind = kind_of(path)
        if kind in seen or path.partition("?")[0].endswith(DOWNLOADS):
            continue
        seen.add(kind)
        response = page.goto(path)
        if not (response.headers.get("content-type") or "").startswith("text/html"):
            continue
        waiting += links(page)
        broken += [(kind, directive) for directive in page.evaluate("window.broken")]
        stored = page.evaluate(STORED)
        assert not [word for word in CANARIES if word in stored], kind
        assert page.evaluate(COUNTED) == NOTHING, kind
    assert broken == []
    assert not Pulse.objects.filter(name__startswith="csp:").exists()
    return len(seen)


@pytest.mark.parametrize("role", ["worker", "group_home"])
def test_no_page_breaks_the_policy_and_the_browser_keeps_nothing(signed_in_as, role):
    page = signed_in_as(role)
    page.add_init_script(f"({LISTEN})()")
    assert walk(page, path_of(page), MOST_KINDS) > 15


def test_neither_do_those_of_everybody_else(signed_in_as, browser, live_server, browser_context_args):
    """A few pages each, in one demo: roles that sign in, and those who hold a secret address."""
    visited = {}
    for role in ("municipality", "core_center", "facility", "administrator"):
        page = signed_in_as(role)
        page.add_init_script(f"({LISTEN})()")
        visited[role] = walk(page, path_of(page), FEW)
    person = Person.objects.get(certificate_number=NUMBER)
    by = person.support_links.order_by("pk")[0].lead
    feed = feeds.issue(person=person, label="母", detail=Detail.NAMES, by=by)
    link = links_of_people.issue(person=person, label="へや", by=by)
    for who, address in (("family", f"/ical/{feed.token}/"), ("person", f"/me/enter/{link.token}/")):
        context = browser.new_context(base_url=live_server.url, **browser_context_args)
        try:
            page = context.new_page()
            page.add_init_script(f"({LISTEN})()")
            visited[who] = walk(page, address, FEW)
        finally:
            context.close()
    assert all(count >= 3 for who, count in visited.items() if who != "family"), visited


@pytest.mark.parametrize(
    "keep",
    [
        "localStorage.setItem('x', '1')",
        "sessionStorage.setItem('x', '1')",
        "caches.open('x')",
        "new Promise((done) => { indexedDB.open('x').onsuccess = done; }).then(() => 1)",
        "document.cookie = 'x=1'",
    ],
)
def test_whatever_is_kept_is_seen(browser, live_server, browser_context_args, transactional_db, keep):
    """The other way round: one thing in each place where a browser keeps, and the look at it is not empty."""
    context = browser.new_context(base_url=live_server.url, **browser_context_args)
    try:
        page = context.new_page()
        page.goto("/sign-in/")
        assert page.evaluate(COUNTED) == NOTHING
        page.evaluate(f"async () => {{ await ({keep}); }}")
        assert page.evaluate(COUNTED) != NOTHING
    finally:
        context.close()


def test_what_is_injected_does_not_run(signed_in_as):
    """The other way round: the listener of the test above hears."""
    page = signed_in_as("worker")
    page.add_init_script(f"({LISTEN})()")
    page.goto("/people/")
    page.evaluate("""() => {
      document.body.insertAdjacentHTML("beforeend", "<img src=x onerror='window.ran = 1'>");
      const script = document.createElement("script");
      script.textContent = "window.ran = 2";
      document.body.append(script);
      document.body.setAttribute("style", "color: red");
    }""")
    page.wait_for_timeout(500)
    assert page.evaluate("window.ran === undefined")
    assert set(page.evaluate("window.broken")) >= {"script-src-elem", "style-src-attr"}
