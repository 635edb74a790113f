"""Who is told in the less plain cases, what stands behind the sign-in, and where it leads."""

import itertools
import re
from pathlib import Path
from uuid import uuid4

import pytest
import time_machine
from django.conf import settings

from programs import rules
from programs.models import Enrollment, Session, Slot
from programs.notifications.recipients import Readers
from programs.services import external, outings, sessions, voices
from programs.services.external import Reading
from tests import factories
from tests.conftest import NOW
from tests.personas import member
from tests.programs.days import DAY, TODAY, outing, resident, stale
from tests.programs.pages import at, buttons, client_of, person_of, request
from tests.programs.scenes import asked, offered, plan, planned_stay, rows, somebody, told, world_of_secrets
from transition.enums import Delivery, OrganizationKind, Residence
from transition.enums import NotificationKind as Kind
from transition.models import Membership, Notification, Person, SupportLink
from transition.notifications import registry

pytestmark = pytest.mark.django_db


@pytest.fixture
def world():
    return world_of_secrets()


def readers(kind):
    return {row.user for row in rows(kind)}


def at_home(world):
    return {world.home_staff, world.night_staff}


# Never of one's own act, and the other side


def test_nobody_is_told_of_what_they_did_themselves(world):
    Membership.objects.create(user=world.worker, organization=world.home_office)

    session = asked(world, world.person)
    sessions.confirm(session=session, by=world.worker)

    assert readers(Kind.REQUEST_ARRIVED) == at_home(world)
    assert readers(Kind.SESSION_CONFIRMED) == {world.lead}


def test_who_calls_off_tells_the_other_side(world):
    by_home, by_worker = (
        sessions.confirm(session=asked(world, somebody(world)), by=world.home_staff) for _ in range(2)
    )

    sessions.cancel(session=by_worker, by=world.worker, reason="体調")
    assert readers(Kind.SESSION_CANCELLED) == at_home(world)
    sessions.cancel(session=by_home, by=world.home_staff, reason="水もれ")

    assert readers(Kind.SESSION_CANCELLED) == at_home(world) | {world.worker, world.lead}


def test_an_outing_called_off_is_told_to_who_would_have_gone(world):
    session = outing(world, at("2026-12-05", "10:00"))
    companion = member(world.office)
    session.escorts.create(user=companion)

    sessions.cancel(session=session, by=world.worker, reason="雨")

    assert readers(Kind.SESSION_CANCELLED) == {world.lead, companion}


def test_planning_an_outing_is_told_to_nobody(world):
    enrollment = factories.EnrollmentFactory(person=world.person, program=world.outings, organization=world.office)

    outings.plan(
        enrollment=enrollment,
        activity="水族館",
        starts_at=at("2026-12-05", "10:00"),
        ends_at=at("2026-12-05", "12:00"),
        organization=world.office,
        by=world.worker,
        confirm=True,
    )

    assert not Notification.objects.exists()


def test_a_plan_that_lapses_is_told_to_those_who_plan(world):
    outing(world, NOW + DAY, state="REQUESTED", expires_at=NOW + DAY)

    with time_machine.travel(NOW + DAY, tick=False):
        sessions.expire_requests()
        [words] = told(Kind.REQUEST_EXPIRED).values()

    assert readers(Kind.REQUEST_EXPIRED) == {world.lead}
    assert "おでかけ" in words.summary


def test_a_home_is_not_told_that_somebody_who_has_not_come_wants_to_stop(world):
    voices.ask_to_stop(session=planned_stay(world, world.person, 3), by=None)

    assert readers(Kind.STOP_ASKED) == {world.lead}


def test_a_home_hears_of_a_family_only_after_its_yes(world):
    session = asked(world, world.person)

    voices.leave_remark(session=session, sender=uuid4(), who="母", text="心配")

    assert readers(Kind.REMARK_LEFT) == {world.lead}


