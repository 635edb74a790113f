"""A page is rendered in part only for a target its view has allowed."""

import json

import pytest
from django.http import HttpRequest
from django.test import RequestFactory
from django.urls import include, path
from django_htmx.middleware import HtmxDetails

from transition import htmx
from transition.views.styleguide import LIMIT_HELP

urlpatterns = [path("", include(("transition.routes", "transition")))]

PAGE = "transition/styleguide.html"
PARTIALS = {"sample-form"}
CONTEXT = {"sample": "見本のフォーム", "bad": "", "states": [], "days": [], "rooms": [], "problems": [], "page": ""} | {
    "tokens": {"colors": [], "roles": [], "spaces": []},
    "week": [],
    "limit_help": LIMIT_HELP,
}

pytestmark = pytest.mark.urls(__name__)


def request_with(**headers: str) -> HttpRequest:
    request = RequestFactory().get("/", headers=headers)
    request.htmx = HtmxDetails(request)
    return request


def body(**headers: str) -> str:
    response = htmx.render_page(request_with(**headers), PAGE, CONTEXT, partials=PARTIALS)
    assert response.status_code == 200
    return response.content.decode()


def test_browser_gets_the_whole_page():
    assert "<html" in body()


def test_allowed_target_gets_its_part():
    part = body(HX_Request="true", HX_Target="sample-form")
    assert part.strip().startswith('<form id="sample-form"')
    assert "<html" not in part


def test_target_without_htmx_gets_the_whole_page():
    assert "<html" in body(HX_Target="sample-form")


@pytest.mark.parametrize("target", ["main", "sample-form#x", "", "試し"])
def test_unknown_target_gets_the_whole_page(target):
    assert "<html" in body(HX_Request="true", HX_Target=target.encode().decode("latin-1"))


def test_history_restore_gets_the_whole_page():
    whole = body(HX_Request="true", HX_Target="sample-form", HX_History_Restore_Request="true")
    assert "<html" in whole


@pytest.mark.parametrize("headers", [{}, {"HX_Request": "true", "HX_Target": "sample-form"}])
def test_caches_are_told_what_the_answer_depends_on(headers):
    response = htmx.render_page(request_with(**headers), PAGE, CONTEXT, partials=PARTIALS)
    assert {"HX-Request", "HX-Target"} <= set(response["Vary"].split(", "))


def test_status_is_kept():
    response = htmx.render_page(
        request_with(HX_Request="true", HX_Target="sample-form"), PAGE, CONTEXT, partials=PARTIALS, status=422
    )
    assert response.status_code == 422


def test_redirect_of_a_browser_is_a_302():
    response = htmx.redirect_page(request_with(), "/people/")
    assert (response.status_code, response["Location"]) == (302, "/people/")


def test_redirect_of_htmx_loads_the_page_whole():
    response = htmx.redirect_page(request_with(HX_Request="true"), "/people/")
    assert (response.status_code, response["HX-Redirect"]) == (204, "/people/")
    assert not response.has_header("Location")


def test_focus_and_say_travel_in_headers():
    response = htmx.say(htmx.focus(htmx.redirect_page(request_with(), "/"), "#slot-3"), "3件みつかりました")
    assert json.loads(response["HX-Trigger-After-Settle"]) == {"focus": {"value": "#slot-3"}}
    assert json.loads(response["HX-Trigger"]) == {"say": {"value": "3件みつかりました"}}
