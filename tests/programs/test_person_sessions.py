"""The tabs of a person: which there are, every session, every document."""

import datetime as dt

import pytest
from django.urls import reverse

from programs.enums import Face, SessionState
from programs.models import Rating, SessionRecord, StopRequest
from tests import factories
from tests.personas import make_world
from tests.programs.pages import client_of, queries_of, soup, text
from transition import clock
from transition.enums import OrganizationKind

pytestmark = pytest.mark.django_db


@pytest.fixture
def world():
    return make_world()


@pytest.fixture
def worker(world):
    return client_of(world.worker)


def url(person, name="person-sessions"):
    return reverse(f"programs:{name}", args=[person.public_id])


def outing(world, day, state=SessionState.COMPLETED, **more):
    values = {"starts_at": clock.at(dt.date.fromisoformat(day), dt.time(10)), "activity": f"{day}のカフェ"}
    return factories.SessionFactory(person=world.person, program=world.program, state=state, **(values | more))


class TestTabs:
    def test_every_tab_is_an_address_and_says_where_one_is(self, world, worker):
        for name, label in (
            ("person-detail", "いま"),
            ("person-sessions", "体験"),
            ("document-list", "書類"),
            ("contact-list", "連絡先"),
            ("consent-list", "同意"),
        ):
            page = soup(worker.get(url(world.person, name)))
            assert text(page.select_one(".tabs-menu summary strong")) == label
            for kind in (".tabs-menu", ".tabs-row"):
                [current] = page.select(f"{kind} [aria-current=page]")
                assert (text(current), current["href"]) == (label, url(world.person, name))

    def test_the_menu_and_the_row_hold_the_same(self, world, worker):
        page = soup(worker.get(url(world.person)))
        menu, row = ([link["href"] for link in page.select(f"{kind} a")] for kind in (".tabs-menu", ".tabs-row"))
        assert menu == row
        assert len(menu) == len(set(menu)) >= 11
        for address in menu:
            assert worker.get(address).status_code == 200


class TestSessions:
    def lines(self, response):
        return [
            (text(section.h2), [text(line.a) for line in section.select("li")])
            for section in soup(response).select("main section[aria-labelledby^=month]")
        ]

    def test_newest_first_by_month(self, world, worker):
        for day in ("2026-09-30", "2026-11-02", "2026-11-20"):
            outing(world, day)
        outing(world, "2027-01-03", SessionState.CONFIRMED)
        factories.SessionFactory()
        assert self.lines(worker.get(url(world.person))) == [
            ("令和9年1月", ["1/3(日) 2027-01-03のカフェ"]),
            ("令和8年11月", ["11/20(金) 2026-11-20のカフェ", "11/2(月) 2026-11-02のカフェ"]),
            ("令和8年9月", ["9/30(水) 2026-09-30のカフェ"]),
        ]

    def test_says_whose_record_is_missing(self, world, worker):
        SessionRecord.objects.create(session=outing(world, "2026-11-02"), by=world.worker)
        missing = [outing(world, "2026-11-03"), outing(world, "2026-11-04", SessionState.CONFIRMED)]
        outing(world, "2026-11-05", SessionState.CANCELLED)
        outing(world, "2026-12-05", SessionState.CONFIRMED)
        links = soup(worker.get(url(world.person))).select("main a[href$='/record/']")
        assert [link["href"] for link in links] == [
            reverse("programs:record-edit", args=[row.public_id]) for row in reversed(missing)
        ]

    def test_shows_the_latest_face_and_the_wish_to_stop(self, world, worker):
        session = outing(world, "2026-11-02")
        for face in (Face.GOOD, Face.BAD):
            Rating.objects.create(session=session, face=face, expression="WORD", by=world.worker)
        StopRequest.objects.create(session=session)
        outing(world, "2026-11-03")
        page = soup(worker.get(url(world.person)))
        assert [face["alt"] for face in page.select("main .face")] == [Face.BAD.label]
        assert [text(badge) for badge in page.select("main .badge-overdue")] == ["やめたい"]

    def test_pages(self, world, worker):
        for day in range(1, 26):
            outing(world, f"2026-10-{day:02}")
        first, second = worker.get(url(world.person)), worker.get(url(world.person), {"page": 2})
        assert [len(rows) for _, rows in (*self.lines(first), *self.lines(second))] == [20, 5]
        for number in ("0", "x", "9" * 30, "-1"):
            assert worker.get(url(world.person), {"page": number}).status_code == 200

    def test_an_empty_list_says_what_to_do(self, world, worker):
        page = soup(worker.get(url(world.person)))
        assert page.select_one(".empty a")["href"] == url(world.person, "slot-search")

    def test_queries_do_not_grow(self, world, worker):
        outing(world, "2026-11-02")
        few = queries_of(worker, url(world.person))
        for day in ("2026-09-02", "2026-11-03"):
            Rating.objects.create(session=outing(world, day), face=Face.GOOD, expression="WORD", by=world.worker)
        assert queries_of(worker, url(world.person)) == few <= 12


class TestDocuments:
    def test_lists_months_with_sessions_also_those_crossed(self, world, worker):
        outing(world, "2026-09-30", ends_at=clock.at(dt.date(2026, 10, 1), dt.time(10)))
        outing(world, "2026-11-02", SessionState.CANCELLED)
        page = soup(worker.get(url(world.person, "document-list")))
        months = page.select("section[aria-labelledby=months-title] li p a")
        assert [text(month) for month in months] == ["令和8年10月", "令和8年9月"]
        assert months[0]["href"] == f"/people/{world.person.public_id}/months/2026-10/"

    def test_lists_versions_packs_and_what_was_asked(self, world, worker):
        for version in (1, 2):
            factories.PersonCardFactory(person=world.person, version=version)
        enrollment = factories.EnrollmentFactory(person=world.person)
        links = [link["href"] for link in soup(worker.get(url(world.person, "document-list"))).select("main a")]
        for address in (
            url(world.person, "card"),
            url(world.person, "card") + "?format=pdf",
            reverse("programs:card-version", args=[world.person.public_id, 1]),
            reverse("programs:pack", args=[enrollment.public_id]),
            url(world.person, "intention-history"),
        ):
            assert address in links
        assert reverse("programs:intention-list") not in links

    def test_a_facility_gets_to_its_register(self, world):
        facility = factories.OrganizationFactory(kind=OrganizationKind.FACILITY)
        factories.SupportLinkFactory(person=world.person, organization=facility)
        client = client_of(factories.MembershipFactory(organization=facility).user)
        links = [link["href"] for link in soup(client.get(url(world.person, "document-list"))).select("main a")]
        assert reverse("programs:intention-list") in links

    def test_strangers_and_homes_find_nothing(self, world):
        for user in (world.stranger, world.home_staff):
            for name in ("person-sessions", "document-list"):
                assert client_of(user).get(url(world.person, name)).status_code == 404

    def test_queries_do_not_grow(self, world, worker):
        outing(world, "2026-11-02")
        factories.EnrollmentFactory(person=world.person)
        few = queries_of(worker, url(world.person, "document-list"))
        for day in ("2026-09-02", "2026-10-03"):
            outing(world, day)
            factories.EnrollmentFactory(person=world.person)
        assert queries_of(worker, url(world.person, "document-list")) == few <= 12
