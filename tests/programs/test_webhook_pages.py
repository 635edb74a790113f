"""The screens of webhooks, and the word to those who manage when one has been disabled."""

import pytest

from programs.models import Webhook, WebhookDelivery
from programs.services import deliveries
from tests import factories
from tests.personas import make_world, member
from tests.programs.pages import client_of, field_error, part, queries_of, soup, text
from tests.transition.https import Names
from transition import clock
from transition.models import Membership, Notification
from transition.notifications import registry

pytestmark = pytest.mark.django_db

WEBHOOKS = "/webhooks/"
FORM = {"label": "市のページ", "url": "https://hook.example.invalid/a", "events": ["SLOT_PUBLISHED"]}


@pytest.fixture(autouse=True)
def names(monkeypatch):
    monkeypatch.setattr("socket.getaddrinfo", Names().getaddrinfo)


@pytest.fixture
def world():
    return make_world()


@pytest.fixture
def client(world):
    return client_of(world.coordinator)


@pytest.fixture
def webhook(world):
    return factories.WebhookFactory(organization=world.municipality, created_by=world.coordinator)


def page(webhook, tail=""):
    return f"{WEBHOOKS}{webhook.public_id}/{tail}"


def secret_in(response) -> str:
    found = soup(response).find(id="secret")
    return text(found) if found else ""


def test_adding_shows_the_secret_once(client):
    first, again = (client.post(WEBHOOKS, FORM | {"idempotency_key": "k"}) for _ in range(2))
    assert secret_in(first).startswith("whsec_")
    assert (again.status_code, secret_in(again)) == (200, "")
    assert "もう表示しました" in text(soup(again))
    webhook = Webhook.objects.get()
    for url in (WEBHOOKS, page(webhook), page(webhook, "renew-secret/"), page(webhook, "remove/")):
        assert secret_in(first) not in client.get(url).content.decode()


def test_a_new_secret_is_another_one(client, webhook):
    first = client.post(page(webhook, "renew-secret/"), {"idempotency_key": "k"})
    assert secret_in(first).startswith("whsec_")
    assert secret_in(client.post(page(webhook, "renew-secret/"), {"idempotency_key": "k"})) == ""
    other = client.post(page(webhook, "renew-secret/"), {"idempotency_key": "k2"})
    assert secret_in(other) not in {"", secret_in(first)}


@pytest.mark.parametrize(
    "url", ["http://hook.example.invalid/", "hook.example.invalid", "https://hook.example.invalid/taiken"]
)
def test_what_is_wrong_stands_beside_its_field_and_is_kept(client, webhook, url):
    factories.WebhookFactory(organization=webhook.organization, url="https://hook.example.invalid/other")
    for where in (WEBHOOKS, page(Webhook.objects.latest("pk"))):
        answer = client.post(where, FORM | {"url": url})
        assert answer.status_code == 422
        assert field_error(answer, "url")
        assert soup(answer).find(attrs={"name": "url"})["value"] == url
        assert soup(answer).find(attrs={"name": "label"})["value"] == "市のページ"
        assert soup(answer).select_one("[name=events][value=SLOT_PUBLISHED]").has_attr("checked")


def test_changing(client, webhook):
    answer = client.post(page(webhook), FORM)
    assert (answer.status_code, answer["Location"]) == (302, page(webhook))
    webhook.refresh_from_db()
    assert (webhook.label, webhook.url, webhook.events) == tuple(FORM.values())
    headers = {"HX-Request": "true", "HX-Target": "webhook-form"}
    alone = client.post(page(webhook), FORM | {"url": "x"}, headers=headers)
    assert part(alone, "webhook-form") == part(client.post(page(webhook), FORM | {"url": "x"}), "webhook-form")


def test_a_test_says_what_came_of_it(client, webhook):
    for _ in range(2):
        answer = client.post(page(webhook, "test/"), {"idempotency_key": "k"}, follow=True)
        assert "テストは届きませんでした：相手につながりません。" in text(soup(answer))
    assert WebhookDelivery.objects.count() == 1
    answer = client.post(page(webhook, "test/"), {"idempotency_key": "k2"}, follow=True)
    assert "さきほど送ったところです" in text(soup(answer))


def test_one_that_is_disabled_says_so_and_is_used_again(client, webhook):
    Webhook.objects.update(disabled_at=clock.now(), failures=20)
    assert "止まっています" in text(soup(client.get(WEBHOOKS)))
    assert "20回続けて届きませんでした" in text(soup(client.get(page(webhook))))
    client.post(page(webhook, "enable/"))
    webhook.refresh_from_db()
    assert webhook.disabled_at is None


def test_removing(client, webhook):
    assert client.post(page(webhook, "remove/"), follow=True).redirect_chain == [(WEBHOOKS, 302)]
    assert client.get(page(webhook)).status_code == 404


def test_the_same_number_of_queries_for_any_number(client, webhook):
    factories.WebhookDeliveryFactory(webhook=webhook)
    few = queries_of(client, WEBHOOKS), queries_of(client, page(webhook))
    for number in range(3):
        other = factories.WebhookFactory(
            organization=webhook.organization, url=f"https://hook.example.invalid/{number}"
        )
        factories.WebhookDeliveryFactory.create_batch(2, webhook=other)
        factories.WebhookDeliveryFactory(webhook=webhook)
    assert (queries_of(client, WEBHOOKS), queries_of(client, page(webhook))) == few
    assert max(few) <= 12


def test_who_manages_is_led_there(world, client):
    def led(user):
        return soup(client_of(user).get("/tokens/")).select(f'a[href="{WEBHOOKS}"]') != []

    assert led(world.coordinator)
    assert not led(world.worker)


class TestNotice:
    @pytest.fixture
    def notice(self, world, webhook):
        deliveries._disable(webhook, clock.now())
        return Notification.objects.get()

    def test_leads_to_the_webhook_and_its_mail_names_nothing(self, world, webhook, notice):
        told = registry.tell([notice])[notice.pk]
        assert (notice.user, told.url) == (world.coordinator, page(webhook))
        assert webhook.label not in told.subject + told.summary
        assert webhook.label in told.detail
        assert client_of(notice.user).get(told.url).status_code == 200

    def test_is_over_when_it_is_used_again_or_gone(self, webhook, notice):
        for change in ({"disabled_at": None}, {"disabled_at": clock.now(), "removed_at": clock.now()}):
            Webhook.objects.update(**change)
            assert registry.tell([notice]) == {}

    def test_is_not_for_who_does_not_manage_any_more(self, world, notice):
        Membership.objects.filter(user=world.coordinator).update(role="STAFF")
        assert registry.tell([notice]) == {}

    def test_costs_two_queries(self, world, webhook, notice, django_assert_num_queries):
        other = member(world.municipality, "MANAGER")
        more = factories.NotificationFactory(user=other, kind=notice.kind, subject_id=notice.subject_id)
        with django_assert_num_queries(2):
            assert len(registry.tell([notice, more])) == 2
