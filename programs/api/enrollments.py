"""Taking part in a program: beginning, its period, its stages."""

import datetime as dt
from typing import Any, ClassVar

from django.db.models import QuerySet
from django_filters import rest_framework as filters
from drf_spectacular.utils import OpenApiExample, extend_schema, extend_schema_serializer
from rest_framework import serializers
from rest_framework.decorators import action
from rest_framework.exceptions import ErrorDetail, PermissionDenied
from rest_framework.request import Request
from rest_framework.response import Response

from programs.api.errors import shown
from programs.api.record_shapes import MeterShown, meter_values
from programs.enums import EnrollmentEnd
from programs.forms.enrollments import FACILITY_KINDS
from programs.models import Enrollment, EnrollmentChange, Program
from programs.queries import enrollments as queries
from programs.services import enrollments as services
from transition import clock
from transition.api.errors import ProblemSerializer
from transition.api.fields import DayField, LineField, PublicIdField, TextField
from transition.api.serializers import Sent, Shown
from transition.api.viewsets import Collection
from transition.enums import ConsentMeans
from transition.models import Consent, Organization, Person, User

LONGEST_TEXT = 1000


class NamedShown(serializers.Serializer[Any]):
    id = serializers.UUIDField(source="public_id")
    name = serializers.CharField()


class EnrollmentChangeShown(Shown[EnrollmentChange]):
    by = serializers.CharField(source="by.name", read_only=True, help_text="書いた人の名前です。")

    class Meta:
        model = EnrollmentChange
        fields = ("ended_on", "ends_on", "end", "reason", "by", "at")


class EnrollmentConsentShown(Shown[Consent]):
    class Meta:
        model = Consent
        fields = ("given_on", "means", "note")


class EnrollmentShown(Shown[Enrollment]):
    person = PublicIdField()
    program = PublicIdField()
    organization = PublicIdField()
    facility = PublicIdField(allow_null=True, help_text="入所している施設か病院です。")
    lead = NamedShown(allow_null=True, read_only=True, help_text="担当です。")
    consent = EnrollmentConsentShown(read_only=True, allow_null=True)
    outcome = PublicIdField(allow_null=True, help_text="結果のIDです。")
    changes = EnrollmentChangeShown(many=True, read_only=True, help_text="期間の変更です。")

    class Meta:
        model = Enrollment
        fields = (
            "id",
            "person",
            "program",
            "organization",
            "facility",
            "lead",
            "purpose",
            "starts_on",
            "support_from",
            "review_on",
            "ends_on",
            "consent",
            "outcome",
            "changes",
            "created_at",
        )


@extend_schema_serializer(
    examples=[
        OpenApiExample(
            "利用を始める",
            {
                "person": "3fa85f64-5717-4562-b3fc-2c963f66afa6",
                "program": "8c1f0e0a-5a0f-4c35-9a53-0f0a4ad2a001",
                "starts_on": "2026-12-01",
                "purpose": "外出を楽しみ、やってみたいことを見つける。",
                "consent_means": "GESTURE",
                "consent_note": "写真を見せて説明した。うなずいた。",
            },
        )
    ]
)
class EnrollmentSent(Sent):
    person = PublicIdField(Person.objects.visible_to, help_text="本人のIDです。")
    program = serializers.UUIDField(help_text="本人の市町村で使える事業のIDです。")
    starts_on = DayField(help_text="開始日です。")
    ends_on = DayField(
        required=False, allow_null=True, help_text="長さの決まっている事業では書きません。自動で決まります。"
    )
    lead = serializers.UUIDField(required=False, allow_null=True, help_text="担当のID。同じ組織の人です。")
    facility = PublicIdField(
        lambda user: Organization.objects.filter(kind__in=FACILITY_KINDS),
        required=False,
        allow_null=True,
        help_text="入所している施設か病院のIDです。",
    )
    purpose = TextField(max_length=LONGEST_TEXT, required=False, allow_blank=True, help_text="目的です。")
    consent_means = serializers.ChoiceField(choices=ConsentMeans.choices, help_text="本人がどうやって同意したか。")
    consent_on = DayField(required=False, allow_null=True, help_text="書かなければ、きょうです。")
    consent_note = LineField(max_length=300, required=False, allow_blank=True, help_text="説明したこと・様子です。")


