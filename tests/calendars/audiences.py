"""An address for every audience at every level it has, in a world where each of them carries something."""

from typing import NamedTuple

from calendars.domain.levels import levels, variant_of
from calendars.enums import OF_A_PERSON, Audience, Detail, Variant
from calendars.models import CalendarFeed
from calendars.services import feeds
from tests.personas import World
from transition.models import Organization, SupportLink, User


class Case(NamedTuple):
    """`office`: whose, for organizations; its attribute of the world."""

    audience: Audience
    detail: Detail
    office: str = ""
    hosting: bool = False

    @property
    def variant(self) -> Variant:
        return variant_of(self.audience, self.detail, hosting=self.hosting)

    def issue(self, world: World) -> CalendarFeed:
        values = {"detail": self.detail, "label": "x"}
        if self.audience in OF_A_PERSON:
            return feeds.issue(person=world.person, audience=self.audience, by=world.worker, **values)
        if self.audience == Audience.HOME:
            return feeds.issue_for_home(home=world.room.home, by=world.home_staff, **values)
        if self.audience == Audience.WORKER:
            return feeds.issue_for_worker(user=world.worker, organization=world.office, **values)
        organization: Organization = getattr(world, self.office)
        by: User = {"home_office": world.home_staff, "office": world.worker}.get(self.office, world.coordinator)
        return feeds.issue_for_organization(organization=organization, by=by, **values)

    def __str__(self) -> str:
        return "-".join(filter(None, [self.audience, self.office, self.detail]))


CASES = [
    *[Case(audience, detail) for audience in OF_A_PERSON for detail in levels(audience)],
    *[Case(Audience.HOME, detail, hosting=True) for detail in levels(Audience.HOME)],
    *[Case(Audience.WORKER, detail) for detail in levels(Audience.WORKER)],
    *[
        Case(Audience.ORGANIZATION, detail, office, hosting)
        for office, hosting in (("office", False), ("municipality", False), ("home_office", True))
        for detail in levels(Audience.ORGANIZATION, hosting=hosting)
    ],
]


def lead(world: World) -> None:
    """The worker leads for the person, so that the worker's own calendar carries something."""
    link = SupportLink.objects.get(person=world.person)
    link.lead = world.worker
    link.save()
