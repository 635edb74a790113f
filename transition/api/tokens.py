from typing import Any

from django.db.models import QuerySet
from drf_spectacular.utils import OpenApiExample, extend_schema, extend_schema_serializer
from rest_framework import serializers
from rest_framework.decorators import action
from rest_framework.exceptions import PermissionDenied
from rest_framework.request import Request
from rest_framework.response import Response

from transition.api.fields import DayField, PublicIdField
from transition.api.serializers import Sent, Shown
from transition.api.viewsets import Collection
from transition.enums import TokenScope
from transition.models import ApiToken, Organization
from transition.services import api_tokens


class TokenShown(Shown[ApiToken]):
    organization = PublicIdField()
    token = serializers.CharField(
        read_only=True, help_text="発行した答えのときだけ入っています。あとからは見られません。"
    )
    scopes = serializers.ListField(child=serializers.ChoiceField(choices=TokenScope.choices), read_only=True)

    class Meta:
        model = ApiToken
        fields = (
            "id",
            "label",
            "organization",
            "scopes",
            "token",
            "created_at",
            "expires_on",
            "last_used_at",
            "revoked_at",
        )


@extend_schema_serializer(
    examples=[
        OpenApiExample(
            "体験枠を公開する", {"label": "町の予約ソフト", "scopes": ["HOMES_WRITE"], "expires_on": "2027-03-31"}
        )
    ]
)
class TokenSent(Sent):
    label = serializers.CharField(max_length=60, help_text="何に使うか。")  # type: ignore[assignment]
    scopes = serializers.ListField(
        child=serializers.ChoiceField(choices=TokenScope.choices), min_length=1, max_length=20
    )
    expires_on = DayField(required=False, help_text="最後の日。書かなければ365日後です。")
    organization = PublicIdField(
        Organization.objects.of, required=False, help_text="どの所属で使うか。書かなければいまの所属です。"
    )


class Tokens(Collection):
    """One's own tokens."""

    area = "OFFICE"
    # The secret is shown once and stored nowhere, not even as an answer.
    forgotten_actions = ("create",)
    queryset = ApiToken.objects.none()
    tag = "アクセストークン"
    serializer_class = TokenShown

    def get_queryset(self) -> QuerySet[ApiToken]:
        return ApiToken.objects.visible_to(self.user).select_related("organization")

    @extend_schema(summary="自分のトークンの一覧")
    def list(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        return super().list(request, *args, **kwargs)

    @extend_schema(summary="トークンを1つ見る")
    def retrieve(self, request: Request, *args: Any, **kwargs: Any) -> Any:
        return super().retrieve(request, *args, **kwargs)

    @extend_schema(summary="トークンを発行する", request=TokenSent, responses={201: TokenShown})
    def create(self, request: Request) -> Response:
        sent = self.sent(TokenSent)
        if isinstance(request.auth, ApiToken) and not set(sent["scopes"]) <= set(request.auth.scopes):
            raise PermissionDenied("トークンは、自分より多くのことができるトークンを発行できません。")
        organization = sent.pop("organization", None) or self.organization
        token = self.act(api_tokens.issue, organization=organization, **sent)
        return self.created(token, token=token.token)

    @extend_schema(summary="トークンを止める", request=None)
    @action(detail=True, methods=["post"])
    def revoke(self, request: Request, id: Any = None) -> Response:
        token = self.get_object()
        return self.answer(self.act(api_tokens.revoke, of=token, token=token))
