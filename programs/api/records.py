"""What happened in a session: the record with its version, one's own draft, what is left of the hours."""

from typing import Any

from django.db.models import QuerySet
from drf_spectacular.utils import extend_schema
from rest_framework.exceptions import NotFound
from rest_framework.request import Request
from rest_framework.response import Response

from programs.api.errors import called, shown
from programs.api.of_session import OfSession
from programs.api.record_shapes import (
    DraftSent,
    DraftShown,
    HoursShown,
    RecordSent,
    RecordShown,
    content_of,
    draft_values,
    meter_values,
    record_values,
)
from programs.domain.problems import Refused
from programs.models import RecordDraft, Session
from programs.queries import records as queries
from programs.queries.limits import LimitBook
from programs.services import records as services
from transition.api.viewsets import Shows

# How the form calls what is one moment here.
MOMENTS = {"start_on": "starts_at", "start_at": "starts_at", "end_on": "ends_at", "end_at": "ends_at"}


class Records(Shows, OfSession):
    """The one record of a session, from the moment on at which it can be written."""

    tag = "記録"
    queryset = Session.objects.none()
    serializer_class = RecordShown

    def get_queryset(self) -> QuerySet[Session]:
        return self.sessions()

    def get_object(self) -> Session:
        session = self.recorded()
        if services.not_recordable(session):
            raise NotFound
        return session

    @extend_schema(summary="体験の記録を見る")
    def retrieve(self, request: Request, *args: Any, **kwargs: Any) -> Any:
        return super().retrieve(request, *args, **kwargs)

    @extend_schema(summary="体験の記録を書く・書き直す", request=RecordSent, responses=RecordShown)
    def update(self, request: Request, **kwargs: Any) -> Response:
        session = self.recorded()
        if problem := services.not_recordable(session):
            raise Refused([problem])
        sent = self.sent(RecordSent, opened=self._opened(session))
        start, end = sent.pop("starts_at"), sent.pop("ends_at")
        with called(**MOMENTS):
            self.act(services.save, of=session, session=session, actual_starts_at=start, actual_ends_at=end, **sent)
        return self.answer(session)

    @extend_schema(summary="体験の月に残っている時間を見る", responses=HoursShown)
    def hours(self, request: Request, **kwargs: Any) -> Response:
        session = self.recorded()
        values: dict[str, Any] = {"session": session.public_id, "meters": [], "over": []}
        if session.sees_person:  # type: ignore[attr-defined]
            book = LimitBook([session.person])
            values["meters"] = [meter_values(meter) for meter in queries.minute_meters(session, book)]
            values["over"] = [shown(problem) for problem in queries.over_cap(session, book)]
        return Response(HoursShown(values).data)

    def _opened(self, session: Session) -> queries.Opened:
        return queries.opened(session, self.user, sees_person=session.sees_person)  # type: ignore[attr-defined]

    def _shown(self, row: Any) -> dict[str, Any]:
        return dict(RecordShown(record_values(self._opened(row))).data)


class Drafts(Shows, OfSession):
    """What the caller has begun to write in a session's record; nobody else ever sees it."""

    tag = "記録"
    queryset = RecordDraft.objects.none()
    serializer_class = DraftShown

    def get_queryset(self) -> QuerySet[RecordDraft]:
        return RecordDraft.objects.filter(session=self.recorded(), user=self.user).select_related("session")

    def get_object(self) -> RecordDraft:
        if (draft := self.get_queryset().first()) is None:
            raise NotFound
        return draft

    @extend_schema(summary="自分の下書きを見る")
    def retrieve(self, request: Request, *args: Any, **kwargs: Any) -> Any:
        return super().retrieve(request, *args, **kwargs)

    @extend_schema(summary="自分の下書きを保存する", request=DraftSent, responses=DraftShown)
    def update(self, request: Request, **kwargs: Any) -> Response:
        session = self.recorded()
        opened = queries.opened(session, self.user, sees_person=session.sees_person)  # type: ignore[attr-defined]
        sent = self.sent(DraftSent, opened=opened)
        draft = self.act(services.save_draft, session=session, content=content_of(sent), based_on=sent["based_on"])
        return self.answer(draft)

    @extend_schema(summary="自分の下書きを消す", request=None, responses={204: None})
    def destroy(self, request: Request, **kwargs: Any) -> Response:
        self.act(services.discard_draft, session=self.recorded())
        return Response(status=204)

    def _shown(self, row: Any) -> dict[str, Any]:
        return dict(DraftShown(draft_values(row)).data)
