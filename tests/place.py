"""A world in which something of everything exists, and everybody who may or may not see it."""

import datetime as dt
from contextlib import contextmanager
from dataclasses import dataclass

from django.core.files.base import ContentFile
from django.core.files.storage import default_storage
from django.db import transaction
from django.test import Client
from django.urls import reverse

from calendars.models import CalendarFeed
from calendars.services import feeds
from programs.enums import OutcomeCode, ProgramKind
from programs.models import Enrollment, Limit, Photo, Program, Session, StopRequest
from programs.services import programs, voices
from tests import factories
from tests.personas import World, make_world, member
from tests.programs.pages import client_of, request
from transition import clock
from transition.enums import ConsentKind, MembershipRole, OrganizationKind
from transition.models import Consent, Goal, Membership, Person, PersonLink, Pulse, User, WishItem
from transition.services import links

MOVED_ON = dt.date(2026, 11, 1)


@dataclass
class Place:
    """A world in which something of everything exists."""

    world: World
    users: dict[str, User]
    session: Session
    outing: Session
    enrollment: Enrollment
    goal: Goal
    consent: Consent
    photo: Photo
    feed: CalendarFeed
    link: PersonLink
    stop: StopRequest
    own_program: Program
    limit: Limit
    wish_item: WishItem
    # Also supported by the worker's office, and coordinated by the same city; nothing above is about them.
    second: Person
    clients: dict[str, Client]

    def client(self, persona: str) -> Client:
        """The persona's signed-in client; "" for nobody's, "family" and "person" for whoever has a secret address."""
        return self.clients[persona]


def make_place() -> Place:
    world = make_world()
    Pulse.objects.create(name=Pulse.CANARY)
    city = world.municipality
    center = factories.OrganizationFactory(kind=OrganizationKind.CORE_CENTER, municipality=city)
    facility = factories.OrganizationFactory(kind=OrganizationKind.FACILITY, name="みほん学園")
    factories.SupportLinkFactory(person=world.person, organization=facility)
    ended = member(world.office)
    Membership.objects.filter(user=ended).update(ended_at=clock.now())
    users = {
        "coordinator": world.coordinator,
        "staff": member(city),
        "center": member(center, MembershipRole.COORDINATOR),
        "worker": world.worker,
        "colleague": member(world.office),
        "facility": member(facility),
        "home": world.home_staff,
        "stranger": world.stranger,
        "other_home": world.other_home_staff,
        "other_city": member(factories.MunicipalityFactory(name="よその市"), MembershipRole.COORDINATOR),
        "ended": ended,
        "administrator": factories.UserFactory(is_superuser=True),
    }
    clients = {name: client_of(user) for name, user in users.items()} | {"": Client()}
    feed = feeds.issue(person=world.person, label="母", detail="NEUTRAL", by=world.worker)
    link = links.issue(person=world.person, label="へや", by=world.worker)
    clients["family"], clients["person"] = Client(), Client()
    clients["family"].get(reverse("calendars:family-page", args=[feed.token]))
    clients["person"].get(reverse("programs:easy-enter", args=[link.token]))
    second = factories.PersonFactory(municipality=city)
    factories.SupportLinkFactory(person=second, organization=world.office)
    factories.SupportLinkFactory(person=second, organization=facility)
    factories.LimitFactory(program=world.program, code="year")
    session = request(world, "2026-12-05", "2026-12-07")
    own = programs.adopt(program=factories.ProgramFactory(code="city-outing"), municipality=city, by=world.coordinator)
    outing = factories.ProgramFactory(code="outing", name="外出体験", kind=ProgramKind.OUTING, months=6)
    enrollment = factories.EnrollmentFactory(person=world.person, program=outing, organization=world.office)
    factories.ReviewFactory(enrollment=enrollment)
    moved = factories.OutcomeFactory(enrollment=enrollment, code=OutcomeCode.MOVED_FLAT, moved_on=MOVED_ON)
    factories.FollowUpFactory(outcome=moved)
    factories.ConsentFactory(person=world.person)
    factories.PersonCardFactory(person=world.person)
    factories.DisclosureFactory(person=world.person)
    factories.ContactFactory(person=world.person)
    factories.FamilyRemarkFactory(session=session)
    picture = default_storage.save("small.jpg", ContentFile(b"not looked into"))
    factories.HomePhotoFactory(home=world.room.home, small=picture)
    factories.ExternalCalendarFactory(home=world.room.home)
    factories.WebhookFactory(organization=city, created_by=world.coordinator)
    factories.NotificationFactory(user=world.worker, organization=world.office)
    factories.ApiTokenFactory(user=world.worker, organization=world.office)
    factories.InvitationFactory(organization=city, created_by=world.coordinator)
    return Place(
        world=world,
        users=users,
        session=session,
        outing=factories.SessionFactory(
            person=world.person, program=outing, enrollment=enrollment, organization=world.office
        ),
        enrollment=enrollment,
        goal=factories.GoalFactory(person=world.person),
        consent=factories.ConsentFactory(person=world.person, kind=ConsentKind.PHOTO),
        photo=Photo.objects.create(
            session=session, large="none.jpg", small=picture, width=1, height=1, by=world.worker
        ),
        feed=feed,
        link=link,
        stop=voices.ask_to_stop(session=session, by=None),
        own_program=own,
        limit=factories.LimitFactory(program=own),
        wish_item=WishItem.objects.create(code="fictional", name="りょうり", photo=picture),
        second=second,
        clients=clients,
    )


@contextmanager
def undone():
    """Whatever happens inside is taken back; services may still ask for an outermost transaction."""
    block = transaction.atomic()
    block._from_testcase = True
    with block:
        yield
        transaction.set_rollback(True)