def test_a_remark_that_the_supporters_have_read_is_still_new_at_the_home(world):
    session = planned_stay(world, world.person, 3)
    remark = voices.leave_remark(session=session, sender=uuid4(), who="母", text="心配")

    voices.see_remark(remark=remark, by=world.worker)

    assert set(told(Kind.REMARK_LEFT)) == at_home(world)


# Supporters


def test_without_a_lead_everybody_in_the_supporting_organizations(world):
    person = person_of(world)
    other = factories.OrganizationFactory(kind=OrganizationKind.FACILITY)
    factories.SupportLinkFactory(person=person, organization=other)
    neighbor = member(other)

    voices.ask_to_stop(session=planned_stay(world, person, 3), by=None)

    assert readers(Kind.STOP_ASKED) == {world.worker, world.lead, neighbor}


def test_a_lead_who_has_left_leads_no_more(world):
    Membership.objects.filter(user=world.lead).update(ended_at=NOW)

    voices.ask_to_stop(session=planned_stay(world, world.person, 3), by=None)

    assert readers(Kind.STOP_ASKED) == {world.worker}


def test_an_account_that_is_switched_off_is_told_nothing(world):
    world.lead.is_active = False
    world.lead.save()

    voices.ask_to_stop(session=planned_stay(world, world.person, 3), by=None)

    assert readers(Kind.STOP_ASKED) == {world.worker}


def test_for_somebody_whom_no_organization_supports_those_who_asked(world):
    person = factories.PersonFactory(municipality=world.municipality)
    session = planned_stay(world, person, 3)
    Session.objects.filter(pk=session.pk).update(organization=world.municipality)

    voices.ask_to_stop(session=session, by=None)

    assert set(told(Kind.STOP_ASKED)) == {world.coordinator}


def test_one_who_works_in_both_organizations_is_told_once(world):
    Membership.objects.create(user=world.lead, organization=world.home_office)

    planned_stay(world, world.person, 1)
    plan()

    assert len([row for row in rows(Kind.STAY_TOMORROW) if row.user == world.lead]) == 1
    assert "鈴虫" in told(Kind.STAY_TOMORROW)[world.lead].detail


# What stands behind the sign-in


def test_a_home_reads_the_name_after_its_yes_and_not_before(world):
    session = asked(world, world.person)
    before = told(Kind.REQUEST_ARRIVED)[world.home_staff].detail

    sessions.confirm(session=session, by=world.home_staff)
    sessions.cancel(session=session, by=world.worker, reason="体調")
    after_no = told(Kind.SESSION_CANCELLED)[world.home_staff].detail
    planned_stay(world, world.person, 1)
    plan()

    assert "鈴虫" not in before
    assert "30代・女性・区分4" in before
    assert "鈴虫" not in after_no
    assert "鈴虫" in told(Kind.STAY_TOMORROW)[world.home_staff].detail


def test_what_to_bring_stands_in_the_detail(world):
    planned_stay(world, world.person, 7)
    plan()

    words = told(Kind.STAY_IN_7_DAYS)

    assert all("持ち物：パジャマ、コオロギのかご" in one.detail for one in words.values())
    assert "持ち物" in words[world.lead].summary
    assert words[world.home_staff].summary == "11月29日（日）15:00から2泊です。部屋と、来る人の準備をしてください。"


def test_words_are_plain_and_dated(world):
    asked(world, world.person)

    words = told(Kind.REQUEST_ARRIVED)[world.home_staff]

    assert words.subject == "体験の申込が届きました"
    assert words.summary == "12月5日（土）から2泊の申込です。11月29日（日）10:00までに返事をしてください。"


def test_a_no_leads_to_another_room(world):
    sessions.decline(session=asked(world, world.person), decline_reason="NIGHT", note="", by=world.home_staff)

    words = told(Kind.SESSION_DECLINED)[world.lead]

    assert words.url == f"/people/{world.person.public_id}/slots/?program=group-home-trial"


# Time


