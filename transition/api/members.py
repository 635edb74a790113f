"""Who works here, and who is invited: for whoever manages the members of an organization."""

from typing import Any

from django.db.models import QuerySet
from drf_spectacular.utils import OpenApiExample, extend_schema, extend_schema_serializer
from rest_framework import serializers
from rest_framework.decorators import action
from rest_framework.exceptions import PermissionDenied
from rest_framework.request import Request
from rest_framework.response import Response

from transition.api.fields import PublicIdField
from transition.api.serializers import Sent, Shown
from transition.api.viewsets import Collection
from transition.enums import MembershipRole
from transition.models import Invitation, Organization
from transition.rules import managed_by
from transition.services import invitations


class InvitationShown(Shown[Invitation]):
    organization = PublicIdField()

    class Meta:
        model = Invitation
        fields = (
            "id",
            "email",
            "name",
            "organization",
            "role",
            "created_at",
            "expires_at",
            "accepted_at",
            "revoked_at",
        )


@extend_schema_serializer(
    examples=[OpenApiExample("職員を招待する", {"email": "shokuin@example.jp", "name": "架空 花子", "role": "STAFF"})]
)
class InvitationSent(Sent):
    email = serializers.EmailField(max_length=254, help_text="招待のメールを送る先。")
    name = serializers.CharField(max_length=80, help_text="招待する人の名前。")
    role = serializers.ChoiceField(choices=MembershipRole.choices, default=MembershipRole.STAFF)
    organization = PublicIdField(
        Organization.objects.of, required=False, help_text="どの組織に。書かなければいまの所属です。"
    )


class Invitations(Collection):
    """The secret address goes out by mail only: no answer holds it."""

    area = "OFFICE"
    queryset = Invitation.objects.none()
    tag = "招待"
    serializer_class = InvitationShown

    def get_queryset(self) -> QuerySet[Invitation]:
        managed = managed_by(self.user)
        return Invitation.objects.visible_to(self.user).filter(organization__in=managed).select_related("organization")

    @extend_schema(summary="招待の一覧")
    def list(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        return super().list(request, *args, **kwargs)

    @extend_schema(summary="招待を1つ見る")
    def retrieve(self, request: Request, *args: Any, **kwargs: Any) -> Any:
        return super().retrieve(request, *args, **kwargs)

    @extend_schema(summary="招待する", request=InvitationSent, responses={201: InvitationShown})
    def create(self, request: Request) -> Response:
        sent = self.sent(InvitationSent)
        organization = sent.pop("organization", None) or self.organization
        if not organization:
            raise PermissionDenied
        self.may("transition.manage_members", organization)
        return self.created(self.act(invitations.invite, organization=organization, **sent))

    @extend_schema(summary="招待を取り消す", request=None)
    @action(detail=True, methods=["post"])
    def revoke(self, request: Request, id: Any = None) -> Response:
        invitation = self.get_object()
        self.may("transition.manage_members", invitation.organization)
        return self.answer(self.act(invitations.revoke, of=invitation, invitation=invitation))
