"""The file of programs, read strictly: every mistake is named with its program, its limit and its field.

Plain values in, plain values out. What each word of the file means stands, in Japanese, at its top
(`programs/data/programs.yaml`).
"""

import datetime as dt
import re
from collections import defaultdict
from collections.abc import Hashable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from enum import Enum
from itertools import pairwise
from typing import Any, Final

import yaml

from programs.enums import Certainty, Counting, Enforcement, ProgramKind, Unit, Window
from transition.domain.text import clean_line, clean_text, normalize_digits
from transition.domain.wareki import parse_date
from transition.enums import GrantService, Residence

MOST_MONTHS: Final = 60
LARGEST: Final = 100_000
_CODE: Final = re.compile(r"[a-z0-9]+(?:-[a-z0-9]+)*")
_FOLD: Final = re.compile(r"(?<=[^\x00-\x7f]) (?=[^\x00-\x7f])|(?<=[。、）」]) ")
_MINUTES: Final = re.compile(r"(?:([0-9]{1,5})\s*(?:時間|hours?))?\s*(?:([0-9]{1,5})\s*(?:分|minutes?))?")
_AMOUNTS: Final = (
    (Unit.DAYS, re.compile(r"([0-9]{1,5})\s*(?:日|days?)")),
    (Unit.NIGHTS, re.compile(r"([0-9]{1,5})\s*(?:泊|nights?)")),
    (Unit.TIMES, re.compile(r"([0-9]{1,5})\s*(?:回|times?)")),
)


@dataclass(frozen=True, slots=True)
class LimitEntry:
    """One cap as the file gives it; `amount` in minutes for MINUTES."""

    code: str
    name: str
    unit: str
    amount: int
    window: str
    counting: str
    enforcement: str
    certainty: str
    tiers: tuple[tuple[int, str], ...]
    valid_from: dt.date | None
    valid_to: dt.date | None
    source: str
    note: str


@dataclass(frozen=True, slots=True)
class ProgramEntry:
    """One program as the file gives it, in the file's order."""

    code: str
    name: str
    kind: str
    months: int | None
    needs_grant: str
    residences: tuple[str, ...]
    note: str
    source: str
    certainty: str
    order: int
    limits: tuple[LimitEntry, ...]


class ProgramFileError(Exception):
    """The file is not loaded; `mistakes` holds one Japanese line for each."""

    def __init__(self, mistakes: Iterable[str]) -> None:
        self.mistakes = list(mistakes)
        super().__init__("\n".join(self.mistakes))


class _Loader(yaml.SafeLoader):
    """YAML without surprises: the same key twice is a mistake, not the last one's win."""

    def construct_mapping(self, node: yaml.MappingNode, deep: bool = False) -> dict[Hashable, Any]:
        found: dict[Hashable, Any] = {}
        for key_node, value_node in node.value:
            key = self.construct_object(key_node, deep=True)
            if key in found:
                raise ProgramFileError([f"{key_node.start_mark.line + 1}行目: {key} が2回書かれています。"])
            found[key] = self.construct_object(value_node, deep=True)
        return found


def parse(text: str) -> Any:
    """The YAML of a file as plain values. Raises ProgramFileError with the line of a mistake."""
    try:
        return yaml.load(text, Loader=_Loader)  # noqa: S506 - a SafeLoader
    except yaml.YAMLError as error:
        mark = getattr(error, "problem_mark", None)
        where = f"{mark.line + 1}行目: " if mark else ""
        raise ProgramFileError([f"{where}YAMLとして読めません。字下げと記号を確かめてください。"]) from error


def read(data: Any) -> list[ProgramEntry]:
    """Check the plain values of a file. Raises ProgramFileError with every mistake at once."""
    mistakes: list[str] = []
    if not isinstance(data, Mapping) or set(data) != {"programs"} or not isinstance(data["programs"], list):
        raise ProgramFileError(["ファイルは programs: の下に事業を並べて書きます。"])
    entries = [_program(item, index, mistakes) for index, item in enumerate(data["programs"], start=1)]
    codes = [entry.code for entry in entries if entry.code]
    mistakes += [
        f"事業 {code}: code が2回使われています。" for code in sorted({c for c in codes if codes.count(c) > 1})
    ]
    if mistakes:
        raise ProgramFileError(mistakes)
    return entries


