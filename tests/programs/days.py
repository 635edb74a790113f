"""What the page of the day shows, read as its readers do, and a world in which every section has something."""

import datetime as dt
from dataclasses import dataclass

from django.test import Client

from programs.enums import Counting, ProgramKind, SessionState, Unit, Window
from programs.models import Escort, Program, Room, Session, Slot, StopRequest
from programs.services import sessions
from tests import factories
from tests.conftest import NOW
from tests.personas import World, member
from tests.programs.pages import at, request, soup, text
from transition.enums import OrganizationKind, Residence
from transition.models import IntentionCheck, Organization, Person, User

URL = "/today/"
TODAY = dt.date(2026, 11, 22)
DAY = dt.timedelta(days=1)


@dataclass
class Shown:
    """One item: its words, what can be tapped, and where that leads."""

    title: str
    meta: str
    late: str
    actions: list[str]
    links: list[str]


def items_of(element) -> list[Shown]:
    found = []
    for row in element.select("ul.list > li"):
        meta, late = row.select_one(".meta"), row.select_one(".badge")
        for hidden in row.select(".visually-hidden"):
            hidden.decompose()
        found.append(
            Shown(
                title=text(row.select_one(".list-title")),
                meta=text(meta) if meta else "",
                late=text(late) if late else "",
                actions=[text(button) for button in row.select(".button")],
                links=[link["href"] for link in row.select("a")],
            )
        )
    return found


def day(client: Client, url: str = URL) -> dict[str, list[Shown]]:
    """The sections of the page in order, each with its items."""
    response = client.get(url)
    assert response.status_code == 200
    return {section["id"]: items_of(section) for section in soup(response).select("main section[id]")}


def titles(client: Client, code: str) -> list[str]:
    return [item.title for item in day(client).get(code, [])]


def empty(client: Client) -> str:
    """What the page says when nothing waits; "" when something does."""
    found = soup(client.get(URL)).select_one("main .empty")
    return text(found) if found else ""


def outing_program(world: World) -> Program:
    program = factories.ProgramFactory(code="outing", name="外出体験", kind=ProgramKind.OUTING, months=6)
    factories.LimitFactory(
        program=program,
        code="month",
        name="ひと月の時間",
        unit=Unit.MINUTES,
        amount=24 * 60,
        window=Window.CALENDAR_MONTH,
        counting=Counting.SPAN,
    )
    return program


def outing(world: World, starts: dt.datetime, ends: dt.datetime | None = None, **more) -> Session:
    """An outing of the world's person, already planned or done."""
    return factories.SessionFactory(
        person=more.pop("person", world.person),
        program=more.pop("program", world.program),
        organization=world.office,
        starts_at=starts,
        ends_at=ends or starts + dt.timedelta(hours=2),
        activity=more.pop("activity", "水族館"),
        **more,
    )


def escort(session: Session, name: str) -> Escort:
    return Escort.objects.create(session=session, user=factories.UserFactory(name=name))


def stop(session: Session) -> StopRequest:
    return StopRequest.objects.create(session=session, at=NOW - dt.timedelta(minutes=30))


def declined(world: World, check_in: str, check_out: str, **more) -> Session:
    session = request(world, check_in, check_out, **more)
    return sessions.decline(session=session, decline_reason="NIGHT", note="", by=world.home_staff)


def stay(world: World, check_in: dt.date, check_out: dt.date, state: str, **more) -> Session:
    """The row of a stay in any state, without its nights."""
    changed_at = more.pop("changed_at", NOW - 10 * DAY)
    return factories.SessionFactory(
        kind="STAY",
        person=more.pop("person", world.person),
        program=world.program,
        organization=world.office,
        room=more.pop("room", world.room),
        slot=world.slot,
        check_in=check_in,
        check_out=check_out,
        starts_at=at(check_in.isoformat(), "15:00"),
        ends_at=at(check_out.isoformat(), "10:00"),
        state=state,
        created_at=changed_at,
        changed_at=changed_at,
        **more,
    )


def ask(person: Person, organization: Organization, next_on: dt.date, by: User) -> IntentionCheck:
    return IntentionCheck.objects.create(
        person=person,
        organization=organization,
        asked_on=next_on - 180 * DAY,
        asker="架空の職員",
        method="ことば",
        answer="UNKNOWN",
        next_on=next_on,
        by=by,
    )


def facility_of(world: World) -> tuple[Organization, User]:
    facility = factories.OrganizationFactory(
        kind=OrganizationKind.FACILITY, name="支援施設みほん", municipality=world.municipality
    )
    return facility, member(facility)


def resident(world: World, facility: Organization, **details) -> Person:
    person = factories.PersonFactory(municipality=world.municipality, residence=Residence.FACILITY, **details)
    factories.SupportLinkFactory(person=person, organization=facility)
    return person


def stale(slot: Slot, days: float = 31) -> Slot:
    Slot.objects.filter(pk=slot.pk).update(confirmed_at=NOW - dt.timedelta(days=days))
    return slot


def fill(world: World, number: int = 0, organization: Organization | None = None) -> Person:
    """One person for whom something waits in every section of those who support people, and of the home."""
    person = factories.PersonFactory(
        municipality=world.municipality, residence=Residence.FACILITY, given_name=f"満{number}"
    )
    factories.SupportLinkFactory(person=person, organization=organization or world.office)
    factories.GrantFactory(person=person, ends_on=TODAY + 30 * DAY)
    outings = Program.objects.filter(code="outing").first() or outing_program(world)
    office = organization or world.office
    enrollment = factories.EnrollmentFactory(person=person, program=outings, organization=office)
    factories.ReviewFactory(enrollment=enrollment, due_on=TODAY - DAY)
    moved = factories.OutcomeFactory(enrollment=enrollment, code="MOVED_FLAT", moved_on=TODAY - 20 * DAY)
    factories.FollowUpFactory(outcome=moved, due_on=TODAY + 10 * DAY)
    escort(outing(world, at("2026-11-22", "13:00"), person=person, program=outings), f"付添{number}")
    outing(world, at("2026-11-10", "13:00"), person=person, program=outings, state=SessionState.COMPLETED)
    room = Room.objects.create(home=world.room.home, name=f"2{number}号室")
    stale(factories.SlotFactory(room=room))
    stay(world, TODAY, TODAY + 2 * DAY, "CONFIRMED", person=person, room=room)
    stay(world, TODAY - 5 * DAY, TODAY - 3 * DAY, "COMPLETED", person=person, room=room)
    # Another plan would put the noes away, so the no belongs to somebody without one.
    other = factories.PersonFactory(municipality=world.municipality, given_name=f"断{number}")
    factories.SupportLinkFactory(person=other, organization=office)
    no = {"changed_at": NOW - DAY, "decline_reason": "NIGHT"}
    stop(stay(world, TODAY + 9 * DAY, TODAY + 10 * DAY, "DECLINED", person=other, room=room, **no))
    waiting = factories.PersonFactory(municipality=world.municipality, given_name=f"待{number}")
    factories.SupportLinkFactory(person=waiting, organization=office)
    stay(world, TODAY + 9 * DAY, TODAY + 11 * DAY, "REQUESTED", person=waiting, room=room, expires_at=NOW + 2 * DAY)
    return person
