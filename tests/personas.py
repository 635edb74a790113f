"""Who uses the application in tests: one worker, one home, one municipality, and their strangers."""

from dataclasses import dataclass

from programs.models import Program, Room, Slot
from tests import factories
from transition.enums import ConsentKind, MembershipRole, OrganizationKind
from transition.models import Organization, Person, User


@dataclass
class World:
    """A municipality with one worker supporting one person, and one home offering one room."""

    municipality: Organization
    coordinator: User
    office: Organization
    worker: User
    person: Person
    home_office: Organization
    home_staff: User
    room: Room
    slot: Slot
    program: Program
    stranger: User
    other_home_staff: User


def member(organization: Organization, role: str = MembershipRole.STAFF) -> User:
    return factories.MembershipFactory(organization=organization, role=role).user


def make_world(**slot) -> World:
    municipality = factories.MunicipalityFactory(name="架空市")
    office = factories.OrganizationFactory(name="相談室みほん", municipality=municipality)
    person = factories.PersonFactory(municipality=municipality)
    factories.SupportLinkFactory(person=person, organization=office)
    factories.GrantFactory(person=person)
    factories.ConsentFactory(person=person, kind=ConsentKind.CALENDAR)
    room = factories.RoomFactory()
    home_staff = member(room.home.organization)
    return World(
        municipality=municipality,
        coordinator=member(municipality, MembershipRole.COORDINATOR),
        office=office,
        worker=member(office),
        person=person,
        home_office=room.home.organization,
        home_staff=home_staff,
        room=room,
        slot=factories.SlotFactory(room=room, published_by=home_staff, **slot),
        program=factories.ProgramFactory(code="group-home-trial"),
        stranger=member(factories.OrganizationFactory(name="よその相談室")),
        other_home_staff=member(factories.OrganizationFactory(kind=OrganizationKind.GROUP_HOME)),
    )
