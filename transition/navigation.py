"""What stands in the header: the ways into the application by kind of organization."""

from dataclasses import dataclass
from typing import Any

from django.conf import settings
from django.http import HttpRequest
from django.urls import reverse
from django.utils.functional import SimpleLazyObject

from transition import clock
from transition.enums import COORDINATING_KINDS, HOSTING_KINDS, SUPPORTING_KINDS, OrganizationKind
from transition.models import Organization, Person, User
from transition.queries import inbox

# Where everybody who works for an organization begins, and where a person does in the own easy view.
START = "programs:today"
PERSON_START = "programs:easy-today"
ADMINISTRATOR_START = "transition:operations"

# In the session: until when, in seconds since 1970.
STAFF_MODE_UNTIL = "staff_mode_until"

EVERYBODY = tuple(OrganizationKind)
PEOPLE_KINDS = (*SUPPORTING_KINDS, OrganizationKind.MUNICIPALITY)
# (kinds, url name, label), in the order of the header.
WAYS = (
    (EVERYBODY, START, "きょう"),
    ((*HOSTING_KINDS, *PEOPLE_KINDS), "calendars:organization-calendar", "予定表"),
    (HOSTING_KINDS, "programs:board", "居室の空き"),
    (HOSTING_KINDS, "programs:inbox", "申込"),
    (PEOPLE_KINDS, "programs:people", "本人"),
    ((*HOSTING_KINDS, *PEOPLE_KINDS), "programs:home-list", "ホーム"),
    ((OrganizationKind.FACILITY, *COORDINATING_KINDS), "programs:intention-list", "意向確認"),
    (COORDINATING_KINDS, "programs:program-list", "事業と上限"),
)


@dataclass(frozen=True, slots=True)
class Way:
    """One link of the navigation; `current` is a value of aria-current or empty."""

    label: str
    url: str
    current: str


def start_url(organization: Organization | None, user: User) -> str:
    """Where the user begins: at an organization's work, at the software's own, in the own easy view, or nowhere."""
    if organization:
        return reverse(START)
    if user.is_superuser:
        return reverse(ADMINISTRATOR_START)
    return reverse(PERSON_START) if Person.objects.filter(user=user).exists() else ""


def ways(kind: str, path: str) -> list[Way]:
    """The navigation of one kind of organization, seen from the page at `path`."""
    found = []
    for kinds, name, label in WAYS:
        if kind in kinds:
            url = reverse(name)
            found.append(Way(label, url, _current(url, path)))
    return found


def _current(url: str, path: str) -> str:
    if path == url:
        return "page"
    return "true" if path.startswith(url) else ""


def header(request: HttpRequest) -> dict[str, Any]:
    """Context processor for base.html. Nothing is looked up until the template asks."""

    def navigation() -> list[Way]:
        organization = getattr(request, "organization", None)
        return ways(organization.kind, request.path) if organization else []

    def others() -> list[Organization]:
        membership = getattr(request, "membership", None)
        mine = [other.organization for other in getattr(request, "memberships", []) if other != membership]
        return sorted(mine, key=lambda other: other.pk)

    def unread() -> int:
        # Every page reads the memberships, and the count comes with them.
        if memberships := getattr(request, "memberships", []):
            return memberships[0].unread
        user = getattr(request, "user", None)
        return inbox.unread_count(user, clock.now()) if user and user.is_authenticated else 0

    return {
        "service_name": settings.SITE_NAME,
        "demo": settings.DEMO,
        "organization": getattr(request, "organization", None),
        "navigation": SimpleLazyObject(navigation),
        "other_organizations": SimpleLazyObject(others),
        "unread": SimpleLazyObject(unread),
        "staff_mode": SimpleLazyObject(lambda: is_in_staff_mode(request)),
    }


def is_in_staff_mode(request: HttpRequest) -> bool:
    """Whether the administrator's pages are open to this browser just now (views/staff_mode.py)."""
    user = getattr(request, "user", None)
    if user is None or not user.is_superuser:
        return False
    return bool(request.session.get(STAFF_MODE_UNTIL, 0) > clock.now().timestamp())
