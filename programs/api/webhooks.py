"""Webhooks through the API: the same acts as on the screens, for those who may manage them; and what they send."""

from typing import Any, cast

from django.db.models import QuerySet
from drf_spectacular.utils import OpenApiExample, OpenApiWebhook, extend_schema, extend_schema_serializer
from rest_framework import serializers, status
from rest_framework.decorators import action
from rest_framework.exceptions import PermissionDenied
from rest_framework.request import Request
from rest_framework.response import Response

from programs.enums import CHOSEN_EVENTS, DeliveryProblem, DeliveryState, SessionKind, SessionState, WebhookEvent
from programs.models import Webhook, WebhookDelivery
from programs.services import deliveries, webhooks
from transition.api.fields import DayField, MomentField, PublicIdField
from transition.api.pagination import ByCursor
from transition.api.serializers import Sent, Shown
from transition.api.viewsets import Collection

EVENTS = [(event.value, event.label) for event in CHOSEN_EVENTS]
EXAMPLE = {"label": "市のホームページ", "url": "https://hook.example.jp/taiken", "events": ["SLOT_PUBLISHED"]}


class WebhookShown(Shown[Webhook]):
    organization = PublicIdField()
    events = serializers.ListField(child=serializers.ChoiceField(choices=EVENTS), read_only=True)
    secret = serializers.CharField(
        read_only=True, help_text="署名の鍵。登録した答えと作り直した答えのときだけ入っています。"
    )

    class Meta:
        model = Webhook
        fields = (
            "id",
            "label",
            "organization",
            "url",
            "events",
            "secret",
            "created_at",
            "failures",
            "last_delivered_at",
            "disabled_at",
        )


class DeliveryShown(Shown[WebhookDelivery]):
    event = serializers.ChoiceField(choices=WebhookEvent.choices, read_only=True)
    state = serializers.ChoiceField(choices=DeliveryState.choices, read_only=True)
    failure = serializers.ChoiceField(choices=[("", "なし"), *DeliveryProblem.choices], read_only=True)
    payload = serializers.JSONField(read_only=True, help_text="送る本文です。")

    class Meta:
        model = WebhookDelivery
        fields = (
            "id",
            "event",
            "state",
            "tries",
            "status",
            "failure",
            "due_at",
            "delivered_at",
            "created_at",
            "payload",
        )


@extend_schema_serializer(examples=[OpenApiExample("公開された体験枠を受け取る", EXAMPLE)])
class WebhookSent(Sent):
    label = serializers.CharField(max_length=60, help_text="名前。")  # type: ignore[assignment]
    url = serializers.CharField(max_length=500, help_text="https:// で始まる、公開されたアドレス。")
    events = serializers.ListField(
        child=serializers.ChoiceField(choices=EVENTS), min_length=1, max_length=len(EVENTS), help_text="知らせること。"
    )


@extend_schema_serializer(examples=[OpenApiExample("知らせることを変える", {"events": ["SESSION_CHANGED"]})])
class WebhookChangeSent(WebhookSent):
    """Whatever is left out stays."""


