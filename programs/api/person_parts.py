"""支給決定, 連絡先, 同意 and 本人用リンク of one person."""

from functools import partial
from typing import Any

from django.db.models import QuerySet
from django.urls import reverse
from drf_spectacular.utils import OpenApiExample, extend_schema, extend_schema_serializer
from rest_framework import serializers
from rest_framework.decorators import action
from rest_framework.request import Request
from rest_framework.response import Response

from programs.api.of_person import OfPerson
from programs.forms.consents import CARD_MONTHS
from transition import clock
from transition.api.fields import DayField, LineField
from transition.api.serializers import Sent, Shown
from transition.api.viewsets import Collection
from transition.domain.months import months_later
from transition.enums import ConsentKind, ConsentMeans, GrantService
from transition.models import Consent, Contact, Grant, PersonLink
from transition.services import consents, contacts, links, people


class GrantShown(Shown[Grant]):
    class Meta:
        model = Grant
        fields = ("id", "service", "starts_on", "ends_on", "days", "created_at")


@extend_schema_serializer(
    examples=[
        OpenApiExample(
            "年50日",
            {"service": "GROUP_HOME_TRIAL", "starts_on": "2026-04-01", "ends_on": "2027-03-31", "days": 50},
        )
    ]
)
class GrantSent(Sent):
    service = serializers.ChoiceField(choices=GrantService.choices, help_text="サービスです。")
    starts_on = DayField(help_text="支給開始日です。")
    ends_on = DayField(help_text="支給終了日です。")
    days = serializers.IntegerField(
        min_value=1,
        max_value=366,
        required=False,
        allow_null=True,
        default=None,
        help_text="受給者証に書いてある日数です。",
    )

    def validate(self, sent: dict[str, Any]) -> dict[str, Any]:
        if sent["ends_on"] < sent["starts_on"]:
            raise serializers.ValidationError({"ends_on": "支給終了日は支給開始日よりあとにしてください。"})
        return sent


