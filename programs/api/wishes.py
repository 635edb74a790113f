"""The wish book of a person: its pages, and what was said to each."""

from typing import Any, ClassVar

from django.db.models import OuterRef, QuerySet, Subquery
from django.http import HttpResponse
from django.urls import reverse
from django_filters import rest_framework as filters
from drf_spectacular.utils import OpenApiExample, extend_schema, extend_schema_field, extend_schema_serializer
from rest_framework import serializers
from rest_framework.decorators import action
from rest_framework.exceptions import ErrorDetail, NotFound, PermissionDenied
from rest_framework.parsers import MultiPartParser
from rest_framework.request import Request
from rest_framework.response import Response

from programs.api.enrollments import unknown
from programs.api.errors import called
from programs.api.of_person import OfPerson
from programs.api.pictures import MULTIPART, PHOTO, AsItComes, PictureSent, gives_jpeg
from programs.queries import wishes as queries
from programs.services import wish_photos
from programs.views.photos import picture
from transition.api.fields import LineField, PublicIdField
from transition.api.serializers import Sent, Shown
from transition.api.viewsets import Lists, Shows
from transition.enums import Expression, WishChoice
from transition.models import Wish, WishItem
from transition.services import wishes as services
from transition.services.wishes import Answer


class WishPageShown(Shown[WishItem]):
    organization = PublicIdField(allow_null=True, help_text="その組織だけのページなら、組織のIDです。")
    choice = serializers.ChoiceField(
        choices=WishChoice.choices, allow_null=True, read_only=True, help_text="いまの答え。まだなら null です。"
    )
    photo = serializers.SerializerMethodField(help_text="絵のかわりの写真のアドレス。なければ null です。")

    class Meta:
        model = WishItem
        fields = ("id", "code", "name", "drawing", "photo", "organization", "choice")

    @extend_schema_field({"type": ["string", "null"]})
    def get_photo(self, item: WishItem) -> str | None:
        person_id = self.context["view"].kwargs["person"]
        return reverse("api:wish-page-photo", args=[person_id, item.public_id]) if item.photo else None


class WishShown(Shown[Wish]):
    page = PublicIdField(source="item")
    code = serializers.SlugField(source="item.code", read_only=True)
    name = serializers.CharField(source="item.name", read_only=True)
    by = serializers.CharField(
        source="by.name", default=None, allow_null=True, read_only=True, help_text="null は、本人が自分で答えたこと。"
    )

    class Meta:
        model = Wish
        fields = ("page", "code", "name", "choice", "expression", "inferred", "basis", "present", "by", "at")


@extend_schema_serializer(
    examples=[
        OpenApiExample(
            "写真をじっと見た",
            {
                "page": "3fa85f64-5717-4562-b3fc-2c963f66afa6",
                "choice": "WANT",
                "expression": "GESTURE",
                "inferred": True,
                "basis": "写真をじっと見て、手をのばした",
            },
        )
    ]
)
class WishSent(Sent):
    page = serializers.UUIDField(help_text="本人のページのIDです。")
    choice = serializers.ChoiceField(choices=WishChoice.choices, help_text="答えです。")
    expression = serializers.ChoiceField(
        choices=Expression.choices, default=Expression.WORD, help_text="どうやって表したか。"
    )
    inferred = serializers.BooleanField(default=False, help_text="支援者が読み取ったなら true です。")
    basis = LineField(max_length=200, default="", allow_blank=True, help_text="何から読み取ったか。")
    present = LineField(max_length=200, default="", allow_blank=True, help_text="いっしょにいた人。")

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        if attrs["inferred"] and not attrs["basis"]:
            said = "読み取ったときは、何から読み取ったかを書いてください。"
            raise serializers.ValidationError({"basis": [ErrorDetail(said, "required")]})
        return attrs


class WishPages(Lists, Shows, OfPerson):
    """The general pages, an office's own page in place of the general one of the same code."""

    tag = "やってみたいこと"
    queryset = WishItem.objects.none()
    serializer_class = WishPageShown
    orderings: ClassVar = {"order": ("order", "pk")}

    def get_queryset(self) -> QuerySet[WishItem]:
        person = self.person
        said = Wish.objects.filter(person=person, item__code=OuterRef("code")).order_by("-at", "-pk")
        pages = WishItem.objects.filter(pk__in=[item.pk for item in queries.pages_for(person)])
        return pages.annotate(choice=Subquery(said.values("choice")[:1])).select_related("organization")

    @extend_schema(summary="本人のやってみたいことのページの一覧")
    def list(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        return super().list(request, *args, **kwargs)

    @extend_schema(summary="やってみたいことのページを1つ見る")
    def retrieve(self, request: Request, *args: Any, **kwargs: Any) -> Any:
        return super().retrieve(request, *args, **kwargs)

    @gives_jpeg("ページの写真")
    @action(detail=True, content_negotiation_class=AsItComes, parser_classes=(MultiPartParser,))
    def photo(self, request: Request, id: Any = None, **kwargs: Any) -> HttpResponse:
        item = self.get_object()
        if not item.photo:
            raise NotFound
        return picture(str(item.photo.name))

    @extend_schema(
        summary="絵のかわりに、ほんとうの場所や物の写真を入れる", request=MULTIPART, responses={201: WishPageShown}
    )
    @photo.mapping.post
    def show(self, request: Request, id: Any = None, **kwargs: Any) -> Response:
        """On the page of the office for which the caller works, if the person's book holds its pages."""
        item, person = self.get_object(), self.person
        self.may("programs.change_person", person)
        offices = person.support_links.filter(ends_on=None).values("organization")
        if not self.organization or not offices.filter(organization=self.organization).exists():
            raise PermissionDenied
        data = self.sent(PictureSent)["photo"]
        with called(**PHOTO):
            own = self.act(wish_photos.show, item=item, data=data, organization=self.organization)
        return self.created(own)


class WishFilter(filters.FilterSet):
    code = filters.CharFilter(field_name="item__code", max_length=40, help_text="ページのコード")
    choice = filters.ChoiceFilter(choices=WishChoice.choices, help_text="答え")

    class Meta:
        model = Wish
        fields: ClassVar[list[str]] = []


class Wishes(Lists, OfPerson):
    """Every answer is kept; the latest to a page holds."""

    tag = "やってみたいこと"
    queryset = Wish.objects.none()
    serializer_class = WishShown
    filterset_class = WishFilter
    orderings: ClassVar = {"-at": ("-at", "-pk"), "at": ("at", "pk")}

    def get_queryset(self) -> QuerySet[Wish]:
        return Wish.objects.filter(person=self.person).select_related("item", "by")

    @extend_schema(summary="本人の答えの一覧（ページごとに、いちばん新しいものが、いまの答えです）")
    def list(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        return super().list(request, *args, **kwargs)

    @extend_schema(summary="本人の答えを書く", request=WishSent, responses={201: WishShown})
    def create(self, request: Request, **kwargs: Any) -> Response:
        person = self.person
        self.may("programs.change_person", person)
        sent = self.sent(WishSent)
        page = sent.pop("page")
        item = next((item for item in queries.pages_for(person) if item.public_id == page), None)
        if item is None:
            raise unknown("page")
        return self.created(self.act(services.answer, person=person, item=item, answer=Answer(**sent)))
