"""Where busy times of calendars elsewhere show: on the board, in search and requests, to those who plan an outing.
Always a note, never a refusal."""

import datetime as dt

import pytest
from django.core.cache import cache

from programs.domain.problems import Refused
from programs.enums import Enforcement, SessionState
from programs.models import BusyTime, Session
from programs.queries import outings as queries
from programs.queries.external import busy_nights
from programs.services import external, outings
from tests import factories
from tests.personas import make_world
from tests.programs.pages import at, client_of, part, queries_of, request, soup, text
from transition import clock

pytestmark = pytest.mark.django_db

NOTE = "ホームの外の予定表では、この期間に予定が入っています。"
MARK = "外の予定：あり"


@pytest.fixture
def world():
    return make_world()


@pytest.fixture
def worker(world):
    return client_of(world.worker)


def busy(start: tuple[str, str], end: tuple[str, str], **owner):
    calendar = factories.ExternalCalendarFactory(**owner)
    BusyTime.objects.create(calendar=calendar, starts_at=at(*start), ends_at=at(*end))
    return calendar


def search_url(world, **asked) -> str:
    asked = {"from": "2026-12-01", "to": "2026-12-05", "nights": "1"} | asked
    query = "&".join(f"{name}={value}" for name, value in asked.items())
    return f"/people/{world.person.public_id}/slots/?{query}"


def request_url(world, check_in="2026-12-02", check_out="2026-12-03") -> str:
    person, slot = world.person.public_id, world.slot.public_id
    return f"/people/{person}/slots/{slot}/?check_in={check_in}&check_out={check_out}"


class TestBoard:
    @pytest.mark.parametrize(
        ("start", "end", "nights"),
        [
            (("2026-12-02", "16:00"), ("2026-12-02", "18:00"), [2]),
            (("2026-12-02", "10:00"), ("2026-12-02", "15:00"), []),
            (("2026-12-02", "09:00"), ("2026-12-02", "11:00"), [1]),
            (("2026-12-02", "14:59"), ("2026-12-02", "15:01"), [2]),
            (("2026-12-02", "00:00"), ("2026-12-03", "00:00"), [1, 2]),
            (("2026-12-02", "23:00"), ("2026-12-04", "09:00"), [2, 3]),
            (("2026-11-01", "00:00"), ("2026-12-01", "10:01"), []),
        ],
    )
    def test_nights_that_overlap(self, world, start, end, nights):
        home = world.room.home
        busy(start, end, home=home)
        found = busy_nights(type(home).objects.all(), dt.date(2026, 12, 1), dt.date(2026, 12, 15))
        assert sorted(date.day for date in found[home.pk]) == nights

    def test_the_mark_stands_in_the_cell_of_every_kind(self, world):
        home = world.room.home
        busy(("2026-11-30", "16:00"), ("2026-12-04", "09:00"), home=home)
        request(world, "2026-12-02", "2026-12-05")
        staff = client_of(world.home_staff)
        page = part(staff.get("/board/", {"from": "2026-11-29"}), "board")
        cells = [text(cell) for cell in page.select("tbody td")]
        marked = [MARK in cell for cell in cells]
        # 29 and 30 November without an offer, 1 December free, the stay of three nights.
        assert marked[:5] == [False, True, True, True, False]
        assert "外の予定表に予定あり" in text(page.select_one(".legend"))
        picking = part(staff.get("/board/", {"from": "2026-11-29", "pick": "1"}), "board")
        labels = [box["aria-label"] for box in picking.select("input[name=night]")]
        assert [label.endswith(f"、{MARK}") for label in labels][:3] == [False, True, True]

    def test_only_of_the_own_home_and_not_when_removed(self, world):
        staff = client_of(world.home_staff)
        evening = ("2026-12-02", "16:00"), ("2026-12-02", "18:00")
        busy(*evening, home=factories.HomeFactory())
        busy(*evening, home=None, user=world.home_staff)
        gone = busy(*evening, home=world.room.home)
        assert MARK in text(part(staff.get("/board/", {"from": "2026-12-01"}), "board"))
        external.remove(calendar=gone, by=world.home_staff)
        assert MARK not in text(part(staff.get("/board/", {"from": "2026-12-01"}), "board"))

    def test_it_leads_to_the_list(self, world):
        page = soup(client_of(world.home_staff).get("/board/"))
        assert page.find("a", href=f"/homes/{world.room.home.public_id}/external/")
        own = soup(client_of(world.worker).get("/calendar/mine/"))
        assert own.find("a", href="/calendar/external/")


class TestSearch:
    def test_dates_that_overlap_are_offered_with_a_note(self, world, worker):
        before = text(soup(worker.get(search_url(world))).find(id=f"slot-{world.slot.public_id}"))
        busy(("2026-12-02", "16:00"), ("2026-12-02", "18:00"), home=world.room.home)
        after = text(soup(worker.get(search_url(world))).find(id=f"slot-{world.slot.public_id}"))
        note = f"◇ 12/2(水)から泊まると：{NOTE}"
        assert note in after
        assert after.replace(note, "").split() == before.split()

    def test_several_are_told_in_one_line(self, world, worker):
        busy(("2026-12-02", "16:00"), ("2026-12-04", "18:00"), home=world.room.home)
        card = text(soup(worker.get(search_url(world))).find(id=f"slot-{world.slot.public_id}"))
        assert f"◇ 12/2(水)ほか2日から泊まると：{NOTE}" in card

    def test_the_hours_of_the_slot_count(self, world, worker):
        """Between leaving and coming nobody of ours is there."""
        busy(("2026-12-02", "10:00"), ("2026-12-02", "15:00"), home=world.room.home)
        assert NOTE not in worker.get(search_url(world)).content.decode()

    def test_other_homes_and_workers_are_no_matter(self, world, worker):
        evening = ("2026-12-02", "16:00"), ("2026-12-02", "18:00")
        busy(*evening, home=factories.HomeFactory())
        busy(*evening, home=None, user=world.home_staff)
        factories.SlotFactory()
        assert NOTE not in worker.get(search_url(world)).content.decode()

    def test_no_more_queries(self, world, worker):
        worker.get(search_url(world))
        cache.clear()
        before = queries_of(worker, search_url(world))
        for day in (2, 3, 4):
            busy((f"2026-12-0{day}", "16:00"), (f"2026-12-0{day}", "18:00"), home=world.room.home)
            room = factories.SlotFactory().room
            busy((f"2026-12-0{day}", "16:00"), (f"2026-12-0{day}", "18:00"), home=room.home)
        cache.clear()
        assert queries_of(worker, search_url(world)) == before <= 12


