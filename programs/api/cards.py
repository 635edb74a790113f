"""事前情報シート: today's card, writing it, its old versions, and what the home of a stay may see of it."""

from typing import Any

from django.core.exceptions import ValidationError as DjangoValidationError
from django.db import models
from django.db.models import QuerySet
from django.http import Http404
from django.shortcuts import get_object_or_404
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiExample, OpenApiParameter, extend_schema, extend_schema_serializer
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from programs.api.of_person import OfPerson
from programs.enums import SessionKind
from programs.queries import cards as queries
from programs.queries.session_page import for_reader
from transition import clock
from transition.api.fields import LineField, MomentField
from transition.api.serializers import Sent
from transition.api.viewsets import Collection, Resource, Shows
from transition.domain import card
from transition.models import Person, PersonCard
from transition.services import cards as services
from transition.services.transactions import PreconditionFailed

# No card has more; a column holds no more.
MOST_VERSIONS = 2**31 - 1
# A letter may carry marks that nobody counts.
_CODE_POINTS_A_LETTER = 4


class CardContactShown(serializers.Serializer[Any]):
    name = serializers.CharField()
    relation = serializers.CharField()
    phone = serializers.CharField()
    hours = serializers.CharField()


class CardShown(serializers.Serializer[Any]):
    """One version. Version 0 with nothing in it: nobody has written a card yet."""

    version = serializers.IntegerField(help_text="版。0は、まだだれも書いていません。")
    newest = serializers.IntegerField(help_text="いまの版。")
    content = serializers.DictField(
        child=serializers.CharField(), help_text="項目の名前と文。書いていない項目は入っていません。"
    )
    contacts = CardContactShown(many=True, help_text="シートに載せる連絡先。どの版でも、いまのものです。")
    by = serializers.CharField(allow_blank=True, help_text="書いた人の名前です。")
    at = MomentField(allow_null=True, help_text="書いた日時です。")

    def to_representation(self, row: PersonCard) -> dict[str, Any]:
        return super().to_representation(shown(row, self.context["newest"], row.person))


class CardVersionShown(serializers.Serializer[Any]):
    version = serializers.IntegerField()
    by = serializers.CharField(source="by.name")
    at = MomentField()


def _content_serializer() -> type[Sent]:
    lines = {
        field.code: LineField(
            max_length=field.limit * _CODE_POINTS_A_LETTER,
            required=False,
            allow_blank=True,
            help_text=f"{field.label}。{field.limit}文字まで。",
        )
        for field in card.FIELDS
    }
    return type("CardContentSent", (Sent,), lines)


@extend_schema_serializer(
    examples=[
        OpenApiExample(
            "はじめの版",
            {"based_on": 0, "content": {"voice": "よるは ろうかの でんきを つけて ください。", "allergy": "たまご"}},
        )
    ]
)
class CardSent(Sent):
    based_on = serializers.IntegerField(
        min_value=0, max_value=MOST_VERSIONS, help_text="書く前に読んだ版。まだなければ0です。"
    )
    content = _content_serializer()(help_text="シートの全部。送らない項目は、空になります。")


class CurrentCard(Shows, OfPerson):
    """The person's one card; each writing makes a version."""

    tag = "事前情報シート"
    queryset = PersonCard.objects.none()
    serializer_class = CardShown

    def get_object(self) -> PersonCard:
        return queries.latest(self.person) or PersonCard(person=self.person, version=0, content={})

    def fresh(self, row: models.Model) -> PersonCard:
        return self.get_object()

    def get_serializer_context(self) -> dict[str, Any]:
        latest = None if getattr(self, "swagger_fake_view", False) else queries.latest(self.person)
        return {**super().get_serializer_context(), "newest": latest.version if latest else 0}

    @extend_schema(summary="事前情報シートを見る")
    def retrieve(self, request: Request, *args: Any, **kwargs: Any) -> Any:
        return super().retrieve(request, *args, **kwargs)

    @extend_schema(
        summary="事前情報シートを書く（次の版になる）",
        description="内容が同じなら、版は増えません。書くあいだにほかの人が新しい版を保存していたら 412 です。",
        request=CardSent,
        responses=CardShown,
    )
    def update(self, request: Request, person: Any = None) -> Response:
        known = self.get_object()
        self.may("programs.change_person", self.person)
        sent = self.sent(CardSent)
        try:
            written = self.act(services.save, of=known, person=self.person, **sent)
        except DjangoValidationError as error:
            if getattr(error, "code", "") == services.OUTDATED:
                raise PreconditionFailed from error
            if hasattr(error, "error_dict"):
                raise serializers.ValidationError({"content": error.message_dict}) from error
            raise
        return self.answer(written)


