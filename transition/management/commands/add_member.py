import getpass
import sys
from typing import Any

from django.core.exceptions import ValidationError
from django.core.management.base import BaseCommand, CommandError, CommandParser

from transition.enums import MembershipRole
from transition.models import Organization
from transition.services import organizations


class Command(BaseCommand):
    help = "組織に職員を加えます。組織は事業所番号か市町村番号で、新しいメールアドレスにはパスワードを決めます。"

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("organization", metavar="NUMBER", help="事業所番号（10桁）か市町村番号（6桁）")
        parser.add_argument("email", help="メールアドレス")
        parser.add_argument("name", help="名前")
        parser.add_argument("--role", choices=MembershipRole.values, default=MembershipRole.STAFF)
        parser.add_argument("--password-stdin", action="store_true", help="パスワードを標準入力の1行目から読みます")

    def handle(self, *args: Any, organization: str, email: str, name: str, role: str, **options: Any) -> None:
        found = Organization.objects.filter(office_number=organization)
        found = found | Organization.objects.filter(municipality_number=organization)
        if found.count() != 1:
            raise CommandError(f"{organization} の組織は{found.count()}件です。番号を確かめてください。")
        password = sys.stdin.readline().rstrip("\n") if options["password_stdin"] else getpass.getpass("パスワード: ")
        try:
            membership = organizations.add_member(
                organization=found.get(), email=email, name=name, role=role, password=password, by=None
            )
        except ValidationError as error:
            raise CommandError("、".join(error.messages)) from error
        self.stdout.write(
            f"{membership.user.email} は {membership.organization} の{membership.get_role_display()}です。"
        )
