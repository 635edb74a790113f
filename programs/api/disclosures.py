"""開示・訂正: what a person asks of whoever keeps records, what was answered, and everything that is held as a file."""

from typing import Any

import django_filters
from django.db.models import QuerySet
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiExample, extend_schema, extend_schema_serializer
from rest_framework import serializers
from rest_framework.decorators import action
from rest_framework.exceptions import PermissionDenied
from rest_framework.request import Request
from rest_framework.response import Response

from programs.api.of_person import OfPerson
from programs.api.pictures import AsItComes
from programs.forms.disclosures import ANSWERS
from programs.queries import disclosures as queries
from transition import own_data_file
from transition.api.fields import DayField, LineField, PublicIdField
from transition.api.serializers import Sent, Shown
from transition.api.viewsets import Collection
from transition.enums import DisclosureAnswer, DisclosureKind, DisclosurePurpose
from transition.models import Disclosure
from transition.queries import own_data
from transition.services import disclosures as services
from transition.views import step_up

ZIP_FILE: Any = {(200, "application/zip"): OpenApiTypes.BINARY}
LONGEST = 1_000


class DisclosureShown(Shown[Disclosure]):
    person = PublicIdField(help_text="本人のID。")
    by = serializers.CharField(source="by.name", read_only=True, help_text="書いた人の名前です。")
    answered_by = serializers.CharField(
        source="answered_by.name", default="", read_only=True, help_text="答えた人の名前です。"
    )

    class Meta:
        model = Disclosure
        fields = (
            "id",
            "person",
            "kind",
            "asked_on",
            "asked_by",
            "content",
            "answer",
            "answered_on",
            "answered_by",
            "reason",
            "by",
            "created_at",
        )


@extend_schema_serializer(
    examples=[OpenApiExample("訂正", {"kind": "CORRECT", "asked_by": "本人", "content": "生年月日の日がちがう。"})]
)
class DisclosureSent(Sent):
    kind = serializers.ChoiceField(choices=DisclosureKind.choices, help_text="何を頼まれたか。")
    asked_by = LineField(max_length=80, help_text="頼んだ人（本人、または代理人と本人との関係）です。")
    asked_on = DayField(required=False, help_text="書かなければ、きょうです。")
    content = serializers.CharField(
        max_length=LONGEST, required=False, allow_blank=True, help_text="頼まれた内容。訂正と利用停止では要ります。"
    )


@extend_schema_serializer(
    examples=[OpenApiExample("直した", {"answer": "DONE", "reason": "生年月日を受給者証のとおりに直した。"})]
)
class DisclosureAnswerSent(Sent):
    answer = serializers.ChoiceField(choices=ANSWERS, help_text="どう答えたか。あとから変えられません。")
    answered_on = DayField(required=False, help_text="書かなければ、きょうです。")
    reason = serializers.CharField(
        max_length=LONGEST, required=False, allow_blank=True, help_text="したこと・理由。開示に応じたときは空でもよい。"
    )


@extend_schema_serializer(examples=[OpenApiExample("本人にわたす", {"purpose": "PERSON", "with_others": False})])
class DisclosureFileSent(Sent):
    purpose = serializers.ChoiceField(choices=DisclosurePurpose.choices, help_text="何のために取り出すか。")
    with_others = serializers.BooleanField(
        default=False, help_text="ほかの人のこと（連絡先の名前と電話、家族の声）も入れるかどうか。"
    )


class DisclosureFilter(django_filters.FilterSet):
    answer = django_filters.ChoiceFilter(choices=DisclosureAnswer.choices, help_text="答え。WAITING はまだのもの。")
    kind = django_filters.ChoiceFilter(choices=DisclosureKind.choices, help_text="何を頼まれたか。")

    class Meta:
        model = Disclosure
        fields = ("answer", "kind")


class Disclosures(Collection, OfPerson):
    tag = "開示・訂正"
    # The file is made anew each time; nothing of it is kept as an answer.
    forgotten_actions = ("file",)
    queryset = Disclosure.objects.none()
    serializer_class = DisclosureShown
    filterset_class = DisclosureFilter

    def get_queryset(self) -> QuerySet[Disclosure]:
        return queries.of_person(self.person).select_related("person")

    @extend_schema(summary="本人の開示・訂正の請求の一覧")
    def list(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        return super().list(request, *args, **kwargs)

    @extend_schema(summary="開示・訂正の請求を1つ見る")
    def retrieve(self, request: Request, *args: Any, **kwargs: Any) -> Any:
        return super().retrieve(request, *args, **kwargs)

    @extend_schema(summary="開示・訂正の請求を書く", request=DisclosureSent, responses={201: DisclosureShown})
    def create(self, request: Request, person: Any = None) -> Response:
        self.may("programs.keep_disclosures", self.person)
        return self.created(self.act(services.ask, person=self.person, **self.sent(DisclosureSent)))

    @extend_schema(summary="開示・訂正の請求に答える", request=DisclosureAnswerSent, responses=DisclosureShown)
    @action(detail=True, methods=["post"], url_path="answer")
    def write_answer(self, request: Request, person: Any = None, id: Any = None) -> Response:
        disclosure = self.get_object()
        self.may("programs.keep_disclosures", self.person)
        sent = self.sent(DisclosureAnswerSent)
        return self.answer(self.act(services.answer, of=disclosure, disclosure=disclosure, **sent))

    @extend_schema(
        summary="本人について持っている記録を、全部1つのファイルで",
        description="だれが、いつ、何のために取り出したかが残ります。ブラウザーからは、直前に本人確認をしたときだけです。",
        request=DisclosureFileSent,
        responses=ZIP_FILE,
    )
    @action(detail=True, methods=["post"], content_negotiation_class=AsItComes)
    def file(self, request: Request, person: Any = None, id: Any = None) -> Any:
        disclosure = self.get_object()
        self.may("programs.keep_disclosures", self.person)
        # A token was given out for this; a browser that somebody left open was not.
        if request.auth is None and not step_up.is_fresh(request._request):
            raise PermissionDenied("先に、あなたであることを、もう一度画面で確かめてください。", "step_up_needed")
        sent = self.sent(DisclosureFileSent)
        self.act(services.hand_over, disclosure=disclosure, **sent)
        return own_data_file.response(own_data.collect(self.person, with_others=sent["with_others"]))


class AllDisclosures(Collection):
    """Of all people of the municipalities for which the caller decides."""

    area = "PEOPLE"
    tag = "開示・訂正"
    queryset = Disclosure.objects.none()
    serializer_class = DisclosureShown
    filterset_class = DisclosureFilter

    def get_queryset(self) -> QuerySet[Disclosure]:
        return queries.kept_by(self.user)

    @extend_schema(summary="市町村の開示・訂正の請求の一覧")
    def list(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        return super().list(request, *args, **kwargs)

    @extend_schema(summary="市町村の開示・訂正の請求を1つ見る")
    def retrieve(self, request: Request, *args: Any, **kwargs: Any) -> Any:
        return super().retrieve(request, *args, **kwargs)
