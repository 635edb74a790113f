"""Programs and their limits as one municipality uses them; changed there by its coordinators."""

import datetime as dt
from functools import cached_property
from typing import Any, cast

from django.db.models import Prefetch, Q, QuerySet
from drf_spectacular.utils import OpenApiExample, extend_schema, extend_schema_field, extend_schema_serializer
from rest_framework import serializers, status
from rest_framework.decorators import action
from rest_framework.exceptions import PermissionDenied
from rest_framework.request import Request
from rest_framework.response import Response

from programs.enums import Enforcement, ProgramKind, Window
from programs.models import Limit, Program
from programs.queries.programs import limit_words
from programs.services import programs
from transition import clock
from transition.api.fields import DayField, LineField, PublicIdField
from transition.api.permissions import HasScope
from transition.api.serializers import Sent, Shown
from transition.api.viewsets import Collection
from transition.enums import OrganizationKind, Residence
from transition.models import ApiToken, Organization, Person, User


class TierShown(serializers.Serializer[Any]):
    last_day = serializers.IntegerField(help_text="何日目までか。")
    name = serializers.CharField(help_text="段階の名前です。")


class LimitShown(serializers.ModelSerializer[Limit]):
    words = serializers.SerializerMethodField(help_text="上限を文にしたものです。")
    certainty_words = serializers.CharField(
        source="help.certainty", read_only=True, help_text="確かさの説明です。未確認なら市町村への確認をすすめます。"
    )
    tiers = serializers.SerializerMethodField()
    valid_from = DayField(read_only=True, allow_null=True, help_text="適用開始日。null は、はじめから。")
    valid_to = DayField(read_only=True, allow_null=True, help_text="適用終了日。null は、決まっていない。")

    class Meta:
        model = Limit
        fields = (
            "code",
            "name",
            "words",
            "unit",
            "amount",
            "window",
            "counting",
            "enforcement",
            "tiers",
            "valid_from",
            "valid_to",
            "source",
            "note",
            "certainty",
            "certainty_words",
        )
        read_only_fields = fields

    def get_words(self, limit: Limit) -> str:
        return limit_words(limit)

    @extend_schema_field(TierShown(many=True))
    def get_tiers(self, limit: Limit) -> Any:
        return [{"last_day": day, "name": name} for day, name in limit.tiers]


class ProgramShown(Shown[Program]):
    municipality = PublicIdField(help_text="市町村用に写した事業なら、その市町村。全国共通なら null です。")
    residences = serializers.ListField(
        child=serializers.ChoiceField(choices=Residence.choices), read_only=True, help_text="空なら、どの住まいでも。"
    )
    limits = LimitShown(source="limits_shown", many=True, read_only=True)

    class Meta:
        model = Program
        fields = (
            "id",
            "code",
            "name",
            "kind",
            "municipality",
            "months",
            "needs_grant",
            "residences",
            "note",
            "source",
            "certainty",
            "limits",
        )


@extend_schema_serializer(
    examples=[
        OpenApiExample(
            "ひと月30時間にする",
            {
                "code": "outing-month",
                "amount": 1800,
                "window": "ANNIVERSARY_MONTH",
                "enforcement": "ASK",
                "valid_from": "2027-04-01",
                "source": "架空市外出体験事業実施要綱 第5条",
            },
            request_only=True,
        )
    ]
)
class LimitSent(Sent):
    code = serializers.SlugField(max_length=40, help_text="変える上限のコードです。")
    amount = serializers.IntegerField(
        min_value=1, max_value=600_000, help_text="単位が MINUTES なら分、ほかは日・泊・回です。"
    )
    window = serializers.ChoiceField(choices=Window.choices)
    enforcement = serializers.ChoiceField(choices=Enforcement.choices)
    valid_from = DayField(help_text="この日から変わります。前の日までは、いまの上限です。")
    source = LineField(max_length=300, help_text="要綱や通知の名前と条です。")  # type: ignore[assignment]


def municipalities_known_to(user: User) -> QuerySet[Organization]:
    """Whose programs the screens show: where one works, and those of the people one sees."""
    mine = Organization.objects.of(user)
    people = Person.objects.visible_to(user)
    return Organization.objects.filter(
        Q(pk__in=mine.values("pk")) | Q(pk__in=mine.values("municipality")) | Q(pk__in=people.values("municipality")),
        kind=OrganizationKind.MUNICIPALITY,
    )


