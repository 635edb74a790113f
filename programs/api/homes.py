"""What homes say of themselves: their pages, their guides, their photos."""

from typing import Any

import django_filters
from django.db.models import Exists, OuterRef, Prefetch, QuerySet
from django.http import HttpResponse
from django.urls import reverse
from drf_spectacular.utils import (
    OpenApiExample,
    extend_schema,
    extend_schema_field,
    extend_schema_serializer,
)
from rest_framework import serializers, status
from rest_framework.decorators import action
from rest_framework.exceptions import NotFound
from rest_framework.parsers import MultiPartParser
from rest_framework.request import Request
from rest_framework.response import Response

from programs.api.errors import called
from programs.api.pictures import PHOTO, AsItComes, PictureSent, gives_jpeg
from programs.enums import HomePhotoKind, HomeType, RoomUse
from programs.forms.homes import GUIDE_FIELDS
from programs.models import Home, HomeGuide, HomePhoto, Room, Session
from programs.queries import home_page
from programs.services import home_guides
from programs.views.homes import KEPT
from programs.views.photos import picture
from transition import clock
from transition.api.fields import LineField, MomentField, PublicIdField, TextField
from transition.api.serializers import Sent, Shown
from transition.api.viewsets import Collection, Resource, Shows
from transition.domain.text import search_key
from transition.models import Membership, Person, User


class GuideShown(serializers.ModelSerializer[HomeGuide]):
    night_contact = serializers.SerializerMethodField(
        help_text="夜の連絡先です。ホームの職員と、体験が確定した人の支援者のほかには、空です。"
    )
    changed_at = MomentField(read_only=True)

    class Meta:
        model = HomeGuide
        fields = (*GUIDE_FIELDS, "changed_at")
        read_only_fields = fields

    def get_night_contact(self, guide: HomeGuide) -> str:
        return guide.night_contact if self.context["knows_nights"] else ""


class HomePhotoShown(Shown[HomePhoto]):
    home = PublicIdField()
    room = PublicIdField()
    large = serializers.SerializerMethodField(help_text="大きい写真のアドレスです。")
    small = serializers.SerializerMethodField(help_text="小さい写真のアドレスです。")

    class Meta:
        model = HomePhoto
        fields = ("id", "home", "kind", "room", "caption", "width", "height", "large", "small", "at")

    def get_large(self, photo: HomePhoto) -> str:
        return reverse("api:home-photo-large", args=[photo.public_id])

    def get_small(self, photo: HomePhoto) -> str:
        return reverse("api:home-photo-small", args=[photo.public_id])


class HomeShown(Shown[Home]):
    organization = PublicIdField()
    organization_name = serializers.CharField(source="organization.name", read_only=True)
    office_address = serializers.CharField(source="organization.address", read_only=True, help_text="事業所の住所。")
    office_phone = serializers.CharField(source="organization.phone", read_only=True, help_text="事業所の電話番号。")
    guide = serializers.SerializerMethodField(help_text="ホームの案内です。まだなければ null です。")
    photos = HomePhotoShown(many=True, read_only=True)
    is_own = serializers.BooleanField(read_only=True, help_text="自分が職員のホームか。")

    class Meta:
        model = Home
        fields = (
            "id",
            "organization",
            "organization_name",
            "name",
            "branch",
            "home_type",
            "area",
            "postal_code",
            "address",
            "phone",
            "office_address",
            "office_phone",
            "capacity",
            "designated_on",
            "guide",
            "photos",
            "is_own",
        )

    @extend_schema_field(GuideShown(allow_null=True))
    def get_guide(self, home: Home) -> Any:
        guide = home_page.guide_of(home)
        if guide is None:
            return None
        knows = home.is_own or home.hosts_mine  # type: ignore[attr-defined]
        return GuideShown(guide, context={"knows_nights": knows}).data


@extend_schema_serializer(
    examples=[
        OpenApiExample(
            "案内の一部を直す",
            {"day": "7:00 朝ごはん\n18:00 夕ごはん\n21:30 消灯", "rules": "門限は21時です。"},
            request_only=True,
        )
    ]
)
class GuideSent(Sent):
    easy_name = LineField(
        max_length=30,
        required=False,
        allow_blank=True,
        help_text="本人の画面に出る名前（例: 東《ひがし》の家《いえ》）。",
    )
    introduction = TextField(max_length=1000, required=False, allow_blank=True, help_text="どんなホームか。")
    day = TextField(max_length=1000, required=False, allow_blank=True, help_text="1日の流れ。1行に1つです。")
    bring = TextField(max_length=1000, required=False, allow_blank=True, help_text="持ってくるもの。1行に1つです。")
    provided = TextField(max_length=1000, required=False, allow_blank=True, help_text="ホームにあるもの。1行に1つ。")
    rules = TextField(max_length=1000, required=False, allow_blank=True, help_text="きまり。門限、たばこ、お酒など。")
    access = TextField(max_length=1000, required=False, allow_blank=True, help_text="行きかた・送迎。")
    night_contact = LineField(
        max_length=60,
        required=False,
        allow_blank=True,
        help_text="夜の連絡先。体験が確定した人の支援者だけに見えます。",
    )


