"""What happens is told in the transaction in which it happens. Nobody is told of what they did themselves."""

from programs.enums import SessionAction, SessionKind, SessionState
from programs.models import ExternalCalendar, FamilyRemark, Session, StopRequest
from programs.notifications.recipients import Around, Members, working
from programs.queries.disclosure import is_named
from transition import clock
from transition.enums import NotificationKind
from transition.models import User
from transition.services import occasions
from transition.services.occasions import Occasion

KINDS = {
    SessionAction.REQUEST: NotificationKind.REQUEST_ARRIVED,
    SessionAction.CONFIRM: NotificationKind.SESSION_CONFIRMED,
    SessionAction.DECLINE: NotificationKind.SESSION_DECLINED,
    SessionAction.CANCEL: NotificationKind.SESSION_CANCELLED,
    SessionAction.EXPIRE: NotificationKind.REQUEST_EXPIRED,
}
# Those who plan an outing agree on it among themselves.
OF_OUTINGS = (SessionAction.CANCEL, SessionAction.EXPIRE)
# A calendar elsewhere has been silent for seven hours by then.
FAILURES_TOLD = 4


def session_changed(session: Session, action: SessionAction, *, by: User | None) -> None:
    """`by` None: the software itself."""
    if action not in KINDS or (session.kind != SessionKind.STAY and action not in OF_OUTINGS):
        return
    around = Around([session], clock.today())
    occasion = Occasion(
        kind=KINDS[action],
        reason=f"session:{session.public_id}",
        members=_others(_concerned(session, action, around, by), by),
        subject=session,
        person=session.person,
    )
    _write(occasion)


def stop_asked(stop: StopRequest, session: Session) -> None:
    """The supporters hear of it, and the home in which the person is right now."""
    around = Around([session], clock.today())
    members = around.supporters(session)
    if session.state == SessionState.IN_PROGRESS:
        members = [*members, *around.home(session)]
    _tell_of(session, NotificationKind.STOP_ASKED, f"stop:{stop.public_id}", _others(members, stop.by), stop)


def remark_left(remark: FamilyRemark, session: Session) -> None:
    """A home hears of a family once it has said yes."""
    around = Around([session], clock.today())
    members = around.supporters(session)
    if is_named(session, clock.today()):
        members = [*members, *around.home(session)]
    _tell_of(session, NotificationKind.REMARK_LEFT, f"remark:{remark.public_id}", members, remark)


def calendar_read(calendar: ExternalCalendar) -> None:
    """After a reading: told once for each time that it goes silent, to whoever has put it in."""
    if calendar.failures != FAILURES_TOLD:
        return
    silent_since = calendar.good_at or calendar.created_at
    occasion = Occasion(
        kind=NotificationKind.CALENDAR_UNREADABLE,
        reason=f"calendar:{calendar.public_id}:{silent_since:%Y%m%d%H%M}",
        members=_keepers(calendar),
        subject=calendar,
    )
    _write(occasion)


def _concerned(session: Session, action: SessionAction, around: Around, by: User | None) -> Members:
    if session.kind != SessionKind.STAY:
        return around.going(session)
    match action:
        case SessionAction.REQUEST:
            return around.home(session)
        case SessionAction.EXPIRE:
            return [*around.home(session), *around.asking(session)]
        case SessionAction.CANCEL:
            home = around.home(session)
            return around.asking(session) if by and by.pk in {member.user_id for member in home} else home
    return around.asking(session)


def _keepers(calendar: ExternalCalendar) -> Members:
    """Whose it is; of a home's, who has put it in, else everybody who works there."""
    if calendar.home is None:
        return working([], [calendar.user_id] if calendar.user_id else [])[:1]
    members = working([calendar.home.organization_id])
    return [member for member in members if member.user_id == calendar.created_by_id] or members


def _tell_of(
    session: Session, kind: NotificationKind, reason: str, members: Members, subject: StopRequest | FamilyRemark
) -> None:
    _write(Occasion(kind=kind, reason=reason, members=members, subject=subject, person=session.person))


def _others(members: Members, by: User | None) -> Members:
    return [member for member in members if by is None or member.user_id != by.pk]


def _write(occasion: Occasion) -> None:
    occasions.write(occasion.rows(clock.now()))
