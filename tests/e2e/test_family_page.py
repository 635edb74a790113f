"""A family's page in a real browser: narrow, dark, magnified, and without a script."""

import pytest
from playwright.sync_api import expect

from calendars.enums import Detail
from calendars.services import feeds
from programs.models import FamilyRemark
from transition.models import Person

pytestmark = [pytest.mark.e2e, pytest.mark.django_db(transaction=True)]
NUMBER = "0000000017"


@pytest.fixture
def opened(browser, live_server, browser_context_args, demo):
    contexts = []

    def open_page(detail: str = Detail.NAMES, **options):
        person = Person.objects.get(certificate_number=NUMBER)
        lead = person.support_links.order_by("pk")[0].lead
        feed = feeds.issue(person=person, label="母", detail=detail, by=lead)
        context = browser.new_context(base_url=live_server.url, **{**browser_context_args, **options})
        contexts.append(context)
        context.set_default_timeout(15_000)
        page = context.new_page()
        page.goto(f"/ical/{feed.token}/")
        return page

    yield open_page
    for context in contexts:
        context.close()


@pytest.mark.parametrize("detail", [Detail.BUSY, Detail.NAMES])
@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_it_is_readable_narrow_and_wrong(opened, accessible, detail, scheme):
    page = opened(detail, viewport={"width": 320, "height": 700}, color_scheme=scheme)
    for _ in range(2):
        accessible(page)
        assert page.evaluate("document.documentElement.scrollWidth <= document.documentElement.clientWidth")
        page.get_by_role("button", name="送る").click()
    assert (
        page.evaluate(
            "Math.min(...[...document.querySelectorAll('main p')].map(e => parseFloat(getComputedStyle(e).fontSize)))"
        )
        >= 20
    )


def test_a_worry_is_written_without_a_script(opened):
    page = opened(java_script_enabled=False, viewport={"width": 360, "height": 700})
    page.get_by_role("textbox").fill("夜が心配です。")
    page.get_by_role("button", name="送る").click()
    expect(page.get_by_role("status")).to_contain_text("届きました")
    expect(page.get_by_text("夜が心配です。")).to_be_visible()
    assert FamilyRemark.objects.filter(who="母", text="夜が心配です。").count() == 1
    page.get_by_role("link", name="次の月").click()
    expect(page.get_by_role("heading", name="の予定表")).to_be_visible()
    assert page.context.cookies() == []
