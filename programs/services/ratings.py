"""The person's own rating of a session: one face, and a word if there is one."""

from programs.domain.problems import Problem, Refused
from programs.enums import Face, SessionState
from programs.models import Rating, Session
from transition import clock
from transition.enums import Expression
from transition.models import Person, User
from transition.services import audit
from transition.services.transactions import RequestKey, lock, writing

# A person may say how it is while it lasts, and ever after.
RATEABLE = (SessionState.IN_PROGRESS, SessionState.COMPLETED, SessionState.CUT_SHORT)


@writing
def rate(
    *,
    session: Session,
    face: Face,
    word: str = "",
    expression: Expression,
    by_person: bool,
    basis: str = "",
    by: User | None,
    key: RequestKey | None = None,
) -> Rating:
    """Keep one rating; the latest holds. Refused before the session has begun, or without a basis when noted.

    `by` None: the person, through their own link.
    """
    lock(Person, [session.person_id])
    session = Session.objects.get(pk=session.pk)
    problems = []
    if not has_begun(session):
        problems.append(Problem("rating.too_early", "体験が始まってから、きもちを書けます。"))
    if not by_person and not basis.strip():
        message = "支援者が書くときは、何から分かったかを書いてください。"
        problems.append(Problem("rating.basis", message, field="basis"))
    if problems:
        raise Refused(problems)
    rating = Rating(
        session=session,
        face=face,
        word=word,
        expression=expression,
        by_person=by_person,
        basis="" if by_person else basis,
        by=by,
    )
    rating.full_clean(exclude=["by"] if by is None else None)
    rating.save()
    audit.record("rating.give", session, by=by, face=str(face), by_person=by_person)
    return rating


def has_begun(session: Session) -> bool:
    """It has begun, or its time has come and nobody has written so yet."""
    return session.state in RATEABLE or (session.state == SessionState.CONFIRMED and session.starts_at <= clock.now())
