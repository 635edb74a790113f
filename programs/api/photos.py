"""Photos of a session. Every look asks again whether the person agrees today."""

from typing import Any

from django.db.models import QuerySet
from django.http import HttpResponse
from django.shortcuts import get_object_or_404
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
from programs.api.of_session import OfSession, knows_person
from programs.api.pictures import MULTIPART, PHOTO, AsItComes, PictureSent, gives_jpeg
from programs.models import Photo
from programs.services import photos as services
from programs.views.photos import picture
from transition.api.fields import PublicIdField
from transition.api.serializers import Shown
from transition.api.viewsets import Lists, Shows


class PhotoShown(Shown[Photo]):
    session = PublicIdField()
    large = serializers.SerializerMethodField(help_text="大きい写真のアドレスです。")
    small = serializers.SerializerMethodField(help_text="小さい写真のアドレスです。")

    class Meta:
        model = Photo
        fields = ("id", "session", "width", "height", "large", "small", "at")

    @extend_schema_field(OpenApiTypes.STR)
    def get_large(self, photo: Photo) -> str:
        return reverse("api:session-photo-large", args=[photo.session.public_id, photo.public_id])

    @extend_schema_field(OpenApiTypes.STR)
    def get_small(self, photo: Photo) -> str:
        return reverse("api:session-photo-small", args=[photo.session.public_id, photo.public_id])


class Photos(Lists, Shows, OfSession):
    """Nothing is here once the person no longer agrees."""

    tag = "写真"
    queryset = Photo.objects.none()
    serializer_class = PhotoShown
    parser_classes = (MultiPartParser,)

    def get_queryset(self) -> QuerySet[Photo]:
        session = self.recorded()
        agreed: bool = session.agrees_to_photos  # type: ignore[attr-defined]
        rows = Photo.objects.filter(session=session) if agreed else Photo.objects.none()
        return rows.select_related("session")

    @extend_schema(summary="体験の写真の一覧")
    def list(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        return super().list(request, *args, **kwargs)

    @extend_schema(summary="写真を1枚見る（大きさとアドレス）")
    def retrieve(self, request: Request, *args: Any, **kwargs: Any) -> Any:
        return super().retrieve(request, *args, **kwargs)

    @extend_schema(summary="写真を1枚入れる", request=MULTIPART, responses={201: PhotoShown})
    def create(self, request: Request, **kwargs: Any) -> Response:
        session = self.recorded()
        data = self.sent(PictureSent)["photo"]
        with called(**PHOTO):
            photo = self.act(services.add, session=session, data=data)
        return self.created(photo)

    @extend_schema(summary="写真を1枚消す", request=None, responses={204: None})
    def destroy(self, request: Request, id: Any = None, **kwargs: Any) -> Response:
        photo = self.get_object()
        self.act(services.remove, of=photo, photo=photo)
        return Response(status=204)

    @gives_jpeg("大きい写真")
    @action(detail=True, content_negotiation_class=AsItComes)
    def large(self, request: Request, id: Any = None, **kwargs: Any) -> HttpResponse:
        return picture(self._shown_today(id).large)

    @gives_jpeg("小さい写真")
    @action(detail=True, content_negotiation_class=AsItComes)
    def small(self, request: Request, id: Any = None, **kwargs: Any) -> HttpResponse:
        return picture(self._shown_today(id).small)

    def _shown_today(self, public_id: Any) -> Photo:
        """Missing, foreign, no longer agreed to: all the same 404."""
        session = get_object_or_404(self.sessions())
        if not knows_person(session) or not session.agrees_to_photos:  # type: ignore[attr-defined]
            raise NotFound
        return get_object_or_404(Photo, session=session, public_id=public_id)