def amount_of(written: str) -> tuple[Unit, int]:
    """24時間 is 1440 minutes, 1時間30分 is 90, 30日 is thirty days. Raises ValueError with a message."""
    text = normalize_digits(written)
    found = _MINUTES.fullmatch(text)
    if found and (found[1] or found[2]):
        unit, number = Unit.MINUTES, int(found[1] or 0) * 60 + int(found[2] or 0)
    else:
        fitting = ((unit, pattern.fullmatch(text)) for unit, pattern in _AMOUNTS)
        unit, found = next(((unit, found) for unit, found in fitting if found), (Unit.DAYS, None))
        if found is None:
            raise ValueError(f"「{written}」は読めません。24時間、30日、2泊、3回 のように書きます。")
        number = int(found[1])
    if not 0 < number <= LARGEST:
        raise ValueError(f"「{written}」は1以上{LARGEST}以下にします。")
    return unit, number


def combination_mistakes(*, unit: str, window: str, counting: str, enforcement: str, certainty: str) -> list[str]:
    """What does not go together in one limit."""
    mistakes = []
    if (unit == Unit.MINUTES) != (counting == Counting.SPAN):
        mistakes.append("counting: 時間の上限は SPAN、ほかの上限は SPAN 以外にします。")
    if window == Window.STAY and unit not in (Unit.DAYS, Unit.NIGHTS):
        mistakes.append("window: STAY は日か泊の上限に使います。")
    if window == Window.FROM_FIRST_DAY and unit != Unit.DAYS:
        mistakes.append("window: FROM_FIRST_DAY は日の上限に使います。")
    if certainty == Certainty.ASSUMED and enforcement == Enforcement.REFUSE:
        mistakes.append("enforcement: 確かめていない上限（ASSUMED）で止めること（REFUSE）はできません。")
    return mistakes


class _Fields:
    """Takes the fields of one entry and notes what is wrong with each."""

    def __init__(self, item: Any, where: str, known: Sequence[str], mistakes: list[str]) -> None:
        self.where, self.mistakes = where, mistakes
        self.item: Mapping[Any, Any] = item if isinstance(item, Mapping) else {}
        if not isinstance(item, Mapping):
            mistakes.append(f"{where}: 「項目: 値」の形で書きます。")
        for key in self.item:
            if key not in known:
                self.wrong(str(key), "知らない項目です。")

    def wrong(self, name: str, message: str) -> None:
        self.mistakes.append(f"{self.where}、{name}: {message}")

    def text(self, name: str, longest: int, *, required: bool = False, lines: bool = False) -> str:
        value = self.item.get(name)
        if value is None:
            value = ""
        if not isinstance(value, str):
            self.wrong(name, "文字で書きます。")
            return ""
        # YAML joins folded lines with a space; Japanese sentences have none.
        text = _FOLD.sub("", clean_text(value) if lines else clean_line(value))
        if required and not text and self.item:
            self.wrong(name, "書かれていません。")
        if len(text) > longest:
            self.wrong(name, f"長すぎます（{len(text)}文字、{longest}文字まで）。")
        return text

    def code(self) -> str:
        code = self.text("code", 40, required=True)
        if code and not _CODE.fullmatch(code):
            self.wrong("code", "英小文字・数字・ハイフンで書きます。")
        return code

    def choice(self, name: str, words: type[Enum], *, default: str | None = None) -> str:
        value = self.item.get(name, default)
        if value is None:
            if self.item:
                self.wrong(name, "書かれていません。")
            return ""
        return self._word(name, value, words)

    def choices(self, name: str, words: type[Enum]) -> tuple[str, ...]:
        values = self.item.get(name) or []
        if not isinstance(values, list):
            self.wrong(name, "[ ] の中に並べて書きます。")
            return ()
        found = tuple(self._word(name, value, words) for value in values)
        if len(set(found)) < len(found):
            self.wrong(name, "同じものが2回書かれています。")
        return found

    def _word(self, name: str, value: Any, words: type[Enum]) -> str:
        known = [word.value for word in words]
        if value in ("", *known) and (value or name == "needs_grant"):
            return str(value)
        self.wrong(name, f"「{value}」は使えません。{'、'.join(known)} のどれかにします。")
        return ""

    def date(self, name: str) -> dt.date | None:
        value = self.item.get(name)
        if value is None or type(value) is dt.date:
            return value
        try:
            return parse_date(str(value))
        except ValueError as error:
            self.wrong(name, str(error))
            return None


