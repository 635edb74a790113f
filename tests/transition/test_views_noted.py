"""Which addresses show a person, and that each look leaves its row. A new address fails here until it has its row: in
transition/domain/looks.py when it shows somebody, in NOT_NOTED with its reason when it does not."""

from copy import deepcopy
from dataclasses import dataclass
from typing import Any

import pytest
from django.urls import reverse

from tests.access import BY_NAME, Place, page_names, undone
from tests.api.test_access import ROUTES, token
from transition.domain import looks
from transition.enums import ViewedBy
from transition.models import Person, SupportLink, ViewLog

pytestmark = pytest.mark.django_db

# Shown by nobody else in the whole world of tests.
NAME = "まれびと"
OWN = "the person's own view, opened by the secret link or the own sign-in"
FAMILY = "a secret address without a user: its feed knows when it was read"
ACT = "changes something and answers without showing anybody; the act itself is in the audit trail"
OFFICE = "rooms, homes, programs, tokens: nobody's data"
SELF = "about the signed-in user alone"
SOFTWARE = "about the software, or before anybody has signed in"
NOT_NOTED: dict[str, str] = {
    name: reason
    for reason, names in {
        OWN: """programs:easy-cards programs:easy-choices programs:easy-done programs:easy-enter programs:easy-leave
            programs:easy-next programs:easy-picture programs:easy-rating programs:easy-session programs:easy-stop
            programs:easy-today programs:easy-wish programs:easy-wishes api:own-session-ask-to-stop
            api:own-session-detail api:own-session-list api:own-session-mark-done api:own-session-unmark-done""",
        FAMILY: "calendars:family-page calendars:family-photo calendars:feed calendars:feed-not-found",
        ACT: """programs:photo-remove programs:record-draft programs:remark-seen programs:slot-confirm-free
            programs:program-adopt api:proposal-adopt api:slot-confirm-free api:slot-withdraw api:program-adopt
            api:room-close-nights api:room-open-nights api:room-change-use api:slot-publish-pattern""",
        OFFICE: """api:escort-days programs:escort-days api:room-nights programs:room-nights
            api:external-calendar-detail api:external-calendar-list api:external-calendar-read api:home-detail
            api:home-guide api:home-list api:home-photo-detail api:home-photo-large api:home-photo-small
            api:home-photos api:organization-detail api:organization-list api:program-change-limit api:program-detail
            api:program-list api:register-figures api:room-detail api:room-list api:slot-detail api:slot-list
            api:webhook-deliveries api:webhook-detail api:webhook-enable api:webhook-list api:webhook-renew-secret
            api:webhook-test calendars:home-feed-issue calendars:home-feed-list programs:external-list
            programs:external-read programs:external-remove programs:home-detail programs:home-edit
            programs:home-list programs:home-photo programs:home-photo-list programs:home-photo-remove
            programs:limit-change programs:program-list programs:room-create programs:slot-create
            programs:slot-detail programs:slot-withdraw programs:webhook-detail programs:webhook-enable
            programs:webhook-list programs:webhook-remove programs:webhook-renew-secret programs:webhook-test
            programs:person-create""",
        SELF: """api:notification-choice api:notification-choices api:notification-read api:notification-read-all
            api:notification-unread api:portrait-large api:portrait-mine api:portrait-small api:token-detail
            api:token-list api:token-revoke calendars:own-feed-issue calendars:own-feed-list
            programs:own-external-list programs:portrait programs:portrait-edit transition:bell
            transition:notification-choices transition:notification-open transition:notification-read-all
            transition:token-issue transition:token-list transition:token-revoke
            transition:switch-organization transition:account
            transition:second-factor-needed transition:own-sign-ins transition:sign-in-end
            transition:sign-in-end-others transition:staff-mode transition:staff-mode-end transition:kept-form
            transition:second-factor-reset api:invitation-list api:invitation-detail api:invitation-revoke
            transition:member-list transition:member-invite transition:member-end transition:invitation-revoke
            account_change_password mfa_index mfa_activate_totp mfa_add_webauthn mfa_deactivate_totp
            mfa_generate_recovery_codes mfa_remove_webauthn mfa_view_recovery_codes""",
        SOFTWARE: """api:docs api:docs-noun api:schema calendars:robots transition:failure-retry transition:guide
            transition:guide-page transition:healthz transition:metrics transition:notification-settle
            transition:operations transition:readyz transition:sign-in transition:sign-out transition:start
            transition:styleguide transition:csp-report transition:invitation account_login account_reauthenticate
            account_reset_password account_reset_password_done account_reset_password_from_key
            account_reset_password_from_key_done mfa_authenticate mfa_login_webauthn mfa_reauthenticate
            mfa_reauthenticate_webauthn""",
        "evidence: ids and words, and who acted; a file of it leaves its own trace": """api:audit-event-list
            api:view-list""",
    }.items()
    for name in names.split()
}
# Addresses of the table that the tests cannot look at by a GET, in their world.
LATER = "leads to the session until it has got so far; the same page later: tests/transition/test_views.py"
ONLY_SENT = "is only sent to: its answer shows the row, as the page with its form does"
NOT_OPENED: dict[str, str] = {
    "programs:record-edit": LATER,
    "programs:session-check-in": LATER,
    "programs:session-check-out": LATER,
    "programs:session-confirm": LATER,
    "programs:session-cut-short": LATER,
    "programs:session-no-show": LATER,
    "calendars:feed-issue": ONLY_SENT,
    "programs:person-link-issue": ONLY_SENT,
    "api:record": LATER,
    "api:record-draft": LATER,
    "api:session-photo-large": "the world has only the small file of it",
    "api:enrollment-choices": "asks for more in its query",
}


