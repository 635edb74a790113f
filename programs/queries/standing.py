"""What stands against a session that waits for its answer, whatever its kind, without what was overridden already."""

from programs.domain.problems import Problem
from programs.enums import SessionAction, SessionKind
from programs.models import Override, Session
from programs.queries import outings, stays


def open_problems(session: Session) -> list[Problem]:
    """A judgment holds for the time it was made for: moving an outing takes a new one."""
    if session.kind == SessionKind.STAY:
        return stays.open_problems(session)
    found = outings.problems(outings.wanted_again(session))
    held = covered(session)
    return [problem for problem in found if (problem.code, problem.limit_id) not in held]


def covered(session: Session) -> set[tuple[str, int | None]]:
    """(problem, limit) that were passed with a reason for the time at which the session now stands."""
    made = Override.objects.filter(session=session)
    moved_at = session.events.filter(action=SessionAction.MOVE).order_by("-pk").values_list("at", flat=True).first()
    if moved_at is not None:
        made = made.filter(at__gte=moved_at)
    return set(made.values_list("problem_code", "limit_id"))
