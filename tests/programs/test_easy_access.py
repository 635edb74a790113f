"""Every address of the easy view × nobody, staff, the person and another person. A new one is in here by itself."""

import pytest
from django.test import Client
from django.urls import reverse

from tests import factories
from tests.access import ROWS
from tests.programs.easy import client_of_person, enter
from tests.test_access import send
from transition.services import links

pytestmark = pytest.mark.django_db

# The way in has no door of its own; tests/programs/test_easy_entry.py asks what it lets in.
DOORS = ("programs:easy-enter", "programs:easy-leave")
EASY = [row for row in ROWS if row.name.startswith("programs:easy-") and row.name not in DOORS]
OF_ONE_PERSON = ("programs:easy-session", "programs:easy-done", "programs:easy-stop", "programs:easy-rating")


def ids(row):
    return row.name


def statuses(client, url) -> set[int]:
    """What is answered to the methods that the address has."""
    return {send(client, method, url).status_code for method in ("get", "head", "post")} - {405}


@pytest.mark.parametrize("row", EASY, ids=ids)
def test_only_a_person_gets_in(place, row):
    url = reverse(row.name, args=row.of(place))
    for client in (Client(), place.client("worker"), place.client("home"), place.client("ended")):
        assert statuses(client, url) == {403}


@pytest.mark.parametrize("row", EASY, ids=ids)
def test_the_person_gets_in_until_the_link_is_stopped(place, row):
    url = reverse(row.name, args=row.of(place))
    client = enter(Client(), place.link)
    assert statuses(client, url) <= {200, 302, 422}
    links.revoke(link=place.link, by=place.world.worker)
    assert statuses(client, url) == {403}


@pytest.mark.parametrize("name", OF_ONE_PERSON)
def test_what_is_another_persons_is_not_there(place, name):
    other = client_of_person(factories.PersonFactory())
    url = reverse(name, args=[place.outing.public_id])
    assert statuses(other, url) == {404}
