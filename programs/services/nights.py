"""Closing and opening what somebody chose on the board: nights of several rooms in one transaction."""

import datetime as dt
from collections.abc import Mapping, Sequence

from programs.domain.problems import Problem, Refused
from programs.enums import NightUse
from programs.models import Room, RoomNight
from transition import clock
from transition.models import User
from transition.services import audit
from transition.services.transactions import ConstraintBroken, RequestKey, lock, writing

# Room (its pk) → its nights.
Chosen = Mapping[int, Sequence[dt.date]]


def close(*, chosen: Chosen, use: NightUse, by: User, key: RequestKey | None = None) -> None:
    """Nobody can sleep there in these nights; nights closed for something else are now closed for this.

    Refused as a whole when a guest has one of them, or one has passed.
    """
    try:
        _close(chosen=chosen, use=use, by=by, key=key)
    except ConstraintBroken as broken:
        raise Refused([_taken("いま申込が入りました。もう一度選んでください。")]) from broken


@writing
def _close(*, chosen: Chosen, use: NightUse, by: User, key: RequestKey | None) -> None:
    rooms = lock(Room, chosen)
    occupied = {room.pk: _occupied(room, chosen[room.pk]) for room in rooms}
    problems = _past(chosen)
    for room in rooms:
        if guests := sorted(date for date, night in occupied[room.pk].items() if night.use == NightUse.STAY):
            listed = "、".join(f"{date.month}月{date.day}日" for date in guests)
            problems.append(_taken(f"{room.name}には、申込か確定の体験がある夜があります（{listed}）。"))
    if problems:
        raise Refused(problems)
    for room in rooms:
        nights = sorted(set(chosen[room.pk]))
        RoomNight.objects.filter(room=room, date__in=nights).exclude(use=use).update(use=use)
        missing = [date for date in nights if date not in occupied[room.pk]]
        RoomNight.objects.bulk_create([RoomNight(room=room, date=date, use=use) for date in missing])
        audit.record("room.close_nights", room, by=by, nights=len(nights), use=str(use))


@writing
def reopen(*, chosen: Chosen, by: User, key: RequestKey | None = None) -> None:
    """Give closed nights free again; nights of stays are left alone."""
    rooms = lock(Room, chosen)
    if problems := _past(chosen):
        raise Refused(problems)
    for room in rooms:
        closed = RoomNight.objects.filter(room=room, date__in=list(chosen[room.pk])).exclude(use=NightUse.STAY)
        count, _ = closed.delete()
        audit.record("room.open_nights", room, by=by, nights=count)


def _occupied(room: Room, dates: Sequence[dt.date]) -> dict[dt.date, RoomNight]:
    return {night.date: night for night in RoomNight.objects.filter(room=room, date__in=list(dates))}


def _past(chosen: Chosen) -> list[Problem]:
    if any(date < clock.today() for dates in chosen.values() for date in dates):
        return [Problem("room.past", "過去の夜は変えられません。", field="night")]
    return []


def _taken(message: str) -> Problem:
    return Problem("room.taken", message, field="night")
