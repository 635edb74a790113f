"""What one person can still use: every limit of every program open to the person, with its numbers."""

import datetime as dt
from typing import Any

from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from programs.api.errors import shown
from programs.api.of_person import OfPerson
from programs.domain.limits import Account
from programs.enums import Certainty, Enforcement, ProgramKind, Unit, Window
from programs.models import Program
from programs.queries.limits import LimitBook
from programs.queries.people import Meter, ProgramUse, program_uses
from transition import clock
from transition.api.errors import ProblemSerializer
from transition.api.fields import DayField
from transition.models import Person


class AllowanceShown(serializers.Serializer[Any]):
    """One limit. Numbers are in its unit; `used` is `held`, `confirmed` and `waiting` together."""

    code = serializers.CharField(help_text="上限の名前（変わりません）。")
    name = serializers.CharField(help_text="上限の名前（人に見せる）。")
    unit = serializers.ChoiceField(choices=Unit.choices)
    window = serializers.ChoiceField(choices=Window.choices, help_text="いつからいつまでで数えるか。")
    starts_on = serializers.DateField(allow_null=True, help_text="いま数えている期間の初日。まだなければ空です。")
    ends_on = serializers.DateField(allow_null=True, help_text="いま数えている期間の最終日。なければ空です。")
    cap = serializers.IntegerField(help_text="上限です。")
    used = serializers.IntegerField(help_text="使った分と、予定の分。")
    held = serializers.IntegerField(help_text="終わった体験の分です。")
    confirmed = serializers.IntegerField(help_text="確定した予定の分です。")
    waiting = serializers.IntegerField(help_text="返事を待っている申込の分です。")
    remaining = serializers.IntegerField(help_text="残りです。0より小さくなりません。")
    over_by = serializers.IntegerField(help_text="こえている分です。")
    usable_until = serializers.DateField(allow_null=True, help_text="残りを使える最後の日。なければ空です。")
    renews_on = serializers.DateField(allow_null=True, help_text="また使えるようになる最初の日。なければ空です。")
    enforcement = serializers.ChoiceField(choices=Enforcement.choices)
    certainty = serializers.ChoiceField(choices=Certainty.choices)
    source = serializers.CharField(allow_blank=True, help_text="根拠です。")  # type: ignore[assignment]
    note = serializers.CharField(help_text="人に見せる文。未確認の上限は「市町村に確認してください」で終わります。")


class UsedProgramShown(serializers.Serializer[Any]):
    id = serializers.UUIDField()
    code = serializers.CharField()
    name = serializers.CharField()
    kind = serializers.ChoiceField(choices=ProgramKind.choices)


class ProgramUseShown(serializers.Serializer[Any]):
    program = UsedProgramShown()
    is_open = serializers.BooleanField(help_text="この日に使えるかどうか。")
    obstacles = ProblemSerializer(many=True, help_text="使えない理由です。")
    grant_ends_on = serializers.DateField(allow_null=True, help_text="支給決定の最終日です。")
    enrollment_starts_on = serializers.DateField(allow_null=True, help_text="利用の初日です。")
    enrollment_ends_on = serializers.DateField(allow_null=True, help_text="利用の最終日です。")
    allowances = AllowanceShown(many=True)


class AllowancesShown(serializers.Serializer[Any]):
    person = serializers.UUIDField()
    on = serializers.DateField()
    programs = ProgramUseShown(many=True)


class AllowancesAsked(serializers.Serializer[Any]):
    program = serializers.UUIDField(
        required=False, help_text="1つの体験事業だけを見ます。使えない事業も、理由といっしょに返します。"
    )
    on = DayField(required=False, help_text="この日に始める体験について。書かなければ、きょうです。")
    include_closed = serializers.BooleanField(
        required=False, default=False, help_text="いま使えない事業も、理由といっしょに返します。"
    )


class Allowances(OfPerson):
    tag = "使える日数・時間"
    queryset = Person.objects.none()
    serializer_class = AllowancesShown

    @extend_schema(
        summary="あと何日・何時間使えるか",
        description="体験事業の上限ごとに、使った分と残りを返します。画面の「あと何日」と同じ計算です。",
        parameters=[AllowancesAsked],
    )
    def retrieve(self, request: Request, person: Any = None) -> Response:
        asked = AllowancesAsked(data=request.query_params.dict(), context=self.get_serializer_context())
        asked.is_valid(raise_exception=True)
        on = asked.validated_data.get("on") or clock.today()
        book = LimitBook([self.person])
        uses = program_uses(book, self.person, on)
        if public_id := asked.validated_data.get("program"):
            code = self._code_of(public_id)
            uses = [use for use in uses if use.program.code == code]
        elif not asked.validated_data["include_closed"]:
            uses = [use for use in uses if not use.obstacles]
        programs = [_program(use, book.account(self.person, use.program, on), on) for use in uses]
        answer = {"person": self.person.public_id, "on": on, "programs": programs}
        return Response(AllowancesShown(answer).data)

    def _code_of(self, public_id: Any) -> str:
        """The general program may be named where the municipality keeps its own copy."""
        program = Program.objects.filter(public_id=public_id).first()
        if program is None or program.municipality_id not in (None, self.person.municipality_id):
            raise serializers.ValidationError(
                {"program": [serializers.ErrorDetail("見つかりませんでした。", "does_not_exist")]}
            )
        return program.code


def _program(use: ProgramUse, account: Account, on: dt.date) -> dict[str, Any]:
    program = use.program
    return {
        "program": {"id": program.public_id, "code": program.code, "name": program.name, "kind": program.kind},
        "is_open": not use.obstacles,
        "obstacles": [shown(problem) for problem in use.obstacles],
        "grant_ends_on": use.grant_ends_on,
        "enrollment_starts_on": use.enrollment.start if use.enrollment else None,
        "enrollment_ends_on": use.enrollment.end if use.enrollment else None,
        "allowances": [_allowance(meter, account, on) for meter in use.meters],
    }


def _allowance(meter: Meter, account: Account, on: dt.date) -> dict[str, Any]:
    allowance, rule = meter.allowance, meter.allowance.rule
    period = allowance.period
    return {
        "code": rule.code,
        "name": rule.name,
        "unit": rule.unit,
        "window": rule.window,
        "starts_on": period.start if period and period.start > dt.date.min else None,
        "ends_on": period.end if period and period.end < dt.date.max else None,
        "cap": allowance.cap,
        "used": allowance.used,
        "held": allowance.held,
        "confirmed": meter.confirmed,
        "waiting": meter.waiting,
        "remaining": allowance.remaining,
        "over_by": allowance.over_by,
        "usable_until": allowance.expires_on,
        "renews_on": account.renews_on(allowance, on),
        "enforcement": rule.effective_enforcement,
        "certainty": rule.certainty,
        "source": rule.source,
        "note": allowance.note,
    }
