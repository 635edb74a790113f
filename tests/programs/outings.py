"""A person in the outing program, and planning for them."""

import datetime as dt
from dataclasses import dataclass

from programs.enums import Certainty, Counting, Enforcement, ProgramKind, Unit, Window
from programs.models import Enrollment, Limit, Program, Session
from programs.services import outings
from tests import factories
from tests.personas import World, make_world, member
from tests.programs.pages import at
from transition.models import User


@dataclass
class Outdoors:
    """The world with an enrollment from October 2026 to March 2027 under 24 hours a calendar month."""

    world: World
    program: Program
    limit: Limit
    enrollment: Enrollment
    escort: User


def make_outdoors(*, window: str = Window.CALENDAR_MONTH, **limit) -> Outdoors:
    world = make_world()
    program = factories.ProgramFactory(code="outing", name="外出体験", kind=ProgramKind.OUTING, months=6)
    values = {
        "program": program,
        "code": "month",
        "name": "1か月の外出時間",
        "unit": Unit.MINUTES,
        "amount": 24 * 60,
        "window": window,
        "counting": Counting.SPAN,
        "enforcement": Enforcement.ASK,
        "certainty": Certainty.ASSUMED,
    } | limit
    enrollment = factories.EnrollmentFactory(
        person=world.person, program=program, organization=world.office, lead=world.worker
    )
    return Outdoors(world, program, factories.LimitFactory(**values), enrollment, member(world.office))


def plan(outdoors: Outdoors, day: str, start: str, end: str, **more) -> Session:
    """An outing on a day from `start` to `end`; an end before the start is on the next day."""
    starts_at, ends_at = at(day, start), at(day, end)
    if ends_at <= starts_at:
        ends_at += dt.timedelta(days=1)
    values = {
        "enrollment": outdoors.enrollment,
        "activity": "買い物",
        "organization": outdoors.world.office,
        "by": outdoors.world.worker,
    } | more
    return outings.plan(starts_at=starts_at, ends_at=ends_at, **values)
