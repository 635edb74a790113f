"""The person's own sessions, as the easy view shows them: a mark for a day that is done, and やめたい.

For a person who signs in themself. Through the person's own link there is the easy view; it has no token.
"""

from typing import Any, ClassVar

from django.db.models import Exists, OuterRef, QuerySet
from drf_spectacular.utils import OpenApiExample, extend_schema, extend_schema_serializer
from rest_framework import serializers
from rest_framework.decorators import action
from rest_framework.request import Request
from rest_framework.response import Response

from programs.models import DoneMark, Session, StopRequest
from programs.queries import easy
from programs.services import done_marks, voices
from transition import clock
from transition.api.fields import DayField
from transition.api.serializers import Sent, Shown
from transition.api.viewsets import Collection
from transition.models import Person


class OwnSessionShown(Shown[Session]):
    home_name = serializers.CharField(source="room.home.name", default="", read_only=True)
    done_on = serializers.SerializerMethodField(help_text="「おわった」のしるしのある日。")
    is_stopping = serializers.BooleanField(read_only=True, help_text="「やめたい」が届いていて、まだ聞いていません。")

    class Meta:
        model = Session
        fields = (
            "id",
            "kind",
            "state",
            "activity",
            "place",
            "home_name",
            "check_in",
            "check_out",
            "starts_at",
            "ends_at",
            "done_on",
            "is_stopping",
        )

    def get_done_on(self, session: Session) -> list[str]:
        return sorted(mark.date.isoformat() for mark in session.done_marks.all())


@extend_schema_serializer(examples=[OpenApiExample("その日", {"date": "2026-12-05"}, request_only=True)])
class MarkSent(Sent):
    date = DayField(required=False, help_text="書かなければ、きょうです。")


class OwnSessions(Collection):
    area = "SESSIONS"
    tag = "本人の体験"
    queryset = Session.objects.none()
    serializer_class = OwnSessionShown
    orderings: ClassVar = {"starts_at": ("starts_at", "pk"), "-starts_at": ("-starts_at", "-pk")}

    def get_queryset(self) -> QuerySet[Session]:
        person = Person.objects.filter(user=self.user).first()
        if person is None:
            return Session.objects.none()
        waiting = StopRequest.objects.open().filter(session=OuterRef("pk"))
        rows: QuerySet[Session] = easy.of_person(person)
        rows = rows.annotate(is_stopping=Exists(waiting)).select_related("room__home")
        return rows.prefetch_related("done_marks")

    @extend_schema(summary="自分の体験の一覧")
    def list(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        return super().list(request, *args, **kwargs)

    @extend_schema(summary="自分の体験を1つ見る")
    def retrieve(self, request: Request, *args: Any, **kwargs: Any) -> Any:
        return super().retrieve(request, *args, **kwargs)

    @extend_schema(summary="「おわった」のしるしをつける", request=MarkSent, responses=OwnSessionShown)
    @action(detail=True, methods=["post"], url_path="mark-done")
    def mark_done(self, request: Request, id: Any = None) -> Response:
        session = self.get_object()
        made: DoneMark = self.act(done_marks.mark, of=session, session=session, date=self._date())
        return self.answer(made.session)

    @extend_schema(summary="「おわった」のしるしを取り消す", request=MarkSent, responses=OwnSessionShown)
    @action(detail=True, methods=["post"], url_path="unmark-done")
    def unmark_done(self, request: Request, id: Any = None) -> Response:
        session = self.get_object()
        self.act(done_marks.unmark, of=session, session=session, date=self._date())
        return self.answer(session)

    @extend_schema(summary="「やめたい」と伝える", request=None, responses={201: OwnSessionShown})
    @action(detail=True, methods=["post"], url_path="ask-to-stop")
    def ask_to_stop(self, request: Request, id: Any = None) -> Response:
        session = self.get_object()
        self.act(voices.ask_to_stop, of=session, session=session)
        return self.created(session)

    def _date(self) -> Any:
        return self.sent(MarkSent).get("date", clock.today())
