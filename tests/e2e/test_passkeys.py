"""Passkeys in real Chromium, with an authenticator that exists in the browser only: the keys are real, nobody's
finger is."""

import pytest
from allauth.mfa.models import Authenticator
from playwright.sync_api import Page, expect

from tests import factories
from transition.models import AuditEvent

pytestmark = [pytest.mark.e2e, pytest.mark.django_db(transaction=True)]


@pytest.fixture
def user():
    return factories.MembershipFactory().user


def give_authenticator(page: Page):
    """A device with a fingerprint reader and a finger on it."""
    device = page.context.new_cdp_session(page)
    device.send("WebAuthn.enable")
    made = device.send(
        "WebAuthn.addVirtualAuthenticator",
        {
            "options": {
                "protocol": "ctap2",
                "transport": "internal",
                "hasResidentKey": True,
                "hasUserVerification": True,
                "isUserVerified": True,
                "automaticPresenceSimulation": True,
            }
        },
    )
    return device, made["authenticatorId"]


def register(page: Page, *, alone: bool = True) -> None:
    page.goto("/account/second-factors/passkeys/add/")
    page.get_by_label("パスキーの名前").fill("事務所のタブレット")
    page.get_by_label("パスワードの代わりにも使う").set_checked(alone)
    page.get_by_role("button", name="登録する").click()
    page.wait_for_url("**/account/second-factors/**recovery-codes/")


def sign_out(page: Page) -> None:
    page.context.clear_cookies()
    page.goto("/sign-in/")


@pytest.fixture
def local(live_server):
    """A passkey belongs to a name; a bare number is none."""
    return live_server.url.replace("127.0.0.1", "localhost")


def test_registered_and_used_instead_of_a_password(signed_in, user, accessible, local):
    page = signed_in(user, base_url=local)
    device, authenticator = give_authenticator(page)
    register(page)
    accessible(page)
    assert Authenticator.objects.filter(user=user, type="webauthn").count() == 1
    [key] = device.send("WebAuthn.getCredentials", {"authenticatorId": authenticator})["credentials"]
    assert key["isResidentCredential"]

    sign_out(page)
    accessible(page)
    page.get_by_role("button", name="パスキーを使う").click()
    page.wait_for_url(lambda url: "/sign-in/" not in url)
    page.goto("/account/")
    expect(page.get_by_role("main")).to_contain_text(user.email)
    assert AuditEvent.objects.filter(action="user.sign_in", actor=user.pk).count() == 2

    page.goto("/account/second-factors/")
    expect(page.get_by_text("事務所のタブレット").first).to_be_visible()
    accessible(page)
    page.get_by_role("main").get_by_role("link", name="消す").click()
    page.get_by_role("button", name="消す").click()
    page.wait_for_url("**/account/second-factors/")
    assert not Authenticator.objects.filter(user=user).exists()

    # Gone here means gone everywhere, even though the device still has it.
    sign_out(page)
    with page.expect_navigation():
        page.get_by_role("button", name="パスキーを使う").click()
    page.wait_for_load_state("networkidle")
    page.goto("/account/")
    assert "/sign-in/" in page.url


def test_as_second_factor_after_the_password(signed_in, user, accessible, local):
    page = signed_in(user, base_url=local)
    device, authenticator = give_authenticator(page)
    register(page, alone=False)
    sign_out(page)
    page.get_by_label("メールアドレス").fill(user.email)
    page.get_by_label("パスワード").fill(factories.PASSWORD)
    page.get_by_role("button", name="サインイン", exact=True).click()
    page.wait_for_url("**/sign-in/code/**")
    accessible(page)
    page.goto("/account/")
    assert "/sign-in/" in page.url

    # Somebody else's finger.
    page.goto("/sign-in/")
    page.get_by_label("メールアドレス").fill(user.email)
    page.get_by_label("パスワード").fill(factories.PASSWORD)
    page.get_by_role("button", name="サインイン", exact=True).click()
    page.wait_for_url("**/sign-in/code/**")
    [key] = device.send("WebAuthn.getCredentials", {"authenticatorId": authenticator})["credentials"]
    device.send("WebAuthn.clearCredentials", {"authenticatorId": authenticator})
    page.get_by_role("button", name="パスキーを使う").click()
    expect(page.get_by_role("alert")).to_contain_text("パスキーで確かめられませんでした")

    device.send("WebAuthn.addCredential", {"authenticatorId": authenticator, "credential": key})
    page.get_by_role("button", name="パスキーを使う").click()
    page.wait_for_url(lambda url: "/sign-in/" not in url)
    page.goto("/account/")
    expect(page.get_by_role("main")).to_contain_text(user.email)
