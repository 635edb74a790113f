from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.db import connection

from transition.services.backups.databases import address, reached
from transition.services.backups.failures import BackupFailed
from transition.services.moving import move


class Command(BaseCommand):
    help = (
        "いまのデータベース（DATABASE_URL）の中身を、空の別のデータベースへ移します。"
        "SQLite から PostgreSQL へも、その逆も。先に web と worker を止めてください。"
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--to", required=True, metavar="URL|env:NAME", help="移す先。env:NAME なら環境変数から")

    def handle(self, *args: Any, to: str, verbosity: int, **options: Any) -> None:
        try:
            with reached(address(to)) as target:
                moved = move(source=connection, target=target, say=self.stdout.write if verbosity > 1 else str)
        except BackupFailed as failed:
            raise CommandError(str(failed), returncode=failed.exit_code) from failed
        self.stdout.write(
            f"{moved.tables}表 {moved.rows:,}行を移しました。合計はすべて同じです。"
            "DATABASE_URL を新しいアドレスにかえてください。写真（MEDIA_ROOT）はそのままです。"
        )
