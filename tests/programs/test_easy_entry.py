"""Into the easy view, out of it, and nobody else. Behind /me/ stands a view of our own that says whom it was given."""

import datetime as dt
import logging
import re

import pytest
import time_machine
from django.conf import settings
from django.contrib.sessions.models import Session as BrowserSession
from django.http import JsonResponse
from django.test import Client
from django.urls import path, reverse

from programs.views.acting import request_key
from programs.views.easy.access import acting_user, easy_view
from tests import factories
from tests.personas import make_world
from tests.programs.easy import client_of_person, enter, link_of
from tests.programs.pages import HTMX, client_of, queries_of, soup, text
from transition import clock
from transition.models import PersonLink
from transition.services import links
from transition.urls import urlpatterns as real_urls

pytestmark = [pytest.mark.django_db, pytest.mark.urls(__name__)]

UNKNOWN = "A" * 43


@easy_view
def looking(request):
    by, key = acting_user(request), request_key(request)
    link = request.person_link
    return JsonResponse(
        {
            "person": request.person.pk,
            "link": link and link.pk,
            "by": by and by.pk,
            "key": key and [key.user_id, key.link_id],
        }
    )


urlpatterns = [path("me/", looking), *real_urls]


@pytest.fixture
def world():
    return make_world()


def address(token: str) -> str:
    return reverse("programs:easy-enter", args=[token])


def shown(client: Client):
    return client.get("/me/").json()["person"]


def cookie(client: Client):
    return client.cookies[settings.SESSION_COOKIE_NAME]


def expire_in(client: Client) -> int:
    return int(cookie(client)["max-age"])


# In


def test_the_address_opens_the_easy_view_and_leads_away_at_once(world):
    client, link = Client(), link_of(world.person)
    answer = client.get(address(link.token))
    assert (answer.status_code, answer["Location"]) == (302, "/me/")
    assert (answer["Referrer-Policy"], answer["Cache-Control"]) == ("no-referrer", "no-store")
    assert answer["X-Robots-Tag"] == "noindex, nofollow"
    page = client.get("/me/")
    assert page.json() == {"person": world.person.pk, "link": link.pk, "by": None, "key": None}
    assert (page["Cache-Control"], page["X-Robots-Tag"]) == ("no-store", "noindex, nofollow")


def test_forms_of_a_person_come_with_their_origin(world):
    """A page that says no-referrer makes browsers send `Origin: null`, and Django refuses that."""
    assert client_of_person(world.person).get("/me/")["Referrer-Policy"] == "same-origin"


def test_a_head_request_is_answered_alike(world):
    answer = Client().head(address(link_of(world.person).token))
    assert (answer.status_code, answer["Location"], answer.content) == (302, "/me/", b"")
    assert Client().head(address(UNKNOWN)).status_code == 404


def test_whoever_has_no_link_reads_how_to_get_in():
    answer = Client().get("/me/")
    assert answer.status_code == 403
    assert "QRコードを よんで ください" in text(soup(answer).h1)
    assert soup(answer).select_one('a[href="/sign-in/?next=/me/"]')
    assert answer["Cache-Control"] == "no-store"


def test_staff_are_nobody_in_the_easy_view(world):
    answer = client_of(world.worker).get("/me/")
    assert answer.status_code == 403
    assert soup(answer).select_one("a[href='/']")


def test_a_person_who_signs_in_is_themselves(world):
    user = factories.UserFactory()
    world.person.user = user
    world.person.save()
    client = client_of(user)
    assert client.get("/me/").json() == {"person": world.person.pk, "link": None, "by": user.pk, "key": None}
    assert client.post("/me/", {"idempotency_key": "k"}).json()["key"] == [user.pk, None]


def test_through_a_link_a_form_is_named_by_the_link(world):
    link = link_of(world.person)
    sent = enter(Client(), link).post("/me/", {"idempotency_key": "k"}).json()
    assert (sent["by"], sent["key"]) == (None, [None, link.pk])


def test_what_is_no_live_link_answers_with_the_same_bytes(world):
    ended, stopped = link_of(world.person), link_of(world.person)
    PersonLink.objects.filter(pk=ended.pk).update(expires_on=clock.today() - dt.timedelta(days=1))
    links.revoke(link=stopped, by=world.worker)
    tokens = [UNKNOWN, "x", "あ", "%", UNKNOWN + "A", ended.token, stopped.token]
    answers = [client.get(address(token)) for token in tokens for client in (Client(), client_of(world.worker))]
    assert {(one.status_code, one.content, str(sorted(one.headers.items()))) for one in answers} == {
        (404, answers[0].content, str(sorted(answers[0].headers.items())))
    }
    assert not any(one.cookies for one in answers)
    assert answers[0]["Referrer-Policy"] == "no-referrer"


def test_other_methods_are_refused(world):
    link = link_of(world.person)
    for method in ("post", "put", "delete"):
        client = Client(enforce_csrf_checks=True)
        assert getattr(client, method)(address(link.token)).status_code == 405
        assert not client.cookies


# How long


def test_a_stopped_link_is_gone_at_the_next_request(world):
    link = link_of(world.person)
    first, second = enter(Client(), link), enter(Client(), link)
    other = client_of_person(world.person)
    assert shown(first) == shown(second) == world.person.pk
    links.revoke(link=link, by=world.worker)
    assert [client.get("/me/").status_code for client in (first, second, other)] == [403, 403, 200]
    assert first.post("/me/", {"idempotency_key": "k"}).status_code == 403


