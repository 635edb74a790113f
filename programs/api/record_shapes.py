"""What a record and a draft look like from outside, and what they are inside: the content of a form."""

from typing import Any
from uuid import UUID

from drf_spectacular.utils import OpenApiExample, extend_schema_serializer
from rest_framework import serializers
from rest_framework.exceptions import ErrorDetail

from programs.domain import records
from programs.domain.records import Content
from programs.enums import NextStep, Unit
from programs.forms.records import LONGEST_TEXT
from programs.models import RecordDraft
from programs.queries import records as queries
from programs.queries.people import Meter
from programs.services.scores import BEST, LONGEST_NOTE, WORST
from transition.api.errors import ProblemSerializer
from transition.api.fields import DayField, LineField, MomentField, TextField
from transition.api.serializers import Sent
from transition.models import Goal, WishItem

MOST_GOALS, MOST_WISHES = 50, 200
LATEST_VERSION = 1_000_000
LONGEST_TYPED = 10_000
MOMENTS = ("start_on", "start_at", "end_on", "end_at")
LINES = ("place", "companions")
TEXTS = (*records.TEXTS, "next_step")
NEXT: dict[str, Any] = {"choices": NextStep.choices, "allow_blank": True}


class RecordScoreShown(serializers.Serializer[Any]):
    goal = serializers.UUIDField()
    score = serializers.IntegerField(min_value=WORST, max_value=BEST)
    note = serializers.CharField(allow_blank=True)


class RecordShown(serializers.Serializer[Any]):
    session = serializers.UUIDField()
    version = serializers.IntegerField(
        help_text="保存した回数です。0 は、まだだれも書いていないことで、項目には計画が入っています。"
    )
    starts_at = MomentField()
    ends_at = MomentField()
    minutes = serializers.IntegerField(allow_null=True, help_text="かかった分です。終わるまでは null です。")
    place = serializers.CharField(allow_blank=True)
    companions = serializers.CharField(allow_blank=True)
    shown = serializers.CharField(allow_blank=True)
    helped = serializers.CharField(allow_blank=True)
    incident = serializers.CharField(allow_blank=True)
    family_note = serializers.CharField(allow_blank=True)
    next_step = serializers.ChoiceField(**NEXT)
    next_note = serializers.CharField(allow_blank=True)
    wishes = serializers.ListField(
        child=serializers.UUIDField(), allow_null=True, help_text="かなえた希望のページ。ホームには見えず null です。"
    )
    scores = RecordScoreShown(many=True, allow_null=True, help_text="目標の点。ホームには見えず null です。")
    by = serializers.CharField(allow_null=True, help_text="書いた人の名前です。")
    at = MomentField(allow_null=True)


def record_values(opened: queries.Opened) -> dict[str, Any]:
    """What `RecordShown` shows: what is saved, else the plan."""
    session, record = opened.session, opened.record
    texts = {name: opened.saved.get(name, "") for name in (*LINES, *TEXTS)}
    scored = [line for line in opened.goals if line.score is not None]
    return {
        **texts,
        "session": session.public_id,
        "version": opened.version,
        "starts_at": session.actual_starts_at or session.starts_at,
        "ends_at": session.actual_ends_at or session.ends_at,
        "minutes": queries.minutes_of(session),
        "wishes": [line.item.public_id for line in opened.wishes if line.followed] if opened.sees_person else None,
        "scores": [{"goal": line.goal.public_id, "score": line.score, "note": line.note} for line in scored]
        if opened.sees_person
        else None,
        "by": record.by.name if record else None,
        "at": record.at if record else None,
    }


class RecordScoreSent(Sent):
    goal = serializers.UUIDField(help_text="目標のIDです。")
    score = serializers.IntegerField(min_value=WORST, max_value=BEST, help_text="点です。")
    note = LineField(max_length=LONGEST_NOTE, default="", allow_blank=True, help_text="点についてひとこと。")


