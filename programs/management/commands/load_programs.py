"""manage.py load_programs [FILE]: bring the general programs and limits in line with the file."""

from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from programs.domain.program_file import ProgramFileError, parse
from programs.services import programs

PACKAGED = Path(__file__).resolve().parents[2] / "data" / "programs.yaml"


class Command(BaseCommand):
    help = (
        "体験事業と上限をファイルから読み込みます。何度読み込んでも同じ結果になり、"
        "市町村が自分用に変えたものは変わりません。"
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("file", metavar="FILE", type=Path, nargs="?", default=PACKAGED, help="既定: 付属のファイル")

    def handle(self, *args: Any, file: Path, **options: Any) -> None:
        try:
            report = programs.load(parse(file.read_text(encoding="utf-8-sig")))
        except (OSError, UnicodeDecodeError) as error:
            raise CommandError(f"{file}: ファイルを読めません。UTF-8のファイルを指定してください。") from error
        except ProgramFileError as error:
            raise CommandError("\n".join([f"{file}: 読み込みませんでした。", *error.mistakes])) from error
        if not options["verbosity"]:
            return
        for name, counts in (("事業", report.programs), ("上限", report.limits)):
            self.stdout.write(f"{name}: 新規 {counts.created}、変更 {counts.changed}、変更なし {counts.unchanged}")
        for title, names in (
            ("ファイルから外れたため、昨日で終わりにした上限", report.closed),
            ("ファイルから外れたため、消した上限（使われていません）", report.deleted),
            ("ファイルにない事業（そのまま残しています）", report.missing),
        ):
            if names:
                self.stdout.write(f"{title}: {'、'.join(names)}")
