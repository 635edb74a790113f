"""A proposed plan of outings for one enrollment, taking it over, and who may go along."""

import datetime as dt
from typing import Any

from django.db.models import QuerySet
from drf_spectacular.utils import OpenApiExample, extend_schema, extend_schema_serializer
from rest_framework import serializers, status
from rest_framework.decorators import action
from rest_framework.exceptions import PermissionDenied
from rest_framework.request import Request
from rest_framework.response import Response

from programs.api.errors import shown
from programs.api.session_shown import NamedSerializer
from programs.domain.problems import Refused
from programs.domain.proposal import ProposedOuting, Wanted
from programs.enums import SessionState, Step
from programs.forms.proposal import HOLIDAYS, USUAL, Pieces
from programs.models import Enrollment, Session
from programs.queries import outings
from programs.queries import proposal as queries
from programs.services import proposals as services
from transition import clock
from transition.api.errors import ProblemSerializer
from transition.api.fields import DayField, MomentField
from transition.api.serializers import Sent
from transition.api.viewsets import Resource
from transition.models import Goal, Organization, User, WishItem

MOST_PIECES = 100
LONGEST_TOKEN = 500
MOST_COMPANIONS = 200


@extend_schema_serializer(
    examples=[OpenApiExample("月に2回、土日に", {"per_month": 2, "weekdays": [5, 6]}, request_only=True)]
)
class WantedSent(Sent):
    """What is left out is the usual."""

    per_month = serializers.IntegerField(
        min_value=1, max_value=12, default=USUAL.per_month, help_text="ひと月に何回まで。"
    )
    at_least = serializers.IntegerField(
        min_value=0, max_value=8, default=USUAL.at_least, help_text="ひと月に少なくとも何回。"
    )
    per_week = serializers.IntegerField(min_value=1, max_value=7, default=USUAL.per_week, help_text="週に何回まで。")
    gap = serializers.IntegerField(
        min_value=0, max_value=30, default=USUAL.gap, help_text="おでかけのあいだをあける日数。"
    )
    earliest = serializers.IntegerField(
        min_value=0, max_value=1439, default=USUAL.earliest, help_text="何時から。0時からの分。"
    )
    latest = serializers.IntegerField(
        min_value=1, max_value=1440, default=USUAL.latest, help_text="何時まで。0時からの分。"
    )
    weekdays = serializers.ListField(
        child=serializers.IntegerField(min_value=0, max_value=6),
        min_length=1,
        max_length=7,
        default=sorted(USUAL.weekdays),
        help_text="曜日。月曜が0です。",
    )
    holidays = serializers.ChoiceField(choices=HOLIDAYS, default=USUAL.holidays, help_text="祝日。")
    homes = serializers.BooleanField(default=USUAL.homes, help_text="グループホームの見学・食事・日中も入れるか。")
    anew = serializers.BooleanField(default=False, help_text="確定していない計画を、立て直すか。")

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        if attrs["latest"] <= attrs["earliest"]:
            raise serializers.ValidationError({"latest": ["「何時まで」は「何時から」よりあとにしてください。"]})
        if attrs["at_least"] > attrs["per_month"]:
            raise serializers.ValidationError({"at_least": ["「ひと月に何回まで」より多くはできません。"]})
        return attrs


class PieceSerializer(serializers.Serializer[Any]):
    token = serializers.CharField(help_text="この案を予定に入れるときに送り返します。")
    starts_at = MomentField()
    ends_at = MomentField()
    minutes = serializers.IntegerField()
    activity = serializers.CharField()
    step = serializers.ChoiceField(choices=Step.choices)
    escort = NamedSerializer(help_text="付き添う人。")
    wish = serializers.UUIDField(allow_null=True, help_text="かなえる「やってみたいこと」。")
    goal = serializers.UUIDField(allow_null=True, help_text="めざす目標。")
    reason = serializers.CharField(help_text="なぜこの日か。")


class ProposedMonthSerializer(serializers.Serializer[Any]):
    first = DayField()
    last = DayField()
    used = serializers.IntegerField(help_text="いまの予定の分数。")
    more = serializers.IntegerField(help_text="案の分数。")
    cap = serializers.IntegerField(allow_null=True, help_text="上限の分数。")


