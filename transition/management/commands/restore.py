from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from transition.services.backups import restoring
from transition.services.backups.databases import address
from transition.services.backups.failures import BackupFailed


class Command(BaseCommand):
    help = (
        "バックアップを、空のデータベースに戻します（--verify は確かめるだけ）。鍵は環境変数 BACKUP_KEY（秘密のほう）。"
        "終了コード: 0 できた、2 鍵、3 ディスクがいっぱい、4 ファイルが壊れている、5 戻す先が空でない、1 そのほか。"
    )
    # In trouble it must work whatever else is wrong.
    requires_system_checks = []

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("file", type=Path, metavar="FILE")
        what = parser.add_mutually_exclusive_group(required=True)
        what.add_argument(
            "--into", metavar="URL|env:NAME", help="戻す先のデータベース。env:DATABASE_URL なら環境変数から"
        )
        what.add_argument("--verify", action="store_true", help="最後まで読んで確かめるだけで、どこにも戻しません")
        parser.add_argument("--media", type=Path, metavar="DIR", help="写真を戻すフォルダー（ふつうは MEDIA_ROOT）")
        parser.add_argument("--overwrite", action="store_true", help="いまあるデータを消して戻します")
        parser.add_argument("--confirm", default="", metavar="NAME", help="上書きするデータベースの名前")

    def handle(self, *args: Any, file: Path, into: str | None, verify: bool, **options: Any) -> None:
        try:
            if verify or into is None:
                done = restoring.verify(path=file)
            else:
                done = restoring.restore(
                    path=file,
                    into=address(into),
                    media=(options["media"] or restoring.default_media()).absolute(),
                    overwrite=options["overwrite"],
                    confirm=options["confirm"],
                )
        except BackupFailed as failed:
            raise CommandError(str(failed), returncode=failed.exit_code) from failed
        rows = sum(table.rows for table in done.manifest.tables.values())
        said = "正しいバックアップです" if verify else "戻しました"
        self.stdout.write(
            f"{said}: {done.about.made_at} の時点、{len(done.manifest.tables)}表 {rows:,}行、"
            f"写真など {done.manifest.media.files:,}件"
        )
        if done.missing_migrations and not verify:
            self.stdout.write(
                "次に manage.py migrate を実行してください（バックアップのあとに版が新しくなっています）。"
            )
