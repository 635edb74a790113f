"""Reads delimited text that people exported, edited and mailed on. One damaged row never hides the next.

Python's reader alone would let one unclosed quote swallow the rest of a file, and one broken byte refuse all of it.
Here every line is decoded by itself, line numbers are those an editor shows, and a line that could be a row of its
own is never taken as the rest of another.
"""

import csv
import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from itertools import product
from typing import Final

from transition.domain.text import has_forbidden

ENCODINGS: Final = (("utf-8", "UTF-8"), ("cp932", "CP932（Shift_JIS）"))
DELIMITERS: Final = (",", "\t", ";")
# A title and a date may stand above the header.
HEADER_WITHIN: Final = 20
# A cell with more line breaks than this is damage.
MOST_LINES: Final = 20
LONGEST_FILE: Final = 50_000_000
# More lines than any list of homes in Japan has: another file, or damage that would be listed line by line.
MOST_ROWS: Final = 200_000

_LINE_END: Final = re.compile(rb"\r\n|\n|\r")
_NUMBER_OF_A_ROW: Final = re.compile(r"(?<!\d)\d{10}(?!\d)")
_STARTS: Final = (
    ((b"PK", b"\xd0\xcf\x11\xe0"), "ExcelかZIPのファイルです。CSV形式で保存してから読み込んでください。"),
    ((b"\xff\xfe", b"\xfe\xff"), "文字コードがUTF-16です。UTF-8かCP932（Shift_JIS）のCSVで保存してください。"),
    ((b"%PDF",), "PDFのファイルです。CSVを用意してください。"),
)


class Unreadable(Exception):  # noqa: N818 - reads as what happened
    """The file as a whole cannot be read. The message is for people."""


@dataclass(frozen=True, slots=True)
class Record:
    """Cells of one row, as written, and the number of its first line."""

    line: int
    cells: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Damaged:
    """A line that cannot be read, and why."""

    line: int
    reason: str


@dataclass(frozen=True, slots=True)
class Table:
    """A file whose header was found. `above` lines stand before the header."""

    header: tuple[str, ...]
    header_line: int
    encoding: str
    delimiter: str
    lines: Sequence[str | None]
    first: int

    @property
    def above(self) -> int:
        return self.header_line - 1

    def records(self) -> Iterator[Record | Damaged]:
        """Everything below the header, in order; nothing is left out."""
        index = self.first
        while index < len(self.lines):
            record, index = _next(self.lines, index, self.delimiter, len(self.header))
            yield record


def read(data: bytes, is_header: Callable[[Sequence[str]], bool]) -> Table:
    """Find encoding, delimiter and header together: the right ones are those under which the header is known.

    Raises Unreadable with a message for people when there is no such header.
    """
    data = data.rstrip(b"\x00\x1a \r\n\t") if not data.startswith((b"\xff\xfe", b"\xfe\xff")) else data
    if not data:
        raise Unreadable("ファイルが空です。")
    if len(data) > LONGEST_FILE:
        raise Unreadable(f"ファイルが大きすぎます（{LONGEST_FILE // 1_000_000}MBまで）。")
    for starts, message in _STARTS:
        if data.startswith(starts):
            raise Unreadable(message)
    raw = _LINE_END.split(data)
    if len(raw) > MOST_ROWS:
        raise Unreadable(f"行が多すぎます（{MOST_ROWS:,}行まで）。")
    for (encoding, label), delimiter in product(ENCODINGS, DELIMITERS):
        top = [_decoded(line, encoding) for line in raw[: HEADER_WITHIN + MOST_LINES]]
        for index in range(min(HEADER_WITHIN, len(top))):
            record, following = _next(top, index, delimiter, None)
            if isinstance(record, Record) and is_header(record.cells):
                lines = [_decoded(line, encoding) for line in raw]
                return Table(record.cells, index + 1, label, delimiter, lines, following)
    if not any(all(_decoded(line, encoding) is not None for line in raw) for encoding, _ in ENCODINGS):
        raise Unreadable("文字コードが分かりません。UTF-8かCP932（Shift_JIS）のCSVで保存してください。")
    raise Unreadable("見出しの行が見つかりません。知らない形の一覧です。")


def _decoded(line: bytes, encoding: str) -> str | None:
    try:
        return line.decode(encoding).removeprefix("\ufeff")
    except UnicodeDecodeError:
        return None


def _next(lines: Sequence[str | None], index: int, delimiter: str, width: int | None) -> tuple[Record | Damaged, int]:
    """The row that starts at `index`, and where the next one starts. Without `width` any number of cells will do."""
    number, text = index + 1, lines[index]
    if text is None:
        return Damaged(number, "文字が壊れているか、途中で切れています。"), index + 1
    if has_forbidden(text):
        return Damaged(number, "使えない文字（制御文字）が入っています。"), index + 1
    try:
        cells = _cells(text, delimiter)
    except csv.Error:
        return Damaged(number, '引用符（"）の使い方が正しくありません。'), index + 1
    if cells is not None:
        return Record(number, cells), index + 1
    for end in range(index + 1, min(index + MOST_LINES, len(lines))):
        part = lines[end]
        if part is None or has_forbidden(part) or (width is not None and _could_be_row(part, delimiter, width)):
            break
        text = f"{text}\n{part}"
        try:
            cells = _cells(text, delimiter)
        except csv.Error:
            break
        if cells is None:
            continue
        if width is not None and len(cells) != width:
            break
        return Record(number, cells), end + 1
    return Damaged(number, '引用符（"）が閉じていません。'), index + 1


def _cells(text: str, delimiter: str) -> tuple[str, ...] | None:
    """The cells, or None when a quote is still open at the end. Raises csv.Error for misplaced quotes."""
    try:
        return tuple(next(csv.reader([text], delimiter=delimiter, strict=True), ()))
    except csv.Error as error:
        if str(error) == "unexpected end of data":
            return None
        raise


def _could_be_row(text: str, delimiter: str, width: int) -> bool:
    return text.count(delimiter) >= max(width - 1, 1) or _NUMBER_OF_A_ROW.search(text) is not None
