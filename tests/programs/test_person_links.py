"""Where a worker hands out and stops a person's own links."""

import datetime as dt
import re

import pytest
from bs4 import BeautifulSoup
from django.test import Client
from django.urls import reverse

from tests.personas import make_world
from tests.programs.easy import link_of
from tests.programs.pages import HTMX, client_of, field_error, part, queries_of, soup, text
from transition import clock
from transition.domain import tokens
from transition.models import AuditEvent, PersonLink
from transition.services import links
from transition.services.transactions import KeyReused, RequestKey

pytestmark = pytest.mark.django_db


@pytest.fixture
def world():
    return make_world()


@pytest.fixture
def worker(world):
    return client_of(world.worker)


def list_url(world) -> str:
    return reverse("programs:person-link-list", args=[world.person.public_id])


def issue_url(world) -> str:
    return reverse("programs:person-link-issue", args=[world.person.public_id])


def revoke_url(link) -> str:
    return reverse("programs:person-link-revoke", args=[link.public_id])


def address_on(page) -> str:
    found = soup(page).select_one("#address")
    return found.text if found else ""


# The services


def test_a_link_is_256_bits_and_only_its_hash_is_stored(world):
    link = link_of(world.person, world.worker)
    assert len(link.token) == 43
    stored = PersonLink.objects.get()
    assert (stored.token, stored.token_hash) == ("", tokens.hash_of(link.token))
    assert link.token not in str(PersonLink.objects.values()) + str(AuditEvent.objects.values())


def test_a_repeated_key_gives_no_second_link_and_no_token(world):
    key = RequestKey.of(world.worker.pk, "k", {"content": "a"})
    first = links.issue(person=world.person, label="へや", by=world.worker, key=key)
    again = links.issue(person=world.person, label="へや", by=world.worker, key=key)
    assert (first == again, bool(first.token), again.token) == (True, True, "")
    other = RequestKey.of(world.worker.pk, "k", {"content": "b"})
    with pytest.raises(KeyReused):
        links.issue(person=world.person, label="へや", by=world.worker, key=other)


def test_revoking_again_changes_nothing(world):
    link = links.revoke(link=link_of(world.person), by=world.worker)
    assert links.revoke(link=link, by=world.coordinator).revoked_by == world.worker
    assert AuditEvent.objects.filter(action="person_link.revoke").count() == 1


# The pages


def test_the_address_shows_once_with_its_code_and_opens_the_easy_view(world, worker):
    page = worker.post(issue_url(world), {"label": "へやの かべ", "idempotency_key": "k"})
    address = address_on(page)
    assert re.fullmatch(r"http://testserver/me/enter/[A-Za-z0-9_-]{43}/", address)
    assert page["Cache-Control"] == "no-store"
    assert len(soup(page).select(".qr-code svg path")) == 2
    assert not soup(page).select("[style], style, svg script")
    assert Client().get(address)["Location"] == "/me/"
    again = worker.post(issue_url(world), {"label": "へやの かべ", "idempotency_key": "k"})
    assert (address_on(again), "もう表示しました" in text(soup(again).main)) == ("", True)
    assert PersonLink.objects.count() == 1
    assert address not in worker.get(list_url(world)).content.decode()


def test_the_card_names_the_person_as_they_are_called(world, worker):
    card = soup(worker.post(issue_url(world), {"label": "へや"})).select_one(".qr-card")
    assert text(card.select_one(".qr-name")) == "はなさん の ページ"
    assert len(card.select("li")) == 3
    assert world.person.family_name not in text(card)


def test_without_a_name_there_is_no_link_and_the_part_equals_the_page(world, worker):
    sent = {"label": "　"}
    page = worker.post(issue_url(world), sent)
    swapped = worker.post(issue_url(world), sent, headers=HTMX | {"HX-Target": "link-form"})
    assert page.status_code == swapped.status_code == 422
    assert field_error(page, "label")
    assert str(part(page, "link-form")) == str(part(swapped, "link-form"))
    assert not PersonLink.objects.exists()


def test_the_list_says_where_who_and_when(world, worker):
    link = link_of(world.person, world.worker)
    ended = link_of(world.person, label="まえの へや")
    PersonLink.objects.filter(pk=ended.pk).update(expires_on=clock.today() - dt.timedelta(days=1))
    stopped = links.revoke(link=link_of(world.person, label="ふるい かべ"), by=world.worker)
    Client().get(reverse("programs:easy-enter", args=[link.token]))
    page = text(soup(worker.get(list_url(world))).main)
    for words in ("へや", world.worker.name, "11/22(日) 10:00ごろ", "まえの へや", "終わりました"):
        assert words in page
    assert "ふるい かべ" not in page
    assert worker.get(revoke_url(stopped)).status_code == 404


def test_stopping_asks_first(world, worker):
    link = link_of(world.person)
    assert worker.get(revoke_url(link)).status_code == 200
    assert not PersonLink.objects.get().revoked_at
    assert worker.post(revoke_url(link))["Location"] == list_url(world)
    assert PersonLink.objects.get().revoked_by == world.worker


def test_links_are_for_those_who_support_the_person(world):
    link = link_of(world.person)
    for user in (world.stranger, world.home_staff):
        client = client_of(user)
        assert client.get(list_url(world)).status_code == 404
        assert client.post(issue_url(world), {"label": "x"}).status_code == 404
        assert client.post(revoke_url(link)).status_code == 404
    assert PersonLink.objects.get().revoked_at is None


def test_queries_do_not_grow(world, worker):
    link_of(world.person)
    one = queries_of(worker, list_url(world))
    for _ in range(2):
        link_of(world.person)
    assert queries_of(worker, list_url(world)) == one <= 12


def test_what_is_typed_as_a_name_is_text(world, worker):
    page = worker.post(issue_url(world), {"label": "<b>x</b>"})
    assert not BeautifulSoup(page.content, "html.parser").select("main b")
