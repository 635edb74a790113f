"""A person's goals with their five levels, and the scores they were given."""

from typing import Any, ClassVar

from django.db.models import Count, Max, OuterRef, Q, QuerySet, Subquery
from django.shortcuts import get_object_or_404
from django_filters import rest_framework as filters
from drf_spectacular.utils import OpenApiExample, extend_schema, extend_schema_serializer
from rest_framework import serializers
from rest_framework.decorators import action
from rest_framework.request import Request
from rest_framework.response import Response

from programs.domain.problems import Problem, Refused
from programs.forms.goals import LEVELS
from programs.models import GoalScore
from programs.queries import goals as queries
from programs.services.scores import BEST, WORST
from transition.api.fields import DayField, LineField, PublicIdField, TextField
from transition.api.serializers import Sent, Shown
from transition.api.viewsets import Collection, Lists, Resource
from transition.enums import GoalArea, GoalHorizon, GoalState
from transition.models import Goal, Person
from transition.services import goals as services


class GoalShown(Shown[Goal]):
    person = PublicIdField()
    parent = PublicIdField(allow_null=True, help_text="長期目標のIDです。")  # type: ignore[assignment]
    score = serializers.IntegerField(
        min_value=WORST, max_value=BEST, allow_null=True, read_only=True, help_text="いちばん新しい点です。"
    )
    sessions = serializers.IntegerField(read_only=True, help_text="この目標に取り組む体験の数です。")

    class Meta:
        model = Goal
        fields = (
            "id",
            "person",
            "words",
            "wording",
            "area",
            "horizon",
            "parent",
            "level_minus_2",
            "level_minus_1",
            "level_0",
            "level_plus_1",
            "level_plus_2",
            "target_on",
            "state",
            "state_reason",
            "state_changed_at",
            "score",
            "sessions",
            "created_at",
        )


class GoalScoreShown(Shown[GoalScore]):
    session = PublicIdField(allow_null=True, help_text="体験で点をつけたとき。")
    review = PublicIdField(allow_null=True, help_text="振り返りで点をつけたとき。")
    score = serializers.IntegerField(min_value=WORST, max_value=BEST, read_only=True)

    class Meta:
        model = GoalScore
        fields = ("score", "note", "scored_on", "session", "review", "at")


def _level(meaning: str) -> LineField:
    return LineField(max_length=200, help_text=meaning)


@extend_schema_serializer(
    examples=[OpenApiExample("ことばを直す", {"wording": "月に1回、外食に行く。", "target_on": "2027-03-31"})]
)
class GoalChangeSent(Sent):
    words = LineField(max_length=200, help_text="本人のことば。")
    wording = TextField(max_length=300, required=False, allow_blank=True, help_text="支援者の書きかた。")
    area = serializers.ChoiceField(choices=GoalArea.choices, help_text="分野です。")
    horizon = serializers.ChoiceField(choices=GoalHorizon.choices, required=False, help_text="長さです。")
    parent = PublicIdField(  # type: ignore[assignment]
        lambda user: queries.visible_to(user).filter(horizon=GoalHorizon.LONG),
        required=False,
        allow_null=True,
        help_text="どの長期目標のための目標か。",
    )
    level_minus_2 = _level("−2 いまの様子、または、とてもむずかしかった")
    level_minus_1 = _level("−1 もう少し")
    level_0 = _level("0 期待する所")
    level_plus_1 = _level("＋1 期待より少しよい")
    level_plus_2 = _level("＋2 期待よりずっとよい")
    target_on = DayField(help_text="いつまでに。")


@extend_schema_serializer(
    examples=[
        OpenApiExample(
            "外食を楽しむ",
            {
                "person": "3fa85f64-5717-4562-b3fc-2c963f66afa6",
                "words": "そとで ごはんが たべたい",
                "area": "EAT_OUT",
                "horizon": "SHORT",
                "level_minus_2": "出かけるのをいやがる",
                "level_minus_1": "出かけるが、すぐ帰りたがる",
                "level_0": "おわりまで楽しむ",
                "level_plus_1": "次も行きたいという",
                "level_plus_2": "行き先を自分で決める",
                "target_on": "2027-01-31",
            },
        )
    ]
)
class GoalSent(GoalChangeSent):
    person = PublicIdField(Person.objects.visible_to, help_text="本人のIDです。")


CLOSED = [(state.value, state.label) for state in services.CLOSED]


@extend_schema_serializer(
    examples=[OpenApiExample("達成した", {"state": "ACHIEVED", "reason": "月に2回、自分で選んで出かけている。"})]
)
class GoalCloseSent(Sent):
    state = serializers.ChoiceField(choices=CLOSED, help_text="どうなったか。")
    reason = TextField(max_length=200, help_text="理由・そのときの様子です。")


