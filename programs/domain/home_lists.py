"""The lists of group homes that prefectures, cities and WAM NET publish, read row by row.

Each layout is a table from our fields to the names in its header, so a new list is a new table. A row that cannot
be used becomes a `RefusedRow` with its line and every reason at once; a row that can be used but looks wrong keeps
its doubts beside it.
"""

import datetime as dt
import re
import unicodedata
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Final

from programs.domain import csv_records
from programs.domain.municipalities import municipality_in
from programs.enums import HomeType
from transition.domain import identifiers
from transition.domain.text import clean_line, normalize_digits, search_key
from transition.domain.wareki import parse_date

# Stands where a program before us could not read a letter; the Osaka list has eight.
DAMAGE: Final = "\ufffd"
OFFICE_FIELDS: Final = ("office_name", "corporation_name", "postal_code", "address", "phone")
# As long as the columns that take them.
LONGEST: Final = {"office_name": 120, "name": 120, "corporation_name": 120, "address": 200, "branch": 10}
LABELS: Final = {
    "office_name": "事業所の名称",
    "name": "ホームの名称",
    "corporation_name": "法人名",
    "postal_code": "郵便番号",
    "address": "住所",
    "phone": "電話番号",
    "branch": "枝番",
}
_NOTHING: Final = frozenset(("-", "ー", "－", "―", "‐", "なし", "不明", "未定"))
_ABRIDGED: Final = re.compile(r"[（(]\s*以下\s*略\s*[）)]")
_POSTAL_CODE: Final = re.compile(r"〒?([0-9]{3})-?([0-9]{4})")
_PHONE: Final = re.compile(r"[0-9+()\-.,/ 内線代表:]{6,20}")
_CAPACITY: Final = re.compile(r"([0-9]{1,3})[人名]?")
_TYPE_WORDS: Final = {
    "サテライト": HomeType.SATELLITE,
    "包括": HomeType.COMPREHENSIVE,
    "日中": HomeType.DAY_SUPPORT,
    "外部": HomeType.EXTERNAL_SERVICE,
}
# 33 is the code of 共同生活援助 among the kinds of service.
_GROUP_HOME: Final = re.compile(r"共同生活援助|グループホーム|^33$")


@dataclass(frozen=True, slots=True)
class HomeRow:
    """One usable row. Empty text or None: the list does not say.

    `names_home` is False in lists of offices, where `name` only repeats the office's name.
    """

    line: int
    office_number: str
    office_name: str
    name: str
    branch: str = ""
    corporation_name: str = ""
    postal_code: str = ""
    address: str = ""
    phone: str = ""
    area: str = ""
    home_type: str = ""
    capacity: int | None = None
    designated_on: dt.date | None = None
    names_home: bool = True
    doubts: tuple[str, ...] = ()

    @property
    def key(self) -> tuple[str, str, str]:
        """What tells one home from another: number and branch, without a branch number and name."""
        return self.office_number, self.branch, "" if self.branch else search_key(self.name)


@dataclass(frozen=True, slots=True)
class RefusedRow:
    """A row that cannot be used."""

    line: int
    reason: str


@dataclass(frozen=True, slots=True)
class SkippedRow:
    """A row that is in order and still no home: empty, another service, said before."""

    line: int
    reason: str


type_of_row = HomeRow | RefusedRow | SkippedRow


@dataclass(frozen=True, slots=True)
class Layout:
    """Which column holds what. `columns` must all be there, `more` may; other columns are ignored."""

    title: str
    columns: Mapping[str, str]
    more: Mapping[str, str]
    # The field of a last column without a name.
    unnamed_last: str = ""

    def positions(self, header: Sequence[str]) -> dict[str, int] | None:
        """Where each field stands, or None when this is another list."""
        names = [_heading(cell) for cell in header]
        if not all(_heading(name) in names for name in self.columns.values()):
            return None
        known = {**self.columns, **self.more}
        found = {field: names.index(_heading(name)) for field, name in known.items() if _heading(name) in names}
        if self.unnamed_last and names[-1] == "":
            found[self.unnamed_last] = len(names) - 1
        return found


