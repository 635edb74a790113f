"""What belongs to one session and stands below its address."""

from django.db.models import QuerySet
from django.shortcuts import get_object_or_404
from rest_framework.exceptions import PermissionDenied

from programs.models import Session
from programs.queries.disclosure import is_named
from programs.queries.session_page import for_reader
from transition import clock
from transition.api.viewsets import Resource


class OfSession(Resource):
    area = "SESSIONS"

    def sessions(self) -> QuerySet[Session]:
        return for_reader(self.user).filter(public_id=self.kwargs["session"])

    def recorded(self) -> Session:
        """The session, for whoever may write what happened in it: supporters, and the home while it knows its guest."""
        session: Session = get_object_or_404(self.sessions())
        if not knows_person(session):
            raise PermissionDenied
        self.may("programs.record_session", session)
        return session


def knows_person(session: Session) -> bool:
    """Whether its reader may know who it is; `session` comes from `for_reader`."""
    return bool(session.sees_person) or is_named(session, clock.today())  # type: ignore[attr-defined]
