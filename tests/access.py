"""Who gets in where: one row for each address. The world in which it is tried: tests/place.py."""

import re
import uuid
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from django.urls import URLPattern, URLResolver, get_resolver

from programs.models import FamilyRemark, HomePhoto
from programs.models.external import ExternalCalendar
from tests.place import Place, make_place, undone

__all__ = ["Place", "make_place", "undone"]

IN, FORBIDDEN, MISSING, SIGN_IN, NOT_ALLOWED = "in", "forbidden", "missing", "sign in", "not allowed"

COORDINATING = ("coordinator", "center")
SUPPORTING = ("coordinator", "staff", "center", "worker", "colleague", "facility")
HOSTING = ("home",)
BOTH = (*SUPPORTING, *HOSTING)
HOMES = ("home", "other_home")
# Signed in and at home nowhere here: with a membership elsewhere, with one that has ended, with none.
ELSEWHERE = ("stranger", "other_home", "other_city", "ended", "administrator")
PERSONAS = (*SUPPORTING, *HOSTING, *ELSEWHERE)
# Without a sign-in; the last two hold a secret address, which opens its own pages and nothing here.
SIGNED_OUT = ("", "family", "person")
HOMELESS = ("ended", "administrator")
ANYBODY = PERSONAS
STAFF_ANYWHERE = tuple(name for name in PERSONAS if name not in HOMELESS)
WORKING = STAFF_ANYWHERE


@dataclass(frozen=True, slots=True)
class Row:
    """`get` and `post`: who gets in; `refused`: who is told 403. Everyone else is told 404, whoever is not
    signed in is asked to. None: no such method. `of` finds the argument that belongs to the world."""

    name: str
    of: Callable[["Place"], list[Any]] = lambda place: []
    get: tuple[str, ...] | None = None
    post: tuple[str, ...] | None = None
    refused: tuple[str, ...] = ()
    data: Callable[["Place"], dict[str, Any]] = lambda place: {}
    public: bool = False


def person(place: Place) -> list[Any]:
    return [place.world.person.public_id]


def session(place: Place) -> list[Any]:
    return [place.session.public_id]


def room(place: Place) -> list[Any]:
    return [place.world.room.public_id]


def slot(place: Place) -> list[Any]:
    return [place.world.slot.public_id]


def home(place: Place) -> list[Any]:
    return [place.world.room.home.public_id]


def home_photo(place: Place) -> list[Any]:
    return [HomePhoto.objects.get().public_id]


def external(place: Place) -> list[Any]:
    return [ExternalCalendar.objects.get().public_id]


def calendar(place: Place) -> list[Any]:
    return [place.feed.public_id]


def outing(place: Place) -> list[Any]:
    return [place.outing.public_id]


def enrollment(place: Place) -> list[Any]:
    return [place.enrollment.public_id]


def goal(place: Place) -> list[Any]:
    return [place.goal.public_id]


def contact(place: Place) -> list[Any]:
    return [place.world.person.public_id, place.world.person.contacts.get().public_id]


def photo(place: Place) -> list[Any]:
    return [place.photo.public_id]


def notification(place: Place) -> list[Any]:
    return [place.world.worker.notifications.earliest("pk").public_id]


def token(place: Place) -> list[Any]:
    return [place.world.worker.api_tokens.get().public_id]


def own_organization(place: Place) -> dict[str, Any]:
    """Of the worker and the colleague: every other persona is a stranger to it."""
    return {"organization": place.world.office.public_id}


def webhook(place: Place) -> list[Any]:
    """Of the city, where `coordinator` decides and `staff` does not."""
    return [place.world.municipality.webhooks.earliest("pk").public_id]


def city_staff(place: Place) -> list[Any]:
    return [place.users["staff"].public_id]


def invitation(place: Place) -> list[Any]:
    return [place.world.municipality.invitations.get().public_id]


# Who decides for an organization, this city's or another one's: screens about the own organization open for both.
DECIDING = (*COORDINATING, "other_city")
NOT_DECIDING = tuple(name for name in PERSONAS if name not in DECIDING)
# Support the person, and decide nothing.
ONLY_SUPPORTING = tuple(name for name in SUPPORTING if name not in COORDINATING)
# Of the organization that leads the enrollment, or coordinating; the facility supports the person and only looks.
KEEPING = tuple(name for name in SUPPORTING if name != "facility")


