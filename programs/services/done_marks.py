"""おわった: the person's own mark on one day of a session. It changes nothing else, and can be taken back."""

import datetime as dt

from programs.domain.problems import Problem, Refused
from programs.enums import PLANNED_STATES, SessionState
from programs.models import DoneMark, Session
from programs.queries.easy import days_of
from transition import clock
from transition.models import Person, User
from transition.services import audit
from transition.services.transactions import RequestKey, lock, writing


@writing
def mark(*, session: Session, date: dt.date, by: User | None, key: RequestKey | None = None) -> DoneMark:
    """Mark one day as done; a second time changes nothing. Refused for a day that has not come or is not of it."""
    lock(Person, [session.person_id])
    session = Session.objects.get(pk=session.pk)
    markable = session.state in PLANNED_STATES and session.state != SessionState.REQUESTED
    if not markable or date not in days_of(session) or date > clock.today():
        raise Refused([Problem("done_mark.day", "この 日《ひ》に しるしは つけられません。")])
    made, is_new = DoneMark.objects.get_or_create(session=session, date=date)
    if is_new:
        audit.record("done_mark.set", session, by=by, date=date.isoformat())
    return made


@writing
def unmark(*, session: Session, date: dt.date, by: User | None, key: RequestKey | None = None) -> None:
    """Take the mark back; none there changes nothing."""
    lock(Person, [session.person_id])
    gone, _ = DoneMark.objects.filter(session=session, date=date).delete()
    if gone:
        audit.record("done_mark.take_back", session, by=by, date=date.isoformat())