@extend_schema_serializer(
    examples=[OpenApiExample("延ばす", {"ends_on": "2027-06-30", "reason": "市町村が延長を認めた。"})]
)
class ExtensionSent(Sent):
    ends_on = DayField(help_text="新しい終了日です。")
    reason = TextField(max_length=LONGEST_TEXT, help_text="延ばす理由です。")


@extend_schema_serializer(
    examples=[
        OpenApiExample(
            "早く終える",
            {"ends_on": "2026-12-20", "end": "WISH", "reason": "本人がやめたいと言った。", "cancel_sessions": True},
        )
    ]
)
class EnrollmentEndSent(Sent):
    ends_on = DayField(help_text="最後の日です。")
    end = serializers.ChoiceField(choices=EnrollmentEnd.choices, help_text="どうして早く終わるか。")
    reason = TextField(max_length=LONGEST_TEXT, help_text="くわしい理由です。")
    cancel_sessions = serializers.BooleanField(
        default=False, help_text="最後の日よりあとの予定も、いっしょに取り消します。"
    )


@extend_schema_serializer(
    examples=[OpenApiExample("段階の日を決める", {"support_from": "2026-11-01", "review_on": "2027-03-01"})]
)
class StagesSent(Sent):
    support_from = DayField(allow_null=True, help_text="外出支援を始める日です。")
    review_on = DayField(allow_null=True, help_text="振り返りを始める日です。")


class ChoicesAsked(serializers.Serializer[Any]):
    person = PublicIdField(Person.objects.visible_to, help_text="本人のIDです。")


class EnrollableProgramShown(serializers.Serializer[Any]):
    id = serializers.UUIDField(source="program.public_id")
    code = serializers.CharField(source="program.code")
    name = serializers.CharField(source="program.name")
    months = serializers.IntegerField(source="program.months", allow_null=True, help_text="決まった長さです。")
    obstacles = ProblemSerializer(many=True, help_text="いま始められない理由です。空なら、始められます。")


class EnrollmentChoicesShown(serializers.Serializer[Any]):
    programs = EnrollableProgramShown(many=True)
    leads = NamedShown(many=True, help_text="担当になれる人です。")
    facilities = NamedShown(many=True, help_text="入所している施設・病院として選べるものです。")


class EnrollmentHoursShown(serializers.Serializer[Any]):
    enrollment = serializers.UUIDField()
    meters = MeterShown(many=True, help_text="上限ごとの、使った分と残り。利用中でないときは空です。")


class EnrollmentFilter(filters.FilterSet):
    person = filters.UUIDFilter(field_name="person__public_id", help_text="本人のID")
    program = filters.UUIDFilter(field_name="program__public_id", help_text="体験事業のID")
    organization = filters.UUIDFilter(field_name="organization__public_id", help_text="支援する組織のID")
    on = filters.DateFilter(method="running", help_text="この日に利用中のもの")

    class Meta:
        model = Enrollment
        fields: ClassVar[list[str]] = []

    def running(self, rows: Any, name: str, day: dt.date) -> Any:
        return rows.filter(starts_on__lte=day, ends_on__gte=day)


