"""Every address × every persona: in, 403, 404 or sign-in as the table says, and never a fault.

A new address fails here until it has its row in tests/access.py.
"""

from collections import Counter

import pytest
from django.urls import reverse

from tests.access import BY_NAME, ROWS, expected, page_names, verdict
from tests.matrix import Attempt, cases, kinds_of, send
from transition import clock
from transition.models import Membership

pytestmark = pytest.mark.django_db

CLOSED = [row for row in ROWS if not row.public]
OPEN = [row for row in ROWS if row.public]


def ids(row):
    return row.name


def test_every_address_has_its_row():
    assert page_names() == set(BY_NAME)


@pytest.mark.parametrize("row", CLOSED, ids=ids)
def test_who_gets_in(place, row):
    """Every persona × method × own, foreign, missing, crossed and malformed × whole and part: see tests/matrix.py."""
    assert list(Attempt(row, place).deviations()) == []


def test_the_matrix_is_large(place):
    sizes = Counter()
    for row in CLOSED:
        sizes.update(case.of for case in cases(row, kinds_of(row, place)))
    print(f"\n{sizes.total()} cases on {len(CLOSED)} closed addresses: {dict(sizes)}")  # noqa: T201 - for whoever asks how large
    assert sizes.total() >= 10_000


@pytest.mark.parametrize("row", OPEN, ids=ids)
def test_what_has_a_test_of_its_own_is_no_fault_for_anybody(place, row):
    """Whoever comes by whatever method."""
    url = reverse(row.name, args=row.of(place))
    for persona in ("", "family", "person", "worker", "ended", "administrator"):
        for method in ("get", "head", "options", "put", "patch", "delete"):
            response = send(place.client(persona), method, url)
            assert response.status_code < 500 or row.name == "transition:readyz", (persona, method)


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
