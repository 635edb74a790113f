"""Finding open slots: for everybody, as on a city's page, or for one person with what speaks against each."""

import base64
import binascii
import datetime as dt
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from django.core.paginator import Paginator
from django.db.models import F, Q, QuerySet
from rest_framework import serializers
from rest_framework.exceptions import NotFound

from programs.domain import fit
from programs.domain.spans import DAY, Period, nights
from programs.enums import ROOM_KINDS, ProgramKind, RoomUse
from programs.forms.search import DEFAULT_WEEKS, LONGEST_AREA, LONGEST_WINDOW
from programs.models import Program, RoomNight, Slot
from programs.queries import home_page, search, stays
from programs.queries.found import ASKS, CANNOT, FITS, Found
from programs.queries.limits import LimitBook
from programs.queries.search import Wanted
from transition import clock
from transition.api.errors import ProblemSerializer
from transition.api.fields import DayField, LineField, PublicIdField
from transition.api.organizations import municipalities_found_by
from transition.enums import SupportLevel
from transition.models import Person

SORTS = ("date", "price", "fit")
VERDICTS = {FITS: "FITS", ASKS: "ASKS", CANNOT: "CANNOT"}
# What a search for a person judges itself.
NOT_OF_A_PERSON = ("home", "municipality", "level", "wheelchair", "medical_care", "mine")
NOT_OF_ONES_OWN = ("municipality", "level", "wheelchair", "medical_care", "area", "max_price", "ordering")


class SlotsAsked(serializers.Serializer[Any]):
    """What the address of a search says; `from`, `to` and `nights` are filled in where it says nothing."""

    nights = serializers.IntegerField(
        min_value=1, max_value=60, default=1, help_text="続けて空いている夜の数です。書かなければ1泊です。"
    )
    municipality = PublicIdField(municipalities_found_by, required=False, help_text="事業所のある市町村の公開IDです。")
    area = LineField(max_length=LONGEST_AREA, required=False, help_text="ホームの市区町村の名前です（例: 架空市）。")
    home = PublicIdField(home_page.published_to, required=False, help_text="ホームの公開IDです。")
    wheelchair = serializers.BooleanField(default=False, help_text="true なら、車いすで使える枠だけです。")
    medical_care = serializers.BooleanField(default=False, help_text="true なら、医療的ケアに対応できる枠だけです。")
    level = serializers.ChoiceField(
        choices=SupportLevel.choices, required=False, help_text="この障害支援区分の人が申し込める枠だけです。"
    )
    max_price = serializers.IntegerField(
        min_value=0, max_value=100_000, required=False, help_text="1日の費用の上限（円）です。"
    )
    mine = serializers.BooleanField(
        default=False, help_text="true なら、自分のホームの枠です。埋まった枠、終わった枠、取り下げた枠も入ります。"
    )
    person = PublicIdField(
        Person.objects.visible_to,
        required=False,
        help_text="この本人に合うかを調べます。PEOPLE_READ も要ります。",
    )
    program = serializers.UUIDField(required=False, help_text="person といっしょに: どの体験事業で使うか。")
    ordering = serializers.ChoiceField(
        choices=SORTS, required=False, help_text="date は早い順、price は安い順、fit は合う順（person のとき）です。"
    )

    def get_fields(self) -> dict[str, Any]:
        first = DayField(required=False, help_text="チェックインできる最初の日です。書かなければ明日です。")
        last = DayField(
            required=False, help_text=f"チェックアウトの最後の日です。書かなければ{DEFAULT_WEEKS}週間後です。"
        )
        return {"from": first, "to": last, **super().get_fields()}

    def validate(self, asked: dict[str, Any]) -> dict[str, Any]:
        today = clock.today()
        said: dict[str, list[str]] = {}
        first = asked.get("from") or (today if asked["mine"] else today + DAY)
        last = asked.get("to") or first + dt.timedelta(weeks=DEFAULT_WEEKS)
        if first < today and not asked["mine"]:
            said["from"] = ["すぎた日です。今日からあとの日にしてください。"]
        span = (last - first).days
        if not 1 <= span <= LONGEST_WINDOW:
            said["to"] = [f"「to」は「from」より1日から{LONGEST_WINDOW}日あとにしてください。"]
        elif asked["nights"] > span:
            said["nights"] = [f"この期間に泊まれるのは{span}泊までです。期間を広げてください。"]
        if asked["mine"]:
            said |= {name: ["mine といっしょには使えません。"] for name in NOT_OF_ONES_OWN if _is_asked(asked, name)}
        if "person" in asked:
            said |= {name: ["person といっしょには使えません。"] for name in NOT_OF_A_PERSON if _is_asked(asked, name)}
        elif "program" in asked or asked.get("ordering") == "fit":
            said["program" if "program" in asked else "ordering"] = ["person といっしょに使います。"]
        if said:
            raise serializers.ValidationError(said)
        return {**asked, "from": first, "to": last}


def _is_asked(asked: dict[str, Any], name: str) -> bool:
    return name in asked and asked[name] is not False


class StayShown(serializers.Serializer[Any]):
    """One possible stay of the asked number of nights."""

    check_in = DayField()
    check_out = DayField()
    problems = ProblemSerializer(many=True, help_text="この日にちについての問題点です。")


class FitShown(serializers.Serializer[Any]):
    """What the worker's search says of one slot for one person."""

    verdict = serializers.ChoiceField(
        choices=[("FITS", "合う"), ("ASKS", "理由があれば申し込める"), ("CANNOT", "申し込めない")]
    )
    reasons = serializers.ListField(child=serializers.CharField(), help_text="合わない理由です。")
    obstacles = ProblemSerializer(many=True, help_text="体験事業そのものについての問題点です。")
    stays = StayShown(many=True, help_text="空いている日にちです。")


