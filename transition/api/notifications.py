"""お知らせ: one's own inbox, and how one wants to hear of each kind of thing."""

from typing import Any

import django_filters
from django.db.models import QuerySet
from django.http import Http404
from drf_spectacular.utils import OpenApiExample, extend_schema, extend_schema_serializer
from rest_framework import serializers
from rest_framework.decorators import action
from rest_framework.request import Request
from rest_framework.response import Response

from transition import clock
from transition.api.fields import PublicIdField
from transition.api.serializers import Sent, Shown
from transition.api.viewsets import Collection, Resource
from transition.enums import Delivery, NotificationKind, TokenScope
from transition.models import ApiToken, Notification
from transition.notifications import Notice, Told
from transition.queries import inbox as queries
from transition.services import inbox

NAMING_SCOPES = {TokenScope.PEOPLE_READ, TokenScope.PEOPLE_WRITE}


class NotificationShown(Shown[Notification]):
    """The words are empty when the reason has gone away meanwhile."""

    organization = PublicIdField()
    person = PublicIdField()
    title = serializers.SerializerMethodField(help_text="短い文。だれの名前も入っていません。")
    summary = serializers.SerializerMethodField(help_text="説明。だれの名前も入っていません。")
    detail = serializers.SerializerMethodField(
        help_text="くわしいこと。本人の名前が入ることがあるので、本人の情報を見られるトークンにだけ返します。"
    )
    url = serializers.SerializerMethodField(help_text="すること・見ることのできる画面です。")
    action = serializers.SerializerMethodField(help_text="その画面ですることの名前です。")

    class Meta:
        model = Notification
        fields = (
            "id",
            "kind",
            "organization",
            "person",
            "title",
            "summary",
            "detail",
            "url",
            "action",
            "due_at",
            "read_at",
            "state",
        )

    def get_title(self, notification: Notification) -> str:
        told = self._told(notification)
        return told.subject if told else ""

    def get_summary(self, notification: Notification) -> str:
        told = self._told(notification)
        return told.summary if told else ""

    def get_detail(self, notification: Notification) -> str:
        told = self._told(notification)
        return told.detail if told and self.context["names"] else ""

    def get_url(self, notification: Notification) -> str:
        told = self._told(notification)
        return self.context["request"].build_absolute_uri(told.url) if told else ""

    def get_action(self, notification: Notification) -> str:
        told = self._told(notification)
        return told.action if told else ""

    def _told(self, notification: Notification) -> Told | None:
        """Asked for a whole page at once; for a single row here."""
        known: dict[int, Told | None] = self.context["told"]
        if notification.pk not in known:
            known.update({row.notification.pk: row.told for row in queries.rows([notification])})
        return known[notification.pk]


class NotificationFilter(django_filters.FilterSet):
    unread = django_filters.BooleanFilter(method="by_reading", help_text="true は、まだ読んでいないものだけです。")
    kind = django_filters.ChoiceFilter(choices=NotificationKind.choices)

    class Meta:
        model = Notification
        fields = ("unread", "kind")

    def by_reading(self, found: QuerySet[Notification], name: str, unread: bool) -> QuerySet[Notification]:
        return found.filter(read_at__isnull=unread)


class UnreadShown(serializers.Serializer[Any]):
    unread = serializers.IntegerField(help_text="まだ読んでいない数です。")


