"""Where one works, and the municipalities that can be chosen for a person."""

from typing import Any

import django_filters
from django.db.models import Exists, OuterRef, QuerySet
from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from transition.api.fields import PublicIdField
from transition.api.serializers import Shown
from transition.api.viewsets import Collection
from transition.domain.text import search_key
from transition.enums import OrganizationKind
from transition.models import Membership, Organization, User


def findable_by(user: User) -> QuerySet[Organization]:
    """One's own organizations, and for everybody who works somewhere the municipalities, whose names are public."""
    works = Membership.objects.current().filter(user=user)
    municipalities = Organization.objects.filter(Exists(works), kind=OrganizationKind.MUNICIPALITY)
    return Organization.objects.of(user) | municipalities


def municipalities_found_by(user: User) -> QuerySet[Organization]:
    return findable_by(user).filter(kind=OrganizationKind.MUNICIPALITY)


class OrganizationShown(Shown[Organization]):
    municipality = PublicIdField()
    is_own = serializers.BooleanField(read_only=True, help_text="自分が所属しているか。")

    class Meta:
        model = Organization
        fields = (
            "id",
            "kind",
            "name",
            "corporation_name",
            "office_number",
            "municipality_number",
            "municipality",
            "postal_code",
            "address",
            "phone",
            "is_own",
        )


class OrganizationFilter(django_filters.FilterSet):
    kind = django_filters.ChoiceFilter(choices=OrganizationKind.choices, help_text="種類です。")
    mine = django_filters.BooleanFilter(field_name="is_own", help_text="true なら、自分が所属している組織だけです。")
    q = django_filters.CharFilter(max_length=60, method="named", help_text="名称に入っていることばです。")

    class Meta:
        model = Organization
        fields = ("kind", "mine", "q")

    def named(self, found: QuerySet[Organization], name: str, value: str) -> QuerySet[Organization]:
        return found.filter(search_key__contains=search_key(value))


class Organizations(Collection):
    area = "OFFICE"
    tag = "組織"
    queryset = Organization.objects.none()
    serializer_class = OrganizationShown
    filterset_class = OrganizationFilter
    orderings = {"id": ("pk",), "name": ("name", "pk")}

    def get_queryset(self) -> QuerySet[Organization]:
        mine = Membership.objects.current().filter(user=self.user, organization=OuterRef("pk"))
        return findable_by(self.user).annotate(is_own=Exists(mine)).select_related("municipality")

    @extend_schema(summary="自分の組織と、えらべる市町村の一覧")
    def list(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        return super().list(request, *args, **kwargs)

    @extend_schema(summary="組織を1つ見る")
    def retrieve(self, request: Request, *args: Any, **kwargs: Any) -> Any:
        return super().retrieve(request, *args, **kwargs)
