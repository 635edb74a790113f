"""Calendars elsewhere: giving and removing an address, reading it, and keeping what was read last."""

import datetime as dt

import pytest

from programs.domain.problems import Refused
from programs.enums import ReadProblem
from programs.models import BusyTime, ExternalCalendar
from programs.services import external
from programs.tasks import read_external_calendars, sweep
from tests import factories
from tests.domain.test_busy import calendar as ics
from tests.personas import make_world
from tests.programs.pages import at, client_of, field_error, part, queries_of, soup, text
from tests.transition.https import HOST
from transition import clock
from transition.models import AuditEvent, Membership
from transition.services.transactions import RequestKey

pytestmark = pytest.mark.django_db

MEETING = "DTSTART:20261205T160000\nDTEND:20261205T180000"
OTHER = "DTSTART:20261210T100000\nDTEND:20261210T110000"
OWN = "/calendar/external/"


@pytest.fixture
def world():
    return make_world()


@pytest.fixture
def home(world):
    return world.room.home


def add(world, url, **more):
    return external.add(label=more.pop("label", "事務所"), url=url, by=world.home_staff, **more)


def busy(calendar) -> list[str]:
    rows = BusyTime.objects.filter(calendar=calendar).order_by("starts_at")
    return [f"{row.starts_at.astimezone(clock.TOKYO):%m-%dT%H:%M}" for row in rows]


class TestAdding:
    def test_it_is_read_at_once(self, world, home, server):
        added = add(world, server.serve("/secret.ics", ics(MEETING), ETag='"1"'), home=home)
        assert (added.home, added.user, added.problem, added.etag) == (home, None, "", '"1"')
        assert (added.read_at, added.good_at) == (clock.now(), clock.now())
        assert busy(added) == ["12-05T16:00"]
        half_an_hour = dt.timedelta(minutes=30)
        assert half_an_hour * 0.9 <= added.due_at - clock.now() <= half_an_hour

    def test_whole_days_are_marked(self, world, home, server):
        add(world, server.serve("/a.ics", ics("DTSTART;VALUE=DATE:20261205", MEETING.replace("05T", "08T"))), home=home)
        assert list(BusyTime.objects.values_list("all_day", flat=True)) == [True, False]

    def test_one_s_own(self, world, server):
        added = external.add(label="わたし", url=server.serve("/a.ics", ics(MEETING)), by=world.worker)
        assert (added.home, added.user) == (None, world.worker)

    @pytest.mark.parametrize("scheme", ["webcal", "WEBCAL", "webcals", "HTTPS"])
    def test_an_address_for_subscribing_is_the_same_by_https(self, world, home, server, scheme):
        url = server.serve("/a.ics", ics(MEETING)).replace("https", scheme, 1)
        assert add(world, url, home=home).url == server.url("/a.ics")

    @pytest.mark.parametrize(
        "url",
        [
            "http://calendar.example.invalid/a.ics",
            "https://inside.example.invalid/a.ics",
            "https://127.0.0.1/a.ics",
            "https://user@calendar.example.invalid/a.ics",
            "file:///etc/passwd",
            "",
        ],
    )
    def test_an_address_that_may_not_be_asked_is_refused(self, world, home, server, url):
        with pytest.raises(Refused) as refused:
            add(world, url.replace("127.0.0.1", "inside.example.invalid"), home=home)
        assert [problem.field for problem in refused.value.problems] == ["url"]
        assert not ExternalCalendar.objects.exists()

    def test_one_that_does_not_answer_is_kept_with_its_problem(self, world, home, server):
        added = add(world, "https://nowhere.example.invalid/a.ics", home=home)
        assert (added.problem, added.failures, added.good_at) == (ReadProblem.UNREACHABLE, 1, None)
        assert added.read_at == clock.now()

    @pytest.mark.parametrize(
        ("body", "status", "problem"),
        [
            (b"<html>", 200, ReadProblem.NOT_ICAL),
            (b"", 404, ReadProblem.STATUS),
            (b"x" * 2_000_001, 200, ReadProblem.TOO_LARGE),
            (ics("DTSTART:20261201T100000\nDURATION:PT1S\nRRULE:FREQ=SECONDLY"), 200, ReadProblem.TOO_MANY),
        ],
    )
    def test_what_is_no_calendar_of_ours_is_told(self, world, home, server, body, status, problem):
        assert add(world, server.serve("/a.ics", body, status), home=home).problem == problem

    def test_a_reader_that_takes_too_long_is_stopped(self, world, home, server, monkeypatch):
        monkeypatch.setattr(external, "UNDERSTAND_SECONDS", 0.01)
        assert add(world, server.serve("/a.ics", ics(MEETING)), home=home).problem == ReadProblem.TOO_MANY

    def test_five_are_enough_and_none_twice(self, world, home, server):
        for number in range(external.MOST - 1):
            factories.ExternalCalendarFactory(home=home, url=f"https://{HOST}/{number}")
        url = server.serve("/a.ics", ics(MEETING))
        add(world, url, home=home)
        with pytest.raises(Refused) as many:
            add(world, server.serve("/b.ics", ics(MEETING)), home=home)
        assert [problem.code for problem in many.value.problems] == ["external.many"]
        external.remove(calendar=ExternalCalendar.objects.first(), by=world.home_staff)
        with pytest.raises(Refused) as twice:
            add(world, url, home=home)
        assert [(problem.code, problem.field) for problem in twice.value.problems] == [("external.twice", "url")]

    def test_a_resent_form_has_one_effect(self, world, home, server):
        url, key = server.serve("/a.ics", ics(MEETING)), RequestKey.of(world.home_staff.pk, "k", {})
        assert add(world, url, home=home, key=key) == add(world, url, home=home, key=key)
        assert AuditEvent.objects.filter(action="external.add").count() == 1

    def test_evidence_names_no_address(self, world, home, server):
        added = add(world, server.serve("/secret.ics", ics(MEETING)), home=home)
        external.remove(calendar=added, by=world.home_staff)
        events = AuditEvent.objects.filter(subject_type="externalcalendar")
        assert [(event.action, event.data) for event in events] == [
            ("external.add", {"home": home.pk}),
            ("external.remove", {}),
        ]