class Enrollments(Collection):
    """Of the people whom the caller may see."""

    area = "SESSIONS"
    tag = "利用"
    queryset = Enrollment.objects.none()
    serializer_class = EnrollmentShown
    filterset_class = EnrollmentFilter
    orderings: ClassVar = {"starts_on": ("starts_on", "pk"), "-starts_on": ("-starts_on", "-pk")}

    def get_queryset(self) -> QuerySet[Enrollment]:
        return queries.for_reader(self.user).prefetch_related("changes__by")

    @extend_schema(summary="利用の一覧")
    def list(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        return super().list(request, *args, **kwargs)

    @extend_schema(summary="利用を1つ見る")
    def retrieve(self, request: Request, *args: Any, **kwargs: Any) -> Any:
        return super().retrieve(request, *args, **kwargs)

    @extend_schema(summary="利用を始める", request=EnrollmentSent, responses={201: EnrollmentShown})
    def create(self, request: Request) -> Response:
        sent = self.sent(EnrollmentSent)
        person, organization = sent["person"], self.organization
        self._may_enroll(person)
        sent["program"] = _program(person, sent["program"])
        if sent.get("lead"):
            sent["lead"] = _lead(organization, sent["lead"])
        return self.created(self.act(services.enroll, organization=organization, **sent))

    @extend_schema(summary="利用期間を延ばす", request=ExtensionSent, responses=EnrollmentShown)
    @action(detail=True, methods=["post"])
    def extend(self, request: Request, id: Any = None) -> Response:
        enrollment = self._to_change()
        self.act(services.extend, of=enrollment, enrollment=enrollment, **self.sent(ExtensionSent))
        return self.answer(enrollment)

    @extend_schema(summary="利用を早く終える", request=EnrollmentEndSent, responses=EnrollmentShown)
    @action(detail=True, methods=["post"])
    def end(self, request: Request, id: Any = None) -> Response:
        enrollment = self._to_change()
        self.act(services.end_early, of=enrollment, enrollment=enrollment, **self.sent(EnrollmentEndSent))
        return self.answer(enrollment)

    @extend_schema(summary="3つの段階の日を決める", request=StagesSent, responses=EnrollmentShown)
    @action(detail=True, methods=["post"])
    def stages(self, request: Request, id: Any = None) -> Response:
        enrollment = self._to_change()
        self.act(services.set_stages, of=enrollment, enrollment=enrollment, **self.sent(StagesSent))
        return self.answer(enrollment)

    @extend_schema(summary="利用を始めるときに選べるもの", parameters=[ChoicesAsked], responses=EnrollmentChoicesShown)
    @action(detail=False, pagination_class=None, filterset_class=None)
    def choices(self, request: Request) -> Response:
        asked = ChoicesAsked(data=request.query_params.dict(), context=self.get_serializer_context())
        asked.is_valid(raise_exception=True)
        person = asked.validated_data["person"]
        self._may_enroll(person)
        values = {
            "programs": [
                {"program": choice.program, "obstacles": [shown(problem) for problem in choice.obstacles]}
                for choice in queries.choices(person)
            ],
            "leads": _leads(self.organization),
            "facilities": Organization.objects.filter(kind__in=FACILITY_KINDS).order_by("name", "pk"),
        }
        return Response(EnrollmentChoicesShown(values).data)

    @extend_schema(summary="利用の、今月の時間や日数の残り", responses=EnrollmentHoursShown)
    @action(detail=True)
    def hours(self, request: Request, id: Any = None) -> Response:
        """Empty before the enrollment begins and after it has ended, as on its page."""
        enrollment, today = self.get_object(), clock.today()
        running = queries.state_of(enrollment, today) == queries.RUNNING
        meters = queries.page(enrollment, today).meters if running else []
        values = {"enrollment": enrollment.public_id, "meters": [meter_values(meter) for meter in meters]}
        return Response(EnrollmentHoursShown(values).data)

    def _may_enroll(self, person: Person) -> None:
        """The enrollment is the caller's organization's from then on, so it must be one that supports the person."""
        self.may("programs.enroll_person", person)
        organization = self.organization
        if not organization or not Person.objects.supported_by(organization).filter(pk=person.pk).exists():
            raise PermissionDenied

    def _to_change(self) -> Enrollment:
        enrollment: Enrollment = self.get_object()
        self.may("programs.change_enrollment", enrollment)
        return enrollment


def _program(person: Person, public_id: Any) -> Program:
    """One that the person's municipality has. Raises ValidationError."""
    for choice in queries.choices(person):
        if choice.program.public_id == public_id:
            return choice.program
    raise unknown("program")


def _lead(organization: Organization, public_id: Any) -> User:
    """One who works for the organization. Raises ValidationError."""
    if (found := _leads(organization).filter(public_id=public_id).first()) is None:
        raise unknown("lead")
    return found


def _leads(organization: Organization) -> QuerySet[User]:
    members = User.objects.filter(is_active=True, memberships__organization=organization, memberships__ended_at=None)
    return members.order_by("name", "pk").distinct()


def unknown(field: str) -> serializers.ValidationError:
    """The same words for what does not exist and for what is not the caller's to name."""
    return serializers.ValidationError({field: [ErrorDetail("見つかりませんでした。", "does_not_exist")]})
