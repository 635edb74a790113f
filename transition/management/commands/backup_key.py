from typing import Any

from django.core.management.base import BaseCommand

from transition.services.backups import keys


class Command(BaseCommand):
    help = "バックアップの鍵を新しく作って表示します。どこにも保存しません。"
    requires_system_checks = []

    def handle(self, *args: Any, **options: Any) -> None:
        pair = keys.new()
        self.stdout.write("サーバーの環境に入れる鍵（バックアップを作るだけで、読めません）:")
        self.stdout.write(f"  BACKUP_KEY={pair.public}")
        self.stdout.write("金庫などサーバーの外に保管する鍵（なくすと、バックアップは二度と読めません）:")
        self.stdout.write(f"  BACKUP_KEY={pair.secret}")
