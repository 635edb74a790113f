"""A right that a screen or the API no longer asks for shows here: see tests/denied.py."""

import pytest

from tests.denied import OWN_API, OWN_PAGES, open_api, open_pages

pytestmark = pytest.mark.django_db


def test_without_rights_only_ones_own_is_left_on_screens(place):
    assert set(open_pages(place)) == OWN_PAGES


def test_without_rights_only_ones_own_is_left_of_the_api(place):
    assert set(open_api(place)) == OWN_API
