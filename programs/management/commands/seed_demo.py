import sys
from typing import Any

from django.conf import settings
from django.core.management import call_command
from django.core.management.base import BaseCommand, CommandError

from programs.services import demo
from transition.models import User

WIDTH = 30


class Command(BaseCommand):
    help = "架空のデモデータを入れます。すでにあるものは変えません。"

    def handle(self, *args: Any, **options: Any) -> None:
        if not settings.DEMO:
            raise CommandError("この設定ではデモデータを入れられません。")
        if User.objects.filter(is_demo=False).exists():
            raise CommandError("実在の利用者がいるデータベースには、デモデータを入れません。")
        call_command("load_programs", verbosity=0)
        call_command("load_wishes", verbosity=0)
        steps = demo.steps()
        # Progress is no error: no red.
        self.stderr.style_func = None
        for done, step in enumerate(steps, start=1):
            step()
            self._bar(done, len(steps))
        self.stderr.write("")

    def _bar(self, done: int, total: int) -> None:
        if not sys.stderr.isatty() and done < total:
            return
        filled = WIDTH * done // total
        self.stderr.write(f"\rデモデータ [{'#' * filled}{'.' * (WIDTH - filled)}] {done}/{total}", ending="")
        self.stderr.flush()
