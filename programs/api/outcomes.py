"""What came of an enrollment, and the looks after a move."""

from typing import Any, ClassVar

from django.db.models import QuerySet
from django_filters import rest_framework as filters
from drf_spectacular.utils import OpenApiExample, extend_schema, extend_schema_serializer
from rest_framework import serializers
from rest_framework.decorators import action
from rest_framework.exceptions import NotFound
from rest_framework.request import Request
from rest_framework.response import Response

from programs.enums import FollowUpKind, NextService, OutcomeCode
from programs.models import Enrollment, FollowUp, Outcome
from programs.services import outcomes as services
from transition.api.fields import DayField, PublicIdField, TextField
from transition.api.serializers import Sent, Shown
from transition.api.viewsets import Collection

LONGEST_TEXT = 1000


class FollowUpShown(Shown[FollowUp]):
    class Meta:
        model = FollowUp
        fields = ("kind", "due_on", "done_on", "still_there", "note")


class OutcomeShown(Shown[Outcome]):
    enrollment = PublicIdField()
    person = PublicIdField(source="enrollment.person")
    follow_ups = FollowUpShown(many=True, read_only=True, help_text="引っこしたあとの確認です。")

    class Meta:
        model = Outcome
        fields = (
            "id",
            "enrollment",
            "person",
            "code",
            "decided_on",
            "moved_on",
            "next_service",
            "note",
            "follow_ups",
            "at",
        )


@extend_schema_serializer(
    examples=[
        OpenApiExample("新しい希望が出た", {"code": "NEW_WISH", "decided_on": "2026-11-20", "note": "電車に乗りたい。"})
    ]
)
class OutcomeChangeSent(Sent):
    code = serializers.ChoiceField(choices=OutcomeCode.choices, help_text="どうなったか。")
    decided_on = DayField(help_text="決めた日です。")
    moved_on = DayField(required=False, allow_null=True, help_text="引っこしたときだけ書きます。")
    next_service = serializers.ChoiceField(
        choices=NextService.choices, required=False, allow_blank=True, help_text="次の支援です。"
    )
    note = TextField(max_length=LONGEST_TEXT, required=False, allow_blank=True, help_text="どうしてそうなったか。")


@extend_schema_serializer(
    examples=[
        OpenApiExample(
            "アパートへ移った",
            {
                "enrollment": "3fa85f64-5717-4562-b3fc-2c963f66afa6",
                "code": "MOVED_FLAT",
                "decided_on": "2026-11-20",
                "moved_on": "2026-11-01",
                "next_service": "INDEPENDENT_LIVING_SUPPORT",
            },
        )
    ]
)
class OutcomeSent(OutcomeChangeSent):
    enrollment = PublicIdField(Enrollment.objects.visible_to, help_text="利用のIDです。")


@extend_schema_serializer(
    examples=[
        OpenApiExample(
            "30日以内の訪問",
            {"kind": "VISIT_30_DAYS", "done_on": "2026-11-20", "still_there": True, "note": "近所の店を覚えた。"},
        )
    ]
)
class FollowUpSent(Sent):
    kind = serializers.ChoiceField(choices=FollowUpKind.choices, help_text="どの確認か。")
    done_on = DayField(help_text="行った日です。")
    still_there = serializers.BooleanField(help_text="いまも、引っこした先でくらしているか。")
    note = TextField(max_length=LONGEST_TEXT, required=False, allow_blank=True, help_text="様子です。")


class OutcomeFilter(filters.FilterSet):
    person = filters.UUIDFilter(field_name="enrollment__person__public_id", help_text="本人のID")
    enrollment = filters.UUIDFilter(field_name="enrollment__public_id", help_text="利用のID")
    code = filters.ChoiceFilter(choices=OutcomeCode.choices, help_text="結果")

    class Meta:
        model = Outcome
        fields: ClassVar[list[str]] = []


class Outcomes(Collection):
    area = "SESSIONS"
    tag = "結果"
    queryset = Outcome.objects.none()
    serializer_class = OutcomeShown
    filterset_class = OutcomeFilter
    orderings: ClassVar = {"decided_on": ("decided_on", "pk"), "-decided_on": ("-decided_on", "-pk")}

    def get_queryset(self) -> QuerySet[Outcome]:
        visible = Enrollment.objects.visible_to(self.user)
        rows = Outcome.objects.filter(enrollment__in=visible.values("pk"))
        return rows.select_related("enrollment__person").prefetch_related("follow_ups")

    @extend_schema(summary="結果の一覧")
    def list(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        return super().list(request, *args, **kwargs)

    @extend_schema(summary="結果を1つ見る")
    def retrieve(self, request: Request, *args: Any, **kwargs: Any) -> Any:
        return super().retrieve(request, *args, **kwargs)

    @extend_schema(summary="結果を書く（あれば、書き直す）", request=OutcomeSent, responses={201: OutcomeShown})
    def create(self, request: Request) -> Response:
        sent = self.sent(OutcomeSent)
        self.may("programs.change_enrollment", sent["enrollment"])
        return self.created(self.act(services.decide, **sent))

    @extend_schema(summary="結果を書き直す", request=OutcomeChangeSent, responses=OutcomeShown)
    def update(self, request: Request, id: Any = None) -> Response:
        outcome = self.get_object()
        self.may("programs.change_enrollment", outcome.enrollment)
        sent = self.sent(OutcomeChangeSent)
        return self.answer(self.act(services.decide, of=outcome, enrollment=outcome.enrollment, **sent))

    @extend_schema(summary="引っこしたあとの確認を書く", request=FollowUpSent, responses=OutcomeShown)
    @action(detail=True, methods=["post"], url_path="follow-up")
    def follow_up(self, request: Request, id: Any = None) -> Response:
        outcome = self.get_object()
        self.may("programs.change_enrollment", outcome.enrollment)
        sent = self.sent(FollowUpSent)
        rows = FollowUp.objects.select_related("outcome__enrollment")
        row = rows.filter(outcome=outcome, kind=sent.pop("kind")).first()
        if row is None:
            raise NotFound
        self.act(services.follow_up, of=outcome, follow_up=row, **sent)
        return self.answer(outcome)
