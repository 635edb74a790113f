"""Who may do what with organizations and their members. Finding things is `visible_to`; this is about acting."""

import rules
from django.db.models import QuerySet

from transition.enums import MembershipRole
from transition.models import Membership, Organization, User


def managed_by(user: User) -> QuerySet[Organization]:
    """The organizations whose members the user looks after."""
    roles = (MembershipRole.COORDINATOR, MembershipRole.MANAGER)
    own = Membership.objects.current().filter(user=user, role__in=roles)
    return Organization.objects.filter(pk__in=own.values("organization"))


@rules.predicate
def manages_members(user: User, organization: Organization) -> bool:
    """A coordinator or manager of the organization itself."""
    return managed_by(user).filter(pk=organization.pk).exists()


rules.add_perm("transition.manage_members", manages_members)
