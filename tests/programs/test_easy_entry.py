"""Into the easy view, out of it, and nobody else."""

import pytest
from django.test import Client
from django.urls import reverse

from tests.personas import make_world
from tests.programs.easy import link_of

pytestmark = pytest.mark.django_db

UNKNOWN = "A" * 43


@pytest.fixture
def world():
    return make_world()


def address(token: str) -> str:
    return reverse("programs:easy-enter", args=[token])


def test_the_address_opens_the_easy_view_and_leads_away_at_once(world):
    client, link = Client(), link_of(world.person)
    answer = client.get(address(link.token))
    assert (answer.status_code, answer["Location"]) == (302, "/me/")
    assert (answer["Referrer-Policy"], answer["Cache-Control"]) == ("no-referrer", "no-store")
    assert answer["X-Robots-Tag"] == "noindex, nofollow"
