"""外の予定表: added, read and removed. The address itself never comes back: whoever knows it reads the calendar."""

from typing import Any

import django_filters
from django.db.models import Count, Q, QuerySet
from drf_spectacular.utils import OpenApiExample, extend_schema, extend_schema_serializer
from rest_framework import serializers, status
from rest_framework.decorators import action
from rest_framework.exceptions import PermissionDenied
from rest_framework.request import Request
from rest_framework.response import Response

from programs.enums import ReadProblem
from programs.models import ExternalCalendar, Home
from programs.queries.external import HELP
from programs.services import external
from transition import clock, fetch
from transition.api.fields import LineField, PublicIdField
from transition.api.serializers import Sent, Shown
from transition.api.viewsets import Collection


class ExternalCalendarShown(Shown[ExternalCalendar]):
    home = PublicIdField(help_text="ホームの予定表なら、そのホーム。自分の予定表なら null です。")
    hint = serializers.CharField(read_only=True, help_text="アドレスの一部です。全部は二度と返しません。")
    problem = serializers.ChoiceField(
        choices=ReadProblem.choices, read_only=True, allow_blank=True, help_text="読めなかった理由です。"
    )
    problem_help = serializers.SerializerMethodField(help_text="読めないときに、どうすればよいか。")
    coming = serializers.IntegerField(read_only=True, help_text="これからの予定の件数です。")

    class Meta:
        model = ExternalCalendar
        fields = (
            "id",
            "home",
            "label",
            "hint",
            "created_at",
            "read_at",
            "good_at",
            "problem",
            "problem_help",
            "failures",
            "coming",
        )

    def get_problem_help(self, calendar: ExternalCalendar) -> str:
        return HELP[ReadProblem(calendar.problem)] if calendar.problem else ""


@extend_schema_serializer(
    examples=[
        OpenApiExample(
            "事務所の予定表",
            {
                "home": "7f3c9a52-5a3e-4d1c-9d0c-0c1f5a9e0b11",
                "label": "事務所の予定表",
                "url": "https://calendar.example.invalid/fictional.ics",
            },
            request_only=True,
        )
    ]
)
class ExternalCalendarSent(Sent):
    home = PublicIdField(
        Home.objects.run_by,
        required=False,
        allow_null=True,
        help_text="書かなければ自分の予定表です。",
    )
    label = LineField(max_length=40, help_text="予定表の名前です。")  # type: ignore[assignment]
    url = LineField(max_length=1000, help_text="https:// か webcal:// で始まるアドレス。返すことはありません。")

    def validate_url(self, url: str) -> str:
        if not fetch.is_address(external.https_of(url)):
            raise serializers.ValidationError("https:// で始まるアドレスを、そのまま入れてください。")
        return url


class ExternalCalendarFilter(django_filters.FilterSet):
    home = django_filters.UUIDFilter(field_name="home__public_id", help_text="ホームの公開IDです。")
    mine = django_filters.BooleanFilter(
        field_name="home", lookup_expr="isnull", help_text="true なら自分の、false ならホームの予定表だけです。"
    )

    class Meta:
        model = ExternalCalendar
        fields = ("home", "mine")


class ExternalCalendars(Collection):
    area = "HOMES"
    tag = "外の予定表"
    queryset = ExternalCalendar.objects.none()
    serializer_class = ExternalCalendarShown
    filterset_class = ExternalCalendarFilter

    def get_queryset(self) -> QuerySet[Any]:
        found = ExternalCalendar.objects.current().visible_to(self.user).select_related("home")
        return found.annotate(coming=Count("busy_times", filter=Q(busy_times__ends_at__gt=clock.now())))

    @extend_schema(summary="外の予定表の一覧")
    def list(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        return super().list(request, *args, **kwargs)

    @extend_schema(summary="外の予定表を1つ見る")
    def retrieve(self, request: Request, *args: Any, **kwargs: Any) -> Any:
        return super().retrieve(request, *args, **kwargs)

    @extend_schema(summary="外の予定表を読みこむ", request=ExternalCalendarSent, responses={201: ExternalCalendarShown})
    def create(self, request: Request) -> Response:
        sent = self.sent(ExternalCalendarSent)
        if home := sent.get("home"):
            self.may("programs.manage_home", home)
        elif not self.organization:
            raise PermissionDenied
        return self.created(self.act(external.add, **sent))

    @extend_schema(summary="外の予定表を外す", request=None, responses={204: None})
    def destroy(self, request: Request, id: Any = None) -> Response:
        calendar = self._own()
        self.act(external.remove, of=calendar, calendar=calendar)
        return Response(status=status.HTTP_204_NO_CONTENT)

    @extend_schema(summary="外の予定表をいま読み直す", request=None, responses={200: ExternalCalendarShown})
    @action(detail=True, methods=["post"])
    def read(self, request: Request, id: Any = None) -> Response:
        calendar = self._own()
        return self.answer(self.act(external.read_now, of=calendar, calendar=calendar))

    def _own(self) -> ExternalCalendar:
        calendar: ExternalCalendar = self.get_object()
        if calendar.home is not None:
            self.may("programs.manage_home", calendar.home)
        return calendar
