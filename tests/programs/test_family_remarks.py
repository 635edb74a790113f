"""家族の声 on the side of those who read it: supporters at once, the home after its yes, each for itself."""

import pytest
from django.urls import reverse

from programs.models import FamilyRemark
from programs.services import sessions
from tests.factories import FamilyRemarkFactory
from tests.personas import make_world
from tests.programs.pages import client_of, confirmed, queries_of, request, soup, text
from transition.models import AuditEvent

pytestmark = pytest.mark.django_db
WORDS = "夜の電気を<b>少し</b>つけてください。"


@pytest.fixture
def world():
    return make_world()


@pytest.fixture
def worker(world):
    return client_of(world.worker)


@pytest.fixture
def home(world):
    return client_of(world.home_staff)


def page_of(session) -> str:
    return reverse("programs:session-detail", args=[session.public_id])


def seen_url(remark) -> str:
    return reverse("programs:remark-seen", args=[remark.public_id])


def today(client) -> str:
    section = soup(client.get(reverse("programs:today"))).find(id="remarks")
    return text(section) if section else ""


def alerts(client, session) -> list[str]:
    return [text(found) for found in soup(client.get(page_of(session))).select("main .alert-warning")]


def test_the_worker_hears_at_once_and_the_home_after_its_yes(world, worker, home):
    session = request(world, "2026-12-05", "2026-12-07")
    remark = FamilyRemarkFactory(session=session, text=WORDS)
    assert WORDS in today(worker)
    assert any(WORDS in alert for alert in alerts(worker, session))
    assert today(home) == ""
    assert WORDS not in text(soup(home.get(page_of(session))))
    assert home.post(seen_url(remark)).status_code == 404
    sessions.confirm(session=session, by=world.home_staff)
    assert WORDS in today(home)
    assert any(WORDS in alert for alert in alerts(home, session))


def test_each_side_reads_for_itself(world, worker, home):
    session = confirmed(world, "2026-12-05", "2026-12-07")
    remark = FamilyRemarkFactory(session=session, text=WORDS)
    for _ in range(2):
        assert home.post(seen_url(remark), {"next": "today"})["Location"] == reverse("programs:today")
    remark.refresh_from_db()
    assert (remark.seen_by, remark.home_seen_by) == (None, world.home_staff)
    assert today(home) == ""
    assert WORDS in today(worker)
    assert worker.post(seen_url(remark))["Location"] == page_of(session)
    assert today(worker) == ""
    assert not [alert for alert in alerts(worker, session) if "家族からの声" in alert]
    assert WORDS in text(soup(worker.get(page_of(session))).find("section", {"aria-labelledby": "h-remarks"}))
    assert AuditEvent.objects.filter(action="remark.see").count() == 2


def test_strangers_never_hear_it(world):
    session = confirmed(world, "2026-12-05", "2026-12-07")
    remark = FamilyRemarkFactory(session=session, text=WORDS)
    for user in (world.stranger, world.other_home_staff):
        client = client_of(user)
        assert client.post(seen_url(remark)).status_code == 404
        assert today(client) == ""
    assert FamilyRemark.objects.get().seen_at is None


def test_a_long_one_is_cut_on_the_page_of_the_day_only(world, worker):
    session = request(world, "2026-12-05", "2026-12-07")
    FamilyRemarkFactory(session=session, text="あ" * 500)
    assert f"「{'あ' * 80}…」" in today(worker)
    assert any("あ" * 500 in alert for alert in alerts(worker, session))


def test_the_oldest_of_a_session_comes_first_and_the_next_after_it(world, worker):
    session = request(world, "2026-12-05", "2026-12-07")
    first = FamilyRemarkFactory(session=session, text="ひとつめ")
    FamilyRemarkFactory(session=session, text="ふたつめ")
    assert "ひとつめ" in today(worker)
    worker.post(seen_url(first))
    assert "ふたつめ" in today(worker)


def test_remarks_cost_no_queries_more_when_there_are_many(world, worker, home):
    session = confirmed(world, "2026-12-05", "2026-12-07")
    FamilyRemarkFactory(session=session)
    pages = [(worker, page_of(session)), (home, page_of(session))]
    pages += [(client, reverse("programs:today")) for client in (worker, home)]
    before = [queries_of(*page) for page in pages]
    for _ in range(2):
        FamilyRemarkFactory(session=session)
    assert [queries_of(*page) for page in pages] == before
    assert max(before) <= 12
