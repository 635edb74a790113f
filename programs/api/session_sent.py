"""What comes in about sessions: exactly what the services take."""

from typing import Any

from drf_spectacular.utils import OpenApiExample, PolymorphicProxySerializer, extend_schema_serializer
from rest_framework import serializers

from programs.enums import ROOM_KINDS, DeclineReason, SessionKind, Step, Transport
from programs.models import Enrollment, Program, Slot
from programs.services.outings import MOST_REPEATS
from transition.api.fields import DayField, LineField, MomentField, PublicIdField, TextField
from transition.api.serializers import Sent
from transition.models import Person

LONGEST_TEXT = 1000
LONGEST_REASON = 500
MOST_IDS = 50

OVERCOMES = "理由があれば進める問題点があるときに書きます。記録に残ります。"


def ids(said: str) -> serializers.ListField:
    return serializers.ListField(
        child=serializers.UUIDField(), required=False, max_length=MOST_IDS, help_text=said, allow_empty=True
    )


STAY_EXAMPLE = OpenApiExample(
    "お泊まりを申し込む",
    {
        "kind": "STAY",
        "person": "5f0c1f52-0b3c-4a53-9a7e-0d6f6c1b2a01",
        "program": "5f0c1f52-0b3c-4a53-9a7e-0d6f6c1b2a02",
        "slot": "5f0c1f52-0b3c-4a53-9a7e-0d6f6c1b2a03",
        "check_in": "2026-12-05",
        "check_out": "2026-12-07",
        "note": "夜は静かな部屋がよいです。",
    },
    request_only=True,
)
OUTING_EXAMPLE = OpenApiExample(
    "おでかけを計画する",
    {
        "kind": "OUTING",
        "enrollment": "5f0c1f52-0b3c-4a53-9a7e-0d6f6c1b2a04",
        "activity": "買い物",
        "starts_at": "2026-12-05T10:00:00+09:00",
        "ends_at": "2026-12-05T12:00:00+09:00",
        "confirm": False,
    },
    request_only=True,
)


class StaySent(Sent):
    kind = serializers.ChoiceField(
        choices=[(SessionKind.STAY.value, SessionKind.STAY.label)], help_text="お泊まりは STAY です。"
    )
    person = PublicIdField(Person.objects.visible_to, help_text="本人のID。")
    program = PublicIdField(
        lambda user: Program.objects.filter(kind__in=ROOM_KINDS), help_text="本人の市町村の体験事業のID。"
    )
    slot = PublicIdField(lambda user: Slot.objects.select_related("room__home"), help_text="体験枠のID。")
    check_in = DayField(help_text="チェックイン日。")
    check_out = DayField(help_text="チェックアウト日。")
    note = TextField(
        max_length=LONGEST_TEXT,
        required=False,
        allow_blank=True,
        help_text="ホームに伝えること。返事の前のホームに見えます。名前や連絡先は書かないでください。",
    )
    reason = TextField(max_length=LONGEST_REASON, required=False, allow_blank=True, help_text=OVERCOMES)

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        if attrs["check_out"] <= attrs["check_in"]:
            said = "チェックアウト日はチェックイン日よりあとにしてください。"
            raise serializers.ValidationError({"check_out": [said]})
        return attrs


class OutingContentSent(Sent):
    """An outing without whose it is. Whoever and whatever goes along is named by ids, looked up for this person."""

    activity = LineField(max_length=80, help_text="すること。本人のことばで。")
    starts_at = MomentField(help_text="出発。")
    ends_at = MomentField(help_text="帰着。")
    place = LineField(max_length=120, required=False, allow_blank=True, help_text="場所。")
    step = serializers.ChoiceField(choices=Step.choices, required=False, help_text="段階。お泊まりの段階は使えません。")
    transport = serializers.ChoiceField(
        choices=Transport.choices, required=False, allow_blank=True, help_text="行きかた。"
    )
    transport_cost = serializers.IntegerField(
        min_value=0, max_value=1_000_000, required=False, help_text="交通費（円）。本人と付き添いの合計。"
    )
    escorts = ids("付き添う人のID。利用の companions にある人です。")
    wishes = ids("かなえる「やってみたいこと」のID。")
    goals = ids("めざす目標のID。")
    note = TextField(max_length=LONGEST_TEXT, required=False, allow_blank=True, help_text="メモ。")
    reason = TextField(max_length=LONGEST_REASON, required=False, allow_blank=True, help_text=OVERCOMES)

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        return in_order(attrs)