class Webhooks(Collection):
    """Those of the organization for which the caller works."""

    area = "OFFICE"
    # The secret is shown once and stored nowhere, not even as an answer.
    forgotten_actions = ("create", "renew_secret")
    queryset = Webhook.objects.none()
    tag = "ウェブフック"
    serializer_class = WebhookShown

    def get_queryset(self) -> QuerySet[Webhook]:
        kept = Webhook.objects.kept_by(self.user).select_related("organization")
        return kept.filter(organization=self.organization) if self.action == "list" else kept

    def get_object(self) -> Webhook:
        """404 for a stranger, 403 for whoever works there and does not manage."""
        webhook: Webhook = super().get_object()
        self.may("programs.manage_webhooks", webhook.organization)
        return webhook

    @extend_schema(summary="組織のウェブフックの一覧")
    def list(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        self._manage()
        return super().list(request, *args, **kwargs)

    @extend_schema(summary="ウェブフックを1つ見る")
    def retrieve(self, request: Request, *args: Any, **kwargs: Any) -> Any:
        return super().retrieve(request, *args, **kwargs)

    @extend_schema(summary="ウェブフックを登録する", request=WebhookSent, responses={201: WebhookShown})
    def create(self, request: Request) -> Response:
        self._manage()
        webhook = self.act(webhooks.add, organization=self.organization, **self.sent(WebhookSent))
        return self.created(webhook, secret=webhook.secret)

    @extend_schema(summary="ウェブフックの内容を変える", request=WebhookChangeSent, responses={200: WebhookShown})
    def partial_update(self, request: Request, id: Any = None) -> Response:
        webhook = self.get_object()
        sent = self.sent(WebhookChangeSent, partial=True)
        return self.answer(self.act(webhooks.change, of=webhook, webhook=webhook, **sent))

    @extend_schema(summary="ウェブフックを外す", request=None, responses={204: None})
    def destroy(self, request: Request, id: Any = None) -> Response:
        webhook = self.get_object()
        self.act(webhooks.remove, of=webhook, webhook=webhook)
        return Response(status=status.HTTP_204_NO_CONTENT)

    @extend_schema(summary="署名の鍵を作り直す", request=None, responses={200: WebhookShown})
    @action(detail=True, methods=["post"], url_path="renew-secret")
    def renew_secret(self, request: Request, id: Any = None) -> Response:
        webhook = self.get_object()
        renewed = self.act(webhooks.renew_secret, of=webhook, webhook=webhook)
        return self.answer(renewed, secret=renewed.secret)

    @extend_schema(summary="止まったウェブフックを、また使う", request=None, responses={200: WebhookShown})
    @action(detail=True, methods=["post"])
    def enable(self, request: Request, id: Any = None) -> Response:
        webhook = self.get_object()
        return self.answer(self.act(webhooks.enable, of=webhook, webhook=webhook))

    @extend_schema(summary="テストを送る", request=None, responses={201: DeliveryShown})
    @action(detail=True, methods=["post"])
    def test(self, request: Request, id: Any = None) -> Response:
        """The answer says whether it has arrived."""
        webhook = self.get_object()
        delivery = self.act(deliveries.send_test, of=webhook, webhook=webhook)
        return Response(self.cut(self._delivered(delivery)), status=status.HTTP_201_CREATED)

    @extend_schema(summary="ウェブフックの送信の一覧（新しい順）", responses={200: DeliveryShown(many=True)})
    @action(detail=True)
    def deliveries(self, request: Request, id: Any = None) -> Response:
        webhook = self.get_object()
        cast(ByCursor, self.paginator).ordering = "-pk"
        page = self.paginate_queryset(WebhookDelivery.objects.filter(webhook=webhook))
        return self.get_paginated_response([self.cut(self._delivered(row)) for row in page or []])

    def _manage(self) -> None:
        if not self.organization:
            raise PermissionDenied
        self.may("programs.manage_webhooks", self.organization)

    def _delivered(self, delivery: WebhookDelivery) -> dict[str, Any]:
        return dict(DeliveryShown(delivery, context=self.get_serializer_context()).data)


class TestToldSerializer(serializers.Serializer[Any]):
    """What every call has in its body."""

    event = serializers.ChoiceField(choices=WebhookEvent.choices, help_text="何が起きたか。")
    changed_at = MomentField(help_text="起きた日時。")


class ToldSessionSerializer(serializers.Serializer[Any]):
    id = serializers.UUIDField(help_text="体験の公開ID。くわしいことは /sessions/{id}/ で読みます。")
    kind = serializers.ChoiceField(choices=SessionKind.choices)
    state = serializers.ChoiceField(choices=SessionState.choices)
    starts_at = MomentField()
    ends_at = MomentField()
    check_in = DayField(allow_null=True)
    check_out = DayField(allow_null=True)
    home = serializers.UUIDField(allow_null=True)
    room = serializers.UUIDField(allow_null=True)
    slot = serializers.UUIDField(allow_null=True)


class SessionToldSerializer(TestToldSerializer):
    session = ToldSessionSerializer()


class ToldSlotSerializer(serializers.Serializer[Any]):
    id = serializers.UUIDField(help_text="体験枠の公開ID。くわしいことは /slots/{id}/ で読みます。")
    home = serializers.UUIDField()
    room = serializers.UUIDField()
    starts_on = DayField(help_text="最初の夜。")
    ends_on = DayField(help_text="最後の朝。")
    min_nights = serializers.IntegerField()
    max_nights = serializers.IntegerField()


class SlotsToldSerializer(TestToldSerializer):
    slots = ToldSlotSerializer(many=True, help_text="いっしょに公開された体験枠。")


def _told(name: str, serializer: type[serializers.Serializer[Any]], summary: str) -> OpenApiWebhook:
    said = (
        "署名は Standard Webhooks の形です（Webhook-Id・Webhook-Timestamp・Webhook-Signature）。"
        "2xx を返すと届いたことになります。使い方は docs/api/webhooks.md にあります。"
    )
    received = {200: None}
    return OpenApiWebhook(
        name,
        extend_schema(summary=summary, description=said, request=serializer, responses=received, tags=[Webhooks.tag]),
    )


session_changed = _told("SESSION_CHANGED", SessionToldSerializer, "体験が変わったとき")
slot_published = _told("SLOT_PUBLISHED", SlotsToldSerializer, "体験枠が公開されたとき")
test = _told("TEST", TestToldSerializer, "テスト")
