"""「この上限について」 stands wherever a limit is shown, without another query."""

import pytest
from django.core.management import call_command

from programs.models import Limit
from tests import factories
from tests.personas import make_world
from tests.programs.pages import client_of, queries_of, soup, text

pytestmark = pytest.mark.django_db

ASK = "市町村に確認してください"


@pytest.fixture
def world():
    return make_world()


def helps(response) -> list:
    return soup(response).select("details.limit-help")


def test_the_list_of_programs_explains_each_limit(world):
    call_command("load_programs", verbosity=0)
    found = helps(client_of(world.worker).get("/programs/"))
    assert len(found) == Limit.objects.count()
    for one in found:
        assert one.summary.get_text().startswith("この上限について")
        assert [term.get_text() for term in one.select("dt")][:3] == ["数えるもの", "数える期間", "こえるとき"]
    assert sum(text(one).endswith(ASK) for one in found) == Limit.objects.filter(certainty="ASSUMED").count()


def test_the_page_of_a_person_explains_what_is_left(world):
    factories.LimitFactory(program=world.program)
    client, url = client_of(world.worker), f"/people/{world.person.public_id}/"
    assert len(helps(client.get(url))) == 1
    few = queries_of(client, url)
    factories.LimitFactory(program=world.program)
    factories.LimitFactory(program=world.program)
    assert len(helps(client.get(url))) == 3
    assert queries_of(client, url) == few


def test_a_request_explains_the_limits_it_touches(world):
    factories.LimitFactory(program=world.program, certainty="ASSUMED", note="「1年」の区切りは分かりません。")
    address = f"/people/{world.person.public_id}/slots/{world.slot.public_id}/"
    page = client_of(world.worker).get(address)
    [one] = helps(page)
    assert "「1年」の区切りは分かりません。" in text(one)
    assert text(one).endswith(ASK)
