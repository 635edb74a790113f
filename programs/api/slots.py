"""体験枠: published by homes, found by everybody who works anywhere."""

import datetime as dt
from dataclasses import fields
from functools import cached_property
from typing import Any, cast

from django.db.models import Exists, OuterRef, Prefetch, Q, QuerySet
from drf_spectacular.utils import OpenApiExample, extend_schema, extend_schema_field, extend_schema_serializer
from rest_framework import serializers, status
from rest_framework.decorators import action
from rest_framework.exceptions import NotFound
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.utils.urls import remove_query_param, replace_query_param

from programs.api.programs import may_read_people
from programs.api.slot_search import FitShown, SlotsAsked, number_of, open_slots, slots_for
from programs.domain.spans import nights
from programs.enums import RoomUse, SexPolicy
from programs.forms.slots import DEAREST, MOST_NIGHTS, NOTE_LENGTH
from programs.models import Room, RoomNight, Slot
from programs.queries.found import freshness
from programs.services import slots
from programs.services.slots import DAYS_A_WEEK, MAX_AHEAD_DAYS, Offer, Pattern
from transition import clock
from transition.api.fields import DayField, PublicIdField, TextField, TimeOfDayField
from transition.api.pagination import ByCursor
from transition.api.serializers import Sent, Shown
from transition.api.viewsets import Collection
from transition.domain.wareki import WEEKDAYS
from transition.enums import DisabilityKind, SupportLevel
from transition.models import Membership

ROOM = "3d2b8c14-6f5e-4b7a-8c9d-1e2f3a4b5c6d"
OFFER = {
    "min_nights": 1,
    "max_nights": 3,
    "check_in_time": "15:00",
    "check_out_time": "10:00",
    "price_rent": 1200,
    "price_food": 1100,
    "price_utilities": 300,
    "price_supplies": 100,
    "sex": "ANY",
    "level_min": 3,
    "wheelchair": True,
    "note": "1階の部屋です。夜は職員が1人います。",
}
FOUND = {
    "id": "5f0c2d1e-8a4b-4c3d-9e2f-7a6b5c4d3e2f",
    "room": ROOM,
    "room_name": "2階の南",
    "home": "7f3c9a52-5a3e-4d1c-9d0c-0c1f5a9e0b11",
    "home_name": "架空ホーム ひだまり",
    "area": "架空市",
    "starts_on": "2026-12-01",
    "ends_on": "2026-12-15",
    **OFFER,
    "check_in_time": "15:00",
    "check_out_time": "10:00",
    "price_per_day": 2700,
    "level_max": None,
    "disability_kinds": [],
    "medical_care": False,
    "published_at": "2026-11-20T09:30:00+09:00",
    "confirmed_at": "2026-11-20T09:30:00+09:00",
    "freshness": "2日前に確認",
    "is_unconfirmed": False,
    "withdrawn_at": None,
    "series": None,
    "free_nights": ["2026-12-01", "2026-12-02", "2026-12-05"],
    "fit": None,
}


