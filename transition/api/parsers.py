"""JSON as it may come in: no deeper than anybody needs, and nothing that JSON does not know."""

import json
from collections.abc import Mapping
from typing import IO, Any, NoReturn

from rest_framework.exceptions import ParseError
from rest_framework.parsers import BaseParser

DEEPEST = 20
# Of a list or an object. Each entry may be wrong in itself, and would be answered with a sentence.
MOST_ENTRIES = 500
UNREADABLE = "本文をJSONとして読めませんでした。"


class StrictJSONParser(BaseParser):
    """An object, no deeper than DEEPEST, nowhere longer than MOST_ENTRIES. Raises ParseError (400) for others."""

    media_type = "application/json"

    def parse(
        self, stream: IO[Any], media_type: str | None = None, parser_context: Mapping[str, Any] | None = None
    ) -> dict[str, Any]:
        try:
            content = json.loads(stream.read().decode("utf-8"), parse_constant=_refuse, object_pairs_hook=_once)
        except (ValueError, RecursionError) as error:
            raise ParseError(UNREADABLE) from error
        if not isinstance(content, dict):
            raise ParseError("本文はJSONのオブジェクト（{…}）にしてください。")
        if _depth(content) > DEEPEST:
            raise ParseError(f"本文の入れ子が深すぎます（{DEEPEST}段まで）。")
        if _most_entries(content) > MOST_ENTRIES:
            raise ParseError(f"本文の並びが長すぎます（{MOST_ENTRIES}個まで）。")
        return content


def _refuse(name: str) -> NoReturn:
    raise ValueError(name)


def _once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    """What is said twice has no one meaning."""
    content = dict(pairs)
    if len(content) != len(pairs):
        raise ValueError("a name appears twice")
    return content


def _depth(content: object) -> int:
    """How deep lists and objects lie in one another; level by level, so that depth costs no stack."""
    level, deep = [content], 0
    while level := [inner for one in level for inner in _inside(one)]:
        deep += 1
        if deep > DEEPEST:
            break
    return deep


def _most_entries(content: object) -> int:
    """How many entries the longest list or object has."""
    level, lengths = [content], [0]
    while level:
        inside = [_inside(one) for one in level]
        lengths.append(max(map(len, inside)))
        level = [inner for found in inside for inner in found]
    return max(lengths)


def _inside(one: object) -> list[Any]:
    if isinstance(one, dict):
        return list(one.values())
    return one if isinstance(one, list) else []
