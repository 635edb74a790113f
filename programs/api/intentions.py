"""意向確認: the register of a facility, the history of one person, and one new asking."""

from typing import Any

import django_filters
from django.db.models import Count, Q, QuerySet
from drf_spectacular.utils import OpenApiExample, extend_schema, extend_schema_serializer
from rest_framework import serializers
from rest_framework.decorators import action
from rest_framework.exceptions import PermissionDenied
from rest_framework.request import Request
from rest_framework.response import Response

from programs.api.of_person import OfPerson
from programs.queries import intentions as queries
from transition import clock
from transition.api.fields import DayField, LineField, PublicIdField
from transition.api.serializers import Sent, Shown
from transition.api.viewsets import Collection, Lists, Resource
from transition.enums import Expression, IntentionAnswer, IntentionWish
from transition.models import IntentionCheck, Person
from transition.services import intentions as services

# What the address says, and what the register calls it.
SHOWN = {"ALL": "", "UNASKED": "unasked", "DUE": "due"}


class IntentionCheckShown(Shown[IntentionCheck]):
    organization = PublicIdField()
    wants = serializers.ListField(child=serializers.ChoiceField(choices=IntentionWish.choices), read_only=True)

    class Meta:
        model = IntentionCheck
        fields = (
            "id",
            "asked_on",
            "asker",
            "organization",
            "method",
            "answer",
            "wants",
            "expression",
            "inferred",
            "basis",
            "present",
            "next_on",
            "at",
        )


@extend_schema_serializer(
    examples=[
        OpenApiExample(
            "写真を見せて聞いた",
            {
                "asked_on": "2026-11-20",
                "asker": "職員 見本",
                "method": "写真を見せて、ことばで",
                "answer": "GROUP_HOME",
                "wants": ["VISIT"],
                "expression": "WORD",
            },
        )
    ]
)
class IntentionCheckSent(Sent):
    asked_on = DayField(help_text="聞いた日です。")
    asker = LineField(max_length=80, help_text="聞いた人です。")
    method = LineField(max_length=200, help_text="聞きかた（ことば、写真、見学など）です。")
    answer = serializers.ChoiceField(
        choices=IntentionAnswer.choices,
        help_text="どこで、だれとくらしたいか。まだ答えがないことも、そのまま残します。",
    )
    wants = serializers.ListField(
        child=serializers.ChoiceField(choices=IntentionWish.choices),
        required=False,
        max_length=len(IntentionWish),
        help_text="やってみたいことです。",
    )
    expression = serializers.ChoiceField(
        choices=Expression.choices,
        required=False,
        allow_blank=True,
        help_text="表しかた。まだ答えがないときは、空です。",
    )
    inferred = serializers.BooleanField(required=False, help_text="支援者が読み取った答えです。")
    basis = LineField(max_length=300, required=False, allow_blank=True, help_text="何から読み取ったか。")
    present = LineField(max_length=200, required=False, allow_blank=True, help_text="いっしょにいた人です。")
    next_on = DayField(required=False, allow_null=True, help_text="次に聞く日。空なら、決まった月のあとです。")


class IntentionChecks(Collection, OfPerson):
    """Every asking of one person by anybody; what was written once stays."""

    tag = "意向確認"
    queryset = IntentionCheck.objects.none()
    serializer_class = IntentionCheckShown
    orderings = {"-asked_on": ("-asked_on", "-pk"), "asked_on": ("asked_on", "pk")}

    def get_queryset(self) -> QuerySet[IntentionCheck]:
        return IntentionCheck.objects.filter(person=self.person).select_related("organization")

    @extend_schema(summary="1人の意向確認の一覧")
    def list(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        return super().list(request, *args, **kwargs)

    @extend_schema(summary="意向確認を1つ見る")
    def retrieve(self, request: Request, *args: Any, **kwargs: Any) -> Any:
        return super().retrieve(request, *args, **kwargs)

    @extend_schema(summary="意向確認を記録する", request=IntentionCheckSent, responses={201: IntentionCheckShown})
    def create(self, request: Request, person: Any = None) -> Response:
        self.may("programs.record_intention", self.person)
        if not self.organization:
            raise PermissionDenied
        sent = self.sent(IntentionCheckSent)
        check = self.act(services.record, person=self.person, organization=self.organization, **sent)
        return self.created(check)


class ResidentShown(serializers.Serializer[Any]):
    """One resident with the latest asking."""

    id = serializers.UUIDField(source="person.public_id", help_text="本人の公開IDです。")
    name = serializers.CharField(source="person.name")
    kana = serializers.CharField(source="person.kana")
    facility = serializers.CharField(allow_blank=True)
    state = serializers.ChoiceField(choices=queries.STATES)
    last = IntentionCheckShown(source="asked.check", allow_null=True, default=None)


class FiguresShown(serializers.Serializer[Any]):
    residents = serializers.IntegerField(help_text="施設でくらす人の数です。")
    asked = serializers.IntegerField(help_text="since から後に聞いた人の数です。")
    unasked = serializers.IntegerField()
    since = serializers.DateField()


class ResidentsFilter(django_filters.FilterSet):
    show = django_filters.ChoiceFilter(
        choices=[("ALL", "全員"), ("UNASKED", "この期間に聞いていない"), ("DUE", "期限がすぎた・もうすぐ")],
        method="as_shown",
        help_text="だれを見るか。書かなければ全員です。",
    )

    class Meta:
        model = Person
        fields = ("show",)

    def as_shown(self, people: Any, name: str, show: str) -> QuerySet[Person]:
        return queries.shown(people, SHOWN[show], clock.today())


class Intentions(Lists, Resource):
    """The register of the organization for which the caller works: for facilities and those who coordinate."""

    area = "PEOPLE"
    tag = "意向確認"
    queryset = Person.objects.none()
    serializer_class = ResidentShown
    filterset_class = ResidentsFilter
    orderings = {"kana": ("family_kana", "given_kana", "pk")}

    def get_queryset(self) -> QuerySet[Person]:
        organization = self.organization
        if not organization or not self.user.has_perm("programs.keep_intentions", organization):
            raise PermissionDenied
        return queries.residents(organization)

    def paginate_queryset(self, queryset: Any) -> Any:
        return queries.lines(super().paginate_queryset(queryset) or [], clock.today())

    @extend_schema(summary="意向確認の台帳（施設でくらす人と、最後に聞いたこと）")
    def list(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        return super().list(request, *args, **kwargs)

    @extend_schema(summary="意向確認の台帳の人数", responses=FiguresShown, filters=False)
    @action(detail=False, methods=["get"], pagination_class=None, filterset_class=None)
    def figures(self, request: Request) -> Response:
        since = queries.period_start(clock.today())
        asked = Count("pk", filter=Q(last_asked_on__gte=since))
        counted = self.get_queryset().aggregate(residents=Count("pk"), asked=asked)
        unasked = counted["residents"] - counted["asked"]
        return Response(FiguresShown({**counted, "unasked": unasked, "since": since}).data)