class SlotShown(Shown[Slot]):
    room = PublicIdField()
    room_name = serializers.CharField(source="room.name", read_only=True)
    home = serializers.UUIDField(source="room.home.public_id", read_only=True)
    home_name = serializers.CharField(source="room.home.name", read_only=True)
    area = serializers.CharField(source="room.home.area", read_only=True, help_text="市区町村です。")
    price_per_day = serializers.IntegerField(read_only=True, help_text="1日の費用の合計（円）です。")
    level_min = serializers.ChoiceField(choices=SupportLevel.choices, read_only=True, allow_null=True)
    level_max = serializers.ChoiceField(choices=SupportLevel.choices, read_only=True, allow_null=True)
    disability_kinds = serializers.ListField(
        child=serializers.ChoiceField(choices=DisabilityKind.choices), read_only=True, help_text="空なら条件なし。"
    )
    freshness = serializers.SerializerMethodField(help_text="空いていると最後に確かめたのは、いつか。")
    is_unconfirmed = serializers.SerializerMethodField(help_text="30日以上確かめていないか。")
    free_nights = serializers.SerializerMethodField(help_text="さがした期間（なければ今日から）の、空いている夜です。")
    fit = serializers.SerializerMethodField(help_text="person をつけてさがしたとき: その本人に合うか。")

    class Meta:
        model = Slot
        fields = (
            "id",
            "room",
            "room_name",
            "home",
            "home_name",
            "area",
            "starts_on",
            "ends_on",
            "min_nights",
            "max_nights",
            "check_in_time",
            "check_out_time",
            "price_rent",
            "price_food",
            "price_utilities",
            "price_supplies",
            "price_per_day",
            "sex",
            "level_min",
            "level_max",
            "disability_kinds",
            "medical_care",
            "wheelchair",
            "note",
            "published_at",
            "confirmed_at",
            "freshness",
            "is_unconfirmed",
            "withdrawn_at",
            "series",
            "free_nights",
            "fit",
        )

    def get_freshness(self, slot: Slot) -> str:
        return freshness(slot.confirmed_at, clock.now())

    def get_is_unconfirmed(self, slot: Slot) -> bool:
        return slot.is_unconfirmed(clock.now())

    def get_free_nights(self, slot: Slot) -> list[dt.date]:
        if slot.withdrawn_at is not None or slot.room.use != RoomUse.TRIAL:
            return []
        first, last = self.context["view"].window
        taken = {night.date for night in slot.room.nights_taken}  # type: ignore[attr-defined]
        return [date for date in nights(max(first, slot.starts_on), min(last, slot.ends_on)) if date not in taken]

    @extend_schema_field(FitShown(allow_null=True))
    def get_fit(self, slot: Slot) -> Any:
        found = self.context["view"].fits.get(slot.public_id)
        return FitShown(found).data if found else None


class OfferSent(Sent):
    """Whom and what a slot is for; what is left out is as the screens begin."""

    room = PublicIdField(
        lambda user: Room.objects.run_by(user).select_related("home"), help_text="自分のホームの居室の公開IDです。"
    )
    min_nights = serializers.IntegerField(
        min_value=1, max_value=MOST_NIGHTS, default=Offer().min_nights, help_text="最短の泊数です。"
    )
    max_nights = serializers.IntegerField(
        min_value=1, max_value=MOST_NIGHTS, default=Offer().max_nights, help_text="最長の泊数です。"
    )
    check_in_time = TimeOfDayField(default=Offer().check_in_time, help_text="チェックインの時刻です。")
    check_out_time = TimeOfDayField(default=Offer().check_out_time, help_text="チェックアウトの時刻です。")
    price_rent = serializers.IntegerField(min_value=0, max_value=DEAREST, default=0, help_text="1日の家賃（円）です。")
    price_food = serializers.IntegerField(min_value=0, max_value=DEAREST, default=0, help_text="1日の食費（円）です。")
    price_utilities = serializers.IntegerField(
        min_value=0, max_value=DEAREST, default=0, help_text="1日の光熱水費（円）です。"
    )
    price_supplies = serializers.IntegerField(
        min_value=0, max_value=DEAREST, default=0, help_text="1日の日用品費（円）です。"
    )
    sex = serializers.ChoiceField(choices=SexPolicy.choices, default=SexPolicy.ANY)
    level_min = serializers.ChoiceField(
        choices=SupportLevel.choices,
        allow_null=True,
        default=None,
        help_text="障害支援区分の下限です。null なら条件なし。",
    )
    level_max = serializers.ChoiceField(
        choices=SupportLevel.choices,
        allow_null=True,
        default=None,
        help_text="障害支援区分の上限です。null なら条件なし。",
    )
    disability_kinds = serializers.ListField(
        child=serializers.ChoiceField(choices=DisabilityKind.choices),
        max_length=len(DisabilityKind),
        default=list,
        help_text="対象の障害種別です。空なら条件なし。",
    )
    medical_care = serializers.BooleanField(default=False, help_text="医療的ケアに対応できるか。")
    wheelchair = serializers.BooleanField(default=False, help_text="車いすで使えるか。")
    note = TextField(max_length=NOTE_LENGTH, allow_blank=True, default="", help_text="さがす人に見えます。")