class TestReading:
    @pytest.fixture
    def calendar(self, world, home, server):
        return add(world, server.serve("/a.ics", ics(MEETING), ETag='"1"'), home=home)

    def again(self, frozen_time, calendar):
        """When it is due, read what is due."""
        calendar.refresh_from_db()
        frozen_time.move_to(calendar.due_at)
        count = external.read_due()
        calendar.refresh_from_db()
        return count

    def test_only_what_is_due(self, calendar, server, frozen_time):
        assert external.read_due() == 0
        server.serve("/a.ics", ics(MEETING, OTHER))
        assert self.again(frozen_time, calendar) == 1
        assert busy(calendar) == ["12-05T16:00", "12-10T10:00"]
        assert external.read_due() == 0

    def test_unchanged_stays(self, calendar, server, frozen_time):
        server.serve("/a.ics", status=304)
        rows = list(BusyTime.objects.values_list("pk", flat=True))
        self.again(frozen_time, calendar)
        assert server.asked[-1][1]["If-None-Match"] == '"1"'
        assert (calendar.problem, calendar.good_at, calendar.etag) == ("", clock.now(), '"1"')
        assert list(BusyTime.objects.values_list("pk", flat=True)) == rows

    def test_once_a_day_it_is_read_whole_because_the_window_moves(self, calendar, server, frozen_time):
        frozen_time.move_to(at("2026-11-23", "00:00"))
        external.read_due()
        assert "If-None-Match" not in server.asked[-1][1]

    def test_the_same_content_is_not_written_again(self, calendar, frozen_time):
        rows = list(BusyTime.objects.values_list("pk", flat=True))
        self.again(frozen_time, calendar)
        assert list(BusyTime.objects.values_list("pk", flat=True)) == rows

    def test_the_last_good_copy_stays(self, calendar, server, frozen_time):
        good_at = calendar.good_at
        server.serve("/a.ics", b"<html>")
        self.again(frozen_time, calendar)
        assert (calendar.problem, calendar.failures) == (ReadProblem.NOT_ICAL, 1)
        assert (calendar.good_at, calendar.etag) == (good_at, '"1"')
        assert busy(calendar) == ["12-05T16:00"]
        server.serve("/a.ics", ics(OTHER))
        self.again(frozen_time, calendar)
        assert (calendar.problem, calendar.failures, busy(calendar)) == ("", 0, ["12-10T10:00"])

    def test_it_waits_longer_after_each_failure_up_to_a_day(self, calendar, server, frozen_time):
        server.serve("/a.ics", status=500)
        waits = []
        for _ in range(8):
            self.again(frozen_time, calendar)
            waits.append((calendar.due_at - clock.now()) / dt.timedelta(hours=1))
        assert all(
            0.9 * hours <= wait <= hours for wait, hours in zip(waits, [1, 2, 4, 8, 16, 24, 24, 24], strict=True)
        )

    def test_two_workers_do_not_read_the_same(self, calendar, frozen_time):
        """While one is at it, the other finds nothing to do."""
        frozen_time.move_to(calendar.due_at)
        claimed = external._claim_due()
        assert claimed == calendar
        assert external.read_due() == 0
        # Whoever claimed it has been lost: it comes round again.
        frozen_time.move_to(clock.now() + external.CLAIM)
        assert external.read_due() == 1

    def test_removed_while_it_is_read(self, calendar, world, server):
        claimed = ExternalCalendar.objects.get()
        external.remove(calendar=calendar, by=world.home_staff)
        external._keep(calendar=claimed, reading=external.Reading(problem=ReadProblem.STATUS))
        calendar.refresh_from_db()
        assert (calendar.problem, BusyTime.objects.exists()) == ("", False)

    def test_removing_forgets_the_address_and_what_was_read(self, calendar, world, frozen_time):
        external.remove(calendar=calendar, by=world.home_staff)
        external.remove(calendar=calendar, by=world.home_staff)
        calendar.refresh_from_db()
        assert (HOST in calendar.url, calendar.etag, busy(calendar)) == (False, "", [])
        assert AuditEvent.objects.filter(action="external.remove").count() == 1
        frozen_time.move_to(clock.now() + dt.timedelta(days=2))
        assert external.read_due() == 0

    def test_so_many_a_run_and_the_longest_waiting_first(self, world, home, server, frozen_time):
        for number in range(3):
            server.serve(f"/{number}", ics())
            due_at = clock.now() - dt.timedelta(minutes=number)
            factories.ExternalCalendarFactory(home=home, url=server.url(f"/{number}"), due_at=due_at)
        assert external.read_due(most=2) == 2
        assert [path for path, _ in server.asked] == ["/2", "/1"]

    def test_a_run_ends_when_its_time_is_over(self, home, server, monkeypatch):
        factories.ExternalCalendarFactory(home=home, url=server.serve("/a.ics", ics()))
        monkeypatch.setattr(external, "RUN_SECONDS", 0)
        assert external.read_due() == 0

    def test_nobody_reads_for_those_who_have_left(self, world, server):
        factories.ExternalCalendarFactory(home=None, user=world.worker, url=server.serve("/a.ics", ics()))
        Membership.objects.filter(user=world.worker).update(ended_at=clock.now())
        assert external.read_due() == 0

    def test_the_sweep_wakes_the_reader(self, calendar, frozen_time, monkeypatch):
        woken = []
        monkeypatch.setattr(external, "async_task", woken.append)
        sweep()
        assert woken == []
        frozen_time.move_to(calendar.due_at)
        sweep()
        assert woken == ["programs.tasks.read_external_calendars"]
        read_external_calendars()
        calendar.refresh_from_db()
        assert calendar.good_at == clock.now()

    def test_the_window_is_a_month_back_and_thirteen_ahead(self):
        first, last = external.window(clock.today())
        assert (first, last) == (at("2026-10-22", "00:00"), at("2027-12-22", "00:00"))


