"""Tokens: issued, listed, revoked, held to their scopes; and with them what every resource does alike."""

import datetime as dt

import pytest
from rest_framework.test import APIClient

from tests.personas import member
from transition import clock
from transition.models import ApiToken, AuditEvent, IdempotencyKey, Membership

pytestmark = pytest.mark.django_db

TOKENS = "/api/v1/tokens/"


def issue(client, key="", **changes):
    headers = {"Idempotency-Key": key} if key else {}
    return client.post(TOKENS, {"label": "表示板", "scopes": ["HOMES_READ"]} | changes, format="json", headers=headers)


def test_the_secret_is_shown_once_and_stored_nowhere(world, caller):
    client = caller(world.worker)
    answer = issue(client, label="掲示板")
    assert answer.status_code == 201
    secret = answer.json()["token"]
    assert secret.startswith("taiken_")
    assert client.get(f"{TOKENS}{answer.json()['id']}/").json()["token"] == ""
    assert secret.removeprefix("taiken_") not in str(list(ApiToken.objects.values()))
    assert secret.removeprefix("taiken_") not in str(list(IdempotencyKey.objects.values()))
    assert not AuditEvent.objects.filter(data__icontains=secret).exists()


def test_a_revoked_an_expired_and_a_former_members_token_are_dead_at_the_next_request(world, caller, frozen_time):
    revoked, expired, former = (caller(user) for user in (world.worker, world.worker, member(world.office)))
    assert revoked.post(f"{TOKENS}{revoked.token.public_id}/revoke/").status_code == 200
    Membership.objects.filter(user=former.token.user).update(ended_at=clock.now())
    ApiToken.objects.filter(pk=expired.token.pk).update(expires_on=clock.today() - dt.timedelta(days=1))
    for client in (revoked, expired, former):
        answer = client.get(TOKENS)
        assert answer.status_code == 401
        assert answer.json()["code"] == "token_invalid"
        assert answer["WWW-Authenticate"].startswith("Bearer")


def test_nobody_sees_a_colleagues_token(world, caller):
    colleague = caller(member(world.office))
    mine = caller(world.worker)
    assert [one["id"] for one in mine.get(TOKENS).json()["results"]] == [str(mine.token.public_id)]
    assert mine.get(f"{TOKENS}{colleague.token.public_id}/").status_code == 404


def test_a_token_gives_nobody_more_than_it_has(world, caller):
    weak = caller(world.worker, scopes=["OFFICE_WRITE"])
    assert issue(weak).status_code == 403
    assert issue(weak, scopes=["OFFICE_WRITE"]).status_code == 201
    assert issue(caller(world.worker, scopes=["OFFICE_READ"]), scopes=["OFFICE_READ"]).json()["code"] == "scope_missing"


def test_sent_again_it_is_done_once(world, caller):
    client = caller(world.worker)
    first, again = (issue(client) for _ in range(2))
    assert first.json()["id"] != again.json()["id"]
    keyed = [issue(client, "k1") for _ in range(2)]
    assert {one.status_code for one in keyed} == {201}
    assert keyed[0].json()["id"] == keyed[1].json()["id"]
    assert keyed[1].json()["token"] == ""
    other = issue(client, "k1", label="別")
    assert (other.status_code, other.json()["code"]) == (409, "key_reused")


def test_an_answer_sent_again_is_word_for_word_the_first(world, caller, frozen_time):
    client = caller(world.worker)
    url = f"{TOKENS}{issue(client).json()['id']}/revoke/"
    first = client.post(url, headers={"Idempotency-Key": "k2"})
    frozen_time.shift(dt.timedelta(hours=3))
    client.get(TOKENS)
    again = client.post(url, headers={"Idempotency-Key": "k2"})
    assert again.content == first.content
    assert again["Idempotent-Replayed"] == "true"


def test_etag_304_and_a_lost_update(world, caller):
    client = caller(world.worker)
    url = f"{TOKENS}{issue(client).json()['id']}/"
    first = client.get(url)
    assert client.get(url, headers={"If-None-Match": first["ETag"]}).status_code == 304
    stale = client.post(f"{url}revoke/", headers={"If-Match": '"something-else"'})
    assert (stale.status_code, stale.json()["code"]) == (412, "precondition_failed")
    assert client.get(url).json()["revoked_at"] is None
    assert client.post(f"{url}revoke/", headers={"If-Match": first["ETag"]}).status_code == 200
    assert client.get(url, headers={"If-None-Match": first["ETag"]}).status_code == 200


def test_only_the_fields_asked_for(world, caller):
    client = caller(world.worker)
    assert client.get(f"{TOKENS}?fields=id,label").json()["results"] == [
        {"id": str(client.token.public_id), "label": client.token.label}
    ]
    unknown = client.get(f"{TOKENS}?fields=secret")
    assert (unknown.status_code, unknown.json()["problems"][0]["field"]) == (400, "fields")


def test_too_many_requests_wait(world, caller, settings):
    settings.API_REQUESTS_A_MINUTE = 2
    client, other = caller(world.worker), caller(world.worker)
    assert [client.get(TOKENS).status_code for _ in range(3)] == [200, 200, 429]
    answer = client.get(TOKENS)
    assert answer.json()["code"] == "throttled"
    assert 0 < int(answer["Retry-After"]) <= 60
    assert other.get(TOKENS).status_code == 200


@pytest.mark.parametrize(
    "body",
    [
        b"{",
        b"[]",
        b'{"a": NaN}',
        b'{"a": 1, "a": 2}',
        b'{"a":' + b"[" * 40 + b"]" * 40 + b"}",
        b"[" * 100_000,
        b'{"label": "x", "scopes": ["HOMES_READ"], "more": 1}',
    ],
)
def test_what_is_not_plain_json_is_refused(world, caller, body):
    answer = caller(world.worker).generic("POST", TOKENS, body, content_type="application/json")
    assert answer.status_code == 400
    assert set(answer.json()) == {"code", "detail", "problems"}


def test_an_address_that_does_not_exist_answers_in_json(client):
    answer = client.get("/api/v1/nothing/here/")
    assert (answer.status_code, answer.json()["code"]) == (404, "not_found")


def test_nobody_is_led_to_a_sign_in_page(client):
    answer = client.get(TOKENS)
    assert (answer.status_code, answer.json()["code"]) == (401, "not_authenticated")


def test_a_browser_that_is_signed_in_needs_the_forms_secret(world):
    browser = APIClient(enforce_csrf_checks=True)
    browser.force_login(world.worker)
    assert browser.get(TOKENS).status_code == 200
    assert issue(browser).status_code == 403
