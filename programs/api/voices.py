"""やめたい, as workers hear and answer it, and 家族の声, as supporters and the home read it."""

from typing import Any, ClassVar

import django_filters
from django.db.models import QuerySet
from drf_spectacular.utils import OpenApiExample, extend_schema, extend_schema_field, extend_schema_serializer
from rest_framework import serializers
from rest_framework.decorators import action
from rest_framework.request import Request
from rest_framework.response import Response

from programs.models import FamilyRemark, StopRequest
from programs.queries.voices import readable_remarks, stops_for
from programs.services import voices as services
from transition.api.fields import PublicIdField, TextField
from transition.api.serializers import Sent, Shown
from transition.api.viewsets import Collection

ORDERINGS = {"-at": ("-at", "-pk"), "at": ("at", "pk")}


class StopRequestShown(Shown[StopRequest]):
    session = PublicIdField(help_text="体験のID。")
    person = PublicIdField(source="session.person", help_text="本人のID。")
    person_name = serializers.CharField(source="session.person.name", read_only=True)
    handled_by = serializers.CharField(source="handled_by.name", default="", read_only=True, help_text="聞いた人。")

    class Meta:
        model = StopRequest
        fields = ("id", "session", "person", "person_name", "at", "handled_at", "handled_by", "answer")


@extend_schema_serializer(
    examples=[
        OpenApiExample(
            "聞いたことを書く",
            {"answer": "夜の音がこわかった。耳せんを使って、あと1日ためすことにした。"},
            request_only=True,
        )
    ]
)
class StopAnswerSent(Sent):
    answer = TextField(max_length=300, help_text="聞いたこと・決めたこと。")


class StopRequestFilter(django_filters.FilterSet):
    session = django_filters.UUIDFilter(field_name="session__public_id", help_text="体験のIDです。")
    person = django_filters.UUIDFilter(field_name="session__person__public_id", help_text="本人のIDです。")
    open = django_filters.BooleanFilter(
        field_name="handled_at", lookup_expr="isnull", help_text="true なら、まだ聞いていないものだけです。"
    )

    class Meta:
        model = StopRequest
        fields: ClassVar[list[str]] = []


class StopRequests(Collection):
    """Of the people whom the caller supports."""

    area = "SESSIONS"
    tag = "「やめたい」の声"
    queryset = StopRequest.objects.none()
    serializer_class = StopRequestShown
    filterset_class = StopRequestFilter
    orderings: ClassVar = ORDERINGS

    def get_queryset(self) -> QuerySet[StopRequest]:
        return stops_for(self.user)

    @extend_schema(summary="「やめたい」の声の一覧")
    def list(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        return super().list(request, *args, **kwargs)

    @extend_schema(summary="「やめたい」の声を1つ見る")
    def retrieve(self, request: Request, *args: Any, **kwargs: Any) -> Any:
        return super().retrieve(request, *args, **kwargs)

    @extend_schema(
        summary="聞いたこと・決めたことを書く（体験は変わりません）", request=StopAnswerSent, responses=StopRequestShown
    )
    @action(detail=True, methods=["post"], url_path="answer")
    def write_answer(self, request: Request, id: Any = None) -> Response:
        stop = self.get_object()
        self.may("programs.answer_stop", stop)
        return self.answer(self.act(services.answer_stop, of=stop, stop=stop, **self.sent(StopAnswerSent)))


class FamilyRemarkShown(Shown[FamilyRemark]):
    session = PublicIdField(help_text="体験のID。")
    seen_by = serializers.CharField(source="seen_by.name", default="", read_only=True, help_text="支援の側で読んだ人。")
    home_seen_by = serializers.CharField(
        source="home_seen_by.name", default="", read_only=True, help_text="ホームで読んだ人。"
    )
    is_seen = serializers.SerializerMethodField(help_text="自分の側（支援かホーム）で、もう読んだか。")

    class Meta:
        model = FamilyRemark
        fields = (
            "id",
            "session",
            "who",
            "text",
            "at",
            "seen_at",
            "seen_by",
            "home_seen_at",
            "home_seen_by",
            "is_seen",
        )

    @extend_schema_field(serializers.BooleanField())
    def get_is_seen(self, remark: Any) -> bool:
        return (remark.seen_at if remark.sees_person else remark.home_seen_at) is not None


class FamilyRemarkFilter(django_filters.FilterSet):
    session = django_filters.UUIDFilter(field_name="session__public_id", help_text="体験のIDです。")

    class Meta:
        model = FamilyRemark
        fields: ClassVar[list[str]] = []


class FamilyRemarks(Collection):
    """Of the people whom the caller supports, and of guests whom the caller's home may know."""

    area = "SESSIONS"
    tag = "家族の声"
    queryset = FamilyRemark.objects.none()
    serializer_class = FamilyRemarkShown
    filterset_class = FamilyRemarkFilter
    orderings: ClassVar = ORDERINGS

    def get_queryset(self) -> QuerySet[FamilyRemark]:
        return readable_remarks(self.user)

    @extend_schema(summary="家族の声の一覧")
    def list(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        return super().list(request, *args, **kwargs)

    @extend_schema(summary="家族の声を1つ見る")
    def retrieve(self, request: Request, *args: Any, **kwargs: Any) -> Any:
        return super().retrieve(request, *args, **kwargs)

    @extend_schema(summary="読んだことにする", request=None, responses=FamilyRemarkShown)
    @action(detail=True, methods=["post"])
    def seen(self, request: Request, id: Any = None) -> Response:
        remark = self.get_object()
        self.may("programs.see_remark", remark)
        return self.answer(self.act(services.see_remark, of=remark, remark=remark))
