"""付き添える日: everyone reads and keeps their own."""

import calendar
import datetime as dt
from typing import Any, ClassVar

import django_filters
from django.db.models import QuerySet
from drf_spectacular.utils import OpenApiExample, extend_schema, extend_schema_serializer
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from programs.api.session_filters import YEARS
from programs.models import EscortDay
from programs.services import escorts as services
from transition import clock
from transition.api.fields import DayField, TimeOfDayField
from transition.api.serializers import Sent, Shown
from transition.api.viewsets import Lists, Resource
from transition.domain.months import months_later

MOST_DAYS = 100
# As far ahead as the screen goes.
MONTHS = 24


class EscortDayShown(serializers.ModelSerializer[EscortDay]):
    serializer_field_mapping = Shown.serializer_field_mapping

    class Meta:
        model = EscortDay
        fields = ("date", "starts", "ends")
        read_only_fields = fields


class EscortDaysShown(serializers.Serializer[Any]):
    days = EscortDayShown(many=True, help_text="書きかえた日のうち、付き添える日です。")


class EscortDaySent(Sent):
    date = DayField(help_text="きょうからあとの日。")
    starts = TimeOfDayField(allow_null=True, help_text="から。付き添えない日は null です。")
    ends = TimeOfDayField(allow_null=True, help_text="まで。付き添えない日は null です。")

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        date, starts, ends = attrs["date"], attrs["starts"], attrs["ends"]
        if not clock.today() <= date <= _last_day():
            raise serializers.ValidationError({"date": [f"きょうから{MONTHS}か月先までの日にしてください。"]})
        if (starts is None) != (ends is None):
            raise serializers.ValidationError({"ends": ["starts と ends の両方を入れてください。"]})
        if starts is not None and ends <= starts:
            raise serializers.ValidationError({"ends": ["終わりは始まりよりあとにしてください。"]})
        return attrs


@extend_schema_serializer(
    examples=[
        OpenApiExample(
            "2日を書きかえる",
            {
                "days": [
                    {"date": "2026-12-05", "starts": "09:00", "ends": "17:00"},
                    {"date": "2026-12-06", "starts": None, "ends": None},
                ]
            },
            request_only=True,
        )
    ]
)
class EscortDaysSent(Sent):
    days = EscortDaySent(  # type: ignore[call-arg]
        many=True, max_length=MOST_DAYS, allow_empty=False, help_text="ここに書かない日は、そのままです。"
    )

    def validate_days(self, days: list[dict[str, Any]]) -> list[dict[str, Any]]:
        if len({day["date"] for day in days}) != len(days):
            raise serializers.ValidationError("同じ日が2回入っています。")
        return days


class EscortDayFilter(django_filters.FilterSet):
    class Meta:
        model = EscortDay
        fields: ClassVar[list[str]] = []

    @classmethod
    def get_filters(cls) -> Any:
        """`from` is a word of Python's own, so it cannot stand above."""
        first, last = (
            django_filters.DateFilter("date", lookup, validators=YEARS, input_formats=["%Y-%m-%d"], help_text=said)
            for lookup, said in (("gte", "この日から。"), ("lte", "この日まで。"))
        )
        return {**super().get_filters(), "from": first, "to": last}


class EscortDays(Lists, Resource):
    area = "SESSIONS"
    tag = "付き添える日"
    queryset = EscortDay.objects.none()
    serializer_class = EscortDayShown
    filterset_class = EscortDayFilter
    orderings: ClassVar = {"date": ("date", "pk")}

    def get_queryset(self) -> QuerySet[EscortDay]:
        return EscortDay.objects.filter(user=self.user)

    @extend_schema(summary="自分の付き添える日の一覧")
    def list(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        return super().list(request, *args, **kwargs)

    @extend_schema(
        summary="自分の付き添える日を書きかえる",
        request=EscortDaysSent,
        responses=EscortDaysShown,
        operation_id="escort_days_keep",
        filters=False,
    )
    def keep(self, request: Request) -> Response:
        """Answers with those of the days sent on which one is free."""
        sent = {day["date"]: day for day in self.sent(EscortDaysSent)["days"]}
        days: dict[dt.date, services.Hours | None] = {
            date: (day["starts"], day["ends"]) if day["starts"] is not None else None for date, day in sent.items()
        }
        self.act(services.keep_days, days=days)
        kept = self.get_queryset().filter(date__in=list(days)).order_by("date")
        return Response(EscortDaysShown({"days": kept}).data)


def _last_day() -> dt.date:
    month = months_later(clock.today().replace(day=1), MONTHS)
    return month.replace(day=calendar.monthrange(month.year, month.month)[1])