def test_a_stopped_link_makes_htmx_load_the_whole_page(world):
    link = link_of(world.person)
    client = enter(Client(), link)
    links.revoke(link=link, by=world.worker)
    answer = client.post("/me/", headers=HTMX)
    assert (answer.status_code, answer["HX-Redirect"]) == (204, "/me/")


def test_the_last_day_is_the_last_day(world):
    link = link_of(world.person)
    end = clock.at(link.expires_on + dt.timedelta(days=1), dt.time.min)
    with time_machine.travel(clock.now() + dt.timedelta(days=1), tick=False):
        client = enter(Client(), link)
    with time_machine.travel(end - dt.timedelta(seconds=1), tick=False):
        assert shown(client) == world.person.pk
    with time_machine.travel(end, tick=False):
        assert client.get("/me/").status_code == 403


def test_the_browser_keeps_it_as_long_as_the_link(world):
    link = link_of(world.person)
    client = enter(Client(), link)
    end = clock.at(link.expires_on + dt.timedelta(days=1), dt.time.min)
    assert 399 * 86400 < expire_in(client) <= 400 * 86400
    assert expire_in(client) <= (end - clock.now()).total_seconds()


def test_the_session_is_new_and_the_old_one_gone(world):
    client = client_of_person(factories.PersonFactory())
    before = cookie(client).value
    enter(client, link_of(world.person))
    assert cookie(client).value != before
    assert not BrowserSession.objects.filter(session_key=before).exists()
    assert shown(client) == world.person.pk


def test_its_use_is_noted_once_an_hour(world):
    link = link_of(world.person)
    client = enter(Client(), link)
    first = clock.now()

    def used() -> dt.datetime | None:
        return PersonLink.objects.get(pk=link.pk).last_used_at

    assert used() == first
    for minutes, noted in ((59, 0), (60, 60), (119, 60), (120, 120)):
        with time_machine.travel(first + dt.timedelta(minutes=minutes), tick=False):
            shown(client)
        assert used() == first + dt.timedelta(minutes=noted)


def test_it_costs_the_session_and_one_query(world):
    assert queries_of(client_of_person(world.person), "/me/") == 2


# Beside a sign-in


def test_with_a_sign_in_in_the_same_browser_the_links_person_is_shown(world):
    own = factories.PersonFactory(user=world.worker)
    client = client_of(world.worker)
    assert shown(client) == own.pk
    enter(client, link_of(world.person))
    assert shown(client) == world.person.pk
    assert client.get(reverse("programs:people")).status_code == 200
    assert client.post("/me/", {"idempotency_key": "k"}).json()["by"] is None
    left = client.post(reverse("programs:easy-leave"))
    assert (left.status_code, left["Location"]) == (302, "/")
    assert shown(client) == own.pk
    assert client.get(reverse("programs:people")).status_code == 200


def test_a_sign_in_does_not_live_as_long_as_a_link(world):
    client = client_of(world.worker)
    enter(client, link_of(world.person))
    assert expire_in(client) == settings.SESSION_COOKIE_AGE
    later = client_of_person(world.person)
    later.post(reverse("transition:sign-in"), {"username": world.worker.email, "password": factories.PASSWORD})
    assert expire_in(later) == settings.SESSION_COOKIE_AGE
    assert shown(later) == world.person.pk


def test_signing_out_ends_both(world):
    client = client_of(world.worker)
    enter(client, link_of(world.person))
    client.post(reverse("transition:sign-out"))
    assert client.get("/me/").status_code == 403


def test_a_link_alone_opens_nothing_else(world):
    client = client_of_person(world.person)
    for name in ("programs:people", "programs:portrait-edit", "programs:board"):
        assert client.get(reverse(name))["Location"].startswith("/sign-in/")
    own = reverse("programs:person-detail", args=[world.person.public_id])
    assert client.get(own)["Location"].startswith("/sign-in/")


def test_leaving_takes_a_post(world):
    client = client_of_person(world.person)
    assert client.get(reverse("programs:easy-leave")).status_code == 405
    assert shown(client) == world.person.pk
    assert client.post(reverse("programs:easy-leave"))["Location"] == "/me/"
    assert client.get("/me/").status_code == 403
    assert Client().post(reverse("programs:easy-leave"))["Location"] == "/me/"


# The secret stays secret


def test_the_secret_is_in_no_log(world, caplog):
    live, stopped = link_of(world.person), link_of(world.person)
    links.revoke(link=stopped, by=world.worker)
    with caplog.at_level(logging.DEBUG):
        for token in (live.token, stopped.token, UNKNOWN):
            for wrong in (address(token), f"/me//enter/{token}/", f"/me/enter/{token}/more/", f"/x/{token}"):
                Client().get(wrong)
                Client(enforce_csrf_checks=True).post(wrong)
    assert "/me/enter/***" in caplog.text
    assert not re.search("|".join((live.token, stopped.token, UNKNOWN)), caplog.text)


def test_the_secret_is_in_no_page_and_no_session_afterwards(world):
    link = link_of(world.person)
    client = enter(Client(), link)
    assert link.token not in client.get("/me/").content.decode()
    stored = [row.get_decoded() for row in BrowserSession.objects.all()]
    assert link.token not in str(stored)
    assert link.token not in str(PersonLink.objects.values())
    assert link.token not in cookie(client).value
