"""The description of the API, for programs as OpenAPI and for people as pages."""

import hashlib
import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cache
from typing import Any

from drf_spectacular.generators import SchemaGenerator
from drf_spectacular.renderers import OpenApiJsonRenderer, OpenApiYamlRenderer

METHODS = ("get", "post", "put", "patch", "delete")
TYPES: Mapping[str, str] = {
    "string": "文字",
    "integer": "整数",
    "number": "数",
    "boolean": "はい・いいえ（true・false）",
    "object": "まとまり",
    "uuid": "ID（UUID）",
    "date": "日にち（YYYY-MM-DD）",
    "date-time": "日時（時差つき）",
    "time": "時刻（HH:MM）",
    "uri": "アドレス",
    "binary": "ファイル",
    "null": "なし（null）",
}
DEEPEST = 2


@dataclass(frozen=True, slots=True)
class Field:
    """One thing that goes in or comes out. `level` is how deep it lies in others."""

    name: str
    type: str
    text: str
    required: bool
    choices: tuple[tuple[str, str], ...]
    level: int


@dataclass(frozen=True, slots=True)
class Operation:
    id: str
    method: str
    path: str
    summary: str
    text: str
    parameters: list[Field]
    sent: list[Field]
    answered: list[Field]
    status: str
    example: str


@dataclass(frozen=True, slots=True)
class Noun:
    """Everything that can be done with one resource."""

    name: str
    operations: list[Operation]


@cache
def schema() -> dict[str, Any]:
    """OpenAPI 3.1, read off the code; the same for everybody."""
    return dict(SchemaGenerator().get_schema(request=None, public=True))


@cache
def as_yaml() -> bytes:
    """What stands in docs/api/openapi.yaml, written by `manage.py spectacular`."""
    return bytes(OpenApiYamlRenderer().render(schema(), renderer_context={}))


@cache
def as_json() -> bytes:
    return bytes(OpenApiJsonRenderer().render(schema(), renderer_context={}))


@cache
def version() -> str:
    """Changes with the description."""
    return hashlib.sha256(as_json()).hexdigest()[:16]


@cache
def nouns() -> list[Noun]:
    """The resources in the order of their addresses."""
    found: dict[str, list[Operation]] = {}
    for path, methods in schema()["paths"].items():
        for method in METHODS:
            if method in methods:
                operation = methods[method]
                found.setdefault(operation["tags"][0], []).append(_operation(path, method, operation))
    return [Noun(name, operations) for name, operations in found.items()]


def noun(name: str) -> Noun | None:
    return next((one for one in nouns() if one.name == name), None)


def _operation(path: str, method: str, said: Mapping[str, Any]) -> Operation:
    status, answer = next((code, answer) for code, answer in said["responses"].items() if code.startswith("2"))
    bodies: Mapping[str, Mapping[str, Any]] = said.get("requestBody", {}).get("content", {})
    kind, content = next(iter(bodies.items()), ("", {}))
    answers: Mapping[str, Mapping[str, Any]] = answer.get("content", {})
    answered: Mapping[str, Any] = next(iter(answers.values()), {})
    example = next((one["value"] for one in content.get("examples", {}).values()), None)
    return Operation(
        id=said["operationId"],
        method=method.upper(),
        path=path,
        summary=said.get("summary", ""),
        text=said.get("description", ""),
        parameters=[_parameter(one) for one in said.get("parameters", [])],
        sent=list(_fields(content.get("schema", {}))),
        answered=list(_fields(answered.get("schema", {}))),
        status=status,
        example=_curl(path, method, kind, example),
    )


def _curl(path: str, method: str, kind: str, example: Any) -> str:
    """The call as one line of a shell, as far as one line can say it."""
    lines = [f"curl -X {method.upper()}" if method != "get" else "curl", '  -H "Authorization: Bearer $TOKEN"']
    if example is not None and kind == "application/json":
        lines += [
            '  -H "Content-Type: application/json"',
            f"  -d '{json.dumps(example, ensure_ascii=False, indent=2)}'",
        ]
    return " \\\n".join([*lines, f'  "$SITE{path}"'])


def _parameter(said: Mapping[str, Any]) -> Field:
    inner = _resolved(said["schema"])
    place = {"query": "", "path": "アドレスの中", "header": "ヘッダー"}.get(said["in"], "")
    text = "。".join(part for part in (place, _first_line(said.get("description", ""))) if part)
    # The words of the choices of a parameter stand in its own description.
    choices = _choices({**inner, "description": inner.get("description", "") or said.get("description", "")})
    return Field(said["name"], _type(inner), text, bool(said.get("required")), choices, 0)


def _fields(said: Mapping[str, Any], level: int = 0) -> Iterable[Field]:
    """What an object holds, and what lies within, line by line; a page of a list stands for its rows."""
    whole = _resolved(said)
    if whole.get("type") == "array":
        whole = _resolved(whole["items"])
    properties = whole.get("properties", {})
    if {"next", "previous", "results"} <= properties.keys() and level == 0:
        yield from _fields(properties["results"], level)
        return
    for name, inner in properties.items():
        one = _resolved(inner)
        text = inner.get("description") or inner.get("title") or one.get("title") or ""
        yield Field(name, _type(one), _first_line(text), name in whole.get("required", ()), _choices(one), level)
        if level < DEEPEST:
            yield from _fields(one, level + 1)


def _resolved(said: Mapping[str, Any]) -> Mapping[str, Any]:
    """What a reference means; of alternatives the first that is not "nothing"."""
    while True:
        if "$ref" in said:
            said = schema()["components"]["schemas"][said["$ref"].rpartition("/")[2]]
        elif alternatives := said.get("oneOf") or said.get("anyOf") or said.get("allOf"):
            said = next((one for one in alternatives if one.get("type") != "null" and not _is_blank(one)), {})
        else:
            return said


def _is_blank(said: Mapping[str, Any]) -> bool:
    return said.get("$ref", "").rpartition("/")[2] in {"BlankEnum", "NullEnum"}


def _type(said: Mapping[str, Any]) -> str:
    kinds = said.get("type", "object")
    names = [kinds] if isinstance(kinds, str) else list(kinds)
    if "array" in names:
        return f"{_type(_resolved(said.get('items', {})))}の並び"
    return "・".join(TYPES.get(said.get("format", ""), "") or TYPES.get(name, name) for name in names if name != "null")


def _choices(said: Mapping[str, Any]) -> tuple[tuple[str, str], ...]:
    if said.get("type") == "array":
        said = _resolved(said.get("items", {}))
    codes = [code for code in said.get("enum", ()) if code not in ("", None)]
    words = dict(_word(line) for line in said.get("description", "").splitlines() if line.startswith("* `"))
    return tuple((str(code), words.get(str(code), "")) for code in codes)


def _word(line: str) -> tuple[str, str]:
    """* `CODE` - 言葉"""
    code, _, word = line.removeprefix("* `").partition("` - ")
    return code, word


def _first_line(text: str) -> str:
    return next((line for line in text.splitlines() if line and not line.startswith("* `")), "")
