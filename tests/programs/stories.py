"""A resident of a facility in the outing program, as its worker meets her."""

import datetime as dt
import uuid

from programs.enums import Certainty, Enforcement, ProgramKind, SessionState, Unit, Window
from programs.models import Enrollment, Program, Session
from programs.services import enrollments
from tests import factories
from tests.personas import World, make_world
from transition import clock
from transition.enums import ConsentMeans, Residence
from transition.models import Person


def day(text: str) -> dt.date:
    return dt.date.fromisoformat(text)


def outing_world() -> World:
    """A world whose person lives in a facility and whose program is the outing program: six months, 24 hours."""
    world = make_world()
    world.person.residence = Residence.FACILITY
    world.person.save()
    world.program = outing_program()
    return world


def outing_program(**details) -> Program:
    values = {
        "code": "outing",
        "name": "外出体験",
        "kind": ProgramKind.OUTING,
        "months": 6,
        "residences": [Residence.FACILITY],
    } | details
    program = factories.ProgramFactory(**values)
    factories.LimitFactory(
        program=program,
        name="1か月の外出時間",
        unit=Unit.MINUTES,
        amount=24 * 60,
        window=Window.CALENDAR_MONTH,
        counting="SPAN",
        enforcement=Enforcement.ASK,
        certainty=Certainty.ASSUMED,
    )
    return program


def enrolled(world: World, **details) -> Enrollment:
    values = {
        "person": world.person,
        "program": world.program,
        "organization": world.office,
        "starts_on": day("2026-10-01"),
        "consent_means": ConsentMeans.WORD,
        "by": world.worker,
    } | details
    return enrollments.enroll(**values)


def outing(world: World, on: str, hours: int = 2, state: str = SessionState.CONFIRMED, **details) -> Session:
    """An outing from ten o'clock; a held one took as long as planned."""
    starts_at = clock.at(day(on), dt.time(10))
    ends_at = starts_at + dt.timedelta(hours=hours)
    if state in (SessionState.COMPLETED, SessionState.CUT_SHORT):
        details = {"actual_starts_at": starts_at, "actual_ends_at": ends_at} | details
    values = {
        "person": world.person,
        "program": world.program,
        "organization": world.office,
        "requested_by": world.worker,
        "starts_at": starts_at,
        "ends_at": ends_at,
        "state": state,
    } | details
    return factories.SessionFactory(**values)


def resident(world: World) -> Person:
    """Another resident whom the world's office supports."""
    person = factories.PersonFactory(municipality=world.municipality, residence=Residence.FACILITY)
    factories.SupportLinkFactory(person=person, organization=world.office)
    return person


def sent(**fields) -> dict[str, str]:
    """What a form sends, with a key of its own."""
    return {"idempotency_key": str(uuid.uuid4())} | fields