class LoosenSerializer(serializers.Serializer[Any]):
    rule = serializers.CharField()
    text = serializers.CharField(help_text="どうすればできるか。")


class ProposalSerializer(serializers.Serializer[Any]):
    possible = serializers.BooleanField(help_text="案ができたか。")
    outings = PieceSerializer(many=True)
    months = ProposedMonthSerializer(many=True)
    rules = serializers.ListField(child=serializers.CharField(), help_text="案が守っている規則。")
    overnight_from = DayField(allow_null=True, help_text="お泊まりを考えられる日。")
    reasons = LoosenSerializer(many=True, help_text="案ができなかった理由。")
    replaced = serializers.ListField(child=serializers.UUIDField(), help_text="案が置きかえる、いまの予定。")


@extend_schema_serializer(examples=[OpenApiExample("1つだけ入れる", {"pieces": ["WyIyMDI2…"]}, request_only=True)])
class AdoptionSent(Sent):
    pieces = serializers.ListField(
        child=serializers.CharField(max_length=LONGEST_TOKEN),
        min_length=1,
        max_length=MOST_PIECES,
        help_text="案の token。",
    )
    replace = serializers.ListField(
        child=serializers.UUIDField(), required=False, max_length=MOST_PIECES, help_text="取り消す予定。"
    )


class RefusedPieceSerializer(serializers.Serializer[Any]):
    starts_at = MomentField()
    activity = serializers.CharField()
    problems = ProblemSerializer(many=True)


class NotCancelledSerializer(serializers.Serializer[Any]):
    session = serializers.UUIDField()
    problems = ProblemSerializer(many=True)


class AdoptionSerializer(serializers.Serializer[Any]):
    accepted = serializers.ListField(child=serializers.UUIDField(), help_text="できた予定。")
    cancelled = serializers.ListField(child=serializers.UUIDField(), help_text="取り消した予定。")
    refused = RefusedPieceSerializer(many=True, help_text="入れられなかった案。")
    not_cancelled = NotCancelledSerializer(many=True, help_text="取り消せなかった予定。")


class CompanionsSerializer(serializers.Serializer[Any]):
    companions = NamedSerializer(many=True)


class Proposals(Resource):
    """Parts of an enrollment, of the people whom the caller may see."""

    area = "SESSIONS"
    tag = "おでかけの計画"
    queryset = Enrollment.objects.none()
    serializer_class = ProposalSerializer
    reading_actions = ("proposal",)

    def get_queryset(self) -> QuerySet[Enrollment]:
        return Enrollment.objects.visible_to(self.user).select_related("person", "program")

    @extend_schema(summary="付き添える職員の一覧", responses=CompanionsSerializer)
    @action(detail=True, methods=["get"])
    def companions(self, request: Request, id: Any = None) -> Response:
        enrollment = self.get_object()
        around = outings.companions(enrollment.person, enrollment, self.organization or None)[:MOST_COMPANIONS]
        return Response({"companions": NamedSerializer(around, many=True).data})

    @extend_schema(summary="おでかけの案を作る（何も変えません）", request=WantedSent, responses=ProposalSerializer)
    @action(detail=True, methods=["post"])
    def proposal(self, request: Request, id: Any = None) -> Response:
        enrollment = self.get_object()
        sent = self.sent(WantedSent)
        anew = sent.pop("anew")
        wanted = Wanted(**sent | {"weekdays": frozenset(sent["weekdays"])})
        pieces = Pieces(str(enrollment.public_id), self.user.pk)
        page = queries.page(enrollment, self.organization or None, wanted, anew=anew, token=pieces.token)
        return Response(ProposalSerializer(_answer_of(page)).data)

    @extend_schema(
        summary="案を予定に入れる",
        request=AdoptionSent,
        responses={201: AdoptionSerializer},
        operation_id="proposal_adopt",
    )
    @action(detail=True, methods=["post"], url_path="proposal/adopt")
    def adopt(self, request: Request, id: Any = None) -> Response:
        """What others have done meanwhile refuses a piece, never the rest; 409 when nothing at all was done."""
        enrollment = self.get_object()
        self.may("programs.plan_outing", enrollment)
        if not self.organization:
            raise PermissionDenied
        office: Organization = self.organization
        sent = self.sent(AdoptionSent)
        result = self.act(
            services.accept,
            enrollment=enrollment,
            pieces=self._pieces(enrollment, sent["pieces"]),
            replaced=_replaced(enrollment, sent.get("replace", [])),
            organization=office,
        )
        if not result.accepted and not result.cancelled:
            everything = [*result.refused, *result.not_cancelled]
            raise Refused(problem for _, problems in everything for problem in problems)
        return Response(
            {
                "accepted": [str(row.public_id) for row in result.accepted],
                "cancelled": [str(row.public_id) for row in result.cancelled],
                "refused": [
                    {
                        "starts_at": MomentField().to_representation(_moment(piece, piece.start)),
                        "activity": piece.activity,
                        "problems": [shown(one) for one in problems],
                    }
                    for piece, problems in result.refused
                ],
                "not_cancelled": [
                    {"session": str(row.public_id), "problems": [shown(one) for one in problems]}
                    for row, problems in result.not_cancelled
                ],
            },
            status=status.HTTP_201_CREATED,
        )

    def _pieces(self, enrollment: Enrollment, tokens: list[str]) -> list[ProposedOuting]:
        signed = Pieces(str(enrollment.public_id), self.user.pk)
        found = [signed.piece(token) for token in tokens]
        unknown = serializers.ErrorDetail("この案は古いか、正しくありません。", "does_not_exist")
        if missing := {str(number): [unknown] for number, piece in enumerate(found) if piece is None}:
            raise serializers.ValidationError({"pieces": missing})
        return [piece for piece in found if piece]