def in_order(attrs: dict[str, Any]) -> dict[str, Any]:
    starts_at, ends_at = attrs.get("starts_at"), attrs.get("ends_at")
    if starts_at and ends_at and ends_at <= starts_at:
        raise serializers.ValidationError({"ends_at": ["終わりは始まりよりあとにしてください。"]})
    return attrs


class OutingSent(OutingContentSent):
    kind = serializers.ChoiceField(
        choices=[(SessionKind.OUTING.value, SessionKind.OUTING.label)], help_text="おでかけは OUTING です。"
    )
    enrollment = PublicIdField(
        lambda user: Enrollment.objects.visible_to(user).select_related("person", "program"), help_text="利用のID。"
    )
    confirm = serializers.BooleanField(default=False, help_text="もう決まっているなら true。確定で入ります。")


FORMS: dict[str, type[Sent]] = {SessionKind.STAY.value: StaySent, SessionKind.OUTING.value: OutingSent}
SESSION_SENT = PolymorphicProxySerializer(
    component_name="SessionSent", serializers=dict(FORMS.items()), resource_type_field_name="kind"
)
EXAMPLES = [STAY_EXAMPLE, OUTING_EXAMPLE]


@extend_schema_serializer(
    examples=[OpenApiExample("場所を変える", {"place": "駅前のスーパー"}, request_only=True)],
)
class OutingChangeSent(OutingContentSent):
    """What is left out stays as it is."""


@extend_schema_serializer(
    examples=[OpenApiExample("次の週に", {"starts_at": "2026-12-12T10:00:00+09:00"}, request_only=True)]
)
class MoveSent(Sent):
    starts_at = MomentField(help_text="新しい出発。")
    ends_at = MomentField(required=False, help_text="新しい帰着。書かなければ同じ長さです。")
    reason = TextField(max_length=LONGEST_REASON, required=False, allow_blank=True, help_text=OVERCOMES)

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        return in_order(attrs)


@extend_schema_serializer(
    examples=[OpenApiExample("次の週にもう1回", {"starts_at": "2026-12-12T10:00:00+09:00"}, request_only=True)]
)
class CopySent(Sent):
    starts_at = MomentField(help_text="コピーの出発。長さは同じです。")
    reason = TextField(max_length=LONGEST_REASON, required=False, allow_blank=True, help_text=OVERCOMES)


@extend_schema_serializer(examples=[OpenApiExample("あと3回、毎週", {"times": 3}, request_only=True)])
class RepeatSent(Sent):
    times = serializers.IntegerField(min_value=1, max_value=MOST_REPEATS, required=False, help_text="あと何回。")
    until = DayField(required=False, help_text="いつまで。回数のかわりに。")
    reason = TextField(max_length=LONGEST_REASON, required=False, allow_blank=True, help_text=OVERCOMES)

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        if ("times" in attrs) == ("until" in attrs):
            raise serializers.ValidationError({"times": ["times か until の、どちらか1つを入れてください。"]})
        return attrs


@extend_schema_serializer(
    examples=[
        OpenApiExample(
            "日にちが合わない", {"decline_reason": "DATES", "note": "年明けなら受けられます。"}, request_only=True
        )
    ]
)
class DeclineSent(Sent):
    decline_reason = serializers.ChoiceField(choices=DeclineReason.choices, help_text="理由。")
    note = TextField(max_length=LONGEST_TEXT, required=False, allow_blank=True, help_text="ひとこと。")


@extend_schema_serializer(
    examples=[OpenApiExample("体調のため", {"reason": "本人の体調がすぐれないため。"}, request_only=True)]
)
class WhySent(Sent):
    reason = TextField(max_length=LONGEST_TEXT, required=False, allow_blank=True, help_text="理由やようす。")


@extend_schema_serializer(
    examples=[OpenApiExample("確かめた", {"reason": "市町村に電話で確かめました。"}, request_only=True)]
)
class OverrideSent(Sent):
    reason = TextField(max_length=LONGEST_TEXT, help_text="だれが、なぜそう判断したか。")


@extend_schema_serializer(
    examples=[OpenApiExample("時刻を入れる", {"at": "2026-12-05T15:10:00+09:00"}, request_only=True)]
)
class MomentSent(Sent):
    at = MomentField(required=False, help_text="書かなければ、いまです。")


@extend_schema_serializer(
    examples=[OpenApiExample("とちゅうで終わりに", {"reason": "夜の音がこわかった。"}, request_only=True)]
)
class CutShortSent(MomentSent):
    reason = TextField(max_length=LONGEST_TEXT, required=False, allow_blank=True, help_text="ようす。")