class HomePhotoSent(PictureSent):
    """A file and what it shows."""

    kind = serializers.ChoiceField(choices=HomePhotoKind.choices, default=HomePhotoKind.HOUSE)
    caption = LineField(max_length=40, help_text="何が写っているか。目の見えない人には、この説明が読まれます。")
    room = PublicIdField(
        lambda user: Room.objects.run_by(user).filter(use=RoomUse.TRIAL),
        required=False,
        help_text="このホームの、体験に使える居室。居室の写真のときだけです。",
    )


class HomeFilter(django_filters.FilterSet):
    area = django_filters.CharFilter(max_length=40, help_text="市区町村です（例: 架空市）。")
    home_type = django_filters.ChoiceFilter(choices=HomeType.choices, help_text="類型です。")
    mine = django_filters.BooleanFilter(field_name="is_own", help_text="true なら、自分が職員のホームだけです。")
    q = django_filters.CharFilter(max_length=60, method="worded", help_text="名称か住所に入っていることばです。")

    class Meta:
        model = Home
        fields = ("area", "home_type", "mine", "q")

    def worded(self, found: QuerySet[Home], name: str, value: str) -> QuerySet[Home]:
        return found.filter(search_key__contains=search_key(value))


def homes_for(user: User) -> QuerySet[Home]:
    """Every home, for whoever works anywhere; with what the caller may know of each."""
    mine = Membership.objects.current().filter(user=user, organization=OuterRef("organization"))
    guests = Session.objects.filter(
        room__home=OuterRef("pk"),
        state__in=home_page.NIGHT_STATES,
        check_out__gte=clock.today(),
        person__in=Person.objects.visible_to(user).values("pk"),
    )
    photos = Prefetch("photos", HomePhoto.objects.select_related("home", "room"))
    found = home_page.published_to(user).annotate(is_own=Exists(mine), hosts_mine=Exists(guests))
    return found.select_related("organization", "guide").prefetch_related(photos)


class Homes(Collection):
    """Those of everybody; changed by their own staff."""

    area = "HOMES"
    tag = "ホーム"
    queryset = Home.objects.none()
    serializer_class = HomeShown
    filterset_class = HomeFilter
    orderings = {"id": ("pk",), "name": ("name", "pk")}

    def get_queryset(self) -> QuerySet[Home]:
        return homes_for(self.user)

    @extend_schema(summary="ホームの一覧")
    def list(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        return super().list(request, *args, **kwargs)

    @extend_schema(summary="ホームを1つ見る")
    def retrieve(self, request: Request, *args: Any, **kwargs: Any) -> Any:
        return super().retrieve(request, *args, **kwargs)

    @extend_schema(summary="ホームの案内を直す", request=GuideSent, responses={200: HomeShown})
    @action(detail=True, methods=["patch"])
    def guide(self, request: Request, id: Any = None) -> Response:
        home = self._own()
        sent = self.sent(GuideSent)
        self.act(home_guides.write, of=home, home=home, **sent)
        return self.answer(home)

    @extend_schema(
        summary="ホームの写真を1枚入れる",
        request={"multipart/form-data": HomePhotoSent},
        responses={201: HomePhotoShown},
        tags=["ホームの写真"],
    )
    @action(detail=True, methods=["post"], parser_classes=[MultiPartParser])
    def photos(self, request: Request, id: Any = None) -> Response:
        home = self._own()
        sent = self.sent(HomePhotoSent)
        with called(**PHOTO):
            photo = self.act(home_guides.add_photo, of=home, home=home, data=sent.pop("photo"), **sent)
        return Response(HomePhotoShown(photo).data, status=status.HTTP_201_CREATED)

    def _own(self) -> Home:
        """As on the screens, a home of others is found but not for changing."""
        home: Home = self.get_object()
        if not home.is_own:  # type: ignore[attr-defined]
            raise NotFound
        self.may("programs.manage_home", home)
        return home


class HomePhotos(Shows, Resource):
    """One photo; all of a home's stand in the home."""

    area = "HOMES"
    tag = "ホームの写真"
    queryset = HomePhoto.objects.none()
    serializer_class = HomePhotoShown

    def get_queryset(self) -> QuerySet[HomePhoto]:
        found = home_page.photos_seen_by(self.user)
        if self.action == "destroy":
            found = found.filter(home__in=Home.objects.run_by(self.user))
        return found.select_related("home", "room")

    @extend_schema(summary="ホームの写真の説明を見る")
    def retrieve(self, request: Request, *args: Any, **kwargs: Any) -> Any:
        return super().retrieve(request, *args, **kwargs)

    @extend_schema(summary="ホームの写真を消す", request=None, responses={204: None})
    def destroy(self, request: Request, id: Any = None) -> Response:
        photo = self.get_object()
        self.may("programs.manage_home", photo.home)
        self.act(home_guides.remove_photo, of=photo, photo=photo)
        return Response(status=status.HTTP_204_NO_CONTENT)

    @gives_jpeg("ホームの大きい写真")
    @action(detail=True, content_negotiation_class=AsItComes)
    def large(self, request: Request, id: Any = None) -> HttpResponse:
        return _jpeg(self.get_object().large)

    @gives_jpeg("ホームの小さい写真")
    @action(detail=True, content_negotiation_class=AsItComes)
    def small(self, request: Request, id: Any = None) -> HttpResponse:
        return _jpeg(self.get_object().small)


def _jpeg(name: str) -> HttpResponse:
    response = picture(name)
    response.headers["Cache-Control"] = KEPT
    return response
