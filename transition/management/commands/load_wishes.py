from pathlib import Path
from typing import Any

import yaml
from django.core.management.base import BaseCommand

from transition.services import wishes

BOOK = Path(__file__).resolve().parent.parent.parent / "data" / "wishes.yaml"


class Command(BaseCommand):
    help = "やってみたいことの本（みんなのページ）を入れます。何度実行しても同じです。"

    def handle(self, *args: Any, **options: Any) -> None:
        changed = wishes.load_book(yaml.safe_load(BOOK.read_text(encoding="utf-8")))
        if options["verbosity"]:
            self.stdout.write(f"やってみたいこと: {changed}ページを入れました。")
