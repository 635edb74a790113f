"""Every refusal in one shape: {"code", "detail", "problems": [{"code", "message", "field", …numbers}]}."""

import json
from collections.abc import Iterable, Mapping
from typing import Any

from django.core.exceptions import NON_FIELD_ERRORS
from django.core.exceptions import PermissionDenied as DjangoPermissionDenied
from django.core.exceptions import ValidationError as DjangoValidationError
from django.db import DatabaseError, OperationalError
from django.http import Http404
from rest_framework import exceptions, serializers, status
from rest_framework.response import Response

from transition import outages
from transition.services.transactions import ConstraintBroken, KeyReused, PreconditionFailed

INVALID = "入力に問題があります。problems を見てください。"
# Ours instead of the framework's, which are in part English.
WORDS: Mapping[str, str] = {
    "not_found": "見つかりませんでした。",
    "permission_denied": "この操作はできません。",
    "not_authenticated": "サインインするか、トークンを付けてください。",
    "method_not_allowed": "このアドレスでは、その方法は使えません。",
    "not_acceptable": "答えはJSONだけです。",
    "unsupported_media_type": "本文の形式が使えません。Content-Type を確かめてください。",
    "busy": "ただいま混み合っています。少し待ってから、同じ内容をもう一度送ってください。",
    "throttled": "回数が多すぎます。Retry-After の秒数だけ待ってください。",
}


class ProblemSerializer(serializers.Serializer[Any]):
    """One reason. Numbers stand there when the reason is a limit."""

    code = serializers.CharField(help_text="変わらない名前です。")
    message = serializers.CharField(help_text="人に見せる文です。")
    field = serializers.CharField(help_text="どの項目か。全体のことなら空です。")
    enforcement = serializers.CharField(
        required=False,
        help_text="BLOCK・REFUSE は止まります。ASK は reason があれば進めます。INFORM は知らせるだけです。",
    )
    certainty = serializers.CharField(required=False, help_text="VERIFIED か ASSUMED（市町村に確認）です。")
    unit = serializers.CharField(required=False, help_text="MINUTES・DAYS・NIGHTS・TIMES のどれかです。")
    cap = serializers.IntegerField(required=False, allow_null=True, help_text="上限です。")
    used = serializers.IntegerField(required=False, allow_null=True, help_text="使った分です。")
    requested = serializers.IntegerField(required=False, allow_null=True, help_text="今回の分です。")
    remaining = serializers.IntegerField(required=False, allow_null=True, help_text="残りです。")
    over_by = serializers.IntegerField(required=False, allow_null=True, help_text="こえる分です。")
    frees_up_on = serializers.DateField(required=False, allow_null=True, help_text="また使えるようになる日です。")
    largest_request = serializers.IntegerField(required=False, allow_null=True, help_text="通る最大の量です。")
    source = serializers.CharField(required=False, help_text="上限の根拠です。")  # type: ignore[assignment]
    numbers = serializers.DictField(child=serializers.IntegerField(), required=False, help_text="そのほかの数です。")


class ErrorSerializer(serializers.Serializer[Any]):
    code = serializers.CharField(help_text="変わらない名前です。")
    detail = serializers.CharField(help_text="人に見せる文です。")
    problems = ProblemSerializer(many=True, help_text="理由の一覧です。ないこともあります。")


class Replayed(Exception):  # noqa: N818 - reads as what happened
    """This very request was answered before; `status` and `body` are that answer."""

    def __init__(self, answered: Mapping[str, Any]) -> None:
        self.answered = answered
        super().__init__("replayed")


def handle(error: Exception, context: Mapping[str, Any]) -> Response | None:
    """The answer to an exception; None for what is a fault of ours."""
    match error:
        case Replayed():
            body = json.loads(error.answered["body"]) if error.answered["body"] else None
            return Response(body, status=error.answered["status"], headers={"Idempotent-Replayed": "true"})
        case KeyReused():
            return refusal(
                "key_reused", "この Idempotency-Key は、ほかの内容で使われました。", status.HTTP_409_CONFLICT
            )
        case PreconditionFailed():
            said = "ほかの人が先に変えました。読み直してから、もう一度送ってください。"
            return refusal("precondition_failed", said, status.HTTP_412_PRECONDITION_FAILED)
        case ConstraintBroken():
            said = "ほんの少し前に、ほかの変更が入りました。読み直してください。"
            return refusal(
                "raced", said, status.HTTP_409_CONFLICT, [{"code": error.name or "raced", "message": said, "field": ""}]
            )
        case DjangoValidationError():
            return refusal("invalid", INVALID, status.HTTP_400_BAD_REQUEST, _of_django(error))
        case Http404():
            error = exceptions.NotFound()
        case DjangoPermissionDenied():
            error = exceptions.PermissionDenied()
        case DatabaseError() | OSError() | outages.DiskNearlyFull() if (found := outages.of(error)) is not None:
            return _outage(found.value)
        case OperationalError():
            return _outage(outages.Outage.BUSY.value)
    if not isinstance(error, exceptions.APIException):
        return None
    return _of_framework(error)


def _outage(words: outages.Words) -> Response:
    answer = refusal(words.code, WORDS.get(words.code, words.detail), words.status)
    answer["Retry-After"] = str(words.retry_after)
    return answer


def refusal(code: str, detail: str, http_status: int, problems: Iterable[Mapping[str, Any]] = ()) -> Response:
    return Response({"code": code, "detail": detail, "problems": list(problems)}, status=http_status)


def _of_framework(error: exceptions.APIException) -> Response:
    if isinstance(error, exceptions.ValidationError):
        answer = refusal("invalid", INVALID, error.status_code, _flat(error.detail, ""))
    else:
        code = str(getattr(error.detail, "code", error.default_code))
        answer = refusal(code, WORDS.get(code, str(error.detail)), error.status_code)
    if header := getattr(error, "auth_header", None):
        answer["WWW-Authenticate"] = header
    if wait := getattr(error, "wait", None):
        answer["Retry-After"] = str(int(wait))
    return answer


def _flat(detail: Any, path: str) -> list[dict[str, str]]:
    """Nested messages as a list; the path into the body is written with dots: `days.0.date`."""
    if isinstance(detail, Mapping):
        found = []
        for name, inner in detail.items():
            step = "" if name in ("non_field_errors", NON_FIELD_ERRORS) else str(name)
            found += _flat(inner, ".".join(part for part in (path, step) if part))
        return found
    if isinstance(detail, list):
        found = []
        for number, inner in enumerate(detail):
            here = (
                path
                if not isinstance(inner, Mapping | list)
                else ".".join(part for part in (path, str(number)) if part)
            )
            found += _flat(inner, here)
        return found
    return [{"code": str(getattr(detail, "code", "invalid")), "message": str(detail), "field": path}]


def _of_django(error: DjangoValidationError) -> list[dict[str, str]]:
    by_field = error.error_dict if hasattr(error, "error_dict") else {NON_FIELD_ERRORS: error.error_list}
    return [
        {"code": inner.code or "invalid", "message": said, "field": "" if name == NON_FIELD_ERRORS else name}
        for name, inners in by_field.items()
        for inner in inners
        for said in inner.messages
    ]