class CardVersions(Collection, OfPerson):
    """All versions, without what is in them; one version with it."""

    tag = "事前情報シート"
    queryset = PersonCard.objects.none()
    serializer_class = CardShown
    lookup_field = "version"
    lookup_url_kwarg = "version"
    lookup_value_converter = "int"
    orderings = {"-version": ("-version",), "version": ("version",)}

    def get_queryset(self) -> QuerySet[PersonCard]:
        found = PersonCard.objects.filter(person=self.person).select_related("by")
        return found.defer("content") if self.action == "list" else found.select_related("person")

    def get_serializer_class(self) -> Any:
        return CardVersionShown if self.action == "list" else CardShown

    def get_object(self) -> PersonCard:
        if self.kwargs["version"] > MOST_VERSIONS:
            raise Http404
        return super().get_object()

    def get_serializer_context(self) -> dict[str, Any]:
        context = dict(super().get_serializer_context())
        if self.action == "list" or getattr(self, "swagger_fake_view", False):
            return context
        latest = queries.latest(self.person)
        return {**context, "newest": latest.version if latest else 0}

    @extend_schema(summary="事前情報シートの版の一覧", responses=CardVersionShown(many=True))
    def list(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        return super().list(request, *args, **kwargs)

    @extend_schema(
        summary="事前情報シートの1つの版を見る",
        parameters=[OpenApiParameter("version", OpenApiTypes.INT32, "path", description="版です。")],
    )
    def retrieve(self, request: Request, *args: Any, **kwargs: Any) -> Any:
        return super().retrieve(request, *args, **kwargs)


class CardPersonShown(serializers.Serializer[Any]):
    name = serializers.CharField()
    kana = serializers.CharField()
    called = serializers.CharField(allow_blank=True)


class SessionCardShown(CardShown):
    """The latest card as the home of one stay reads it."""

    person = CardPersonShown()
    keep_until = serializers.DateField(help_text="この日までに返すか、処分してください。")

    def to_representation(self, sheet: queries.Sheet) -> dict[str, Any]:  # type: ignore[override]
        values = shown(sheet.card, sheet.newest, sheet.person) | {"keep_until": sheet.keep_until}
        return serializers.Serializer.to_representation(self, values | {"person": sheet.person})


class SessionCards(Resource):
    """For the home of the stay, asked anew at each look; to whoever supports the person, what the home would see."""

    area = "PEOPLE"
    tag = "事前情報シート"
    queryset = PersonCard.objects.none()
    serializer_class = SessionCardShown

    @extend_schema(
        summary="お泊まりのホームが見る事前情報シート",
        description="ホームの人が見ると、監査記録に残ります。確定していて、本人の同意があるあいだだけ見られます。",
    )
    def retrieve(self, request: Request, session: Any = None) -> Response:
        stay = get_object_or_404(for_reader(self.user).filter(kind=SessionKind.STAY), public_id=session)
        today = clock.today()
        door = queries.door(stay, today)
        as_home = not stay.sees_person
        if as_home and not (door and door.is_open):
            raise Http404
        sheet = queries.session_sheet(stay, today)
        if sheet is None:
            raise Http404
        if as_home:
            services.viewed(card=sheet.card, session_id=stay.pk, by=self.user)
        return Response(self.get_serializer(sheet).data)


def shown(row: PersonCard, newest: int, person: Person) -> dict[str, Any]:
    return {
        "version": row.version,
        "newest": newest,
        "content": row.content,
        "contacts": queries.contacts_on(person),
        "by": row.by.name if row.version else "",
        "at": row.at if row.version else None,
    }