def disclosure(place: Place) -> list[Any]:
    return [place.world.person.public_id, place.world.person.disclosures.earliest("pk").public_id]


NOT_HOSTING = tuple(name for name in PERSONAS if name not in HOMES)

ROWS = [
    # transition
    Row("transition:start", get=ANYBODY),
    Row("transition:sign-in", public=True),
    Row("transition:sign-out", public=True),
    Row("account_login", public=True),
    # Accounts: tests/transition/test_second_factors.py and its neighbors
    Row("mfa_authenticate", public=True),
    Row("mfa_login_webauthn", public=True),
    Row("transition:kept-form", get=ANYBODY),
    Row("transition:account", get=ANYBODY),
    Row("transition:second-factor-needed", get=ANYBODY),
    Row("transition:own-sign-ins", get=ANYBODY),
    Row("transition:sign-in-end", lambda place: [2**40], public=True),
    Row("transition:sign-in-end-others", post=ANYBODY),
    Row("account_change_password", get=ANYBODY, post=ANYBODY),
    Row("account_reset_password", public=True),
    Row("account_reset_password_done", public=True),
    Row("account_reset_password_from_key", lambda place: ["1", "1-1"], public=True),
    Row("account_reset_password_from_key_done", public=True),
    Row("account_reauthenticate", get=ANYBODY, post=ANYBODY),
    Row("mfa_reauthenticate", get=ANYBODY, post=ANYBODY),
    Row("mfa_reauthenticate_webauthn", get=ANYBODY, post=ANYBODY),
    Row("mfa_index", get=ANYBODY),
    Row("mfa_activate_totp", get=ANYBODY, post=ANYBODY),
    Row("mfa_deactivate_totp", public=True),
    Row("mfa_add_webauthn", get=ANYBODY, post=ANYBODY),
    Row("mfa_remove_webauthn", lambda place: [2**40], public=True),
    Row("mfa_view_recovery_codes", public=True),
    Row("mfa_generate_recovery_codes", get=ANYBODY, post=ANYBODY),
    # Who works here
    Row("transition:member-list", get=DECIDING, refused=NOT_DECIDING),
    Row("transition:member-invite", post=DECIDING, refused=NOT_DECIDING),
    Row("transition:member-end", city_staff, get=("coordinator",), post=("coordinator",), refused=("staff",)),
    Row("transition:invitation-revoke", invitation, post=("coordinator",), refused=("staff",)),
    Row("transition:invitation", lambda place: ["x"], public=True),
    # The administrator's: tests/transition/test_staff_mode.py
    Row("transition:staff-mode", public=True),
    Row("transition:staff-mode-end", public=True),
    Row("transition:second-factor-reset", public=True),
    Row("transition:switch-organization", post=("worker", "colleague"), data=own_organization),
    # Browsers send there, and are told nothing: tests/test_hardening.py
    Row("transition:csp-report", public=True),
    Row("transition:healthz", public=True),
    Row("transition:readyz", public=True),
    Row("transition:metrics", public=True),
    # The administrator's, who is none of these personas: tests/transition/test_operations.py
    Row("transition:operations", public=True),
    Row("transition:notification-settle", lambda place: [uuid.UUID(int=1)], public=True),
    Row("transition:failure-retry", lambda place: ["0" * 32], public=True),
    Row("transition:styleguide", public=True),
    # The bell answers nobody without a redirect: tests/transition/test_inbox.py
    Row("transition:bell", public=True),
    Row("transition:notification-list", get=ANYBODY),
    Row("transition:notification-choices", get=ANYBODY, post=ANYBODY),
    Row("transition:notification-read-all", post=ANYBODY),
    Row("transition:notification-open", notification, get=("worker",), post=("worker",)),
    Row("transition:token-list", get=ANYBODY),
    Row("transition:token-issue", post=STAFF_ANYWHERE, refused=HOMELESS),
    Row("transition:token-revoke", token, get=("worker",), post=("worker",)),
    Row("transition:guide", public=True),
    Row("transition:guide-page", lambda place: ["worker"], public=True),
    # The API's description; the API itself: tests/api/test_access.py
    Row("api:schema", public=True),
    Row("api:docs", public=True),
    Row("api:docs-noun", lambda place: ["アクセストークン"], public=True),
    # Everybody's first page
    Row("programs:today", get=ANYBODY),
    # A group home
    Row("programs:board", get=HOMES, post=HOMES, refused=NOT_HOSTING),
    Row("programs:inbox", get=HOMES, refused=NOT_HOSTING),
    Row("programs:room-create", home, get=HOSTING, post=HOSTING),
    Row("programs:room-nights", room, get=HOSTING, post=HOSTING),
    Row("programs:slot-create", room, get=HOSTING, post=HOSTING),
    Row("programs:slot-detail", slot, get=HOSTING),
    Row("programs:slot-withdraw", slot, get=HOSTING, post=HOSTING),
    Row("programs:slot-confirm-free", slot, post=HOSTING),
    Row("programs:home-list", get=WORKING, refused=HOMELESS),
    Row("programs:home-detail", home, get=WORKING),
    Row("programs:home-edit", home, get=HOSTING, post=HOSTING),
    Row("programs:home-photo-list", home, get=HOSTING, post=HOSTING),
    Row("programs:home-photo-remove", home_photo, post=HOSTING),
    Row("programs:external-list", home, get=HOSTING, post=HOSTING),
    Row("programs:own-external-list", get=STAFF_ANYWHERE, post=STAFF_ANYWHERE, refused=HOMELESS),
    Row("programs:external-read", external, post=HOSTING),
    Row("programs:external-remove", external, get=HOSTING, post=HOSTING),
    # The person looks at the home in the easy view
    Row("programs:home-photo", lambda place: [*home_photo(place), "small"], get=(*WORKING, "person")),
    # Other systems that are told
    Row(
        "programs:webhook-list",
        get=DECIDING,
        post=DECIDING,
        refused=NOT_DECIDING,
    ),
    Row("programs:webhook-detail", webhook, get=("coordinator",), post=("coordinator",), refused=("staff",)),
    Row("programs:webhook-test", webhook, post=("coordinator",), refused=("staff",)),
    Row("programs:webhook-enable", webhook, post=("coordinator",), refused=("staff",)),
    Row("programs:webhook-renew-secret", webhook, get=("coordinator",), post=("coordinator",), refused=("staff",)),
    Row("programs:webhook-remove", webhook, get=("coordinator",), post=("coordinator",), refused=("staff",)),
    # A session
    Row("programs:session-detail", session, get=BOTH),
    Row("programs:session-confirm", session, get=HOSTING, post=HOSTING, refused=SUPPORTING),
    Row("programs:session-decline", session, get=HOSTING, post=HOSTING, refused=SUPPORTING),
    Row("programs:session-cancel", session, get=BOTH, post=BOTH),
    Row("programs:session-override", session, get=SUPPORTING, post=SUPPORTING, refused=HOSTING),
    Row("programs:session-check-in", session, get=BOTH, post=BOTH),
    Row("programs:session-check-out", session, get=BOTH, post=BOTH),
    Row("programs:session-cut-short", session, get=BOTH, post=BOTH),
    Row("programs:session-no-show", session, get=BOTH, post=BOTH),
    Row("programs:rating", session, get=BOTH, post=BOTH),
    # A person
    Row("programs:people", get=ANYBODY),
    Row(
        "programs:person-create",
        get=(*SUPPORTING, "stranger", "other_city"),
        post=(*SUPPORTING, "stranger", "other_city"),
        refused=(*HOMES, *HOMELESS),
    ),
    Row("programs:person-detail", person, get=SUPPORTING),
    Row("programs:person-update", person, get=SUPPORTING, post=SUPPORTING),
    Row("programs:grant-create", person, get=SUPPORTING, post=SUPPORTING),
    Row("programs:slot-search", person, get=SUPPORTING),
    Row(
        "programs:session-request",
        lambda place: [place.world.person.public_id, place.world.slot.public_id],
        get=SUPPORTING,
        post=SUPPORTING,
    ),
    Row("programs:wishes", person, get=SUPPORTING),
    Row(
        "programs:wish-photo",
        lambda place: [place.world.person.public_id, place.wish_item.public_id],
        get=SUPPORTING,
    ),
    Row(
        "programs:wish-page",
        lambda place: [place.world.person.public_id, place.wish_item.public_id],
        get=SUPPORTING,
        post=SUPPORTING,
    ),
    # 意向確認
    Row(
        "programs:intention-list",
        get=("coordinator", "staff", "center", "facility", "other_city"),
        refused=("worker", "colleague", "stranger", *HOMES, *HOMELESS),
    ),
    Row("programs:intention-history", person, get=SUPPORTING),
    Row("programs:intention-create", person, get=SUPPORTING, post=SUPPORTING),
    # What happened in a session; before it is confirmed its home does not write about it
    Row("programs:record-edit", session, get=SUPPORTING, post=SUPPORTING, refused=HOSTING),
    Row("programs:record-hours", session, get=SUPPORTING, refused=HOSTING),
    Row("programs:record-draft", session, post=SUPPORTING, refused=HOSTING),
    Row("programs:photo-list", session, get=SUPPORTING, post=SUPPORTING, refused=HOSTING),
    Row("programs:photo-remove", photo, post=SUPPORTING),
    Row("programs:photo", lambda place: [place.photo.public_id, "small"], get=SUPPORTING),
    # An enrollment, its plan, its story
    Row("programs:enrollment-list", person, get=SUPPORTING),
    Row("programs:enrollment-create", person, get=SUPPORTING, post=SUPPORTING),
    Row("programs:enrollment-detail", enrollment, get=SUPPORTING),
    Row("programs:enrollment-extend", enrollment, get=KEEPING, post=KEEPING, refused=("facility",)),
    Row("programs:enrollment-end", enrollment, get=KEEPING, post=KEEPING, refused=("facility",)),
    Row("programs:enrollment-stages", enrollment, get=KEEPING, post=KEEPING, refused=("facility",)),
    Row("programs:outcome-decide", enrollment, get=KEEPING, post=KEEPING, refused=("facility",)),
    Row(
        "programs:review-hold",
        lambda place: [place.enrollment.public_id, 1],
        get=SUPPORTING,
        post=KEEPING,
        refused=("facility",),
    ),
    Row(
        "programs:follow-up-record",
        lambda place: [place.enrollment.public_id, "VISIT_30_DAYS"],
        get=KEEPING,
        post=KEEPING,
        refused=("facility",),
    ),
    Row("programs:planner", enrollment, get=SUPPORTING),
    Row("programs:proposal", enrollment, get=SUPPORTING, post=SUPPORTING),
    Row("programs:outing-create", enrollment, get=SUPPORTING, post=SUPPORTING),
    Row("programs:session-update", outing, get=SUPPORTING, post=SUPPORTING),
    Row("programs:session-move", outing, get=SUPPORTING, post=SUPPORTING),
    Row("programs:session-copy", outing, get=SUPPORTING, post=SUPPORTING),
    Row("programs:session-repeat", outing, get=SUPPORTING, post=SUPPORTING),
    Row("programs:escort-days", get=ANYBODY, post=ANYBODY),
    Row("programs:story", person, get=SUPPORTING),
    Row("programs:pack", enrollment, get=SUPPORTING),
    Row("programs:month-sheet", lambda place: [place.world.person.public_id, "2026-11"], get=SUPPORTING),
    # The tabs of a person; a home gets the card of a stay only once it is confirmed and the person agrees
    Row("programs:person-sessions", person, get=SUPPORTING),
    Row("programs:document-list", person, get=SUPPORTING),
    Row("programs:contact-list", person, get=SUPPORTING),
    Row("programs:person-views", person, get=SUPPORTING),
    Row("programs:contact-create", person, get=SUPPORTING, post=SUPPORTING),
    Row("programs:contact-update", contact, get=SUPPORTING, post=SUPPORTING),
    Row("programs:contact-retire", contact, get=SUPPORTING, post=SUPPORTING),
    Row("programs:card", person, get=SUPPORTING),
    Row("programs:card-edit", person, get=SUPPORTING, post=SUPPORTING),
    Row("programs:card-version", lambda place: [place.world.person.public_id, 1], get=SUPPORTING),
    Row("programs:session-card", session, get=SUPPORTING),
    # Goals and consents
    Row("programs:goal-list", person, get=SUPPORTING),
    Row("programs:goal-create", person, get=SUPPORTING, post=SUPPORTING),
    Row("programs:goal-update", goal, get=SUPPORTING, post=SUPPORTING),
    Row("programs:goal-close", goal, get=SUPPORTING, post=SUPPORTING),
    Row("programs:consent-list", person, get=SUPPORTING),
    Row("programs:consent-create", person, get=SUPPORTING, post=SUPPORTING),
    Row("programs:consent-easy", lambda place: [place.world.person.public_id, "photo"], get=SUPPORTING),
    Row(
        "programs:consent-withdraw",
        lambda place: [place.world.person.public_id, place.consent.public_id],
        get=SUPPORTING,
        post=SUPPORTING,
    ),
    # What the person asks of whoever keeps records; decided by who decides for an organization
    Row("programs:disclosure-list", person, get=SUPPORTING),
    Row("programs:disclosure-create", person, get=COORDINATING, post=COORDINATING, refused=ONLY_SUPPORTING),
    Row("programs:disclosure-answer", disclosure, get=COORDINATING, post=COORDINATING, refused=ONLY_SUPPORTING),
    Row("programs:disclosure-file", disclosure, get=COORDINATING, refused=ONLY_SUPPORTING),
    Row("programs:disclosure-take", disclosure, post=COORDINATING, refused=ONLY_SUPPORTING),
    Row(
        "programs:disclosure-overview",
        get=DECIDING,
        refused=NOT_DECIDING,
    ),
    # The face of whoever goes along; a person sees it without signing in, so tests/programs/test_portraits.py asks
    Row("programs:portrait-edit", get=ANYBODY, post=ANYBODY),
    Row("programs:portrait", lambda place: [uuid.UUID(int=1), "small"], public=True),
    # The person's own links, and what they said
    Row("programs:person-link-list", person, get=SUPPORTING),
    Row("programs:person-link-issue", person, post=SUPPORTING),
    Row("programs:person-link-revoke", lambda place: [place.link.public_id], get=SUPPORTING, post=SUPPORTING),
    # A family writes through its address; the home of a request that is not confirmed does not hear it
    Row("programs:remark-seen", lambda place: [FamilyRemark.objects.get().public_id], post=SUPPORTING),
    Row("programs:stop-request-answer", lambda place: [place.stop.public_id], get=SUPPORTING, post=SUPPORTING),
    # The way into the easy view
    Row("programs:easy-enter", lambda place: [place.link.token], public=True),
    Row("programs:easy-leave", public=True),
    # The easy view: closed by `easy_view`, tested in tests/programs/test_easy_access.py
    Row("programs:easy-today", public=True),
    Row("programs:easy-next", public=True),
    Row("programs:easy-session", outing, public=True),
    Row("programs:easy-done", outing, public=True),
    Row("programs:easy-stop", outing, public=True),
    Row("programs:easy-rating", outing, public=True),
    Row("programs:easy-wishes", public=True),
    Row("programs:easy-wish", lambda place: [place.wish_item.public_id], public=True),
    Row("programs:easy-choices", public=True),
    Row("programs:easy-cards", public=True),
    Row("programs:easy-picture", lambda place: ["wish", place.wish_item.public_id, "small"], public=True),
    Row("programs:person-cards", person, get=SUPPORTING),
    Row(
        "programs:person-picture",
        lambda place: [place.world.person.public_id, "wish", place.wish_item.public_id, "small"],
        get=SUPPORTING,
    ),
    # Evidence
    Row(
        "programs:evidence",
        get=("coordinator", "other_city"),
        refused=tuple(name for name in PERSONAS if name not in {"coordinator", "other_city"}),
    ),
    # Programs
    Row("programs:program-list", get=ANYBODY),
    Row(
        "programs:program-adopt",
        lambda place: [place.world.program.public_id],
        post=DECIDING,
        refused=NOT_DECIDING,
    ),
    Row(
        "programs:limit-change",
        lambda place: [place.limit.pk],
        get=COORDINATING,
        post=COORDINATING,
        # Of this city; the facility is of none
        refused=("staff", "worker", "colleague"),
    ),
    # Calendars
    Row("calendars:organization-calendar", get=STAFF_ANYWHERE, refused=HOMELESS),
    Row("calendars:my-calendar", get=ANYBODY),
    Row("calendars:person-calendar", person, get=SUPPORTING),
    Row("calendars:home-calendar", home, get=HOSTING),
    Row("calendars:feed", lambda place: [place.feed.token], public=True),
    # The family's page: tests/calendars/test_family_page.py
    Row("calendars:family-page", lambda place: [place.feed.token], public=True),
    Row(
        "calendars:family-photo",
        lambda place: [place.feed.token, place.photo.public_id, "small"],
        public=True,
    ),
    Row("calendars:robots", public=True),
    Row("calendars:feed-not-found", lambda place: ["x"], public=True),
    Row("calendars:feed-list", person, get=SUPPORTING),
    Row("calendars:feed-issue", person, post=SUPPORTING),
    Row("calendars:home-feed-list", home, get=HOSTING),
    Row("calendars:home-feed-issue", home, post=HOSTING),
    Row("calendars:own-feed-list", get=STAFF_ANYWHERE, refused=HOMELESS),
    Row("calendars:own-feed-issue", post=STAFF_ANYWHERE, refused=HOMELESS),
    Row("calendars:feed-rotate", calendar, get=SUPPORTING, post=SUPPORTING),
    Row("calendars:feed-revoke", calendar, get=SUPPORTING, post=SUPPORTING),
]
BY_NAME = {row.name: row for row in ROWS}


