"""Publishing rooms. Every function takes the room's lock; refusals are `Refused` with all problems at once."""

import datetime as dt
import uuid
from collections.abc import Sequence
from dataclasses import dataclass, field, fields

from programs.domain.problems import Problem, Refused
from programs.enums import RoomUse, SexPolicy
from programs.models import Room, Slot
from programs.signals import slot_published
from transition import clock
from transition.models import User
from transition.services import audit
from transition.services.transactions import RequestKey, lock, writing

MAX_AHEAD_DAYS = 400
# A week's stay may not run into the next week's.
DAYS_A_WEEK = 7


@dataclass(frozen=True, slots=True)
class Offer:
    """What is offered besides the dates: stay lengths in nights, times, yen per day by item, conditions."""

    min_nights: int = 1
    max_nights: int = 7
    check_in_time: dt.time = dt.time(15, 0)
    check_out_time: dt.time = dt.time(10, 0)
    price_rent: int = 0
    price_food: int = 0
    price_utilities: int = 0
    price_supplies: int = 0
    sex: str = SexPolicy.ANY
    level_min: int | None = None
    level_max: int | None = None
    disability_kinds: Sequence[str] = ()
    medical_care: bool = False
    wheelchair: bool = False
    note: str = ""


@dataclass(frozen=True, slots=True)
class Pattern:
    """Weekly: a stay of `nights` nights beginning each `weekday` (0 Monday) from `first_on` to `last_on`."""

    weekday: int
    nights: int
    first_on: dt.date
    last_on: dt.date

    def spans(self) -> list[tuple[dt.date, dt.date]]:
        """(first night, last morning) of every week; the first night lies within first_on…last_on."""
        start = self.first_on + dt.timedelta(days=(self.weekday - self.first_on.weekday()) % 7)
        weeks = range(((self.last_on - start).days // 7) + 1) if start <= self.last_on else range(0)
        starts = (start + dt.timedelta(weeks=week) for week in weeks)
        return [(day, day + dt.timedelta(days=self.nights)) for day in starts]


@dataclass(frozen=True, slots=True)
class Published:
    """The slots a pattern made, and the first nights left out because they were already offered."""

    slots: list[Slot] = field(default_factory=list)
    already_offered: list[dt.date] = field(default_factory=list)


@writing
def publish(
    *, room: Room, starts_on: dt.date, ends_on: dt.date, offer: Offer, by: User, key: RequestKey | None = None
) -> Slot:
    """Offer the nights from `starts_on` up to the morning of `ends_on`."""
    [room] = lock(Room, [room.pk])
    problems = _publishing_problems(room, starts_on, ends_on, offer)
    if _offered(room, starts_on, ends_on):
        problems.append(_overlap(starts_on, ends_on))
    if problems:
        raise Refused(problems)
    slot = _create(room, starts_on, ends_on, offer, by)
    slot_published.send(sender=Slot, slots=[slot])
    return slot


def publish_pattern(
    *, room: Room, pattern: Pattern, offer: Offer, by: User, key: RequestKey | None = None
) -> Published:
    """Offer every week's stay of the pattern; weeks already offered are left out and reported.

    Sending the same pattern twice therefore publishes nothing twice. Refused when nothing is left to publish.
    """
    first = _publish_pattern(room=room, pattern=pattern, offer=offer, by=by, key=key)
    made = list(Slot.objects.filter(series=first.series).select_related("room__home"))
    starts = {slot.starts_on for slot in made}
    return Published(made, [span[0] for span in pattern.spans() if span[0] not in starts])


@writing
def _publish_pattern(*, room: Room, pattern: Pattern, offer: Offer, by: User, key: RequestKey | None) -> Slot:
    """The first slot of the series; the others carry the same `series`."""
    [room] = lock(Room, [room.pk])
    spans = pattern.spans()
    problems = (
        [] if spans else [Problem("slot.pattern_empty", "この期間にあてはまる曜日がありません。", field="last_on")]
    )
    if not 1 <= pattern.nights <= DAYS_A_WEEK:
        problems.append(Problem("slot.nights", "毎週くり返すときの泊数は、1から7までです。", field="nights"))
    if spans and not problems:
        problems = _publishing_problems(room, spans[0][0], spans[-1][1], offer, start_field="first_on")
        if not offer.min_nights <= pattern.nights <= offer.max_nights:
            problems.append(
                Problem("slot.nights", "くり返しの泊数を、最短と最長の泊数のあいだにしてください。", field="nights")
            )
    free = [span for span in spans if not _offered(room, *span)]
    if not problems and not free:
        problems = [Problem("slot.overlap", "この期間の枠はすべて公開済みです。", field="first_on")]
    if problems:
        raise Refused(problems)
    series = uuid.uuid4()
    slots = [_create(room, starts_on, ends_on, offer, by, series) for starts_on, ends_on in free]
    slot_published.send(sender=Slot, slots=slots)
    return slots[0]


@writing
def withdraw(*, slot: Slot, by: User, key: RequestKey | None = None) -> Slot:
    """Take the slot out of the search. Stays already requested or confirmed in it are kept."""
    slot = _locked(slot)
    if slot.withdrawn_at is None:
        slot.withdrawn_at, slot.withdrawn_by = clock.now(), by
        slot.save(update_fields=["withdrawn_at", "withdrawn_by"])
        audit.record("slot.withdraw", slot, by=by)
    return slot


@writing
def confirm_free(*, slot: Slot, by: User, key: RequestKey | None = None) -> Slot:
    """Say that the room is still free; the search shows how long ago that was said."""
    slot = _locked(slot)
    slot.confirmed_at = clock.now()
    slot.save(update_fields=["confirmed_at"])
    audit.record("slot.confirm_free", slot, by=by)
    return slot


def _locked(slot: Slot) -> Slot:
    lock(Room, [slot.room_id])
    return Slot.objects.get(pk=slot.pk)


def _offered(room: Room, starts_on: dt.date, ends_on: dt.date) -> bool:
    return Slot.objects.open().filter(room=room).overlapping(starts_on, ends_on).exists()


def _overlap(starts_on: dt.date, ends_on: dt.date) -> Problem:
    span = f"{starts_on.month}月{starts_on.day}日から{ends_on.month}月{ends_on.day}日"
    return Problem("slot.overlap", f"この居室は{span}のあいだに公開済みの枠があります。", field="starts_on")


def _publishing_problems(
    room: Room, starts_on: dt.date, ends_on: dt.date, offer: Offer, start_field: str = "starts_on"
) -> list[Problem]:
    today = clock.today()
    problems = []
    if room.use != RoomUse.TRIAL:
        message = "家賃を払っている入居者の部屋は、留守のあいだも体験に使えません。"
        problems.append(Problem("room.rented", message, field="room"))
    if starts_on < today:
        problems.append(Problem("slot.past", "過去の日付では公開できません。", field=start_field))
    if ends_on <= starts_on:
        message = "最後の朝は最初の夜よりあとにしてください。"
        problems.append(Problem("slot.order", message, field="ends_on"))
    if ends_on > today + dt.timedelta(days=MAX_AHEAD_DAYS):
        end_field = "ends_on" if start_field == "starts_on" else "last_on"
        problems.append(Problem("slot.too_far", f"公開できるのは{MAX_AHEAD_DAYS}日先までです。", field=end_field))
    if offer.min_nights < 1:
        problems.append(Problem("slot.min_nights", "最短の泊数は1以上にしてください。", field="min_nights"))
    if offer.max_nights < offer.min_nights:
        message = "最長の泊数は最短の泊数以上にしてください。"
        problems.append(Problem("slot.max_nights", message, field="max_nights"))
    elif ends_on > starts_on and offer.min_nights > (ends_on - starts_on).days:
        message = f"公開する期間は{(ends_on - starts_on).days}泊です。最短の泊数をそれ以下にしてください。"
        problems.append(Problem("slot.min_nights", message, field="min_nights"))
    if offer.level_min is not None and offer.level_max is not None and offer.level_max < offer.level_min:
        message = "区分の上限は下限以上にしてください。"
        problems.append(Problem("slot.levels", message, field="level_max"))
    return problems


def _create(
    room: Room, starts_on: dt.date, ends_on: dt.date, offer: Offer, by: User, series: uuid.UUID | None = None
) -> Slot:
    now = clock.now()
    values = {item.name: getattr(offer, item.name) for item in fields(offer)}
    values["disability_kinds"] = list(offer.disability_kinds)
    slot = Slot(
        room=room,
        starts_on=starts_on,
        ends_on=ends_on,
        series=series,
        published_at=now,
        confirmed_at=now,
        published_by=by,
        **values,
    )
    slot.full_clean(validate_constraints=False, exclude=["room", "published_by"])
    slot.save()
    audit.record("slot.publish", slot, by=by, room=room.pk, starts_on=str(starts_on), ends_on=str(ends_on))
    return slot
