"""Signing in, out, and choosing the organization one works for."""

import uuid

import pytest
from django.http import HttpResponse
from django.test import Client
from django.urls import include, path

from tests import factories
from transition.enums import OrganizationKind
from transition.models import Membership, Organization, User
from transition.navigation import ways

PASSWORD = "himitsu no kotoba"


def page(request):
    return HttpResponse(status=204)


names = ("today", "portrait-edit", "board", "home-list", "inbox", "people", "program-list", "intention-list")
screens = [*(path(f"{name}/", page, name=name) for name in names), path("me/", page, name="easy-today")]
urlpatterns = [
    path("", include(("transition.routes", "transition"))),
    path("", include("transition.accounts.urls")),
    path("", include((screens, "programs"))),
    path("", include(([path("calendar/", page, name="organization-calendar")], "calendars"))),
]

pytestmark = [pytest.mark.urls(__name__), pytest.mark.django_db]


@pytest.fixture
def user():
    return User.objects.create_user("staff@example.com", PASSWORD, name="職員")


def join(user, kind, name="事業所", **membership):
    organization = Organization.objects.create(kind=kind, name=name)
    Membership.objects.create(user=user, organization=organization, **membership)
    return organization


def sign_in(client, email="staff@example.com", password=PASSWORD, path="/sign-in/", **data):
    return client.post(path, {"username": email, "password": password, **data})


@pytest.mark.parametrize("email", ["staff@example.com", " STAFF@example.com ", "ｓｔａｆｆ＠ｅｘａｍｐｌｅ．ｃｏｍ"])
def test_email_is_read_generously(client, user, email):
    response = sign_in(client, email=email)
    assert (response.status_code, response["Location"]) == (302, "/")


@pytest.mark.parametrize(
    ("email", "password"), [("staff@example.com", "chigau"), ("nobody@example.com", PASSWORD), ("", "")]
)
def test_refusal_says_the_same_for_every_reason(client, user, email, password):
    response = sign_in(client, email=email, password=password)
    assert response.status_code == 422
    assert "error-summary" in response.content.decode()
    assert "_auth_user_id" not in client.session


@pytest.mark.parametrize(
    "target", ["https://evil.example/", "//evil.example/", "javascript:alert(1)", "/\\evil.example"]
)
def test_next_never_leaves_this_host(client, user, target):
    assert sign_in(client, next=target)["Location"] == "/"


def test_next_leads_back_to_the_page(client, user):
    assert sign_in(client, next="/people/")["Location"] == "/people/"


def test_htmx_without_a_session_loads_the_sign_in_page_whole(client):
    headers = {"HX-Request": "true", "HX-Current-URL": "http://testserver/people/?q=x"}
    response = client.get("/sign-in/?next=/people/part/", headers=headers)
    assert (response.status_code, response["HX-Redirect"]) == (204, "/sign-in/?next=%2Fpeople%2F")


@pytest.mark.parametrize("kind", OrganizationKind.values)
def test_everybody_who_works_for_an_organization_starts_with_the_day(client, user, kind):
    join(user, kind)
    client.force_login(user)
    response = client.get("/")
    assert (response.status_code, response["Location"]) == (302, "/today/")


def test_a_person_starts_in_the_own_easy_view(client, user):
    factories.PersonFactory(user=user)
    client.force_login(user)
    assert client.get("/")["Location"] == "/me/"


def test_a_person_who_works_for_an_organization_starts_with_the_day(client, user):
    factories.PersonFactory(user=user)
    join(user, OrganizationKind.CONSULTATION)
    client.force_login(user)
    assert client.get("/")["Location"] == "/today/"


def test_start_without_organization_explains(client, user):
    client.force_login(user)
    response = client.get("/")
    assert response.status_code == 200
    assert "所属がありません" in response.content.decode()


def test_switch_organization_changes_where_one_works(client, user):
    join(user, OrganizationKind.GROUP_HOME)
    city = join(user, OrganizationKind.MUNICIPALITY)
    client.force_login(user)
    response = client.post("/switch-organization/", {"organization": str(city.public_id)})
    assert (response.status_code, response["Location"]) == (302, "/")
    client.get("/")
    page = client.get("/styleguide/").content.decode()
    assert "「事業所」に切り替えました。" in page
    assert 'href="/program-list/"' in page
    assert "に切り替えました。" not in client.get("/styleguide/").content.decode()


