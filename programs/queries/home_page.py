"""What a home publishes of itself: its page, who may see its photos, and lists of homes. No guest's data anywhere."""

import datetime as dt
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

from django.core.paginator import Page, Paginator
from django.db.models import Count, Exists, F, OuterRef, QuerySet, Subquery, Value
from django.db.models.functions import Coalesce

from programs.domain import fit
from programs.domain.spans import DAY, Period, nights
from programs.enums import HELD_STATES, PLANNED_STATES, HomePhotoKind, RoomUse, SessionState
from programs.models import Home, HomeGuide, HomePhoto, Room, RoomNight, Session, Slot
from programs.queries.found import conditions, freshness
from programs.rules import runs_home
from transition import clock
from transition.domain.text import search_key
from transition.models import Membership, Person, User

PER_PAGE = 20
# A home with a pattern for a year publishes a slot a week for each room.
SLOTS_READ = 200
OPENINGS_SHOWN = 6
NIGHT_STATES = (SessionState.CONFIRMED, SessionState.IN_PROGRESS)


@dataclass(frozen=True, slots=True)
class Asked:
    """What stay the reader thinks of: `nights` nights, on these dates where they are given."""

    nights: int = 1
    check_in: dt.date | None = None
    check_out: dt.date | None = None

    @property
    def days(self) -> int:
        """Both ends are paid for."""
        return self.nights + 1


@dataclass(frozen=True, slots=True)
class Price:
    """One price per day, with the rooms that have it. The stay costs it for every day, both ends counted."""

    rooms: list[str]
    rent: int
    food: int
    utilities: int
    supplies: int
    asked: Asked

    @property
    def day(self) -> int:
        return self.rent + self.food + self.utilities + self.supplies

    @property
    def stay(self) -> int:
        return self.day * self.asked.days


@dataclass(frozen=True, slots=True)
class Opening:
    """The first free stay of the asked length in a slot, or of the length nearest to it that the slot takes."""

    slot: Slot
    check_in: dt.date
    check_out: dt.date
    now: dt.datetime

    @property
    def nights(self) -> int:
        return (self.check_out - self.check_in).days

    @property
    def price(self) -> int:
        return self.slot.price_per_day * (self.nights + 1)

    @property
    def freshness(self) -> str:
        return freshness(self.slot.confirmed_at, self.now)

    @property
    def conditions(self) -> list[str]:
        return conditions(self.slot, self.slot.disability_kinds)


@dataclass(slots=True)
class HomePage:
    home: Home
    guide: HomeGuide | None
    photos: list[tuple[str, list[HomePhoto]]]
    prices: list[Price]
    openings: list[Opening]
    more_openings: int
    asked: Asked
    runs: bool
    night_contact: str = ""
    hints: list[str] = field(default_factory=list)

    @property
    def first_photo(self) -> HomePhoto | None:
        return self.photos[0][1][0] if self.photos else None


def home_page(home: Home, user: User, asked: Asked) -> HomePage:
    """Five queries, and one more for who knows the night's number. `home` comes with its guide."""
    guide = guide_of(home)
    photos = list(home.photos.select_related("room"))
    slots = _offered(home)
    free = _openings(slots, asked)
    runs = runs_home(user, home)
    return HomePage(
        home=home,
        guide=guide,
        photos=_by_kind(photos),
        prices=_prices(slots, asked),
        openings=free[:OPENINGS_SHOWN],
        more_openings=max(0, len(free) - OPENINGS_SHOWN),
        asked=asked,
        runs=runs,
        night_contact=guide.night_contact if guide and guide.night_contact and knows_nights(user, home, runs) else "",
        hints=_hints(guide, len(photos), bool(home.area), bool(slots)) if runs else [],
    )


def guide_of(home: Home) -> HomeGuide | None:
    return getattr(home, "guide", None)


def knows_nights(user: User, home: Home, runs: bool) -> bool:
    """The number for the night is for the house itself and for who has somebody there, or soon."""
    return runs or (
        Session.objects.filter(
            room__home=home,
            state__in=NIGHT_STATES,
            check_out__gte=clock.today(),
            person__in=Person.objects.visible_to(user),
        ).exists()
    )


def published_to(user: User) -> QuerySet[Home]:
    """Homes show themselves to everybody who works anywhere; to nobody else."""
    works = Membership.objects.current().filter(user=user)
    return Home.objects.filter(Exists(works))


def photos_seen_by(user: User) -> QuerySet[HomePhoto]:
    works = Membership.objects.current().filter(user=user)
    return HomePhoto.objects.filter(Exists(works))


def person_may_see(person: Person, photo: HomePhoto) -> bool:
    """Somebody in the easy view sees the homes of their own stays, those to come and those they had."""
    return person_photos(person).filter(pk=photo.pk).exists()


def person_photos(person: Person) -> QuerySet[HomePhoto]:
    mine = Session.objects.filter(person=person, room__home=OuterRef("home"), state__in=(*PLANNED_STATES, *HELD_STATES))
    return HomePhoto.objects.filter(Exists(mine))


@dataclass(frozen=True, slots=True)
class Listed:
    """One home of a list; `opens_on` is the first night from today on that a slot covers."""

    home: Home
    photo: UUID | None
    photos: int
    rooms: int
    opens_on: dt.date | None
    confirmed_at: dt.datetime | None
    hints: list[str]
    now: dt.datetime

    @property
    def freshness(self) -> str:
        return freshness(self.confirmed_at, self.now) if self.confirmed_at else ""


def own_homes(homes: QuerySet[Home], number: str | int) -> Page:
    """The office's homes with what their pages still lack. Two queries."""
    return _listed(homes, number, with_hints=True)