@dataclass(frozen=True, slots=True)
class Page:
    """Ids of slots in their order, what was found of each, and the marks of the pages around."""

    ids: Sequence[Any]
    found: dict[Any, dict[str, Any]]
    following: str | None
    previous: str | None


def mark(number: int) -> str:
    return base64.urlsafe_b64encode(f"page={number}".encode()).decode()


def number_of(cursor: str) -> int:
    """Raises NotFound for a mark that was made up."""
    try:
        name, _, number = base64.urlsafe_b64decode(cursor.encode()).decode().partition("=")
        if name != "page" or not number.isascii() or not number.isdigit() or not 1 <= int(number) <= 100_000:
            raise ValueError
    except (ValueError, binascii.Error):
        raise NotFound("続きの印が正しくありません。") from None
    return int(number)


def open_slots(asked: dict[str, Any], number: int, size: int) -> Page:
    """Slots with enough free nights in a row, the earliest or the cheapest first. Two queries."""
    slots = _candidates(asked)
    rows = list(
        slots.order_by().values_list(
            "public_id", "room_id", "starts_on", "ends_on", "min_nights", "max_nights", "day_price"
        )
    )
    taken = _taken(slots, asked)
    window, within = frozenset(nights(asked["from"], asked["to"])), Period(asked["from"], asked["to"])
    ranked = []
    for public_id, room, starts_on, ends_on, least, most, price in rows:
        free = window - taken[room] if room in taken else window
        stays_there = fit.openings(free, starts_on, ends_on, asked["nights"], least, most, within)
        if stays_there:
            first = stays_there[0][0]
            by = (price, first) if asked.get("ordering") == "price" else (first, price)
            ranked.append((*by, room, public_id))
    page = _page([row[-1] for row in sorted(ranked)], number, size)
    return Page(page.object_list, {}, *_around(page))


def slots_for(person: Person, asked: dict[str, Any], number: int, size: int) -> Page:
    """The worker's search (programs/queries/search.py), its page of that number."""
    book = LimitBook([person])
    program = _program(book, person, asked.get("program"))
    wanted = Wanted(
        program=program,
        first=asked["from"],
        last=asked["to"],
        nights=asked["nights"],
        areas=(asked["area"],) if asked.get("area") else (),
        price_max=asked.get("max_price"),
        sort=asked.get("ordering") or "fit",
    )
    results = search.search(person, wanted, book, number, size)
    if number > results.page.paginator.num_pages:
        raise NotFound("続きの印が正しくありません。")
    obstacles = stays.program_problems(person, program)
    found = {one.row.public_id: _shown(one, obstacles) for one in results.found}
    return Page(list(found), found, *_around(results.page))


def _shown(one: Found, obstacles: Sequence[Any]) -> dict[str, Any]:
    return {
        "verdict": VERDICTS[one.verdict],
        "reasons": one.reasons,
        "obstacles": obstacles,
        "stays": one.dates,
    }


def _program(book: LimitBook, person: Person, public_id: Any) -> Program:
    programs = [program for program in book.programs(person) if program.kind in ROOM_KINDS]
    if public_id is not None:
        programs = [program for program in programs if program.public_id == public_id]
    if not programs:
        raise serializers.ValidationError({"program": ["この本人が部屋を使える体験事業ではありません。"]})
    return next((program for program in programs if program.kind == ProgramKind.GROUP_HOME_TRIAL), programs[0])


def _candidates(asked: dict[str, Any]) -> QuerySet[Any]:
    """As the worker's search: open, in a room for trials, on these dates, at this price; and what else was asked."""
    price = F("price_rent") + F("price_food") + F("price_utilities") + F("price_supplies")
    slots: QuerySet[Any] = Slot.objects.open().overlapping(asked["from"], asked["to"]).filter(room__use=RoomUse.TRIAL)
    slots = slots.annotate(day_price=price)
    if "max_price" in asked:
        slots = slots.filter(day_price__lte=asked["max_price"])
    if asked.get("area"):
        slots = slots.filter(room__home__area=asked["area"])
    if "home" in asked:
        slots = slots.filter(room__home=asked["home"])
    if "municipality" in asked:
        slots = slots.filter(room__home__organization__municipality=asked["municipality"])
    if "level" in asked:
        level = asked["level"]
        slots = slots.filter(Q(level_min=None) | Q(level_min__lte=level), Q(level_max=None) | Q(level_max__gte=level))
    for name in ("wheelchair", "medical_care"):
        if asked[name]:
            slots = slots.filter(**{name: True})
    return slots


def _taken(slots: QuerySet[Any], asked: dict[str, Any]) -> dict[int, set[dt.date]]:
    taken: dict[int, set[dt.date]] = defaultdict(set)
    rooms = slots.order_by().values("room")
    occupied = RoomNight.objects.filter(date__gte=asked["from"], date__lt=asked["to"], room__in=rooms)
    for room, date in occupied.order_by().values_list("room", "date"):
        taken[room].add(date)
    return taken


def _page(rows: Sequence[Any], number: int, size: int) -> Any:
    paginator = Paginator(rows, size)
    if number > paginator.num_pages:
        raise NotFound("続きの印が正しくありません。")
    return paginator.page(number)


def _around(page: Any) -> tuple[str | None, str | None]:
    following = mark(page.next_page_number()) if page.has_next() else None
    return following, mark(page.previous_page_number()) if page.has_previous() else None