class ProgramsAsked(serializers.Serializer[Any]):
    municipality = PublicIdField(
        municipalities_known_to, required=False, help_text="どの市町村の事業か。書かなければ、自分の組織の市町村です。"
    )
    person = PublicIdField(
        lambda user: Person.objects.visible_to(user).select_related("municipality"),
        required=False,
        help_text="この本人の市町村の事業。PEOPLE_READ も要ります。",
    )
    kind = serializers.ChoiceField(choices=ProgramKind.choices, required=False, help_text="事業の種類です。")
    on = DayField(required=False, help_text="この日に適用される上限だけ。書かなければ、いまとこれからの上限です。")


class Programs(Collection):
    area = "PROGRAMS"
    tag = "体験事業と上限"
    queryset = Program.objects.none()
    serializer_class = ProgramShown
    orderings = {"order": ("order", "pk"), "code": ("code", "pk")}

    def get_queryset(self) -> QuerySet[Program]:
        known = Q(municipality=None) | Q(municipality__in=municipalities_known_to(self.user).values("pk"))
        limits = Limit.objects.on(self.asked["on"]) if "on" in self.asked else _not_ended(clock.today())
        shown = Prefetch("limits", limits.order_by("pk"), to_attr="limits_shown")
        return Program.objects.filter(known).select_related("municipality").prefetch_related(shown)

    def filter_queryset(self, queryset: Any) -> Any:
        """A list is that of one municipality: its own copies instead of the general programs."""
        if self.action != "list":
            return queryset
        asked = self.asked
        if "person" in asked:
            may_read_people(self.request)
            municipality = asked["person"].municipality
        else:
            municipality = asked.get("municipality") or self.municipality
        found = queryset.for_municipality(municipality.pk if municipality else None)
        return found.filter(kind=asked["kind"]) if "kind" in asked else found

    @cached_property
    def asked(self) -> dict[str, Any]:
        """What the address of a reading says."""
        if self.request.method not in ("GET", "HEAD"):
            return {}
        form = ProgramsAsked(data=self.request.query_params, context=self.get_serializer_context())
        form.is_valid(raise_exception=True)
        return dict(form.validated_data)

    @property
    def municipality(self) -> Organization | None:
        """The municipality for which the caller works, or in which the office lies."""
        organization = self.organization or None
        if organization is None or organization.kind == OrganizationKind.MUNICIPALITY:
            return cast("Organization | None", organization)
        return cast("Organization | None", organization.municipality)

    @extend_schema(summary="体験事業と上限の一覧", parameters=[ProgramsAsked])
    def list(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        return super().list(request, *args, **kwargs)

    @extend_schema(summary="体験事業を1つ、上限といっしょに見る")
    def retrieve(self, request: Request, *args: Any, **kwargs: Any) -> Any:
        return super().retrieve(request, *args, **kwargs)

    @extend_schema(summary="自分の市町村用に写す", request=None, responses={201: ProgramShown})
    @action(detail=True, methods=["post"])
    def adopt(self, request: Request, id: Any = None) -> Response:
        program = self.get_object()
        managed = self._managed()
        return self.created(self.act(programs.adopt, of=program, program=program, municipality=managed))

    @extend_schema(summary="上限を変える", request=LimitSent, responses={201: ProgramShown})
    @action(detail=True, methods=["post"], url_path="change-limit")
    def change_limit(self, request: Request, id: Any = None) -> Response:
        """The limit of that code which holds on the day from which it shall change."""
        program = self.get_object()
        managed = self._managed()
        if program.municipality_id not in (None, managed.pk):
            raise PermissionDenied
        sent = self.sent(LimitSent)
        limits = Limit.objects.filter(program=program, code=sent.pop("code"))
        if not limits.exists():
            said = serializers.ErrorDetail("この体験事業に、そのコードの上限はありません。", "does_not_exist")
            raise serializers.ValidationError({"code": [said]})
        limit = limits.on(sent["valid_from"]).first() or limits.order_by("-valid_from", "-pk")[0]
        self.act(programs.change_limit, of=program, limit=limit, **sent)
        return self.answer(program, status.HTTP_201_CREATED)

    def _managed(self) -> Organization:
        if self.municipality is None:
            raise PermissionDenied
        self.may("programs.manage_programs", self.municipality)
        return self.municipality


def may_read_people(request: Request) -> None:
    """What an answer says of a person needs the scope for people as well."""
    if isinstance(request.auth, ApiToken) and not {"PEOPLE_READ", "PEOPLE_WRITE"} & set(request.auth.scopes):
        raise PermissionDenied(HasScope.message, HasScope.code)


def _not_ended(today: dt.date) -> QuerySet[Limit]:
    return Limit.objects.filter(Q(valid_to=None) | Q(valid_to__gte=today))
