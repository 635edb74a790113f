"""Webhooks through the API: kept by those who manage, shown to nobody else, tested and looked into."""

import socket

import pytest

from programs.models import Webhook, WebhookDelivery
from tests import factories
from tests.api.alike import NOBODY, fields, queries_of, same, send
from tests.personas import member
from tests.programs.pages import request
from tests.transition.https import Names
from transition import clock
from transition.models import AuditEvent, IdempotencyKey
from transition.services import api_tokens

pytestmark = pytest.mark.django_db

WEBHOOKS = "/api/v1/webhooks/"
BODY = {"label": "市のページ", "url": "https://hook.example.invalid/a", "events": ["SLOT_PUBLISHED"]}


@pytest.fixture(autouse=True)
def names(monkeypatch):
    """Nobody is called: no name leads anywhere."""
    names = Names()
    monkeypatch.setattr(socket, "getaddrinfo", names.getaddrinfo)
    return names


@pytest.fixture
def client(world, caller):
    """Of the city's coordinator."""
    return caller(world.coordinator)


@pytest.fixture
def webhook(world):
    return factories.WebhookFactory(organization=world.municipality, created_by=world.coordinator)


def of(webhook, tail=""):
    return f"{WEBHOOKS}{webhook.public_id}/{tail}"


def test_the_whole_life_of_a_webhook(world, client):
    made = send(client, WEBHOOKS, BODY)
    assert made.status_code == 201
    assert made.json() | {"id": "", "secret": ""} == {
        "id": "",
        "label": "市のページ",
        "organization": str(world.municipality.public_id),
        "url": "https://hook.example.invalid/a",
        "events": ["SLOT_PUBLISHED"],
        "secret": "",
        "created_at": "2026-11-22T10:00:00+09:00",
        "failures": 0,
        "last_delivered_at": None,
        "disabled_at": None,
    }
    secret, url = made.json()["secret"], f"{WEBHOOKS}{made.json()['id']}/"
    assert secret.startswith("whsec_")
    assert client.get(url).json()["secret"] == ""
    changed = send(client, url, {"events": ["SESSION_CHANGED"]}, method="patch").json()
    assert (changed["events"], changed["label"], changed["secret"]) == (["SESSION_CHANGED"], "市のページ", "")
    renewed = send(client, f"{url}renew-secret/")
    assert renewed.status_code == 200
    assert renewed.json()["secret"] not in ("", secret)
    tested = send(client, f"{url}test/")
    assert tested.status_code == 201
    assert (tested.json()["event"], tested.json()["state"], tested.json()["failure"]) == (
        "TEST",
        "FAILED",
        "UNREACHABLE",
    )
    assert [one["id"] for one in client.get(f"{url}deliveries/").json()["results"]] == [tested.json()["id"]]
    assert [one["label"] for one in client.get(WEBHOOKS).json()["results"]] == ["市のページ"]
    assert client.delete(url).status_code == 204
    assert client.get(url).status_code == client.delete(url).status_code == 404
    assert client.get(WEBHOOKS).json()["results"] == []
    actions = AuditEvent.objects.filter(subject_type="webhook").values_list("action", flat=True)
    assert [action.partition(".")[2] for action in actions] == ["add", "change", "renew_secret", "test", "remove"]


def test_enabled_again(client, webhook):
    Webhook.objects.update(disabled_at=clock.now(), failures=20)
    answer = send(client, of(webhook, "enable/"))
    assert (answer.status_code, answer.json()["disabled_at"], answer.json()["failures"]) == (200, None, 0)


def test_what_was_sent_is_shown_newest_first(world, client, webhook):
    request(world, "2026-12-05", "2026-12-07")
    request(world, "2026-12-10", "2026-12-11")
    answer = client.get(of(webhook, "deliveries/")).json()["results"]
    ids = [str(one.public_id) for one in WebhookDelivery.objects.order_by("-pk")]
    assert [one["id"] for one in answer] == ids
    assert answer[0]["payload"]["session"]["check_in"] == "2026-12-10"
    assert (answer[0]["state"], answer[0]["event"], answer[0]["failure"]) == ("NEW", "SESSION_CHANGED", "")
    assert list(client.get(of(webhook, "deliveries/?fields=id")).json()["results"][0]) == ["id"]
    page = client.get(of(webhook, "deliveries/?page_size=1")).json()
    assert [one["id"] for one in client.get(page["next"]).json()["results"]] == ids[1:]


ACTS = [("get", ""), ("patch", ""), ("delete", ""), ("get", "deliveries/")] + [
    ("post", act) for act in ("renew-secret/", "enable/", "test/")
]


@pytest.mark.parametrize(("method", "act"), ACTS)
def test_a_strangers_webhook_is_like_none(world, caller, webhook, method, act):
    for user in (world.worker, world.home_staff, world.stranger, world.other_home_staff):
        client = caller(user)
        theirs = send(client, of(webhook, act), method=method)
        assert theirs.status_code == 404
        same(theirs, send(client, f"{WEBHOOKS}{NOBODY}/{act}", method=method))


@pytest.mark.parametrize(("method", "act"), ACTS)
def test_staff_does_not_manage(world, caller, webhook, method, act):
    before = list(Webhook.objects.values())
    answer = send(caller(member(world.municipality)), of(webhook, act), method=method)
    assert (answer.status_code, answer.json()["code"]) == (403, "permission_denied")
    assert list(Webhook.objects.values()) == before
    assert not WebhookDelivery.objects.exists()