class TestPages:
    @pytest.fixture
    def staff(self, world):
        return client_of(world.home_staff)

    @pytest.fixture
    def url(self, home):
        return f"/homes/{home.public_id}/external/"

    def send(self, client, page, url, label="みほん表", **more):
        return client.post(page, {"label": label, "url": url, "idempotency_key": "k", **more})

    def test_adding_shows_it_but_never_the_address_again(self, staff, url, server):
        secret = server.serve("/private-0123456789abcdef/basic.ics", ics(MEETING))
        answer = self.send(staff, url, secret)
        assert (answer.status_code, answer["Location"]) == (302, url)
        page = staff.get(url)
        shown = text(soup(page).find("main"))
        assert "「みほん表」を読みました。" in text(soup(page))
        assert f"{HOST}….ics" in shown
        assert "これからの予定 1件" in shown
        assert "private-" not in page.content.decode()
        calendar = ExternalCalendar.objects.get()
        assert "private-" not in staff.get(f"/external/{calendar.public_id}/remove/").content.decode()

    def test_a_double_click_has_one_effect(self, staff, url, server):
        secret = server.serve("/a.ics", ics(MEETING))
        assert [self.send(staff, url, secret).status_code for _ in range(2)] == [302, 302]
        assert ExternalCalendar.objects.count() == 1

    @pytest.mark.parametrize(
        "typed",
        ["http://calendar.example.invalid/a.ics", "calendar.example.invalid", "https://inside.example.invalid/a.ics"],
    )
    def test_a_bad_address_is_told_beside_its_field_and_kept(self, staff, url, server, typed):
        answer = self.send(staff, url, typed)
        assert answer.status_code == 422
        assert "https:// で始まる" in field_error(answer, "url")
        assert soup(answer).find(attrs={"name": "url"})["value"] == typed
        assert soup(answer).find(attrs={"name": "label"})["value"] == "みほん表"
        assert not ExternalCalendar.objects.exists()

    def test_nothing_typed(self, staff, url):
        answer = staff.post(url, {})
        assert (answer.status_code, field_error(answer, "url")) == (422, "アドレスを入れてください。")

    def test_the_part_for_htmx_is_the_fresh_pages_part(self, staff, url):
        sent = {"label": "", "url": "x"}
        headers = {"HX-Request": "true", "HX-Target": "external-form"}
        partial = staff.post(url, sent, headers=headers)
        assert partial.status_code == 422
        assert part(partial, "external-form") == part(staff.post(url, sent), "external-form")

    def test_what_went_wrong_and_what_to_do(self, staff, url, server):
        self.send(staff, url, server.serve("/a.ics", b"<html>"))
        shown = text(soup(staff.get(url)).find("main"))
        assert "読めません" in shown
        assert "予定表（iCalendar）として読めません" in shown
        assert "iCal形式（.ics）のアドレスを登録してください" in shown
        assert "まだ一度も読めていません" in shown

    def test_reading_again_by_hand(self, staff, url, server, frozen_time):
        self.send(staff, url, server.serve("/a.ics", ics(MEETING)))
        calendar = ExternalCalendar.objects.get()
        again = f"/external/{calendar.public_id}/read/"
        server.serve("/a.ics", ics(MEETING, OTHER))
        told = staff.post(again, follow=True)
        assert "さきほど読んだところです" in text(soup(told))
        assert busy(calendar) == ["12-05T16:00"]
        frozen_time.move_to(clock.now() + external.PAUSE)
        told = staff.post(again, follow=True)
        assert "「みほん表」を読みました。" in text(soup(told))
        assert busy(calendar) == ["12-05T16:00", "12-10T10:00"]

    def test_removing(self, staff, url, server):
        self.send(staff, url, server.serve("/a.ics", ics(MEETING)))
        address = f"/external/{ExternalCalendar.objects.get().public_id}/remove/"
        assert staff.post(address)["Location"] == url
        assert (staff.get(address).status_code, staff.post(address).status_code) == (404, 404)
        assert "まだ読みこんでいません" in text(soup(staff.get(url)))

    def test_when_there_are_five_there_is_no_form(self, staff, url, home):
        factories.ExternalCalendarFactory.create_batch(external.MOST, home=home)
        assert soup(staff.get(url)).find(id="external-form") is None

    def test_one_s_own_is_nobody_else_s(self, world, server):
        worker, other = client_of(world.worker), client_of(world.coordinator)
        assert self.send(worker, OWN, server.serve("/a.ics", ics(MEETING))).status_code == 302
        calendar = ExternalCalendar.objects.get()
        assert calendar.user == world.worker
        assert "みほん表" in text(soup(worker.get(OWN)).find("main"))
        assert "みほん表" not in text(soup(other.get(OWN)).find("main"))
        for verb in ("read", "remove"):
            assert other.post(f"/external/{calendar.public_id}/{verb}/").status_code == 404

    def test_the_same_queries_with_one_and_with_three(self, staff, url, home):
        factories.ExternalCalendarFactory(home=home)
        before = queries_of(staff, url)
        factories.ExternalCalendarFactory.create_batch(2, home=home)
        assert queries_of(staff, url) == before <= 12

    def test_nothing_of_the_address_is_logged(self, staff, url, server, caplog):
        caplog.set_level("DEBUG")
        self.send(staff, url, server.serve("/private-secret.ics", b"<html>"))
        self.send(staff, url, "https://nowhere.example.invalid/private-secret.ics", idempotency_key="other")
        self.send(staff, url, "http://nowhere.example.invalid/private-secret.ics", idempotency_key="third")
        logged = [record for record in caplog.records if not record.name.startswith("django.db")]
        assert all("private-secret" not in record.getMessage() for record in logged)
        assert ExternalCalendar.objects.count() == 2
