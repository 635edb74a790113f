"""People: found, registered, changed. What hangs on one person is in person_parts.py and its neighbours."""

from typing import Any

import django_filters
from django.core.exceptions import ValidationError as DjangoValidationError
from django.db.models import QuerySet
from drf_spectacular.utils import OpenApiExample, extend_schema, extend_schema_serializer
from rest_framework import serializers
from rest_framework.exceptions import PermissionDenied
from rest_framework.request import Request
from rest_framework.response import Response

from programs.forms import people as forms
from transition import clock
from transition.api.fields import DayField, LineField, PublicIdField
from transition.api.serializers import Sent, Shown
from transition.api.viewsets import Collection
from transition.domain.text import search_key
from transition.enums import DisabilityKind, OrganizationKind, Residence, Sex, SupportLevel
from transition.fields import CertificateNumberField
from transition.models import Organization, Person
from transition.services import people as services

EARLIEST_BIRTH = 1900


class KanaField(LineField):
    """A reading, in hiragana whatever it was typed in."""

    def to_internal_value(self, data: Any) -> str:
        return str(_cleaned(forms.KanaField(required=False), super().to_internal_value(data)))


class CertificateNumber(LineField):
    def to_internal_value(self, data: Any) -> str:
        return str(_cleaned(CertificateNumberField(required=False), super().to_internal_value(data)))


class PersonShown(Shown[Person]):
    municipality = PublicIdField()
    disability_kinds = serializers.ListField(
        child=serializers.ChoiceField(choices=DisabilityKind.choices), read_only=True
    )

    class Meta:
        model = Person
        fields = (
            "id",
            "family_name",
            "given_name",
            "family_kana",
            "given_kana",
            "called",
            "birth_date",
            "sex",
            "residence",
            "support_level",
            "disability_kinds",
            "medical_care",
            "wheelchair",
            "municipality",
            "certificate_number",
            "created_at",
        )


@extend_schema_serializer(
    examples=[
        OpenApiExample(
            "見本の人",
            {
                "family_name": "見本",
                "given_name": "花子",
                "family_kana": "みほん",
                "given_kana": "はなこ",
                "called": "はなさん",
                "residence": "FAMILY",
                "support_level": 4,
                "municipality": "00000000-0000-4000-8000-000000000001",
            },
        )
    ]
)
class PersonSent(Sent):
    """What the form asks for. On a change only what is to change."""

    family_name = LineField(max_length=40, help_text="姓です。")
    given_name = LineField(max_length=40, help_text="名です。")
    family_kana = KanaField(max_length=80, help_text="せい。カタカナは、ひらがなになります。")
    given_kana = KanaField(max_length=80, help_text="めい。カタカナは、ひらがなになります。")
    called = LineField(max_length=40, required=False, allow_blank=True, help_text="ふだん呼ばれている名前です。")
    birth_date = DayField(
        first_year=EARLIEST_BIRTH, required=False, allow_null=True, help_text="生年月日。わからなければ空です。"
    )
    sex = serializers.ChoiceField(choices=Sex.choices, required=False, help_text="性別です。")
    residence = serializers.ChoiceField(choices=Residence.choices, help_text="使える体験事業が、これで変わります。")
    support_level = serializers.ChoiceField(
        choices=SupportLevel.choices, required=False, allow_null=True, help_text="障害支援区分。未認定なら空です。"
    )
    disability_kinds = serializers.ListField(
        child=serializers.ChoiceField(choices=DisabilityKind.choices),
        required=False,
        max_length=len(DisabilityKind),
        help_text="障害の種類です。",
    )
    medical_care = serializers.BooleanField(required=False, help_text="医療的ケアが必要です。")
    wheelchair = serializers.BooleanField(required=False, help_text="車いすを使います。")
    municipality = PublicIdField(
        lambda user: Organization.objects.filter(kind=OrganizationKind.MUNICIPALITY),
        help_text="援護の実施市町村です。上限はこの市町村のものを使います。",
    )
    certificate_number = CertificateNumber(
        max_length=20, required=False, allow_blank=True, help_text="受給者証番号。10桁の数字です。"
    )

    def validate_birth_date(self, date: Any) -> Any:
        if date and date > clock.today():
            raise serializers.ValidationError("生年月日が今日よりあとになっています。")
        return date

    def validate_disability_kinds(self, kinds: list[str]) -> list[str]:
        return [kind for kind in DisabilityKind.values if kind in kinds]

    def validate_municipality(self, municipality: Organization) -> Organization:
        """Coordinators enter their own municipality's people; what a person has may stay."""
        known: Organization | None = self.context.get("known")
        choices = forms.municipalities_for(self.context["organization"])
        if municipality != known and not choices.filter(pk=municipality.pk).exists():
            self.fields["municipality"].fail("does_not_exist")
        return municipality