def test_switch_to_an_organization_one_does_not_belong_to_is_not_found(client, user):
    home = join(user, OrganizationKind.GROUP_HOME)
    foreign = Organization.objects.create(kind=OrganizationKind.MUNICIPALITY, name="よその市")
    left = join(user, OrganizationKind.FACILITY, ended_at="2100-01-01T00:00Z")
    client.force_login(user)
    for choice in (foreign.public_id, left.public_id, uuid.uuid4(), home.pk, "", "x"):
        assert client.post("/switch-organization/", {"organization": str(choice)}).status_code == 404
    assert 'href="/board/"' in client.get("/styleguide/").content.decode()


def test_sign_out_is_a_post(client, user):
    client.force_login(user)
    assert client.get("/sign-out/").status_code == 405
    assert client.post("/sign-out/")["Location"] == "/sign-in/"
    assert "_auth_user_id" not in client.session


def test_header_offers_the_other_organizations_and_marks_the_page(client, user):
    join(user, OrganizationKind.GROUP_HOME, "はるかぜホーム")
    join(user, OrganizationKind.MUNICIPALITY, "見本市")
    client.force_login(user)
    html = client.get("/styleguide/").content.decode()
    assert html.count('name="organization"') == 1
    assert 'href="/board/"' in html
    assert 'href="/people/"' not in html


@pytest.mark.parametrize(
    ("at", "current"), [("/people/", "page"), ("/people/new/", "true"), ("/people", ""), ("/program-list/", "")]
)
def test_navigation_marks_where_one_is(at, current):
    [people] = [way for way in ways(OrganizationKind.CORE_CENTER, at) if way.label == "本人"]
    assert people.current == current


@pytest.mark.parametrize(
    ("kind", "labels"),
    [
        (OrganizationKind.GROUP_HOME, ["きょう", "予定表", "居室の空き", "申込", "ホーム"]),
        (OrganizationKind.CONSULTATION, ["きょう", "予定表", "本人", "ホーム"]),
        (OrganizationKind.FACILITY, ["きょう", "予定表", "本人", "ホーム", "意向確認"]),
        (OrganizationKind.MUNICIPALITY, ["きょう", "予定表", "本人", "ホーム", "意向確認", "事業と上限"]),
        (OrganizationKind.DAY_ACTIVITY, ["きょう"]),
    ],
)
def test_every_kind_of_organization_has_its_own_ways(kind, labels):
    assert [way.label for way in ways(kind, "/today/")] == labels
    assert [way.current for way in ways(kind, "/today/")] == ["page"] + [""] * (len(labels) - 1)


def test_healthz_touches_nothing(client, django_assert_num_queries):
    with django_assert_num_queries(0):
        response = client.get("/healthz")
    assert (response.status_code, response.content) == (200, b"ok")


def test_styleguide_is_closed_in_production(client, settings):
    settings.DEMO = False
    assert client.get("/styleguide/").status_code == 404


def test_missing_page_is_calm_for_strangers_and_staff(client, user):
    join(user, OrganizationKind.GROUP_HOME)
    assert "ページが見つかりません" in client.get("/nothing/").content.decode()
    client.force_login(user)
    assert "ページが見つかりません" in client.get("/nothing/").content.decode()


def test_form_without_csrf_token_is_refused_calmly(user):
    response = sign_in(Client(enforce_csrf_checks=True))
    assert response.status_code == 403
    assert "もう一度送ってください" in response.content.decode()


def test_no_page_carries_inline_code(client, user):
    join(user, OrganizationKind.CORE_CENTER)
    client.force_login(user)
    for address in ("/styleguide/", "/nothing/"):
        html = client.get(address).content.decode()
        assert " style=" not in html
        assert "<style" not in html
        assert "hx-on" not in html
        assert html.count("<script") == html.count("<script src=")