def test_staff_neither_lists_nor_adds(world, caller, webhook):
    client = caller(member(world.municipality))
    assert client.get(WEBHOOKS).status_code == 403
    assert send(client, WEBHOOKS, BODY).status_code == 403


def test_of_the_organization_for_which_one_works_now(world, caller, webhook):
    """A coordinator of two organizations sees one at a time; a manager here may be staff elsewhere."""
    factories.MembershipFactory(user=world.coordinator, organization=world.office)
    other = factories.WebhookFactory(organization=world.office)
    here, there = caller(world.coordinator, world.municipality), caller(world.coordinator, world.office)
    assert [one["id"] for one in here.get(WEBHOOKS).json()["results"]] == [str(webhook.public_id)]
    assert there.get(WEBHOOKS).status_code == 403
    assert here.get(of(other)).status_code == 403


@pytest.mark.parametrize(("method", "act"), [*ACTS, ("post", None)])
def test_a_token_needs_the_scope(world, webhook, caller, method, act):
    url = WEBHOOKS if act is None else of(webhook, act)
    others = caller(world.coordinator, scopes=["HOMES_WRITE", "AUDIT_READ"])
    assert send(others, url, method=method).json()["code"] == "scope_missing"
    reading = send(caller(world.coordinator, scopes=["OFFICE_READ"]), url, method=method)
    assert reading.status_code == (200 if method == "get" else 403)


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"label": ""}, "label"),
        ({"label": "x" * 61}, "label"),
        ({"url": "https://" + "x" * 500}, "url"),
        ({"events": []}, "events"),
        ({"events": ["TEST"]}, "events.0"),
        ({"events": ["SLOT_PUBLISHED"] * 3}, "events"),
        ({"secret": "x"}, "secret"),
        ({"organization": NOBODY}, "organization"),
    ],
)
def test_what_is_wrong_is_named(client, webhook, change, field):
    assert fields(send(client, WEBHOOKS, BODY | change)) == [field]
    assert fields(send(client, of(webhook), change, method="patch")) == [field]


@pytest.mark.parametrize("url", ["http://hook.example.invalid/", "https://a@hook.example.invalid/", "x"])
def test_an_address_that_may_never_be_called_is_refused(client, webhook, url):
    for answer in (
        send(client, WEBHOOKS, BODY | {"url": url}),
        send(client, of(webhook), {"url": url}, method="patch"),
    ):
        assert (answer.status_code, answer.json()["code"]) == (409, "refused")
        assert [(one["code"], one["field"]) for one in answer.json()["problems"]] == [("webhook.address", "url")]


def test_sent_again_it_is_done_once_and_the_secret_stays_away(client, webhook):
    first, again = (send(client, WEBHOOKS, BODY, "k1") for _ in range(2))
    assert (first.status_code, again.status_code) == (201, 201)
    assert again.json() == first.json() | {"secret": ""}
    assert send(client, WEBHOOKS, BODY | {"label": "x"}, "k1").json()["code"] == "key_reused"
    for _ in range(2):
        send(client, of(webhook, "renew-secret/"), key="k2")
    webhook.refresh_from_db()
    assert webhook.secret_version == 2
    assert first.json()["secret"] not in str(list(IdempotencyKey.objects.values()))
    tests = [send(client, of(webhook, "test/"), key="k3") for _ in range(2)]
    assert tests[0].content == tests[1].content
    assert WebhookDelivery.objects.count() == 1
    enabled = [send(client, of(webhook, "enable/"), key="k4") for _ in range(2)]
    assert enabled[0].content == enabled[1].content


def test_tests_have_a_pause(client, webhook):
    send(client, of(webhook, "test/"))
    again = send(client, of(webhook, "test/"))
    assert (again.status_code, again.json()["problems"][0]["code"]) == (409, "webhook.soon")


@pytest.mark.parametrize(("method", "act"), [(method, act) for method, act in ACTS if method != "get"])
def test_a_lost_update(client, webhook, method, act):
    etag = client.get(of(webhook))["ETag"]
    Webhook.objects.update(label="別の名前")
    do = getattr(client, method)
    stale = do(of(webhook, act), {"label": "x"} if method == "patch" else {}, format="json", headers={"If-Match": etag})
    assert (stale.status_code, stale.json()["code"]) == (412, "precondition_failed")
    assert not WebhookDelivery.objects.exists()
    fresh = client.get(of(webhook))["ETag"]
    body = {"label": "x"} if method == "patch" else {}
    assert do(of(webhook, act), body, format="json", headers={"If-Match": fresh}).status_code < 300


def test_lists_cost_the_same_with_one_and_three(client, webhook):
    factories.WebhookDeliveryFactory(webhook=webhook)
    few = queries_of(client, WEBHOOKS), queries_of(client, of(webhook, "deliveries/"))
    for number in range(2):
        factories.WebhookFactory(organization=webhook.organization, url=f"https://hook.example.invalid/{number}")
        factories.WebhookDeliveryFactory(webhook=webhook)
    assert (queries_of(client, WEBHOOKS), queries_of(client, of(webhook, "deliveries/"))) == few


def test_a_revoked_token_tells_nothing(client, world, webhook):
    api_tokens.revoke(token=client.token, by=world.coordinator)
    assert client.get(of(webhook)).status_code == 401
