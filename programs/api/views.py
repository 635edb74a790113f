"""閲覧記録: who read what. Read only; of one person, or for those who coordinate of everybody of theirs."""

import datetime as dt
from typing import Any

import django_filters
from django.db.models import QuerySet
from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from programs.api.audit import YEARS, ActorShown
from programs.api.of_person import OfPerson
from programs.queries import looks as queries
from transition import clock
from transition.api.fields import MomentField
from transition.api.viewsets import Lists, Resource
from transition.domain import looks
from transition.enums import ViewedBy
from transition.models import Organization, Person, User, ViewLog


class ViewShown(serializers.Serializer[Any]):
    at = MomentField()
    actor = ActorShown(allow_null=True, help_text="だれが見たか。")
    organization = serializers.UUIDField(allow_null=True, help_text="どの組織として見たか。")
    person = serializers.UUIDField(allow_null=True, help_text="だれのことを。一覧では空です。")
    what = serializers.CharField(help_text="何を見たか（コード）。")
    words = serializers.CharField(help_text="何を見たか（ことば）。")
    door = serializers.ChoiceField(choices=ViewedBy.choices, help_text="どこから見たか。")
    outside = serializers.BooleanField(help_text="ふだんの支援の外から見ました。")
    count = serializers.IntegerField(allow_null=True, help_text="一覧にならんだ人数です。")


class ViewFilter(django_filters.FilterSet):
    what = django_filters.CharFilter(max_length=60, help_text="例: card")
    actor = django_filters.UUIDFilter(method="by_actor", help_text="見た人の公開IDです。")
    since = django_filters.DateFilter(method="by_first_day", validators=YEARS, help_text="この日から（日本の日付）。")
    until = django_filters.DateFilter(method="by_last_day", validators=YEARS, help_text="この日まで（日本の日付）。")

    class Meta:
        model = ViewLog
        fields = ("what", "actor", "since", "until")

    def by_actor(self, rows: QuerySet[ViewLog], name: str, actor: Any) -> QuerySet[ViewLog]:
        return rows.filter(actor__in=User.objects.filter(public_id=actor).values("pk"))

    def by_first_day(self, rows: QuerySet[ViewLog], name: str, day: dt.date) -> QuerySet[ViewLog]:
        return rows.filter(at__gte=clock.at(day, dt.time.min))

    def by_last_day(self, rows: QuerySet[ViewLog], name: str, day: dt.date) -> QuerySet[ViewLog]:
        return rows.filter(at__lt=clock.at(day + dt.timedelta(days=1), dt.time.min))


class _Views(Lists, Resource):
    tag = "閲覧記録"
    queryset = ViewLog.objects.none()
    serializer_class = ViewShown
    filterset_class = ViewFilter
    orderings = {"-at": ("-pk",), "at": ("pk",)}

    def paginate_queryset(self, queryset: Any) -> Any:
        return shown(super().paginate_queryset(queryset) or [])


class PersonViews(OfPerson, _Views):
    area = "PEOPLE"

    def get_queryset(self) -> QuerySet[ViewLog]:
        return queries.of_person(self.person)

    @extend_schema(summary="この人の情報をだれが見たか", description="一覧に名前がならんだだけの分は、出ません。")
    def list(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        return super().list(request, *args, **kwargs)


class Views(_Views):
    area = "AUDIT"

    def get_queryset(self) -> QuerySet[ViewLog]:
        return queries.visible_to(self.user)

    @extend_schema(
        summary="閲覧記録を見る",
        description="市町村のコーディネーターと管理者に。ほかの人には、何もありません。",
    )
    def list(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        return super().list(request, *args, **kwargs)


def shown(rows: list[ViewLog]) -> list[dict[str, Any]]:
    """With public ids; three queries, however many."""
    actors = User.objects.in_bulk({row.actor for row in rows if row.actor})
    people = _public_ids(Person, {row.person for row in rows})
    organizations = _public_ids(Organization, {row.organization for row in rows})
    return [
        {
            "at": row.at,
            "actor": actors.get(row.actor) if row.actor else None,
            "organization": organizations.get(row.organization),
            "person": people.get(row.person),
            "what": row.what,
            "words": looks.label(row.what),
            "door": row.door,
            "outside": bool(row.data.get("outside")),
            "count": row.data.get("count"),
        }
        for row in rows
    ]


def _public_ids(model: Any, ids: set[int | None]) -> dict[Any, Any]:
    return dict(model.objects.filter(pk__in={pk for pk in ids if pk}).values_list("pk", "public_id"))