LAYOUTS: Final = (
    Layout(
        title="共同生活住居ごとの一覧（熊本県の形）",
        columns={"office_number": "事業所番号", "branch": "枝番", "office_name": "名称", "name": "共同生活住居名称"},
        more={
            "area": "所在地",
            "postal_code": "郵便番号",
            "address": "住所",
            "phone": "電話番号",
            "corporation_name": "事業者名称",
            "designated_on": "指定年月日",
        },
        unnamed_last="home_type",
    ),
    Layout(
        title="事業所ごとの一覧（大阪市の形）",
        columns={"office_number": "事業所番号", "office_name": "事業所名称", "address": "事業所所在地"},
        more={
            "phone": "事業所電話番号",
            "corporation_name": "法人名称",
            "capacity": "利用定員",
            "designated_on": "指定日",
        },
    ),
    Layout(
        title="WAM NETのオープンデータ",
        columns={
            "office_number": "事業所番号",
            "office_name": "事業所の名称",
            "service": "サービス種別",
            "area": "事業所住所（市区町村）",
        },
        more={
            "rest_of_address": "事業所住所（番地以降）",
            "phone": "事業所電話番号",
            "corporation_name": "法人の名称",
            "capacity": "定員",
        },
    ),
)


@dataclass(frozen=True, slots=True)
class HomeList:
    """A file whose layout was recognized."""

    layout: Layout
    table: csv_records.Table

    def rows(self) -> Iterator[type_of_row]:
        """Every row below the header, in order. A later row for the same home is only good if it says the same."""
        positions = self.layout.positions(self.table.header) or {}
        header = [_heading(cell) for cell in self.table.header]
        homes: dict[tuple[str, str, str], HomeRow] = {}
        offices: dict[str, HomeRow] = {}
        for record in self.table.records():
            if isinstance(record, csv_records.Damaged):
                yield RefusedRow(record.line, record.reason)
                continue
            row = _row(record, positions, header)
            if isinstance(row, HomeRow):
                row = _said_before(row, homes) or _against_office(row, offices)
                if isinstance(row, HomeRow):
                    homes[row.key] = row
                    offices.setdefault(row.office_number, row)
            yield row


def recognize(data: bytes) -> HomeList:
    """Decode a file and find its layout. Raises csv_records.Unreadable with a message for people."""
    table = csv_records.read(data, lambda cells: _layout_of(cells) is not None)
    layout = _layout_of(table.header)
    if layout is None:
        raise AssertionError("the header was recognized a moment ago")
    return HomeList(layout, table)


def rows(data: bytes) -> Iterator[type_of_row]:
    """Every row of a file below its header. Raises csv_records.Unreadable."""
    yield from recognize(data).rows()


def _layout_of(header: Sequence[str]) -> Layout | None:
    return next((layout for layout in LAYOUTS if layout.positions(header)), None)


def _heading(cell: str) -> str:
    """名　称 and 名称 are one heading, （市区町村） and (市区町村) too."""
    text = unicodedata.normalize("NFKC", cell)
    return "".join(c for c in text if not c.isspace() and unicodedata.category(c) != "Cf")


def _said_before(row: HomeRow, homes: Mapping[tuple[str, str, str], HomeRow]) -> RefusedRow | SkippedRow | None:
    before = homes.get(row.key)
    if before is None:
        return None
    if replace(row, line=before.line, doubts=before.doubts) == before:
        return SkippedRow(row.line, f"{before.line}行目と同じ内容")
    what = "事業所番号と枝番" if row.branch else "事業所番号と名称"
    return RefusedRow(row.line, f"{what}が{before.line}行目と同じで、内容がちがいます。正しいほうを残してください。")


def _against_office(row: HomeRow, offices: Mapping[str, HomeRow]) -> HomeRow:
    """Homes of one office repeat the office's facts; where they differ, the first row holds."""
    first = offices.get(row.office_number)
    if first is None or not row.names_home:
        return row
    differing = [
        LABELS[field] for field in OFFICE_FIELDS if getattr(row, field) and getattr(row, field) != getattr(first, field)
    ]
    if not differing:
        return row
    doubt = f"{'・'.join(differing)}が、同じ事業所の{first.line}行目とちがいます。{first.line}行目を使います。"
    return replace(row, doubts=(*row.doubts, doubt))


def _row(record: csv_records.Record, positions: Mapping[str, int], header: Sequence[str]) -> type_of_row:
    cells = record.cells
    if not any(cell.strip() for cell in cells):
        return SkippedRow(record.line, "空の行")
    if [_heading(cell) for cell in cells] == header:
        return SkippedRow(record.line, "見出しのくりかえし")
    # Spreadsheets like to add empty columns on the right.
    surplus = cells[len(header) :]
    if len(cells) < len(header) or any(cell.strip() for cell in surplus):
        return RefusedRow(record.line, f"列の数が{len(cells)}です（見出しは{len(header)}）。")
    return _Reader(record.line, {field: cells[at] for field, at in positions.items()}).row()


