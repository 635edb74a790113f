from typing import Any

from django.core.management.base import BaseCommand

from transition.services import seals


class Command(BaseCommand):
    help = "監査記録の最後の封（番号:封）を1行で書きます。データベースの外に控えて、verify_audit --head で比べます。"

    def handle(self, *args: Any, **options: Any) -> None:
        self.stdout.write(str(seals.head()))