class Offered(Sent):
    """Names goals and wishes that `context["opened"]` offers, as the form does; all others are unknown."""

    def validate_wishes(self, given: list[UUID]) -> list[WishItem]:
        items = {line.item.public_id: line.item for line in self.context["opened"].wishes}
        if set(given) - set(items):
            raise serializers.ValidationError(ErrorDetail("見つかりませんでした。", "does_not_exist"))
        return [items[public_id] for public_id in dict.fromkeys(given)]

    def validate_scores(self, given: list[dict[str, Any]]) -> dict[Goal, tuple[Any, str]]:
        goals = {line.goal.public_id: line.goal for line in self.context["opened"].goals}
        if {one["goal"] for one in given} - set(goals):
            raise serializers.ValidationError(ErrorDetail("見つかりませんでした。", "does_not_exist"))
        found = {goals[one["goal"]]: (one["score"], one["note"]) for one in given}
        if len(found) != len(given):
            raise serializers.ValidationError(ErrorDetail("同じ目標が2回あります。", "twice"))
        return found


@extend_schema_serializer(
    examples=[
        OpenApiExample(
            "はじめて書く",
            {
                "based_on": 0,
                "starts_at": "2026-11-21T10:00:00+09:00",
                "ends_at": "2026-11-21T12:30:00+09:00",
                "place": "架空モール",
                "companions": "見本職員",
                "shown": "自分でパンを選び、わらった。",
                "helped": "写真で行き先を見せた。",
                "next_step": "AGAIN",
                "scores": [{"goal": "3fa85f64-5717-4562-b3fc-2c963f66afa6", "score": 1, "note": "自分で選べた"}],
            },
        )
    ]
)
class RecordSent(Offered):
    based_on = serializers.IntegerField(
        min_value=0, max_value=LATEST_VERSION, help_text="読んだときの version。ほかの人が先に保存していたら 409 です。"
    )
    starts_at = MomentField(help_text="実際の始まりです。")
    ends_at = MomentField(help_text="実際の終わりです。")
    place = LineField(max_length=120, default="", allow_blank=True, help_text="行った所。")
    companions = LineField(max_length=200, default="", allow_blank=True, help_text="いっしょに行った人。")
    shown = TextField(max_length=LONGEST_TEXT, default="", allow_blank=True, help_text="本人が見せたようす。")
    helped = TextField(max_length=LONGEST_TEXT, default="", allow_blank=True, help_text="役に立ったこと。")
    incident = TextField(max_length=LONGEST_TEXT, default="", allow_blank=True, help_text="困ったこと・事故。")
    family_note = TextField(max_length=LONGEST_TEXT, default="", allow_blank=True, help_text="家族へのひとこと。")
    next_step = serializers.ChoiceField(**NEXT, default="", help_text="次は、どうするか。")
    next_note = TextField(max_length=LONGEST_TEXT, default="", allow_blank=True, help_text="次にすること。")
    wishes = serializers.ListField(
        child=serializers.UUIDField(),
        required=False,
        max_length=MOST_WISHES,
        help_text="かなえた希望のページを全部。書かなければ、いまのままです。",
    )
    scores = RecordScoreSent(  # type: ignore[call-arg]
        many=True, required=False, max_length=MOST_GOALS, help_text="目標の点です。"
    )


class DraftScoreSent(Sent):
    goal = serializers.UUIDField(help_text="目標のIDです。")
    score = serializers.IntegerField(
        min_value=WORST, max_value=BEST, allow_null=True, default=None, help_text="点。まだなら null です。"
    )
    note = serializers.CharField(
        max_length=LONGEST_NOTE, default="", allow_blank=True, trim_whitespace=False, help_text="ひとこと。"
    )


def _typed(longest: int = LONGEST_TYPED, **more: Any) -> serializers.CharField:
    """As it was typed, finished or not."""
    return serializers.CharField(max_length=longest, required=False, allow_blank=True, trim_whitespace=False, **more)


@extend_schema_serializer(
    examples=[OpenApiExample("途中まで", {"based_on": 0, "start_at": "10:", "shown": "自分でパンを"})]
)
class DraftSent(Offered):
    based_on = serializers.IntegerField(min_value=0, max_value=LATEST_VERSION, help_text="書き始めたときの version。")
    start_on = _typed(40, help_text="始まりの日。書きかけのままでかまいません。")
    start_at = _typed(40, help_text="始まりの時刻。")
    end_on = _typed(40, help_text="終わりの日。")
    end_at = _typed(40, help_text="終わりの時刻。")
    place = _typed(help_text="行った所。")
    companions = _typed(help_text="いっしょに行った人。")
    shown = _typed(help_text="本人が見せたようす。")
    helped = _typed(help_text="役に立ったこと。")
    incident = _typed(help_text="困ったこと・事故。")
    family_note = _typed(help_text="家族へのひとこと。")
    next_step = serializers.ChoiceField(**NEXT, required=False, help_text="次は、どうするか。")
    next_note = _typed(help_text="次にすること。")
    wishes = serializers.ListField(
        child=serializers.UUIDField(), required=False, max_length=MOST_WISHES, help_text="かなえた希望のページ。"
    )
    scores = DraftScoreSent(  # type: ignore[call-arg]
        many=True, required=False, max_length=MOST_GOALS, help_text="目標の点です。"
    )


