from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from transition.models import User
from transition.services import second_factors


class Command(BaseCommand):
    help = "2つめの確認をなくした人が、登録し直せるようにします。先に、本人からの頼みであることを確かめます。"

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("email", help="サインインに使うメールアドレス")

    def handle(self, *args: Any, email: str, **options: Any) -> None:
        user = User.objects.filter(email=email.strip().lower()).first()
        if user is None:
            raise CommandError(f"{email} のアカウントはありません。")
        second_factors.reset(user=user, by=None)
        self.stdout.write(f"{user.email} の2つめの確認を消し、すべての機器をサインアウトしました。")
