"""顔写真 of those who go along: put in and taken out by themselves, seen by colleagues."""

from typing import Any

from django.db.models import QuerySet
from django.http import HttpResponse
from django.urls import reverse
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import extend_schema, extend_schema_field
from rest_framework import serializers
from rest_framework.decorators import action
from rest_framework.exceptions import NotFound
from rest_framework.parsers import MultiPartParser
from rest_framework.request import Request
from rest_framework.response import Response

from programs.api.errors import called
from programs.api.pictures import MULTIPART, PHOTO, AsItComes, PictureSent, gives_jpeg
from programs.models import Portrait
from programs.queries import portraits as queries
from programs.services import portraits as services
from programs.views.photos import picture
from transition.api.serializers import Shown
from transition.api.viewsets import Resource, Shows


class PortraitShown(Shown[Portrait]):
    large = serializers.SerializerMethodField(help_text="大きい写真のアドレスです。")
    small = serializers.SerializerMethodField(help_text="小さい写真のアドレスです。")

    class Meta:
        model = Portrait
        fields = ("id", "width", "height", "large", "small", "at")

    @extend_schema_field(OpenApiTypes.STR)
    def get_large(self, portrait: Portrait) -> str:
        return reverse("api:portrait-large", args=[portrait.public_id])

    @extend_schema_field(OpenApiTypes.STR)
    def get_small(self, portrait: Portrait) -> str:
        return reverse("api:portrait-small", args=[portrait.public_id])


class OwnPortrait(Shows, Resource):
    area = "OFFICE"
    tag = "顔写真"
    queryset = Portrait.objects.none()
    serializer_class = PortraitShown
    parser_classes = (MultiPartParser,)

    def get_queryset(self) -> QuerySet[Portrait]:
        return Portrait.objects.filter(user=self.user)

    def get_object(self) -> Portrait:
        if (portrait := self.get_queryset().first()) is None:
            raise NotFound
        return portrait

    @extend_schema(summary="自分の顔写真を見る（大きさとアドレス）")
    def retrieve(self, request: Request, *args: Any, **kwargs: Any) -> Any:
        return super().retrieve(request, *args, **kwargs)

    @extend_schema(summary="自分の顔写真を入れる・かえる", request=MULTIPART, responses=PortraitShown)
    def update(self, request: Request) -> Response:
        with called(**PHOTO):
            portrait = self.act(services.put, data=self.sent(PictureSent)["photo"])
        return self.answer(portrait)

    @extend_schema(summary="自分の顔写真を消す", request=None, responses={204: None})
    def destroy(self, request: Request) -> Response:
        self.act(services.remove)
        return Response(status=204)


class Portraits(Resource):
    """One's own and those of colleagues, as pictures."""

    area = "OFFICE"
    tag = "顔写真"
    queryset = Portrait.objects.none()
    serializer_class = PortraitShown

    @gives_jpeg("大きい顔写真")
    @action(detail=True, content_negotiation_class=AsItComes)
    def large(self, request: Request, id: Any = None) -> HttpResponse:
        return picture(self._seen(id).large)

    @gives_jpeg("小さい顔写真")
    @action(detail=True, content_negotiation_class=AsItComes)
    def small(self, request: Request, id: Any = None) -> HttpResponse:
        return picture(self._seen(id).small)

    def _seen(self, public_id: Any) -> Portrait:
        if (portrait := queries.for_user(self.user, public_id)) is None:
            raise NotFound
        return portrait
