"""Taking over a proposed plan, whole or piece by piece.

Each piece is planned by `outings.plan`, in a transaction of its own and checked again there: what others have done
since the page was opened refuses a piece, never the rest. What the plan replaces is called off first.
"""

import dataclasses
import datetime as dt
import hashlib
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

from programs.domain.problems import Problem, Refused
from programs.domain.proposal import ProposedOuting
from programs.models import Enrollment, Session
from programs.services import outings, sessions
from transition import clock
from transition.models import Goal, Organization, User, WishItem
from transition.services.transactions import RequestKey, writing

REPLACED = "計画を立て直したため"


@dataclass(frozen=True, slots=True)
class Result:
    """What became of each piece; refused ones with every problem."""

    accepted: list[Session] = field(default_factory=list)
    refused: list[tuple[ProposedOuting, list[Problem]]] = field(default_factory=list)
    cancelled: list[Session] = field(default_factory=list)
    not_cancelled: list[tuple[Session, list[Problem]]] = field(default_factory=list)


def accept(
    *,
    enrollment: Enrollment,
    pieces: Sequence[ProposedOuting],
    organization: Organization,
    by: User,
    replaced: Iterable[Session] = (),
    key: RequestKey | None = None,
) -> Result:
    """Call off `replaced`, then plan the pieces in order of date. Sent twice with one key, it has one effect."""
    if key is not None:
        _claim(key=key)
    result = Result()
    for session in replaced:
        try:
            done = sessions.cancel(session=session, by=by, reason=REPLACED, key=_part(key, f"cancel {session.pk}"))
            result.cancelled.append(done)
        except Refused as refused:
            result.not_cancelled.append((session, refused.problems))
    escorts = User.objects.in_bulk({piece.escort for piece in pieces})
    wishes = WishItem.objects.in_bulk({piece.wish for piece in pieces if piece.wish is not None})
    goals = Goal.objects.in_bulk({piece.aim for piece in pieces if piece.aim is not None})
    for piece in sorted(pieces, key=lambda piece: (piece.date, piece.start)):
        midnight = clock.at(piece.date, dt.time())
        try:
            session = outings.plan(
                enrollment=enrollment,
                activity=piece.activity,
                starts_at=midnight + dt.timedelta(minutes=piece.start),
                ends_at=midnight + dt.timedelta(minutes=piece.end),
                step=piece.step,
                escorts=[user for user in [escorts.get(piece.escort)] if user],
                wishes=[item for item in [wishes.get(piece.wish or 0)] if item],
                goals=[goal for goal in [goals.get(piece.aim or 0)] if goal],
                organization=organization,
                by=by,
                key=_part(key, f"{piece.date} {piece.start} {piece.end} {piece.activity} {piece.escort}"),
            )
            result.accepted.append(session)
        except Refused as refused:
            result.refused.append((piece, refused.problems))
    return result


@writing
def _claim(*, key: RequestKey) -> None:
    """The sending itself takes its key, so that another content under the same one is refused as a whole."""


def _part(key: RequestKey | None, name: str) -> RequestKey | None:
    """The key of one transaction out of several that one sending makes."""
    if key is None:
        return None
    digest = hashlib.sha256(f"{key.key}\n{name}".encode()).hexdigest()
    return dataclasses.replace(key, key=digest)
