"""From the bell to what can be done about it: by keyboard, by a count that moves by itself, and without script."""

import pytest
from playwright.sync_api import expect

from tests import factories
from tests.e2e.examination import Examiner
from tests.e2e.test_pages import tab_to
from tests.notices import only_notices
from tests.personas import World, make_world
from transition import clock
from transition.enums import NotificationKind, NotificationState
from transition.models import ApiToken, Notification
from transition.notifications import Notice, Told

pytestmark = [pytest.mark.e2e, pytest.mark.django_db(transaction=True)]

KIND = NotificationKind.SLOT_UNCONFIRMED


@pytest.fixture
def world(transactional_db) -> World:
    made = make_world()
    told = Told("空きの確認", "まだ空いていますか。", f"/slots/{made.slot.public_id}/", "枠を見る", "201号室の枠です。")
    with only_notices(Notice(KIND, lambda rows: {one.pk: told for one in rows})):
        yield made


def tell(world: World, **more) -> Notification:
    return factories.NotificationFactory(
        user=world.home_staff, organization=world.home_office, kind=KIND, due_at=clock.now(), **more
    )


def test_from_the_bell_to_the_action_with_the_keyboard_only(signed_in, world):
    notification = tell(world)
    page = signed_in(world.home_staff)
    tab_to(page, "お知らせ", selector="#bell")
    expect(page.locator("#bell")).to_have_text("お知らせ1件をまだ読んでいません")
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", level=1)).to_have_text("お知らせ")
    tab_to(page, "枠を見る")
    page.keyboard.press("Enter")
    page.wait_for_url(f"**/slots/{world.slot.public_id}/")
    expect(page.locator("#bell")).to_have_text("お知らせ")
    notification.refresh_from_db()
    assert notification.read_at is not None


def test_the_count_moves_by_itself_is_said_once_and_takes_no_focus(signed_in, world):
    tell(world)
    page = signed_in(world.home_staff)
    statuses = []
    page.on("response", lambda answer: statuses.append(answer.status) if answer.url.endswith("/bell/") else None)

    def look() -> None:
        with page.expect_response("**/notifications/bell/"):
            page.evaluate("htmx.trigger('#bell', 'look')")

    page.get_by_text("アカウント", exact=True).focus()
    look()
    expect(page.locator("#bell")).to_contain_text("1")
    tell(world)
    look()
    expect(page.locator(".bell-count")).to_have_text("2")
    expect(page.locator("#live")).to_contain_text("2件")
    expect(page.get_by_text("アカウント", exact=True)).to_be_focused()
    look()
    assert statuses == [304, 200, 304]
    # A session that ends does not take the page away under whoever writes in it.
    here = page.url
    page.context.clear_cookies()
    look()
    assert (statuses[-1], page.url) == (204, here)
    expect(page.locator(".bell-count")).to_have_text("2")


def test_without_script_it_is_all_there(signed_in, world):
    notification = tell(world)
    page = signed_in(world.home_staff, java_script_enabled=False)
    page.locator("#bell").click()
    page.get_by_role("button", name="枠を見る").click()
    page.wait_for_url(f"**/slots/{world.slot.public_id}/")
    notification.refresh_from_db()
    assert notification.read_at is not None
    page.get_by_text("アカウント", exact=True).click()
    page.get_by_role("link", name="お知らせの受け取り方").click()
    page.get_by_label("体験枠の空きを30日確かめていないとき").select_option("OFF")
    page.get_by_role("button", name="受け取り方を保存する").click()
    expect(page.get_by_label("体験枠の空きを30日確かめていないとき")).to_have_value("OFF")


def test_a_token_is_issued_copied_and_stopped(signed_in, world):
    page = signed_in(world.home_staff, permissions=["clipboard-read", "clipboard-write"])
    page.goto("/tokens/")
    page.get_by_label("何に使いますか").fill("町の予約ソフト")
    page.get_by_label("体験枠を公開し、居室とホームの案内を直す").check()
    page.get_by_role("button", name="トークンを発行する").click()
    page.get_by_role("button", name="コピーする", exact=True).click()
    expect(page.get_by_role("button", name="コピーしました")).to_be_visible()
    assert page.evaluate("navigator.clipboard.readText()").startswith("taiken_")
    page.get_by_role("link", name="一覧にもどる").click()
    page.locator("a[data-dialog]").click()
    page.get_by_role("dialog", name="トークンを止めますか").get_by_role("button", name="止める").click()
    expect(page.get_by_text("止めました")).to_be_visible()
    assert ApiToken.objects.get().revoked_at is not None


def test_the_pages_in_every_state(signed_in, world):
    for state in (NotificationState.FAILED, NotificationState.UNCERTAIN, NotificationState.UNMAILED):
        tell(world, state=state, read_at=clock.now() if state == NotificationState.UNMAILED else None)
    factories.ApiTokenFactory(user=world.home_staff, organization=world.home_office)
    page, examiner = signed_in(world.home_staff), Examiner()
    for path in ("/notifications/", "/notifications/choices/", "/tokens/"):
        page.goto(path)
        examiner.examine(page, dark=True)
        page.get_by_text("アカウント", exact=True).click()
        examiner.look(page, "menu")
        examiner.width(page, "menu")
    examiner.fail_if_wrong()
