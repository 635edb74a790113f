"""What a session uses up: its minutes, days, nights and times by Japanese date.

Days are held as ordinals (`date.toordinal()`), because limits are counted for every slot of a search and integers
add up several times faster than dates. Sources: `domain.md` 9.1, `design.md` 4.1 and 4.2.
"""

import datetime as dt
from bisect import bisect_left, bisect_right
from collections.abc import Hashable, Iterable
from dataclasses import dataclass, replace
from itertools import accumulate

from programs.domain import spans
from programs.enums import Counting, SessionKind, Unit

# Amount by day ordinal. DAYS and NIGHTS are always 1: a date counts once for the person.
Amounts = dict[int, int]


@dataclass(frozen=True, slots=True)
class Use:
    """One session as the limits see it: planned times while planned, actual times once held.

    `start` and `end` are aware moments, half-open. A stay also has `check_in` and `check_out`, the night of
    check-out not included; anything else leaves both None. `key` tells sessions apart (None: nothing to compare),
    `held` says that it has taken place.
    """

    kind: str
    start: dt.datetime
    end: dt.datetime
    check_in: dt.date | None = None
    check_out: dt.date | None = None
    key: Hashable = None
    held: bool = False

    @property
    def is_stay(self) -> bool:
        return self.kind == SessionKind.STAY

    @property
    def first_day(self) -> dt.date:
        return self.check_in or spans.touched(self.start, self.end)[0]

    @property
    def last_day(self) -> dt.date:
        """Last day touched; a stay touches its check-out day."""
        return self.check_out or spans.touched(self.start, self.end)[1]


def touched(use: Use) -> range:
    """Ordinals of every date the session touches, both ends included."""
    if use.check_in is not None and use.check_out is not None:
        return range(use.check_in.toordinal(), use.check_out.toordinal() + 1)
    first, last = spans.touched(use.start, use.end)
    return range(first.toordinal(), last.toordinal() + 1)


def days_of(use: Use, counting: str) -> range:
    """Ordinals of the days that count.

    INCLUSIVE counts both ends. EXCLUDE_LAST leaves out the leaving day of a stay, but never its only day. INTERIOR
    leaves out the first and the last day (a facility's absence). An outing has no leaving day, so EXCLUDE_LAST
    changes nothing for it.
    """
    dates = touched(use)
    if counting == Counting.INTERIOR:
        return dates[1:-1]
    if counting == Counting.EXCLUDE_LAST and use.is_stay:
        return dates[:-1] or dates
    return dates


def amounts_of(use: Use, unit: str, counting: str) -> Amounts:
    """What one session uses up, in `unit`, by day, in order of day.

    MINUTES are split at Japanese midnights, TIMES are one on the first day, NIGHTS exist in stays only.
    """
    if unit == Unit.MINUTES:
        return spans.minutes_by_ordinal(use.start, use.end)
    if unit == Unit.TIMES:
        return {use.first_day.toordinal(): 1}
    if unit == Unit.NIGHTS:
        return dict.fromkeys(touched(use)[:-1], 1) if use.is_stay else {}
    return dict.fromkeys(days_of(use, counting), 1)


def shortened(use: Use, unit: str, counting: str, amount: int) -> Use:
    """The same session from the same start, made just as long that it uses up `amount` (at least 1) of `unit`.

    TIMES has no length: the session comes back unchanged.
    """
    if unit == Unit.TIMES:
        return use
    if unit == Unit.MINUTES:
        end = spans.local(use.start) + amount * spans.MINUTE
        if not use.is_stay:
            return replace(use, end=end)
        return replace(use, end=end, check_out=spans.touched(use.start, end)[1])
    if unit == Unit.NIGHTS:
        more = amount
    elif counting == Counting.INTERIOR:
        more = amount + 1
    else:
        more = amount if counting == Counting.EXCLUDE_LAST and use.is_stay else amount - 1
    last = use.first_day + more * spans.DAY
    if use.is_stay:
        end = spans.local(use.end)
        return replace(use, end=end + (last - use.last_day), check_out=last)
    return replace(use, end=spans.midnight(last + spans.DAY))


def moved(use: Use, days: int) -> Use:
    """The same session whole days later, at the same Japanese wall-clock times."""
    by = days * spans.DAY
    return replace(
        use,
        start=spans.local(use.start) + by,
        end=spans.local(use.end) + by,
        check_in=use.check_in and use.check_in + by,
        check_out=use.check_out and use.check_out + by,
    )


class Ledger:
    """Amounts by day with their running sums, so that any period adds up in two look-ups."""

    __slots__ = ("_sums", "amounts", "days")

    def __init__(self, amounts: Amounts) -> None:
        self.amounts = amounts
        self.days = sorted(amounts)
        self._sums = [0, *accumulate(amounts[day] for day in self.days)]

    @classmethod
    def of(cls, uses: Iterable[Use], unit: str, counting: str) -> "Ledger":
        """All sessions together: minutes and times add up, a date shared by two sessions counts once."""
        amounts: Amounts = {}
        if unit in (Unit.MINUTES, Unit.TIMES):
            for use in uses:
                for day, amount in amounts_of(use, unit, counting).items():
                    amounts[day] = amounts.get(day, 0) + amount
        else:
            for use in uses:
                amounts.update(amounts_of(use, unit, counting))
        return cls(amounts)

    def between(self, first: int, last: int) -> int:
        """The amount on the days `first` to `last`, both included."""
        return self._sums[bisect_right(self.days, last)] - self._sums[bisect_left(self.days, first)]


class Uses:
    """All sessions of one person in one program, with a ledger for every way of counting, built once."""

    def __init__(self, uses: Iterable[Use]) -> None:
        self.all = tuple(uses)
        self._ledgers: dict[tuple[str, str, bool], Ledger] = {}
        self._stay_days: frozenset[int] | None = None

    def without(self, key: Hashable) -> "Uses":
        """These without the session of that key; itself if there is none."""
        if key is None or all(use.key != key for use in self.all):
            return self
        return Uses(use for use in self.all if use.key != key)

    def ledger(self, unit: str, counting: str, *, held: bool = False) -> Ledger:
        """Everything used in `unit`, or only what has been `held`."""
        key = (unit, counting if unit == Unit.DAYS else "", held)
        if key not in self._ledgers:
            chosen = (use for use in self.all if use.held) if held else self.all
            self._ledgers[key] = Ledger.of(chosen, unit, counting)
        return self._ledgers[key]

    @property
    def stay_days(self) -> frozenset[int]:
        """Every day touched by a stay: what consecutive runs are made of."""
        if self._stay_days is None:
            days: set[int] = set()
            for use in self.all:
                if use.is_stay:
                    days.update(touched(use))
            self._stay_days = frozenset(days)
        return self._stay_days

    @property
    def first_day(self) -> dt.date | None:
        return min((use.first_day for use in self.all), default=None)

    @property
    def last_day(self) -> dt.date | None:
        return max((use.last_day for use in self.all), default=None)