class _Reader:
    """Reads one row's cells and gathers every reason and doubt on the way."""

    def __init__(self, line: int, cells: Mapping[str, str]) -> None:
        self.line = line
        self.cells = cells
        self.reasons: list[str] = []
        self.doubts: list[str] = []

    def row(self) -> type_of_row:
        service = normalize_digits(self.cells.get("service", ""))
        if "service" in self.cells and not _GROUP_HOME.search(service):
            if not service:
                return RefusedRow(self.line, "サービス種別が空です。")
            return SkippedRow(self.line, f"ほかのサービス（{_short(service)}）")
        office_number = self._office_number()
        office_name = self._text("office_name", required=True)
        names_home = "name" in self.cells
        area = municipality_in(_ABRIDGED.sub("", clean_line(self.cells.get("area") or self.cells.get("address", ""))))
        if not area:
            self.doubts.append("市区町村が分かりません。")
        row = HomeRow(
            line=self.line,
            office_number=office_number,
            office_name=office_name,
            name=self._text("name", required=True) if names_home else office_name,
            branch=self._branch(),
            corporation_name=self._text("corporation_name"),
            postal_code=self._postal_code(),
            address=self._address(),
            phone=self._phone(),
            area=area,
            home_type=self._home_type(self.cells.get("home_type", "") or service),
            capacity=self._capacity(),
            designated_on=self._date(),
            names_home=names_home,
        )
        if self.reasons:
            return RefusedRow(self.line, "".join(self.reasons))
        return replace(row, doubts=tuple(self.doubts))

    def _code(self, field: str) -> str:
        text = normalize_digits(self.cells.get(field, ""))
        return "" if text in _NOTHING else text

    def _text(self, field: str, *, required: bool = False) -> str:
        text = clean_line(self.cells.get(field, ""))
        return self._checked(field, text, required=required)

    def _checked(self, field: str, text: str, *, required: bool = False) -> str:
        if required and not text:
            self.reasons.append(f"{LABELS[field]}が空です。")
        if DAMAGE in text:
            self.doubts.append(f"{LABELS[field]}に読めない文字があります（{_short(text)}）。")
        if len(text) > LONGEST[field]:
            self.reasons.append(f"{LABELS[field]}が長すぎます（{len(text)}文字、{LONGEST[field]}文字まで）。")
        return text

    def _office_number(self) -> str:
        # Some programs write ="0110100011" to keep the first zero.
        number = identifiers.normalize_number(self.cells["office_number"].strip('="'))
        if wrong := identifiers.office_number(number):
            lost = "先頭の0が消えていないか確かめてください。" if re.fullmatch(r"[0-9]{9}", number) else ""
            self.reasons.append(wrong + lost)
        elif doubt := identifiers.office_number_doubt(number):
            self.doubts.append(f"{number}: {doubt}")
        return number

    def _branch(self) -> str:
        branch = self._code("branch")
        # 01 and 1 are one branch.
        return self._checked("branch", branch.lstrip("0") or "0" if re.fullmatch("[0-9]+", branch) else branch)

    def _address(self) -> str:
        if "rest_of_address" in self.cells:
            text = self.cells["area"] + self.cells["rest_of_address"]
        else:
            text = self.cells.get("address", "")
        return self._checked("address", _ABRIDGED.sub("", clean_line(text)))

    def _postal_code(self) -> str:
        code = self._code("postal_code")
        if found := _POSTAL_CODE.fullmatch(code):
            return f"{found[1]}-{found[2]}"
        if code:
            self.doubts.append(f"郵便番号を読めないので入れません（{_short(code)}）。")
        return ""

    def _phone(self) -> str:
        phone = self._code("phone")
        if phone and not _PHONE.fullmatch(phone):
            self.doubts.append(f"電話番号を読めないので入れません（{_short(phone)}）。")
            return ""
        return phone

    def _home_type(self, written: str) -> str:
        text = clean_line(written)
        kind = next((kind for word, kind in _TYPE_WORDS.items() if word in text), None)
        if text and kind is None and not _GROUP_HOME.search(text):
            self.doubts.append(f"類型が分かりません（{_short(text)}）。")
        return kind.value if kind else ""

    def _capacity(self) -> int | None:
        written = self._code("capacity")
        if not written:
            return None
        found = _CAPACITY.fullmatch(written)
        if found is None:
            self.reasons.append(f"定員を数として読めません（{_short(written)}）。")
            return None
        # 0 stands for "not filled in" in open data.
        return int(found[1]) or None

    def _date(self) -> dt.date | None:
        written = self._code("designated_on")
        if not written:
            return None
        try:
            return parse_date(written)
        except ValueError as error:
            self.reasons.append(f"指定日（{_short(written)}）: {error}")
            return None


def _short(text: str) -> str:
    return text if len(text) <= 30 else f"{text[:29]}…"