def test_a_stay_confirmed_within_the_week_is_not_announced_as_a_week_away(world):
    session = request(world, "2026-12-01", "2026-12-02")

    with time_machine.travel(at("2026-11-25", "10:00"), tick=False):
        sessions.confirm(session=session, by=world.home_staff)
        assert plan() == 0
    with time_machine.travel(at("2026-11-30", "09:00"), tick=False):
        plan()

    assert not rows(Kind.STAY_IN_7_DAYS)
    assert rows(Kind.STAY_TOMORROW)


def test_an_outing_that_moves_is_told_for_its_new_day_without_being_moved(world):
    session = outing(world, at("2026-11-23", "10:00"))
    plan()

    outings.move(session=session, starts_at=at("2026-11-25", "10:00"), by=world.worker)
    assert told(Kind.OUTING_TOMORROW) == {}
    with time_machine.travel(at("2026-11-24", "10:00"), tick=False):
        plan()
        assert set(told(Kind.OUTING_TOMORROW)) == {world.lead}
    assert len(rows(Kind.OUTING_TOMORROW)) == 2


def test_an_outing_of_tomorrow_that_is_not_certain_says_so(world):
    outing(world, at("2026-11-23", "10:00"), state="REQUESTED", expires_at=at("2026-11-23", "10:00"))
    plan()

    words = told(Kind.OUTING_TOMORROW)[world.lead]

    assert "まだ確定していません" in words.summary
    assert words.action == "確定する"


def test_what_is_older_than_a_week_late_is_not_told(world):
    planned_stay(world, world.person, -12, "COMPLETED")
    planned_stay(world, somebody(world), -3, "COMPLETED")

    assert plan() == 0


def test_a_certificate_is_told_twice_and_each_time_once(world):
    person_of(world).grants.update(ends_on=TODAY + 60 * DAY)
    written = []
    for days in (-1, 0, 1, 45, 46, 47, 60, 61):
        with time_machine.travel(NOW + days * DAY, tick=False):
            plan()
            written.append((len(rows(Kind.GRANT_ENDS_60)), len(rows(Kind.GRANT_ENDS_14))))

    assert written == [(0, 0), (2, 0), (2, 0), (2, 0), (2, 2), (2, 2), (2, 2), (2, 2)]


# Homes and facilities


def test_slots_of_one_home_are_told_together_and_lead_to_the_list(world):
    for _ in range(3):
        stale(offered(world))
    stale(offered(world), days=40)
    plan()

    words = [one for one in registry.tell(rows(Kind.SLOT_UNCONFIRMED)).values()]

    assert sorted({one.summary[15:].split("あ")[0] for one in words}) == ["枠が1件", "枠が3件"]
    assert len(rows(Kind.SLOT_UNCONFIRMED)) == 4
    for one in words:
        page = client_of(world.home_staff).get(one.url)
        assert page.status_code == 200
        assert "まだ空いています" in page.content.decode()


def test_one_slot_leads_to_one_button_that_confirms_it(world):
    slot = stale(world.slot)
    plan()
    words = told(Kind.SLOT_UNCONFIRMED)[world.home_staff]
    client = client_of(world.home_staff)

    assert [label for label in buttons(client.get(words.url)) if label.startswith("まだ")] == ["まだ空いています"]
    client.post(f"{words.url}confirm-free/")

    assert Slot.objects.get(pk=slot.pk).confirmed_at == NOW
    assert told(Kind.SLOT_UNCONFIRMED) == {}


def test_a_facility_is_told_once_a_month_how_many_it_has_to_ask(world):
    for _ in range(3):
        resident(world, world.facility)
    factories.SupportLinkFactory(
        person=factories.PersonFactory(residence=Residence.FAMILY), organization=world.facility
    )
    with time_machine.travel(NOW, tick=False) as now:
        for _ in range(12):
            plan()
            now.shift(DAY)
        assert len(rows(Kind.INTENTION_DUE)) == 2
        [words] = told(Kind.INTENTION_DUE).values()

    assert words.summary.startswith("12月中に、これからどこでくらしたいかを聞く方が3人います。")


