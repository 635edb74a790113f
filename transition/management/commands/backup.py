from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from transition.services.backups.failures import BackupFailed
from transition.services.backups.making import backup


class Command(BaseCommand):
    help = (
        "データベースと写真を、暗号化した1つのファイルに書きます。使っている間でもかまいません。"
        "鍵は環境変数 BACKUP_KEY。終了コード: 0 できた、2 鍵、3 ディスクがいっぱい、1 そのほか。"
    )
    # In trouble it must work whatever else is wrong.
    requires_system_checks = []

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument(
            "target", type=Path, metavar="FILE|DIR", help="新しいファイル、または日時の名前で置くフォルダー"
        )
        parser.add_argument("--keep", type=int, metavar="DAYS", help="フォルダーにある、この日数より古いものを消します")

    def handle(self, *args: Any, target: Path, keep: int | None, **options: Any) -> None:
        if keep is not None and keep < 1:
            raise CommandError("--keep は1日以上です。")
        try:
            made = backup(target=target, keep_days=keep)
        except BackupFailed as failed:
            raise CommandError(str(failed), returncode=failed.exit_code) from failed
        rows = sum(table.rows for table in made.manifest.tables.values())
        self.stdout.write(
            f"{made.path}（{made.bytes / 1_000_000:,.1f} MB、{len(made.manifest.tables)}表 {rows:,}行、"
            f"写真など {made.manifest.media.files:,}件）"
        )
        if made.removed:
            self.stdout.write(f"古いバックアップを{len(made.removed)}個消しました。")
