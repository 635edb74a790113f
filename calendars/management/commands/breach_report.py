import datetime as dt
import json
from collections.abc import Callable
from typing import Any

from django.core.exceptions import ValidationError
from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.db.models import QuerySet

from calendars.models import CalendarFeed
from calendars.queries import breach
from transition import clock
from transition.exports import csv_text
from transition.models import ApiToken, Organization, Person, PersonLink, User

HEADER = ("公開ID", "本人", "市町村", "見られたか", "情報の種類", "閲覧の数", "最初の閲覧", "最後の閲覧")


class Command(BaseCommand):
    help = "漏えいかもしれないとき: だれの、どんな情報が、何によって見られたか。人数が最初に出ます（速報のため）。"

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--since", type=dt.date.fromisoformat, required=True, help="この日から（例: 2026-11-01）")
        parser.add_argument("--until", type=dt.date.fromisoformat, help="この日まで（なければ今まで）")
        form = parser.add_mutually_exclusive_group()
        form.add_argument("--json", action="store_true", help="JSONで書く")
        form.add_argument("--csv", action="store_true", help="本人1人を1行にした表で書く（本人に知らせるため）")
        one = parser.add_mutually_exclusive_group(required=True)
        one.add_argument("--user", metavar="EMAIL", help="職員のサインインを知られた")
        one.add_argument("--org", metavar="ID", help="組織の公開ID、事業所番号、市町村番号")
        one.add_argument("--feed", metavar="ID", help="予定表の配信の公開ID")
        one.add_argument("--token", metavar="ID", help="アクセストークンの公開ID")
        one.add_argument("--link", metavar="ID", help="本人用リンクの公開ID")

    def handle(self, *args: Any, **options: Any) -> None:
        since, until = options["since"], options["until"]
        if until and until < since:
            raise CommandError("--until が --since より前です。")
        begin = clock.at(since, dt.time.min)
        end = clock.at(until + dt.timedelta(days=1), dt.time.min) if until else clock.now() + dt.timedelta(seconds=1)
        report = _report(options, begin, end)
        write = _as_json if options["json"] else _as_csv if options["csv"] else _as_text
        self.stdout.write(write(report), ending="" if options["csv"] else "\n")


def _report(options: dict[str, Any], since: dt.datetime, until: dt.datetime) -> breach.Report:
    ways: dict[str, tuple[QuerySet[Any], Callable[..., breach.Report]]] = {
        "user": (User.objects.filter(email=(options["user"] or "").strip().lower()), breach.of_user),
        "org": (_organizations(options["org"] or ""), breach.of_organization),
        "feed": (_by_id(CalendarFeed.objects.all(), options["feed"]), breach.of_feed),
        "token": (_by_id(ApiToken.objects.select_related("user"), options["token"]), breach.of_token),
        "link": (_by_id(PersonLink.objects.all(), options["link"]), breach.of_link),
    }
    name = next(name for name in ways if options[name])
    rows, make = ways[name]
    row = rows.first()
    if row is None:
        raise CommandError(f"--{name} {options[name]} は見つかりません。")
    return make(row, since, until)


def _by_id(rows: QuerySet[Any], public_id: str | None) -> QuerySet[Any]:
    try:
        return rows.filter(public_id=public_id) if public_id else rows.none()
    except ValidationError:
        return rows.none()


def _organizations(named: str) -> QuerySet[Organization]:
    by_number = Organization.objects.exclude(office_number="", municipality_number="")
    numbered = by_number.filter(office_number=named) | by_number.filter(municipality_number=named)
    return numbered if named.isdecimal() else _by_id(Organization.objects.all(), named)


def _people(ids: set[int]) -> list[Person]:
    return list(Person.objects.filter(pk__in=ids).select_related("municipality").order_by("pk"))


def _as_json(report: breach.Report) -> str:
    body = {
        "subject": report.subject,
        "since": report.since,
        "until": report.until,
        "people_seen": len(report.people),
        "people_reachable": len(report.reachable),
        "kinds": report.kinds,
        "views": report.views,
        "acts": report.acts,
        "exports": report.exports,
        "cards": report.cards,
        "photos": report.photos,
        "fetched": report.fetched,
        "people": [
            {"id": str(person.public_id), "name": person.name, "municipality": person.municipality.name}
            for person in _people(report.people)
        ],
        "reachable": [str(person.public_id) for person in _people(report.reachable - report.people)],
    }
    return json.dumps(body, ensure_ascii=False, indent=2, default=_moment)


def _as_csv(report: breach.Report) -> str:
    rows = []
    for person in _people(report.reachable):
        found = report.looks.get(person.pk)
        certain = "見られた" if person.pk in report.people else "見られた可能性がある"
        kinds = "、".join(found.kinds if found else [])
        seen = (found.count, found.first, found.last) if found else (0, None, None)
        rows.append((str(person.public_id), person.name, person.municipality.name, certain, kinds, *seen))
    # The mark (BOM) by which Excel knows UTF-8.
    return "\ufeff" + csv_text(HEADER, rows)


def _moment(value: Any) -> str:
    return value.astimezone(clock.TOKYO).isoformat() if isinstance(value, dt.datetime) else str(value)


def _as_text(report: breach.Report) -> str:
    lines = [
        f"見られた本人: {len(report.people)}人",
        f"見られた可能性のある本人: {len(report.reachable)}人（上を含む）",
        f"対象: {report.subject}",
        f"期間: {_moment(report.since)} から {_moment(report.until)} の前まで",
        f"情報の種類: {'、'.join(report.kinds) or 'なし'}",
        f"閲覧: {sum(report.views.values())}件（事前情報シート{report.cards}件、写真{report.photos}件）",
        *(f"  {words}: {count}件" for words, count in sorted(report.views.items())),
        f"書き出し: {len(report.exports)}件",
        *(f"  {_moment(one['at'])} {one['what']}（{one['rows']}行）" for one in report.exports),
        f"したこと: {sum(report.acts.values())}件",
        *(f"  {words}: {count}件" for words, count in sorted(report.acts.items())),
        *(f"{one['what']}: {_moment(one['at']) if one['at'] else 'まだありません'}" for one in report.fetched),
        "見られた本人の一覧:",
        *(f"  {one.public_id} {one.name}（{one.municipality.name}）" for one in _people(report.people)),
    ]
    return "\n".join(lines)