class TestRequest:
    def test_it_is_told_before_sending_and_stops_nobody(self, world, worker):
        busy(("2026-12-02", "16:00"), ("2026-12-02", "18:00"), home=world.room.home)
        page = soup(worker.get(request_url(world)))
        assert [text(item) for item in page.select(".problem")] == [f"お知らせ {NOTE}"]
        sent = {"program": world.program.code, "check_in": "2026-12-02", "check_out": "2026-12-03"}
        assert worker.post(request_url(world), sent).status_code == 302
        assert Session.objects.get().state == SessionState.REQUESTED

    def test_beside_it_facts_stay_facts(self, world, worker):
        busy(("2026-12-02", "16:00"), ("2026-12-02", "18:00"), home=world.room.home)
        busy(("2026-12-02", "17:00"), ("2026-12-02", "19:00"), home=world.room.home)
        request(world, "2026-12-02", "2026-12-03", person=factories.PersonFactory(municipality=world.municipality))
        words = [text(item) for item in soup(worker.get(request_url(world))).select(".problem")]
        assert words == ["できません この居室は、12月2日の夜が埋まっています。", f"お知らせ {NOTE}"]

    def test_a_night_lost_is_still_told_when_the_home_is_busy(self, world):
        busy(("2026-12-02", "16:00"), ("2026-12-02", "18:00"), home=world.room.home)
        request(world, "2026-12-02", "2026-12-03")
        with pytest.raises(Refused) as refused:
            request(world, "2026-12-02", "2026-12-03")
        assert {problem.enforcement for problem in refused.value.problems} == {"BLOCK"}

    def test_not_of_another_home_or_a_removed_calendar(self, world, worker):
        busy(("2026-12-02", "16:00"), ("2026-12-02", "18:00"), home=factories.HomeFactory())
        gone = busy(("2026-12-02", "16:00"), ("2026-12-02", "18:00"), home=world.room.home)
        gone.removed_at = clock.now()
        gone.save()
        assert NOTE not in worker.get(request_url(world)).content.decode()

    def test_not_on_other_dates(self, world, worker):
        busy(("2026-12-03", "10:00"), ("2026-12-03", "15:00"), home=world.room.home)
        assert NOTE not in worker.get(request_url(world)).content.decode()

    def test_twelve_queries_at_most(self, world, worker):
        before = queries_of(worker, request_url(world))
        busy(("2026-12-02", "16:00"), ("2026-12-02", "18:00"), home=world.room.home)
        assert queries_of(worker, request_url(world)) == before <= 12


class TestEscorts:
    def wanted(self, world, *escorts):
        enrollment = factories.EnrollmentFactory(person=world.person, organization=world.office)
        return queries.Wanted(
            person=world.person,
            program=enrollment.program,
            enrollment=enrollment,
            step="OUTING",
            starts_at=at("2026-12-05", "10:00"),
            ends_at=at("2026-12-05", "12:00"),
            escorts=escorts,
        )

    def notes(self, wanted):
        found = [problem for problem in queries.problems(wanted) if problem.code == "escort.outside"]
        assert all(problem.enforcement == Enforcement.INFORM for problem in found)
        return [problem.message for problem in found]

    def test_those_who_plan_are_told(self, world):
        busy(("2026-12-05", "11:00"), ("2026-12-05", "13:00"), home=None, user=world.worker)
        busy(("2026-12-05", "12:00"), ("2026-12-05", "13:00"), home=None, user=world.coordinator)
        message = f"{world.worker.name}さんの外の予定表では、この時間に予定が入っています。"
        assert self.notes(self.wanted(world, world.worker, world.coordinator)) == [message]
        assert self.notes(self.wanted(world)) == []

    def test_and_may_plan_all_the_same(self, world):
        busy(("2026-12-05", "11:00"), ("2026-12-05", "13:00"), home=None, user=world.worker)
        wanted = self.wanted(world, world.worker)
        session = outings.plan(
            enrollment=wanted.enrollment,
            activity="さんぽ",
            starts_at=wanted.starts_at,
            ends_at=wanted.ends_at,
            organization=world.office,
            escorts=[world.worker],
            by=world.worker,
        )
        assert session.escorts.count() == 1


def test_a_reading_shows_at_once(world):
    """From the rows of a reading to the board, without another step."""
    calendar = factories.ExternalCalendarFactory(home=world.room.home)
    span = external.Span(at("2026-12-02", "16:00"), at("2026-12-02", "18:00"))
    external._keep(calendar=calendar, reading=external.Reading(spans=[span]))
    assert busy_nights(type(world.room.home).objects.all(), clock.today(), dt.date(2026, 12, 31)) == {
        world.room.home_id: {dt.date(2026, 12, 2)}
    }
