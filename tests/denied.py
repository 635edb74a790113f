"""What is left when nobody has any right: whoever finds a thing and does something with it must have been asked.

Most rights are held by the very people who find the thing, so that no persona could show that a right is not asked for;
taking all of them away does.
"""

from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from typing import Any

import rules
from django.urls import reverse
from rules.permissions import permissions

from tests.access import IN, ROWS, Row, verdict
from tests.api.matrix import JSON, ROUTES, Route
from tests.api.matrix import verdict as verdict_of_api
from tests.api.rights import RIGHTS
from tests.api.world import BY_NAME
from tests.foreign import description
from tests.matrix import send
from tests.place import Place

# About oneself, so that nobody has to be asked; or a sending that names nothing of anybody.
OWN_PAGES = {
    "account_change_password",
    "account_reauthenticate",
    "calendars:own-feed-issue",
    "mfa_activate_totp",
    "mfa_add_webauthn",
    "mfa_generate_recovery_codes",
    "mfa_reauthenticate",
    "mfa_reauthenticate_webauthn",
    "programs:board",
    "programs:escort-days",
    "programs:own-external-list",
    "programs:portrait-edit",
    "transition:notification-choices",
    "transition:notification-open",
    "transition:notification-read-all",
    "transition:sign-in-end-others",
    "transition:switch-organization",
    "transition:token-issue",
    "transition:token-revoke",
}
OWN_API = {
    "delete portraits/mine/",
    "post notifications/read-all/",
    "post notifications/{id}/read/",
    "post tokens/",
    "post tokens/{id}/revoke/",
    "put escort-days/",
    "put notification-choices/",
    "put notification-choices/{kind}/",
    "put portraits/mine/",
    # Reckons, and keeps nothing.
    "post enrollments/{id}/proposal/",
    "post sessions/check/",
}
# The body names whom it is about; an empty one is refused before anybody is asked, so it is that of the description.
BODY_FIRST = {
    "post enrollments/": "worker",
    "post external-calendars/": "home",
    "post feeds/": "worker",
    "post goals/": "worker",
    "post invitations/": "coordinator",
    "post outcomes/": "worker",
    "post rooms/": "home",
    "post sessions/": "worker",
    "post slots/": "home",
    "post slots/pattern/": "home",
}


def examples(place: Place, address: str) -> Iterator[dict[str, Any]]:
    """Whole bodies of the API's description about things of this world; not those about nothing but the caller."""
    content = description()["paths"][f"/api/v1/{address}"]["post"]["requestBody"]["content"]["application/json"]
    for example in content["examples"].values():
        body = example["value"]
        named = {name: str(BY_NAME[name](place).public_id) for name in body if name in BY_NAME}
        if named or address == "invitations/":
            yield body | named


@contextmanager
def nobody_may() -> Iterator[None]:
    kept = dict(permissions)
    for name in kept:
        rules.set_perm(name, rules.always_deny)
    try:
        yield
    finally:
        for name, rule in kept.items():
            rules.set_perm(name, rule)


def open_pages(place: Place, rows: Iterable[Row] = ROWS) -> Iterator[str]:
    """Addresses at which somebody still gets in with a POST."""
    with nobody_may():
        for row in rows:
            if row.public or row.post is None:
                continue
            client, url = place.client(row.post[0]), reverse(row.name, args=row.of(place))
            if verdict(send(client, "post", url, row.data(place))) == IN:
                yield row.name


def open_api(place: Place, routes: Iterable[Route] = ROUTES) -> Iterator[str]:
    """The same for every method but GET."""
    with nobody_may():
        for route in routes:
            for method, _ in route.actions:
                name = f"{method} {route.path.removeprefix('api/v1/')}"
                inside = RIGHTS[name][0]
                if method == "get" or not inside:
                    continue
                if name in BODY_FIRST:
                    client, url = place.client(BODY_FIRST[name]), route.url(place)
                    for body in examples(place, route.path.removeprefix("api/v1/")):
                        if verdict_of_api(send(client, "post", url, body, **JSON)) == IN:
                            yield f"{name} {sorted(body)}"
                    continue
                if verdict_of_api(send(place.client(inside[0]), method, route.url(place), **JSON)) == IN:
                    yield name