def all_homes(words: str, area: str, number: str | int) -> Page:
    """Homes that have registered rooms first show in the search; here stands every home there is. Two queries."""
    homes = Home.objects.all()
    if key := search_key(words):
        homes = homes.filter(search_key__contains=key)
    if area:
        homes = homes.filter(area=area)
    return _listed(homes, number, with_hints=False)


def areas_of_homes() -> list[tuple[str, int]]:
    """Every area with the number of its homes."""
    rows = Home.objects.exclude(area="").order_by("area").values_list("area").annotate(count=Count("pk"))
    return list(rows)


def first_photo(home: str) -> Subquery:
    """The first photo's public id of the home behind that name of the outer query."""
    return Subquery(HomePhoto.objects.filter(home=OuterRef(home)).order_by("order", "pk").values("public_id")[:1])


def _listed(homes: QuerySet[Home], number: str | int, *, with_hints: bool) -> Page:
    today, now = clock.today(), clock.now()
    open_slots = Slot.objects.open().filter(room__home=OuterRef("pk"), room__use=RoomUse.TRIAL, ends_on__gt=today)
    counted = HomePhoto.objects.filter(home=OuterRef("pk")).order_by().values("home").annotate(n=Count("pk"))
    rooms = Room.objects.filter(home=OuterRef("pk")).order_by().values("home").annotate(n=Count("pk"))
    rows = homes.select_related("guide", "organization").annotate(
        photo=first_photo("pk"),
        photo_count=Coalesce(Subquery(counted.values("n")), Value(0)),
        room_count=Coalesce(Subquery(rooms.values("n")), Value(0)),
        opens_on=Subquery(open_slots.order_by("starts_on").values("starts_on")[:1]),
        confirmed_at=Subquery(open_slots.order_by("-confirmed_at").values("confirmed_at")[:1]),
    )
    page = Paginator(rows.order_by(F("opens_on").asc(nulls_last=True), "name", "pk"), PER_PAGE).get_page(number)
    found: list[Any] = list(page.object_list)
    listed: Any = [
        Listed(
            home=home,
            photo=home.photo,
            photos=home.photo_count,
            rooms=home.room_count,
            opens_on=max(home.opens_on, today) if home.opens_on else None,
            confirmed_at=home.confirmed_at,
            hints=_hints(guide_of(home), home.photo_count, bool(home.area), bool(home.opens_on), home.room_count)
            if with_hints
            else [],
            now=now,
        )
        for home in found
    ]
    page.object_list = listed
    return page


def _hints(guide: HomeGuide | None, photos: int, has_area: bool, offers: bool, rooms: int | None = None) -> list[str]:
    """What the page still lacks, the most missed first."""
    found = []
    if rooms == 0:
        found.append("居室がまだありません")
    elif not offers:
        found.append("公開中の体験枠がありません")
    if not photos:
        found.append("写真がまだありません")
    if guide is None or not guide.introduction:
        found.append("「どんなホームか」がまだありません")
    if guide is None or not guide.day:
        found.append("「1日の流れ」がまだありません")
    if guide is None or not guide.bring:
        found.append("「持ってくるもの」がまだありません")
    if guide is None or not guide.night_contact:
        found.append("「夜の連絡先」がまだありません")
    if not has_area:
        found.append("市区町村の登録がありません（市町村の担当者に連絡してください）")
    return found


def _by_kind(photos: Sequence[HomePhoto]) -> list[tuple[str, list[HomePhoto]]]:
    """Kinds in the order of the enum, each with its word."""
    return [
        (str(kind.label), found)
        for kind in HomePhotoKind
        if (found := [photo for photo in photos if photo.kind == kind])
    ]


def _offered(home: Home) -> list[Slot]:
    slots = Slot.objects.open().filter(room__home=home, room__use=RoomUse.TRIAL, ends_on__gt=clock.today())
    return list(slots.select_related("room").order_by("starts_on", "room__name", "pk")[:SLOTS_READ])


def _prices(slots: Sequence[Slot], asked: Asked) -> list[Price]:
    rooms: dict[tuple[int, int, int, int], list[str]] = defaultdict(list)
    for slot in slots:
        named = rooms[slot.price_rent, slot.price_food, slot.price_utilities, slot.price_supplies]
        if slot.room.name not in named:
            named.append(slot.room.name)
    return [Price(sorted(names), *price, asked=asked) for price, names in sorted(rooms.items(), key=lambda row: row[1])]


def _openings(slots: Sequence[Slot], asked: Asked) -> list[Opening]:
    """One for each slot that still has room, the earliest first; only the asked dates where they are given."""
    tomorrow, now = clock.today() + DAY, clock.now()
    taken: dict[int, set[dt.date]] = defaultdict(set)
    if slots:
        rooms = {slot.room_id for slot in slots}
        occupied = RoomNight.objects.filter(room__in=rooms, date__gte=clock.today())
        for room, date in occupied.order_by().values_list("room_id", "date"):
            taken[room].add(date)
    found = []
    for slot in slots:
        if asked.check_in and asked.check_out:
            within, length = Period(asked.check_in, asked.check_out), asked.nights
        else:
            within = Period(max(slot.starts_on, tomorrow), slot.ends_on)
            length = min(max(asked.nights, slot.min_nights), slot.max_nights)
        free = frozenset(nights(within.start, within.end)) - taken[slot.room_id]
        stays = fit.openings(free, slot.starts_on, slot.ends_on, length, slot.min_nights, slot.max_nights, within)
        if stays:
            found.append(Opening(slot, *stays[0], now=now))
    return sorted(found, key=lambda opening: (opening.check_in, opening.slot.room.name, opening.slot.pk))
