"""How the API describes itself: what every operation has in common is said here once."""

from typing import Any, Literal

from drf_spectacular.openapi import AutoSchema
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiParameter

from transition.api.errors import ErrorSerializer
from transition.api.viewsets import Resource, Shows

HEADER: Literal["header"] = "header"
KEY = OpenApiParameter(
    "Idempotency-Key",
    OpenApiTypes.STR,
    HEADER,
    description="この送信の名前（64文字まで）。同じ名前と内容をもう一度送っても、1回だけ行われ、同じ答えが返ります。",
)
MATCH = OpenApiParameter(
    "If-Match", OpenApiTypes.STR, HEADER, description="読んだときの ETag。ほかの人が先に変えていたら 412 です。"
)
NONE_MATCH = OpenApiParameter(
    "If-None-Match", OpenApiTypes.STR, HEADER, description="前に読んだときの ETag。変わっていなければ 304 です。"
)
FIELDS = OpenApiParameter("fields", OpenApiTypes.STR, "query", description="返してほしい項目だけを、コンマで並べます。")
READING = ("400", "401", "403", "404", "406", "429", "503")
WRITING = (*READING, "409", "412", "413", "415")
SAID = {
    "304": "変わっていません。",
    "400": "入力に問題があります。",
    "401": "サインインかトークンが要ります。",
    "403": "この操作はできません。",
    "404": "見つかりません。",
    "406": "答えはJSONだけです。",
    "409": "規則か、ほかの変更と合いません。",
    "412": "ほかの人が先に変えました。",
    "413": "本文が大きすぎます。",
    "415": "本文の形式が使えません。",
    "429": "回数が多すぎます。",
    "503": "混み合っています。",
}


class Schema(AutoSchema):
    """Adds headers, `fields=`, refusals and the Japanese name of the resource to each operation."""

    def _get_serializer_name(self, serializer: Any, direction: Any, bypass_extensions: bool = False) -> str:
        """`PersonShown` and `PersonSent` in code are `Person` and `PersonRequest` to others."""
        name: str = super()._get_serializer_name(serializer, direction, bypass_extensions)
        return name.replace("Shown", "").replace("SentRequest", "Request").replace("Sent", "")

    def get_tags(self) -> list[str]:
        return [getattr(self.view, "tag", "") or "そのほか"]

    def get_override_parameters(self) -> list[Any]:
        if not isinstance(self.view, Resource):
            return []
        if self.method == "GET":
            one = isinstance(self.view, Shows) and self.view.action == "retrieve"
            return [FIELDS, NONE_MATCH] if one else [FIELDS] if self.view.action == "list" else []
        keyed = [KEY] if self.method == "POST" and self.view.action not in self.view.reading_actions else []
        detail = [MATCH] if getattr(self.view, "detail", False) else []
        return keyed + detail

    def _get_response_bodies(self, direction: Any = "response") -> dict[str, Any]:
        answers = super()._get_response_bodies(direction)
        if not isinstance(self.view, Resource):
            return answers
        for code in READING if self.method == "GET" else WRITING:
            if code not in answers:
                answers[code] = self._get_response_for_code(ErrorSerializer, code)
                answers[code]["description"] = SAID[code]
        if self.method == "GET" and getattr(self.view, "action", "") == "retrieve":
            answers["304"] = {"description": SAID["304"]}
        return answers


def nothing_required_where_fields_may_be_left_out(
    result: dict[str, Any], generator: Any, request: Any, public: bool
) -> dict[str, Any]:
    """`fields=` leaves out whatever it does not name, so of such a row nothing is required."""
    components = result["components"]["schemas"]
    for methods in result["paths"].values():
        for said in methods.values():
            if any(parameter["name"] == FIELDS.name for parameter in said.get("parameters", ())):
                content = said["responses"].get("200", {}).get("content", {}).get("application/json", {})
                name = content.get("schema", {}).get("$ref", "").rpartition("/")[2]
                page = components.get(name, {}).get("properties", {}).get("results", {})
                row = page.get("items", {}).get("$ref", "").rpartition("/")[2] or name
                components.get(row, {}).pop("required", None)
    return result
