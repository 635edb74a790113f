"""Journeys in real Chromium against a real server, on the demo data or on a small world of their own."""

import os

import pytest
from axe_playwright_python.sync_playwright import Axe
from django.conf import settings
from django.core.management import call_command
from playwright.sync_api import Browser, Page, expect

from programs.services import demo as demo_data
from tests.e2e.browser import launch_options, require_browser
from tests.factories import PASSWORD
from transition.models import User

# Playwright runs an event loop in this thread; the ORM is still used from it only.
os.environ["DJANGO_ALLOW_ASYNC_UNSAFE"] = "true"


# A loaded machine with two cores is slow, not wrong.
expect.set_options(timeout=15_000)


@pytest.fixture(scope="session", autouse=True)
def browser_is_there():
    require_browser()


@pytest.fixture(scope="session")
def browser_type_launch_args(browser_type_launch_args):
    return {**browser_type_launch_args, **launch_options()}


@pytest.fixture(scope="session")
def browser_context_args(browser_context_args):
    return {**browser_context_args, "locale": "ja-JP", "timezone_id": "Asia/Tokyo"}


@pytest.fixture
def demo(transactional_db):
    """The demo data, as `make demo` loads it."""
    call_command("seed", verbosity=0)


@pytest.fixture
def signed_in(browser: Browser, live_server, browser_context_args):
    """Opens a signed-in page of its own per user: `signed_in(user)` or `signed_in(user, java_script_enabled=False)`."""
    contexts = []

    def open_page(user: User, password: str = PASSWORD, **options) -> Page:
        context = browser.new_context(**{**browser_context_args, "base_url": live_server.url, **options})
        contexts.append(context)
        context.set_default_timeout(15_000)
        page = context.new_page()
        page.goto("/sign-in/")
        page.get_by_label("メールアドレス").fill(user.email)
        page.get_by_label("パスワード").fill(password)
        page.get_by_role("button", name="サインイン").click()
        page.wait_for_url(lambda url: "/sign-in/" not in url)
        return page

    yield open_page
    for context in contexts:
        context.close()


@pytest.fixture
def signed_in_as(demo, signed_in):
    """The same for somebody of the demo data, by role: `signed_in_as("worker")`."""

    def open_page(role: str, **options) -> Page:
        data = demo_data.read()
        everybody = [*data["members"], *data["administrators"]]
        email = next(member["email"] for member in everybody if member["role"] == role)
        return signed_in(User.objects.get(email=email), settings.DEMO_PASSWORD, **options)

    return open_page


@pytest.fixture
def accessible():
    """Fails with what axe finds on the page."""
    axe = Axe()

    def check(page: Page) -> None:
        found = axe.run(page).response["violations"]
        report = [f"{one['id']}: {node['html']}" for one in found for node in one["nodes"]]
        assert not report, f"{page.url}\n" + "\n".join(report)

    return check