class PeopleFilter(django_filters.FilterSet):
    q = django_filters.CharFilter(
        method="by_name",
        max_length=forms.LONGEST_SEARCH,
        help_text="名前、ふりがな、呼び名の一部です。かなの種類や全角・半角は問いません。",
    )
    residence = django_filters.ChoiceFilter(choices=Residence.choices)
    support_level = django_filters.TypedChoiceFilter(choices=SupportLevel.choices, coerce=int)
    wheelchair = django_filters.BooleanFilter()
    medical_care = django_filters.BooleanFilter()

    class Meta:
        model = Person
        fields = ("q", "residence", "support_level", "wheelchair", "medical_care")

    def by_name(self, people: QuerySet[Person], name: str, words: str) -> QuerySet[Person]:
        key = search_key(words)
        return people.filter(search_key__contains=key) if key else people


class People(Collection):
    """The list is of the organization for which the caller works; a single person of anywhere the caller works."""

    area = "PEOPLE"
    tag = "本人"
    queryset = Person.objects.none()
    serializer_class = PersonShown
    filterset_class = PeopleFilter
    orderings = {
        "kana": ("family_kana", "given_kana", "pk"),
        "-kana": ("-family_kana", "-given_kana", "-pk"),
        "created_at": ("created_at", "pk"),
        "-created_at": ("-created_at", "-pk"),
    }

    def get_queryset(self) -> QuerySet[Person]:
        if self.action != "list":
            return Person.objects.visible_to(self.user).select_related("municipality")
        if not self.organization:
            return Person.objects.none()
        return Person.objects.supported_by(self.organization).select_related("municipality")

    @extend_schema(summary="本人の一覧（いまの組織が支援する人）")
    def list(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        return super().list(request, *args, **kwargs)

    @extend_schema(summary="本人を1人見る")
    def retrieve(self, request: Request, *args: Any, **kwargs: Any) -> Any:
        return super().retrieve(request, *args, **kwargs)

    @extend_schema(summary="本人を登録する", request=PersonSent, responses={201: PersonShown})
    def create(self, request: Request) -> Response:
        organization = self.organization
        if not organization or not self.user.has_perm("programs.register_person", organization):
            raise PermissionDenied
        sent = self.sent(PersonSent, organization=organization)
        return self.created(self.act(services.register, organization=organization, **sent))

    @extend_schema(summary="本人の情報を直す（送った項目だけ）", request=PersonSent, responses=PersonShown)
    def partial_update(self, request: Request, id: Any = None) -> Response:
        person = self.get_object()
        self.may("programs.change_person", person)
        organization = self.organization or person.municipality
        sent = self.sent(PersonSent, partial=True, organization=organization, known=person.municipality)
        return self.answer(self.act(services.update, of=person, person=person, **sent))


def _cleaned(field: Any, value: str) -> Any:
    """What a field of the screens makes of it; its refusal in the shape of the API."""
    try:
        return field.clean(value)
    except DjangoValidationError as error:
        raise serializers.ValidationError(error.messages, code=error.code or "invalid") from error
