"""The person's own rating of a session: one face, and a word if there is one."""

from typing import Any, ClassVar

from django.db.models import QuerySet
from django.shortcuts import get_object_or_404
from drf_spectacular.utils import OpenApiExample, extend_schema, extend_schema_serializer
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from programs.enums import Face
from programs.models import Rating, Session
from programs.services import ratings as services
from transition.api.fields import LineField
from transition.api.serializers import Sent, Shown
from transition.api.viewsets import Lists, Resource
from transition.enums import Expression


class RatingShown(Shown[Rating]):
    class Meta:
        model = Rating
        fields = ("face", "word", "expression", "by_person", "basis", "at")


@extend_schema_serializer(
    examples=[
        OpenApiExample(
            "本人が選んだ", {"face": "GOOD", "word": "また いきたい", "expression": "FACE", "by_person": True}
        )
    ]
)
class RatingSent(Sent):
    face = serializers.ChoiceField(choices=Face.choices, help_text="どうだったか。")
    word = LineField(max_length=200, required=False, allow_blank=True, help_text="本人のことばのとおりに。")
    expression = serializers.ChoiceField(choices=Expression.choices, help_text="どうやって表したか。")
    by_person = serializers.BooleanField(help_text="本人が選んだなら true、支援者がようすから書いたなら false です。")
    basis = LineField(
        max_length=200, required=False, allow_blank=True, help_text="支援者が書くときに。何から分かったか。"
    )


class Ratings(Lists, Resource):
    area = "SESSIONS"
    tag = "本人の評価"
    queryset = Rating.objects.none()
    serializer_class = RatingShown
    orderings: ClassVar = {"-at": ("-at", "-pk"), "at": ("at", "pk")}

    def get_queryset(self) -> QuerySet[Rating]:
        return Rating.objects.filter(session=self._session())

    @extend_schema(summary="体験の、本人の評価の一覧（いちばん新しいものが、いまの評価です）")
    def list(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        return super().list(request, *args, **kwargs)

    @extend_schema(summary="本人の評価を書く", request=RatingSent, responses={201: RatingShown})
    def create(self, request: Request, **kwargs: Any) -> Response:
        session = self._session()
        return self.created(self.act(services.rate, session=session, **self.sent(RatingSent)))

    def _session(self) -> Session:
        sessions = Session.objects.visible_to(self.user).select_related("person", "room__home")
        session: Session = get_object_or_404(sessions, public_id=self.kwargs["session"])
        self.may("programs.run_session", session)
        return session