class Notifications(Collection):
    """What stands in the caller's own inbox."""

    area = "OFFICE"
    tag = "お知らせ"
    queryset = Notification.objects.none()
    serializer_class = NotificationShown
    filterset_class = NotificationFilter
    orderings = {"-due_at": ("-due_at", "-pk"), "due_at": ("due_at", "pk")}

    def get_queryset(self) -> QuerySet[Notification]:
        mine = Notification.objects.visible_to(self.user).shown(clock.now())
        return mine.select_related("organization", "person", "bundle")

    def paginate_queryset(self, queryset: Any) -> Any:
        page = super().paginate_queryset(queryset) or []
        self._told = {row.notification.pk: row.told for row in queries.rows(page)}
        return page

    def get_serializer_context(self) -> dict[str, Any]:
        token = self.request.auth if self.request else None
        names = not isinstance(token, ApiToken) or not NAMING_SCOPES.isdisjoint(token.scopes)
        return {**super().get_serializer_context(), "told": getattr(self, "_told", {}), "names": names}

    @extend_schema(summary="自分へのお知らせの一覧")
    def list(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        return super().list(request, *args, **kwargs)

    @extend_schema(summary="お知らせを1つ見る")
    def retrieve(self, request: Request, *args: Any, **kwargs: Any) -> Any:
        return super().retrieve(request, *args, **kwargs)

    @extend_schema(summary="お知らせを読んだことにする", request=None, responses=NotificationShown)
    @action(detail=True, methods=["post"])
    def read(self, request: Request, id: Any = None) -> Response:
        notification = self.get_object()
        return self.answer(self.act(inbox.mark_read, of=notification, notification=notification))

    @extend_schema(summary="すべてのお知らせを読んだことにする", request=None, responses=UnreadShown)
    @action(detail=False, methods=["post"], url_path="read-all")
    def read_all(self, request: Request) -> Response:
        self.act(inbox.mark_all_read)
        return self._count()

    @extend_schema(summary="まだ読んでいないお知らせの数", responses=UnreadShown, filters=False)
    @action(detail=False, methods=["get"], pagination_class=None, filterset_class=None)
    def unread(self, request: Request) -> Response:
        return self._count()

    def _count(self) -> Response:
        return Response({"unread": queries.unread_count(self.user, clock.now())})


class ChoiceShown(serializers.Serializer[Any]):
    kind = serializers.ChoiceField(choices=NotificationKind.choices)
    group = serializers.CharField(help_text="画面での見出しです。")
    delivery = serializers.ChoiceField(choices=Delivery.choices, help_text="いまの受け取り方です。")
    default = serializers.ChoiceField(choices=Delivery.choices, help_text="選ばなかったときの受け取り方です。")
    may_be_off = serializers.BooleanField(help_text="「受け取らない」を選べるかどうか。")


class ChoicesShown(serializers.Serializer[Any]):
    choices = ChoiceShown(many=True)


@extend_schema_serializer(examples=[OpenApiExample("まとめで受け取る", {"delivery": "DIGEST"})])
class DeliverySent(Sent):
    delivery = serializers.ChoiceField(choices=Delivery.choices, help_text="受け取り方です。")


@extend_schema_serializer(
    examples=[OpenApiExample("2つ選ぶ", {"choices": {"REQUEST_ARRIVED": "MAIL", "OUTING_TOMORROW": "IN_APP"}})]
)
class ChoicesSent(Sent):
    choices = serializers.DictField(
        child=serializers.ChoiceField(choices=Delivery.choices), help_text="お知らせの種類と、その受け取り方です。"
    )

    def validate_choices(self, choices: dict[str, str]) -> dict[str, str]:
        if unknown := sorted(set(choices) - set(NotificationKind.values)):
            raise serializers.ValidationError(f"{'、'.join(unknown)[:100]} という種類はありません。")
        return choices


class NotificationChoices(Resource):
    """Of the kinds that somebody is told of who works where the caller works."""

    area = "OFFICE"
    tag = "お知らせの受け取り方"
    serializer_class = ChoicesShown
    queryset = Notification.objects.none()

    @extend_schema(summary="お知らせの受け取り方を見る", responses=ChoicesShown)
    def retrieve(self, request: Request) -> Response:
        return self._choices()

    @extend_schema(summary="お知らせの受け取り方を選ぶ（送った種類だけ）", request=ChoicesSent, responses=ChoicesShown)
    def update(self, request: Request) -> Response:
        sent = self.sent(ChoicesSent)
        mine = {notice.kind for _, notice in self._notices()}
        if foreign := sorted(set(sent["choices"]) - mine):
            raise serializers.ValidationError({f"choices.{foreign[0]}": ["この種類のお知らせは選べません。"]})
        self.act(inbox.choose_several, deliveries=sent["choices"])
        return self._choices()

    @extend_schema(
        operation_id="notification_choices_choose",
        summary="1種類のお知らせの受け取り方を選ぶ",
        request=DeliverySent,
        responses=ChoicesShown,
    )
    def choose(self, request: Request, kind: str = "") -> Response:
        if kind not in {notice.kind for _, notice in self._notices()}:
            raise Http404
        self.act(inbox.choose, kind=kind, **self.sent(DeliverySent))
        return self._choices()

    def _notices(self) -> list[tuple[str, Notice]]:
        kinds = self.user.memberships.current().values_list("organization__kind", flat=True)
        return [(title, notice) for title, notices in queries.notices_by_group(self.user, kinds) for notice in notices]

    def _choices(self) -> Response:
        chosen = dict(self.user.notification_choices.values_list("kind", "delivery"))
        rows = [
            {
                "kind": notice.kind,
                "group": title,
                "delivery": chosen.get(notice.kind, notice.default),
                "default": notice.default,
                "may_be_off": notice.may_be_off,
            }
            for title, notice in self._notices()
        ]
        return Response(ChoicesShown({"choices": rows}).data)