def content_of(sent: dict[str, Any]) -> Content:
    """What was sent as a draft, as the form keeps it."""
    content: Content = {name: sent[name] for name in (*MOMENTS, *LINES, *TEXTS) if name in sent}
    if "wishes" in sent:
        content[records.WISHES] = [str(item.public_id) for item in sent["wishes"]]
    for goal, (score, note) in sent.get("scores", {}).items():
        content[records.SCORE + goal.public_id.hex] = "" if score is None else str(score)
        content[records.NOTE + goal.public_id.hex] = note
    return content


class DraftScoreShown(serializers.Serializer[Any]):
    goal = serializers.UUIDField()
    score = serializers.CharField(allow_blank=True, help_text="−2から2、または空です。")
    note = serializers.CharField(allow_blank=True)


class DraftShown(serializers.Serializer[Any]):
    """As it was typed: dates and times may be unfinished."""

    session = serializers.UUIDField()
    based_on = serializers.IntegerField()
    saved_at = MomentField()
    start_on = serializers.CharField(allow_blank=True)
    start_at = serializers.CharField(allow_blank=True)
    end_on = serializers.CharField(allow_blank=True)
    end_at = serializers.CharField(allow_blank=True)
    place = serializers.CharField(allow_blank=True)
    companions = serializers.CharField(allow_blank=True)
    shown = serializers.CharField(allow_blank=True)
    helped = serializers.CharField(allow_blank=True)
    incident = serializers.CharField(allow_blank=True)
    family_note = serializers.CharField(allow_blank=True)
    next_step = serializers.CharField(allow_blank=True)
    next_note = serializers.CharField(allow_blank=True)
    wishes = serializers.ListField(child=serializers.CharField())
    scores = DraftScoreShown(many=True)


def draft_values(draft: RecordDraft) -> dict[str, Any]:
    content = draft.content
    keys = [name.removeprefix(records.SCORE) for name in content if name.startswith(records.SCORE)]
    return {
        **{name: content.get(name, "") for name in (*MOMENTS, *LINES, *TEXTS)},
        "session": draft.session.public_id,
        "based_on": draft.based_on,
        "saved_at": draft.saved_at,
        "wishes": content.get(records.WISHES, []),
        "scores": [
            {"goal": UUID(key), "score": content[records.SCORE + key], "note": content.get(records.NOTE + key, "")}
            for key in keys
        ],
    }


class MeterShown(serializers.Serializer[Any]):
    """One limit in hours; `held`, `confirmed` and `waiting` add up to what is used."""

    name = serializers.CharField()
    unit = serializers.ChoiceField(choices=Unit.choices)
    cap = serializers.IntegerField(help_text="上限です。")
    held = serializers.IntegerField(help_text="すんだ体験の分です。")
    confirmed = serializers.IntegerField(help_text="確定した体験の分です。")
    waiting = serializers.IntegerField(help_text="計画中の体験の分です。")
    remaining = serializers.IntegerField(help_text="残りです。")
    starts_on = DayField(allow_null=True)
    ends_on = DayField(allow_null=True)
    note = serializers.CharField(allow_blank=True)


def meter_values(meter: Meter) -> dict[str, Any]:
    allowance = meter.allowance
    bounded = allowance.period if meter.period_text else None
    return {
        "name": meter.name,
        "unit": allowance.unit,
        "cap": allowance.cap,
        "held": allowance.held,
        "confirmed": meter.confirmed,
        "waiting": meter.waiting,
        "remaining": allowance.remaining,
        "starts_on": bounded.start if bounded else None,
        "ends_on": bounded.end if bounded else None,
        "note": allowance.note,
    }


class HoursShown(serializers.Serializer[Any]):
    session = serializers.UUIDField()
    meters = MeterShown(many=True, help_text="体験の月の、事業の時間。ホームには見えず、空です。")
    over = ProblemSerializer(many=True, help_text="この体験がこえている上限。記録はそのまま残ります。")
