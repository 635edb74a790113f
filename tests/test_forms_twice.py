"""Every form of every page, pressed twice: one effect and the same way on. With the same key for something else: told
so, and nothing happens.

The forms are read from the pages of tests/access.py, so a new form is in here by itself.
"""

import pytest
from bs4 import BeautifulSoup, Tag
from django.urls import reverse

from tests import rows
from tests.access import BY_NAME, ROWS, undone
from tests.test_nasty_input import filled, forms_of

pytestmark = pytest.mark.django_db

PAGES = [row.name for row in ROWS if row.get and not row.name.startswith(("account_", "mfa_"))]
READERS = ("worker", "home", "coordinator")
# Forms without a key, each with why pressing twice does no harm.
WITHOUT_KEY = {
    "/sign-out/": "signs out; out is out",
    "/switch-organization/": "says for whom one works now; the same again",
}
ENDING = "ends once and for all; ended is ended"
WITHOUT_KEY_BY_PAGE = {"programs:person-link-revoke": ENDING, "calendars:feed-revoke": ENDING}
# Where the second press finds nothing to act on any more, or the form itself sees that it is there: no second effect,
# but the answer is not the first one.
GONE = {
    "transition:member-end",
    "programs:home-photo-list",
    "programs:photo-list",
    "programs:contact-retire",
    "programs:external-remove",
    "programs:webhook-remove",
    "programs:room-create",
    "programs:person-link-revoke",
}


def posts_of(place, name: str) -> list[tuple[str, Tag, str]]:
    """(reader, form, address) of everything on this page that writes."""
    row = BY_NAME[name]
    reader = next(who for who in READERS if who in row.get)
    url = reverse(name, args=row.of(place))
    answer = place.client(reader).get(url)
    if "html" not in answer.get("Content-Type", "") or answer.status_code != 200:
        return []
    found = []
    for form in forms_of(BeautifulSoup(answer.content.decode(), "html.parser")):
        action = form.get("action") or ""
        if form.get("method", "get").lower() == "post":
            found.append((reader, form, action if action.startswith("/") else url))
    return found


def way(response) -> tuple[int, str]:
    return response.status_code, response.get("Location", "")


@pytest.mark.parametrize("name", PAGES)
def test_pressed_twice_is_pressed_once(place, name):
    with undone():
        forms = posts_of(place, name)
    for reader, form, target in forms:
        if form.select("[type=file]") or target in WITHOUT_KEY:
            continue
        sent = filled(form)
        assert bool(sent.get("idempotency_key")) != (name in WITHOUT_KEY_BY_PAGE), target
        client = place.client(reader)
        with undone():
            before = rows.everything()
            first = client.post(target, sent)
            after = rows.everything()
            again = client.post(target, sent)
            assert first.status_code < 500, target
            assert rows.changed(after, rows.everything()) == set(), target
            if name in GONE and way(again) != way(first):
                assert again.status_code in {404, 422}, target
                continue
            assert way(again) == way(first), target
            if first.status_code != 302 or not rows.changed(before, after) or name in WITHOUT_KEY_BY_PAGE:
                continue
            other = client.post(target, sent | {"reason": "ほかの理由", "note": "ほかのこと", "more": "1"})
            assert rows.changed(after, rows.everything()) == set(), target
            # Told so beside the form, on a page of its own, or by a word on the page where it leads.
            assert other.status_code in {409, 422, 302, 404}, target
