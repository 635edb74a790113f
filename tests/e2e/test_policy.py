"""The policy of the pages (CSP) in a real browser: nothing of ours breaks it, and what is injected does not run."""

import pytest
from django.conf import settings
from playwright.sync_api import Page

from programs.services import demo as demo_data
from tests.e2e.examination import kind_of, links, path_of
from transition.models import Pulse, User

pytestmark = [pytest.mark.e2e, pytest.mark.django_db(transaction=True)]

MOST_KINDS = 60
LISTEN = """() => {
  window.broken = [];
  document.addEventListener("securitypolicyviolation", (event) => window.broken.push(event.effectiveDirective));
}"""
STORED = """async () => {
  const databases = indexedDB.databases ? await indexedDB.databases() : [];
  const cached = "caches" in window ? await caches.keys() : [];
  return JSON.stringify([{...sessionStorage}, {...localStorage}, databases, cached, document.cookie]);
}"""


def sign_in(signed_in, role: str) -> Page:
    email = next(member["email"] for member in demo_data.read()["members"] if member["role"] == role)
    return signed_in(User.objects.get(email=email), settings.DEMO_PASSWORD)


@pytest.mark.parametrize("role", ["worker", "group_home"])
def test_no_page_breaks_the_policy_and_the_browser_keeps_nothing(demo, signed_in, role):
    page = sign_in(signed_in, role)
    page.add_init_script(f"({LISTEN})()")
    waiting, seen, broken = [path_of(page)], set(), []
    while waiting and len(seen) < MOST_KINDS:
        path = waiting.pop(0)
        kind = kind_of(path)
        if kind in seen or path.partition("?")[0].endswith((".csv", ".pdf", ".ics", "pdf/", "csv/")):
            continue
        seen.add(kind)
        response = page.goto(path)
        if not (response.headers.get("content-type") or "").startswith("text/html"):
            continue
        waiting += links(page)
        broken += [(kind, directive) for directive in page.evaluate("window.broken")]
        stored = page.evaluate(STORED)
        assert not [
            word for word in ("見本", "花子", "相談", "@example", "sessionid", "csrftoken") if word in stored
        ], kind
    assert broken == []
    assert len(seen) > 15
    assert not Pulse.objects.filter(name__startswith="csp:").exists()


def test_what_is_injected_does_not_run(demo, signed_in):
    """The other way round: the listener of the test above hears."""
    page = sign_in(signed_in, "worker")
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
