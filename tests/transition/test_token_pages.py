"""The page on which tokens are issued, seen once, and stopped."""

import datetime as dt

import pytest
from django.urls import resolve, reverse
from rest_framework.test import APIClient

from tests import factories
from tests.personas import member
from tests.programs.pages import client_of, field_error, queries_of, soup, text
from transition import clock
from transition.enums import TokenScope
from transition.models import ApiToken, User
from transition.views.tokens import FIRST_LOOK

pytestmark = pytest.mark.django_db

LIST, ISSUE = reverse("transition:token-list"), reverse("transition:token-issue")


@pytest.fixture
def worker() -> User:
    return member(factories.OrganizationFactory(name="相談室みほん"))


def issue(client, **changes):
    return client.post(ISSUE, {"label": "表示板", "scopes": ["HOMES_READ"], "expires_on": "令和8年12月1日"} | changes)


def secret_of(response) -> str:
    found = soup(response).select_one("#secret")
    return found.text.strip() if found else ""


def test_issued_shown_once_and_alive(worker):
    client = client_of(worker)
    answer = issue(client, scopes=["OFFICE_READ", "HOMES_READ"])
    secret, token = secret_of(answer), ApiToken.objects.get()
    assert secret.startswith("taiken_")
    assert (token.expires_on, token.scopes) == (dt.date(2026, 12, 1), ["HOMES_READ", "OFFICE_READ"])
    assert token.organization == worker.memberships.get().organization
    assert answer["Cache-Control"] == "no-store"
    assert secret not in client.get(LIST).content.decode()
    program = APIClient()
    program.credentials(HTTP_AUTHORIZATION=f"Bearer {secret}")
    assert program.get("/api/v1/tokens/").status_code == 200


def test_the_line_to_try_names_an_address_and_no_secret(worker):
    page = soup(issue(client_of(worker)))
    line = page.select_one("#try").text.strip()
    assert line == 'curl -H "Authorization: Bearer $TOKEN" http://testserver/api/v1/homes/'
    assert {button["data-copy"] for button in page.select("button[data-copy][hidden]")} == {"secret", "try"}
    only_writes = soup(issue(client_of(worker), scopes=["HOMES_WRITE"]))
    assert only_writes.select_one("#try") is None


def test_each_scope_that_reads_has_an_address_to_try():
    assert set(FIRST_LOOK) == {scope for scope in TokenScope if scope.endswith("_READ")}
    for there in FIRST_LOOK.values():
        assert resolve(f"/api/v1/{there}/").view_name.endswith("-list"), there


def test_sent_twice_it_is_one_token_and_one_look(worker):
    client = client_of(worker)
    first, again = (issue(client, idempotency_key="k") for _ in range(2))
    assert secret_of(first)
    assert secret_of(again) == ""
    assert "もう表示しました" in text(soup(again).main)
    assert ApiToken.objects.count() == 1
    assert issue(client, idempotency_key="k", label="別").status_code == 422


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"label": ""}, "label"),
        ({"scopes": []}, "scopes"),
        ({"scopes": ["EVERYTHING"]}, "scopes"),
        ({"expires_on": "2026-11-21"}, "expires_on"),
        ({"expires_on": "2027-11-23"}, "expires_on"),
        ({"expires_on": "いつか"}, "expires_on"),
    ],
)
def test_what_is_wrong_is_said_beside_it_and_kept(worker, changes, field):
    answer = issue(client_of(worker), **changes)
    assert answer.status_code == 422
    assert field_error(answer, field)
    if field != "label":
        assert soup(answer).select_one("[name=label]")["value"] == "表示板"
    assert not ApiToken.objects.exists()


def test_the_list_tells_what_each_may_and_whether_it_lives(worker):
    office = worker.memberships.get().organization
    for changes in (
        {"label": "いま", "last_used_at": clock.now()},
        {"label": "止めた", "revoked_at": clock.now()},
        {"label": "終わった", "expires_on": clock.today() - dt.timedelta(days=1)},
    ):
        factories.ApiTokenFactory(user=worker, organization=office, scopes=["HOMES_READ"], **changes)
    factories.ApiTokenFactory(label="よその人")
    rows = {text(row.th).split()[0]: text(row) for row in soup(client_of(worker).get(LIST)).select("tbody tr")}
    assert set(rows) == {"いま", "止めた", "終わった"}
    assert "ホーム・居室・体験枠を見る" in rows["いま"]
    assert "11/22(日) 10:00" in rows["いま"]
    assert ["止める（" in row.replace(" ", "") for row in rows.values()].count(True) == 1
    assert "止めました" in rows["止めた"]
    assert "終わりました" in rows["終わった"]


def test_stopped_after_a_question_and_dead_at_once(worker):
    client = client_of(worker)
    secret = secret_of(issue(client))
    url = reverse("transition:token-revoke", args=[ApiToken.objects.get().public_id])
    link = soup(client.get(LIST)).select_one("a[data-dialog]")
    assert link["href"] == url
    assert "トークンを止めますか" in text(soup(client.get(url)).main)
    assert ApiToken.objects.get().revoked_at is None
    assert client.post(url)["Location"] == LIST
    program = APIClient()
    program.credentials(HTTP_AUTHORIZATION=f"Bearer {secret}")
    assert program.get("/api/v1/tokens/").status_code == 401


def test_after_the_membership_it_is_shown_as_dead_and_none_is_issued(worker):
    client = client_of(worker)
    issue(client)
    token = ApiToken.objects.get()
    worker.memberships.update(ended_at=clock.now())
    page = soup(client.get(LIST))
    assert "所属が終わりました" in text(page.select_one("tbody tr"))
    assert page.select("main form, main a[data-dialog]") == []
    assert issue(client).status_code == 403
    assert client.get(reverse("transition:token-revoke", args=[token.public_id])).status_code == 404


def test_the_same_queries_with_one_and_three_and_pages(worker):
    office, client = worker.memberships.get().organization, client_of(worker)
    factories.ApiTokenFactory(user=worker, organization=office)
    once = queries_of(client, LIST)
    for _ in range(22):
        factories.ApiTokenFactory(user=worker, organization=office)
    assert queries_of(client, LIST) == once <= 12
    assert len(soup(client.get(f"{LIST}?page=2")).select("tbody tr")) == 3
