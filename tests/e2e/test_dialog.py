"""A destructive act asks first: over the page with script, on a page of its own without."""

import pytest
from playwright.sync_api import Page, expect

from programs.models import Slot
from tests.personas import World, make_world

pytestmark = [pytest.mark.e2e, pytest.mark.django_db(transaction=True)]


@pytest.fixture
def world(transactional_db) -> World:
    return make_world()


def open_slot(signed_in, world, **options) -> Page:
    page = signed_in(world.home_staff, **options)
    page.goto(f"/slots/{world.slot.public_id}/")
    return page


def withdrawn(world) -> bool:
    return Slot.objects.get(pk=world.slot.pk).withdrawn_at is not None


def test_the_question_opens_over_the_page_and_is_left_with_the_keyboard(signed_in, world, accessible):
    page = open_slot(signed_in, world)
    link = page.get_by_role("link", name="取り下げる")
    dialog = page.get_by_role("dialog", name="この枠を取り下げますか")

    link.press("Enter")
    expect(dialog).to_be_visible()
    expect(dialog.get_by_role("heading")).to_be_focused()
    accessible(page)
    page.keyboard.press("Escape")
    expect(dialog).to_have_count(0)
    expect(link).to_be_focused()

    link.press("Enter")
    dialog.get_by_role("link", name="やめる").press("Enter")
    expect(dialog).to_have_count(0)
    expect(link).to_be_focused()
    assert not withdrawn(world)


def test_the_answer_is_sent(signed_in, world):
    page = open_slot(signed_in, world)
    page.get_by_role("link", name="取り下げる").click()
    page.get_by_role("dialog").get_by_role("button", name="取り下げる").click()
    expect(page.get_by_text("が取り下げました").first).to_be_visible()
    assert withdrawn(world)


def test_without_script_it_is_a_page(signed_in, world):
    page = open_slot(signed_in, world, java_script_enabled=False)
    page.get_by_role("link", name="取り下げる").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("この枠を取り下げますか")
    page.get_by_role("button", name="取り下げる").click()
    assert withdrawn(world)


def test_a_page_that_is_gone_is_shown_as_such(signed_in, world):
    page = open_slot(signed_in, world)
    world.slot.delete()
    page.get_by_role("link", name="取り下げる").click()
    expect(page.get_by_role("heading", level=1)).not_to_contain_text("公開した枠")
    expect(page.get_by_role("dialog")).to_have_count(0)
