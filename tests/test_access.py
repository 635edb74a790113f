"""Every address × every persona: in, 403, 404 or sign-in as the table says, and never a fault.

A new address fails here until it has its row in tests/access.py.
"""

import uuid
from copy import deepcopy

import pytest
from django.urls import reverse

from tests.access import (
    BY_NAME,
    IN,
    MISSING,
    NOT_ALLOWED,
    PERSONAS,
    ROWS,
    SIGN_IN,
    bare,
    expected,
    page_names,
    stranger_to,
    undone,
    verdict,
)
from transition import clock
from transition.models import Membership

pytestmark = pytest.mark.django_db

CLOSED = [row for row in ROWS if not row.public]
ALIKE = {"staff", "center"}
HTMX = {"HX-Request": "true", "HX-Target": "form"}


def ids(row):
    return row.name


def send(client, method, url, data=None, **more):
    """One request, undone: no row stays, and no cookie that belongs to one."""
    cookies = deepcopy(client.cookies)
    with undone():
        response = getattr(client, method)(url, data or {}, **more)
    client.cookies = cookies
    return response


def test_every_address_has_its_row():
    assert page_names() == set(BY_NAME)


@pytest.mark.parametrize("row", CLOSED, ids=ids)
def test_who_gets_in(place, row):
    url, data = reverse(row.name, args=row.of(place)), row.data(place)
    found, wanted = {}, {}
    for persona in ("", *PERSONAS):
        for method in ("get", "post"):
            if persona in ALIKE and expected(row, persona, method) == expected(row, "worker", method) == IN:
                continue  # costs a page and tells nothing new: all who support the person get in
            sent = data if method == "post" else {}
            found[persona, method] = verdict(send(place.client(persona), method, url, sent))
            wanted[persona, method] = expected(row, persona, method)
            # A part of the page is as closed as the page.
            if wanted[persona, method] not in {IN, SIGN_IN}:
                found[persona, method, "htmx"] = verdict(send(place.client(persona), method, url, sent, headers=HTMX))
                wanted[persona, method, "htmx"] = wanted[persona, method]
    assert found == wanted


@pytest.mark.parametrize("row", [row for row in CLOSED if row.name != "transition:switch-organization"], ids=ids)
def test_what_is_not_yours_answers_like_what_does_not_exist(place, row):
    arguments = row.of(place)
    if not arguments:
        return
    own, missing = (reverse(row.name, args=these) for these in (arguments, stranger_to(arguments)))
    for persona in ("worker", "home", "stranger"):
        client = place.client(persona)
        for method in ("get", "post"):
            nothing = send(client, method, missing)
            assert verdict(nothing) in {MISSING, NOT_ALLOWED}, (persona, method)
            if expected(row, persona, method) == MISSING:
                theirs = send(client, method, own)
                assert (theirs.status_code, bare(theirs)) == (nothing.status_code, bare(nothing)), (persona, method)
                assert theirs.headers.keys() == nothing.headers.keys()


@pytest.mark.parametrize("row", ROWS, ids=ids)
def test_other_methods_are_refused_and_no_fault(place, row):
    url = reverse(row.name, args=row.of(place))
    for method in ("head", "options", "put", "patch", "delete"):
        response = send(place.client("worker"), method, url)
        assert response.status_code < 500, method
        if method in {"put", "patch", "delete"} and not row.public:
            assert response.status_code in {403, 404, 405}, method


@pytest.mark.parametrize("row", CLOSED, ids=ids)
def test_an_address_with_half_an_id_is_not_found(place, row):
    arguments = row.of(place)
    if not arguments:
        return
    url = reverse(row.name, args=arguments)
    for wrong in ("1", "x", "0" * 31, f"{uuid.UUID(int=1)}0", "%2e%2e", "１", "%27"):
        bad = url.replace(str(arguments[0]), wrong)
        if bad == url or row.name == "programs:limit-change":
            continue
        response = place.client("worker").get(bad)
        assert response.status_code == 404, bad


def test_ids_that_no_number_can_be(place):
    for number in ("0", "-1", "1e3", "9" * 40, str(2**63), "１"):
        response = place.client("coordinator").get(f"/limits/{number}/change/")
        assert response.status_code == 404, number


@pytest.mark.parametrize("row", CLOSED, ids=ids)
def test_a_membership_that_ends_closes_everything_at_once(place, row):
    """The browser is signed in and has looked at the page; then the membership ends."""
    url = reverse(row.name, args=row.of(place))
    persona = next((name for name in ("worker", "home", "coordinator") if name in (row.get or row.post or ())), None)
    method = "get" if row.get is not None else "post"
    client = place.client(persona)
    before = send(client, method, url, row.data(place))
    Membership.objects.filter(user=place.users[persona]).update(ended_at=clock.now())
    after = send(client, method, url, row.data(place))
    assert verdict(before) == "in"
    assert verdict(after) == expected(row, "ended", method)
