from typing import Any

from django.core.management.base import BaseCommand

from calendars.services import refreshes


class Command(BaseCommand):
    help = "Rewrite the stored calendar entries after an update of the software, or where some are missing."

    def handle(self, *args: Any, **options: Any) -> None:
        self.stdout.write(f"{refreshes.rebuild_all()} entries changed")