def test_a_calendar_that_goes_silent_again_is_told_again(world):
    calendar = factories.ExternalCalendarFactory(home=world.room.home, created_by=world.home_staff)

    def read(problem: str = "", times: int = 1) -> None:
        for _ in range(times):
            with time_machine.travel(NOW + len(counted) * DAY, tick=False):
                external._keep(calendar=calendar, reading=Reading(problem=problem))
            counted.append(problem)

    counted: list[str] = []
    read("TIMEOUT", 3)
    assert not rows(Kind.CALENDAR_UNREADABLE)
    read("TIMEOUT", 3)
    assert len(rows(Kind.CALENDAR_UNREADABLE)) == 1
    read()
    assert told(Kind.CALENDAR_UNREADABLE) == {}
    read("TIMEOUT", 4)

    assert len(rows(Kind.CALENDAR_UNREADABLE)) == 2


def test_a_workers_own_calendar_is_told_to_the_worker(world):
    calendar = factories.ExternalCalendarFactory(home=None, user=world.worker, created_by=world.worker, failures=3)

    external._keep(calendar=calendar, reading=Reading(problem="TIMEOUT"))

    assert set(told(Kind.CALENDAR_UNREADABLE)) == {world.worker}


# The same rights as everywhere


def test_readers_see_whom_they_see_on_the_screens(world):
    center = factories.OrganizationFactory(kind=OrganizationKind.CORE_CENTER, municipality=world.municipality)
    ended = factories.PersonFactory()
    factories.SupportLinkFactory(
        person=ended, organization=world.office, starts_on=TODAY - 9 * DAY, ends_on=TODAY - DAY
    )
    at_a_home = factories.PersonFactory()
    SupportLink.objects.create(person=at_a_home, organization=world.home_office)
    former = member(world.office)
    Membership.objects.filter(user=former).update(ended_at=NOW)
    users = [world.worker, world.coordinator, world.home_staff, world.stranger, member(center), former]
    people = [world.person, ended, at_a_home, factories.PersonFactory()]
    for person in people:
        factories.EnrollmentFactory(person=person, organization=world.office, program=world.outings)
    pairs = list(itertools.product(users, people))

    known = Readers([Notification(user=user, person=person) for user, person in pairs])

    for user, person in pairs:
        visible = Person.objects.visible_to(user).filter(pk=person.pk).exists()
        assert known.sees(user.pk, person) == visible
        enrollment = Enrollment.objects.get(person=person)
        kept = visible and rules.enrollments_kept_by(user).filter(pk=enrollment.pk).exists()
        assert known.keeps(user.pk, enrollment) == kept


def test_the_table_of_the_docs_says_what_is_registered():
    text = (Path(settings.BASE_DIR) / "docs" / "notifications.md").read_text()
    table = {}
    for line in re.findall(r"^\| `[A-Z0-9_]+`.*$", text, re.MULTILINE):
        cells = [cell.strip() for cell in line.strip("|").split("|")]
        name = cells[0].split("`")[1]
        once = "reminder" in cells[3] or "ONCE" in cells[3]
        table[name] = ("＊" in cells[0], once, cells[4], cells[5], cells[1].split("（")[0])

    for name, row in table.items():
        notice = registry.of(name)
        default = "digest" if notice.default == Delivery.DIGEST else "mail"
        own = (not notice.may_be_off, notice.semantics == "ONCE", notice.waits.value, default)
        assert row[:4] == own, name
        assert row[4] == Kind(name).label.split("（")[0]
    assert len(table) == 21


def test_a_minute_in_which_nothing_is_due_asks_a_few_questions(world, django_assert_max_num_queries):
    plan()

    with django_assert_max_num_queries(12):
        assert plan() == 0