def _program(item: Any, index: int, mistakes: list[str]) -> ProgramEntry:
    code = item.get("code") if isinstance(item, Mapping) else None
    known = ("code", "name", "kind", "months", "needs_grant", "residences", "note", "source", "certainty", "limits")
    fields = _Fields(item, f"事業 {code or f'{index}番目'}", known, mistakes)
    months = fields.item.get("months")
    if months is not None and (type(months) is not int or not 0 < months <= MOST_MONTHS):
        fields.wrong("months", f"1から{MOST_MONTHS}までの数にします。")
        months = None
    limits = fields.item.get("limits") or []
    if not isinstance(limits, list):
        fields.wrong("limits", "上限を - で並べて書きます。")
        limits = []
    entry = ProgramEntry(
        code=fields.code(),
        name=fields.text("name", 80, required=True),
        kind=fields.choice("kind", ProgramKind),
        months=months,
        needs_grant=fields.choice("needs_grant", GrantService, default=""),
        residences=fields.choices("residences", Residence),
        note=fields.text("note", 1000, lines=True),
        source=fields.text("source", 300, required=True),
        certainty=fields.choice("certainty", Certainty),
        order=index * 10,
        limits=tuple(_limit(limit, at, fields) for at, limit in enumerate(limits, start=1)),
    )
    for limit in entry.limits:
        if limit.window == Window.GRANT and not entry.needs_grant:
            fields.wrong(limit.code, "window: GRANT は支給決定（needs_grant）がある事業に使います。")
        if limit.window in (Window.ENROLLMENT, Window.ANNIVERSARY_MONTH) and entry.months is None:
            fields.wrong(limit.code, f"window: {limit.window} は利用期間（months）がある事業に使います。")
    _check_dates(entry, fields)
    return entry


def _limit(item: Any, index: int, program: _Fields) -> LimitEntry:
    code = item.get("code") if isinstance(item, Mapping) else None
    known = (
        *("code", "name", "amount", "window", "counting", "enforcement", "certainty"),
        *("tiers", "valid_from", "valid_to", "source", "note"),
    )
    fields = _Fields(item, f"{program.where}、上限 {code or f'{index}番目'}", known, program.mistakes)
    unit, amount = Unit.DAYS, 0
    try:
        unit, amount = amount_of(str(fields.item.get("amount", "")))
    except ValueError as error:
        fields.wrong("amount", str(error))
    default = Counting.SPAN if unit == Unit.MINUTES else Counting.INCLUSIVE
    entry = LimitEntry(
        code=fields.code(),
        name=fields.text("name", 80, required=True),
        unit=unit.value,
        amount=amount,
        window=fields.choice("window", Window),
        counting=fields.choice("counting", Counting, default=default.value),
        enforcement=fields.choice("enforcement", Enforcement),
        certainty=fields.choice("certainty", Certainty),
        tiers=_tiers(fields, amount),
        valid_from=fields.date("valid_from"),
        valid_to=fields.date("valid_to"),
        source=fields.text("source", 300, required=True),
        note=fields.text("note", 300),
    )
    for mistake in combination_mistakes(
        unit=entry.unit,
        window=entry.window,
        counting=entry.counting,
        enforcement=entry.enforcement,
        certainty=entry.certainty,
    ):
        fields.wrong(*mistake.split(": ", 1))
    if entry.valid_from and entry.valid_to and entry.valid_to < entry.valid_from:
        fields.wrong("valid_to", "適用開始日よりあとにします。")
    if entry.tiers and entry.window != Window.FROM_FIRST_DAY:
        fields.wrong("tiers", "FROM_FIRST_DAY のときだけ書きます。")
    return entry


def _tiers(fields: _Fields, amount: int) -> tuple[tuple[int, str], ...]:
    tiers = fields.item.get("tiers") or {}
    if not isinstance(tiers, Mapping) or not all(
        type(last) is int and isinstance(label, str) for last, label in tiers.items()
    ):
        fields.wrong("tiers", "「5: （Ⅰ）」のように、何日目までかと名前を書きます。")
        return ()
    days = list(tiers)
    if days and (days != sorted(days) or days[0] < 1 or days[-1] != amount):
        fields.wrong("tiers", "日の小さい順に書き、最後は amount と同じ日にします。")
    return tuple((last, clean_line(label)) for last, label in tiers.items())


def _check_dates(entry: ProgramEntry, fields: _Fields) -> None:
    """Rows of one limit follow each other in time and never hold together."""
    rows: dict[str, list[LimitEntry]] = defaultdict(list)
    for limit in entry.limits:
        rows[limit.code].append(limit)
    for code, same in rows.items():
        same.sort(key=lambda limit: limit.valid_from or dt.date.min)
        for before, after in pairwise(same):
            if before.valid_to is None or after.valid_from is None or before.valid_to >= after.valid_from:
                fields.wrong(code, "同じ code の行の適用期間が重なっています。前の行に valid_to を書きます。")
