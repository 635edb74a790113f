"""Organizations: one's own, and the municipalities that everybody may choose."""

import pytest

from tests import factories
from tests.api.alike import NOBODY, fields, queries_of, same
from transition.domain.text import search_key
from transition.enums import OrganizationKind
from transition.models import Organization

pytestmark = pytest.mark.django_db

ALL = "/api/v1/organizations/"


def names(client, url=ALL):
    return [one["name"] for one in client.get(url).json()["results"]]


def test_ones_own_and_the_municipalities(world, caller):
    Organization.objects.filter(pk=world.municipality.pk).update(search_key=search_key("架空市"))
    client = caller(world.worker)
    assert set(names(client)) == {world.municipality.name, world.office.name}
    assert names(client, f"{ALL}?mine=true") == [world.office.name]
    shown = client.get(f"{ALL}{world.office.public_id}/").json()
    assert (shown["is_own"], shown["municipality"]) == (True, str(world.municipality.public_id))
    assert names(client, f"{ALL}?kind={OrganizationKind.MUNICIPALITY}&q=架空") == [world.municipality.name]
    assert names(client, f"{ALL}?q=nothing") == []


def test_a_stranger_organization_is_not_there(world, caller):
    client = caller(world.worker)
    same(client.get(f"{ALL}{world.home_office.public_id}/"), client.get(f"{ALL}{NOBODY}/"))


def test_who_works_nowhere_finds_none(world, client):
    client.force_login(factories.UserFactory())
    assert names(client) == []


def test_scope_and_nonsense(world, caller):
    assert caller(world.worker, scopes=["HOMES_READ"]).get(ALL).json()["code"] == "scope_missing"
    client = caller(world.worker)
    assert fields(client.get(f"{ALL}?kind=CASTLE")) == ["kind"]
    assert fields(client.get(f"{ALL}?q={'x' * 61}")) == ["q"]
    assert fields(client.get(f"{ALL}?ordering=secret")) == ["ordering"]


def test_a_longer_list_costs_no_more_queries(world, caller):
    client = caller(world.worker)
    client.get(ALL)
    before = queries_of(client, ALL)
    for _ in range(3):
        factories.MembershipFactory(
            user=world.worker, organization=factories.OrganizationFactory(municipality=factories.MunicipalityFactory())
        )
    assert queries_of(client, ALL) == before