@extend_schema_serializer(
    examples=[
        OpenApiExample(
            "2週間、1泊から3泊で公開する",
            {"room": ROOM, "starts_on": "2026-12-01", "ends_on": "2026-12-15", **OFFER},
            request_only=True,
        )
    ]
)
class SlotSent(OfferSent):
    starts_on = DayField(help_text="最初の夜です。")
    ends_on = DayField(help_text="最後の朝です。この日の夜は泊まれません。")


@extend_schema_serializer(
    examples=[
        OpenApiExample(
            "毎週金曜から2泊で、3か月公開する",
            {
                "room": ROOM,
                "weekday": 4,
                "nights": 2,
                "first_on": "2026-12-01",
                "last_on": "2027-02-28",
                **OFFER,
            },
            request_only=True,
        )
    ]
)
class SlotPatternSent(OfferSent):
    weekday = serializers.ChoiceField(
        choices=[(number, f"{name}曜日") for number, name in enumerate(WEEKDAYS)], help_text="チェックインの曜日です。"
    )
    nights = serializers.IntegerField(min_value=1, max_value=DAYS_A_WEEK, help_text="泊数です。1から7まで。")
    first_on = DayField(help_text="この日よりあとの曜日から始まります。")
    last_on = DayField(help_text="最後のチェックインが、この日までになります。")


class PublishedShown(serializers.Serializer[Any]):
    slots = SlotShown(many=True, help_text="公開した枠です。")
    already_offered = serializers.ListField(
        child=DayField(), help_text="もう公開されていたので作らなかった枠の、最初の夜です。"
    )


class ByNight(ByCursor):
    def get_ordering(self, request: Any, queryset: Any, view: Any) -> tuple[str, ...]:
        return ("starts_on", "pk")