class GoalFilter(filters.FilterSet):
    person = filters.UUIDFilter(field_name="person__public_id", help_text="本人のID")
    state = filters.ChoiceFilter(choices=GoalState.choices, help_text="状態")
    area = filters.ChoiceFilter(choices=GoalArea.choices, help_text="分野")
    horizon = filters.ChoiceFilter(choices=GoalHorizon.choices, help_text="長さ")
    parent = filters.UUIDFilter(field_name="parent__public_id", help_text="長期目標のID")

    class Meta:
        model = Goal
        fields: ClassVar[list[str]] = []


class Goals(Collection):
    area = "PEOPLE"
    tag = "目標"
    queryset = Goal.objects.none()
    serializer_class = GoalShown
    filterset_class = GoalFilter
    orderings: ClassVar = {"target_on": ("target_on", "pk"), "-target_on": ("-target_on", "-pk")}

    def get_queryset(self) -> QuerySet[Goal]:
        latest = GoalScore.objects.filter(goal=OuterRef("pk")).order_by("-scored_on", "-pk").values("score")[:1]
        return queries.visible_to(self.user).annotate(
            score=Subquery(latest),
            sessions=Count("session_goals", filter=~Q(session_goals__session__state="CANCELLED")),
        )

    @extend_schema(summary="目標の一覧")
    def list(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        return super().list(request, *args, **kwargs)

    @extend_schema(summary="目標を1つ見る")
    def retrieve(self, request: Request, *args: Any, **kwargs: Any) -> Any:
        return super().retrieve(request, *args, **kwargs)

    @extend_schema(summary="目標を立てる", request=GoalSent, responses={201: GoalShown})
    def create(self, request: Request) -> Response:
        sent = self.sent(GoalSent)
        self.may("programs.change_goals", sent["person"])
        _check_parent(sent.get("parent"), None)
        return self.created(self.act(services.add, **sent))

    @extend_schema(summary="目標を直す（書いた項目だけ変わる）", request=GoalChangeSent, responses=GoalShown)
    def partial_update(self, request: Request, id: Any = None) -> Response:
        goal = self._to_change()
        sent = self.sent(GoalChangeSent, partial=True)
        _check_parent(sent.get("parent"), goal)
        _check_levels(goal, sent)
        return self.answer(self.act(services.change, of=goal, goal=goal, **sent))

    @extend_schema(summary="目標を終える", request=GoalCloseSent, responses=GoalShown)
    @action(detail=True, methods=["post"])
    def close(self, request: Request, id: Any = None) -> Response:
        goal = self._to_change()
        return self.answer(self.act(services.close, of=goal, goal=goal, **self.sent(GoalCloseSent)))

    def _to_change(self) -> Goal:
        goal: Goal = self.get_object()
        self.may("programs.change_goals", goal.person)
        return goal


class GoalScores(Lists, Resource):
    """Of one goal: of each session and each review the latest, which is what holds."""

    area = "PEOPLE"
    tag = "目標"
    queryset = GoalScore.objects.none()
    serializer_class = GoalScoreShown
    orderings: ClassVar = {"scored_on": ("scored_on", "pk"), "-scored_on": ("-scored_on", "-pk")}

    def get_queryset(self) -> QuerySet[GoalScore]:
        goal = get_object_or_404(queries.visible_to(self.user), public_id=self.kwargs["goal"])
        newest = GoalScore.objects.filter(goal=goal).order_by().values("session", "review").annotate(last=Max("pk"))
        rows = GoalScore.objects.filter(pk__in=newest.values("last"))
        return rows.select_related("session", "review")

    @extend_schema(summary="目標についた点の一覧")
    def list(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        return super().list(request, *args, **kwargs)


def _check_parent(parent: Goal | None, goal: Goal | None) -> None:
    """A closed goal takes no new steps; one that has it keeps it."""
    if parent is not None and parent.state != GoalState.ACTIVE and (goal is None or goal.parent_id != parent.pk):
        said = "取り組み中の長期目標から選んでください。"
        raise serializers.ValidationError({"parent": [serializers.ErrorDetail(said, "closed")]})


def _check_levels(goal: Goal, sent: dict[str, Any]) -> None:
    """The levels are written before the first score; afterward they stay as they are."""
    changed = [name for name, _, _ in LEVELS if sent.get(name, getattr(goal, name)) != getattr(goal, name)]
    if changed and queries.is_scored(goal):
        said = "もう点がついているので、5つの様子は変えられません。"
        raise Refused(Problem("goal.scored", said, field=name) for name in changed)
