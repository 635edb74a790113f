"""manage.py import_homes FILE: register the group homes of a published list."""

import sys
import unicodedata
from collections import Counter
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from programs.domain.csv_records import LONGEST_FILE, Unreadable
from programs.domain.home_lists import HomeList, recognize
from programs.services import homes

BAR = 30
_REASONS: dict[type[OSError], str] = {
    FileNotFoundError: "ファイルがありません",
    IsADirectoryError: "ファイルではなくフォルダーです",
    PermissionError: "ファイルを読む権限がありません",
}


class Command(BaseCommand):
    help = (
        "公表されているグループホームの一覧（CSV）を取り込みます。何度取り込んでも同じ結果になります。"
        "読める一覧: 熊本県の形、大阪市の形、WAM NETのオープンデータ。UTF-8かCP932。"
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("file", metavar="FILE", type=Path, help="一覧のCSVファイル")
        parser.add_argument("--dry-run", action="store_true", help="書き込まずに、結果だけを表示します")
        parser.add_argument("--progress", action="store_true", help="端末でなくても進み具合を表示します")

    def handle(self, *args: Any, file: Path, dry_run: bool, progress: bool, **options: Any) -> None:
        found = _read(file)
        self.stdout.write(f"{file.name}: {found.layout.title}、{found.table.encoding}")
        if found.table.above:
            self.stdout.write(f"見出しより上の{found.table.above}行は読みません。")
        shows = (progress or sys.stderr.isatty()) and options["verbosity"] > 0
        report = homes.import_rows(found.rows(), by=None, dry_run=dry_run, progress=self._bar if shows else None)
        if shows:
            self.stderr.write("")
        self._results(report)
        if len(report.refused) == report.rows:
            raise CommandError("読み込めた行がありません。")

    def _bar(self, done: int, total: int) -> None:
        filled = BAR * done // max(total, 1)
        self.stderr.write(f"\r[{'#' * filled}{'.' * (BAR - filled)}] {done}/{total}行", ending="")
        self.stderr.flush()

    def _results(self, report: homes.ImportReport) -> None:
        offices, those = report.offices, report.homes
        self._table(
            [
                ["", "新規", "変更", "変更なし"],
                ["事業所", *map(str, (offices.created, offices.changed, offices.unchanged))],
                ["ホーム", *map(str, (those.created, those.changed, those.unchanged))],
            ]
        )
        self._table(
            [
                ["読んだ行", str(report.rows)],
                ["取り込めない行", str(len(report.refused))],
                ["対象外の行", str(len(report.skipped))],
                ["確認してください", str(len({line for line, _ in report.doubts}))],
            ]
        )
        self._listed("取り込めない行", [(row.line, row.reason) for row in report.refused])
        self._listed("確認してください（取り込みました）", report.doubts)
        for reason, count in Counter(row.reason for row in report.skipped if "行目" not in row.reason).items():
            self.stdout.write(f"対象外 {count}行: {reason}")
        self._listed("同じ内容の行", [(row.line, row.reason) for row in report.skipped if "行目" in row.reason])
        if report.dry_run:
            self.stdout.write(self.style.WARNING("試しに読んだだけで、何も書き込んでいません（--dry-run）。"))

    def _listed(self, title: str, lines: list[tuple[int, str]]) -> None:
        if not lines:
            return
        self.stdout.write(f"{title}:")
        for line, reason in sorted(lines):
            self.stdout.write(f"  {line}行目 {reason}")
        self.stdout.write("")

    def _table(self, rows: list[list[str]]) -> None:
        """First column left, the others right; full-width letters take two places."""
        widths = [max(map(_width, column)) for column in zip(*rows, strict=True)]
        for first, *others in rows:
            cells = [first + " " * (widths[0] - _width(first))]
            cells += [" " * (width - _width(cell)) + cell for cell, width in zip(others, widths[1:], strict=True)]
            self.stdout.write("  ".join(cells))
        self.stdout.write("")


def _read(file: Path) -> HomeList:
    try:
        with file.open("rb") as stream:
            data = stream.read(LONGEST_FILE + 1)  # a pipe or a device does not say how long it is
    except OSError as error:
        raise CommandError(f"{file}: {_REASONS.get(type(error), 'ファイルを読めません')}。") from error
    try:
        return recognize(data)
    except Unreadable as error:
        raise CommandError(f"{file}: {error}") from error


def _width(text: str) -> int:
    return sum(2 if unicodedata.east_asian_width(c) in "WF" else 1 for c in text)
