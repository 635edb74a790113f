import json
from typing import Any, cast

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.urls import reverse

from calendars import owners
from calendars.enums import Audience
from calendars.models import CalendarFeed
from calendars.owners import Owner
from calendars.services import feeds
from programs.models import Home
from programs.services import demo
from transition import clock
from transition.enums import ConsentMeans, TokenScope
from transition.models import ApiToken, Membership, Person, User
from transition.services import api_tokens, links

# Whose calendar is shown, and which office's home.
NUMBER = "0000000017"
HOST = "9920000037"
# What is issued here is known by its label, and stopped at the next start.
LABEL = "デモ"
# What a program of each role has to do; never more than the role itself may.
_SUPPORTING: list[TokenScope] = [
    scope for scope in TokenScope if scope not in (TokenScope.HOMES_WRITE, TokenScope.PROGRAMS_WRITE)
]
SCOPES: dict[str, list[TokenScope]] = {
    "municipality": [scope for scope in TokenScope if scope != TokenScope.HOMES_WRITE],
    "core_center": [scope for scope in TokenScope if scope != TokenScope.HOMES_WRITE],
    "worker": _SUPPORTING,
    "facility": _SUPPORTING,
    "group_home": [scope for scope in TokenScope if scope not in (TokenScope.PEOPLE_WRITE, TokenScope.PROGRAMS_WRITE)],
}


class Command(BaseCommand):
    help = "デモの利用者と、新しい予定表と本人用リンクのアドレスを表示します。デモだけのデータベースで使えます。"

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--json", action="store_true", help="JSONで表示します")

    def handle(self, *args: Any, json: bool, **options: Any) -> None:
        if not settings.DEMO:
            raise CommandError("この設定ではデモの利用者はいません。")
        if User.objects.filter(is_demo=False).exists() or not User.objects.exists():
            raise CommandError("デモデータだけのデータベースで使ってください。")
        answer = {
            "accounts": self._accounts(),
            "feeds": self._feeds(),
            "links": self._links(),
            "tokens": self._tokens(),
        }
        self.stdout.write(_dumped(answer) if json else _lines(answer))

    def _accounts(self) -> list[dict[str, str]]:
        first: dict[str, str] = {}
        for member in [*demo.read()["members"], *demo.read()["administrators"]]:
            first.setdefault(member["role"], member["email"])
        for person in demo.read()["people"]:
            if "signs_in" in person:
                first.setdefault("person", person["signs_in"])
        return [{"role": role, "email": email, "password": settings.DEMO_PASSWORD} for role, email in first.items()]

    def _feeds(self) -> list[dict[str, str]]:
        """A fresh address for every audience at every level it has; those of the last start end."""
        label = f"{LABEL} {clock.now().astimezone(clock.TOKYO):%m/%d %H:%M}"
        for old in CalendarFeed.objects.filter(label__startswith=LABEL, revoked_at=None).select_related("created_by"):
            feeds.revoke(feed=old, by=old.created_by)
        issued = []
        for owner, by in self._owners():
            for audience in owner.audiences:
                for detail in owner.levels_of(audience):
                    means = ConsentMeans.WORD if audience == Audience.FAMILY else ""
                    feed = owner.issue(audience=audience, detail=detail, label=label, means=means, by=by)
                    path = reverse("calendars:feed", args=[feed.token])
                    issued.append({"audience": str(audience), "detail": str(detail), "path": path})
        return issued

    def _owners(self) -> list[tuple[Owner, User]]:
        """The demo person, a home, and the worker with the office."""
        person = Person.objects.get(certificate_number=NUMBER)
        link = person.support_links.select_related("lead", "organization").order_by("pk")[0]
        home = Home.objects.filter(organization__office_number=HOST).order_by("pk")[0]
        staff = home.organization.memberships.select_related("user").order_by("pk")[0].user
        worker = cast(User, link.lead)
        return [
            (owners.of_person(person), worker),
            (owners.of_home(home), staff),
            (owners.of_user(worker, link.organization), worker),
        ]

    def _tokens(self) -> list[dict[str, Any]]:
        """A fresh token for the first of each role that works somewhere; those of the last start end."""
        label = f"{LABEL} {clock.now().astimezone(clock.TOKYO):%m/%d %H:%M}"
        old = ApiToken.objects.filter(user__is_demo=True, label__startswith=LABEL, revoked_at=None)
        for token in old.select_related("user"):
            api_tokens.revoke(token=token, by=token.user)
        emails: dict[str, str] = {}
        for member in demo.read()["members"]:
            emails.setdefault(member["role"], member["email"])
        issued = []
        for role, email in emails.items():
            found = Membership.objects.current().filter(user__email=email).select_related("user", "organization")
            membership = found.order_by("pk")[0]
            token = api_tokens.issue(
                organization=membership.organization, label=label, scopes=SCOPES[role], by=membership.user
            )
            issued.append({"role": role, "token": token.token, "scopes": [str(scope) for scope in SCOPES[role]]})
        return issued

    def _links(self) -> list[dict[str, str]]:
        """A fresh personal link for everybody in the file."""
        numbers = [person["number"] for person in demo.read()["people"]]
        label = f"{LABEL} {clock.now().astimezone(clock.TOKYO):%m/%d %H:%M}"
        issued = []
        for person in Person.objects.filter(certificate_number__in=numbers).order_by("pk"):
            by = User.objects.get(led_links=person.support_links.order_by("pk")[0])
            for old in person.links.filter(label__startswith=LABEL, revoked_at=None):
                links.revoke(link=old, by=by)
            link = links.issue(person=person, label=label, by=by)
            issued.append({"person": person.called, "path": reverse("programs:easy-enter", args=[link.token])})
        return issued


def _dumped(answer: dict[str, Any]) -> str:
    return json.dumps(answer, ensure_ascii=False, indent=2)


def _lines(answer: dict[str, Any]) -> str:
    rows = [f"{one['role']:<14}{one['email']:<24}{one['password']}" for one in answer["accounts"]]
    rows += [f"{one['audience']:<14}{one['detail']:<10}{one['path']}" for one in answer["feeds"]]
    rows += [f"{one['person']:<14}{one['path']}" for one in answer["links"]]
    return "\n".join(rows + [f"{one['role']:<14}{one['token']}" for one in answer["tokens"]])
