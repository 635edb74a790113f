import datetime as dt
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from transition import clock
from transition.queries.audit_chain import verify
from transition.services.seals import Head


class Command(BaseCommand):
    help = "監査記録の封を確かめます。最初におかしいところを示し、あれば終了コード1で終わります。"

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument(
            "--since", type=dt.date.fromisoformat, help="この日の封から（例: 2026-11-01）。なければ全部"
        )
        parser.add_argument("--head", metavar="番号:封", help="audit_head で外に控えておいたもの")

    def handle(self, *args: Any, since: dt.date | None, head: str | None, **options: Any) -> None:
        known = _head(head) if head else None
        verdict = verify(since=clock.at(since, dt.time.min) if since else None, known=known)
        if verdict.finding is not None:
            raise CommandError(f"{verdict.finding}（その前の{verdict.checked}件は正しい）")
        self.stdout.write(f"封{verdict.checked}件、すべて正しいです。いまの最後: {verdict.head}")


def _head(text: str) -> Head:
    number, _, code = text.strip().partition(":")
    if not number.isascii() or not number.isdecimal() or len(code) != 64:
        raise CommandError("--head は「番号:封」の形です（audit_head の1行）。")
    return Head(int(number), code)