def _replaced(enrollment: Enrollment, ids: list[Any]) -> list[Session]:
    """Also what a first sending of the same has called off already."""
    states = [SessionState.REQUESTED, SessionState.CANCELLED]
    rows = list(enrollment.sessions.filter(public_id__in=ids, room=None, state__in=states).order_by("starts_at"))
    known = {row.public_id for row in rows}
    unknown = serializers.ErrorDetail("見つかりませんでした。", "does_not_exist")
    if missing := {str(number): [unknown] for number, one in enumerate(ids) if one not in known}:
        raise serializers.ValidationError({"replace": missing})
    return rows


def _answer_of(page: queries.Page) -> dict[str, Any]:
    pieces = [piece for month in page.months for row in month.rows for piece in row.proposed]
    escorts = User.objects.in_bulk({piece.outing.escort for piece in pieces})
    wishes = WishItem.objects.in_bulk({piece.outing.wish for piece in pieces if piece.outing.wish})
    goals = Goal.objects.in_bulk({piece.outing.aim for piece in pieces if piece.outing.aim})
    plan, refusal = page.plan, page.refusal
    return {
        "possible": plan is not None,
        "outings": [
            {
                "token": piece.token,
                "starts_at": _moment(piece.outing, piece.outing.start),
                "ends_at": _moment(piece.outing, piece.outing.end),
                "minutes": piece.outing.minutes,
                "activity": piece.outing.activity,
                "step": piece.outing.step,
                "escort": escorts[piece.outing.escort],
                "wish": wishes[piece.outing.wish].public_id if piece.outing.wish else None,
                "goal": goals[piece.outing.aim].public_id if piece.outing.aim else None,
                "reason": piece.outing.reason,
            }
            for piece in pieces
        ],
        "months": [
            {
                "first": month.period.start,
                "last": month.period.end,
                "used": month.used,
                "more": month.more,
                "cap": month.cap,
            }
            for month in page.months
        ],
        "rules": (plan or refusal).rules if plan or refusal else [],  # type: ignore[union-attr]
        "overnight_from": plan.overnight.since if plan and plan.overnight else None,
        "reasons": [{"rule": reason.rule, "text": reason.text} for reason in refusal.reasons] if refusal else [],
        "replaced": [row.public_id for row in page.replaced],
    }


def _moment(piece: ProposedOuting, minute: int) -> dt.datetime:
    return clock.at(piece.date, dt.time()) + dt.timedelta(minutes=minute)