def api_routes() -> dict[str, Any]:
    return {f"api:{route.name}": route for route in ROUTES}


def names() -> set[str]:
    return page_names() | set(api_routes())


@dataclass
class Look:
    persona: str
    content: bytes
    rows: list[ViewLog]


def look(place: Place, name: str, persona: str) -> Look | None:
    """What one persona sees by GET at an address, and what was noted; None when it is not for them."""
    with undone():
        Person.objects.filter(pk=place.world.person.pk).update(family_name=NAME, residence="FACILITY")
        SupportLink.objects.filter(organization=place.world.office).update(lead=place.world.worker)
        if name in BY_NAME:
            client, url = place.client(persona), reverse(name, args=BY_NAME[name].of(place))
        else:
            client, url = token(place, persona), api_routes()[name].url(place)
        cookies = deepcopy(client.cookies)
        response = client.get(url)
        client.cookies = cookies
        if response.status_code != 200:
            return None
        return Look(persona, response.content, list(ViewLog.objects.order_by("pk")))


PERSONAS = ("worker", "home", "coordinator")
NOTED = sorted(set(looks.OF_ADDRESS) - set(NOT_OPENED))
OTHERS = sorted(set(NOT_NOTED))


def test_every_address_has_its_row():
    noted, others = set(looks.OF_ADDRESS), set(NOT_NOTED)
    assert names() - noted - others == set(), "in domain/looks.py, or in NOT_NOTED with a reason"
    assert noted - names() == set()
    assert noted & others == set()
    assert set(NOT_OPENED) <= noted
    assert set(looks.OF_ADDRESS.values()) == set(looks.THINGS)


def is_asked_for(name: str) -> bool:
    """Whether there is a GET at all."""
    if name in BY_NAME:
        row = BY_NAME[name]
        return row.public or row.get is not None
    return any("get" in dict(route.actions) for route in ROUTES if f"api:{route.name}" == name)


@pytest.mark.parametrize("name", NOTED)
def test_a_look_leaves_its_row(place, name):
    if not is_asked_for(name):
        return
    seen_by = [found for persona in PERSONAS if (found := look(place, name, persona))]
    assert seen_by, "nobody gets in"
    person, what = place.world.person.pk, looks.OF_ADDRESS[name]
    left = 0
    for found in seen_by:
        for row in found.rows:
            assert (row.what, row.actor) == (what, place.users[found.persona].pk)
            assert row.person == person or (row.person is None and person in row.data["people"])
            expected = ViewedBy.API if name.startswith("api:") else ViewedBy.SCREEN
            assert row.door in {expected, ViewedBy.FILE}
        left += len(found.rows)
        # Whoever was told the name is known to have been told.
        assert found.rows or NAME.encode() not in found.content, found.persona
    assert left, "shows nobody: it belongs into NOT_NOTED"


@pytest.mark.parametrize("name", OTHERS)
def test_what_is_not_noted_names_nobody(place, name):
    if NOT_NOTED[name] in (OWN, FAMILY) or not is_asked_for(name):
        return
    for persona in PERSONAS:
        found = look(place, name, persona)
        assert found is None or (NAME.encode() not in found.content and found.rows == []), persona
