"""Who may do what with programs, slots and sessions. Finding things is `visible_to`; this is about acting.

A predicate takes (user, row). A stranger never gets this far: the scoped query answers 404 first.
"""

import rules
from django.db.models import Q, QuerySet

from programs.models import Enrollment, FamilyRemark, Home, Room, Session, Slot, StopRequest
from transition import clock
from transition.enums import (
    COORDINATING_KINDS,
    SUPPORTING_KINDS,
    MembershipRole,
    OrganizationKind,
)
from transition.models import Membership, Organization, Person, SupportLink, User

MANAGING_ROLES = (MembershipRole.COORDINATOR, MembershipRole.MANAGER)


def coordinates(user: User, person: Person) -> bool:
    """A coordinator or manager of the person's municipality or its core center."""
    return _coordinates_at(user, person.municipality_id)


def _coordinates_at(user: User, municipality_id: int) -> bool:
    memberships = Membership.objects.current().filter(
        user=user,
        role__in=[MembershipRole.COORDINATOR, MembershipRole.MANAGER],
        organization__kind__in=COORDINATING_KINDS,
    )
    return memberships.filter(Q(organization=municipality_id) | Q(organization__municipality=municipality_id)).exists()


@rules.predicate
def runs_home(user: User, home: Home) -> bool:
    """Works for the organization that runs the home."""
    return Membership.objects.current().filter(user=user, organization=home.organization_id).exists()


@rules.predicate
def runs_room(user: User, room: Room) -> bool:
    return runs_home(user, room.home)


@rules.predicate
def runs_slot(user: User, slot: Slot) -> bool:
    return runs_home(user, slot.room.home)


@rules.predicate
def hosts_session(user: User, session: Session) -> bool:
    """Works for the home in which the stay takes place."""
    if _read_by(user, session):
        return session.is_hosted  # type: ignore[attr-defined]
    return session.room is not None and runs_home(user, session.room.home)


@rules.predicate
def supports_person(user: User, person: Person) -> bool:
    """Works for an organization that supports or coordinates the person: whoever sees the person today."""
    return getattr(person, "seen_by", None) == user.pk or Person.objects.visible_to(user).filter(pk=person.pk).exists()


@rules.predicate
def registers_people(user: User, organization: Organization) -> bool:
    """Works for an organization that supports or coordinates people."""
    if organization.kind not in (*SUPPORTING_KINDS, OrganizationKind.MUNICIPALITY):
        return False
    return Membership.objects.current().filter(user=user, organization=organization.pk).exists()


@rules.predicate
def manages_programs(user: User, municipality: Organization) -> bool:
    """A coordinator or manager of the municipality or its core center."""
    return _coordinates_at(user, municipality.pk)


def enrollments_kept_by(user: User) -> QuerySet[Enrollment]:
    """Of the organization for which the user works, or of the people whom it coordinates; others may only look."""
    mine = Membership.objects.current().filter(user=user)
    coordinating = mine.filter(organization__kind__in=COORDINATING_KINDS)
    return Enrollment.objects.filter(
        Q(organization__in=mine.values("organization"))
        | Q(person__municipality__in=coordinating.values("organization"))
        | Q(person__municipality__in=coordinating.values("organization__municipality"))
    )


@rules.predicate
def supports_enrollment(user: User, enrollment: Enrollment) -> bool:
    return enrollments_kept_by(user).filter(pk=enrollment.pk).exists()


@rules.predicate
def supports_session(user: User, session: Session) -> bool:
    if _read_by(user, session):
        return session.sees_person  # type: ignore[attr-defined]
    return supports_person(user, session.person)


def _read_by(user: User, session: Session) -> bool:
    """Whether the session comes from `session_page.for_reader(user)`, which has asked already."""
    return getattr(session, "read_by", None) == user.pk


@rules.predicate
def keeps_intentions(user: User, organization: Organization) -> bool:
    """Works for the facility that must ask its residents, or coordinates its municipality."""
    if organization.kind not in (OrganizationKind.FACILITY, *COORDINATING_KINDS):
        return False
    return Membership.objects.current().filter(user=user, organization=organization.pk).exists()


@rules.predicate
def plans_outings(user: User, enrollment: Enrollment) -> bool:
    return supports_person(user, enrollment.person)


@rules.predicate
def keeps_outing(user: User, session: Session) -> bool:
    """Nobody is asked for an outing: those who support the person say yes themselves."""
    return session.room_id is None and supports_session(user, session)


@rules.predicate
def supports_voice(user: User, stop: StopRequest) -> bool:
    return supports_person(user, stop.session.person)


@rules.predicate
def reads_remark(user: User, remark: FamilyRemark) -> bool:
    """Supports the person, or runs the home, which hears of a family once it has said yes."""
    return supports_person(user, remark.session.person) or hosts_session(user, remark.session)


@rules.predicate
def manages_webhooks(user: User, organization: Organization) -> bool:
    """Decides for the organization which other systems hear of what it sees."""
    memberships = Membership.objects.current().filter(user=user, organization=organization.pk)
    return memberships.filter(role__in=MANAGING_ROLES).exists()


@rules.predicate
def keeps_disclosures(user: User, person: Person) -> bool:
    """Decides for an organization that supports the person, or coordinates the person's municipality."""
    if coordinates(user, person):
        return True
    links = SupportLink.objects.on(clock.today()).filter(person=person, organization__kind__in=SUPPORTING_KINDS)
    memberships = Membership.objects.current().filter(user=user, role__in=MANAGING_ROLES)
    return memberships.filter(organization__in=links.values("organization")).exists()


rules.add_perm("programs.keep_disclosures", keeps_disclosures)
rules.add_perm("programs.manage_webhooks", manages_webhooks)
rules.add_perm("programs.answer_stop", supports_voice)
rules.add_perm("programs.see_remark", reads_remark)
rules.add_perm("programs.publish_slot", runs_room)
rules.add_perm("programs.manage_home", runs_home)
rules.add_perm("programs.manage_slot", runs_slot)
rules.add_perm("programs.register_person", registers_people)
rules.add_perm("programs.change_person", supports_person)
rules.add_perm("programs.manage_programs", manages_programs)
rules.add_perm("programs.request_session", supports_person)
rules.add_perm("programs.answer_session", hosts_session)
rules.add_perm("programs.cancel_session", supports_session | hosts_session)
rules.add_perm("programs.run_session", hosts_session | supports_session)
rules.add_perm("programs.override_session", supports_session)
rules.add_perm("programs.plan_outing", plans_outings)
rules.add_perm("programs.change_outing", keeps_outing)
rules.add_perm("programs.keep_intentions", keeps_intentions)
rules.add_perm("programs.record_intention", supports_person)
rules.add_perm("programs.enroll_person", supports_person)
rules.add_perm("programs.change_enrollment", supports_enrollment)
rules.add_perm("programs.change_goals", supports_person)
rules.add_perm("programs.keep_consents", supports_person)
rules.add_perm("programs.record_session", supports_session | hosts_session)
