"""Outings: changed, moved, copied and repeated by those who support the person."""

from collections.abc import Iterable
from typing import Any, TypeVar
from uuid import UUID

from django.db import models
from drf_spectacular.utils import extend_schema
from rest_framework import serializers, status
from rest_framework.decorators import action
from rest_framework.exceptions import PermissionDenied
from rest_framework.request import Request
from rest_framework.response import Response

from programs.api.session_sent import CopySent, MoveSent, OutingChangeSent, RepeatSent
from programs.api.session_shown import SessionWholeShown
from programs.enums import Step
from programs.models import Enrollment, Session
from programs.queries import outings as queries
from programs.services import outings as services
from transition.api.viewsets import Resource
from transition.models import Organization, Person, User
from transition.services import transactions

M = TypeVar("M", bound=models.Model)

WHOLE = SessionWholeShown


class Outings(Resource):
    @extend_schema(summary="おでかけの内容を変える", request=OutingChangeSent, responses=WHOLE)
    def partial_update(self, request: Request, id: Any = None) -> Response:
        session = self._to_change()
        sent = self.sent(OutingChangeSent, partial=True)
        office, enrollment = session.organization, session.enrollment
        # Who goes along already stays among the choices, whatever became of their membership.
        going = queries.companions(session.person, enrollment, office)
        going |= User.objects.filter(pk__in=session.escorts.values("user"))
        values = _present(session) | sent | company(sent, session.person, enrollment, office, going=going)

        def is_as_read() -> bool:
            return Session.objects.filter(pk=session.pk, changed_at=session.changed_at).exists()

        if self.request.headers.get("If-Match"):
            return self.answer(self.act(services.change, of=session, session=session, **values))
        # What was left out has been read a moment ago; nobody's change may be lost by that.
        with transactions.only_if(is_as_read):
            return self.answer(self.act(services.change, session=session, **values))

    @extend_schema(summary="おでかけの日時を変える", request=MoveSent, responses=WHOLE)
    @action(detail=True, methods=["post"])
    def move(self, request: Request, id: Any = None) -> Response:
        session = self._to_change()
        return self.answer(self.act(services.move, of=session, session=session, **self.sent(MoveSent)))

    @extend_schema(summary="おでかけをコピーする", request=CopySent, responses={201: WHOLE})
    @action(detail=True, methods=["post"])
    def copy(self, request: Request, id: Any = None) -> Response:
        session, office = self._to_change(), self.office()
        sent = self.sent(CopySent)
        return self.created(self.act(services.copy, of=session, session=session, organization=office, **sent))

    @extend_schema(summary="おでかけを毎週くりかえす", request=RepeatSent, responses={201: WHOLE})
    @action(detail=True, methods=["post"])
    def repeat(self, request: Request, id: Any = None) -> Response:
        """Answers with the one repeated; the copies stand in the list of the enrollment's sessions."""
        session, office = self._to_change(), self.office()
        sent = self.sent(RepeatSent)
        done = self.act(services.repeat_weekly, of=session, session=session, organization=office, **sent)
        return self.answer(done, status.HTTP_201_CREATED)

    def office(self) -> Organization:
        """For which organization the caller plans. Raises PermissionDenied (403) for none."""
        if not self.organization:
            raise PermissionDenied
        organization: Organization = self.organization
        return organization

    def _to_change(self) -> Session:
        session: Session = self.get_object()
        self.may("programs.change_outing", session)
        return session


def company(
    sent: dict[str, Any],
    person: Person,
    enrollment: Enrollment | None,
    office: Organization,
    *,
    going: models.QuerySet[User] | None = None,
) -> dict[str, list[Any]]:
    """The rows behind the ids that came in, from among those that the screen offers."""
    choices: dict[str, models.QuerySet[Any]] = {
        "escorts": going if going is not None else queries.companions(person, enrollment, office),
        "wishes": queries.wishes_for(person, office),
        "goals": queries.goals_for(person),
    }
    return {name: _rows(choices[name], sent[name], name) for name in choices if name in sent}


def _rows(choices: models.QuerySet[M], ids: Iterable[UUID], name: str) -> list[M]:
    """In the order in which they were named. A stranger's row is as unknown as one that does not exist."""
    ids = list(ids)
    found = {row.public_id: row for row in choices.filter(public_id__in=ids)}  # type: ignore[attr-defined]
    unknown = serializers.ErrorDetail("見つかりませんでした。", "does_not_exist")
    if missing := {str(number): [unknown] for number, one in enumerate(ids) if one not in found}:
        raise serializers.ValidationError({name: missing})
    return [found[one] for one in dict.fromkeys(ids)]


def _present(session: Session) -> dict[str, Any]:
    """The outing as it is, in the words of the service."""
    return {
        "activity": session.activity,
        "starts_at": session.starts_at,
        "ends_at": session.ends_at,
        "place": session.place,
        "step": session.step or Step.OUTING,
        "transport": session.transport,
        "transport_cost": session.transport_cost,
        "note": session.note,
        "escorts": queries.escorts_of(session),
        "wishes": [row.item for row in session.session_wishes.select_related("item")],
        "goals": [row.goal for row in session.session_goals.select_related("goal")],
    }
