"""The family's page at the secret of the feed: what each level tells, who reaches whom, and what stays closed."""

import pytest
from django.urls import reverse

pytestmark = pytest.mark.django_db


def page_of(feed) -> str:
    return reverse("calendars:family-page", args=[feed.token])


def test_the_page_opens_without_a_cookie(client, feed, stay):
    stay()
    response = client.get(page_of(feed))
    assert response.status_code == 200
    assert not response.cookies
