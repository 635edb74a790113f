import pytest

from tests import factories
from transition.enums import OrganizationKind
from transition.models import Person

pytestmark = pytest.mark.django_db


@pytest.mark.parametrize("kind", [OrganizationKind.GROUP_HOME, OrganizationKind.DAY_ACTIVITY])
def test_a_support_link_of_an_office_that_does_not_support_shows_nobody(kind):
    link = factories.SupportLinkFactory(organization__kind=kind)
    assert not Person.objects.supported_by(link.organization).exists()
    link.organization.kind = OrganizationKind.CONSULTATION
    link.organization.save()
    assert Person.objects.supported_by(link.organization).get() == link.person
