"""A home's own rooms, and the nights in which somebody or something occupies them."""

import datetime as dt
from typing import Any

import django_filters
from django.db.models import QuerySet
from drf_spectacular.utils import OpenApiExample, extend_schema, extend_schema_serializer
from rest_framework import serializers
from rest_framework.decorators import action
from rest_framework.request import Request
from rest_framework.response import Response

from programs.enums import NightUse, RoomUse, SessionState
from programs.models import Home, Room, RoomNight
from programs.services import homes, nights
from transition import clock
from transition.api.fields import DayField, LineField, PublicIdField
from transition.api.serializers import Sent, Shown
from transition.api.viewsets import Collection

LONGEST_WINDOW = 184
USUAL_WINDOW = 14
MOST_NIGHTS = 200
CLOSING = [(use.value, use.label) for use in NightUse if use != NightUse.STAY]


class RoomShown(Shown[Room]):
    home = PublicIdField()
    home_name = serializers.CharField(source="home.name", read_only=True)

    class Meta:
        model = Room
        fields = ("id", "home", "home_name", "name", "use")


@extend_schema_serializer(
    examples=[
        OpenApiExample(
            "体験に使える居室",
            {"home": "7f3c9a52-5a3e-4d1c-9d0c-0c1f5a9e0b11", "name": "2階の南", "use": "TRIAL"},
            request_only=True,
        )
    ]
)
class RoomSent(Sent):
    home = PublicIdField(Home.objects.run_by, help_text="自分のホームの公開IDです。")
    name = LineField(max_length=40, help_text="居室の名前です（例: 101号室）。")
    use = serializers.ChoiceField(choices=RoomUse.choices, default=RoomUse.TRIAL)


@extend_schema_serializer(examples=[OpenApiExample("入居者が決まった", {"use": "RENTED"}, request_only=True)])
class RoomUseSent(Sent):
    use = serializers.ChoiceField(choices=RoomUse.choices)


class NightsSent(Sent):
    nights = serializers.ListField(
        child=DayField(), min_length=1, max_length=MOST_NIGHTS, help_text="夜の日付です。その日の夜から次の朝までです。"
    )


@extend_schema_serializer(
    examples=[
        OpenApiExample(
            "清掃で2泊閉じる", {"nights": ["2026-12-28", "2026-12-29"], "use": "CLEANING"}, request_only=True
        )
    ]
)
class CloseNightsSent(NightsSent):
    use = serializers.ChoiceField(choices=CLOSING, help_text="閉じる理由です。")


@extend_schema_serializer(
    examples=[OpenApiExample("2泊開ける", {"nights": ["2026-12-28", "2026-12-29"]}, request_only=True)]
)
class OpenNightsSent(NightsSent):
    pass


class WindowSent(serializers.Serializer[Any]):
    """?from=&to= of the nights; `to` is the last morning."""

    def get_fields(self) -> dict[str, Any]:
        first = DayField(required=False, help_text="最初の夜です。書かなければ今日です。")
        last = DayField(required=False, help_text=f"最後の朝です。書かなければ{USUAL_WINDOW}日後です。")
        return {"from": first, "to": last}

    def validate(self, sent: dict[str, Any]) -> dict[str, Any]:
        first = sent.get("from") or clock.today()
        last = sent.get("to") or first + dt.timedelta(days=USUAL_WINDOW)
        if not 1 <= (last - first).days <= LONGEST_WINDOW:
            said = f"「to」は「from」より1日から{LONGEST_WINDOW}日あとにしてください。"
            raise serializers.ValidationError({"to": [said]})
        return {"from": first, "to": last}


class NightShown(serializers.ModelSerializer[RoomNight]):
    date = DayField(read_only=True, help_text="夜の日付です。")
    session = serializers.UUIDField(source="session.public_id", default=None, read_only=True, allow_null=True)
    session_state = serializers.ChoiceField(
        source="session.state", choices=SessionState.choices, default=None, read_only=True, allow_null=True
    )

    class Meta:
        model = RoomNight
        fields = ("date", "use", "session", "session_state")
        read_only_fields = fields


class OccupiedShown(serializers.Serializer[Any]):
    nights = NightShown(many=True, read_only=True, help_text="埋まっている夜です。ここにない夜は空いています。")

    def get_fields(self) -> dict[str, Any]:
        return {"from": DayField(read_only=True), "to": DayField(read_only=True), **super().get_fields()}


class RoomFilter(django_filters.FilterSet):
    home = django_filters.UUIDFilter(field_name="home__public_id", help_text="ホームの公開IDです。")
    use = django_filters.ChoiceFilter(choices=RoomUse.choices, help_text="使い方です。")

    class Meta:
        model = Room
        fields = ("home", "use")


class Rooms(Collection):
    area = "HOMES"
    tag = "居室"
    queryset = Room.objects.none()
    serializer_class = RoomShown
    filterset_class = RoomFilter
    orderings = {"id": ("pk",), "name": ("name", "pk")}

    def get_queryset(self) -> QuerySet[Room]:
        return Room.objects.run_by(self.user).select_related("home")

    @extend_schema(summary="自分のホームの居室の一覧")
    def list(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        return super().list(request, *args, **kwargs)

    @extend_schema(summary="居室を1つ見る")
    def retrieve(self, request: Request, *args: Any, **kwargs: Any) -> Any:
        return super().retrieve(request, *args, **kwargs)

    @extend_schema(summary="居室を登録する", request=RoomSent, responses={201: RoomShown})
    def create(self, request: Request) -> Response:
        sent = self.sent(RoomSent)
        self.may("programs.manage_home", sent["home"])
        return self.created(self.act(homes.add_room, **sent))

    @extend_schema(summary="居室の使い方を変える", request=RoomUseSent, responses={200: RoomShown})
    @action(detail=True, methods=["post"], url_path="change-use")
    def change_use(self, request: Request, id: Any = None) -> Response:
        room = self._own()
        sent = self.sent(RoomUseSent)
        return self.answer(self.act(homes.change_room_use, of=room, room=room, **sent))

    @extend_schema(summary="居室の埋まっている夜", parameters=[WindowSent], responses={200: OccupiedShown})
    @action(detail=True)
    def nights(self, request: Request, id: Any = None) -> Response:
        room = self.get_object()
        asked = WindowSent(data=request.query_params)
        asked.is_valid(raise_exception=True)
        window = asked.validated_data
        found = room.occupied_nights.filter(date__gte=window["from"], date__lt=window["to"])
        found = found.select_related("session").order_by("date")
        return Response(OccupiedShown({**window, "nights": found}).data)

    @extend_schema(summary="夜を閉じる", request=CloseNightsSent, responses={200: RoomShown})
    @action(detail=True, methods=["post"], url_path="close-nights")
    def close_nights(self, request: Request, id: Any = None) -> Response:
        room = self._own()
        sent = self.sent(CloseNightsSent)
        self.act(nights.close, of=room, chosen={room.pk: sent["nights"]}, use=NightUse(sent["use"]))
        return self.answer(room)

    @extend_schema(summary="閉じた夜を開ける", request=OpenNightsSent, responses={200: RoomShown})
    @action(detail=True, methods=["post"], url_path="open-nights")
    def open_nights(self, request: Request, id: Any = None) -> Response:
        room = self._own()
        sent = self.sent(OpenNightsSent)
        self.act(nights.reopen, of=room, chosen={room.pk: sent["nights"]})
        return self.answer(room)

    def _own(self) -> Room:
        room: Room = self.get_object()
        self.may("programs.publish_slot", room)
        return room