class Slots(Collection):
    """Open ones for everybody who works anywhere; one's own whatever became of them."""

    area = "HOMES"
    tag = "体験枠"
    queryset = Slot.objects.none()
    serializer_class = SlotShown
    pagination_class = ByNight

    def get_queryset(self) -> QuerySet[Slot]:
        works = Membership.objects.current().filter(user=self.user)
        own = Membership.objects.current().filter(user=self.user, organization=OuterRef("room__home__organization"))
        first, last = self.window
        taken = RoomNight.objects.filter(date__gte=first, date__lt=last).only("date", "room_id")
        return (
            Slot.objects.annotate(is_own=Exists(own))
            .filter(Q(withdrawn_at=None) & Exists(works) | Q(is_own=True))
            .select_related("room__home")
            .prefetch_related(Prefetch("room__occupied_nights", taken, to_attr="nights_taken"))
        )

    @cached_property
    def asked(self) -> dict[str, Any]:
        """What the address of a search says."""
        form = SlotsAsked(data=self.request.query_params, context=self.get_serializer_context())
        form.is_valid(raise_exception=True)
        return dict(form.validated_data)

    @cached_property
    def fits(self) -> dict[Any, dict[str, Any]]:
        """What a search for a person found, by slot; nothing in all other cases."""
        return {}

    @property
    def window(self) -> tuple[dt.date, dt.date]:
        """Within which nights are called free: from today on, as far as was asked."""
        today = clock.today()
        if self.action != "list":
            return today, today + dt.timedelta(days=MAX_AHEAD_DAYS)
        return max(self.asked["from"], today), self.asked["to"]

    @extend_schema(
        summary="体験枠をさがす",
        parameters=[SlotsAsked],
        examples=[OpenApiExample("1泊できる枠", FOUND, response_only=True)],
    )
    def list(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        asked = self.asked
        if not asked["mine"]:
            return self._search(asked)
        return super().list(request, *args, **kwargs)

    def filter_queryset(self, queryset: Any) -> Any:
        """Of a list of one's own."""
        if self.action != "list":
            return queryset
        own = queryset.run_by(self.user)
        if "from" in self.request.query_params or "to" in self.request.query_params:
            own = own.overlapping(self.asked["from"], self.asked["to"])
        return own.filter(room__home=self.asked["home"]) if "home" in self.asked else own

    @extend_schema(summary="体験枠を1つ見る")
    def retrieve(self, request: Request, *args: Any, **kwargs: Any) -> Any:
        return super().retrieve(request, *args, **kwargs)

    @extend_schema(summary="体験枠を公開する", request=SlotSent, responses={201: SlotShown})
    def create(self, request: Request) -> Response:
        sent = self.sent(SlotSent)
        self.may("programs.publish_slot", sent["room"])
        dates = {name: sent[name] for name in ("room", "starts_on", "ends_on")}
        return self.created(self.act(slots.publish, offer=_offer(sent), **dates))

    @extend_schema(summary="毎週くり返して公開する", request=SlotPatternSent, responses={201: PublishedShown})
    @action(detail=False, methods=["post"], url_path="pattern")
    def publish_pattern(self, request: Request) -> Response:
        sent = self.sent(SlotPatternSent)
        self.may("programs.publish_slot", sent["room"])
        pattern = Pattern(sent["weekday"], sent["nights"], sent["first_on"], sent["last_on"])
        made = self.act(slots.publish_pattern, room=sent["room"], pattern=pattern, offer=_offer(sent))
        rows = self.get_queryset().filter(pk__in=[slot.pk for slot in made.slots]).order_by("starts_on", "pk")
        content = {"slots": rows, "already_offered": made.already_offered}
        shown = PublishedShown(content, context=self.get_serializer_context()).data
        return Response(shown, status=status.HTTP_201_CREATED)

    @extend_schema(summary="体験枠を取り下げる", request=None, responses={200: SlotShown})
    @action(detail=True, methods=["post"])
    def withdraw(self, request: Request, id: Any = None) -> Response:
        slot = self._own()
        return self.answer(self.act(slots.withdraw, of=slot, slot=slot))

    @extend_schema(summary="まだ空いていると伝える", request=None, responses={200: SlotShown})
    @action(detail=True, methods=["post"], url_path="confirm-free")
    def confirm_free(self, request: Request, id: Any = None) -> Response:
        slot = self._own()
        return self.answer(self.act(slots.confirm_free, of=slot, slot=slot))

    def _own(self) -> Slot:
        """As on the screens, a slot of others is found but not for changing."""
        slot: Slot = self.get_object()
        if not slot.is_own:  # type: ignore[attr-defined]
            raise NotFound
        self.may("programs.manage_slot", slot)
        return slot

    def _search(self, asked: dict[str, Any]) -> Response:
        """A page in the order of the search, which no column of the database holds."""
        cursor = self.request.query_params.get("cursor", "")
        number = number_of(cursor) if cursor else 1
        size = cast(ByNight, self.paginator).get_page_size(self.request) or ByNight.page_size
        if "person" in asked:
            may_read_people(self.request)
            page = slots_for(asked["person"], asked, number, size)
        else:
            page = open_slots(asked, number, size)
        self.fits = page.found
        rows = {slot.public_id: slot for slot in self.get_queryset().filter(public_id__in=page.ids)}
        shown = [rows[public_id] for public_id in page.ids if public_id in rows]
        results = [self.cut(row) for row in self.get_serializer(shown, many=True).data]
        return Response({"next": self._link(page.following), "previous": self._link(page.previous), "results": results})

    def _link(self, mark: str | None) -> str | None:
        url = remove_query_param(self.request.build_absolute_uri(), "cursor")
        return replace_query_param(url, "cursor", mark) if mark else None


def _offer(sent: dict[str, Any]) -> Offer:
    return Offer(**{item.name: sent[item.name] for item in fields(Offer)})