def url_names(resolver: URLResolver | None = None, prefix: str = "") -> set[str]:
    """Every named address there is, and "?" with its pattern for one without a name."""
    found: set[str] = set()
    for pattern in (resolver or get_resolver()).url_patterns:
        if isinstance(pattern, URLPattern):
            found.add(f"{prefix}{pattern.name}" if pattern.name else f"? {pattern.pattern}")
        else:
            inner = f"{prefix}{pattern.namespace}:" if pattern.namespace else prefix
            found |= url_names(pattern, inner)
    return found


def page_names() -> set[str]:
    """Every named address but those of the API, which has its own table."""
    return {name for name in url_names() if not name.startswith("api:") or name.startswith(("api:schema", "api:docs"))}


def stranger_to(arguments: list[Any]) -> list[Any]:
    """The same address with ids that nothing has."""
    if len(arguments) == 1 and isinstance(arguments[0], int):
        return [2**40]
    return [uuid.UUID(int=argument.int ^ 1) if isinstance(argument, uuid.UUID) else argument for argument in arguments]


def expected(row: Row, persona: str, method: str) -> str:
    inside = {"get": row.get, "head": row.get, "post": row.post}.get(method)
    if persona in SIGNED_OUT:
        return IN if persona in (inside or ()) else SIGN_IN
    if inside is None:
        return NOT_ALLOWED
    if persona in inside:
        return IN
    return FORBIDDEN if persona in row.refused else MISSING


def verdict(response) -> str:
    """What became of a request, in one word; a status nobody expects as its number."""
    status = response.status_code
    if status == 302 and response["Location"].startswith("/sign-in/"):
        return SIGN_IN
    known = {403: FORBIDDEN, 404: MISSING, 405: NOT_ALLOWED}
    return IN if status in (200, 204, 302, 409, 422) else known.get(status, str(status))


def bare(response) -> bytes:
    """The body without what is new in every rendering."""
    return re.sub(rb'(name="csrfmiddlewaretoken" value="|"X-CSRFToken": ")[^"]*', rb"\1", response.content)