class Grants(Collection, OfPerson):
    tag = "支給決定"
    queryset = Grant.objects.none()
    serializer_class = GrantShown

    def get_queryset(self) -> QuerySet[Grant]:
        return Grant.objects.filter(person=self.person)

    @extend_schema(summary="支給決定の一覧")
    def list(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        return super().list(request, *args, **kwargs)

    @extend_schema(summary="支給決定を1つ見る")
    def retrieve(self, request: Request, *args: Any, **kwargs: Any) -> Any:
        return super().retrieve(request, *args, **kwargs)

    @extend_schema(summary="支給決定を登録する", request=GrantSent, responses={201: GrantShown})
    def create(self, request: Request, person: Any = None) -> Response:
        self.may("programs.change_person", self.person)
        sent = self.sent(GrantSent)
        # `service` means something to act() itself.
        return self.created(self.act(partial(people.add_grant, **sent), person=self.person))


class ContactShown(Shown[Contact]):
    class Meta:
        model = Contact
        fields = ("id", "name", "relation", "phone", "hours", "note", "on_card", "created_at", "retired_at")


@extend_schema_serializer(
    examples=[
        OpenApiExample(
            "母", {"name": "見本 花江", "relation": "母", "phone": "000-0000-0000", "hours": "夜", "on_card": True}
        )
    ]
)
class ContactSent(Sent):
    name = LineField(max_length=20, help_text="名前です。")
    relation = LineField(max_length=8, help_text="本人との関係です（母、後見人、かかりつけ医など）。")
    phone = LineField(max_length=40, required=False, allow_blank=True, help_text="電話番号。全角でもかまいません。")
    hours = LineField(max_length=18, required=False, allow_blank=True, help_text="つながる時間です。")
    note = LineField(max_length=200, required=False, allow_blank=True, help_text="事前情報シートには載りません。")
    on_card = serializers.BooleanField(required=False, help_text="事前情報シートに載せます。電話番号が要ります。")


class Contacts(Collection, OfPerson):
    """Those in use; who is no longer used is shown only in the answer to that act."""

    tag = "連絡先"
    queryset = Contact.objects.none()
    serializer_class = ContactShown

    def get_queryset(self) -> QuerySet[Contact]:
        found = Contact.objects.filter(person=self.person)
        return found if self.action == "retire" else found.current()

    @extend_schema(summary="連絡先の一覧")
    def list(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        return super().list(request, *args, **kwargs)

    @extend_schema(summary="連絡先を1つ見る")
    def retrieve(self, request: Request, *args: Any, **kwargs: Any) -> Any:
        return super().retrieve(request, *args, **kwargs)

    @extend_schema(summary="連絡先を足す", request=ContactSent, responses={201: ContactShown})
    def create(self, request: Request, person: Any = None) -> Response:
        self.may("programs.change_person", self.person)
        sent = self.sent(ContactSent)
        return self.created(self.act(contacts.add, person=self.person, **sent))

    @extend_schema(summary="連絡先を直す（送った項目だけ）", request=ContactSent, responses=ContactShown)
    def partial_update(self, request: Request, person: Any = None, id: Any = None) -> Response:
        contact = self.get_object()
        self.may("programs.change_person", self.person)
        sent = self.sent(ContactSent, partial=True)
        return self.answer(self.act(contacts.change, of=contact, contact=contact, **sent))

    @extend_schema(summary="連絡先を使わないことにする", request=None, responses=ContactShown)
    @action(detail=True, methods=["post"])
    def retire(self, request: Request, person: Any = None, id: Any = None) -> Response:
        contact = self.get_object()
        self.may("programs.change_person", self.person)
        return self.answer(self.act(contacts.retire, of=contact, contact=contact))


class ConsentShown(Shown[Consent]):
    by = serializers.CharField(source="by.name", read_only=True, help_text="書いた人の名前です。")
    to_whom = serializers.CharField(read_only=True, help_text="だれに見せることへの同意か。")
    in_force = serializers.SerializerMethodField(help_text="きょう有効かどうか。")

    class Meta:
        model = Consent
        fields = ("id", "kind", "to_whom", "means", "given_on", "ends_on", "note", "by", "withdrawn_at", "in_force")

    def get_in_force(self, consent: Consent) -> bool:
        today = clock.today()
        lasts = consent.ends_on is None or consent.ends_on >= today
        return consent.withdrawn_at is None and consent.given_on <= today and lasts


@extend_schema_serializer(
    examples=[OpenApiExample("写真", {"kind": "PHOTO", "means": "WORD", "note": "見本の写真を見せて説明した。"})]
)
class ConsentSent(Sent):
    kind = serializers.ChoiceField(choices=ConsentKind.choices, help_text="何についての同意か。")
    means = serializers.ChoiceField(choices=ConsentMeans.choices, help_text="本人がどうやって同意したか。")
    given_on = DayField(required=False, help_text="書かなければ、きょうです。")
    ends_on = DayField(
        required=False,
        allow_null=True,
        help_text=f"空なら、やめるまで続きます。事前情報シートは、空なら{CARD_MONTHS}か月です。",
    )
    note = LineField(max_length=300, required=False, allow_blank=True, help_text="説明したこと・様子です。")

    def validate(self, sent: dict[str, Any]) -> dict[str, Any]:
        if sent["kind"] == ConsentKind.CARD and sent.get("ends_on") is None:
            sent["ends_on"] = months_later(sent.get("given_on") or clock.today(), CARD_MONTHS)
        return sent


class Consents(Collection, OfPerson):
    tag = "同意"
    queryset = Consent.objects.none()
    serializer_class = ConsentShown

    def get_queryset(self) -> QuerySet[Consent]:
        return Consent.objects.filter(person=self.person).select_related("by")

    @extend_schema(summary="同意の一覧")
    def list(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        return super().list(request, *args, **kwargs)

    @extend_schema(summary="同意を1つ見る")
    def retrieve(self, request: Request, *args: Any, **kwargs: Any) -> Any:
        return super().retrieve(request, *args, **kwargs)

    @extend_schema(summary="同意を書く", request=ConsentSent, responses={201: ConsentShown})
    def create(self, request: Request, person: Any = None) -> Response:
        self.may("programs.keep_consents", self.person)
        sent = self.sent(ConsentSent)
        return self.created(self.act(consents.give, person=self.person, **sent))

    @extend_schema(
        summary="同意をやめる",
        description="すぐに、見えなくなるものが見えなくなります。写真は消えて、もとにもどせません。",
        request=None,
        responses=ConsentShown,
    )
    @action(detail=True, methods=["post"])
    def withdraw(self, request: Request, person: Any = None, id: Any = None) -> Response:
        consent = self.get_object()
        self.may("programs.keep_consents", self.person)
        return self.answer(self.act(consents.withdraw, of=consent, consent=consent))


class PersonLinkShown(Shown[PersonLink]):
    created_by = serializers.CharField(source="created_by.name", read_only=True)
    address = serializers.SerializerMethodField(
        help_text="発行した答えのときだけ入っています。あとからは見られません。"
    )

    class Meta:
        model = PersonLink
        fields = ("id", "label", "address", "created_at", "created_by", "expires_on", "last_used_at", "revoked_at")

    def get_address(self, link: PersonLink) -> str:
        return ""


@extend_schema_serializer(examples=[OpenApiExample("へやのかべ", {"label": "へやのかべ"})])
class PersonLinkSent(Sent):
    label = LineField(max_length=40, help_text="どこで使うか。1か所に1つずつ発行します。")  # type: ignore[assignment]


class PersonLinks(Collection, OfPerson):
    """The secret addresses that open the person's own screens; shown to those who may hand them out."""

    tag = "本人用リンク"
    # The secret is shown once and stored nowhere, not even as an answer.
    forgotten_actions = ("create",)
    queryset = PersonLink.objects.none()
    serializer_class = PersonLinkShown

    def get_queryset(self) -> QuerySet[PersonLink]:
        self.may("programs.change_person", self.person)
        found = PersonLink.objects.filter(person=self.person).select_related("created_by")
        return found if self.action == "revoke" else found.filter(revoked_at=None)

    @extend_schema(summary="本人用リンクの一覧")
    def list(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        return super().list(request, *args, **kwargs)

    @extend_schema(summary="本人用リンクを1つ見る")
    def retrieve(self, request: Request, *args: Any, **kwargs: Any) -> Any:
        return super().retrieve(request, *args, **kwargs)

    @extend_schema(summary="本人用リンクを発行する", request=PersonLinkSent, responses={201: PersonLinkShown})
    def create(self, request: Request, person: Any = None) -> Response:
        self.may("programs.change_person", self.person)
        sent = self.sent(PersonLinkSent)
        link = self.act(links.issue, person=self.person, **sent)
        address = request.build_absolute_uri(reverse("programs:easy-enter", args=[link.token])) if link.token else ""
        return self.created(link, address=address)

    @extend_schema(summary="本人用リンクを止める", request=None, responses=PersonLinkShown)
    @action(detail=True, methods=["post"])
    def revoke(self, request: Request, person: Any = None, id: Any = None) -> Response:
        link = self.get_object()
        return self.answer(self.act(links.revoke, of=link, link=link))
