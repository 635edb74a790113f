"""Whose addresses a page is about: a person, a home, or the user with the organization for which they work."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, cast

from django.db.models import Q, QuerySet
from django.urls import reverse

from calendars.domain.levels import levels
from calendars.enums import OF_A_PERSON, Audience, Detail
from calendars.models import CalendarFeed
from calendars.services import feeds
from programs.models import Home
from transition.enums import HOSTING_KINDS
from transition.models import Organization, Person, User


@dataclass(frozen=True, slots=True)
class Owner:
    """`audiences` maps who may read along to what the form calls them."""

    audiences: Mapping[Audience, str]
    title: str
    back_title: str
    back_url: str
    list_url: str
    issue_url: str
    person: Person | None = None
    home: Home | None = None
    organization: Organization | None = None
    user: User | None = None

    def levels_of(self, audience: str) -> Mapping[Detail, str]:
        hosting = self.organization is not None and self.organization.kind in HOSTING_KINDS
        return levels(audience, hosting=hosting)

    def level_name(self, feed: CalendarFeed) -> str:
        return self.levels_of(feed.audience)[Detail(feed.detail)]

    def asks_consent(self) -> bool:
        """Whether the person still has to be asked before a family may read along."""
        return self.person is not None and not feeds.has_agreed(self.person)

    def feeds(self) -> QuerySet[CalendarFeed]:
        """Those nobody has stopped."""
        found = CalendarFeed.objects.filter(revoked_at=None)
        if self.person is not None:
            return found.filter(audience__in=OF_A_PERSON, person=self.person)
        if self.home is not None:
            return found.filter(audience=Audience.HOME, home=self.home)
        own = Q(audience=Audience.WORKER, user=self.user, organization=self.organization)
        return found.filter(own | Q(audience=Audience.ORGANIZATION, organization=self.organization))

    def issue(self, *, audience: str, means: str, by: User, **rest: Any) -> CalendarFeed:
        """A new address, through the service of its audience. Raises Refused."""
        if self.person is not None:
            return feeds.issue(person=self.person, audience=audience, means=means, by=by, **rest)
        if self.home is not None:
            return feeds.issue_for_home(home=self.home, by=by, **rest)
        organization = cast(Organization, self.organization)
        if audience == Audience.WORKER:
            return feeds.issue_for_worker(user=by, organization=organization, **rest)
        return feeds.issue_for_organization(organization=organization, by=by, **rest)


def of_person(person: Person) -> Owner:
    return Owner(
        audiences={Audience.FAMILY: "家族など", Audience.PERSON: "本人"},
        title="家族と本人の予定表",
        back_title=f"{person.name}さん",
        back_url=reverse("programs:person-detail", args=[person.public_id]),
        list_url=reverse("calendars:feed-list", args=[person.public_id]),
        issue_url=reverse("calendars:feed-issue", args=[person.public_id]),
        person=person,
    )


def of_home(home: Home) -> Owner:
    return Owner(
        audiences={Audience.HOME: "ホームの職員"},
        title=f"{home.name}の予定表の配信",
        back_title="居室の空き",
        back_url=reverse("programs:board"),
        list_url=reverse("calendars:home-feed-list", args=[home.public_id]),
        issue_url=reverse("calendars:home-feed-issue", args=[home.public_id]),
        home=home,
    )


def of_user(user: User, organization: Organization) -> Owner:
    """Whoever runs homes reads them all; everybody else may also read only what is theirs."""
    audiences = {Audience.ORGANIZATION: f"{organization.name}のみんな"}
    if organization.kind not in HOSTING_KINDS:
        audiences = {Audience.WORKER: "わたし（担当と付き添い）"} | audiences
    return Owner(
        audiences=audiences,
        title="わたしと組織の予定表の配信",
        back_title="みんなの予定表",
        back_url=reverse("calendars:organization-calendar"),
        list_url=reverse("calendars:own-feed-list"),
        issue_url=reverse("calendars:own-feed-issue"),
        organization=organization,
        user=user,
    )


def owner_of(feed: CalendarFeed) -> Owner:
    """For a feed with its person, home, organization and user at hand."""
    if feed.person is not None:
        return of_person(feed.person)
    if feed.home is not None:
        return of_home(feed.home)
    return of_user(feed.user or feed.created_by, cast(Organization, feed.organization))
