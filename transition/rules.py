"""Who may do what with organizations and their members. Finding things is `visible_to`; this is about acting."""

import rules

from transition.enums import MembershipRole
from transition.models import Membership, Organization, User


@rules.predicate
def manages_members(user: User, organization: Organization) -> bool:
    """A coordinator or manager of the organization itself."""
    roles = (MembershipRole.COORDINATOR, MembershipRole.MANAGER)
    return Membership.objects.current().filter(user=user, organization=organization.pk, role__in=roles).exists()


rules.add_perm("transition.manage_members", manages_members)
