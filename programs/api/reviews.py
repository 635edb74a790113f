"""Looking back at months 1, 3 and 6: texts and scores in one sending."""

from typing import Any, ClassVar

from django.db.models import QuerySet
from django_filters import rest_framework as filters
from drf_spectacular.utils import OpenApiExample, extend_schema, extend_schema_field, extend_schema_serializer
from rest_framework import serializers
from rest_framework.decorators import action
from rest_framework.request import Request
from rest_framework.response import Response

from programs.models import GoalScore, Review
from programs.queries import goals as goal_queries
from programs.queries import reviews as queries
from programs.services import reviews as services
from programs.services.reviews import GivenScore
from programs.services.scores import BEST, LONGEST_NOTE, WORST
from transition.api.fields import DayField, LineField, PublicIdField, TextField
from transition.api.serializers import Sent, Shown
from transition.api.viewsets import Collection
from transition.enums import GoalState

LONGEST_TEXT = 1000
MOST_GOALS = 50


class ReviewScoreShown(Shown[GoalScore]):
    goal = PublicIdField()
    score = serializers.IntegerField(min_value=WORST, max_value=BEST, read_only=True)

    class Meta:
        model = GoalScore
        fields = ("goal", "score", "note")


class ReviewShown(Shown[Review]):
    enrollment = PublicIdField()
    person = PublicIdField(source="enrollment.person")
    by = serializers.CharField(source="by.name", default=None, allow_null=True, read_only=True)
    scores = serializers.SerializerMethodField(help_text="目標ごとの、いちばん新しい点です。")

    class Meta:
        model = Review
        fields = (
            "id",
            "enrollment",
            "person",
            "month",
            "due_on",
            "held_on",
            "present",
            "person_said",
            "wishes",
            "helped",
            "decision",
            "scores",
            "by",
            "at",
        )

    @extend_schema_field(ReviewScoreShown(many=True))
    def get_scores(self, review: Review) -> Any:
        latest = {row.goal_id: row for row in sorted(review.goal_scores.all(), key=lambda row: row.pk)}
        return ReviewScoreShown(list(latest.values()), many=True).data


class GivenScoreSent(Sent):
    goal = PublicIdField(
        lambda user: goal_queries.visible_to(user).filter(state=GoalState.ACTIVE), help_text="目標のIDです。"
    )
    score = serializers.IntegerField(min_value=WORST, max_value=BEST, help_text="点です。")
    note = LineField(max_length=LONGEST_NOTE, allow_blank=True, default="", help_text="ひとことです。")


def check_once(given: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Two scores for one goal in one sending have no one meaning."""
    goals = [one["goal"] for one in given]
    if len(set(goals)) != len(goals):
        raise serializers.ValidationError("同じ目標が2回あります。", "twice")
    return given


@extend_schema_serializer(
    examples=[
        OpenApiExample(
            "振り返りを書く",
            {
                "held_on": "2026-11-20",
                "present": "本人、母、担当",
                "person_said": "「また いきたい」と言った。",
                "decision": "来月も続ける。",
                "goal_scores": [{"goal": "3fa85f64-5717-4562-b3fc-2c963f66afa6", "score": 1, "note": "自分で選べた"}],
            },
        )
    ]
)
class ReviewSent(Sent):
    held_on = DayField(help_text="行った日です。")
    decision = TextField(max_length=LONGEST_TEXT, help_text="これからどうするか。")
    present = LineField(max_length=300, required=False, allow_blank=True, help_text="出席した人。")
    person_said = TextField(max_length=LONGEST_TEXT, required=False, allow_blank=True, help_text="本人のことば・様子。")
    wishes = TextField(max_length=LONGEST_TEXT, required=False, allow_blank=True, help_text="出てきた希望。")
    helped = TextField(max_length=LONGEST_TEXT, required=False, allow_blank=True, help_text="役に立ったこと。")
    goal_scores = GivenScoreSent(  # type: ignore[call-arg]
        many=True, required=False, max_length=MOST_GOALS, help_text="目標の点です。"
    )

    def validate_goal_scores(self, given: list[dict[str, Any]]) -> list[dict[str, Any]]:
        return check_once(given)


class ReviewFilter(filters.FilterSet):
    person = filters.UUIDFilter(field_name="enrollment__person__public_id", help_text="本人のID")
    enrollment = filters.UUIDFilter(field_name="enrollment__public_id", help_text="利用のID")
    held = filters.BooleanFilter(
        field_name="held_on", lookup_expr="isnull", exclude=True, help_text="true は行ったもの、false はこれからのもの"
    )
    due_before = filters.DateFilter(field_name="due_on", lookup_expr="lt", help_text="予定日がこの日より前のもの")

    class Meta:
        model = Review
        fields: ClassVar[list[str]] = []


class Reviews(Collection):
    area = "SESSIONS"
    tag = "振り返り"
    queryset = Review.objects.none()
    serializer_class = ReviewShown
    filterset_class = ReviewFilter
    orderings: ClassVar = {"due_on": ("due_on", "pk"), "-due_on": ("-due_on", "-pk")}

    def get_queryset(self) -> QuerySet[Review]:
        return queries.for_reader(self.user).prefetch_related("goal_scores__goal")

    @extend_schema(summary="振り返りの一覧")
    def list(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        return super().list(request, *args, **kwargs)

    @extend_schema(summary="振り返りを1つ見る")
    def retrieve(self, request: Request, *args: Any, **kwargs: Any) -> Any:
        return super().retrieve(request, *args, **kwargs)

    @extend_schema(summary="振り返りを行い、目標に点をつける", request=ReviewSent, responses=ReviewShown)
    @action(detail=True, methods=["post"])
    def hold(self, request: Request, id: Any = None) -> Response:
        review = self.get_object()
        self.may("programs.change_enrollment", review.enrollment)
        sent = self.sent(ReviewSent)
        given = sent.pop("goal_scores", [])
        scores = [GivenScore(**one) for one in given]
        return self.answer(self.act(services.hold, of=review, review=review, goal_scores=scores, **sent))
