import sys
from typing import Any

from django.conf import settings
from django.core.management import call_command
from django.core.management.base import BaseCommand, CommandError, CommandParser

from programs.services import demo, demo_size
from programs.services.demo_town import CITY
from transition.models import User

WIDTH = 30
MOST = 5_000


class Command(BaseCommand):
    help = "架空のデモデータを入れます。すでにあるものは変えません。"

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument(
            "--size",
            type=int,
            default=0,
            metavar="N",
            help=f"さらに、N人（{MOST:,}人まで）が1年使ったあとの、架空の大きな市を入れます",
        )

    def handle(self, *args: Any, size: int, **options: Any) -> None:
        if not settings.DEMO:
            raise CommandError("この設定ではデモデータを入れられません。")
        if User.objects.filter(is_demo=False).exists():
            raise CommandError("実在の利用者がいるデータベースには、デモデータを入れません。")
        if not 0 <= size <= MOST:
            raise CommandError(f"--size は {MOST:,} までの人数です。")
        call_command("load_programs", verbosity=0)
        call_command("load_wishes", verbosity=0)
        steps = demo.steps()
        # Progress is no error: no red.
        self.stderr.style_func = None
        for done, step in enumerate(steps, start=1):
            step()
            self._bar(done, len(steps))
        self.stderr.write("")
        if size:
            self._grow(size)

    def _grow(self, size: int) -> None:
        if not demo_size.build(size=size, password=settings.DEMO_PASSWORD):
            self.stderr.write(f"{CITY}は、もうあります。")
            return
        self.stderr.write(f"{CITY}に{size}人を入れました。予定表を作っています …")
        call_command("refresh_feeds", verbosity=0, stdout=self.stderr)

    def _bar(self, done: int, total: int) -> None:
        if not sys.stderr.isatty() and done < total:
            return
        filled = WIDTH * done // total
        self.stderr.write(f"\rデモデータ [{'#' * filled}{'.' * (WIDTH - filled)}] {done}/{total}", ending="")
        self.stderr.flush()
